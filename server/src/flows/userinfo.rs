//! Who is the user of an access token? (OpenID Connect Core §5.3)

use super::{Denied, Flows};
use crate::model::scope;

/// The claims that the token's scopes cover (OpenID Connect Core §5.4).
#[derive(Debug)]
pub struct UserInfo {
    /// The user's id: always.
    pub sub: String,
    /// With `profile`: what the person wants to be called.
    pub name: Option<String>,
    /// With `profile`.
    pub preferred_username: Option<String>,
    /// With `profile`.
    pub picture: Option<String>,
    /// With `email`.
    pub email: Option<String>,
    /// With `email`: nobody has verified one yet.
    pub email_verified: Option<bool>,
}

impl Flows {
    /// The claims of the token's user.
    ///
    /// # Errors
    /// [`Denied`].
    pub async fn userinfo(&self, token: Option<&str>) -> Result<UserInfo, Denied> {
        let signed = self.admit(token, scope::OPENID).await?;
        let covers = |name: &str| signed.claims.scope.split(' ').any(|own| own == name);
        let user = signed.user;
        let picture = self.picture_of(&user);
        let (profile, email) = (covers(scope::PROFILE), covers(scope::EMAIL));
        Ok(UserInfo {
            sub: user.id.to_string(),
            name: user.name.filter(|_| profile),
            preferred_username: profile.then_some(user.username),
            picture: picture.filter(|_| profile),
            email: email.then_some(user.email),
            email_verified: email.then_some(false),
        })
    }
}
