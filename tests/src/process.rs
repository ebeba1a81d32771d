//! How is the real binary run? As a child process, built once, its output kept for the test to read.

use std::fmt;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use crate::client::Client;
use crate::temp::TempDir;
use crate::wait_for;

/// The server's binary.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| built("--bin", "grantd"))
}

/// The terminal client's binary.
pub fn grant_binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| built("--bin", "grant"))
}

/// An example of the terminal client.
pub fn example(name: &str) -> PathBuf {
    built("--example", name)
}

/// The binary of the profile that this program was built with. Cargo makes it when it is missing or old.
fn built(kind: &str, name: &str) -> PathBuf {
    let program = std::env::current_exe().expect("the path of this program");
    // target/debug/deps/http-0123 of a test, target/release/grantd-load of a program.
    let profile = program.ancestors().skip(1).find(|dir| !dir.ends_with("deps")).expect("a directory of Cargo's");
    let target = profile.parent().expect("a target directory");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    // The same selection of packages as everywhere: with another one Cargo would choose other features and build all anew.
    build.args(["build", "--quiet", "--workspace", kind, name, "--target-dir"]).arg(target);
    if profile.ends_with("release") {
        build.arg("--release");
    }
    build.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let status = build.status().expect("cargo");
    assert!(status.success(), "{name} could not be built");
    if kind == "--example" { profile.join("examples").join(name) } else { profile.join(name) }
}

/// Sends a signal (`TERM`, `INT`, …) to a process that we started.
pub fn signal(pid: u32, name: &str) {
    // The shell's own `kill`: calling the system's function would be `unsafe`, and a program of that name may be missing.
    let status = Command::new("sh").args(["-c", &format!("kill -{name} {pid}")]).stderr(Stdio::null()).status();
    assert!(status.is_ok(), "no shell to send a signal with");
}

/// What a finished program left.
#[derive(Clone, Debug)]
pub struct Output {
    /// The exit code; 128 and the signal's number when one ended it.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Output {
    /// Fails the test when the exit code is another.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "the exit code{self}");
        self
    }

    /// Standard output as one JSON value.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("no JSON value on standard output: {error}{self}"))
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n--- exit code {}\n--- stdout\n{}\n--- stderr\n{}\n---", self.code, self.stdout, self.stderr)
    }
}

/// A call of a binary, before it is made. Of our environment it gets the PATH alone.
#[derive(Debug)]
pub struct Call {
    command: Command,
    files: TempDir,
    port: Option<u16>,
}

/// Prepares `grantd ARGS`.
pub fn grantd<S: AsRef<str>>(args: &[S]) -> Call {
    call(binary(), args)
}

/// Prepares `grant ARGS`; `home` is where it keeps what it keeps.
pub fn grant<S: AsRef<str>>(home: &Path, args: &[S]) -> Call {
    // Whoever is started in the background ignores Ctrl-C, and so would all that it starts.
    let mut line = vec!["--default-signal=INT", grant_binary().to_str().expect("a path of letters")];
    line.extend(args.iter().map(AsRef::as_ref));
    call(Path::new("env"), &line).env("HOME", home.display().to_string())
}

/// Prepares a call of any program, with nothing of our environment but the way to programs.
pub fn call<S: AsRef<str>>(program: &Path, args: &[S]) -> Call {
    let mut command = Command::new(program);
    command.args(args.iter().map(AsRef::as_ref)).env_clear().stdin(Stdio::null());
    for kept in ["PATH", "LLVM_PROFILE_FILE"] {
        if let Some(value) = std::env::var_os(kept) {
            command.env(kept, value);
        }
    }
    let files = TempDir::new();
    // A directory without a grantd.toml in it.
    command.current_dir(files.path());
    Call { command, files, port: None }
}

/// Prepares a program that keeps our environment: it sends nothing that is meant for the loopback to a proxy that is named there.
pub fn without_proxies(command: &mut Command) -> &mut Command {
    for proxy in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env_remove(proxy);
    }
    command
}

/// Prepares `grantd dev` on a port of its choice; `data` keeps the data.
pub fn dev(data: &Path) -> Call {
    grantd(&["dev", "--port", "0", "--data", &data.display().to_string()])
}

/// Prepares `grantd serve -c FILE`; `port` is the one that the file names.
pub fn serve(config: &Path, port: u16) -> Call {
    let mut call = grantd(&["serve", "-c", &config.display().to_string()]);
    call.port = Some(port);
    call
}

/// Runs `grantd ARGS` on the data in `data`, to its end.
pub fn run(data: &Path, args: &[&str]) -> Output {
    grantd(args).env("GRANTD_DATA_DIR", data.display().to_string()).run()
}

impl Call {
    /// Adds an argument.
    pub fn arg(mut self, arg: impl AsRef<str>) -> Self {
        self.command.arg(arg.as_ref());
        self
    }

    /// Sets a variable of its environment.
    pub fn env(mut self, key: &str, value: impl AsRef<str>) -> Self {
        self.command.env(key, value.as_ref());
        self
    }

    /// Sets its working directory.
    pub fn directory(mut self, dir: &Path) -> Self {
        self.command.current_dir(dir);
        self
    }

    /// What it reads on standard input; without this there is nothing.
    pub fn input(mut self, input: impl AsRef<[u8]>) -> Self {
        let file = self.files.write("stdin", input);
        self.command.stdin(File::open(file).expect("the input"));
        self
    }

