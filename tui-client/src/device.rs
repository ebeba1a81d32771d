//! Where is a session? As far as the program that began it said, in words for a person; it may have lied.

use std::env::consts::OS;

use crate::failure::plain;

/// What this program calls itself to a server: with the name of the machine, by which its user knows it again.
#[must_use]
pub fn user_agent() -> String {
    let machine: String =
        machine().chars().filter(|c| c.is_ascii_alphanumeric() || "-._".contains(*c)).take(64).collect();
    format!("grant/{} ({machine}; {OS})", env!("CARGO_PKG_VERSION"))
}

#[cfg(unix)]
fn machine() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(not(unix))]
fn machine() -> String {
    crate::settings::variable("COMPUTERNAME").unwrap_or_default()
}

/// `thinkpad, grant on Linux`, `Firefox on Windows`; what is not known is left as it was said, on one line.
#[must_use]
pub fn told(user_agent: Option<&str>) -> String {
    let agent = plain(user_agent.unwrap_or_default());
    if agent.trim().is_empty() {
        return "unknown device".to_owned();
    }
    let own =
        agent.strip_prefix("grant/").and_then(|rest| rest.split_once(" (")?.1.strip_suffix(')')?.split_once("; "));
    if let Some((machine, system)) = own.filter(|(machine, _)| !machine.is_empty()) {
        return format!("{machine}, grant on {}", system_of(system).unwrap_or(system));
    }
    // Each of the later ones calls itself by the names of the earlier ones too.
    let browsers =
        [("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari")];
    match (browsers.iter().find(|(mark, _)| agent.contains(mark)), system_of(&agent)) {
        (Some((_, browser)), Some(system)) => format!("{browser} on {system}"),
        (Some((_, browser)), None) => (*browser).to_owned(),
        _ => agent,
    }
}

fn system_of(agent: &str) -> Option<&'static str> {
    let systems = [
        ("windows", "Windows"),
        ("android", "Android"),
        ("iphone", "iOS"),
        ("ipad", "iOS"),
        ("mac", "macOS"),
        ("cros", "ChromeOS"),
        ("linux", "Linux"),
    ];
    let agent = agent.to_ascii_lowercase();
    systems.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, system)| *system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_told_in_words() {
        for (agent, words) in [
            ("grant/0.1.0 (thinkpad; linux)", "thinkpad, grant on Linux"),
            ("grant/0.1.0 (air; macos)", "air, grant on macOS"),
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Windows"),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0",
                "Edge on Linux",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1",
                "Safari on iOS",
            ),
            ("curl/8.14.1", "curl/8.14.1"),
            ("grant/0.1.0 (\u{1b}[2Jair; macos)", " [2Jair, grant on macOS"),
            ("\u{1b}]0;x\u{7}", " ]0;x "),
            (" ", "unknown device"),
        ] {
            assert_eq!(told(Some(agent)), words);
        }
        assert_eq!(told(None), "unknown device");
        assert!(told(Some(&user_agent())).contains("grant on "), "{}", user_agent());
    }
}
