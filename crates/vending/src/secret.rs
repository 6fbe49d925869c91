//! Values that must never be seen: they mask themselves in `Debug`, have no `Display`, cannot be serialized, and wipe
//! themselves from memory (invariants 6 and 8).

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::ids::RoleName;

/// A secret text.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Take a text into custody.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Show the text. Every call is a place to look at in review.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(****)")
    }
}

/// The external id of one session: 256 random bits in hexadecimal
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalId(Secret);

impl ExternalId {
    /// The external id made of these random bits.
    #[must_use]
    pub fn from_random(bits: &[u8; 32]) -> Self {
        Self(Secret::new(hex::encode(bits)))
    }

    /// The external id that was sealed before.
    #[must_use]
    pub fn from_sealed(opened: Secret) -> Self {
        Self(opened)
    }

    /// The text that goes into the trust policy and the call to STS, and nowhere else.
    #[must_use]
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }
}

/// A secret under encryption, as it may be stored: text that only a [`crate::ports::Keys`] can open, and only together
/// with the context it was sealed with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(pub String);

/// What STS hands out. Deliberately not `Serialize`: the API converts it by hand in the one place that may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The access key id: a name, not a secret, but it identifies the holder.
    pub access_key_id: String,
    /// The secret half.
    pub secret_access_key: Secret,
    /// The session token that STS adds.
    pub session_token: Secret,
    /// When they stop working by themselves.
    pub expires_at: Timestamp,
    /// The role they act as.
    pub role: RoleName,
}
