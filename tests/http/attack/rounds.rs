//! What is a round of a race? Something that ends, sent at once with all that could outlive it; then a look at what lives.
//!
//! On PostgreSQL two nodes take turns. The clock stands still within a round, so that nothing ends by itself.

use std::sync::Arc;

use grantd::clock::Clock;
use grantd::flows::{By, NewClient, NewPassword, NewUser};
use grantd::model::client::GrantType;
use grantd::model::id::UserId;
use grantd::model::secret::Secret;
use grantd_tests::client::{Client, Tokens, header};
use grantd_tests::server::{BEGIN, Home, TestServer};
use grantd_tests::wire::{self, Reply};
use serde_json::json;

use super::{ALL, CLIENTS, USERS, administrator};
use crate::new_client::{SECRET, owned, portal};

/// How many rounds, unless `GRANTD_TEST_ROUNDS` says so: enough to find what is wrong in one of them.
const ROUNDS: usize = 6;
const PASSWORD: &str = "one of a kind, I hope";
/// More than the minute in which failures of an address are counted.
const BETWEEN: i64 = 61;

/// What must be dead once the ending was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dies {
    /// All that the user has, whoever signs in with the old password meanwhile.
    Everything,
    /// All but the session that asked.
    Others,
    /// Both sessions that there were; who signs in meanwhile may have come later.
    Both,
    /// The first session.
    First,
    /// What an administrator may do.
    Role,
    /// All that the client has.
    Client,
    /// The client's old secret.
    Secret,
    /// What the old key signed.
    Key,
}

/// Nodes on one database, one where it is SQLite.
struct Ring {
    nodes: Vec<TestServer>,
    clock: Clock,
}

/// Who is about to be ended, with two sessions, and who is there to do it.
pub struct Round {
    number: usize,
    /// A user who administers.
    pub victim: UserId,
    name: String,
    /// Through which both sessions go.
    pub client: String,
    secret: Option<&'static str>,
    /// The first session, which acts.
    pub first: Tokens,
    /// The second.
    pub second: Tokens,
    /// An administrator.
    pub boss: Tokens,
}

