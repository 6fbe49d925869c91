//! A deployment for tests.

use daypass_aws::deployment::{Resource, What};

pub(crate) const DATA_KEY: &str = "arn:aws:kms:eu-central-1:111122223333:key/data";
pub(crate) const SIGNING_KEY: &str = "arn:aws:kms:eu-central-1:111122223333:key/signing";

/// The ARN of something of this service.
pub(crate) fn arn(service: &str, rest: &str) -> String {
    let (region, account) = match service {
        "iam" => ("", "111122223333"),
        "s3" => ("", ""),
        "apigateway" => ("eu-central-1", ""),
        _ => ("eu-central-1", "111122223333"),
    };
    format!("arn:aws:{service}:{region}:{account}:{rest}")
}

/// Something of this service.
pub(crate) fn resource(service: &str, rest: &str) -> Resource {
    Resource::of_arn(&arn(service, rest)).unwrap()
}

/// A table with this key.
pub(crate) fn with_key(service: &str, rest: &str, key: &str) -> Resource {
    Resource { what: What::Table { key_arn: Some(key.to_owned()) }, arn: arn(service, rest) }
}

/// One of every kind, in no particular order.
pub(crate) fn deployment() -> Vec<Resource> {
    let key = |name: &str, signs: bool| Resource {
        what: What::Key { signs, aliases: vec![format!("alias/daypass-x-{name}")] },
        arn: arn("kms", &format!("key/{name}")),
    };
    vec![
        key("signing", true),
        key("data", false),
        resource("iam", "policy/daypass/boundary/admin"),
        resource("iam", "role/daypass-x-broker"),
        with_key("dynamodb", "table/daypass-x-sessions", DATA_KEY),
        with_key("dynamodb", "table/daypass-x-audit", DATA_KEY),
        with_key("dynamodb", "table/daypass-x-records", DATA_KEY),
        resource("s3", "daypass-x-111122223333-templates"),
        resource("logs", "log-group:/aws/lambda/daypass-x-api"),
        resource("sns", "daypass-x-alerts"),
        resource("events", "event-bus/daypass-x"),
        resource("events", "rule/daypass-x-cleanup"),
        resource("cloudwatch", "dashboard/daypass-x"),
        resource("cloudwatch", "alarm:daypass-x-stuck"),
        resource("apigateway", "/apis/a1b2c3"),
        resource("lambda", "function:daypass-x-cleanup"),
        resource("lambda", "function:daypass-x-api"),
    ]
}
