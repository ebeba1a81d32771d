//! How does the image run without an engine? In a container of runc, the program that engines leave the running to.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use grantd_tests::process::{self, Output};
use grantd_tests::temp::TempDir;
use grantd_tests::wait_for;
use serde_json::{Value, json};

use crate::image::Image;
use crate::tools::{self, finish, program};

/// The PATH of the image that ours is made from.
const PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A container that does not run yet: a root without anything that the image does not have, read-only; no capability,
/// no way to one, a network of its own.
pub struct Container {
    runc: PathBuf,
    bundle: TempDir,
    spec: Value,
}

/// A container that runs, gone with this value.
pub struct Running {
    runc: PathBuf,
    bundle: TempDir,
    child: Child,
}

impl Container {
    /// A container of this image.
    ///
    /// # Errors
    /// Why there can be none, for [`grantd_tests::skip`].
    pub fn new(image: &Image) -> Result<Self, String> {
        tools::as_root()?;
        let runc = program("runc")?;
        let bundle = TempDir::new();
        finish(Command::new(&runc).args(["spec", "--bundle"]).arg(bundle.path())).expect(0);
        let spec = fs::read(bundle.join("config.json")).expect("what runc wrote");
        let mut spec: Value = serde_json::from_slice(&spec).expect("JSON");
        let process = &mut spec["process"];
        process["terminal"] = false.into();
        process["capabilities"] = json!({});
        process["noNewPrivileges"] = true.into();
        process["user"] = user(&image.user);
        process["cwd"] = image.directory.clone().into();
        process["args"] = image.args.clone().into();
        process["env"] = [PATH.to_owned()].into_iter().chain(image.env.iter().cloned()).collect();
        spec["root"] = json!({"path": "rootfs", "readonly": true});
        let container = Self { runc, bundle, spec };
        container.fill(image);
        container.try_out()?;
        Ok(container)
    }

    /// The directory that stands for the volume at `target`: at first what the image has there.
    pub fn volume(&mut self, target: &str) -> PathBuf {
        let source = self.bundle.join("rootfs").join(target.trim_start_matches('/'));
        self.mount(&source, target, "rw");
        source
    }

    /// Mounts a file or a directory at `target`, `ro` or `rw`.
    pub fn mount(&mut self, source: &Path, target: &str, mode: &str) {
        let mount = json!({"destination": target, "type": "bind", "source": source, "options": ["rbind", mode]});
        self.spec["mounts"].as_array_mut().expect("mounts").push(mount);
    }

    /// Sets a variable of the environment.
    pub fn env(&mut self, name: &str, value: &str) {
        self.spec["process"]["env"].as_array_mut().expect("an environment").push(format!("{name}={value}").into());
    }

    /// Lets it use the network of this machine.
    pub fn share_network(&mut self) {
        let namespaces = self.spec["linux"]["namespaces"].as_array_mut().expect("namespaces");
        namespaces.retain(|namespace| namespace["type"] != "network");
    }

    /// Refuses the system calls that this profile does not allow (OCI runtime specification, Linux, seccomp).
    pub fn restrict(&mut self, profile: Value) {
        self.spec["linux"]["seccomp"] = profile;
    }

    /// Starts what the image runs.
    pub fn start(self) -> Running {
        let file = |name: &str| File::create(self.bundle.join(name)).expect("a file for the output");
        let (out, err) = (file("stdout"), file("stderr"));
        let mut command = self.command();
        let child = command.stdin(Stdio::null()).stdout(out).stderr(err).spawn().expect("runc can be executed");
        Running { runc: self.runc, bundle: self.bundle, child }
    }

