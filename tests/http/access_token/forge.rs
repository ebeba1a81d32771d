//! What if somebody could sign as the server does? Tests can: they open its signing key with the secret key file that lies beside the data.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantd::flows::SecretKeys;
use grantd_tests::rows::Rows;
use grantd_tests::server::{Home, TestServer};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};
use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection, Row};

/// The server's own ES256 key, and which one it is.
pub struct Key {
    pub kid: String,
    pair: EncodingKey,
}

impl Key {
    /// The one that signs this server's access tokens.
    pub async fn of(server: &TestServer) -> Self {
        let (kid, sealed, secret_key_id) = sealed(server.home()).await;
        let secret_keys = SecretKeys::read(&server.home().dir().join("secret.key")).expect("the secret key file");
        let plain = secret_keys.find(&secret_key_id).and_then(|key| key.open(&kid, &sealed)).expect("a key that opens");
        Self { kid, pair: EncodingKey::from_ec_der(&plain) }
    }

    /// The header of an access token.
    pub fn header(&self) -> Value {
        json!({"alg": "ES256", "typ": "at+jwt", "kid": self.kid})
    }

    /// A token of these parts, its signature right.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let message = message(header, claims);
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &self.pair, Algorithm::ES256);
        format!("{message}.{}", signature.expect("a signature"))
    }
}

/// What stands before a signature.
pub fn message(header: &Value, claims: &Value) -> String {
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    format!("{}.{}", encode(header), encode(claims))
}

/// `value` with a member changed, added or, for `Null`, left out.
pub fn with(value: &Value, member: &str, new: Value) -> Value {
    let mut changed = value.as_object().expect("an object").clone();
    if new.is_null() {
        changed.remove(member);
    } else {
        changed.insert(member.to_owned(), new);
    }
    Value::Object(changed)
}

const SEALED: &str = "SELECT kid, sealed, secret_key_id FROM signing_keys WHERE alg = 'ES256'";

async fn sealed(home: &Home) -> (String, Vec<u8>, String) {
    match home.rows() {
        Rows::Sqlite(path) => {
            let options = SqliteConnectOptions::new().filename(path);
            let mut connection = SqliteConnection::connect_with(&options).await.expect("a connection");
            let row = sqlx::query(SEALED).fetch_one(&mut connection).await.expect("one key");
            (row.get(0), row.get(1), row.get(2))
        }
        Rows::Postgres(url) => {
            let mut connection = PgConnection::connect(&url).await.expect("a connection");
            let row = sqlx::query(SEALED).fetch_one(&mut connection).await.expect("one key");
            (row.get(0), row.get(1), row.get(2))
        }
    }
}
