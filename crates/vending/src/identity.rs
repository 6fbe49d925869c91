//! Who is asking, as far as it was *proved*. Nothing here is ever filled from a request field (invariant 1).

use std::collections::BTreeSet;
use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::ids::{GroupName, RequestId, UserId};

/// A person or workload, proved by an [`crate::ports::Authenticator`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The stable name the identity provider gives.
    pub user: UserId,
    /// What they are.
    pub nature: Nature,
    /// How it was proved.
    pub method: Method,
    /// Who vouched: the issuer of the token, or the ARN that AWS answered with.
    pub issuer: String,
    /// The groups the provider vouches for.
    pub groups: BTreeSet<GroupName>,
    /// Where in the organisation they work, if the provider says.
    pub department: Option<String>,
    /// Their address for mail, if the provider says. Names nobody: rules and records go by `user`.
    pub email: Option<String>,
    /// When the second factor was proved; `None` when it was not.
    pub mfa_at: Option<Timestamp>,
    /// When the person last proved who they are.
    pub authenticated_at: Timestamp,
    /// When the evidence stops counting.
    pub expires_at: Timestamp,
    /// Where the call came from: the socket, or a configured trusted proxy's header.
    pub address: IpAddr,
    /// The call itself, as the log and the answer name it.
    pub request: Option<RequestId>,
}

/// What somebody is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Nature {
    /// A human being.
    Person,
    /// A job that runs somewhere. It has no second factor, and rules name it by what it is.
    Workload(Workload),
}

/// A job of a CI system, as its token describes it
/// (<https://docs.github.com/en/actions/reference/security/oidc>).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workload {
    /// The repository, such as `acme/web`.
    pub repository: String,
    /// The git ref that runs, such as `refs/heads/main`.
    pub reference: String,
    /// The deployment environment, where the job names one.
    pub environment: Option<String>,
}

/// How an identity was proved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// By a token of an identity provider.
    #[default]
    Token,
    /// By a signed call to AWS STS.
    AwsSignature,
    /// By a key that was configured for emergencies in which no identity provider answers.
    EmergencyKey,
}

impl Identity {
    /// Somebody in no group, without a second factor: what has to be known of everybody.
    #[must_use]
    pub fn bare(user: UserId, issuer: String, address: IpAddr, at: Timestamp, until: Timestamp) -> Self {
        Self {
            user,
            nature: Nature::Person,
            method: Method::Token,
            issuer,
            groups: BTreeSet::new(),
            department: None,
            email: None,
            mfa_at: None,
            authenticated_at: at,
            expires_at: until,
            address,
            request: None,
        }
    }

    /// What of this identity is kept with a session and in the trail: enough to answer "how did we know?", never the token.
    #[must_use]
    pub fn evidence(&self) -> Evidence {
        Evidence {
            issuer: self.issuer.clone(),
            method: self.method,
            authenticated_at: self.authenticated_at,
            mfa_at: self.mfa_at,
            address: self.address,
            request: self.request.clone(),
        }
    }

    /// What has to be kept besides the evidence for asking the rules about this person again.
    #[must_use]
    pub fn standing(&self) -> Standing {
        Standing {
            nature: self.nature.clone(),
            groups: self.groups.clone(),
            department: self.department.clone(),
            expires_at: self.expires_at,
        }
    }

    /// Somebody as they stood when they asked, for the rules to judge; it lets nobody in.
    #[must_use]
    pub(crate) fn recalled(user: UserId, evidence: &Evidence, standing: &Standing) -> Self {
        let Evidence { issuer, method, authenticated_at, mfa_at, address, request } = evidence.clone();
        let Standing { nature, groups, department, expires_at } = standing.clone();
        Self {
            user,
            nature,
            method,
            issuer,
            groups,
            department,
            email: None,
            mfa_at,
            authenticated_at,
            expires_at,
            address,
            request,
        }
    }

    /// How long ago the second factor was proved; `None` when it was not, or is said to lie in the future.
    #[must_use]
    pub fn mfa_age(&self, now: Timestamp) -> Option<SignedDuration> {
        self.mfa_at.map(|at| now.duration_since(at)).filter(|age| !age.is_negative())
    }
}

/// What was proved about somebody who waits for an approval, beside the [`Evidence`]: the rules are asked again when
/// somebody approves. Without the e-mail address, which no rule goes by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// What they are.
    pub nature: Nature,
    /// The groups their provider vouched for.
    pub groups: BTreeSet<GroupName>,
    /// Where in the organisation they work, if the provider said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// When their evidence stopped counting.
    pub expires_at: Timestamp,
}

/// How a caller's identity was known when they asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Who vouched.
    pub issuer: String,
    /// How.
    #[serde(default)]
    pub method: Method,
    /// When the person proved who they are.
    pub authenticated_at: Timestamp,
    /// When the second factor was proved.
    pub mfa_at: Option<Timestamp>,
    /// Where the call came from.
    pub address: IpAddr,
    /// Which call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestId>,
}

impl Standing {
    /// Somebody in no group, whose evidence counts until then: what has to be known of everybody.
    #[must_use]
    pub fn bare(until: Timestamp) -> Self {
        Self { nature: Nature::Person, groups: BTreeSet::new(), department: None, expires_at: until }
    }
}

impl Evidence {
    /// What has to be known of everybody.
    #[must_use]
    pub fn bare(issuer: String, address: IpAddr, at: Timestamp) -> Self {
        Self { issuer, method: Method::Token, authenticated_at: at, mfa_at: None, address, request: None }
    }
}

impl Evidence {
    /// The ARN of the person's own IAM user, if AWS has said that they are one. The gate role's sessions are called as the user
    /// who entered, of whom only the name is known; so it takes one without a path, or AWS knows nobody of that ARN
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns>).
    #[must_use]
    pub fn iam_user(&self) -> Option<String> {
        if self.method != Method::AwsSignature {
            return None;
        }
        let mut parts = self.issuer.splitn(6, ':');
        let mut next = || parts.next();
        let ("arn", partition, service, "", account, resource) = (next()?, next()?, next()?, next()?, next()?, next()?)
        else {
            return None;
        };
        match (service, resource.split_once('/')?) {
            ("iam", ("user", _)) => Some(self.issuer.clone()),
            ("sts", ("assumed-role", session)) => {
                let (_, name) = session.rsplit_once('/')?;
                Some(format!("arn:{partition}:iam::{account}:user/{name}"))
            }
            _ => None,
        }
    }
}

impl Method {
    /// The name used in rules, the trail and output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::AwsSignature => "aws-signature",
            Self::EmergencyKey => "emergency-key",
        }
    }
}
