//! Idempotency keys: an item for each, by person and key.

use daypass_vending::ids::SessionId;
use daypass_vending::ports::{CommitError, StoreError};
use daypass_vending::session::IdempotentCall;
use jiff::{SignedDuration, Timestamp};

use super::DynamoStore;
use super::item::{Item, item, number, text, text_of};
use super::schema::TTL;
use super::transaction::{Condition, Write};

/// Keys are kept for two days: twice what callers are promised.
const KEPT: SignedDuration = SignedDuration::from_hours(48);

impl DynamoStore {
    /// The item that takes a key.
    pub(super) fn call(&self, call: &IdempotentCall, session: SessionId, now: Timestamp) -> Write<'_> {
        let forgotten = now.checked_add(KEPT).unwrap_or(Timestamp::MAX);
        let item = item([
            ("Part", text(part(call))),
            ("Item", text(call.key.as_str())),
            ("Fingerprint", text(call.fingerprint.to_string())),
            ("SessionId", text(session.to_string())),
            (TTL, number(forgotten.as_second())),
        ]);
        Write { table: &self.names.records, item, condition: Condition::Absent("Part") }
    }

    /// The session that an earlier call with this key led to.
    pub(super) async fn earlier(&self, call: &IdempotentCall) -> Result<Option<SessionId>, CommitError> {
        let stored = self.record(&part(call), call.key.as_str()).await?;
        match stored.map(|stored| taken(Some(&stored), call)) {
            None => Ok(None),
            Some(CommitError::Replayed(session)) => Ok(Some(session)),
            Some(error) => Err(error),
        }
    }
}

/// What it means for this call that its key is taken.
pub(super) fn taken(stored: Option<&Item>, call: &IdempotentCall) -> CommitError {
    match stored.map(|stored| session_of(stored, call)) {
        Some(Ok(Some(session))) => CommitError::Replayed(session),
        Some(Ok(None)) => CommitError::KeyReused,
        Some(Err(error)) => error.into(),
        None => StoreError::Corrupt("a taken idempotency key is not told".to_owned()).into(),
    }
}

/// The session of the call that took the key, if it was the same call.
fn session_of(stored: &Item, call: &IdempotentCall) -> Result<Option<SessionId>, StoreError> {
    if text_of(stored, "Fingerprint")? != call.fingerprint.to_string() {
        return Ok(None);
    }
    let session = text_of(stored, "SessionId")?.parse();
    session.map(Some).map_err(|error| StoreError::Corrupt(format!("{error}")))
}

fn part(call: &IdempotentCall) -> String {
    format!("call#{}", call.user.as_str())
}
