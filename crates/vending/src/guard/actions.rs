//! The actions that claims are about, taken from AWS' own catalogue: an action that AWS adds is in the claim as soon as it
//! is in the catalogue, and the tests say so when a document does not refuse it yet. What is *not* claimed is a list with
//! reasons.

use daypass_policy::catalogue::{AccessLevel, KnownAction, catalogue};

/// Changes to IAM that a tier with bounded roles may make. Each either gives nobody a right, or takes one away.
const BOUNDED_ROLES_MAY: [&str; 20] = [
    // A policy gives nothing until it is attached, and only to roles within the boundary can it be.
    "iam:CreatePolicy",
    "iam:TagPolicy",
    "iam:UntagPolicy",
    // A service-linked role can do what AWS wrote down for the service, and only the service can use it.
    "iam:CreateServiceLinkedRole",
    // A role in an instance profile is of use to who may pass it, and that is a claim of its own.
    "iam:*InstanceProfile",
    // Taking away what has leaked.
    "iam:DeleteAccessKey",
    "iam:DeleteLoginProfile",
    "iam:DeleteServiceSpecificCredential",
    "iam:DeleteSigningCertificate",
    "iam:DeleteSSHPublicKey",
    // Certificates and keys of servers and distributions are no identities.
    "iam:*ServerCertificate",
    "iam:*CloudFrontPublicKey",
    // Changes to roles are refused unless the role is within the boundary, which is a claim of its own.
    "iam:AttachRolePolicy",
    "iam:CreateRole",
    "iam:DeleteRole",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:PutRolePolicy",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateRole*",
];

/// What changes which roles there are and what they may do.
const ROLE_CHANGES: [&str; 8] = [
    "iam:AttachRolePolicy",
    "iam:CreateRole",
    "iam:DeleteRole",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:PutRolePolicy",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateRole*",
];

/// What decides how far a boundary reaches: being attached, and what its policy says.
const BOUNDARY_CHANGES: [&str; 5] = [
    "iam:*PermissionsBoundary",
    "iam:CreatePolicyVersion",
    "iam:DeletePolicy",
    "iam:DeletePolicyVersion",
    "iam:SetDefaultPolicyVersion",
];

/// Users, groups, credentials and identity providers: who one can be after the pass is over.
const STANDING_IDENTITIES: [&str; 19] = [
    "iam:*AccessKey",
    "iam:*AccountPasswordPolicy",
    "iam:*DelegationRequest",
    "iam:*Group*",
    "iam:*LoginProfile",
    "iam:*MFADevice",
    "iam:*OpenIDConnectProvider*",
    "iam:*SAMLProvider",
    "iam:*SSHPublicKey",
    "iam:*ServiceSpecificCredential",
    "iam:*SigningCertificate",
    "iam:*User*",
    "iam:ChangePassword",
    "identity-sync:*",
    "identitystore:*",
    "rolesanywhere:*",
    "sso-directory:*",
    "sso-oauth:*",
    "sso:*",
];

/// What STS has that makes nobody somebody else: it explains, or only goes with a call that is claimed.
const HARMLESS_STS: [&str; 8] = [
    "sts:DecodeAuthorizationMessage",
    "sts:GetAccessKeyInfo",
    "sts:GetCallerIdentity",
    "sts:GetServiceBearerToken",
    "sts:SetContext",
    "sts:SetSourceIdentity",
    "sts:TagGetWebIdentityToken",
    "sts:TagSession",
];

/// What CloudTrail has that takes nothing away from what is recorded.
const HARMLESS_CLOUDTRAIL: [&str; 8] = [
    "cloudtrail:AddTags",
    "cloudtrail:CancelQuery",
    "cloudtrail:Create*",
    "cloudtrail:EnableFederation",
    "cloudtrail:GenerateQuery",
    "cloudtrail:RegisterOrganizationDelegatedAdmin",
    "cloudtrail:RestoreEventDataStore",
    "cloudtrail:Start*",
];

/// What stops the other recorder, AWS Config.
const CONFIG_RECORDER: [&str; 8] = [
    "config:DeleteConfigurationRecorder",
    "config:DeleteDeliveryChannel",
    "config:DeleteRetentionConfiguration",
    "config:DeleteServiceLinkedConfigurationRecorder",
    "config:PutConfigurationRecorder",
    "config:PutDeliveryChannel",
    "config:PutRetentionConfiguration",
    "config:StopConfigurationRecorder",
];

/// Whether a tier may make roles, as long as they carry its boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RoleMaking {
    Never,
    WithinBoundary,
}

pub(super) fn iam_writes(roles: RoleMaking) -> Vec<String> {
    changes(&["iam:*"], &[&["iam:PassRole"][..], excused(roles)].concat())
}

pub(super) fn role_changes() -> Vec<String> {
    changes(&ROLE_CHANGES, &[])
}

pub(super) fn boundary_changes() -> Vec<String> {
    changes(&BOUNDARY_CHANGES, &[])
}

pub(super) fn standing_identities(roles: RoleMaking) -> Vec<String> {
    changes(&STANDING_IDENTITIES, excused(roles))
}

pub(super) fn other_roles() -> Vec<String> {
    names(&["sts:*"], &HARMLESS_STS, |_| true)
}

pub(super) fn trail_changes() -> Vec<String> {
    [changes(&["cloudtrail:*"], &HARMLESS_CLOUDTRAIL), changes(&CONFIG_RECORDER, &[])].concat()
}

fn excused(roles: RoleMaking) -> &'static [&'static str] {
    match roles {
        RoleMaking::Never => &[],
        RoleMaking::WithinBoundary => &BOUNDED_ROLES_MAY,
    }
}

/// The actions that change something, by pattern.
fn changes(patterns: &[&str], except: &[&str]) -> Vec<String> {
    names(patterns, except, is_change)
}

pub(super) fn is_change(action: &KnownAction) -> bool {
    use AccessLevel::{PermissionsManagement, Tagging, Write};
    matches!(action.access_level(), PermissionsManagement | Tagging | Write)
}

fn names(patterns: &[&str], except: &[&str], is_meant: impl Fn(&KnownAction) -> bool) -> Vec<String> {
    let except = catalogue().expand(except.iter().copied());
    let actions = catalogue().expand(patterns.iter().copied()).into_iter();
    let actions = actions.filter(|action| is_meant(action) && !except.contains(action));
    actions.map(|action| action.name().to_owned()).collect()
}
