//! Life-cycle events on their way to EventBridge.

use std::collections::BTreeSet;

use daypass_aws::events::EventBridgeBus;
use daypass_vending::life_event::{LONGEST_WHY, Milestone};
use daypass_vending::ports::EventBus;
use serde_json::{Value, json};

use crate::lives::{SECRET, events};
use crate::schema::violations;
use crate::stub::{Reply, Seen, Stub};

const BUS: &str = "daypass-test";

/// The promise.
const SCHEMA: &str = include_str!("../../events/session.schema.json");

async fn bus(stub: &Stub) -> EventBridgeBus {
    EventBridgeBus::new(&stub.configuration().await, BUS.to_owned())
}

fn entries(call: &Seen) -> Vec<Value> {
    let body: Value = serde_json::from_str(&call.body).unwrap();
    body["Entries"].as_array().unwrap().clone()
}

/// Everything is taken.
fn taken(call: &Seen) -> Reply {
    let ids: Vec<_> = entries(call).iter().map(|_| json!({"EventId": "e-1"})).collect();
    Reply::Answer(200, json!({"FailedEntryCount": 0, "Entries": ids}).to_string())
}

/// What a rule's target would get.
async fn published() -> Vec<Value> {
    let stub = Stub::start(taken).await;
    let outcomes = bus(&stub).await.publish(&events()).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    let calls = stub.seen("PutEvents");
    let received = calls.iter().flat_map(entries).map(|entry| {
        assert_eq!(entry["EventBusName"], BUS);
        let detail: Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
        json!({"source": entry["Source"], "detail-type": entry["DetailType"], "time": entry["Time"].to_string(), "detail": detail})
    });
    received.collect()
}

#[tokio::test]
async fn every_event_is_as_the_schema_says_and_the_schema_knows_every_kind() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let events = published().await;
    for event in &events {
        assert_eq!(violations(&schema, event), Vec::<String>::new(), "{event:#}");
    }
    let kinds: BTreeSet<_> = events.iter().map(|event| event["detail-type"].as_str().unwrap()).collect();
    let known = schema["properties"]["detail-type"]["enum"].as_array().unwrap();
    assert_eq!(kinds, known.iter().map(|kind| kind.as_str().unwrap()).collect());
    assert_eq!(kinds.len(), Milestone::ALL.len());
}

#[tokio::test]
async fn the_schema_refuses_what_is_not_promised() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let events = published().await;
    let revoked = events.iter().find(|event| event["detail-type"] == "Session Revoked").unwrap();
    let changes: &[fn(&mut Value)] = &[
        |event| event["source"] = json!("aws.ec2"),
        |event| event["detail-type"] = json!("Session Dreamt"),
        |event| event["detail-type"] = json!("Session Expired"),
        |event| event["detail"]["secret"] = json!("x"),
        |event| event["detail"]["sequence"] = json!("1"),
        |event| event["detail"]["sequence"] = json!(0),
        |event| event["detail"]["session"] = json!("mine"),
        |event| event["detail"]["account"] = json!("1111"),
        |event| event["detail"]["at"] = json!("yesterday"),
        |event| event["detail"]["cause"] = json!("bored"),
        |event| event["detail"]["why"] = json!("x".repeat(LONGEST_WHY + 1)),
        |event| drop(event["detail"].as_object_mut().unwrap().remove("cause")),
        |event| drop(event["detail"].as_object_mut().unwrap().remove("user")),
    ];
    for (number, change) in changes.iter().enumerate() {
        let mut event = revoked.clone();
        change(&mut event);
        assert_ne!(violations(&schema, &event), Vec::<String>::new(), "change {number}: {event:#}");
    }
}

#[tokio::test]
async fn events_tell_who_what_where_and_why_and_no_secret() {
    let events = published().await;
    let of = |kind: &str| events.iter().find(|event| event["detail-type"] == kind).unwrap()["detail"].clone();
    let revoked = of("Session Revoked");
    for (name, value) in [
        ("user", "olga"),
        ("account", "111122223333"),
        ("project", "acme-web"),
        ("tier", "break-glass"),
        ("incident", "INC-4711"),
        ("status", "revoked"),
        ("cause", "revoked"),
        ("by", "ada"),
        ("why", "the laptop was lost"),
        ("reason", "look into the nightly job — “now”"),
    ] {
        assert_eq!(revoked[name], value, "{name}");
    }
    assert!(of("Session Stuck")["sequence"].as_u64() > of("Session Granted")["sequence"].as_u64());
    let text = serde_json::to_string(&events).unwrap();
    assert!(!text.contains(SECRET) && !text.contains("AKIAIOSFODNN7EXAMPLE"), "{text}");
}

#[tokio::test]
async fn ten_events_go_in_a_call() {
    let stub = Stub::start(taken).await;
    let many: Vec<_> = events().into_iter().cycle().take(23).collect();
    assert_eq!(bus(&stub).await.publish(&many).await.len(), 23);
    let sizes: Vec<_> = stub.seen("PutEvents").iter().map(|call| entries(call).len()).collect();
    assert_eq!(sizes, [10, 10, 3]);
}

#[tokio::test]
async fn what_is_refused_in_a_call_is_told_apart_from_what_is_taken() {
    let stub = Stub::start(|call| {
        let ids = entries(call).into_iter().enumerate().map(|(number, _)| match number {
            1 => json!({"ErrorCode": "ThrottlingException", "ErrorMessage": "slow down"}),
            // A failure without a word, which is none of the documented answers.
            2 => json!({}),
            number => json!({"EventId": format!("e-{number}")}),
        });
        // One answer fewer than events.
        let ids: Vec<_> = ids.take(4).collect();
        Reply::Answer(200, json!({"FailedEntryCount": 2, "Entries": ids}).to_string())
    })
    .await;
    let outcomes = bus(&stub).await.publish(&events()[..5]).await;
    let is_ok: Vec<_> = outcomes.iter().map(Result::is_ok).collect();
    assert_eq!(is_ok, [true, false, false, true, false], "{outcomes:?}");
    assert!(outcomes[1].as_ref().unwrap_err().0.contains("ThrottlingException: slow down"));
}

#[tokio::test]
async fn a_call_that_fails_fails_for_its_own_events_only() {
    let stub = Stub::start(|call| match call.before {
        0 => Reply::Answer(400, json!({"__type": "ResourceNotFoundException", "message": "no such bus"}).to_string()),
        _ => taken(call),
    })
    .await;
    let many: Vec<_> = events().into_iter().cycle().take(12).collect();
    let outcomes = bus(&stub).await.publish(&many).await;
    assert!(outcomes[..10].iter().all(Result::is_err) && outcomes[10..].iter().all(Result::is_ok), "{outcomes:?}");
    let text = outcomes[0].as_ref().unwrap_err().to_string();
    assert!(text.contains("ResourceNotFoundException") && text.contains("r-1"), "{text}");
}
