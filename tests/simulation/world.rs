//! What may happen to a session? Honest holders, lost and late messages, two clocks, and thieves: the world of
//! `refresh_simulation.py`, around the real flow and a real database.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantd::flows::{Credentials, Denied, Failure, Granted, Origin, TokenRequest};
use grantd::model::reason::Reason;
use grantd::model::secret::Secret;
use grantd_tests::server::{BEGIN, TestServer};

use crate::chance::Chance;
use crate::rules::{Outcome, Rules};

/// Life of an access token.
const TTL: Duration = Duration::from_mins(5);
/// A request or an answer takes at most so long; a client gives up after as long.
const LATE: Duration = Duration::from_secs(10);
/// Two nodes serve in turn; their clocks differ by so much, and count whole seconds.
const SKEW: Duration = Duration::from_secs(10);

/// What goes wrong, and how often, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Faults {
    /// An answer is lost; a request half as often.
    pub loss: f64,
    /// A message takes up to [`LATE`].
    pub late: f64,
    /// A request arrives twice.
    pub doubled: f64,
    /// A holder sleeps for up to two hours.
    pub asleep: f64,
    /// Whether holders lock their store while they ask.
    pub locked: bool,
    /// An access token is shown at our doors.
    pub shown: f64,
}

impl Faults {
    /// All goes well.
    pub const NONE: Self = Self { loss: 0.0, late: 0.0, doubled: 0.0, asleep: 0.0, locked: false, shown: 0.0 };
}

/// How a stolen token is used. None of them shows an access token at our doors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thief {
    /// Steals the newest, redeems it and goes on at his own pace.
    Leader,
    /// Comes with it only after its owner has redeemed it.
    Straggler,
    /// Asks again and again, mostly with the token before the newest.
    Poller,
}

/// One run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    pub seed: u64,
    pub hours: u64,
    /// How many hold the session together; `None` leaves it to the seed.
    pub holders: Option<u64>,
    pub faults: Faults,
    pub thief: Option<Thief>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Ending {
    pub plan: Plan,
    /// Whether somebody was found out: an honest user, where there was no thief.
    pub ended: bool,
    /// How many tokens the thief got.
    pub stolen: usize,
    /// Each answer of the token endpoint: the moment by the node's clock, the generation, what it got.
    pub answers: Vec<(i64, i64, Outcome)>,
}

/// What a holder or a thief has.
#[derive(Clone, Debug)]
struct Held {
    generation: i64,
    refresh: Rc<str>,
    access: Rc<str>,
}

#[derive(Clone, Debug)]
enum Answer {
    Got(Held),
    Wait,
    Refused,
}

/// A request of a holder, from its first try to its answer.
#[derive(Debug)]
struct Ask {
    token: Held,
    tries: u32,
    open: bool,
}

#[derive(Debug)]
enum Happening {
    Wake,
    /// A request arrives; its answer goes back unless it was the double of another.
    Serve {
        ask: usize,
        answered: bool,
    },
    Hear {
        ask: usize,
        answer: Answer,
    },
    GiveUp {
        ask: usize,
    },
    /// The thief comes by.
    Steal,
    /// The thief asks.
    Theft,
}

/// One run: a queue of what happens when.
pub struct World<'a> {
    node: &'a TestServer,
    plan: Plan,
    chance: Chance,
    queue: BTreeMap<(Duration, u64), Happening>,
    order: u64,
    asks: Vec<Ask>,
    rules: Rules,
    store: Held,
    expires: Duration,
    held: bool,
    loot: Option<Held>,
    ending: Ending,
}

impl<'a> World<'a> {
    /// A sign-in at this server, and all that the plan says after it.
    pub async fn run(node: &'a TestServer, plan: Plan) -> Ending {
        let mut world = Self::begin(node, plan).await;
        let end = Duration::from_hours(plan.hours);
        while let Some(((now, _), happening)) = world.queue.pop_first() {
            if now > end || world.ending.ended {
                break;
            }
            world.happen(now, happening).await;
            if world.ending.ended {
                world.end(now).await;
            }
        }
        world.ending
    }

    /// Found out means that nobody gets anything any more, neither the holders nor the thief.
    async fn end(&mut self, now: Duration) {
        for token in [Some(self.store.clone()), self.loot.clone()].into_iter().flatten() {
            let answer = self.present(now, &token).await;
            assert!(matches!(answer, Answer::Refused), "{:?}: {answer:?} after the end", self.plan);
        }
        let seen = self.node.flows().userinfo(Some(&self.store.access)).await;
        assert!(matches!(seen, Err(Denied::InvalidToken(_))), "{:?}: {seen:?} after the end", self.plan);
    }