    /// What the image has, in `rootfs`.
    fn fill(&self, image: &Image) {
        let root = self.bundle.join("rootfs");
        let place = |path: &str| {
            let path = root.join(path.trim_start_matches('/'));
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            path
        };
        for library in finish(Command::new("ldd").arg(process::binary())).expect(0).stdout.split_whitespace() {
            if library.starts_with('/') {
                fs::copy(library, place(library)).expect("a copy of a library");
            }
        }
        fs::create_dir_all(place(&image.directory)).expect("the working directory");
        for (what, owner, target) in &image.copies {
            let target = place(target);
            match what.as_str() {
                "/out/grantd" => drop(fs::copy(process::binary(), &target).expect("a copy of the program")),
                "/out/data" => fs::create_dir(&target).expect("the folder of the data"),
                other => panic!("the image copies {other}: say here what it is"),
            }
            let (uid, gid) = owner.as_deref().map_or((0, 0), numbers);
            chown(&target, Some(uid), Some(gid)).expect("an owner");
        }
    }

    /// Whether a container can run here at all: not in one that may make no namespaces.
    fn try_out(&self) -> Result<(), String> {
        let mut once = self.spec.clone();
        once["process"]["args"] = json!(["grantd", "--version"]);
        self.write(&once);
        let tried = finish(&mut self.runc());
        if tried.code == 0 { Ok(()) } else { Err(format!("runc runs nothing here: {}", tried.stderr.trim())) }
    }

    fn command(&self) -> Command {
        self.write(&self.spec);
        self.runc()
    }

    fn runc(&self) -> Command {
        let mut command = runc(&self.runc, &self.bundle);
        command.args(["run", "--bundle"]).arg(self.bundle.path()).arg(name(&self.bundle));
        command
    }

    fn write(&self, spec: &Value) {
        self.bundle.write("config.json", spec.to_string());
    }
}

impl Running {
    /// Runs another program in it, to its end.
    pub fn exec(&self, args: &[&str]) -> Output {
        finish(runc(&self.runc, &self.bundle).arg("exec").arg(name(&self.bundle)).args(args))
    }

    /// The number of its first process, outside.
    pub fn pid(&self) -> u64 {
        let state = finish(runc(&self.runc, &self.bundle).arg("state").arg(name(&self.bundle))).expect(0).json();
        state["pid"].as_u64().expect("a number")
    }

    /// SIGTERM, and what it left.
    pub fn stop(self) -> Output {
        finish(runc(&self.runc, &self.bundle).arg("kill").arg(name(&self.bundle)).arg("TERM")).expect(0);
        self.wait()
    }

    /// Waits for its end and says what it left.
    pub fn wait(mut self) -> Output {
        let status = wait_for("the container ends", || self.child.try_wait().expect("our own child"));
        self.said(status.code().unwrap_or(-1))
    }

    fn said(&self, code: i32) -> Output {
        let read = |name: &str| fs::read_to_string(self.bundle.join(name)).unwrap_or_default();
        Output { code, stdout: read("stdout"), stderr: read("stderr") }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if thread::panicking() {
            let Output { stdout, stderr, .. } = self.said(0);
            let _ = writeln!(io::stderr(), "--- what the container said\n{stdout}{stderr}\n---");
        }
        finish(runc(&self.runc, &self.bundle).args(["delete", "--force"]).arg(name(&self.bundle)));
        let _ = self.child.wait();
    }
}

/// runc, with its notes where nobody else's are.
fn runc(program: &Path, bundle: &TempDir) -> Command {
    let mut command = Command::new(program);
    command.arg("--root").arg(bundle.join("state"));
    command
}

/// What runc calls the container; its control groups too, so no two may be alike.
fn name(bundle: &TempDir) -> &str {
    bundle.path().file_name().and_then(|name| name.to_str()).expect("a name")
}

fn user(written: &str) -> Value {
    let (uid, gid) = numbers(written);
    json!({"uid": uid, "gid": gid})
}

/// `UID:GID`.
pub fn numbers(written: &str) -> (u32, u32) {
    let number = |text: &str| text.parse().unwrap_or_else(|_| panic!("{written:?} is not UID:GID"));
    let (uid, gid) = written.split_once(':').expect("UID:GID");
    (number(uid), number(gid))
}
