//! Is the compose file valid, and does it keep what has to be kept apart? As compose's own library reads it.

use std::process::Command;

use grantd_tests::skip;
use serde_json::Value;

use crate::tools::{self, finish, program};

/// The compose file with everything in it worked out.
///
/// # Errors
/// Why it cannot be read here, for [`grantd_tests::skip`].
pub fn shipped(env: &[(&str, &str)]) -> Result<Value, String> {
    let mut compose = Command::new(program("compose")?);
    compose.env_clear().envs(env.iter().copied()).args(["-format", "json"]).arg(tools::shipped("docker-compose.yml"));
    Ok(finish(&mut compose).expect(0).json())
}

/// Its services by name.
fn services(file: &Value) -> impl Iterator<Item = (&String, &Value)> {
    file["services"].as_object().expect("services").iter()
}

fn names(value: &Value) -> Vec<&str> {
    value.as_object().map(|members| members.keys().map(String::as_str).collect()).unwrap_or_default()
}

#[test]
fn every_container_is_confined() {
    let file = match shipped(&[]) {
        Ok(file) => file,
        Err(reason) => return skip(&reason),
    };
    let all: Vec<_> = services(&file).map(|(name, _)| name.as_str()).collect();
    assert_eq!(all, ["database", "grantd-1", "grantd-2", "migrate", "proxy"]);
    for (name, service) in services(&file) {
        assert_eq!(service["read_only"], true, "{name}");
        assert_eq!(service["cap_drop"], serde_json::json!(["ALL"]), "{name}");
        assert_eq!(service["security_opt"], serde_json::json!(["no-new-privileges:true"]), "{name}");
        assert_eq!(service["privileged"], Value::Null, "{name}");
        let user = service["user"].as_str().unwrap_or("0:0");
        assert!(crate::container::numbers(user).0 > 0, "{name} runs as {user}");
        let limits = &service["deploy"]["resources"]["limits"];
        assert!(["cpus", "memory", "pids"].iter().all(|limit| !limits[limit].is_null()), "{name}: {limits}");
        let once = name == "migrate";
        assert_eq!(service["restart"], if once { "no" } else { "unless-stopped" }, "{name}");
        assert!(once || service["healthcheck"]["test"][0] == "CMD", "{name}: who asks whether it is well?");
    }
}

#[test]
fn the_world_reaches_the_proxy_alone() {
    let file = match shipped(&[]) {
        Ok(file) => file,
        Err(reason) => return skip(&reason),
    };
    for (name, service) in services(&file) {
        let open = service["ports"].as_array().map_or(0, Vec::len);
        let outside = names(&service["networks"]).iter().any(|net| file["networks"][net]["internal"] != true);
        assert_eq!((open > 0, outside), (name == "proxy", name == "proxy"), "{name}");
    }
    let on = |net: &str| -> Vec<&String> {
        services(&file)
            .filter(|(_, service)| names(&service["networks"]).contains(&net))
            .map(|(name, _)| name)
            .collect()
    };
    assert_eq!(on("front"), ["grantd-1", "grantd-2", "proxy"]);
    assert_eq!(on("back"), ["database", "grantd-1", "grantd-2", "migrate"]);
}

#[test]
fn a_node_believes_the_network_that_it_shares_with_the_proxy_and_nobody_else() {
    for env in [&[][..], &[("FRONT", "10.9.8.0/28")]] {
        let file = match shipped(env) {
            Ok(file) => file,
            Err(reason) => return skip(&reason),
        };
        let subnet = &file["networks"]["front"]["ipam"]["config"][0]["subnet"];
        assert!(subnet.as_str().is_some_and(|net| net.ends_with("/28")), "{subnet}");
        for node in ["grantd-1", "grantd-2"] {
            assert_eq!(&file["services"][node]["environment"]["GRANTD_SERVER__TRUSTED_PROXIES"], subnet);
        }
    }
}

#[test]
fn nobody_starts_before_what_it_needs() {
    let file = match shipped(&[]) {
        Ok(file) => file,
        Err(reason) => return skip(&reason),
    };
    let waits = |name: &str, on: &str| file["services"][name]["depends_on"][on]["condition"].clone();
    assert_eq!(waits("migrate", "database"), "service_healthy");
    for node in ["grantd-1", "grantd-2"] {
        assert_eq!(waits(node, "migrate"), "service_completed_successfully");
        assert_eq!(waits("proxy", node), "service_healthy");
    }
}

#[test]
fn the_proxy_is_of_the_version_that_is_tested() {
    let file = match shipped(&[]) {
        Ok(file) => file,
        Err(reason) => return skip(&reason),
    };
    let (image, programs) = (&file["services"]["proxy"]["image"], tools::read("tests/packaging/programs"));
    let (_, version) = image.as_str().and_then(|image| image.split_once("caddy:")).expect("a version of Caddy");
    assert!(programs.contains(&format!("cmd/caddy@v{version}.")), "{image} is not in tests/packaging/programs");
}
