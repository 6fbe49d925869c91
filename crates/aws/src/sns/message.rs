//! What a message consists of (<https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>).

use daypass_vending::alert::Alert;
use serde_json::json;

/// SNS takes fewer than 100 characters.
const SUBJECT: usize = 99;

/// A subject as SNS takes it: ASCII without control characters, not beginning with a space, fewer than 100 characters.
pub(super) fn subject(text: &str) -> String {
    let letters = text.chars().map(|letter| match letter {
        ' '..='~' => letter,
        letter if letter.is_control() || letter.is_whitespace() => ' ',
        _ => '?',
    });
    let text: String = letters.collect();
    let text: String = text.trim().chars().take(SUBJECT).collect();
    if text.is_empty() { "Daypass".to_owned() } else { text }
}

/// The whole alert, as JSON.
pub(super) fn body(alert: &Alert) -> String {
    let Alert { session, occasion, at, subject, facts } = alert;
    let body = json!({
        "source": "daypass",
        "occasion": occasion.as_str(),
        "session": session.to_string(),
        "at": at.to_string(),
        "subject": subject,
        "facts": facts,
    });
    body.to_string()
}

/// What subscriptions can filter by.
pub(super) fn attributes(alert: &Alert) -> [(&'static str, String); 2] {
    [("occasion", alert.occasion.as_str().to_owned()), ("session", alert.session.to_string())]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use daypass_vending::alert::Occasion;
    use daypass_vending::ids::SessionId;
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn subjects_are_short_plain_ascii() {
        assert_eq!(subject("Daypass break-glass grant: olga"), "Daypass break-glass grant: olga");
        assert_eq!(subject(" \tline one\r\nline two\u{7f}\u{202e}\u{e9}"), "line one  line two ??");
        assert_eq!(subject(&"x".repeat(300)).len(), 99);
        assert_eq!(subject("\u{0}\n"), "Daypass");
    }

    #[test]
    fn the_body_tells_the_whole_alert_and_nothing_else() {
        let alert = Alert {
            session: SessionId::from_random([7; 16]),
            occasion: Occasion::Grant,
            at: Timestamp::UNIX_EPOCH,
            subject: "caf\u{e9} \"x\"\n".to_owned(),
            facts: BTreeMap::from([("incident".to_owned(), "INC-4711".to_owned())]),
        };
        let session = alert.session.to_string();
        let expected = format!(
            r#"{{"source":"daypass","occasion":"grant","session":"{session}","at":"1970-01-01T00:00:00Z","subject":"café \"x\"\n","facts":{{"incident":"INC-4711"}}}}"#
        );
        assert_eq!(body(&alert), expected);
        assert_eq!(attributes(&alert), [("occasion", "grant".to_owned()), ("session", session)]);
    }
}
