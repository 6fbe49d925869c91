//! Ways in which permissions become more permissions.
//!
//! The paths are those that Rhino Security Labs collected and others added to. Allows on particular resources, or under
//! a condition made for the purpose, are taken to be meant; so are those that a Deny of the same document takes back.

use super::resources::{open_ended, takes};
use super::subject::{Findings, Subject, View};
use super::{Check, Severity};
use crate::catalogue::{KnownAction, catalogue};
use crate::document::PolicyKind;
use crate::operator::Comparison;

const ESCALATION: &str = "https://github.com/RhinoSecurityLabs/AWS-IAM-Privilege-Escalation";

pub(super) const FULL_ACCESS: Check = Check {
    code: "full-access",
    severity: Severity::SecurityWarning,
    about: "Everything is allowed on everything.",
    page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege",
};

pub(super) const PRIVILEGE_ESCALATION: Check = Check {
    code: "privilege-escalation",
    severity: Severity::SecurityWarning,
    about: "Whoever has these permissions can give themselves others.",
    page: ESCALATION,
};

pub(super) const PASS_ANY_ROLE: Check = Check {
    code: "pass-any-role",
    severity: Severity::SecurityWarning,
    about: "Any role can be handed to any service.",
    page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html#access-analyzer-reference-policy-checks-security-warning-pass-role-with-star-in-resource",
};

pub(super) const ANY_SERVICE_LINKED_ROLE: Check = Check {
    code: "any-service-linked-role",
    severity: Severity::SecurityWarning,
    about: "A role can be made for any service that AWS has, now or later.",
    page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html#access-analyzer-reference-policy-checks-security-warning-create-slr-with-star-in-resource",
};

/// One of each inner list is needed.
struct Path {
    what: &'static str,
    needs: &'static [&'static [&'static str]],
}

const PATHS: &[Path] = &[
    path("rewrite a managed policy", &[&["iam:CreatePolicyVersion"]]),
    path("go back to an older version of a policy", &[&["iam:SetDefaultPolicyVersion"]]),
    path("attach any policy", &[&["iam:AttachUserPolicy", "iam:AttachGroupPolicy", "iam:AttachRolePolicy"]]),
    path("write any inline policy", &[&["iam:PutUserPolicy", "iam:PutGroupPolicy", "iam:PutRolePolicy"]]),
    path("join any group", &[&["iam:AddUserToGroup"]]),
    path("trust themselves to take any role", &[&["iam:UpdateAssumeRolePolicy"]]),
    path(
        "remove a permissions boundary",
        &[&["iam:DeleteRolePermissionsBoundary", "iam:DeleteUserPermissionsBoundary"]],
    ),
    path("make access keys for any user", &[&["iam:CreateAccessKey"]]),
    path("set any user's password", &[&["iam:CreateLoginProfile", "iam:UpdateLoginProfile"]]),
    path("make credentials of a service for any user", &[&["iam:CreateServiceSpecificCredential"]]),
    path(
        "take over a user's second factor",
        &[&["iam:DeactivateMFADevice"], &["iam:CreateVirtualMFADevice"], &["iam:EnableMFADevice"]],
    ),
    path("change the code of a function and so use its role", &[&["lambda:UpdateFunctionCode"]]),
    path("change what a function loads and so use its role", &[&["lambda:UpdateFunctionConfiguration"]]),
    path("run a function with any role", &[&["iam:PassRole"], &["lambda:CreateFunction"]]),
    path("run an instance with any role", &[&["iam:PassRole"], &["ec2:RunInstances"]]),
    path(
        "give an instance any role",
        &[&["iam:PassRole"], &["ec2:AssociateIamInstanceProfile", "ec2:ReplaceIamInstanceProfileAssociation"]],
    ),
    path(
        "build a stack with any role",
        &[
            &["iam:PassRole"],
            &["cloudformation:CreateStack", "cloudformation:UpdateStack", "cloudformation:CreateStackSet"],
        ],
    ),
    path(
        "run a container with any role",
        &[
            &["iam:PassRole"],
            &["ecs:RegisterTaskDefinition"],
            &["ecs:RunTask", "ecs:StartTask", "ecs:CreateService", "ecs:UpdateService"],
        ],
    ),
    path("run a build with any role", &[&["iam:PassRole"], &["codebuild:CreateProject", "codebuild:UpdateProject"]]),
    path(
        "run a job with any role",
        &[
            &["iam:PassRole"],
            &[
                "glue:CreateJob",
                "glue:UpdateJob",
                "glue:CreateDevEndpoint",
                "glue:CreateSession",
                "batch:RegisterJobDefinition",
            ],
        ],
    ),
    path(
        "open a notebook with any role",
        &[
            &["iam:PassRole"],
            &["sagemaker:CreateNotebookInstance", "sagemaker:CreateTrainingJob", "sagemaker:CreateProcessingJob"],
        ],
    ),
    path(
        "run a workflow with any role",
        &[
            &["iam:PassRole"],
            &[
                "states:CreateStateMachine",
                "states:UpdateStateMachine",
                "datapipeline:CreatePipeline",
                "scheduler:CreateSchedule",
            ],
        ],
    ),
    path("run commands on any instance and so use its role", &[&["ssm:SendCommand", "ssm:StartSession"]]),
    path("log in to any instance and so use its role", &[&["ec2-instance-connect:SendSSHPublicKey"]]),
    path(
        "replace what an instance runs at its start",
        &[&["ec2:ModifyInstanceAttribute"], &["ec2:StopInstances"], &["ec2:StartInstances"]],
    ),
];

const fn path(what: &'static str, needs: &'static [&'static [&'static str]]) -> Path {
    Path { what, needs }
}

