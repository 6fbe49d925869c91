//! An event of the trail in the words of the Open Cybersecurity Schema Framework, version 1.1: failed proofs of identity as
//! Authentication (<https://schema.ocsf.io/1.1.0/classes/authentication>), everything else as Authorize Session
//! (<https://schema.ocsf.io/1.1.0/classes/authorize_session>). What has no attribute there stands in `unmapped`, so that nothing
//! of the trail is lost on the way.

use daypass_api::{ActorView, EventView, OutcomeView};
use serde_json::{Map, Value, json};

/// The version of the schema whose attributes these are.
const VERSION: &str = "1.1.0";

/// The category Identity & Access Management.
const CATEGORY: u32 = 3;

/// A class of the schema.
#[derive(Clone, Copy)]
enum Class {
    Authentication,
    AuthorizeSession,
}

/// What was done, in the words of a class.
struct Activity {
    id: u32,
    name: String,
}

/// The event as OCSF tells it.
pub(super) fn event(event: &EventView) -> Value {
    let class = Class::of(event);
    let activity = class.activity(event);
    let mut told = Map::new();
    let mut say = |name: &str, value: Value| {
        told.insert(name.to_owned(), value);
    };
    say("activity_id", json!(activity.id));
    say("activity_name", json!(activity.name));
    say("category_uid", json!(CATEGORY));
    say("category_name", json!("Identity & Access Management"));
    say("class_uid", json!(class.uid()));
    say("class_name", json!(class.name()));
    say("type_uid", json!(class.uid() * 100 + activity.id));
    say("time", json!(event.at.as_millisecond()));
    let (severity, severity_name) = severity(event);
    say("severity_id", json!(severity));
    say("severity", json!(severity_name));
    let succeeded = event.outcome == OutcomeView::Done;
    say("status_id", json!(if succeeded { 1 } else { 2 }));
    say("status", json!(if succeeded { "Success" } else { "Failure" }));
    if let Some(why) = event.detail.get("why").or_else(|| event.detail.get("lacking")) {
        say("status_detail", json!(why));
    }
    say("message", json!(format!("{} of {}", event.action, event.chain)));
    say("metadata", metadata(event));
    say("user", user(&event.actor));
    say("actor", actor(event));
    if let Some(address) = address(&event.actor) {
        say("src_endpoint", json!({ "ip": address }));
    }
    if let Some(request) = event.detail.get("request_id") {
        say("http_request", json!({ "uid": request }));
    }
    match class {
        Class::Authentication => {
            say("service", json!({ "name": "daypass" }));
            say("is_remote", json!(true));
        }
        Class::AuthorizeSession => {
            say("privileges", json!([privilege(event)]));
            if let Some(session) = event.chain.strip_prefix("session:") {
                say("session", json!({ "uid": session, "is_mfa": event.detail.contains_key("mfa_at") }));
            }
        }
    }
    say(
        "unmapped",
        json!({ "chain": event.chain, "seq": event.seq, "previous": event.previous, "hash": event.hash, "detail": event.detail }),
    );
    Value::Object(told)
}

impl Class {
    fn of(event: &EventView) -> Self {
        let is_proof = event.action == "authenticate" || event.action.starts_with("login");
        if is_proof { Self::Authentication } else { Self::AuthorizeSession }
    }

    fn uid(self) -> u32 {
        match self {
            Self::Authentication => 3002,
            Self::AuthorizeSession => 3003,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Authentication => "Authentication",
            Self::AuthorizeSession => "Authorize Session",
        }
    }

    fn activity(self, event: &EventView) -> Activity {
        let (id, name) = match self {
            Self::Authentication => (1, "Logon"),
            Self::AuthorizeSession if event.action == "session.grant" => (1, "Assign Privileges"),
            // "Other": the name is then the source's own.
            Self::AuthorizeSession => (99, event.action.as_str()),
        };
        Activity { id, name: name.to_owned() }
    }
}

/// Break-glass is for people to look at; refusals may be; the rest informs.
fn severity(event: &EventView) -> (u32, &'static str) {
    let is_emergency = event.detail.contains_key("incident");
    match event.outcome {
        _ if is_emergency => (4, "High"),
        OutcomeView::Failed => (3, "Medium"),
        OutcomeView::Refused => (2, "Low"),
        OutcomeView::Done => (1, "Informational"),
    }
}

fn metadata(event: &EventView) -> Value {
    json!({
        "version": VERSION,
        "product": { "name": "Daypass", "vendor_name": "Daypass", "version": env!("CARGO_PKG_VERSION") },
        // Names the event for whoever gets it twice.
        "uid": format!("{}#{}", event.chain, event.seq),
        "event_code": event.action,
        "log_name": "trail",
        "sequence": event.seq,
    })
}

