//! Metrics in embedded metric format: one line on standard output, which CloudWatch reads from the function's log
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>).

use daypass_vending::reconcile::{Backlog, ReconcileReport};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// Where the metrics are found.
const NAMESPACE: &str = "Daypass";

/// The line of a pass. What a backlog would tell is left out when it could not be counted: no number is better than a wrong
/// one, and an alarm can treat missing data as it should.
#[must_use]
pub fn line(
    deployment: &str,
    request_id: &str,
    at: Timestamp,
    report: &ReconcileReport,
    backlog: Option<&Backlog>,
) -> String {
    let mut values = vec![
        ("Reconciled", "Count", json!(1)),
        ("Settled", "Count", json!(report.settled_sessions())),
        ("ReconcilerFailures", "Count", json!(report.errors.len())),
        ("CutShort", "Count", json!(u8::from(report.cut_short))),
    ];
    if let Some(backlog) = backlog {
        values.extend([
            ("StuckSessions", "Count", json!(backlog.stuck)),
            ("UndeliveredAlerts", "Count", json!(backlog.undelivered_alerts)),
            ("OldestDueSeconds", "Seconds", json!(backlog.oldest_due_seconds)),
        ]);
    }
    let metrics: Vec<_> = values.iter().map(|(name, unit, _)| json!({"Name": name, "Unit": unit})).collect();
    let mut document = Map::new();
    document.insert(
        "_aws".to_owned(),
        json!({
            "Timestamp": at.as_millisecond(),
            "CloudWatchMetrics": [{"Namespace": NAMESPACE, "Dimensions": [["Deployment"]], "Metrics": metrics}],
        }),
    );
    document.insert("Deployment".to_owned(), json!(deployment));
    // No dimension: a property, to find the invocation by.
    document.insert("RequestId".to_owned(), json!(request_id));
    document.extend(values.into_iter().map(|(name, _, value)| (name.to_owned(), value)));
    Value::Object(document).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(report: &ReconcileReport, backlog: Option<&Backlog>) -> Value {
        let line = line("prod", "8476a536-e9f4-11e8-9739-2dfe598c3fcd", Timestamp::UNIX_EPOCH, report, backlog);
        assert!(!line.contains('\n'), "CloudWatch takes each line for an event of its own");
        serde_json::from_str(&line).unwrap()
    }

    /// Each metric that is declared has a number at the root, and the dimension a text.
    fn names(document: &Value) -> Vec<String> {
        let directive = &document["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(directive["Namespace"], "Daypass");
        assert_eq!(directive["Dimensions"], json!([["Deployment"]]));
        assert_eq!(document["Deployment"], "prod");
        let names = directive["Metrics"].as_array().unwrap().iter().map(|metric| metric["Name"].as_str().unwrap());
        names.inspect(|name| assert!(document[*name].is_number(), "{name}")).map(str::to_owned).collect()
    }

    #[test]
    fn a_pass_is_told_in_numbers_that_are_declared() {
        let report = ReconcileReport {
            expired: 2,
            revoked: 3,
            errors: vec!["could not".to_owned()],
            cut_short: true,
            ..ReconcileReport::default()
        };
        let backlog = Backlog { stuck: 4, undelivered_alerts: 5, oldest_due_seconds: 6 };
        let document = parsed(&report, Some(&backlog));
        assert_eq!(
            names(&document),
            [
                "Reconciled",
                "Settled",
                "ReconcilerFailures",
                "CutShort",
                "StuckSessions",
                "UndeliveredAlerts",
                "OldestDueSeconds"
            ]
        );
        for (name, value) in [
            ("Settled", 5),
            ("ReconcilerFailures", 1),
            ("CutShort", 1),
            ("StuckSessions", 4),
            ("UndeliveredAlerts", 5),
            ("OldestDueSeconds", 6),
        ] {
            assert_eq!(document[name], value, "{name}");
        }
        assert_eq!(document["_aws"]["Timestamp"], 0);
    }

    #[test]
    fn what_is_not_known_is_not_told() {
        let document = parsed(&ReconcileReport::default(), None);
        assert_eq!(names(&document), ["Reconciled", "Settled", "ReconcilerFailures", "CutShort"]);
        assert!(document.get("StuckSessions").is_none());
    }
}
