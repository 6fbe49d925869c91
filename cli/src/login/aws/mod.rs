//! Logging in with an AWS identity: a `GetCallerIdentity` is signed here with the person's own key and sent by the server,
//! so that AWS says who signed it and the secret key stays where it is
//! (<https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>).
//!
//! The signature covers the name of the server it is for. That name is the one the person knows the server by: a server
//! that calls itself by another's name could pass the request on and log in there.

mod keys;
mod sts;

use daypass_api::{
    AWS_LOGIN_BODY, AWS_SERVER_ID, AwsLogin, AwsOffer, CredentialsView, EntryView, Masked, SignedHeader,
};
use daypass_vending::ports::Clock;
use jiff::SignedDuration;

use super::Web;
use crate::escape::escape;
use crate::failure::Failure;
use crate::server_url::ServerUrl;
use keys::Keys;
use sts::{Role, Sts};

/// What the person said about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    /// The profile of the shared credentials file.
    pub(crate) profile: Option<String>,
    /// The server's name for itself, where it is not its host.
    pub(crate) server_id: Option<String>,
    /// The second factor: the serial number of the device, and what it shows now.
    pub(crate) mfa: Option<(String, Masked)>,
}

/// A signed request that proves who one is to this server and no other.
///
/// # Errors
/// When there is no key, the server calls itself by another name, or AWS refuses the second factor.
pub(crate) async fn sign(
    asked: &Asked,
    offer: &AwsOffer,
    server: &ServerUrl,
    clock: &dyn Clock,
) -> Result<AwsLogin, Failure> {
    check_name(asked.server_id.as_deref(), &offer.server_id, server)?;
    let sts = Sts::of(offer)?;
    let mut keys = Keys::find(asked.profile.as_deref())?;
    if let Some((serial, code)) = &asked.mfa {
        let gate = offer.gate_role_arn.as_deref().ok_or_else(|| {
            Failure::plain("this server has no gate role, so that AWS cannot prove a second factor to it")
                .hint("leave `--mfa-serial` out to log in without one")
        })?;
        let web = Web::new()?;
        // The name of the session is what tells the server who it is: the role's trust policy admits no other name.
        let name = sts.user_name(&web, &keys, clock.now()).await?;
        keys = sts.assume(&web, &keys, &Role::gate(gate, &name), (serial, code), clock.now()).await?;
    }
    let headers = sts.signed(&keys, AWS_LOGIN_BODY, &[(AWS_SERVER_ID, &offer.server_id)], clock.now())?;
    Ok(login_of(headers))
}

/// Credentials of a session's role, which AWS gives to the person alone: as their own IAM user, with their second factor.
///
/// # Errors
/// When there is no key, or AWS refuses.
pub(crate) async fn enter(
    asked: &Asked,
    offer: &AwsOffer,
    entry: &EntryView,
    clock: &dyn Clock,
) -> Result<CredentialsView, Failure> {
    let (serial, code) = asked.mfa.as_ref().ok_or_else(|| {
        Failure::usage("AWS lets you into this role with your second factor only")
            .hint("name your MFA device with `--mfa-serial ARN`")
    })?;
    let keys = Keys::find(asked.profile.as_deref())?;
    let role = Role {
        arn: &entry.role_arn,
        session_name: &entry.role_session_name,
        seconds: entry.duration_seconds,
        external_id: Some(&entry.external_id),
    };
    let now = clock.now();
    let Keys { id, secret, token } = Sts::of(offer)?.assume(&Web::new()?, &keys, &role, (serial, code), now).await?;
    let lasting = now.checked_add(SignedDuration::from_secs(entry.duration_seconds.into())).unwrap_or(entry.expires_at);
    Ok(CredentialsView {
        session_id: entry.session_id.clone(),
        account_id: entry.account_id.clone(),
        role_arn: entry.role_arn.clone(),
        access_key_id: id,
        secret_access_key: secret,
        session_token: token.ok_or_else(|| Failure::plain("AWS STS gave no session token"))?,
        expires_at: entry.expires_at.min(lasting),
    })
}

fn login_of(headers: Vec<(String, String)>) -> AwsLogin {
    let (authorization, headers): (Vec<_>, Vec<_>) =
        headers.into_iter().partition(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    AwsLogin {
        authorization: Masked::new(authorization.into_iter().map(|(_, value)| value).collect::<String>()),
        headers: headers.into_iter().map(|(name, value)| SignedHeader { name, value: Masked::new(value) }).collect(),
        body: AWS_LOGIN_BODY.to_owned(),
    }
}

/// Whether the server may call itself that.
fn check_name(said: Option<&str>, offered: &str, server: &ServerUrl) -> Result<(), Failure> {
    let authority = server.authority();
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    let is_right = match said {
        Some(said) => said == offered,
        None => offered == authority || offered == host,
    };
    if is_right {
        return Ok(());
    }
    let (offered, known) = (escape(offered), said.map_or(authority.into(), escape));
    Err(Failure::plain(format!("the server calls itself `{offered}` and not `{known}`: nothing was signed for it")).hint(
        "a signature for another server's name could be used there; if the name is right, say so with `--server-id NAME`",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(said: Option<&str>, offered: &str, server: &str) -> bool {
        check_name(said, offered, &server.parse().unwrap()).is_ok()
    }

    #[test]
    fn nothing_is_signed_for_the_name_of_another_server() {
        assert!(check(None, "daypass.example.com", "https://daypass.example.com/daypass"));
        assert!(check(None, "127.0.0.1", "http://127.0.0.1:8420"));
        assert!(check(None, "127.0.0.1:8420", "http://127.0.0.1:8420"));
        assert!(!check(None, "daypass.example.com", "https://evil.example.com"));
        assert!(!check(None, "", "https://evil.example.com"));
        assert!(check(Some("acme"), "acme", "https://daypass.example.com"));
        assert!(!check(Some("acme"), "zeta", "https://daypass.example.com"));
        assert!(!check(Some("acme"), "daypass.example.com", "https://daypass.example.com"));
    }
}
