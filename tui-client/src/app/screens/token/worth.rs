//! What is a token worth? What can be said of it without asking anybody, and what is known of its signature.

use serde_json::Value;

use crate::app::parts::facts::Fact;
use crate::app::state::App;
use crate::app::theme::Role;
use crate::clock;
use crate::secret::Secret;

/// What it means, as far as that can be said here; and below what is to be taken care of.
pub fn facts(app: &App, token: &Secret, header: &Value, claims: &Value) -> Vec<Fact> {
    let mut warnings = Vec::new();
    let mut facts = vec![signature(app, token, header, &mut warnings)];
    let kind = text(header, "typ").to_ascii_lowercase();
    if matches!(kind.as_str(), "at+jwt" | "application/at+jwt") {
        facts.push(Fact::new("kind", "access token"));
    } else {
        facts.push(Fact::new("kind", "no access token").role(Role::Bad));
        warnings.push("its typ is not at+jwt: no API should take it".to_owned());
    }
    if header.get("crit").is_some() {
        warnings.push("it has to be understood in ways (crit) that nobody here knows".to_owned());
    }
    let issuer = app.account.as_ref().map(|account| account.issuer.as_str()).unwrap_or_default();
    if text(claims, "iss") == issuer {
        facts.push(Fact::new("issuer", "matches this server"));
    } else {
        facts.push(Fact::new("issuer", "not this server").role(Role::Bad));
        warnings.push("another server made it, or nobody".to_owned());
    }
    let audience = claims.get("aud").map(|value| told(app, "aud", value)).filter(|audience| !audience.is_empty());
    if audience.is_none() {
        warnings.push("it names nobody who may take it".to_owned());
    }
    facts.push(Fact::new("audience", audience.as_deref().unwrap_or("nobody")));
    facts.extend(lives(app, claims, &mut warnings));
    let client = Some(text(claims, "client_id")).filter(|id| !id.is_empty()).unwrap_or_else(|| text(claims, "azp"));
    let own = app.account.as_ref().is_some_and(|account| account.client_id == client);
    let sent_by = if own { format!("{client} (this one)") } else { or(client, "nobody says") };
    facts.push(Fact::new("sent by", sent_by));
    let session = text(claims, "sid");
    let own = app.entry.as_ref().is_some_and(|entry| !session.is_empty() && entry.session_id == session);
    let session = if own { format!("{session} (this one)") } else { or(session, "none") };
    facts.push(Fact::new("session", session));
    if warnings.is_empty() {
        facts.push(Fact::new("warnings", "none"));
    }
    let names = std::iter::once("warnings").chain(std::iter::repeat(""));
    let warnings = warnings.iter().zip(names);
    facts.extend(warnings.map(|(warning, name)| Fact::new(name, format!("! {warning}")).role(Role::Bad)));
    facts
}

fn or(text: &str, otherwise: &str) -> String {
    if text.is_empty() { otherwise.to_owned() } else { text.to_owned() }
}

fn signature(app: &App, token: &Secret, header: &Value, warnings: &mut Vec<String>) -> Fact {
    if text(header, "alg").eq_ignore_ascii_case("none") {
        warnings.push("anybody can have written it".to_owned());
        return Fact::new("signature", "none").role(Role::Bad);
    }
    let checks = app.token.checks.as_ref().filter(|(checked, _)| checked == token).map(|(_, checks)| checks);
    let checks = match checks {
        None => return Fact::new("signature", "not checked yet"),
        Some(Err(failure)) => {
            return Fact::new("signature", format!("not checked: {}", failure.error)).role(Role::Soon);
        }
        Some(Ok(checks)) => checks,
    };
    match checks.iter().find(|check| check.name == "signature") {
        Some(check) if check.ok => Fact::new("signature", format!("ok, {}", check.detail)).role(Role::Good),
        Some(check) => {
            warnings.push("what it says may be made up".to_owned());
            Fact::new("signature", &check.detail).role(Role::Bad)
        }
        None => Fact::new("signature", "not checked"),
    }
}

/// From when to when it is good, and how that stands now.
fn lives(app: &App, claims: &Value, warnings: &mut Vec<String>) -> Vec<Fact> {
    let moment = |name: &str| claims.get(name).and_then(Value::as_i64).filter(|at| clock::rfc3339(*at).is_some());
    let Some(end) = moment("exp") else {
        warnings.push("it says no end".to_owned());
        return vec![Fact::new("lives", "for ever").role(Role::Bad)];
    };
    let begin = moment("nbf").max(moment("iat"));
    let told = match begin {
        Some(begin) => format!("{} to {}", app.hour(begin), app.hour(end)),
        None => format!("to {}", app.hour(end)),
    };
    let now = app.now() / 1000;
    let (state, role) = if end <= now {
        warnings.push("it has ended".to_owned());
        (format!("ended {}", away(app, end)), Role::Bad)
    } else if let Some(begin) = begin.filter(|begin| *begin > now + 60) {
        warnings.push("it begins later, or a clock is wrong".to_owned());
        (format!("begins {}", away(app, begin)), Role::Bad)
    } else {
        (format!("ends {}", away(app, end)), Role::Plain)
    };
    vec![Fact::new("lives", told), Fact::new("", state).role(role)]
}

/// A value as a person reads it: moments with how far they are, lists as words.
pub fn told(app: &App, name: &str, value: &Value) -> String {
    let moment = value.as_i64().filter(|_| ["exp", "iat", "nbf", "auth_time"].contains(&name));
    if let Some(told) = moment.and_then(|at| moment_told(app, at)) {
        return told;
    }
    match value {
        Value::String(text) => text.clone(),
        Value::Array(many) if many.iter().all(Value::is_string) => words(many),
        other => other.to_string(),
    }
}

fn words(many: &[Value]) -> String {
    many.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
}

/// `14:05:23  in 3:12`; none for what no calendar has.
fn moment_told(app: &App, at: i64) -> Option<String> {
    clock::rfc3339(at)?;
    Some(format!("{}  {}", app.hour(at), away(app, at)))
}

/// How far a moment is: `in 3:12`, `0:07 ago`.
fn away(app: &App, at: i64) -> String {
    let away = at.saturating_sub(app.now() / 1000);
    let seconds = away.saturating_abs();
    let span = if seconds < 172_800 { clock::face(seconds) } else { clock::rough(seconds) };
    if away >= 0 { format!("in {span}") } else { format!("{span} ago") }
}

/// A member that is text; nothing for any other.
pub fn text<'a>(part: &'a Value, name: &str) -> &'a str {
    part.get(name).and_then(Value::as_str).unwrap_or_default()
}
