//! Is the process alive, and can it serve?

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use poem::{Endpoint, Request, Response, Result};

use super::error::Refused;
use crate::flows::Flows;

/// `/livez`: alive, whatever the database does.
pub struct Alive;

/// `/readyz`: the database answers and nobody has asked the process to end.
pub struct Ready {
    pub(super) flows: Arc<Flows>,
    pub(super) draining: Arc<AtomicBool>,
}

fn status(status: &'static str) -> Response {
    Response::builder()
        .content_type("application/json")
        .header("cache-control", "no-store")
        .body(format!("{{\"status\":\"{status}\"}}"))
}

impl Endpoint for Alive {
    type Output = Response;

    async fn call(&self, _: Request) -> Result<Response> {
        Ok(status("alive"))
    }
}

impl Endpoint for Ready {
    type Output = Response;

    async fn call(&self, _: Request) -> Result<Response> {
        if self.draining.load(Ordering::Relaxed) {
            return Err(Refused::overloaded().into());
        }
        match self.flows.check_ready().await {
            Ok(()) => Ok(status("ready")),
            Err(error) => Err(Refused::from(error).into()),
        }
    }
}
