//! Who is asking, as far as it was *proved*. Nothing here is ever filled from a request field (invariant 1).

use std::collections::BTreeSet;
use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::ids::{GroupName, UserId};

/// A person or workload, proved by an [`crate::ports::Authenticator`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The stable name the identity provider gives.
    pub user: UserId,
    /// Who vouched: the issuer of the token.
    pub issuer: String,
    /// The groups the provider vouches for.
    pub groups: BTreeSet<GroupName>,
    /// When the second factor was proved; `None` when it was not.
    pub mfa_at: Option<Timestamp>,
    /// When the person last proved who they are.
    pub authenticated_at: Timestamp,
    /// When the evidence stops counting.
    pub expires_at: Timestamp,
    /// Where the call came from: the socket, or a configured trusted proxy's header.
    pub address: IpAddr,
}

impl Identity {
    /// What of this identity is kept with a session: enough to answer "how did we know?", never the token.
    #[must_use]
    pub fn evidence(&self) -> Evidence {
        Evidence {
            issuer: self.issuer.clone(),
            authenticated_at: self.authenticated_at,
            mfa_at: self.mfa_at,
            address: self.address,
        }
    }

    /// How long ago the second factor was proved; `None` when it was not, or is said to lie in the future.
    #[must_use]
    pub fn mfa_age(&self, now: Timestamp) -> Option<SignedDuration> {
        self.mfa_at.map(|at| now.duration_since(at)).filter(|age| !age.is_negative())
    }
}

/// How a requester's identity was known when they asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Who vouched.
    pub issuer: String,
    /// When the person proved who they are.
    pub authenticated_at: Timestamp,
    /// When the second factor was proved.
    pub mfa_at: Option<Timestamp>,
    /// Where the call came from.
    pub address: IpAddr,
}
