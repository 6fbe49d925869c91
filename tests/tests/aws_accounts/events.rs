//! Life-cycle events through EventBridge to somebody who listens.

use std::sync::Arc;

use daypass_aws::events::EventBridgeBus;
use serde_json::{Value, json};

use crate::installation::Installation;
use daypass_tests::emulated::{Call, Hub, Key, REGION};

/// A bus with a queue behind it that hears of everything of ours.
struct Listener {
    hub: Hub,
    queue_url: String,
}

const BUS: &str = "daypass-test";

impl Listener {
    async fn new(hub: &Hub) -> Self {
        let (ministack, root) = (hub.ministack, Key::root(&hub.account));
        let events = |action: &str, body: Value| Call::json("events", &format!("AWSEvents.{action}"), &body);
        ministack.must(&root, &events("CreateEventBus", json!({"Name": BUS}))).await;
        let pattern = json!({"source": ["daypass.session"]}).to_string();
        ministack
            .must(&root, &events("PutRule", json!({"Name": "all", "EventBusName": BUS, "EventPattern": pattern})))
            .await;
        let queue = Call::json("sqs", "AmazonSQS.CreateQueue", &json!({"QueueName": "daypass-events"}));
        let queue_url = ministack.must(&root, &queue).await.json()["QueueUrl"].as_str().unwrap().to_owned();
        let queue_arn = format!("arn:aws:sqs:{REGION}:{}:daypass-events", hub.account);
        let allow = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue_arn
        }]});
        let attributes = json!({"QueueUrl": queue_url, "Attributes": {"Policy": allow.to_string()}});
        ministack.must(&root, &Call::json("sqs", "AmazonSQS.SetQueueAttributes", &attributes)).await;
        let targets = json!({"Rule": "all", "EventBusName": BUS, "Targets": [{"Id": "queue", "Arn": queue_arn}]});
        ministack.must(&root, &events("PutTargets", targets)).await;
        Self { hub: hub.clone(), queue_url }
    }

    /// What has arrived, so many events of it.
    async fn heard(&self, count: usize) -> Vec<Value> {
        let (ministack, root) = (self.hub.ministack, Key::root(&self.hub.account));
        let body = json!({"QueueUrl": self.queue_url, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 5});
        let mut heard = Vec::new();
        while heard.len() < count {
            let answer = ministack.must(&root, &Call::json("sqs", "AmazonSQS.ReceiveMessage", &body)).await.json();
            let messages = answer["Messages"].as_array().cloned().unwrap_or_default();
            assert!(!messages.is_empty(), "only {} of {count} events arrived", heard.len());
            heard.extend(
                messages.iter().map(|message| serde_json::from_str(message["Body"].as_str().unwrap()).unwrap()),
            );
        }
        heard
    }
}

#[tokio::test]
async fn a_sessions_life_arrives_at_whoever_listens() {
    let at = Installation::announcing(|sdk| Arc::new(EventBridgeBus::new(sdk, BUS.to_owned()))).await;
    let listener = Listener::new(&at.hub).await;
    let session = at.active("olga", "break-glass").await;
    at.credentials("olga", &session).await;
    at.revoke(&session).await;
    let report = at.vending.deliver_alerts().await;
    assert_eq!((report.events_published, report.events_unpublished), (5, 0), "{report:?}");
    let mut events = listener.heard(5).await;
    events.sort_by_key(|event| event["detail"]["sequence"].as_u64());
    let kinds: Vec<_> = events.iter().map(|event| event["detail-type"].as_str().unwrap()).collect();
    let expected =
        ["Session Granted", "Session Activated", "Session Credentials Issued", "Session Revoking", "Session Revoked"];
    assert_eq!(kinds, expected);
    for event in &events {
        assert_eq!((&event["source"], &event["detail"]["user"]), (&json!("daypass.session"), &json!("olga")));
        assert_eq!(event["detail"]["session"], json!(session.id().to_string()));
    }
}
