//! Is a server's certificate looked at? A real one in front of a real server, and no authority that knows it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use grantd_tests::postgres::free_port;
use grantd_tests::skip;

use crate::machine::{Machine, PASSWORD};

/// TLS before a server; it ends with this.
struct Front {
    process: Child,
    port: u16,
    certificate: PathBuf,
}

impl Drop for Front {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Makes a certificate of this host name that nobody knows, and speaks TLS with it; `None` without openssl or Python.
fn front(folder: &Path, host: &str, port: u16) -> Option<Front> {
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]);
    openssl.args(["-subj", &format!("/CN={host}"), "-addext", &format!("subjectAltName=DNS:{host}")]);
    openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
    let made = openssl.arg("-keyout").arg(&key).arg("-out").arg(&certificate).stderr(Stdio::null()).status();
    made.ok().filter(std::process::ExitStatus::success)?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("terminal/tls.py");
    let mut python = Command::new("python3");
    python.arg(script).arg(&certificate).arg(&key).arg(port.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut process = python.spawn().ok()?;
    let mut line = String::new();
    BufReader::new(process.stdout.take().expect("a pipe")).read_line(&mut line).expect("a port");
    Some(Front { process, port: line.trim().parse().expect("a port"), certificate })
}

#[test]
fn a_certificate_that_nobody_vouches_for_gets_no_password_and_one_that_is_named_does() {
    for (host, good) in [("localhost", true), ("elsewhere.example", false)] {
        let folder = grantd_tests::temp::TempDir::new();
        let port = free_port();
        let Some(front) = front(folder.path(), host, port) else { return skip("no openssl or no python3") };
        let issuer = format!("https://localhost:{}", front.port);
        let machine = Machine::behind(port, &issuer);
        let args = ["login", &issuer, "--username", "ada", "--password-stdin", "--store", "file"];
        let output = machine.grant(&args).input(PASSWORD).run().expect(3);
        assert!(output.stderr.contains("certificate") && output.stderr.contains("SSL_CERT_FILE"), "{output}");
        let certificate = front.certificate.display().to_string();
        let login = machine.grant(&args).env("SSL_CERT_FILE", &certificate).input(PASSWORD).run();
        if good {
            login.expect(0);
            machine.grant(&["token"]).env("SSL_CERT_FILE", &certificate).run().expect(0);
            machine.grant(&["status"]).env("SSL_CERT_FILE", &certificate).run().expect(0);
            // The session is not lost where the certificate is not known.
            machine.run(&["status"]).expect(3);
        } else {
            // It is known, but another's.
            let output = login.expect(3);
            assert!(output.stderr.contains("certificate"), "{output}");
        }
    }
}
