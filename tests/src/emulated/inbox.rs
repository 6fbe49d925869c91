//! Where alerts arrive.

use serde_json::json;

use super::{Call, Hub, Key, REGION};

/// A topic with a queue behind it.
#[derive(Clone, Debug)]
pub struct Inbox {
    hub: Hub,
    /// The topic.
    pub topic_arn: String,
    queue_url: String,
}

impl Inbox {
    /// A new one in the hub.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn new(hub: &Hub) -> Self {
        let (ministack, root) = (hub.ministack, Key::root(&hub.account));
        let sns = |action: &str, parameters: &[(&str, &str)]| Call::query("sns", "2010-03-31", action, parameters);
        let topic = ministack.must(&root, &sns("CreateTopic", &[("Name", "daypass-alerts")])).await;
        let topic_arn = topic.text("TopicArn");
        let queue = Call::json("sqs", "AmazonSQS.CreateQueue", &json!({"QueueName": "daypass-alerts"}));
        let queue_url =
            ministack.must(&root, &queue).await.json()["QueueUrl"].as_str().expect("what was asked for").to_owned();
        let queue_arn = format!("arn:aws:sqs:{}:{}:daypass-alerts", REGION, hub.account);
        let allow = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue_arn
        }]});
        let attributes = json!({"QueueUrl": queue_url, "Attributes": {"Policy": allow.to_string()}});
        ministack.must(&root, &Call::json("sqs", "AmazonSQS.SetQueueAttributes", &attributes)).await;
        let subscription = [("TopicArn", topic_arn.as_str()), ("Protocol", "sqs"), ("Endpoint", &queue_arn)];
        ministack.must(&root, &sns("Subscribe", &subscription)).await;
        Self { hub: hub.clone(), topic_arn, queue_url }
    }

    /// The notifications that have arrived and were not seen yet, as SNS wraps them.
    ///
    /// # Panics
    /// When they cannot be read.
    pub async fn messages(&self) -> Vec<serde_json::Value> {
        let (ministack, root) = (self.hub.ministack, Key::root(&self.hub.account));
        let mut found = Vec::new();
        loop {
            // What was received is hidden from then on: for longer than any test runs.
            let body = json!({"QueueUrl": self.queue_url, "MaxNumberOfMessages": 10, "VisibilityTimeout": 43_200});
            let answer = ministack.must(&root, &Call::json("sqs", "AmazonSQS.ReceiveMessage", &body)).await.json();
            let messages = answer["Messages"].as_array().cloned().unwrap_or_default();
            if messages.is_empty() {
                return found;
            }
            let bodies = messages.iter().map(|message| message["Body"].as_str().expect("a body"));
            found.extend(bodies.map(|body| serde_json::from_str::<serde_json::Value>(body).expect("JSON")));
        }
    }
}