    /// Runs it to its end.
    pub fn run(self) -> Output {
        self.spawn().wait()
    }

    /// Starts a server and waits until it is ready; fails the test when it ends before that.
    #[track_caller]
    pub fn start(self) -> Grantd {
        self.try_start().unwrap_or_else(|output| panic!("grantd did not get ready{output}"))
    }

    /// Starts a server and waits until it is ready.
    ///
    /// # Errors
    /// What it said when it refused to start.
    pub fn try_start(self) -> Result<Grantd, Output> {
        let known_port = self.port;
        let mut server = self.spawn();
        let ready = wait_for("grantd is ready", || {
            if server.has_ended() {
                return Some(false);
            }
            server.port = known_port.or_else(|| announced_port(&server.output())).unwrap_or_default();
            (server.port != 0 && server.is_ready()).then_some(true)
        });
        if ready { Ok(server) } else { Err(server.wait()) }
    }

    /// As [`Self::spawn`], for a server whose port is known beforehand.
    pub fn spawn_at(mut self, port: u16) -> Grantd {
        self.port = Some(port);
        self.spawn()
    }

    /// Starts it and waits for nothing.
    pub fn spawn(mut self) -> Grantd {
        let file = |name: &str| File::create(self.files.join(name)).expect("a file for the output");
        self.command.stdout(file("stdout")).stderr(file("stderr"));
        let child = self.command.spawn().expect("the program can be executed");
        Grantd { pid: child.id(), child: Mutex::new(child), files: self.files, port: self.port.unwrap_or_default() }
    }
}

/// A running `grantd`, killed at drop.
#[derive(Debug)]
pub struct Grantd {
    child: Mutex<Child>,
    pid: u32,
    files: TempDir,
    port: u16,
}

impl Grantd {
    /// The process's number.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.port).into()
    }

    /// Where people find it: its issuer when it runs as `dev`.
    pub fn url(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// A client of it, in the name of `web`.
    pub fn client(&self) -> Client {
        Client::new(&self.url())
    }

    /// All that it has said until now, standard output before standard error.
    pub fn output(&self) -> String {
        let read =
            |name: &str| String::from_utf8_lossy(&fs::read(self.files.join(name)).unwrap_or_default()).into_owned();
        read("stdout") + &read("stderr")
    }

    /// Waits until it has said this.
    pub fn wait_for_output(&self, text: &str) {
        wait_for(&format!("{text:?} in the output"), || self.output().contains(text).then_some(()));
    }

    /// Asks it to end (SIGTERM) and goes on at once.
    pub fn terminate(&self) {
        signal(self.pid, "TERM");
    }

    /// Ends it without asking (SIGKILL), and waits until it is gone.
    pub fn kill(&self) {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = child.kill();
        let _ = child.wait();
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&self) -> bool {
        self.status().is_some()
    }

    /// Waits for its end.
    pub fn wait_exit_code(&self) -> i32 {
        code(wait_for("the program ends", || self.status()))
    }

    /// Waits for its end and says what it left.
    pub fn wait(self) -> Output {
        let code = self.wait_exit_code();
        let read =
            |name: &str| String::from_utf8_lossy(&fs::read(self.files.join(name)).unwrap_or_default()).into_owned();
        Output { code, stdout: read("stdout"), stderr: read("stderr") }
    }

    /// SIGTERM, and what it left.
    pub fn stop(self) -> Output {
        self.terminate();
        self.wait()
    }

    /// CPU seconds that it has used so far, in itself and for itself in the kernel.
    pub fn cpu_seconds(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid)).expect("a living process");
        // The name in brackets may hold anything; what follows it is numbered from 3 in proc(5), utime being 14.
        let (_, fields) = stat.rsplit_once(") ").expect("the format of proc(5)");
        let ticks: u32 = fields.split(' ').skip(11).take(2).filter_map(|field| field.parse::<u32>().ok()).sum();
        // A tick is 1/100 s on every Linux that Rust runs on.
        f64::from(ticks) / 100.0
    }

    /// Resident memory in KiB.
    pub fn resident_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid)).expect("a living process");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its resident memory");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    /// Whether `/readyz` answers 200. By hand, so that it can be asked without a runtime.
    pub fn is_ready(&self) -> bool {
        let ask = || -> std::io::Result<bool> {
            let mut stream = TcpStream::connect(self.address())?;
            stream.set_read_timeout(Some(Duration::from_secs(5)))?;
            stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
            let mut status = [0; 12];
            stream.read_exact(&mut status)?;
            Ok(status == *b"HTTP/1.1 200")
        };
        ask().unwrap_or(false)
    }

    fn status(&self) -> Option<ExitStatus> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner).try_wait().expect("our own child")
    }
}

impl Drop for Grantd {
    fn drop(&mut self) {
        if thread::panicking() && !self.has_ended() {
            let _ = writeln!(std::io::stderr(), "--- what grantd said\n{}\n---", self.output());
        }
        self.kill();
    }
}

fn code(status: ExitStatus) -> i32 {
    status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(-1)
}

/// The port of the first `http://localhost:PORT` in what a server has said.
fn announced_port(output: &str) -> Option<u16> {
    let (_, rest) = output.split_once("http://localhost:")?;
    // Only once the line is complete: half a number is a number too.
    let end = rest.find(|c: char| !c.is_ascii_digit())?;
    rest[..end].parse().ok()
}
