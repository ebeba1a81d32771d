//! How does an API meet tokens that no Grantd would sign? From an issuer that the test is itself: it has a key, and signs what it is told to.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A key pair for ES256.
pub struct SigningKey {
    /// Its name.
    pub kid: &'static str,
    secret: EncodingKey,
    point: Vec<u8>,
}

impl SigningKey {
    /// A new one of this name.
    pub fn new(kid: &'static str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key pair");
        let secret = EncodingKey::from_ec_der(pair.to_pkcs8v1().expect("its document").as_ref());
        Self { kid, secret, point: pair.public_key().as_ref().to_vec() }
    }

    /// What is published of it.
    pub fn jwk(&self) -> Value {
        // 4, x and y (SEC 1 §2.3.3).
        let (x, y) = (&self.point[1..33], &self.point[33..]);
        let [x, y] = [x, y].map(|number| URL_SAFE_NO_PAD.encode(number));
        json!({ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.kid, "x": x, "y": y })
    }

    /// A token of this type with these claims.
    pub fn sign(&self, typ: Option<&str>, claims: &Value) -> String {
        let header =
            Header { typ: typ.map(str::to_owned), kid: Some(self.kid.to_owned()), ..Header::new(Algorithm::ES256) };
        jsonwebtoken::encode(&header, claims, &self.secret).expect("a token")
    }

    /// The same without a signature, or with one by the public key in the place of a secret.
    pub fn forge(&self, alg: &str, claims: &Value) -> String {
        let header = json!({ "alg": alg, "typ": "at+jwt", "kid": self.kid });
        let [header, claims] = [&header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let said = format!("{header}.{claims}");
        let signature = match alg {
            "none" => String::new(),
            "HS256" => {
                let secret = EncodingKey::from_secret(&self.point);
                jsonwebtoken::crypto::sign(said.as_bytes(), &secret, Algorithm::HS256).expect("a signature")
            }
            other => panic!("{other} is not forged here"),
        };
        format!("{said}.{signature}")
    }
}

/// The issuer, while it lives.
pub struct Issuer {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
    answer: Arc<Mutex<(u16, String, String)>>,
}

impl Issuer {
    /// Publishes these keys, to be kept for five minutes, on a port of its choice.
    pub async fn start(keys: &[&SigningKey]) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let issuer =
            Self { address: listener.local_addr().expect("its number"), asked: Arc::default(), answer: Arc::default() };
        issuer.publish(keys);
        let (asked, answer) = (Arc::clone(&issuer.asked), Arc::clone(&issuer.answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                asked.fetch_add(1, Ordering::SeqCst);
                let (status, headers, body) = answer.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let head = format!(
                    "HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n",
                    body.len()
                );
                tokio::spawn(serve(stream, head + &body));
            }
        });
        issuer
    }

    /// What it is called in `iss`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How often it was asked so far.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// Publishes these keys from now on.
    pub fn publish(&self, keys: &[&SigningKey]) {
        let keys: Vec<_> = keys.iter().map(|key| key.jwk()).collect();
        self.answer(200, "cache-control: public, max-age=300\r\n", &json!({ "keys": keys }).to_string());
    }

    /// Answers this from now on.
    pub fn answer(&self, status: u16, headers: &str, body: &str) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = (status, headers.to_owned(), body.to_owned());
    }

    /// The claims of a good access token for this audience.
    pub fn claims(&self, audience: &str) -> Value {
        let now = jsonwebtoken::get_current_timestamp();
        json!({ "iss": self.url(), "sub": "usr_1", "aud": audience, "iat": now, "exp": now + 300, "scope": "cats:write" })
    }
}

/// Reads a request without a body, and answers it.
async fn serve(mut stream: TcpStream, answer: String) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        if !matches!(stream.read_buf(&mut request).await, Ok(read) if read > 0) {
            return;
        }
    }
    // Whoever hangs up wants no answer.
    let _ = stream.write_all(answer.as_bytes()).await;
}
