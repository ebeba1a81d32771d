//! What does the settings file that `grantd init` writes look like?

use std::fmt::Write;

use super::settings::{Kind, Preset, SETTINGS, Setting};

const HEAD: &str = "\
# Settings of grantd. A line that begins with `#` shows a default or an example: take the `#` away to change it.
# Each can be set in the environment too: GRANTD_ISSUER, GRANTD_TOKENS__ACCESS_TTL. `grantd config check` finds mistakes,
# `grantd config show --origin` prints what holds and why. Relative paths are relative to this file.
";

/// A short `grantd.toml` that passes `config check` as it is, with every setting in it and this secret key file.
#[must_use]
pub fn template(secret_key_file: &str) -> String {
    let mut text = HEAD.to_owned();
    let mut section = None;
    for setting in SETTINGS {
        let (its_section, name) = setting.section_and_name();
        if its_section != section || setting.key == "issuer" {
            text.push('\n');
        }
        if let Some(its_section) = its_section.filter(|_| its_section != section) {
            let _ = writeln!(text, "[{its_section}]");
        }
        section = its_section;
        let (mark, value) = match setting.key {
            "issuer" => ("", written(setting)),
            "secret_key_file" => ("", quoted(secret_key_file)),
            _ => ("# ", written(setting)),
        };
        let line = format!("{mark}{name} = {value}");
        let more = if setting.key == "issuer" { "; change it before others use it" } else { "" };
        let _ = writeln!(text, "{line:<40} # {}{more}", setting.about);
    }
    text
}

/// The default, or an example where there is none, as TOML writes it.
fn written(setting: &Setting) -> String {
    let (Preset::Is(text) | Preset::Found(_, text) | Preset::Nothing(text)) = setting.preset;
    match setting.kind {
        Kind::Whole(..) | Kind::Switch => text.to_owned(),
        Kind::Networks => format!("[{}]", quoted(text)),
        _ => quoted(text),
    }
}

fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}
