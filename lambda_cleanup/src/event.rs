//! What woke the function. The event says nothing that a pass would need; it is read to notice a rule that points to the
//! wrong function.

use serde_json::Value;

/// Who asked for a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// A rule of EventBridge with a rate or cron expression
    /// (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html>).
    Rule,
    /// A schedule of EventBridge Scheduler without an input of its own
    /// (<https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html>).
    Scheduler,
    /// Somebody, by hand, with `{}`.
    Hand,
}

/// The event is not one of those.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is not a schedule's event but {what}: a pass is asked for by a scheduled event of EventBridge, or by `{{}}`"
)]
pub struct UnknownEvent {
    what: String,
}

impl Trigger {
    /// Who sent this event.
    ///
    /// # Errors
    /// [`UnknownEvent`].
    pub fn of(event: &Value) -> Result<Self, UnknownEvent> {
        let unknown = |what: String| Err(UnknownEvent { what });
        let Value::Object(fields) = event else { return unknown("no object".to_owned()) };
        if fields.is_empty() {
            return Ok(Self::Hand);
        }
        let text = |key: &str| fields.get(key).and_then(Value::as_str);
        match (text("source"), text("detail-type")) {
            (Some("aws.events"), Some("Scheduled Event")) => Ok(Self::Rule),
            (Some("aws.scheduler"), Some("Scheduled Event")) => Ok(Self::Scheduler),
            (Some(source), Some(kind)) => unknown(format!("`{}` from `{}`", short(kind), short(source))),
            _ => unknown("an object of another kind".to_owned()),
        }
    }
}

/// Enough of a name to recognise it, as it may stand in a log.
fn short(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(64).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn schedules_and_people_may_ask_for_a_pass() {
        let mut event = json!({
            "version": "0",
            "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": "111122223333",
            "time": "2026-10-08T16:53:06Z",
            "region": "eu-central-1",
            "resources": ["arn:aws:events:eu-central-1:111122223333:rule/daypass-prod-cleanup"],
            "detail": {},
        });
        assert_eq!(Trigger::of(&event), Ok(Trigger::Rule));
        event["source"] = "aws.scheduler".into();
        event["detail"] = "{}".into();
        assert_eq!(Trigger::of(&event), Ok(Trigger::Scheduler));
        assert_eq!(Trigger::of(&json!({})), Ok(Trigger::Hand));
    }

    #[test]
    fn whatever_was_meant_for_another_function_is_refused_by_name() {
        for (event, expected) in [
            (json!(null), "no object"),
            (json!([]), "no object"),
            (json!({"Records": []}), "an object of another kind"),
            (json!({"source": "aws.events"}), "an object of another kind"),
            (json!({"source": "aws.s3", "detail-type": "Object Created"}), "`Object Created` from `aws.s3`"),
            (json!({"source": "aws.events\u{1b}[2J", "detail-type": "Scheduled Event"}), "from `aws.events[2J`"),
        ] {
            let refused = Trigger::of(&event).unwrap_err().to_string();
            assert!(refused.contains(expected), "{refused}");
        }
    }
}