/// Conditions made to keep these permissions harmless.
const GUARDS: &[&str] = &[
    "iam:AWSServiceName",
    "iam:PermissionsBoundary",
    "iam:PolicyARN",
    "iam:PassedToService",
    "iam:AssociatedResourceArn",
];

pub(super) fn check_full_access(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    if subject.kind != PolicyKind::Identity {
        return;
    }
    for view in subject.allows().filter(|view| allows_everything(view)) {
        let fix = "list the actions that are needed; `daypass policy shrink` keeps the list short";
        findings.add(&FULL_ACCESS, &view.place(), "every action on every resource is allowed", fix);
    }
}

fn allows_everything(view: &View<'_>) -> bool {
    view.actions.len() == catalogue().actions().len() && view.is_on_everything() && !view.has_conditions()
}

pub(super) fn check_paths(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    if subject.kind != PolicyKind::Identity || subject.allows().any(allows_everything) {
        return;
    }
    // Paths by the place of what opens them: one pattern may open many.
    let mut opened: Vec<((usize, usize), Vec<&str>)> = Vec::new();
    for path in PATHS {
        let granted = path.needs.iter().map(|names| names.iter().find_map(|name| granted(subject, name)));
        let Some(places) = granted.collect::<Option<Vec<_>>>() else { continue };
        let Some(place) = places.last().copied() else { continue };
        match opened.iter_mut().find(|(known, _)| *known == place) {
            Some((_, whats)) => whats.push(path.what),
            None => opened.push((place, vec![path.what])),
        }
    }
    for ((statement, at), whats) in opened {
        let Some(view) = subject.statements.get(statement) else { continue };
        let message = format!("with this one can {}", whats.join(", "));
        let fix = "limit the resources, add a condition such as `iam:PermissionsBoundary`, or remove it";
        findings.add(&PRIVILEGE_ESCALATION, &view.item(view.action_field(), at), message, fix);
    }
}

/// The statement and the pattern in it that allow the action on about any resource.
fn granted(subject: &Subject<'_>, name: &str) -> Option<(usize, usize)> {
    let action = catalogue().action(name)?;
    if is_taken_back(subject, action) {
        return None;
    }
    let mut allows =
        subject.allows().filter(|view| view.is_about(action) && is_broad(view, action) && !is_guarded(view));
    let view = allows.next()?;
    let fits = |pattern: &String| action.fits(pattern);
    let at = if view.statement.action().is_negated() { 0 } else { view.action_patterns().iter().position(fits)? };
    Some((view.at, at))
}

/// Denied everywhere, or everywhere but on a few resources.
fn is_taken_back(subject: &Subject<'_>, action: &KnownAction) -> bool {
    subject.statements.iter().any(|view| {
        let limits_resources = view.is_on_everything() || view.statement.resource().is_some_and(|it| it.is_negated());
        !view.is_allow() && view.is_about(action) && limits_resources && !view.has_conditions()
    })
}

/// Among the resources that the action takes, some are all of a kind.
fn is_broad(view: &View<'_>, action: &KnownAction) -> bool {
    let Some(resources) = view.listed_resources() else { return true };
    let taken = resources.iter().filter(|text| takes(action, &[open_ended(text)]));
    let is_everything = |text: &String| {
        let resource = text.splitn(6, ':').nth(5).unwrap_or("*");
        let name = resource.split_once(['/', ':']).map_or(resource, |(_, name)| name);
        !name.is_empty() && name.bytes().all(|byte| matches!(byte, b'*' | b'/' | b':'))
    };
    view.is_on_everything() || taken.into_iter().any(is_everything)
}

/// Made for the purpose, or a limit to resources with a certain tag.
fn is_guarded(view: &View<'_>) -> bool {
    let guards = |key: &str| GUARDS.iter().any(|guard| key.eq_ignore_ascii_case(guard));
    let is_tag = |key: &str| key.to_ascii_lowercase().contains("resourcetag/");
    view.tests().any(|test| {
        !test.holds_without_key() && (guards(test.key) || (is_tag(test.key) && test.comparison() != Comparison::Null))
    })
}

pub(super) fn check_pass_role(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    if subject.kind != PolicyKind::Identity || subject.allows().any(allows_everything) {
        return;
    }
    if let Some((statement, at)) = granted(subject, "iam:PassRole")
        && let Some(view) = subject.statements.get(statement)
    {
        let message = "any role can be passed to any service";
        let fix = "name the roles, and add a condition on `iam:PassedToService`";
        findings.add(&PASS_ANY_ROLE, &view.item(view.action_field(), at), message, fix);
    }
}

pub(super) fn check_service_linked_roles(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    if subject.kind != PolicyKind::Identity || subject.allows().any(allows_everything) {
        return;
    }
    if let Some((statement, at)) = granted(subject, "iam:CreateServiceLinkedRole")
        && let Some(view) = subject.statements.get(statement)
    {
        let message = "service-linked roles can be made for any service";
        let fix = "add a condition on `iam:AWSServiceName`";
        findings.add(&ANY_SERVICE_LINKED_ROLE, &view.item(view.action_field(), at), message, fix);
    }
}
