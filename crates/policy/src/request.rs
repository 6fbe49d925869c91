//! One request: who, what, on what, in which circumstances.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::arn::Split;
use crate::context::Context;
use crate::principal::Principal;

/// A request as AWS sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who makes it.
    pub principal: Principal,
    /// What is to be done.
    pub action: Action,
    /// The ARN it is done to, or `*` for actions without resource-level permissions.
    pub resource: String,
    /// The account that owns the resource, when the ARN does not say (a bucket's does not).
    pub resource_account: Option<String>,
    /// Everything else that is known.
    pub context: Context,
}

impl Request {
    /// A request without context on a resource whose ARN names its account, or that lives in the caller's account.
    #[must_use]
    pub fn new(principal: Principal, action: Action, resource: impl Into<String>) -> Request {
        Request { principal, action, resource: resource.into(), resource_account: None, context: Context::new() }
    }

    /// The account of the resource: as told, or from its ARN, or else the caller's. What AWS itself provides to every
    /// account, such as managed policies, has `aws` in the account's place.
    pub(crate) fn owner(&self) -> Option<&str> {
        self.owner_of(&Split::new(&self.resource))
    }

    /// The same when the resource has been taken apart already.
    pub(crate) fn owner_of<'r>(&'r self, resource: &Split<'r>) -> Option<&'r str> {
        let is_id = |account: &&str| account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        let in_arn = || resource.part(4).filter(is_id).filter(|_| resource.is_arn());
        self.resource_account.as_deref().or_else(in_arn).or_else(|| self.principal.account())
    }
}

/// An action such as `s3:GetObject`: a service and a name, without wildcards. Case does not matter to any rule.
#[derive(Clone, Debug)]
pub struct Action {
    written: Box<str>,
    lower: Box<str>,
    /// The first bytes of `lower`.
    head: u128,
    service_key: ServiceKey,
}

/// How many bytes of an action its head holds.
pub(crate) const HEAD_LENGTH: usize = 16;

/// The first bytes of a text in lower case, and zeros where it is shorter.
pub(crate) fn head_of(bytes: &[u8]) -> u128 {
    let mut head = [0; HEAD_LENGTH];
    head.iter_mut().zip(bytes).for_each(|(slot, byte)| *slot = byte.to_ascii_lowercase());
    u128::from_le_bytes(head)
}

/// The first bytes of a service prefix: enough to leave nearly all other services aside, and two that share them are
/// told apart by the patterns themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ServiceKey(u64);

impl ServiceKey {
    fn new(service: &str) -> ServiceKey {
        let mut key = [0; 8];
        key.iter_mut().zip(service.bytes()).for_each(|(slot, byte)| *slot = byte.to_ascii_lowercase());
        ServiceKey(u64::from_le_bytes(key))
    }

    /// The service a pattern of actions names; `None` when it can be about more than one.
    pub(crate) fn of_pattern(pattern: &str) -> Option<ServiceKey> {
        let (service, _) = pattern.split_once(':')?;
        (!service.contains(['*', '?'])).then(|| ServiceKey::new(service))
    }
}

/// The text is not an action.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an action such as `s3:GetObject`")]
pub struct ActionError(String);

impl Action {
    /// The action as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.written
    }

    pub(crate) fn lower(&self) -> &str {
        &self.lower
    }

    pub(crate) fn head(&self) -> u128 {
        self.head
    }

    pub(crate) fn service_key(&self) -> ServiceKey {
        self.service_key
    }

    /// The service prefix in lower case.
    pub(crate) fn service(&self) -> &str {
        self.lower.split(':').next().unwrap_or_default()
    }
}

impl FromStr for Action {
    type Err = ActionError;

    fn from_str(text: &str) -> Result<Action, ActionError> {
        let (service, name) = text.split_once(':').unwrap_or_default();
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let is_legal = |part: &str| !part.is_empty() && part.bytes().all(legal);
        match is_legal(service) && is_legal(name) {
            true => {
                let lower = text.to_ascii_lowercase();
                let head = head_of(lower.as_bytes());
                Ok(Action { written: text.into(), lower: lower.into(), head, service_key: ServiceKey::new(service) })
            }
            false => Err(ActionError(text.to_owned())),
        }
    }
}

impl PartialEq for Action {
    fn eq(&self, other: &Action) -> bool {
        self.lower == other.lower
    }
}

impl Eq for Action {}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl Serialize for Action {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.written)
    }
}
