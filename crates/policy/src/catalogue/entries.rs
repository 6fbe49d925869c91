//! What the catalogue consists of.

use std::ops::Range;
use std::sync::Arc;

use crate::glob::{Glob, Token};

/// An AWS service as policies name it.
#[derive(Debug, PartialEq, Eq)]
pub struct Service {
    pub(super) prefix: &'static str,
    pub(super) name: &'static str,
    pub(super) supports_rcp: bool,
    pub(super) resource_types: Box<[Arc<ResourceType>]>,
    /// The places of its actions in the catalogue.
    pub(super) actions: Range<usize>,
}

/// A kind of resource that a service's actions work on.
#[derive(Debug, PartialEq, Eq)]
pub struct ResourceType {
    pub(super) name: &'static str,
    pub(super) arns: Box<[&'static str]>,
    pub(super) keys: Box<[Arc<KnownKey>]>,
}

/// An action that exists.
#[derive(Clone, Debug)]
pub struct KnownAction {
    pub(super) index: usize,
    pub(super) name: &'static str,
    pub(super) lower: &'static str,
    pub(super) service: Arc<Service>,
    pub(super) form: Arc<Form>,
}

/// What actions of a service share with each other.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) access_level: AccessLevel,
    pub(super) resource_types: Box<[ResourceUse]>,
    pub(super) keys: Box<[Arc<KnownKey>]>,
}

/// That an action works on a type of resource.
#[derive(Debug, PartialEq, Eq)]
pub struct ResourceUse {
    pub(super) resource_type: Arc<ResourceType>,
    pub(super) is_required: bool,
    pub(super) keys: Box<[Arc<KnownKey>]>,
}

/// What an action does, in AWS' five classes.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_understand-policy-summary-access-level-summaries.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AccessLevel {
    /// Sees that resources exist.
    List,
    /// Reads what is in resources.
    Read,
    /// Changes nothing but tags.
    Tagging,
    /// Makes, changes or deletes resources.
    Write,
    /// Changes who may do what.
    PermissionsManagement,
}

/// A condition key that exists.
#[derive(Debug)]
pub struct KnownKey {
    pub(super) name: &'static str,
    pub(super) lower: Box<str>,
    pub(super) key_type: KeyType,
    pub(super) is_multi_valued: bool,
    pub(super) is_global: bool,
    /// What names of the key look like in lower case, when a part of them is variable.
    pub(super) template: Option<Glob>,
}

/// What the values of a condition key are.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyType {
    /// Any text.
    String,
    /// An Amazon Resource Name.
    Arn,
    /// `true` or `false`.
    Bool,
    /// A number.
    Numeric,
    /// An instant.
    Date,
    /// An IPv4 or IPv6 address.
    IpAddress,
}

impl Service {
    /// As in actions and ARNs, in lower case: `s3`.
    #[must_use]
    pub fn prefix(&self) -> &'static str {
        self.prefix
    }

    /// What AWS calls it: `Amazon S3`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Whether resource control policies have a say on its resources.
    /// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html#rcp-supported-services>
    #[must_use]
    pub fn supports_rcp(&self) -> bool {
        self.supports_rcp
    }

    /// The kinds of resources it has.
    #[must_use]
    pub fn resource_types(&self) -> &[Arc<ResourceType>] {
        &self.resource_types
    }
}

impl ResourceType {
    /// As AWS names it: `bucket`. Unique within its service, case ignored.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What its ARNs look like, variable parts as `${Name}`; most types have one format, some two.
    #[must_use]
    pub fn arns(&self) -> &[&'static str] {
        &self.arns
    }

    /// The condition keys that describe such a resource.
    #[must_use]
    pub fn keys(&self) -> &[Arc<KnownKey>] {
        &self.keys
    }
}

