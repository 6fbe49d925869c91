//! The data plane: whether AWS would let the holder of credentials do something.

use std::fmt;
use std::net::IpAddr;

use daypass_policy::{
    Action, Answer, Context, ContextValue, Layers, PolicyDocument, PolicyKind, PreparedPolicy, Principal, Request,
    ResourceKind, evaluate,
};
use daypass_vending::ids::AccountId;
use daypass_vending::secret::{Credentials, Secret};
use jiff::Timestamp;

use super::credentials::{Fingerprint, Issued};
use super::iam::{Role, key};
use super::objects::{Kind, Objects, Work};
use super::options::AwsOptions;
use super::sts::prepare;
use super::{context, names};
use crate::database::JobError;

/// The credentials that a call is signed with.
#[derive(Clone, Debug)]
pub struct SignedWith {
    /// The access key id.
    pub access_key_id: String,
    /// The secret access key. A real call proves that it has it without sending it.
    pub secret_access_key: Secret,
    /// The session token.
    pub session_token: Secret,
}

impl From<&Credentials> for SignedWith {
    fn from(credentials: &Credentials) -> Self {
        Self {
            access_key_id: credentials.access_key_id.clone(),
            secret_access_key: credentials.secret_access_key.clone(),
            session_token: credentials.session_token.clone(),
        }
    }
}

/// A call to any AWS service.
#[derive(Clone, Debug)]
pub struct SimulatedCall {
    /// What is to be done.
    pub action: Action,
    /// The ARN it is done to, or `*`.
    pub resource: String,
    /// Where it comes from.
    pub source_ip: IpAddr,
    /// When it is made, as far as conditions and expiry are concerned; `None` is now. The policies are always today's.
    pub at: Option<Timestamp>,
    /// Further condition keys, such as `s3:prefix` or `aws:ViaAWSService`. Keys that say who calls cannot be given.
    pub context: Context,
}

impl SimulatedCall {
    /// A call made now, without further context.
    #[must_use]
    pub fn new(action: Action, resource: impl Into<String>, source_ip: IpAddr) -> Self {
        Self { action, resource: resource.into(), source_ip, at: None, context: Context::new() }
    }
}

/// What AWS says to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallOutcome {
    /// It would be done; the answer names the statements that allow it.
    Allowed(Answer),
    /// The credentials are good and the call is not allowed; the answer says why.
    AccessDenied(Answer),
    /// The credentials are not good.
    Rejected(CredentialFault),
}

/// What is wrong with credentials.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialFault {
    /// STS never issued them like this, or their role is no longer there. Another role of the same name does not count.
    Unknown,
    /// The secret key is not the one that was issued.
    WrongSecret,
    /// They have ended.
    Expired,
}

impl CallOutcome {
    /// Whether the call would be done.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed(_))
    }

    /// The AWS error code; `None` when the call is allowed. Services with codes of their own, such as EC2's
    /// `UnauthorizedOperation`, are spared.
    #[must_use]
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Self::Allowed(_) => None,
            Self::AccessDenied(_) => Some("AccessDenied"),
            Self::Rejected(CredentialFault::Unknown) => Some("InvalidClientTokenId"),
            Self::Rejected(CredentialFault::WrongSecret) => Some("SignatureDoesNotMatch"),
            Self::Rejected(CredentialFault::Expired) => Some("ExpiredToken"),
        }
    }

    /// The policies' answer, when they were asked.
    #[must_use]
    pub fn answer(&self) -> Option<&Answer> {
        match self {
            Self::Allowed(answer) | Self::AccessDenied(answer) => Some(answer),
            Self::Rejected(_) => None,
        }
    }
}

impl fmt::Display for CallOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allowed(answer) => answer.fmt(f),
            Self::AccessDenied(answer) => write!(f, "AccessDenied: {answer}"),
            Self::Rejected(fault) => write!(f, "{}: {fault}", self.code().unwrap_or_default()),
        }
    }
}

impl fmt::Display for CredentialFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "the security token included in the request is invalid",
            Self::WrongSecret => "the request signature does not match the one provided",
            Self::Expired => "the security token included in the request is expired",
        })
    }
}

/// One session of a role, as far as policies can tell.
pub(super) struct RoleSession {
    pub(super) role: Role,
    pub(super) session_name: String,
    pub(super) source_identity: String,
    pub(super) issued_at: Timestamp,
}

/// The session that credentials stand for.
pub(super) fn authenticate(
    objects: Objects<'_>,
    signed: &SignedWith,
    issued: &Issued,
    at: Timestamp,
) -> Work<Result<RoleSession, CredentialFault>> {
    // Both parts are always compared, so that the time taken tells nothing about either.
    let has_secret = issued.secret.matches(&Fingerprint::of(signed.secret_access_key.reveal()));
    let has_token = issued.token.matches(&Fingerprint::of(signed.session_token.reveal()));
    if !has_token {
        return Ok(Err(CredentialFault::Unknown));
    }
    if !has_secret {
        return Ok(Err(CredentialFault::WrongSecret));
    }
    if at >= issued.expires_at {
        return Ok(Err(CredentialFault::Expired));
    }
    let role = objects.visible::<Role>(Kind::Role, &issued.role_key)?;
    let role = role.filter(|role| role.unique_id == issued.role_unique_id);
    Ok(role.ok_or(CredentialFault::Unknown).map(|role| RoleSession {
        role,
        session_name: issued.session_name.clone(),
        source_identity: issued.source_identity.clone(),
        issued_at: issued.issued_at,
    }))
}