    async fn begin(node: &'a TestServer, plan: Plan) -> Self {
        let mut chance = Chance::new(plan.seed);
        let holders = plan.holders.unwrap_or_else(|| 1 + chance.one_of(8));
        node.clock().set(BEGIN);
        let sign_in = TokenRequest {
            username: Some("ada".to_owned()),
            password: Some(Secret::new("ada-dev-password".to_owned())),
            ..request("password")
        };
        let granted = node.flows().token(sign_in).await.unwrap_or_else(|failure| panic!("{plan:?}: {failure:?}"));
        let window = node.flows().config().tokens.refresh_race_window;
        let mut world = Self {
            node,
            plan,
            chance,
            queue: BTreeMap::new(),
            order: 0,
            asks: Vec::new(),
            rules: Rules::new(window, BEGIN),
            store: Held::new(&granted),
            expires: TTL,
            held: false,
            loot: None,
            ending: Ending { plan, ended: false, stolen: 0, answers: Vec::new() },
        };
        for _ in 0..holders {
            let when = world.chance.between(0.0, 60.0);
            world.at(when, Happening::Wake);
        }
        if plan.thief.is_some() {
            let when = world.chance.between(1000.0, 2000.0);
            world.at(when, Happening::Steal);
        }
        world
    }

    fn at(&mut self, when: Duration, what: Happening) {
        self.order += 1;
        self.queue.insert((when, self.order), what);
    }

    async fn happen(&mut self, now: Duration, what: Happening) {
        match what {
            Happening::Wake => self.wake(now).await,
            Happening::Serve { ask, answered } => self.serve(now, ask, answered).await,
            Happening::Hear { ask, answer } => self.hear(now, ask, answer).await,
            Happening::GiveUp { ask } => self.give_up(now, ask),
            Happening::Steal => self.steal(now).await,
            Happening::Theft => self.theft(now).await,
        }
    }

    // An honest holder: reads the store, asks, tries once more with the same token, writes the answer.

    async fn wake(&mut self, now: Duration) {
        if self.chance.happens(self.plan.faults.asleep) {
            // The lid is closed.
            let sleep = self.chance.between(600.0, 7200.0);
            self.at(now + sleep, Happening::Wake);
        } else if self.expires.saturating_sub(now) > TTL.mul_f64(0.1 * self.chance.unit()) {
            if self.chance.happens(self.plan.faults.shown) {
                self.show(now, &self.store.clone()).await;
            }
            self.wake_after(now, 60.0);
        } else if self.plan.faults.locked && self.held {
            self.at(now + Duration::from_secs(1), Happening::Wake);
        } else {
            self.held = true;
            self.ask(now, self.store.clone(), 2);
        }
    }

    fn wake_after(&mut self, now: Duration, mean: f64) {
        let pause = self.chance.about(mean);
        self.at(now + pause, Happening::Wake);
    }

    fn ask(&mut self, now: Duration, token: Held, tries: u32) {
        let ask = self.asks.len();
        self.asks.push(Ask { token, tries, open: true });
        if !self.chance.happens(self.plan.faults.loss / 2.0) {
            let travel = self.travel();
            self.at(now + travel, Happening::Serve { ask, answered: true });
        }
        if self.chance.happens(self.plan.faults.doubled) {
            let travel = LATE.mul_f64(self.chance.unit());
            self.at(now + travel, Happening::Serve { ask, answered: false });
        }
        self.at(now + LATE, Happening::GiveUp { ask });
    }

    fn travel(&mut self) -> Duration {
        let most = if self.chance.happens(self.plan.faults.late) { LATE } else { Duration::from_millis(200) };
        most.mul_f64(self.chance.unit())
    }

    async fn serve(&mut self, now: Duration, ask: usize, answered: bool) {
        let token = self.asks[ask].token.clone();
        let answer = self.present(now, &token).await;
        if answered && !self.chance.happens(self.plan.faults.loss) {
            let travel = self.travel();
            self.at(now + travel, Happening::Hear { ask, answer });
        }
    }

    async fn hear(&mut self, now: Duration, ask: usize, answer: Answer) {
        if !self.asks[ask].open {
            return;
        }
        self.asks[ask].open = false;
        self.held = false;
        let pause = match answer {
            Answer::Got(got) => {
                self.store = got.clone();
                self.expires = now + TTL;
                if self.chance.happens(self.plan.faults.shown) {
                    self.show(now, &got).await;
                }
                60.0
            }
            Answer::Wait => 20.0,
            Answer::Refused => 60.0,
        };
        self.wake_after(now, pause);
    }

