//! How does a secret key follow another on many nodes? Appended everywhere first, in front everywhere then: nobody is signed out.

use grantd_tests::client::{Client, Tokens};
use grantd_tests::skip;

use crate::nodes::Nodes;
use crate::site::{new_dev_key, text, write_private};

/// Two nodes, each with a key file of its own.
struct Rollout {
    nodes: Nodes,
    /// A session and the client that holds it, of each step.
    held: Vec<Tokens>,
}

impl Rollout {
    async fn new() -> Result<Self, String> {
        Ok(Self { nodes: Nodes::postgres().await?, held: Vec::new() })
    }

    /// Starts a node again with this key file.
    fn roll(&mut self, number: usize, keys: &[&str]) {
        let file = self.nodes.site.data.join(format!("node-{number}.key"));
        write_private(&file, &(keys.join("\n") + "\n"));
        self.nodes.restart(number, |call| call.env("GRANTD_SECRET_KEY_FILE", text(&file)));
    }

    /// A key file for the commands.
    fn give_commands(&self, keys: &[&str]) {
        write_private(&self.nodes.site.data.join("secret.key"), &(keys.join("\n") + "\n"));
    }

    /// Everything that was begun at any node goes on at every node, and something new is begun at each.
    async fn goes_on(&mut self) {
        for tokens in &mut self.held {
            *tokens = self.nodes.client().refresh(&tokens.refresh).await.tokens();
            *tokens = self.nodes.taken(tokens.clone(), "web").await;
        }
        for client in self.nodes.clients() {
            self.held.push(self.nodes.taken(client.sign_in_bob().await, "web").await);
        }
    }

    /// What a leak of a signing key brings at this moment is opened by every node.
    async fn rotates(&mut self) {
        self.nodes.run(&["key", "rotate", "--now"]);
        self.goes_on().await;
    }
}

/// Refreshes at a node and is refused for this reason.
async fn refused(client: &Client, tokens: &Tokens, reason: &str) {
    client.refresh(&tokens.refresh).await.expect_error(400, "invalid_grant").expect_reason(reason);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_key_that_every_node_knows_before_one_uses_it_signs_nobody_out() {
    let mut rollout = match Rollout::new().await {
        Ok(rollout) => rollout,
        Err(reason) => return skip(&reason),
    };
    let first = std::fs::read_to_string(rollout.nodes.site.data.join("secret.key")).expect("a key");
    let (old, new) = (first.trim(), &new_dev_key());
    rollout.goes_on().await;
    for keys in [[old, new], [new, old]] {
        rollout.give_commands(&keys);
        for number in 0..2 {
            rollout.roll(number, &keys);
            rollout.goes_on().await;
            rollout.rotates().await;
        }
    }
    // The old key goes, its families with it; those of the new one stay, wherever they are asked for.
    let of_new = rollout.held.split_off(rollout.held.len() - 2);
    let of_old = std::mem::replace(&mut rollout.held, of_new);
    rollout.give_commands(&[new]);
    for number in 0..2 {
        rollout.roll(number, &[new]);
        rollout.goes_on().await;
        rollout.rotates().await;
    }
    for client in rollout.nodes.clients() {
        refused(&client, &of_old[0], "key_removed").await;
    }
    let known = rollout.nodes.site.rows();
    let with_old = "SELECT count(DISTINCT secret_key_id) FROM signing_keys";
    assert_eq!(known.numbers(with_old).await, [1], "a signing key is still sealed with the old one");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_begun_before_a_new_secret_key_goes_on_while_only_one_node_has_it() {
    let mut rollout = match Rollout::new().await {
        Ok(rollout) => rollout,
        Err(reason) => return skip(&reason),
    };
    let first = std::fs::read_to_string(rollout.nodes.site.data.join("secret.key")).expect("a key");
    let (old, new) = (first.trim(), &new_dev_key());
    rollout.goes_on().await;
    // The old key has been there for longer than this test, which may be over within its second.
    rollout.nodes.site.rows().execute("UPDATE secret_keys SET created_at = created_at - 60").await;
    // In front at once: not as it should be done, and harmless to whoever is signed in already.
    rollout.roll(0, &[new, old]);
    for tokens in &mut rollout.held {
        *tokens = rollout.nodes.taken(tokens.clone(), "web").await;
    }
    // What the other node cannot judge yet it does not end.
    let [one, other] = rollout.nodes.clients().try_into().expect("two nodes");
    let tokens = one.sign_in_bob().await;
    other.userinfo(&tokens.access).await.expect(200);
    other.refresh(&tokens.refresh).await.expect_error(503, "temporarily_unavailable").expect_reason("wait_and_retry");
    other.revoke(&tokens.refresh).await.expect_error(503, "temporarily_unavailable");
    let tokens = one.refresh(&tokens.refresh).await.tokens();
    rollout.roll(1, &[new, old]);
    rollout.nodes.taken(tokens, "web").await;
    rollout.goes_on().await;
}
