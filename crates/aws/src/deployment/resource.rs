//! What a deployment consists of in AWS, told by ARN. Pure: nothing here asks anybody.

use std::fmt;

/// One thing in AWS that belongs to a deployment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Resource {
    /// What it is, with what matters about it.
    pub what: What,
    /// Its ARN, in the form in which its own service takes it.
    pub arn: String,
}

/// The kinds of things that a deployment consists of. Closed, so that every plan and every executor covers all of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// A rule of EventBridge, such as the schedule of the cleanup function.
    Rule,
    /// A Lambda function.
    Function,
    /// An API of API Gateway (HTTP).
    Api,
    /// A domain name of API Gateway.
    Domain,
    /// An alarm of CloudWatch.
    Alarm,
    /// A dashboard of CloudWatch.
    Dashboard {
        /// Whether it carries the tag. Where it carries none at all it was found by its exact name, and has no other owner.
        tagged: bool,
    },
    /// An event bus.
    Bus,
    /// An SNS topic.
    Topic,
    /// A log group.
    LogGroup,
    /// An S3 bucket.
    Bucket,
    /// A DynamoDB table.
    Table {
        /// The ARN of the KMS key that encrypts it, when it is not AWS' own.
        key_arn: Option<String>,
    },
    /// A role of IAM that the deployment itself works with.
    Role,
    /// A customer managed policy of IAM.
    Policy,
    /// A KMS key.
    Key {
        /// Whether it signs; otherwise it encrypts.
        signs: bool,
        /// Its aliases, such as `alias/daypass-production`.
        aliases: Vec<String>,
    },
    /// Something that carries the tag and that nobody here knows how to remove.
    Unknown,
}

impl What {
    /// Its name in plans, reports and JSON.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Function => "function",
            Self::Api => "api",
            Self::Domain => "domain",
            Self::Alarm => "alarm",
            Self::Dashboard { .. } => "dashboard",
            Self::Bus => "event-bus",
            Self::Topic => "topic",
            Self::LogGroup => "log-group",
            Self::Bucket => "bucket",
            Self::Table { .. } => "table",
            Self::Role => "role",
            Self::Policy => "policy",
            Self::Key { .. } => "key",
            Self::Unknown => "unknown",
        }
    }
}

impl Resource {
    /// What this ARN names; `None` for a part of something that goes with it, such as a stage of an API.
    #[must_use]
    pub fn of_arn(arn: &str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':').skip(2);
        let (service, rest) = (parts.next().unwrap_or_default(), parts.nth(2).unwrap_or_default());
        let what = match service {
            "events" if rest.starts_with("rule/") => What::Rule,
            "events" if rest.starts_with("event-bus/") => What::Bus,
            "lambda" if rest.starts_with("function:") => match rest.matches(':').count() {
                1 => What::Function,
                // A version or an alias of a function.
                _ => return None,
            },
            "apigateway" => match rest.strip_prefix('/').and_then(|path| path.split_once('/')) {
                Some(("apis", id)) if !id.contains('/') => What::Api,
                Some(("domainnames", name)) if !name.contains('/') => What::Domain,
                Some(("apis" | "domainnames", _)) => return None,
                _ => What::Unknown,
            },
            "cloudwatch" if rest.starts_with("alarm:") => What::Alarm,
            "cloudwatch" if rest.starts_with("dashboard/") => What::Dashboard { tagged: true },
            "sns" if rest.matches(':').count() == 0 => What::Topic,
            "sns" => return None,
            "logs" if rest.starts_with("log-group:") => What::LogGroup,
            "s3" if !rest.contains('/') => What::Bucket,
            "s3" => return None,
            "dynamodb" => match rest.strip_prefix("table/") {
                Some(name) if !name.contains('/') => What::Table { key_arn: None },
                Some(_) => return None,
                None => What::Unknown,
            },
            "iam" if rest.starts_with("role/") => What::Role,
            "iam" if rest.starts_with("policy/") => What::Policy,
            "kms" if rest.starts_with("key/") => What::Key { signs: false, aliases: Vec::new() },
            _ => What::Unknown,
        };
        // CloudWatch Logs lists its groups with `:*` behind, and takes tags and deletions without
        // (<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html>).
        let arn = if what == What::LogGroup { arn.trim_end_matches(":*") } else { arn };
        Some(Self { what, arn: arn.to_owned() })
    }

    /// The name its own service knows it by: what stands behind the last separator of its kind.
    #[must_use]
    pub fn name(&self) -> &str {
        let rest = self.arn.splitn(6, ':').nth(5).unwrap_or_default();
        let after = |separator: &str| rest.split_once(separator).map_or(rest, |(_, name)| name);
        match self.what {
            What::Rule | What::Role | What::Policy | What::Api | What::Domain => {
                rest.rsplit('/').next().unwrap_or(rest)
            }
            What::Function | What::Alarm | What::LogGroup => after(":"),
            What::Bus | What::Table { .. } | What::Key { .. } | What::Dashboard { .. } => after("/"),
            What::Topic | What::Bucket | What::Unknown => rest,
        }
    }

    /// The bus of a rule: `rule/<bus>/<name>`, or `rule/<name>` on the default bus.
    #[must_use]
    pub fn bus_of_rule(&self) -> Option<&str> {
        let path = self.arn.split_once(":rule/")?.1;
        path.split_once('/').map(|(bus, _)| bus)
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            What::Unknown => f.write_str(&self.arn),
            what => write!(f, "{} {}", what.word(), self.name()),
        }
    }
}

