//! What an event says.

use daypass_vending::life_event::{LifeEvent, Milestone};
use serde_json::{Map, Value};

/// The source of all our events.
pub(super) const SOURCE: &str = "daypass.session";

/// The detail type, by which rules choose.
pub(super) fn detail_type(milestone: Milestone) -> &'static str {
    match milestone {
        Milestone::Refused => "Session Refused",
        Milestone::Requested => "Session Requested",
        Milestone::ApprovalGiven => "Session Approval Given",
        Milestone::Approved => "Session Approved",
        Milestone::Denied => "Session Denied",
        Milestone::Lapsed => "Session Lapsed",
        Milestone::Granted => "Session Granted",
        Milestone::Activated => "Session Activated",
        Milestone::CredentialsIssued => "Session Credentials Issued",
        Milestone::ExtensionGranted => "Session Extension Granted",
        Milestone::Extended => "Session Extended",
        Milestone::ExtensionFailed => "Session Extension Failed",
        Milestone::Failed => "Session Failed",
        Milestone::Revoking => "Session Revoking",
        Milestone::Expiring => "Session Expiring",
        Milestone::Stuck => "Session Stuck",
        Milestone::Revoked => "Session Revoked",
        Milestone::Expired => "Session Expired",
        Milestone::Reviewed => "Session Reviewed",
    }
}

/// The detail. Written out field by field, so that what is stored can change without what is promised.
pub(super) fn detail(event: &LifeEvent) -> Value {
    let LifeEvent { milestone: _, session, sequence, project, account, tier, user, status, at, reason, .. } = event;
    let mut detail = Map::new();
    let mut say = |name: &str, value: Value| detail.insert(name.to_owned(), value);
    say("session", session.to_string().into());
    say("sequence", (*sequence).into());
    say("project", project.as_str().into());
    say("account", account.as_str().into());
    say("tier", tier.as_str().into());
    say("user", user.as_str().into());
    say("status", status.as_str().into());
    say("at", at.to_string().into());
    say("reason", reason.as_str().into());
    let LifeEvent { incident, role, expires_at, cause, by, why, .. } = event;
    let optional = [
        ("incident", incident.as_ref().map(ToString::to_string)),
        ("role", role.as_ref().map(ToString::to_string)),
        ("expires_at", expires_at.map(|at| at.to_string())),
        ("cause", cause.clone()),
        ("by", by.as_ref().map(ToString::to_string)),
        ("why", why.clone()),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            say(name, value.into());
        }
    }
    Value::Object(detail)
}
