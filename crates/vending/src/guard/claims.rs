//! The ways that matter, as requests. A claim says: nothing of this is allowed, neither by a tier's permissions alone nor by
//! its boundary alone. Two documents that refuse it on their own are two mistakes that have to be made at once.

use daypass_policy::{Comparison, Statement};

use super::actions::{self, RoleMaking};
use super::own;
use super::slots::{ACCOUNT_KEY, Slots};
use crate::plan::{ROLE_PATH, tag};
use crate::tier::Tier;

/// Something a tier must not allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    /// Its name, such as `iam-writes`.
    pub(super) name: &'static str,
    /// What nobody may do with a session of the tier.
    pub(super) forbids: &'static str,
    /// What to do about a document that allows it.
    pub(super) hint: &'static str,
    /// What the permissions on their own must not allow: one statement for each kind of request.
    pub(super) of_permissions: Vec<Statement>,
    /// What the boundary on its own must not allow.
    pub(super) of_boundary: Vec<Statement>,
}

impl Claim {
    /// A claim about both documents.
    fn of_both(name: &'static str, forbids: &'static str, hint: &'static str, requests: Vec<Statement>) -> Self {
        Self { name, forbids, hint, of_permissions: requests.clone(), of_boundary: requests }
    }
}

/// All claims about a tier, for sessions of these values. The special ones come first, since the first that is broken is
/// what people read.
pub(super) fn claims(tier: &Tier, slots: &Slots) -> Vec<Claim> {
    let roles = if tier.limits.bounded_roles { RoleMaking::WithinBoundary } else { RoleMaking::Never };
    vec![
        unvended_roles(tier, roles, slots),
        boundary_changes(slots),
        role_changes(tier, roles, slots),
        standing_identities(roles, slots),
        other_roles(slots),
        pass_role(slots),
        daypass_by_name(slots),
        daypass_by_tag(slots),
        daypass_tags(slots),
        trail(slots),
        iam_writes(roles, slots),
    ]
}

fn iam_writes(roles: RoleMaking, slots: &Slots) -> Claim {
    Claim::of_both(
        "iam-writes",
        "change anything in IAM",
        "deny IAM's writes by name, or allow fewer; `bounded_roles` in `tier.toml` is for tiers that make roles",
        vec![slots.assume(on_all(actions::iam_writes(roles)))],
    )
}

fn boundary_changes(slots: &Slots) -> Claim {
    Claim::of_both(
        "boundary-changes",
        "take a boundary off, put one on, or change what a managed policy says",
        "deny `iam:*PermissionsBoundary` and all that changes or deletes a policy's versions",
        vec![slots.assume(on_all(actions::boundary_changes()))],
    )
}

/// Every change of a role names the boundary that the role has, or is to have
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>).
fn role_changes(tier: &Tier, roles: RoleMaking, slots: &Slots) -> Claim {
    let changes = on_all(actions::role_changes());
    let own =
        format!("arn:{}:iam::{}:policy{ROLE_PATH}boundary/{}", slots.partition.as_str(), slots.account(), tier.name);
    let request = match roles {
        RoleMaking::Never => changes,
        RoleMaking::WithinBoundary => changes.condition(Comparison::StringNotEquals, "iam:PermissionsBoundary", [own]),
    };
    Claim::of_both(
        "role-changes",
        "make a role that does not carry the tier's boundary, or change one",
        "deny changes of roles unless `iam:PermissionsBoundary` is the tier's own boundary",
        vec![slots.assume(request)],
    )
}

fn standing_identities(roles: RoleMaking, slots: &Slots) -> Claim {
    Claim::of_both(
        "standing-identities",
        "make or change users, groups, keys, passwords, second factors or identity providers",
        "deny IAM's writes on users, groups and providers, and IAM Identity Center and Roles Anywhere",
        vec![slots.assume(on_all(actions::standing_identities(roles)))],
    )
}

fn other_roles(slots: &Slots) -> Claim {
    Claim::of_both(
        "other-roles",
        "become another role or get other credentials, vended ones included: they would survive the kill",
        "deny `sts:Assume*` and every `sts:Get…Token`",
        vec![slots.assume(on_all(actions::other_roles()))],
    )
}

fn pass_role(slots: &Slots) -> Claim {
    let (partition, account, project) = (slots.partition.as_str(), slots.account(), slots.project());
    let pass = Statement::allow().actions(["iam:PassRole"]);
    Claim::of_both(
        "pass-role",
        "pass a role that is not the project's",
        "allow `iam:PassRole` on `arn:${partition}:iam::${accountId}:role/${resourcePrefix}-*` at most",
        vec![slots.assume(pass.not_resources([format!("arn:{partition}:iam::{account}:role/{project}-*")]))],
    )
}

