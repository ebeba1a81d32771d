//! What is a test of the terminal client made of? A server, and the home of somebody who signs in to it.

use std::fs;
use std::path::{Path, PathBuf};

use grantd_tests::process::{self, Call, Grantd, Output};
use grantd_tests::temp::TempDir;
use grantd_tests::wait_for;
use serde_json::Value;

/// The password of the dev user ada.
pub const PASSWORD: &str = "ada-dev-password";

/// A machine on which somebody uses `grant`, and the server that is used.
pub struct Machine {
    pub home: TempDir,
    pub server: Grantd,
    /// What the server keeps.
    pub data: TempDir,
}

impl Machine {
    pub fn new() -> Self {
        Self::with(&[])
    }

    /// With these settings of the server.
    pub fn with(settings: &[(&str, &str)]) -> Self {
        let data = TempDir::in_memory();
        let cheap = process::dev(data.path()).env("GRANTD_PASSWORD__MEMORY_KIB", "8");
        let call = settings.iter().fold(cheap, |call, (name, value)| call.env(name, value));
        Self { home: TempDir::in_memory(), server: call.start(), data }
    }

    /// With a server on this port that people find at another address, where somebody passes on to it already.
    pub fn at(port: u16, issuer: &str) -> Self {
        let (data, call) = Self::call_at(port, issuer);
        Self { home: TempDir::in_memory(), server: call.start(), data }
    }

    /// The same, where that address is spoken to otherwise: `server.url()` is the server's own.
    pub fn behind(port: u16, issuer: &str) -> Self {
        let (data, call) = Self::call_at(port, issuer);
        let server = call.spawn_at(port);
        wait_for("grantd is ready", || server.is_ready().then_some(()));
        Self { home: TempDir::in_memory(), server, data }
    }

    fn call_at(port: u16, issuer: &str) -> (TempDir, Call) {
        let data = TempDir::in_memory();
        let args =
            ["dev", "--port", &port.to_string(), "--data", &data.path().display().to_string()].map(str::to_owned);
        let call = process::grantd(&args).env("GRANTD_PASSWORD__MEMORY_KIB", "8").env("GRANTD_ISSUER", issuer);
        (data, call)
    }

    pub fn grant(&self, args: &[&str]) -> Call {
        process::grant(self.home.path(), args)
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.grant(args).run()
    }

    /// Prepares ada's sign-in, with tokens in a file.
    pub fn login(&self, more: &[&str]) -> Call {
        let url = self.server.url();
        let args = ["login", &url, "--username", "ada", "--password-stdin", "--store", "file"];
        self.grant(&[&args, more].concat()).input(PASSWORD)
    }

    /// Signs ada in.
    pub fn signed_in(self) -> Self {
        self.login(&[]).run().expect(0);
        self
    }

    /// The access token that `grant token` prints.
    #[track_caller]
    pub fn token(&self) -> String {
        let output = self.run(&["token"]).expect(0);
        assert_eq!(output.stderr, "");
        output.stdout.strip_suffix('\n').expect("a line").to_owned()
    }

    pub fn state(&self) -> PathBuf {
        self.home.join(".local/state/grant")
    }

    /// The one file with tokens.
    #[track_caller]
    pub fn entry_file(&self) -> PathBuf {
        let files = files(&self.state().join("tokens"));
        assert_eq!(files.len(), 1, "{files:?}");
        files[0].clone()
    }

    pub fn entry(&self) -> Value {
        serde_json::from_slice(&fs::read(self.entry_file()).expect("an entry")).expect("JSON")
    }

    /// Writes an entry in which the access token ends so many seconds from now.
    pub fn end_in(&self, seconds: i64) {
        let mut entry = self.entry();
        let iat = grantd_tests::client::claims(entry["at"].as_str().expect("a token"))["iat"].as_i64().expect("a time");
        // Tests read no clock: the token is but moments old.
        entry["exp"] = (iat + seconds).into();
        fs::write(self.entry_file(), entry.to_string()).expect("the entry can be written");
    }
}

/// Every file below a folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.expect("an entry of a folder").path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
