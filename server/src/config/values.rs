//! Is what was written for a setting a value of its kind, and which one?

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use ipnet::IpNet;

use super::error::{ConfigError, Origin};
use super::layers::{Given, Layers, Raw};
use super::settings::{self, Form, Kind, SETTINGS};
use super::{Database, Issuer, Mode, parse_duration};

/// What holds for each setting; those whose secret could not be read are left out.
pub(super) struct Values {
    found: BTreeMap<&'static str, Found>,
    data_dir: PathBuf,
}

struct Found {
    /// The key it was written under.
    key: String,
    raw: Raw,
    origin: Origin,
    base: PathBuf,
}

impl Values {
    /// Takes the strongest layer of each setting, reads secrets from their files (once: it may be a pipe).
    pub(super) fn resolve(layers: &Layers, mode: Mode) -> (Self, Vec<ConfigError>) {
        let mut found = BTreeMap::new();
        let mut faults = Vec::new();
        for setting in SETTINGS {
            let resolved = match layers.given(setting.key) {
                Some(given) => Found::from_given(setting.key, given),
                None => Ok(Found {
                    key: setting.key.to_owned(),
                    raw: Raw::Text(layers.preset(setting, mode)),
                    origin: Origin::Default,
                    base: PathBuf::new(),
                }),
            };
            match resolved {
                Ok(resolved) => drop(found.insert(setting.key, resolved)),
                Err(fault) => faults.push(fault),
            }
        }
        (Self { found, data_dir: layers.data_dir(mode) }, faults)
    }

    /// What is wrong with each value taken alone.
    pub(super) fn faults(&self) -> Vec<ConfigError> {
        let known = SETTINGS.iter().filter(|setting| self.found.contains_key(setting.key));
        known.filter_map(|setting| self.check(setting.key, setting.kind).err()).collect()
    }

    fn check(&self, key: &str, kind: Kind) -> Result<(), ConfigError> {
        match kind {
            Kind::Issuer => self.issuer(key).map(drop),
            Kind::Address => self.address(key).map(drop),
            Kind::OptionalAddress => self.optional_address(key).map(drop),
            Kind::Networks => self.networks(key).map(drop),
            Kind::Database => self.database(key).map(drop),
            Kind::Path => self.path(key).map(drop),
            Kind::Duration => self.seconds(key).map(drop),
            Kind::Whole(..) => self.whole(key).map(drop),
            Kind::Switch => self.switch(key).map(drop),
            Kind::Choice(names) => self.choice(key, |text| names.contains(&text).then_some(())),
        }
    }

    /// Whether anybody set it.
    pub(super) fn is_given(&self, key: &str) -> bool {
        self.found.get(key).is_none_or(|found| found.origin != Origin::Default)
    }

    /// A fault at the place where this setting was written.
    pub(super) fn fault(&self, key: &str, problem: &str) -> ConfigError {
        let place = self.found.get(key).map_or((key, &Origin::Default), |found| (&found.key, &found.origin));
        ConfigError::of(place.0, place.1, problem.to_owned())
    }

    pub(super) fn issuer(&self, key: &str) -> Result<Issuer, ConfigError> {
        self.read(key, |found| Issuer::parse(found.text()?))
    }

    pub(super) fn address(&self, key: &str) -> Result<SocketAddr, ConfigError> {
        self.read(key, |found| parse_address(found.text()?))
    }

    pub(super) fn optional_address(&self, key: &str) -> Result<Option<SocketAddr>, ConfigError> {
        self.read(key, |found| match found.text()? {
            "" => Ok(None),
            text => parse_address(text).map(Some),
        })
    }

    pub(super) fn networks(&self, key: &str) -> Result<Vec<IpNet>, ConfigError> {
        self.read(key, |found| match &found.raw {
            Raw::List(texts) => texts.iter().map(|text| parse_network(text)).collect(),
            Raw::Text(text) if !found.origin.is_file() => {
                text.split(',').map(str::trim).filter(|text| !text.is_empty()).map(parse_network).collect()
            }
            raw => Err(format!("must be an array of strings, not {} (write [\"10.0.0.0/8\"])", raw.what())),
        })
    }

    pub(super) fn database(&self, key: &str) -> Result<Database, ConfigError> {
        self.read(key, |found| Database::parse(found.text()?, &found.base, &self.data_dir))
    }

