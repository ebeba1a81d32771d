//! Does the set-up of the compose file make secrets that work? Each for the one number that reads it, and for nobody else.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::Command;

use grantd_tests::process::Output;
use grantd_tests::skip;
use grantd_tests::temp::TempDir;
use serde_json::Value;

use crate::compose;
use crate::container::{Container, numbers};
use crate::image::Image;
use crate::tools::{self, finish};

/// A place for the compose file, with its secrets made.
fn set_up() -> TempDir {
    let site = TempDir::new();
    fs::create_dir(site.join("packaging")).expect("a folder");
    fs::copy(tools::shipped("packaging/compose-setup.sh"), site.join("packaging/compose-setup.sh")).expect("a copy");
    run(&site).expect(0);
    site
}

fn run(site: &TempDir) -> Output {
    finish(Command::new("sh").arg("packaging/compose-setup.sh").current_dir(site.path()))
}

/// The file of one of the compose file's secrets.
fn file_of(file: &Value, secret: &str) -> String {
    let path = file["secrets"][secret]["file"].as_str().expect("a file");
    path.rsplit('/').next().expect("a name").to_owned()
}

#[test]
fn each_secret_belongs_to_the_user_that_reads_it() {
    let file = match tools::as_root().and_then(|()| compose::shipped(&[])) {
        Ok(file) => file,
        Err(reason) => return skip(&reason),
    };
    let site = set_up();
    let mut read = Vec::new();
    for service in file["services"].as_object().expect("services").values() {
        let (uid, _) = numbers(service["user"].as_str().expect("a user"));
        for secret in service["secrets"].as_array().into_iter().flatten() {
            let name = file_of(&file, secret["source"].as_str().expect("a name"));
            let made = fs::metadata(site.join("secrets").join(&name)).expect("a secret");
            assert_eq!((made.uid(), made.permissions().mode() & 0o7777), (uid, 0o400), "{name}");
            read.push(name);
        }
    }
    let made = fs::read_dir(site.join("secrets")).expect("a folder");
    let mut made: Vec<_> =
        made.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name")).collect();
    read.sort();
    read.dedup();
    made.sort();
    assert_eq!(made, read, "what is made is what is read");
}

#[test]
fn what_is_there_is_left_alone() {
    if let Err(reason) = tools::as_root() {
        return skip(&reason);
    }
    let site = set_up();
    let read = |name: &str| fs::read_to_string(site.join("secrets").join(name)).expect("a secret");
    let before = ["postgres_password", "database_url", "secret_key"].map(read);
    assert!(before[1].contains(&before[0]), "the URL holds another password");
    // The key and the URL were lost; the password, which the database knows, was not.
    fs::remove_file(site.join("secrets/database_url")).expect("a secret");
    run(&site).expect(0);
    assert_eq!(["postgres_password", "database_url", "secret_key"].map(read), before);
}

/// As far as a node gets without its database: the settings are sound and the key is read.
#[test]
fn a_node_starts_with_the_environment_and_the_secrets_that_it_is_given() {
    let (image, file) = (Image::shipped(), compose::shipped(&[]));
    let (mut container, file) = match file.and_then(|file| Ok((Container::new(&image)?, file))) {
        Ok(both) => both,
        Err(reason) => return skip(&reason),
    };
    let (site, node) = (set_up(), &file["services"]["grantd-1"]);
    assert_eq!(node["user"], image.user.as_str());
    for (name, value) in node["environment"].as_object().expect("an environment") {
        container.env(name, value.as_str().expect("a value"));
    }
    for secret in node["secrets"].as_array().expect("secrets") {
        let name = file_of(&file, secret["source"].as_str().expect("a name"));
        let target = secret["target"].as_str().expect("a place");
        container.mount(&site.join("secrets").join(name), target, "ro");
    }
    let ended = container.start().wait().expect(1);
    assert!(ended.stderr.contains("cannot use PostgreSQL database:5432/grantd"), "{ended}");
}