/// Ask the policies: what the role's own grant, within its boundary.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>
pub(super) fn decide(
    objects: Objects<'_>,
    options: &AwsOptions,
    session: &RoleSession,
    call: &SimulatedCall,
) -> Work<CallOutcome> {
    let RoleSession { role, session_name, .. } = session;
    let role_arn = names::role_arn(options.partition, objects.account, &role.path, &role.name);
    let session_arn = names::session_arn(options.partition, objects.account, &role.name, session_name);
    let principal = Principal::role_session(&session_arn, &role_arn)
        .map_err(|error| JobError::Corrupt(format!("a role has no legal ARN: {error}")))?;
    let mut request = Request::new(principal, call.action.clone(), call.resource.as_str());
    request.context = call_context(objects, session, call, &role_arn);
    let identity = identity_policies(objects, role)?;
    let boundary = role.boundary_arn.as_deref().map(|arn| boundary(objects, arn)).transpose()?;
    let trust = trust_of(objects, options, &call.resource)?;
    let mut layers = Layers::new(&identity);
    layers.boundary = boundary.as_ref();
    layers.resource = trust.as_ref();
    layers.resource_kind = Some(match ResourceKind::of(&request) {
        // Roles are the only resources there are; whatever else is asked about has no policy of its own, and a key has the
        // one AWS gives it, which leaves the decision to IAM
        // (<https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>).
        ResourceKind::Key => ResourceKind::Other,
        kind => kind,
    });
    let answer = evaluate(&request, &layers);
    Ok(if answer.is_allowed() { CallOutcome::Allowed(answer) } else { CallOutcome::AccessDenied(answer) })
}

/// The trust policy, when the resource is a role that the services see.
fn trust_of(objects: Objects<'_>, options: &AwsOptions, resource: &str) -> Work<Option<PreparedPolicy>> {
    let account = context::arn_part(resource, 4).and_then(|account| account.parse::<AccountId>().ok());
    let name = context::arn_part(resource, 5).and_then(|rest| rest.strip_prefix("role/")?.rsplit('/').next());
    let (Some(account), Some(name)) = (account, name) else { return Ok(None) };
    let role = Objects { account: &account, ..objects }.visible::<Role>(Kind::Role, &key(name))?;
    let is_meant = |role: &Role| names::role_arn(options.partition, &account, &role.path, &role.name) == resource;
    role.filter(is_meant).map(|role| prepare(&role.trust, PolicyKind::Trust)).transpose()
}

fn identity_policies(objects: Objects<'_>, role: &Role) -> Work<Vec<PreparedPolicy>> {
    let mut policies = Vec::new();
    for document in role.inline_policies.values() {
        policies.push(prepare(document, PolicyKind::Identity)?);
    }
    for arn in &role.attached_policies {
        // A policy that the services do not see yet grants nothing yet.
        if let Some(document) = objects.visible_policy(arn)? {
            policies.push(prepare(&document, PolicyKind::Identity)?);
        }
    }
    Ok(policies)
}

/// A boundary that is not there allows nothing: a role with a boundary is never without.
fn boundary(objects: Objects<'_>, arn: &str) -> Work<PreparedPolicy> {
    match objects.visible_policy(arn)? {
        Some(document) => prepare(&document, PolicyKind::Boundary),
        None => Ok(PreparedPolicy::new(&PolicyDocument::from_statements(Vec::new()))),
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
fn call_context(objects: Objects<'_>, session: &RoleSession, call: &SimulatedCall, role_arn: &str) -> Context {
    let RoleSession { role, session_name, source_identity, issued_at } = session;
    let account: &AccountId = objects.account;
    let at = call.at.unwrap_or(objects.now);
    let owner = context::arn_part(&call.resource, 4).unwrap_or(account.as_str());
    let mut context = context::of_call(at, call.source_ip, &call.resource).with("aws:ResourceAccount", owner);
    for (key, value) in call.context.iter().filter(|(key, _)| !says_who(key)) {
        context.insert(key, value.clone());
    }
    context = context::with_time(context, at)
        .with("aws:MultiFactorAuthPresent", "false")
        .with("aws:PrincipalAccount", account.as_str())
        .with("aws:PrincipalArn", role_arn)
        .with("aws:PrincipalType", "AssumedRole")
        .with("aws:SourceIdentity", source_identity.as_str())
        .with("aws:TokenIssueTime", issued_at.to_string())
        .with("aws:userid", format!("{}:{session_name}", role.unique_id));
    for (key, value) in &role.tags {
        context.insert(&format!("aws:PrincipalTag/{key}"), ContextValue::Single(value.clone()));
    }
    context
}

/// Keys that AWS fills in from the caller's session alone.
fn says_who(key: &str) -> bool {
    key.starts_with("aws:principal")
        || key.starts_with("aws:multifactorauth")
        || matches!(
            key,
            "aws:userid" | "aws:username" | "aws:sourceidentity" | "aws:tokenissuetime" | "aws:federatedprovider"
        )
}