    fn give_up(&mut self, now: Duration, ask: usize) {
        if !self.asks[ask].open {
            return;
        }
        self.asks[ask].open = false;
        let (token, tries) = (self.asks[ask].token.clone(), self.asks[ask].tries);
        if tries > 1 {
            self.ask(now, token, tries - 1);
        } else {
            self.held = false;
            self.wake_after(now, 20.0);
        }
    }

    // The thieves.

    async fn steal(&mut self, now: Duration) {
        self.loot = Some(self.store.clone());
        if self.plan.thief == Some(Thief::Straggler) {
            let pause = self.chance.between(60.0, 900.0);
            self.at(now + pause, Happening::Theft);
        } else {
            self.theft(now).await;
        }
    }

    async fn theft(&mut self, now: Duration) {
        let Some(loot) = self.loot.clone() else { return };
        let keep = if self.plan.thief == Some(Thief::Poller) { 0.1 } else { 1.0 };
        match self.present(now, &loot).await {
            Answer::Refused => return,
            Answer::Wait => {}
            Answer::Got(got) => {
                self.ending.stolen += 1;
                if self.chance.happens(keep) {
                    self.loot = Some(got);
                }
            }
        }
        let pause = match self.plan.thief {
            Some(Thief::Poller) => Duration::from_secs(20),
            _ => TTL.mul_f64(0.5 + 0.4 * self.chance.unit()),
        };
        self.at(now + pause, Happening::Theft);
    }

    // The server.

    /// Moves the clock to what the node reads that happens to serve.
    fn read_clock(&mut self, now: Duration) -> i64 {
        let skew = if self.chance.one_of(2) == 0 { Duration::ZERO } else { SKEW };
        let seconds = BEGIN + i64::try_from((now + skew).as_secs()).expect("a few hours");
        self.node.clock().set(seconds);
        seconds
    }

    async fn present(&mut self, now: Duration, token: &Held) -> Answer {
        let seconds = self.read_clock(now);
        let asked =
            TokenRequest { refresh_token: Some(Secret::new(token.refresh.to_string())), ..request("refresh_token") };
        let answer = match self.node.flows().token(asked).await {
            Ok(granted) => Answer::Got(Held::new(&granted)),
            Err(Failure::Refused(refusal)) if refusal.reason == Reason::WaitAndRetry => Answer::Wait,
            Err(Failure::Refused(refusal)) if refusal.reason == Reason::RefreshTokenReused => Answer::Refused,
            Err(failure) => panic!("{:?}: at {seconds}: {failure:?}", self.plan),
        };
        let outcome = match &answer {
            Answer::Got(held) => Outcome::Got(held.generation),
            Answer::Wait => Outcome::Wait,
            Answer::Refused => Outcome::Refused,
        };
        let expected = self.rules.present(token.generation, seconds);
        assert_eq!(outcome, expected, "{:?}: the answer to {} at {seconds}", self.plan, token.generation);
        self.ending.ended |= outcome == Outcome::Refused;
        self.ending.answers.push((seconds, token.generation, outcome));
        answer
    }

    /// Shows an access token at one of our doors.
    async fn show(&mut self, now: Duration, token: &Held) {
        self.read_clock(now);
        match self.node.flows().userinfo(Some(&token.access)).await {
            Ok(_) => self.rules.seen(token.generation),
            // It was long on its way, and the other node's clock is ahead: its holder thinks that it lives.
            Err(Denied::InvalidToken(Reason::Expired)) => {}
            Err(denied) => panic!("{:?}: an access token was turned away: {denied:?}", self.plan),
        }
    }
}

impl Held {
    fn new(granted: &Granted) -> Self {
        let refresh = granted.refresh_token.as_ref().expect("a refresh token").expose();
        let bytes = URL_SAFE_NO_PAD.decode(refresh.trim_start_matches("grt_")).expect("base64url");
        let generation = u32::from_be_bytes(bytes[16..20].try_into().expect("four bytes"));
        Self {
            generation: generation.into(),
            refresh: refresh.as_str().into(),
            access: granted.access_token.expose().as_str().into(),
        }
    }
}

fn request(grant_type: &str) -> TokenRequest {
    TokenRequest {
        credentials: Credentials { client_id: Some("web".to_owned()), client_secret: None },
        origin: Origin { ip: IpAddr::V4(Ipv4Addr::LOCALHOST), user_agent: None },
        grant_type: Some(grant_type.to_owned()),
        username: None,
        password: None,
        refresh_token: None,
        scope: None,
        resources: Vec::new(),
        must_refresh: false,
    }
}
