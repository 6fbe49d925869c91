//! Daypass' own tokens, for those who logged in with AWS: what AWS answered, signed with the deployment's key. Whom it stands
//! for is looked up anew each time, so that a changed configuration counts at once.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use daypass_vending::audit::Digest256;
use daypass_vending::ports::{AuthenticationError, KeyError, Keys};
use daypass_vending::secret::Secret;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::rejected;

/// How our tokens begin. No JWT does: that would have to begin with a JSON object in base64.
pub(super) const PREFIX: &str = "dp1.";

/// What is signed begins with this, so that the key's other signatures (over checkpoints of the trail) are no tokens, and
/// tokens are no checkpoints.
const DOMAIN: &[u8] = b"daypass login token 1\n";

/// The most tokens that are remembered as verified.
const MOST_REMEMBERED: usize = 4096;

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Content {
    /// The deployment it is for.
    pub(super) aud: String,
    /// Whom AWS named.
    pub(super) arn: String,
    /// When they logged in, in seconds since 1970.
    pub(super) iat: i64,
    /// When it ends.
    pub(super) exp: i64,
    /// When the signed request was made, and so the gate's second factor proved at the latest.
    pub(super) signed_at: i64,
}

/// Tokens whose signature was verified: asking a key in KMS takes milliseconds and costs money.
#[derive(Default)]
pub(super) struct Verified(Mutex<HashMap<Digest256, i64>>);

/// Sign a token.
///
/// # Errors
/// When the key cannot be used.
pub(super) async fn sign(content: &Content, keys: &dyn Keys) -> Result<Secret, KeyError> {
    // Texts and numbers cannot fail to be written.
    let payload = serde_json::to_vec(content).unwrap_or_default();
    let signature = keys.sign(&message(&payload)).await?;
    Ok(Secret::new(format!("{PREFIX}{}.{}", BASE64.encode(&payload), BASE64.encode(signature))))
}

/// What a token says, if it is one of ours for this deployment and has not ended.
pub(super) async fn verify(
    token: &str,
    (deployment, now): (&str, Timestamp),
    keys: &dyn Keys,
    verified: &Verified,
) -> Result<Content, AuthenticationError> {
    let wrong = || rejected("it is no token that can be read");
    let (payload, signature) = token.strip_prefix(PREFIX).and_then(|parts| parts.split_once('.')).ok_or_else(wrong)?;
    let payload = BASE64.decode(payload).map_err(|_| wrong())?;
    let signature = BASE64.decode(signature).ok().and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(wrong)?;
    let content: Content = serde_json::from_slice(&payload).map_err(|_| wrong())?;
    if content.aud != deployment {
        return Err(rejected("it is another deployment's"));
    }
    if content.exp <= now.as_second() {
        return Err(AuthenticationError::Expired);
    }
    let digest = Digest256::of(token.as_bytes());
    if verified.has(&digest) {
        return Ok(content);
    }
    match keys.verify(&message(&payload), &signature).await {
        Ok(true) => {
            verified.remember(digest, content.exp, now);
            Ok(content)
        }
        Ok(false) => Err(rejected("its signature is not ours")),
        Err(error) => Err(AuthenticationError::Unavailable(error.to_string())),
    }
}

impl Verified {
    fn has(&self, token: &Digest256) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(token)
    }

    fn remember(&self, token: Digest256, until: i64, now: Timestamp) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_REMEMBERED {
            known.retain(|_, until| *until > now.as_second());
        }
        if known.len() < MOST_REMEMBERED {
            known.insert(token, until);
        }
    }
}

fn message(payload: &[u8]) -> Vec<u8> {
    [DOMAIN, payload].concat()
}