impl KnownAction {
    /// Its place among all actions of the catalogue, from 0 and without gaps.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// The full name in AWS' spelling: `s3:GetObject`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The full name in lower case: `s3:getobject`.
    #[must_use]
    pub fn lower(&self) -> &'static str {
        self.lower
    }

    /// The service it belongs to.
    #[must_use]
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// What it does.
    #[must_use]
    pub fn access_level(&self) -> AccessLevel {
        self.form.access_level
    }

    /// The types of resources it can be limited to; none when it takes `*` only.
    #[must_use]
    pub fn resource_types(&self) -> &[ResourceUse] {
        &self.form.resource_types
    }

    /// The condition keys listed with the action itself, in addition to those of its resource types and the global ones.
    #[must_use]
    pub fn own_keys(&self) -> &[Arc<KnownKey>] {
        &self.form.keys
    }

    /// Every condition key that AWS lists for the action or a resource type it takes. A key may appear twice.
    pub fn keys(&self) -> impl Iterator<Item = &Arc<KnownKey>> {
        let of_resources = self.form.resource_types.iter();
        let of_resources = of_resources.flat_map(|used| used.keys.iter().chain(&used.resource_type.keys));
        self.form.keys.iter().chain(of_resources)
    }

    /// Whether a pattern such as `s3:Get*` stands for it, among others.
    pub(crate) fn fits(&self, pattern: &str) -> bool {
        Glob::parse(&pattern.to_ascii_lowercase()).matches(self.lower)
    }

    /// Whether AWS lists this condition key, as a policy writes it, for the action or a resource type it takes.
    #[must_use]
    pub fn carries(&self, key: &str) -> bool {
        let lower = key.to_lowercase();
        self.keys().any(|known| known.fits_lower(&lower))
    }
}

impl ResourceUse {
    /// The type of resource.
    #[must_use]
    pub fn resource_type(&self) -> &Arc<ResourceType> {
        &self.resource_type
    }

    /// Whether a request for the action always names such a resource.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.is_required
    }

    /// Condition keys the action has only with this type of resource.
    #[must_use]
    pub fn keys(&self) -> &[Arc<KnownKey>] {
        &self.keys
    }
}

/// Two are the same when they have the same name: the catalogue has each once.
impl PartialEq for KnownAction {
    fn eq(&self, other: &KnownAction) -> bool {
        self.lower == other.lower
    }
}

impl Eq for KnownAction {}

impl AccessLevel {
    /// What AWS calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            AccessLevel::List => "List",
            AccessLevel::Read => "Read",
            AccessLevel::Tagging => "Tagging",
            AccessLevel::Write => "Write",
            AccessLevel::PermissionsManagement => "Permissions management",
        }
    }
}

impl KnownKey {
    pub(super) fn new(name: &'static str, key_type: KeyType, is_multi_valued: bool, is_global: bool) -> KnownKey {
        let lower: Box<str> = name.to_lowercase().into();
        let template = lower.contains("${").then(|| Glob::new(&template_tokens(&lower)));
        KnownKey { name, lower, key_type, is_multi_valued, is_global, template }
    }

    /// As AWS writes it, variable parts as `${Name}`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// [`Self::name`] in lower case.
    #[must_use]
    pub fn lower(&self) -> &str {
        &self.lower
    }

    /// What its values are.
    #[must_use]
    pub fn key_type(&self) -> KeyType {
        self.key_type
    }

    /// Whether a request can carry several values, so that conditions need `ForAllValues` or `ForAnyValue`.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>
    #[must_use]
    pub fn is_multi_valued(&self) -> bool {
        self.is_multi_valued
    }

    /// Whether the key belongs to callers, sessions or connections rather than to a service's actions.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
    #[must_use]
    pub fn is_global(&self) -> bool {
        self.is_global
    }

    /// Whether a name in lower case is one of this key's.
    pub(crate) fn fits_lower(&self, name: &str) -> bool {
        match &self.template {
            Some(glob) => glob.matches(name),
            None => *self.lower == *name,
        }
    }
}

/// By name: the catalogue has each key once.
impl PartialEq for KnownKey {
    fn eq(&self, other: &KnownKey) -> bool {
        self.lower == other.lower
    }
}

impl Eq for KnownKey {}

impl KeyType {
    /// What AWS calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            KeyType::String => "String",
            KeyType::Arn => "ARN",
            KeyType::Bool => "Bool",
            KeyType::Numeric => "Numeric",
            KeyType::Date => "Date",
            KeyType::IpAddress => "IP address",
        }
    }
}

/// A variable part stands for one character or more.
fn template_tokens(name: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = name;
    while let Some((literal, after)) = rest.split_once("${") {
        tokens.extend(literal.chars().map(Token::Char));
        tokens.extend([Token::One, Token::Many]);
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    tokens.extend(rest.chars().map(Token::Char));
    tokens
}