    pub(super) fn path(&self, key: &str) -> Result<PathBuf, ConfigError> {
        self.read(key, |found| parse_path(found.text()?, &found.base))
    }

    pub(super) fn seconds(&self, key: &str) -> Result<i64, ConfigError> {
        self.read(key, |found| match &found.raw {
            Raw::Integer(number) => Err(format!("{number} is not a duration (write 45s, 5m, 1h, 90d, in quotes)")),
            _ => parse_duration(found.text()?),
        })
    }

    pub(super) fn whole(&self, key: &str) -> Result<u32, ConfigError> {
        let (least, most) = match settings::find(key) {
            Some((setting, _)) if let Kind::Whole(least, most) = setting.kind => (least, most),
            _ => (0, u32::MAX),
        };
        self.read(key, |found| {
            let (number, written) = match &found.raw {
                Raw::Integer(number) => (u32::try_from(*number).ok(), number.to_string()),
                Raw::Text(text) if !found.origin.is_file() => (text.parse().ok(), format!("{text:?}")),
                raw => return Err(format!("must be a number, not {}", raw.what())),
            };
            let in_range = number.filter(|number| (least..=most).contains(number));
            in_range.ok_or_else(|| format!("{written} is not a whole number from {least} to {most}"))
        })
    }

    pub(super) fn count(&self, key: &str) -> Result<usize, ConfigError> {
        self.whole(key).map(|number| usize::try_from(number).unwrap_or(usize::MAX))
    }

    pub(super) fn switch(&self, key: &str) -> Result<bool, ConfigError> {
        self.read(key, |found| match &found.raw {
            Raw::Boolean(on) => Ok(*on),
            Raw::Text(text) if !found.origin.is_file() => {
                text.parse().map_err(|_| format!("{text:?} is neither true nor false"))
            }
            raw => Err(format!("must be true or false, not {}", raw.what())),
        })
    }

    pub(super) fn choice<T>(&self, key: &str, named: impl Fn(&str) -> Option<T>) -> Result<T, ConfigError> {
        self.read(key, |found| {
            let text = found.text()?;
            named(text).ok_or_else(|| match settings::find(key) {
                Some((setting, _)) if let Kind::Choice(names) = setting.kind => {
                    format!("{text:?} is not one of {}", names.join(", "))
                }
                _ => format!("{text:?} is unknown"),
            })
        })
    }

    fn read<T>(&self, key: &str, parse: impl FnOnce(&Found) -> Result<T, String>) -> Result<T, ConfigError> {
        let found = self.found.get(key).ok_or_else(|| self.fault(key, "has no value"))?;
        parse(found).map_err(|problem| ConfigError::of(&found.key, &found.origin, problem))
    }
}

impl Found {
    fn from_given(key: &str, given: &Given) -> Result<Self, ConfigError> {
        let mut found = Self {
            key: key.to_owned(),
            raw: given.raw.clone(),
            origin: given.origin.clone(),
            base: given.base.clone(),
        };
        if given.form == Form::InFile {
            found.key.push_str("_file");
            let content = found.content().map_err(|problem| ConfigError::of(&found.key, &found.origin, problem))?;
            found.raw = Raw::Text(content);
        }
        Ok(found)
    }

    /// What the file holds that was named, without the one line break that editors leave at the end.
    fn content(&self) -> Result<String, String> {
        let path = parse_path(self.text()?, &self.base)?;
        let content =
            std::fs::read_to_string(&path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        let line = content.strip_suffix('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
        Ok(line.unwrap_or(&content).to_owned())
    }

    fn text(&self) -> Result<&str, String> {
        match &self.raw {
            Raw::Text(text) => Ok(text),
            raw => Err(format!("must be a string, not {}", raw.what())),
        }
    }
}

fn parse_path(text: &str, base: &Path) -> Result<PathBuf, String> {
    if text.is_empty() { Err("is empty: name a path".to_owned()) } else { Ok(base.join(text)) }
}

fn parse_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| format!("{text:?} is not IP:PORT (write 127.0.0.1:8080, [::1]:8080)"))
}

fn parse_network(text: &str) -> Result<IpNet, String> {
    let one = |_| text.parse::<IpAddr>().map(IpNet::from);
    text.parse::<IpNet>()
        .or_else(one)
        .map_err(|_| format!("{text:?} is neither an IP address nor a network (write 10.0.0.0/8)"))
}
