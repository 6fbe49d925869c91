//! Alerts as log records: on one machine, the log is what people watch.

use async_trait::async_trait;
use daypass_vending::alert::Alert;
use daypass_vending::ports::{AlertChannel, AlertError};

/// Writes one warning per alert, with the target `daypass::alert`.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogAlerts;

#[async_trait]
impl AlertChannel for LogAlerts {
    async fn deliver(&self, alert: &Alert) -> Result<(), AlertError> {
        let facts = serde_json::to_string(&alert.facts).map_err(|error| AlertError(error.to_string()))?;
        tracing::warn!(
            target: "daypass::alert",
            {
                session.id = %alert.session,
                alert.occasion = alert.occasion.as_str(),
                alert.at = %alert.at,
                alert.facts = facts
            },
            "{}",
            alert.subject
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use daypass_vending::alert::Occasion;
    use daypass_vending::ids::SessionId;
    use jiff::Timestamp;
    use tracing::Level;

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn an_alert_is_one_record_with_everything_in_it() {
        let lines = Lines::default();
        let writer = lines.clone();
        let log =
            tracing_subscriber::fmt().json().with_max_level(Level::WARN).with_writer(move || writer.clone()).finish();
        let _quiet = tracing::subscriber::set_default(log);
        let alert = Alert {
            session: SessionId::from_random([7; 16]),
            occasion: Occasion::Grant,
            at: Timestamp::UNIX_EPOCH,
            subject: "Daypass break-glass grant: olga".to_owned(),
            facts: BTreeMap::from([("incident".to_owned(), "INC-4711".to_owned())]),
        };
        LogAlerts.deliver(&alert).await.unwrap();
        let written = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        let record: serde_json::Value = serde_json::from_str(&written).unwrap();
        assert_eq!((record["target"].as_str(), record["level"].as_str()), (Some("daypass::alert"), Some("WARN")));
        let fields = &record["fields"];
        assert_eq!(fields["message"], alert.subject);
        assert_eq!(fields["session.id"], alert.session.to_string());
        assert_eq!(fields["alert.occasion"], "grant");
        assert_eq!(fields["alert.at"], "1970-01-01T00:00:00Z");
        assert_eq!(fields["alert.facts"], r#"{"incident":"INC-4711"}"#);
    }
}
