//! STS: who gets credentials of a role.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>

use std::collections::BTreeMap;

use daypass_policy::{
    Action, Context, Layers, PolicyDocument, PolicyKind, PreparedPolicy, Request, ResourceKind, evaluate,
};
use daypass_vending::ids::{RoleName, UserId};
use daypass_vending::ports::{CloudError, Entropy};
use daypass_vending::secret::{Credentials, ExternalId};
use jiff::SignedDuration;

use super::credentials::{self, Fingerprint, Issued};
use super::errors::{access_denied, validation};
use super::iam::{Role, decline, declined, key};
use super::names;
use super::objects::{Kind, Objects, Work};
use super::options::AwsOptions;
use super::{context, rules, whole_second};
use crate::database::JobError;

/// The parameters of an `AssumeRole` call, owned.
pub(super) struct Asked {
    pub(super) role: RoleName,
    pub(super) path: String,
    pub(super) external_id: ExternalId,
    pub(super) user: UserId,
    pub(super) duration_seconds: i32,
}

/// Credentials for the broker, if the role's trust policy and the broker's own policies let it have them.
pub(super) fn assume_role(
    objects: Objects<'_>,
    options: &AwsOptions,
    entropy: &dyn Entropy,
    asked: &Asked,
) -> Work<Credentials> {
    decline(check_parameters(options, asked))?;
    let arn = names::role_arn(options.partition, objects.account, &asked.path, asked.role.as_str());
    // A role that is not there, or not there yet, is refused like one that trusts nobody: STS tells strangers nothing.
    let denied = |action| declined(access_denied(options.broker.principal.as_str(), action, &arn));
    let Some(role) = objects.visible::<Role>(Kind::Role, &key(asked.role.as_str()))? else {
        return denied("sts:AssumeRole");
    };
    if role.path != asked.path {
        return denied("sts:AssumeRole");
    }
    // Naming the person is a permission of its own
    // (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html>).
    for action in ["sts:AssumeRole", "sts:SetSourceIdentity"] {
        if !may(objects, options, asked, &role, &arn, action)? {
            return denied(action);
        }
    }
    decline(check_duration(role.max_session_seconds, asked.duration_seconds))?;
    issue(objects, entropy, asked, &role)
}

/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>: `DurationSeconds` is 900 at least, and an
/// hour at most when the caller is a role itself.
fn check_parameters(options: &AwsOptions, asked: &Asked) -> Result<(), CloudError> {
    rules::external_id(asked.external_id.reveal())?;
    if asked.duration_seconds < 900 {
        return Err(validation("Value at 'durationSeconds' failed to satisfy constraint: at least 900"));
    }
    if options.broker.is_role() && asked.duration_seconds > 3_600 {
        return Err(validation(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        ));
    }
    Ok(())
}

fn check_duration(max_session_seconds: i32, seconds: i32) -> Result<(), CloudError> {
    if seconds <= max_session_seconds {
        return Ok(());
    }
    Err(validation("The requested DurationSeconds exceeds the MaxSessionDuration set for this role."))
}

/// Whether trust policy and broker's policies allow this action on the role.
fn may(objects: Objects<'_>, options: &AwsOptions, asked: &Asked, role: &Role, arn: &str, action: &str) -> Work<bool> {
    let trust = prepare(&role.trust, PolicyKind::Trust)?;
    let action: Action = action.parse().map_err(|error| JobError::Corrupt(format!("{error}")))?;
    let mut request = Request::new(options.broker.principal.clone(), action, arn);
    request.context = trust_context(objects, options, asked, &role.tags, arn);
    let layers = Layers::new(&options.broker.permissions).resource_of(ResourceKind::Trust, &trust);
    Ok(evaluate(&request, &layers).is_allowed())
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-sts>
fn trust_context(
    objects: Objects<'_>,
    options: &AwsOptions,
    asked: &Asked,
    tags: &BTreeMap<String, String>,
    arn: &str,
) -> Context {
    let broker = &options.broker;
    let mut context = context::of_call(objects.now, broker.address, arn)
        .with("aws:PrincipalArn", broker.arn.as_str())
        .with("aws:PrincipalType", if broker.is_role() { "AssumedRole" } else { "User" })
        .with("aws:ResourceAccount", objects.account.as_str())
        .with("sts:ExternalId", asked.external_id.reveal())
        .with("sts:RoleSessionName", asked.user.as_str())
        .with("sts:SourceIdentity", asked.user.as_str());
    if let Some(account) = broker.principal.account() {
        context = context.with("aws:PrincipalAccount", account);
    }
    if broker.is_role() {
        // Temporary credentials always have the key, and nobody proved a second factor for these.
        context = context.with("aws:MultiFactorAuthPresent", "false");
    }
    for (key, value) in tags {
        context = context
            .with(&format!("aws:ResourceTag/{key}"), value.as_str())
            .with(&format!("iam:ResourceTag/{key}"), value.as_str());
    }
    context
}

fn issue(objects: Objects<'_>, entropy: &dyn Entropy, asked: &Asked, role: &Role) -> Work<Credentials> {
    // STS counts whole seconds.
    let issued_at = whole_second(objects.now);
    let expires_at = issued_at + SignedDuration::from_secs(i64::from(asked.duration_seconds));
    let credentials = Credentials {
        access_key_id: names::access_key_id(entropy),
        secret_access_key: names::secret_access_key(entropy),
        session_token: names::session_token(entropy),
        expires_at,
        role: RoleName::found(role.name.as_str()),
    };
    let issued = Issued {
        secret: Fingerprint::of(credentials.secret_access_key.reveal()),
        token: Fingerprint::of(credentials.session_token.reveal()),
        account: objects.account.clone(),
        role_key: key(&role.name),
        role_unique_id: role.unique_id.clone(),
        session_name: asked.user.to_string(),
        source_identity: asked.user.to_string(),
        issued_at,
        expires_at,
    };
    credentials::remember(objects.connection, &credentials.access_key_id, &issued)?;
    Ok(credentials)
}

/// A stored document; it was checked when it was stored.
pub(super) fn prepare(document: &str, kind: PolicyKind) -> Work<PreparedPolicy> {
    let document = PolicyDocument::parse_as(document, kind).map_err(|error| JobError::Corrupt(error.to_string()))?;
    Ok(PreparedPolicy::new(&document))
}
