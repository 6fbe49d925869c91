//! The gate role: being able to enter it is all it is for. Who holds its credentials has proved a second factor, and the
//! session's name says who it is.

use daypass_policy::{Comparison, PolicyKind, Statement};

use crate::document::Document;

/// How old the second factor may be, in seconds. The code is entered in the very call, so this only refuses sessions that
/// were made with one long ago.
const MFA_AGE_SECONDS: &str = "900";

/// Nothing but saying who one is. That call needs no permission; the denial holds against what resources' own policies
/// give away.
#[must_use]
pub fn permissions() -> Document {
    let who = ["sts:GetCallerIdentity"];
    let statements = [
        Statement::allow().sid("SayWhoIAm").actions(who).resources(["*"]),
        Statement::deny().sid("NothingElse").not_actions(who).resources(["*"]),
    ];
    Document::new("gate", PolicyKind::Identity, statements)
}

/// The account's own users, with a second factor, under their own name.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#ck_rolesessionname>
#[must_use]
pub fn trust() -> Document {
    let enter = Statement::allow()
        .sid("UsersWithSecondFactor")
        .principal_aws(["arn:<partition>:iam::<account_id>:root"])
        .actions(["sts:AssumeRole"])
        .condition(Comparison::StringEquals, "sts:RoleSessionName", ["${aws:username}"])
        .condition(Comparison::Bool, "aws:MultiFactorAuthPresent", ["true"])
        .condition(Comparison::NumericLessThanEquals, "aws:MultiFactorAuthAge", [MFA_AGE_SECONDS]);
    Document::new("gate-trust", PolicyKind::Trust, [enter])
}
