//! Writing: the one place where sessions change.

use daypass_vending::audit::{Digest256, Event, EventDraft, Head};
use daypass_vending::ids::SessionId;
use daypass_vending::ports::{CommitError, StoreError};
use daypass_vending::session::{Facts, IdempotentCall, Session, Status, Transition, Version};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, Transaction, named_params, params};

use super::{execute, from_integer, micros, to_integer, to_json};
use crate::database::JobError;

/// Idempotency keys are kept for two days: twice what callers are promised.
const CALLS_KEPT: SignedDuration = SignedDuration::from_hours(48);

/// Forget the oldest few keys of those that are old enough.
pub(super) const FORGET: &str =
    "DELETE FROM calls WHERE number IN (SELECT number FROM calls WHERE at < ?1 ORDER BY at LIMIT 8)";

/// A session's next state, ready to be written: whatever needs no database is done before the writer's turn.
pub(super) struct Change {
    before: Version,
    version: Version,
    facts: Facts,
    status: Status,
    expires_at: Option<i64>,
    due_at: Option<i64>,
    owes_review: bool,
    document: String,
}

impl Change {
    pub(super) fn new(before: Version, after: &Session) -> Result<Self, StoreError> {
        Ok(Self {
            before,
            version: after.version(),
            facts: after.facts().clone(),
            status: after.status(),
            expires_at: after.expires_at().map(micros),
            due_at: after.due_at().map(micros),
            owes_review: after.owes_review(),
            document: to_json(after)?,
        })
    }

    /// Store it on condition that the stored version still is the one it started from.
    pub(super) fn store(&self, transaction: &Transaction<'_>) -> Result<(), JobError<CommitError>> {
        let changed = if self.before == Version::NEW { self.insert(transaction)? } else { self.update(transaction)? };
        if changed == 1 { Ok(()) } else { Err(JobError::Declined(CommitError::Conflict)) }
    }

    fn insert(&self, transaction: &Transaction<'_>) -> Result<usize, JobError<CommitError>> {
        let sql = "INSERT INTO sessions
            (id, project, user, account, tier, status, version, requested_at, expires_at, due_at, document) VALUES
            (:id, :project, :user, :account, :tier, :status, :version, :requested_at, :expires_at, :due_at, :document)
            ON CONFLICT (id) DO NOTHING";
        let Facts { id, user, request, requested_at, .. } = &self.facts;
        let values = named_params! {
            ":id": id.to_string(),
            ":project": request.project.as_str(),
            ":user": user.as_str(),
            ":account": request.account.as_str(),
            ":tier": request.tier.as_str(),
            ":status": self.status.as_str(),
            ":version": to_integer(self.version.get())?,
            ":requested_at": micros(*requested_at),
            ":expires_at": self.expires_at,
            ":due_at": self.due_at,
            ":document": self.document,
        };
        Ok(execute(transaction, sql, values)?)
    }

    fn update(&self, transaction: &Transaction<'_>) -> Result<usize, JobError<CommitError>> {
        let sql =
            "UPDATE sessions SET status = :status, version = :version, expires_at = :expires_at, due_at = :due_at,
            owes_review = :owes_review, document = :document WHERE id = :id AND version = :before";
        let values = named_params! {
            ":id": self.facts.id.to_string(),
            ":before": to_integer(self.before.get())?,
            ":status": self.status.as_str(),
            ":version": to_integer(self.version.get())?,
            ":expires_at": self.expires_at,
            ":due_at": self.due_at,
            ":owes_review": self.owes_review,
            ":document": self.document,
        };
        Ok(execute(transaction, sql, values)?)
    }
}

/// A transition, ready to be written.
pub(super) struct Commit {
    change: Change,
    event: EventDraft,
    /// The document of each alert.
    alerts: Vec<String>,
    /// The document of the life-cycle event.
    life_event: Option<String>,
    call: Option<IdempotentCall>,
}

impl Commit {
    pub(super) fn of(transition: &Transition) -> Result<Self, StoreError> {
        Ok(Self {
            change: Change::new(transition.before(), transition.after())?,
            event: transition.event().clone(),
            alerts: transition.alerts().iter().map(to_json).collect::<Result<_, _>>()?,
            life_event: transition.life_event().map(to_json).transpose()?,
            call: transition.call().cloned(),
        })
    }

