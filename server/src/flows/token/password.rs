//! Who signs in with name and password? (RFC 6749 §4.3)

use std::sync::Arc;

use super::issue::{Issue, with_role};
use super::{Granted, TokenRequest};
use crate::flows::refusal::{Code, Failure, Refusal};
use crate::flows::throttle::SignInThrottle;
use crate::flows::{Flows, Origin, chance, event, to_its_end};
use crate::model::client::{Client, GrantType};
use crate::model::event::EventType;
use crate::model::password::Password;
use crate::model::reason::Reason;
use crate::model::scope::Scopes;
use crate::model::secret::Secret;
use crate::model::session::Session;
use crate::model::text;
use crate::model::timestamp::Timestamp;
use crate::model::token_family::TokenFamily;
use crate::model::user::User;
use crate::store::{Facts, Signer};

/// How often a sign-in whose user changes under it looks again.
const TRIES: usize = 8;

const FAILED: Refusal = Refusal::invalid_grant(Reason::SignInFailed);

/// A try to sign in that was let through.
struct Attempt {
    client: Client,
    scopes: Scopes,
    audience: Vec<String>,
    origin: Origin,
    signer: Option<Signer>,
    throttle: Arc<SignInThrottle>,
    now: Timestamp,
}

/// A sign-in whose password was right.
struct SignIn {
    user: User,
    /// The hash to keep from now on, if its cost is no longer today's.
    rehashed: Option<Secret<String>>,
    session: Session,
    family: TokenFamily,
    /// The client that was authenticated.
    client: Client,
}

impl Flows {
    pub(super) async fn password_grant(
        self: &Arc<Self>,
        request: TokenRequest,
        client: Client,
        facts: Facts,
        now: Timestamp,
    ) -> Result<Granted, Failure> {
        let missing = Refusal::new(Code::InvalidRequest, Reason::MissingParameter);
        let (Some(username), Some(password)) = (&request.username, &request.password) else {
            return Err(missing.into());
        };
        let (scopes, audience) = self.grantable(&request, &client)?;

        let (username_key, email_key) = (text::folded(username), username.to_lowercase());
        let find_user = || async { self.store.read().find_user_by_login(&username_key, &email_key).await };
        let mut user = find_user().await?;
        // Username and e-mail of one user are one account.
        // A name that nobody has is counted under the form in which it was looked for, or the count would tell it apart.
        let account = match &user {
            Some(user) => format!("user {}", user.id),
            None if username.contains('@') => format!("email {email_key}"),
            None => format!("name {username_key}"),
        };
        let throttle = self.pass_throttle(&account, request.origin.ip, now).await?.map_err(|seconds| {
            self.tally.throttled.sign_in.count();
            FAILED.retry_after(seconds)
        })?;
        let throttle = Arc::new(throttle);
        let attempt = Attempt { client, scopes, audience, origin: request.origin, signer: facts.signer, throttle, now };
        let Some(password) = Password::typed(password.expose()) else {
            // No password is so long, but finding that out must not be cheaper than finding out that one is wrong.
            self.passwords.spend().await;
            return self.sign_in_failed(user, &attempt).await;
        };
        for _ in 0..TRIES {
            if let Some(granted) = self.try_sign_in(user, &password, &attempt).await? {
                return Ok(granted);
            }
            // Its password was changed or re-hashed, or it was locked or deleted, since it was read: look again.
            user = find_user().await?;
        }
        self.turn_away(&attempt).await
    }

    /// Signs the user in, if the password is right; nothing if the user was changed meanwhile.
    async fn try_sign_in(
        self: &Arc<Self>,
        mut user: Option<User>,
        password: &Password,
        attempt: &Attempt,
    ) -> Result<Option<Granted>, Failure> {
        let Attempt { client, now, .. } = attempt;
        let hash = user.as_ref().map(|user| &user.password_hash);
        let Ok(verified) = self.passwords.verify(password.clone(), hash).await else {
            return self.turn_away(attempt).await;
        };
        let Some(user) = user.take_if(|user| verified.right && user.locked_at.is_none()) else {
            if verified.right && verified.outdated {
                // A wrong one would have cost this too: nobody learns the password of a locked user by the time it takes.
                self.passwords.spend().await;
            }
            return self.sign_in_failed(user, attempt).await;
        };
        let rehashed = if verified.outdated { self.passwords.hash(password.clone()).await.ok() } else { None };
        let issue = Issue {
            scopes: with_role(&attempt.scopes, &user),
            audience: attempt.audience.clone(),
            client,
            user: &user,
            auth_time: *now,
            signer: attempt.signer.as_ref(),
            now: *now,
        };
        let refreshes = client.may_use(GrantType::RefreshToken);
        let session = new_session(&user, client, &attempt.origin, *now);
        let family = self.new_family(&issue, session.id.clone(), refreshes)?;
        let granted = self.issue(&issue, &family, 1, refreshes).await?;
        let sign_in = SignIn { user, rehashed, session, family, client: client.clone() };
        match self.keep_sign_in(sign_in, Arc::clone(&attempt.throttle), *now).await {
            Ok(kept) => Ok(kept.then_some(granted)),
            Err(failure) => {
                attempt.throttle.not_tried(self.store.write()).await?;
                Err(failure)
            }
        }
    }

