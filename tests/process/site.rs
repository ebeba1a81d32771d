//! What do the tests of the command line share? Data with and without a server, hashes that cost next to nothing, and looks at files.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use grantd_tests::postgres::{Database, free_port};
use grantd_tests::process::{self, Call, Grantd, Output};
use grantd_tests::rows::Rows;
use grantd_tests::temp::TempDir;

/// A password that no list has.
pub const PASSWORD: &str = "one of a kind, I hope";

/// With hashes that cost next to nothing.
pub fn cheap(call: Call) -> Call {
    call.env("GRANTD_PASSWORD__MEMORY_KIB", "8").env("GRANTD_PASSWORD__ITERATIONS", "1")
}

/// `grantd dev` on a port of its choice.
pub fn dev(data: &TempDir) -> Call {
    cheap(process::dev(data.path()))
}

/// A command on this data.
pub fn command(data: &TempDir, args: &[&str]) -> Call {
    cheap(process::grantd(args)).env("GRANTD_DATA_DIR", text(data.path()))
}

/// Runs a command on this data.
pub fn run(data: &TempDir, args: &[&str]) -> Output {
    command(data, args).run()
}

/// Data without a server: a schema, nobody and nothing.
pub fn migrated() -> TempDir {
    let data = TempDir::new();
    run(&data, &["migrate"]).expect(0);
    data
}

/// Makes the user `eve`, whose password is [`PASSWORD`].
pub fn create_eve(data: &TempDir) {
    let args = ["user", "create", "eve", "--email", "eve@example.org"];
    command(data, &args).input(PASSWORD).run().expect(0);
}

/// A new secret key file, as `grantd init` writes it: the line of its key.
pub fn new_key() -> String {
    let dir = TempDir::new();
    process::grantd(&["init", &text(dir.path())]).run().expect(0);
    let file = fs::read_to_string(dir.join("secret.key")).expect("a secret key");
    file.lines().find(|line| line.starts_with("grantd-key:")).expect("a key").to_owned()
}

/// The same as `grantd dev` makes it.
pub fn new_dev_key() -> String {
    new_key().replace("grantd-key:", "grantd-dev-key:")
}

/// Writes a file that only its owner can read.
pub fn write_private(path: &Path, content: &str) {
    fs::write(path, content).expect("a file");
    set_mode(path, 0o600);
}

/// Who may read and write a file.
pub fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("a file").permissions().mode() & 0o7777
}

/// Sets who may read and write a file.
pub fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a file of ours");
}

/// The bytes of all that is kept here, but for what SQLite and the lock make for as long as somebody looks.
pub fn kept(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let Ok(entries) = fs::read_dir(dir) else { return BTreeMap::new() };
    let names = entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"));
    let passing = ["-wal", "-shm", ".lock"];
    names
        .filter(|name| !passing.iter().any(|end| name.ends_with(end)))
        .map(|name| (name.clone(), fs::read(dir.join(name)).expect("a file")))
        .collect()
}

/// The rows of SQLite data.
pub fn rows(data: &TempDir) -> Rows {
    Rows::Sqlite(data.join("grantd.db"))
}

/// What makes data of this version one change older, on either database: the newest change is forgotten, and the table or column that it made.
pub fn make_older() -> String {
    let dir = TempDir::new();
    let all = run(&dir, &["migrate", "--dry-run", "--json"]).expect(0).json();
    let newest = all["changes"].as_array().and_then(|all| all.last()?.as_str()).expect("a change").to_owned();
    let made = newest.split_once("_create_").map(|(_, table)| format!("DROP TABLE {table}"));
    let added = || newest.split_once("_add_")?.1.split_once("_to_");
    let made = made.or_else(|| added().map(|(column, table)| format!("ALTER TABLE {table} DROP COLUMN {column}")));
    let undo = made.expect("a change that makes a table or a column; teach this test the other kind");
    format!("DELETE FROM seaql_migrations WHERE version = '{newest}'; {undo};")
}

/// Leaves nothing for the next who opens SQLite data to put into the file.
pub const SETTLE: &str = "PRAGMA wal_checkpoint(TRUNCATE);";

/// A path as an argument.
pub fn text(path: &Path) -> String {
    path.display().to_string()
}

/// A database for a server and for the commands beside it, on SQLite or PostgreSQL.
pub struct Site {
    /// Its files.
    pub data: TempDir,
    database: Option<Database>,
}

impl Site {
    /// On SQLite.
    pub fn sqlite() -> Self {
        Self { data: TempDir::new(), database: None }
    }

    /// On a PostgreSQL database of its own.
    ///
    /// # Errors
    /// Why there is none, for [`grantd_tests::skip`].
    pub async fn postgres() -> Result<Self, String> {
        Ok(Self::on(Database::fresh().await?))
    }

    /// On this PostgreSQL database.
    pub fn on(database: Database) -> Self {
        let data = TempDir::new();
        write_private(&data.join("secret.key"), &new_dev_key());
        Self { data, database: Some(database) }
    }

    /// This call, on the database.
    pub fn at(&self, call: Call) -> Call {
        match &self.database {
            None => call,
            Some(database) => call
                .env("GRANTD_DATABASE__URL", database.url())
                .env("GRANTD_SECRET_KEY_FILE", text(&self.data.join("secret.key"))),
        }
    }

    /// `grantd dev`.
    pub fn dev(&self) -> Call {
        self.at(dev(&self.data))
    }

    /// A command beside it.
    pub fn command(&self, args: &[&str]) -> Call {
        self.at(command(&self.data, args))
    }

    /// Its rows.
    pub fn rows(&self) -> Rows {
        match &self.database {
            None => rows(&self.data),
            Some(database) => Rows::Postgres(database.url().to_owned()),
        }
    }
}

/// A home for `grantd serve`: what `grantd init` wrote, and a port.
pub struct Production {
    /// Its files; the data is beside the settings.
    pub dir: TempDir,
    /// Where it listens.
    pub port: u16,
}

impl Production {
    /// What `grantd init` writes.
    pub fn new() -> Self {
        let dir = TempDir::new();
        process::grantd(&["init", &text(dir.path())]).run().expect(0);
        Self { dir, port: free_port() }
    }

    /// `grantd serve -c FILE`.
    pub fn serve(&self) -> Call {
        self.at(process::serve(&self.dir.join("grantd.toml"), self.port))
    }

    /// A command with the same settings.
    pub fn command(&self, args: &[&str]) -> Call {
        self.at(process::grantd(args)).arg("-c").arg(text(&self.dir.join("grantd.toml")))
    }

    /// Starts it.
    pub fn start(&self) -> Grantd {
        self.serve().start()
    }

    fn at(&self, call: Call) -> Call {
        cheap(call)
            .env("GRANTD_DATA_DIR", text(&self.dir.join("data")))
            .env("GRANTD_SERVER__LISTEN", format!("127.0.0.1:{}", self.port))
            .env("GRANTD_ISSUER", format!("http://localhost:{}", self.port))
    }
}