/// Whom it is about, as far as that is known from the event: who caused it.
fn user(actor: &ActorView) -> Value {
    match actor {
        ActorView::Person { user_id, .. } => json!({ "name": user_id, "uid": user_id, "type_id": 1, "type": "User" }),
        ActorView::Anonymous { .. } => json!({ "name": "unknown", "type_id": 0, "type": "Unknown" }),
        ActorView::Broker => json!({ "name": "daypass-broker", "type_id": 3, "type": "System" }),
        ActorView::Reconciler => json!({ "name": "daypass-reconciler", "type_id": 3, "type": "System" }),
    }
}

fn actor(event: &EventView) -> Value {
    let mut actor = json!({ "app_name": "daypass", "user": user(&event.actor) });
    if let (Some(issuer), Some(actor)) = (event.detail.get("issuer"), actor.as_object_mut()) {
        actor.insert("idp".to_owned(), json!({ "name": issuer }));
    }
    actor
}

fn address(actor: &ActorView) -> Option<&str> {
    match actor {
        ActorView::Person { address, .. } | ActorView::Anonymous { address } => Some(address),
        ActorView::Broker | ActorView::Reconciler => None,
    }
}

/// What was given, asked for, or taken: a tier in an account where the event says so, else the action itself.
fn privilege(event: &EventView) -> String {
    match (event.detail.get("tier"), event.detail.get("account")) {
        (Some(tier), Some(account)) => format!("{tier} in {account}"),
        _ => event.action.clone(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn sample(action: &str, actor: ActorView, outcome: OutcomeView, detail: &[(&str, &str)]) -> EventView {
        EventView {
            chain: "session:0190c2a4-7f2e-7000-8000-000000000001".to_owned(),
            seq: 3,
            at: "2026-03-01T11:00:00.25Z".parse().unwrap(),
            actor,
            action: action.to_owned(),
            outcome,
            detail: detail
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect::<BTreeMap<_, _>>(),
            previous: "00".repeat(32),
            hash: "ab".repeat(32),
        }
    }

    fn person() -> ActorView {
        ActorView::Person { user_id: "olga".to_owned(), address: "192.0.2.7".to_owned() }
    }

    #[test]
    fn a_grant_assigns_privileges_and_a_refused_proof_is_a_failed_logon() {
        let grant = [
            ("tier", "break-glass"),
            ("account", "111122223333"),
            ("incident", "INC-4711"),
            ("issuer", "https://id.example.com"),
            ("mfa_at", "2026-03-01T10:59:00Z"),
            ("request_id", "req-1"),
        ];
        let grant = event(&sample("session.grant", person(), OutcomeView::Done, &grant));
        let nobody = ActorView::Anonymous { address: "203.0.113.9".to_owned() };
        let forged = [("why", "the token was not accepted: InvalidSignature")];
        let forged = event(&sample("authenticate", nobody, OutcomeView::Refused, &forged));
        insta::assert_json_snapshot!([grant, forged]);
    }

    /// <https://schema.ocsf.io/1.1.0/classes/authorize_session>: what the class requires, and `at_least_one`.
    #[test]
    fn whatever_happened_has_what_the_classes_require() {
        let nobody = || ActorView::Anonymous { address: "::1".to_owned() };
        for (action, actor) in [
            ("authenticate", nobody()),
            ("login.aws", person()),
            ("credentials.issue", person()),
            ("session.expire", ActorView::Reconciler),
            ("session.activate", ActorView::Broker),
            ("decide.ReadAudit", person()),
        ] {
            for outcome in [OutcomeView::Done, OutcomeView::Refused, OutcomeView::Failed] {
                let told = event(&sample(action, actor.clone(), outcome, &[]));
                for required in
                    ["activity_id", "category_uid", "class_uid", "metadata", "severity_id", "time", "type_uid", "user"]
                {
                    assert!(told.get(required).is_some(), "{action} lacks {required}");
                }
                let class = told["class_uid"].as_u64().unwrap();
                assert_eq!(told["type_uid"].as_u64().unwrap(), class * 100 + told["activity_id"].as_u64().unwrap());
                let one_of = if class == 3002 { "service" } else { "privileges" };
                assert!(told.get(one_of).is_some(), "{action} lacks {one_of}");
                assert_eq!(told["unmapped"]["seq"], 3, "what has no attribute is kept");
            }
        }
    }
}
