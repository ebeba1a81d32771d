//! What does a client get for itself? (RFC 6749 §4.4)

use super::{Granted, TokenRequest};
use crate::flows::Flows;
use crate::flows::refusal::{Code, Failure, Refusal};
use crate::model::client::{Client, ClientType};
use crate::model::reason::Reason;
use crate::model::scope;
use crate::model::timestamp::Timestamp;
use crate::store::Facts;

impl Flows {
    pub(super) async fn client_credentials_grant(
        &self,
        request: &TokenRequest,
        client: &Client,
        facts: &Facts,
        now: Timestamp,
    ) -> Result<Granted, Failure> {
        if client.client_type == ClientType::Public {
            return Err(Refusal::new(Code::UnauthorizedClient, Reason::GrantNotAllowed).into());
        }
        let asked = request.asked_scopes()?;
        // A client has no role, so nothing for it to administer with.
        let scopes = client
            .grant_scopes(asked.as_ref())
            .map_err(|reason| Refusal::new(Code::InvalidScope, reason))?
            .without(&[scope::ADMIN]);
        let audience = client
            .grant_audience(&request.resources, self.config.issuer.as_str())
            .map_err(|reason| Refusal::new(Code::InvalidTarget, reason))?;
        self.issue_to_client(client, scopes, audience, facts.signing_kid.as_deref(), now).await
    }
}
