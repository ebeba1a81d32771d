//! `/metrics`: what is an operator's dashboard drawn from? (OpenMetrics 1.0)
//!
//! No label says what somebody sent: each has a few values that are written in this program.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use poem::http::{Method, StatusCode};
use poem::{Endpoint, Request, Response, Result};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric, MetricEncoder, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use super::error::Refused;
use crate::flows::{Flows, Measures, Tally};

/// Where it is.
pub(super) const PATH: &str = "/metrics";
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper bounds of the buckets in seconds: from what is answered out of memory to a password that had to wait for its thread.
const BUCKETS: [f64; 14] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The methods that are told apart (RFC 9110 §9, RFC 5789).
static METHODS: [Method; 9] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::OPTIONS,
    Method::CONNECT,
    Method::TRACE,
];

/// The endpoint, and what is measured for it at every request. Its clones measure together.
#[derive(Clone)]
pub struct Metrics {
    flows: Arc<Flows>,
    durations: Family<Asked, Histogram>,
}

/// What requests are told apart by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Asked {
    method: &'static str,
    route: Arc<str>,
    status: u16,
}

/// What is told under one name.
#[derive(Debug)]
struct Figures {
    name: &'static str,
    help: &'static str,
    metric_type: MetricType,
    values: Values,
}

#[derive(Debug)]
enum Values {
    One(u64),
    /// A label, and a number for each of its values.
    By(&'static str, Vec<(&'static str, u64)>),
}

impl Metrics {
    /// For these flows.
    #[must_use]
    pub fn new(flows: Arc<Flows>) -> Self {
        Self { flows, durations: Family::new_with_constructor(|| Histogram::new(BUCKETS)) }
    }

    /// Notes how long an answer took.
    pub(super) fn observe(&self, method: &Method, route: &Arc<str>, status: StatusCode, took: Duration) {
        let method = METHODS.iter().find(|known| *known == method).map_or("other", Method::as_str);
        let asked = Asked { method, route: Arc::clone(route), status: status.as_u16() };
        self.durations.get_or_create(&asked).observe(took.as_secs_f64());
    }

    async fn write(&self) -> std::result::Result<String, fmt::Error> {
        let mut registry = Registry::default();
        registry.register("grantd_build", "Which grantd this is", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        registry.register(
            "grantd_http_request_duration_seconds",
            "How long requests took; the route - is none of ours, the method other none of HTTP",
            self.durations.clone(),
        );
        let measures = self.flows.measure().await;
        for figures in counted(self.flows.tally(), &measures).into_iter().chain(measured(&measures)) {
            registry.register_collector(Box::new(figures));
        }
        let mut written = String::new();
        text::encode(&mut written, &registry)?;
        Ok(written)
    }
}

/// What has happened since the process began.
fn counted(tally: &Tally, measures: &Measures) -> [Figures; 6] {
    let counter = |name, help, values| Figures { name, help, metric_type: MetricType::Counter, values };
    let (sign_ins, throttled, refreshes) = (&tally.sign_ins, &tally.throttled, tally.refreshes.counts());
    let outcomes = vec![
        ("ok", sign_ins.ok.get()),
        ("wrong", sign_ins.wrong.get()),
        ("locked", sign_ins.locked.get()),
        ("overloaded", sign_ins.overloaded.get()),
        ("throttled", throttled.sign_in.get()),
    ];
    let rows = vec![
        ("step", refreshes.step),
        ("again", refreshes.again),
        ("wait", refreshes.wait),
        ("late", refreshes.late),
        ("behind", refreshes.behind),
        ("replay", refreshes.replay),
        ("kept", refreshes.kept),
    ];
    let reasons = tally.refused_refreshes.given().map(|(reason, count)| (reason.as_str(), count)).collect();
    let doors = vec![
        ("sign_in", throttled.sign_in.get()),
        ("client_secret", throttled.client_secret.get()),
        ("password_change", throttled.password_change.get()),
    ];
    [
        counter(
            "grantd_sign_ins",
            "Sign-ins with a password; an unknown name is wrong too",
            Values::By("outcome", outcomes),
        ),
        counter(
            "grantd_refreshes",
            "Refreshes, by what the token was to its family; a replay ends it",
            Values::By("row", rows),
        ),
        counter(
            "grantd_refresh_guards_lost",
            "How often another request with the same refresh token was quicker",
            Values::One(refreshes.guards_lost),
        ),
        counter("grantd_refreshes_refused", "Refreshes that were refused", Values::By("reason", reasons)),
        counter("grantd_throttled", "Tries that were told to wait, by what was guessed at", Values::By("door", doors)),
        counter(
            "grantd_password_hashes",
            "Password hashes computed, to compare with one or to keep",
            Values::One(measures.passwords_hashed),
        ),
    ]
}

/// What is so at this moment.
fn measured(measures: &Measures) -> [Figures; 4] {
    let gauge = |name, help, values| Figures { name, help, metric_type: MetricType::Gauge, values };
    let seconds = |number: i64| u64::try_from(number).unwrap_or_default();
    let states = vec![("idle", measures.connections.idle), ("busy", measures.connections.busy)];
    let ages = measures.key_ages.iter().map(|(alg, age)| (alg.as_str(), seconds(*age))).collect();
    [
        gauge(
            "grantd_password_queue_depth",
            "Passwords that wait for a thread to hash them",
            Values::One(measures.passwords_waiting),
        ),
        gauge("grantd_database_connections", "Connections to the database", Values::By("state", states)),
        gauge(
            "grantd_signing_key_age_seconds",
            "Age of the key that signs now; none while the database is away",
            Values::By("alg", ages),
        ),
        gauge(
            "process_start_time_seconds",
            "When the process began, in Unix seconds",
            Values::One(seconds(measures.started_at.0)),
        ),
    ]
}

impl Collector for Figures {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        // With the full stop that the library gives to what it registers.
        let help = format!("{}.", self.help);
        let mut encoder = encoder.encode_descriptor(self.name, &help, None, self.metric_type)?;
        match &self.values {
            Values::One(number) => self.write(*number, encoder),
            Values::By(label, several) => several
                .iter()
                .try_for_each(|(value, number)| self.write(*number, encoder.encode_family(&[(*label, *value)])?)),
        }
    }
}

impl Figures {
    fn write(&self, number: u64, encoder: MetricEncoder<'_>) -> fmt::Result {
        match self.metric_type {
            MetricType::Counter => ConstCounter::new(number).encode(encoder),
            _ => ConstGauge::new(number).encode(encoder),
        }
    }
}

impl Endpoint for Metrics {
    type Output = Response;

    async fn call(&self, _: Request) -> Result<Response> {
        let written = self.write().await.map_err(|error| Refused::internal(error.to_string()))?;
        Ok(Response::builder().content_type(CONTENT_TYPE).header("cache-control", "no-store").body(written))
    }
}