/// Whether something is there, and whose it is. Said by its own service, at the time of the question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It is there and carries our tag.
    Ours,
    /// It is on its way out, as a table that is being deleted.
    Going,
    /// It is gone, or a key with a date for its deletion.
    Gone,
    /// It is there and does not carry our tag.
    NotOurs,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_told_by_its_arn_and_has_the_name_its_service_takes() {
        let table = [
            ("arn:aws:events:eu-central-1:111122223333:rule/daypass-x-cleanup", "rule", "daypass-x-cleanup"),
            ("arn:aws:events:eu-central-1:111122223333:rule/daypass-x/ended", "rule", "ended"),
            ("arn:aws:events:eu-central-1:111122223333:event-bus/daypass-x", "event-bus", "daypass-x"),
            ("arn:aws:lambda:eu-central-1:111122223333:function:daypass-x-api", "function", "daypass-x-api"),
            ("arn:aws:apigateway:eu-central-1::/apis/a1b2c3", "api", "a1b2c3"),
            ("arn:aws:apigateway:eu-central-1::/domainnames/pass.example.com", "domain", "pass.example.com"),
            ("arn:aws:cloudwatch:eu-central-1:111122223333:alarm:daypass-x-stuck", "alarm", "daypass-x-stuck"),
            ("arn:aws:cloudwatch::111122223333:dashboard/daypass-x", "dashboard", "daypass-x"),
            ("arn:aws:sns:eu-central-1:111122223333:daypass-x-alerts", "topic", "daypass-x-alerts"),
            (
                "arn:aws:logs:eu-central-1:111122223333:log-group:/aws/lambda/daypass-x-api:*",
                "log-group",
                "/aws/lambda/daypass-x-api",
            ),
            ("arn:aws:s3:::daypass-x-111122223333-templates", "bucket", "daypass-x-111122223333-templates"),
            ("arn:aws:dynamodb:eu-central-1:111122223333:table/daypass-x-audit", "table", "daypass-x-audit"),
            ("arn:aws:iam::111122223333:role/service/daypass-x-broker", "role", "daypass-x-broker"),
            ("arn:aws:iam::111122223333:policy/daypass/boundary/admin", "policy", "admin"),
            (
                "arn:aws:kms:eu-central-1:111122223333:key/0b2ff1f4-0000-4000-8000-000000000001",
                "key",
                "0b2ff1f4-0000-4000-8000-000000000001",
            ),
            ("arn:aws:sqs:eu-central-1:111122223333:dead", "unknown", "dead"),
        ];
        for (arn, word, name) in table {
            let found = Resource::of_arn(arn).unwrap();
            assert_eq!((found.what.word(), found.name()), (word, name), "{arn}");
        }
    }

    #[test]
    fn parts_of_something_go_with_it() {
        for arn in [
            "arn:aws:apigateway:eu-central-1::/apis/a1b2c3/stages/$default",
            "arn:aws:apigateway:eu-central-1::/domainnames/pass.example.com/apimappings/a1",
            "arn:aws:s3:::daypass-x-111122223333-templates/vendor.id",
            "arn:aws:lambda:eu-central-1:111122223333:function:daypass-x-api:7",
            "arn:aws:dynamodb:eu-central-1:111122223333:table/daypass-x-audit/stream/2026-11-21",
            "arn:aws:sns:eu-central-1:111122223333:daypass-x-alerts:0b2ff1f4-0000-4000-8000-000000000001",
        ] {
            assert_eq!(Resource::of_arn(arn), None, "{arn}");
        }
    }

    #[test]
    fn a_rule_names_its_bus() {
        let bus = |arn| Resource::of_arn(arn).unwrap().bus_of_rule().map(str::to_owned);
        assert_eq!(bus("arn:aws:events:eu-central-1:111122223333:rule/tick"), None);
        assert_eq!(bus("arn:aws:events:eu-central-1:111122223333:rule/daypass-x/ended").as_deref(), Some("daypass-x"));
    }
}
