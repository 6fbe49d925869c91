//! Alerts as messages to an SNS topic, for people (by mail: the subject) and for programs (the body and the attributes, by
//! which subscriptions can filter).

mod message;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_sns::Client;
use aws_sdk_sns::types::MessageAttributeValue;
use daypass_vending::alert::Alert;
use daypass_vending::ports::{AlertChannel, AlertError};

use crate::errors::Failure;

/// A topic as an [`AlertChannel`].
#[derive(Debug)]
pub struct SnsAlerts {
    client: Client,
    topic_arn: String,
}

impl SnsAlerts {
    /// This topic.
    #[must_use]
    pub fn new(config: &SdkConfig, topic_arn: String) -> Self {
        Self { client: Client::new(config), topic_arn }
    }
}

#[async_trait]
impl AlertChannel for SnsAlerts {
    async fn deliver(&self, alert: &Alert) -> Result<(), AlertError> {
        let mut call = self.client.publish().topic_arn(&self.topic_arn).subject(message::subject(&alert.subject));
        call = call.message(message::body(alert));
        for (name, value) in message::attributes(alert) {
            let attribute = MessageAttributeValue::builder().data_type("String").string_value(value).build();
            call = call.message_attributes(name, attribute.map_err(|error| AlertError(error.to_string()))?);
        }
        let sent = call.send().await;
        sent.map(drop).map_err(|error| AlertError(Failure::of(&error).to_string()))
    }
}
