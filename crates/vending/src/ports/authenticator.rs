//! Who is calling, proved.

use std::net::IpAddr;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::identity::Identity;
use crate::secret::Secret;

/// What a caller presents.
#[derive(Clone, Debug)]
pub struct Presented {
    /// The bearer token.
    pub token: Secret,
    /// Where the call came from, known from the transport.
    pub address: IpAddr,
    /// When.
    pub at: Timestamp,
}

/// Turns evidence into an identity.
#[async_trait]
pub trait Authenticator: Send + Sync {
    /// Verify what was presented.
    ///
    /// # Errors
    /// When it proves nothing. To the caller all reasons look the same; the trail has the difference.
    async fn authenticate(&self, presented: &Presented) -> Result<Identity, AuthenticationError>;
}

/// Why evidence proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticationError {
    /// The token is not one we accept; the text is for the trail and never contains the token.
    #[error("the token was not accepted: {0}")]
    Rejected(String),
    /// The token was good once.
    #[error("the token has expired")]
    Expired,
    /// Nobody can tell now.
    #[error("the token could not be checked: {0}")]
    Unavailable(String),
}