/// A request with a bearer token, and a JSON body if there is one.
pub fn call(method: &str, path: &str, token: &str, body: &str) -> Vec<u8> {
    let content = if body.is_empty() { "" } else { "Content-Type: application/json\r\n" };
    format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n{content}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

impl Round {
    /// Where administrators find the victim.
    pub fn path(&self) -> String {
        format!("{USERS}/{}", self.victim)
    }

    /// A form with the client's credentials.
    pub fn form(&self, path: &str, rest: &str) -> Vec<u8> {
        let secret = self.secret.map(|secret| format!("&client_secret={secret}")).unwrap_or_default();
        wire::form(path, "", &format!("client_id={}{secret}&{rest}", self.client))
    }

    fn speak(&self, node: &TestServer) -> Client {
        match self.secret {
            Some(secret) => node.client().as_confidential(&self.client, secret),
            None => node.client().as_public(&self.client),
        }
    }

    /// All that could outlive the end, and would be worth something to a thief.
    fn attack(&self, bob: &UserId) -> Vec<Vec<u8>> {
        let (name, access) = (&self.name, &self.first.access);
        let plus = PASSWORD.replace(' ', "+");
        let scope = ALL.replace(' ', "+");
        let sign_in =
            self.form("/oauth2/token", &format!("grant_type=password&username={name}&password={plus}&scope={scope}"));
        let refresh =
            |token: &str| self.form("/oauth2/token", &format!("grant_type=refresh_token&refresh_token={token}"));
        let new_user = json!({"username": format!("of-{name}"), "email": format!("of-{name}@example.org"), "password": PASSWORD, "roles": ["admin"]});
        let mut all = vec![sign_in; 4];
        for token in [&self.first, &self.second, &self.first, &self.second] {
            all.push(refresh(&token.refresh));
        }
        for again in ["one", "other"] {
            all.push(call("PATCH", "/api/v1/me", access, &json!({"name": again}).to_string()));
            all.push(call("GET", "/oauth2/userinfo", access, ""));
            let name = format!("{again} {}", self.number);
            all.push(call("PATCH", &format!("{USERS}/{bob}"), access, &json!({"name": name}).to_string()));
        }
        all.push(call("POST", USERS, access, &new_user.to_string()));
        all.push(call("POST", CLIENTS, access, &json!({"id": format!("of-{name}")}).to_string()));
        if self.secret.is_some() {
            all.extend(vec![self.form("/oauth2/token", "grant_type=client_credentials"); 2]);
        }
        all
    }

    fn sid(tokens: &Tokens) -> String {
        tokens.claims()["sid"].as_str().unwrap_or_default().to_owned()
    }

    /// Whether these tokens must be dead after such an end.
    fn is_over(&self, dies: Dies, tokens: &Tokens) -> bool {
        let sid = Self::sid(tokens);
        let (first, second) = (Self::sid(&self.first), Self::sid(&self.second));
        match dies {
            Dies::Everything | Dies::Client => true,
            Dies::Others => sid != first,
            Dies::Both => sid == first || sid == second,
            Dies::First => sid == first,
            Dies::Role | Dies::Secret => false,
            Dies::Key => header(&tokens.access)["kid"] == header(&self.first.access)["kid"],
        }
    }
}

impl Ring {
    async fn open() -> Self {
        let (home, clock) = (Arc::new(Home::in_memory().await), Clock::manual(BEGIN));
        // One issuer for all, as behind a proxy.
        let settings = [("issuer", "http://localhost:1"), ("tokens.refresh_race_window", "5s")];
        let mut nodes = vec![TestServer::at(Arc::clone(&home), clock.clone(), &settings).await];
        if home.postgres().is_some() {
            nodes.push(TestServer::at(home, clock.clone(), &settings).await);
        }
        Self { nodes, clock }
    }

    async fn begin(&self, number: usize, dies: Dies) -> Round {
        self.clock.advance(BETWEEN);
        let node = &self.nodes[number % self.nodes.len()];
        let name = format!("victim-{number}");
        let new = NewUser {
            username: name.clone(),
            email: format!("{name}@example.org"),
            password: NewPassword::Typed(Secret::new(PASSWORD.to_owned())),
            roles: vec!["admin".to_owned()],
        };
        let victim = node.flows().create_user(new, By::CommandLine).await.expect("a victim").id;
        let (client, secret) = if matches!(dies, Dies::Client | Dies::Secret) {
            let id = format!("app-{number}");
            let grants = vec![GrantType::Password, GrantType::RefreshToken, GrantType::ClientCredentials];
            let scopes = owned(&ALL.split(' ').collect::<Vec<_>>());
            node.create_client(NewClient { grants, scopes, ..portal(&id) }).await.expect("a client");
            (id, Some(SECRET))
        } else {
            ("web".to_owned(), None)
        };
        let mut speaker = node.client().as_public(&client);
        if let Some(secret) = secret {
            speaker = node.client().as_confidential(&client, secret);
        }
        Round {
            number,
            victim,
            first: speaker.sign_in_for(&name, PASSWORD, ALL).await,
            second: speaker.sign_in_for(&name, PASSWORD, ALL).await,
            boss: administrator(&node.client()).await,
            name,
            client,
            secret,
        }
    }

    /// All of it at once, the end at another place among the others each time: what the end was answered, and the tokens that were got.
    async fn run(&self, round: &Round, end: Vec<u8>) -> (Reply, Vec<Tokens>) {
        let mut all = round.attack(&self.nodes[0].user_id("bob").await);
        let place = round.number * 5 % (all.len() + 1);
        all.insert(place, end);
        let node = |index: usize| self.nodes[index % self.nodes.len()].client().address();
        let all = all.into_iter().enumerate().map(|(index, request)| (node(index + round.number), request));
        let mut replies = wire::at_once(all.collect()).await;
        for reply in &replies {
            assert!(reply.status < 500, "round {}: {}\n{}", round.number, reply.head, reply.text());
        }
        let end = replies.remove(place);
        let got = replies.iter().filter(|reply| reply.status == 200 && reply.text().contains("\"access_token\""));
        let got = got.map(|reply| {
            let text = |member: &str| reply.json()[member].as_str().unwrap_or_default().to_owned();
            let (access, refresh) = (text("access_token"), text("refresh_token"));
            Tokens { access, refresh, scope: text("scope"), expires_in: 0 }
        });
        (end, got.collect())
    }

    /// Fails the test when something lives that must not, or the other way round.
    async fn judge(&self, round: &Round, dies: Dies, got: &[Tokens]) {
        let all = got.iter().chain([&round.first, &round.second]);
        for (tokens, node) in all.zip(self.nodes.iter().cycle()) {
            let (client, over) = (node.client(), round.is_over(dies, tokens));
            let what = format!("round {}: {}", round.number, tokens.claims());
            // Another node learns of a new key within a second, and who signed in meanwhile may have come before the end or after it.
            if matches!(dies, Dies::Key | Dies::Both) && !over {
                continue;
            }
            assert_eq!(client.is_active(&tokens.access).await, !over, "{what}");
            if Round::sid(tokens).is_empty() {
                continue;
            }
            for path in ["/oauth2/userinfo", "/api/v1/me", "/api/v1/me/sessions"] {
                let answer = client.get(path, &tokens.access).await;
                assert_eq!(answer.status, if over { 401 } else { 200 }, "{what}{answer}");
            }
            if dies == Dies::Role {
                client.get(USERS, &tokens.access).await.expect(403);
            }
            if over && dies != Dies::Key {
                let answer = round.speak(node).refresh(&tokens.refresh).await;
                assert!((400..500).contains(&answer.status), "{what}{answer}");
            }
        }
        for node in &self.nodes {
            let boss = administrator(&node.client()).await;
            let list = format!("/api/v1/admin/sessions?user_id={}", round.victim);
            let listed = node.client().get(&list, &boss.access).await.expect(200);
            let ids = listed["items"].as_array().expect("a list").iter().filter_map(|session| session["id"].as_str());
            let (first, second) = (Round::sid(&round.first), Round::sid(&round.second));
            for id in ids {
                let over = match dies {
                    Dies::Everything | Dies::Client => true,
                    Dies::Others => id != first,
                    Dies::Both => id == first || id == second,
                    Dies::First => id == first,
                    Dies::Role | Dies::Secret | Dies::Key => false,
                };
                assert!(!over, "round {}: a session is listed{listed}", round.number);
            }
            if dies == Dies::Secret {
                round.speak(node).client_credentials().await.expect_error(401, "invalid_client");
            }
        }
    }

    /// Fails the test when the victim's first session did something after its end: events stand in the order in which things happened.
    async fn nobody_acted_after(&self, round: &Round, event: &str, dies: Dies) {
        let victim = &round.victim;
        let own = match dies {
            Dies::Others | Dies::Secret => return,
            Dies::Role => String::new(),
            _ => format!("OR (user_id = '{victim}' AND event_type = 'user_changed' AND detail = 'changed name')"),
        };
        let sql = format!(
            "SELECT count(*) FROM events WHERE (detail LIKE '%by {victim} from %' {own}) AND event_type <> '{event}' \
             AND seq > (SELECT max(seq) FROM events WHERE event_type = '{event}')"
        );
        let acts = self.nodes[0].home().rows().numbers(&sql).await;
        assert_eq!(acts, [0], "round {}: the victim acted after its end", round.number);
    }
}

/// Races what ends something against all that could outlive it. `event` tells of the end.
pub async fn race(dies: Dies, event: &str, end: impl Fn(&Round) -> Vec<u8>) {
    let ring = Ring::open().await;
    let rounds = std::env::var("GRANTD_TEST_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(ROUNDS);
    let mut got_in = 0;
    for number in 0..rounds {
        let round = ring.begin(number, dies).await;
        let (ended, got) = ring.run(&round, end(&round)).await;
        // The session that was to do it may have been found out first.
        assert!([200, 201, 204].contains(&ended.status), "round {number}: {}\n{}", ended.head, ended.text());
        ring.judge(&round, dies, &got).await;
        ring.nobody_acted_after(&round, event, dies).await;
        got_in += got.len();
    }
    assert!(got_in > rounds, "{got_in} tokens in {rounds} rounds: the race shows little");
}