    /// Store everything that it consists of.
    pub(super) fn store(self, transaction: &Transaction<'_>) -> Result<(), JobError<CommitError>> {
        let session = self.change.facts.id;
        if let Some(call) = &self.call {
            remember(transaction, call, session, self.event.at)?;
        }
        self.change.store(transaction)?;
        append(transaction, self.event)?;
        for document in self.alerts {
            let sql = "INSERT INTO outbox (session, document) VALUES (?1, ?2)";
            execute(transaction, sql, params![session.to_string(), document])?;
        }
        if let Some(document) = self.life_event {
            execute(transaction, "INSERT INTO life_events (document) VALUES (?1)", [document])?;
        }
        Ok(())
    }
}

/// Append an event to its chain.
pub(super) fn append<R>(transaction: &Transaction<'_>, event: EventDraft) -> Result<(), JobError<R>> {
    let head = head_of(transaction, &event)?;
    let event = event.chained(head.as_ref());
    insert_event(transaction, &event)?;
    let sql = "INSERT INTO heads (chain, seq, hash) VALUES (?1, ?2, ?3)
        ON CONFLICT (chain) DO UPDATE SET seq = excluded.seq, hash = excluded.hash";
    execute(transaction, sql, params![event.draft.chain.as_str(), to_integer(event.seq)?, event.hash.to_string()])?;
    Ok(())
}

/// The session that an earlier call with this key led to.
pub(super) fn replayed(
    transaction: &Transaction<'_>,
    call: &IdempotentCall,
) -> Result<Option<SessionId>, JobError<CommitError>> {
    let sql = "SELECT fingerprint, session FROM calls WHERE user = ?1 AND key = ?2";
    let mut statement = transaction.prepare_cached(sql)?;
    let found: Option<(String, String)> = statement
        .query_row([call.user.as_str(), call.key.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match found {
        None => Ok(None),
        Some((fingerprint, _)) if fingerprint != call.fingerprint.to_string() => {
            Err(JobError::Declined(CommitError::KeyReused))
        }
        Some((_, session)) => Ok(Some(session.parse().map_err(|error| JobError::Corrupt(format!("{error}")))?)),
    }
}

/// Keep an idempotency key, unless it is taken; forget a few that are old, so that they never pile up.
fn remember(
    transaction: &Transaction<'_>,
    call: &IdempotentCall,
    session: SessionId,
    now: Timestamp,
) -> Result<(), JobError<CommitError>> {
    let old = now.checked_sub(CALLS_KEPT).unwrap_or(Timestamp::MIN);
    execute(transaction, FORGET, [micros(old)])?;
    if let Some(earlier) = replayed(transaction, call)? {
        return Err(JobError::Declined(CommitError::Replayed(earlier)));
    }
    let sql = "INSERT INTO calls (user, key, fingerprint, session, at) VALUES (?1, ?2, ?3, ?4, ?5)";
    let (fingerprint, session) = (call.fingerprint.to_string(), session.to_string());
    execute(transaction, sql, params![call.user.as_str(), call.key.as_str(), fingerprint, session, micros(now)])?;
    Ok(())
}

fn head_of<R>(transaction: &Transaction<'_>, event: &EventDraft) -> Result<Option<Head>, JobError<R>> {
    let mut statement = transaction.prepare_cached("SELECT seq, hash FROM heads WHERE chain = ?1")?;
    let found: Option<(i64, String)> =
        statement.query_row([event.chain.as_str()], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((seq, hash)) = found else { return Ok(None) };
    let hash = Digest256::try_from(hash).map_err(|error| JobError::Corrupt(error.to_string()))?;
    Ok(Some(Head { chain: event.chain.clone(), seq: from_integer(seq)?, hash }))
}

fn insert_event<R>(transaction: &Transaction<'_>, event: &Event) -> Result<(), JobError<R>> {
    let document = serde_json::to_string(event).map_err(|error| JobError::Unavailable(error.to_string()))?;
    let sql = "INSERT INTO events (chain, seq, document) VALUES (?1, ?2, ?3)";
    execute(transaction, sql, params![event.draft.chain.as_str(), to_integer(event.seq)?, document])?;
    Ok(())
}