/// The boundary refuses every touch. Permissions may contain lists of all there is in an account, such as
/// `s3:ListAllMyBuckets`, that no condition can narrow down; what they must not contain on their own is a change.
fn daypass_by_name(slots: &Slots) -> Claim {
    // A mapping that is being made has no ARN yet.
    let feeding = |actions: &[&str]| {
        [
            on_all(actions.iter().copied()).not_resources(["arn:*"]),
            on_all(actions.iter().copied()).resources([own::mappings(slots)]),
        ]
        .map(|feeding| feeding.condition(Comparison::ArnLike, "lambda:FunctionArn", [own::functions(slots)]))
    };
    let changes =
        ["lambda:CreateEventSourceMapping", "lambda:DeleteEventSourceMapping", "lambda:UpdateEventSourceMapping"];
    let assumed = |requests: Vec<Statement>| requests.into_iter().map(|request| slots.assume(request)).collect();
    Claim {
        name: "daypass-by-name",
        forbids: "touch what belongs to Daypass: everything named `daypass-…` or under `/daypass/`",
        hint: "repeat the statements `DenyDaypassItself` and `DenyDaypassEventSources` of the shipped tiers",
        of_permissions: assumed([own::changing(slots), feeding(&changes).into()].concat()),
        of_boundary: assumed([own::touching(slots), feeding(&["lambda:*EventSourceMapping"]).into()].concat()),
    }
}

fn daypass_by_tag(slots: &Slots) -> Claim {
    let tagged = format!("aws:ResourceTag/{}", tag::DEPLOYMENT);
    Claim::of_both(
        "daypass-by-tag",
        "touch what is tagged `DaypassDeployment`",
        "repeat the statement `DenyDaypassByTag` of the shipped tiers",
        vec![slots.assume(on_all(["*"]).condition(Comparison::Null, tagged, ["false"]))],
    )
}

fn daypass_tags(slots: &Slots) -> Claim {
    let forged = on_all(["*"]).condition(
        daypass_policy::Operator::from(Comparison::StringLike).for_any_value(),
        "aws:TagKeys",
        ["Daypass*"],
    );
    Claim::of_both(
        "daypass-tags",
        "set or remove a tag by which Daypass knows its own",
        "repeat the statement `DenyForgingDaypassTags` of the shipped tiers",
        vec![slots.assume(forged)],
    )
}

fn trail(slots: &Slots) -> Claim {
    let storage = own::trail_storage(slots).map(|(service, arns)| {
        let changes = own::storage_changes(service).iter().copied();
        slots.assume(Statement::allow().actions(changes).resources(arns))
    });
    Claim::of_both(
        "trail",
        "stop or thin out CloudTrail and AWS Config, or change what trails have stored",
        "repeat the statements `DenyTrailTampering` and `DenyTrailStorageTampering` of the admin tier",
        [slots.assume(on_all(actions::trail_changes()))].into_iter().chain(storage).collect(),
    )
}

/// A boundary can be put on other roles than vended ones, where no tag of ours says whose project it is.
fn unvended_roles(tier: &Tier, roles: RoleMaking, slots: &Slots) -> Claim {
    let untagged = on_all(["*"]).condition(Comparison::Null, format!("aws:PrincipalTag/{}", tag::PROJECT), ["true"]);
    let account = |statement: Statement| statement.condition(Comparison::StringEquals, ACCOUNT_KEY, [slots.account()]);
    let mut requests = vec![account(untagged)];
    if roles == RoleMaking::WithinBoundary {
        let own = format!("arn:{}:iam::{}:role{ROLE_PATH}{}/*", slots.partition.as_str(), slots.account(), tier.name);
        let elsewhere = on_all(["*"]).condition(Comparison::ArnNotLike, "aws:PrincipalArn", [own]);
        let elsewhere = elsewhere.condition(Comparison::Null, "aws:PrincipalArn", ["false"]);
        requests.push(slots.assume(elsewhere));
    }
    Claim {
        name: "unvended-roles",
        forbids: "do anything as a role that Daypass did not make, even if it carries the boundary",
        hint: "repeat the statement `DenyWithoutProject` of the shipped tiers, and `DenyRolesNotVended` where roles can be made",
        of_permissions: vec![],
        of_boundary: requests,
    }
}

fn on_all(actions: impl IntoIterator<Item = impl Into<String>>) -> Statement {
    Statement::allow().actions(actions).resources(["*"])
}