    /// Nobody came to compare the password: the try is given back.
    async fn turn_away<T>(&self, attempt: &Attempt) -> Result<T, Failure> {
        self.tally.sign_ins.overloaded.count();
        attempt.throttle.not_tried(self.store.write()).await?;
        Err(Refusal::overloaded().into())
    }

    /// Keeps the sign-in, if the user is still the one whose password was verified.
    async fn keep_sign_in(
        self: &Arc<Self>,
        sign_in: SignIn,
        throttle: Arc<SignInThrottle>,
        now: Timestamp,
    ) -> Result<bool, Failure> {
        let flows = Arc::clone(self);
        to_its_end(async move {
            let SignIn { user, rehashed, session, family, client } = sign_in;
            let tx = flows.store.begin().await?;
            let held = match &rehashed {
                Some(new) => tx.rehash_password(&user, new).await?,
                None => tx.hold_user(&user).await?,
            };
            if !held {
                return Ok(false);
            }
            // What else the client may ask for is judged anew at each refresh.
            let found = tx.hold_client(&client.id).await?.filter(|found| found.is_still(&client, now));
            let gone = Refusal::new(Code::InvalidClient, Reason::ClientAuthenticationFailed);
            if !found.ok_or(gone)?.may_use(GrantType::Password) {
                return Err(Refusal::new(Code::UnauthorizedClient, Reason::GrantNotAllowed).into());
            }
            tx.insert_session(&session).await?;
            tx.insert_family(&family).await?;
            let mut signed_in = event(now, EventType::SignedIn, None);
            signed_in.user_id = Some(user.id);
            signed_in.client_id = Some(session.client_id);
            signed_in.session_id = Some(session.id);
            signed_in.ip = session.ip;
            tx.insert_event(&signed_in).await?;
            throttle.succeeded(&tx).await?;
            tx.commit().await?;
            flows.tally.sign_ins.ok.count();
            Ok(true)
        })
        .await
    }

    /// Counts a sign-in that failed, then refuses it: committed before it is answered.
    async fn sign_in_failed<T: Send + 'static>(
        self: &Arc<Self>,
        user: Option<User>,
        attempt: &Attempt,
    ) -> Result<T, Failure> {
        let Attempt { client, origin, now, .. } = attempt;
        let (flows, throttle, now) = (Arc::clone(self), Arc::clone(&attempt.throttle), *now);
        let (client_id, ip) = (client.id.clone(), origin.ip.to_string());
        to_its_end(async move {
            let tx = flows.store.begin().await?;
            // A failure for a name that nobody has, or has no longer, writes no event: the log is not for guessers to fill. It takes
            // as many statements all the same, or the time would tell which names there are.
            let id = user.as_ref().map_or_else(|| chance::id(now), |user| user.id.clone());
            let there = tx.hold_user_row(&id).await?;
            throttle.failed(&tx, now).await?;
            let locked = user.as_ref().is_some_and(|user| user.locked_at.is_some());
            let reason = if locked { Reason::UserLocked } else { Reason::SignInFailed };
            let mut failed = event(now, EventType::SignInFailed, Some(reason));
            failed.user_id = Some(id);
            failed.client_id = Some(client_id);
            failed.ip = Some(ip);
            if there {
                tx.insert_event(&failed).await?;
            } else {
                tx.insert_no_event().await?;
            }
            tx.commit().await?;
            let outcomes = &flows.tally.sign_ins;
            let outcome = if locked { &outcomes.locked } else { &outcomes.wrong };
            outcome.count();
            Err(FAILED.into())
        })
        .await
    }
}

fn new_session(user: &User, client: &Client, origin: &Origin, now: Timestamp) -> Session {
    Session {
        id: chance::id(now),
        user_id: user.id.clone(),
        client_id: client.id.clone(),
        user_agent: origin.user_agent.clone(),
        ip: Some(origin.ip.to_string()),
        created_at: now,
    }
}
