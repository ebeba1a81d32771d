//! What if the server comes back with older data, or without a secret key? Sessions go on, or say why they do not.

use std::fs;

use grantd::flows::SecretKeys;
use grantd_tests::server::Home;

use super::{Holder, W};

#[tokio::test(flavor = "multi_thread")]
async fn sessions_go_on_after_an_older_copy_of_the_database_was_restored() {
    let holder = Holder::sign_in().await;
    let second = holder.get(&holder.first.refresh, 2).await;
    let lagging = holder.client.sign_in_ada().await;
    let holder = holder.restarted(copy).await;
    let third = holder.get(&second.refresh, 3).await;
    let fourth = holder.get(&third.refresh, 4).await;

    let holder = holder.restarted(restore).await;
    let fifth = holder.get(&fourth.refresh, 5).await;
    assert_eq!(holder.told().await, ["signed_in", "database_behind"]);
    // The answer may be lost here as anywhere.
    holder.pass(W);
    assert_eq!(holder.get(&fourth.refresh, 5).await.refresh, fifth.refresh);
    holder.get(&fifth.refresh, 6).await;
    // A session that did nothing since the copy sees nothing of it.
    holder.get(&lagging.refresh, 2).await;
    // The copy knew the second as the newest; it has been caught up with, and is found out.
    holder.replay(&second.refresh).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_outlives_a_new_secret_key_until_the_old_one_is_taken_out() {
    let holder = Holder::sign_in().await;
    let second = holder.get(&holder.first.refresh, 2).await;

    let holder = holder.restarted(async |home| change_keys(home, |old, new| format!("{new}\n{old}"))).await;
    let third = holder.get(&second.refresh, 3).await;
    let young = holder.client.sign_in_bob().await;

    let holder = holder.restarted(async |home| change_keys(home, |_, new| new.to_owned())).await;
    for token in [&third.refresh, &second.refresh, &holder.first.refresh] {
        holder.client.refresh(token).await.expect_error(400, "invalid_grant").expect_reason("key_removed");
    }
    // Only the family's own client learns that much.
    let other = holder.client.as_public("grant-cli");
    other.refresh(&third.refresh).await.expect_error(400, "invalid_grant").expect_reason("unknown_token");
    holder.get(&young.refresh, 2).await;
    assert_eq!(holder.told().await, ["signed_in"]);
}

/// Keeps a copy of the data of a server that is stopped.
async fn copy(home: &Home) {
    match home.postgres() {
        None => drop(fs::copy(home.dir().join("grantd.db"), home.dir().join("older.db")).expect("a copy")),
        Some(_) => home.rows().execute("CREATE TABLE older AS SELECT * FROM token_families").await,
    }
}

/// Brings the copy back.
async fn restore(home: &Home) {
    if home.postgres().is_some() {
        let back = "DELETE FROM token_families; INSERT INTO token_families SELECT * FROM older";
        return home.rows().execute(back).await;
    }
    for name in ["grantd.db-wal", "grantd.db-shm"] {
        let _ = fs::remove_file(home.dir().join(name));
    }
    fs::copy(home.dir().join("older.db"), home.dir().join("grantd.db")).expect("the copy");
}

/// Makes another key and changes the file of keys: given are the lines of the present file and of the new key.
fn change_keys(home: &Home, change: impl FnOnce(&str, &str) -> String) {
    let (file, new) = (home.dir().join("secret.key"), home.dir().join("new.key"));
    if !new.exists() {
        SecretKeys::write_new(&new, true).expect("a new key");
    }
    let read = |path| fs::read_to_string(path).expect("a file of keys");
    fs::write(&file, change(&read(&file), &read(&new))).expect("a changed file of keys");
}
