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
        let (scopes, audience) = self.grantable(request, client)?;
        // A client has no role, so nothing for it to administer with.
        let scopes = scopes.without(&[scope::ADMIN]);
        self.issue_to_client(client, scopes, audience, facts.signer.as_ref(), now).await
    }
}
