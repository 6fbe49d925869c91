//! The vendor role: what Daypass does in a member account, and nothing else. It makes roles under our path, each tier's
//! with that tier's boundary, and changes and removes what is there.
//!
//! A role that does not exist has neither path nor tags when IAM looks for permission: a call about one is authorised on
//! `role/<name>`, and refused instead of answered with `NoSuchEntity` where only a path is allowed. To Daypass the answer
//! that a role is gone is the end of a session, so the two calls that ask are allowed on such names, too, as long as no tag
//! says that there is a role of somebody's.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-friendly-names>

use daypass_policy::{Comparison, Operator, PolicyKind, Statement};
use daypass_vending::ids::TierName;
use daypass_vending::plan::{ROLE_PATH, tag};
use daypass_vending::tier::Tiers;

use crate::document::Document;

/// What happens to roles that are there.
pub const CHANGES: [&str; 5] = [
    "iam:DeleteRole",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:PutRolePolicy",
    "iam:UpdateAssumeRolePolicy",
];

/// How Daypass looks at a role.
pub const LOOKS: [&str; 5] = [
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:ListInstanceProfilesForRole",
    "iam:ListRolePolicies",
];

/// The names of vended roles, a project and a UUID of version 4, where IAM knows no path because there is no role.
const NAMES: &str = "dp-*-????????-????-4???-????-????????????";

/// What the role may do.
#[must_use]
pub fn permissions(tiers: &Tiers) -> Document {
    let making = tiers.iter().map(|tier| make_roles(&tier.name));
    let others = [
        tag_new_roles(),
        if_ours(Statement::allow().sid("ChangeVendedRoles").actions(CHANGES).resources([vended()])),
        Statement::allow().sid("LookAtVendedRoles").actions(LOOKS).resources([vended()]),
        Statement::allow()
            .sid("HearThatARoleIsGone")
            .actions(["iam:GetRole", "iam:PutRolePolicy"])
            .resources([format!("arn:<partition>:iam::<account_id>:role/{NAMES}")])
            .condition(Comparison::Null, format!("aws:ResourceTag/{}", tag::DEPLOYMENT), ["true"]),
        // None of them takes a resource.
        Statement::allow().sid("Count").actions(["iam:GetAccountSummary", "iam:ListRoles"]).resources(["*"]),
        Statement::allow()
            .sid("ReadBoundaries")
            .actions(["iam:GetPolicy", "iam:GetPolicyVersion"])
            .resources([boundary("*")]),
        // A role that somebody put into a profile could not be deleted; which profile, nobody knows beforehand.
        Statement::allow()
            .sid("TakeRolesOutOfProfiles")
            .actions(["iam:RemoveRoleFromInstanceProfile"])
            .resources(["arn:<partition>:iam::<account_id>:instance-profile/*"]),
    ];
    Document::new("vendor", PolicyKind::Identity, making.chain(others))
}

/// Who may enter: the two roles of the hub, with the external id, and saying for which deployment.
#[must_use]
pub fn trust() -> Document {
    let ours = || ["<broker_arn>", "<cleanup_arn>"];
    let deployment = || format!("aws:RequestTag/{}", tag::DEPLOYMENT);
    let statements = [
        Statement::allow()
            .sid("EnterForThisDeployment")
            .principal_aws(ours())
            .actions(["sts:AssumeRole"])
            .condition(Comparison::StringEquals, "sts:ExternalId", ["<external_id>"])
            .condition(Comparison::StringEquals, deployment(), ["<deployment>"]),
        Statement::allow()
            .sid("SayForWhichDeployment")
            .principal_aws(ours())
            .actions(["sts:TagSession"])
            .condition(Comparison::StringEquals, deployment(), ["<deployment>"])
            .condition(Operator::from(Comparison::StringEquals).for_all_values(), "aws:TagKeys", [tag::DEPLOYMENT]),
    ];
    Document::new("vendor-trust", PolicyKind::Trust, statements)
}

/// A tier's roles, with the tier's boundary in the same call.
fn make_roles(tier: &TierName) -> Statement {
    Statement::allow()
        .sid(format!("Make{}Roles", camel(tier.as_str())))
        .actions(["iam:CreateRole"])
        .resources([format!("arn:<partition>:iam::<account_id>:role{ROLE_PATH}{tier}/*")])
        .condition(Comparison::StringEquals, "iam:PermissionsBoundary", [boundary(tier.as_str())])
        .condition(Comparison::StringEquals, format!("aws:RequestTag/{}", tag::DEPLOYMENT), ["<deployment>"])
}

/// Part of creating a role with tags.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_iam-tags.html>
fn tag_new_roles() -> Statement {
    let statement = Statement::allow().sid("TagNewRoles").actions(["iam:TagRole"]).resources([vended()]);
    if_ours(statement).condition(
        Comparison::StringEquals,
        format!("aws:RequestTag/{}", tag::DEPLOYMENT),
        ["<deployment>"],
    )
}

/// Not if it is another deployment's. A role whose tags IAM does not tell yet passes: it is under our path.
fn if_ours(statement: Statement) -> Statement {
    let operator = Operator::from(Comparison::StringEquals).if_exists();
    statement.condition(operator, format!("aws:ResourceTag/{}", tag::DEPLOYMENT), ["<deployment>"])
}

fn vended() -> String {
    format!("arn:<partition>:iam::<account_id>:role{ROLE_PATH}*")
}

/// A boundary, as [`daypass_vending::plan::boundary_arn`] has it.
fn boundary(tier: &str) -> String {
    format!("arn:<partition>:iam::<account_id>:policy{ROLE_PATH}boundary/{tier}")
}

/// `ReadOnly` of `read-only`: Sids have letters and digits only.
pub(crate) fn camel(kebab: &str) -> String {
    let part = |part: &str| {
        let mut letters = part.chars();
        letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect::<String>()
    };
    kebab.split('-').map(part).collect()
}
