//! The port [`SessionStore`].

use async_trait::async_trait;
use daypass_vending::ids::SessionId;
use daypass_vending::ports::{CommitError, Page, PageRequest, SessionFilter, SessionStore, StoreError};
use daypass_vending::session::{Bookkeeping, IdempotentCall, Session, Transition};
use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Transaction, params, params_from_iter};

use super::commit::{Change, Commit, replayed};
use super::cursor::{List, Part, Position};
use super::{SqliteStore, find, from_json, list, micros};
use crate::database::JobError;

/// What the reconciler owes something, longest due first.
pub(super) const DUE: &str = "SELECT document FROM sessions WHERE due_at <= ?1 ORDER BY due_at, number LIMIT ?2";

#[async_trait]
impl SessionStore for SqliteStore {
    async fn commit(&self, transition: &Transition) -> Result<(), CommitError> {
        let commit = Commit::of(transition)?;
        Ok(self.database.write(move |transaction| commit.store(transaction)).await?)
    }

    async fn keep(&self, bookkeeping: &Bookkeeping) -> Result<(), CommitError> {
        let change = Change::new(bookkeeping.before(), bookkeeping.after())?;
        Ok(self.database.write(move |transaction| change.store(transaction)).await?)
    }

    async fn session(&self, id: &SessionId) -> Result<Option<Session>, StoreError> {
        let id = id.to_string();
        let found = self.database.read(move |transaction| -> Result<Option<String>, JobError> {
            Ok(find(transaction, "SELECT document FROM sessions WHERE id = ?1", [id])?)
        });
        // Decoded here, so that readers only read.
        let session = found.await?.map(|document| from_json::<Session, _>(&document)).transpose();
        session.map_err(|error: JobError| error.into())
    }

    async fn sessions(&self, filter: &SessionFilter, page: &PageRequest) -> Result<Page<Session>, StoreError> {
        let part = Part::of(List::Sessions, page)?;
        let query = Query::of(filter, &part);
        Ok(self.database.read(move |transaction| query.run(transaction).map(|rows| part.page(rows))).await?)
    }

    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<Session>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let due = self.database.read(move |transaction| -> Result<Vec<Session>, JobError> {
            list(transaction, DUE, params![micros(now), limit], |row| from_json(&row.get::<_, String>(0)?))
        });
        // Columns hold whole microseconds; what is due within the current one is not due yet.
        Ok(due.await?.into_iter().filter(|session| session.due_at().is_some_and(|at| at <= now)).collect())
    }

    async fn replayed(&self, call: &IdempotentCall) -> Result<Option<SessionId>, CommitError> {
        let call = call.clone();
        Ok(self.database.read(move |transaction| replayed(transaction, &call)).await?)
    }
}

/// A list of sessions as SQL. The text is made of constants; what was asked for is bound.
pub(super) struct Query {
    pub(super) sql: String,
    values: Vec<Value>,
}

impl Query {
    pub(super) fn of(filter: &SessionFilter, part: &Part) -> Self {
        let mut query =
            Self { sql: "SELECT requested_at, number, document FROM sessions WHERE 1".to_owned(), values: vec![] };
        let SessionFilter { user, project, account, tier, statuses, owing_review } = filter;
        query.only("user", user.as_ref().map(|user| user.as_str()));
        query.only("project", project.as_ref().map(|project| project.as_str()));
        query.only("account", account.as_ref().map(|account| account.as_str()));
        query.only("tier", tier.as_ref().map(|tier| tier.as_str()));
        if !statuses.is_empty() {
            let places = vec!["?"; statuses.len()].join(", ");
            query.sql.push_str(&format!(" AND status IN ({places})"));
            query.values.extend(statuses.iter().map(|status| Value::from(status.as_str().to_owned())));
        }
        if *owing_review {
            query.sql.push_str(" AND owes_review = 1");
        }
        if let Some((requested_at, number)) = part.after {
            query.sql.push_str(" AND (requested_at, number) < (?, ?)");
            query.values.extend([Value::from(requested_at), Value::from(number)]);
        }
        query.sql.push_str(" ORDER BY requested_at DESC, number DESC LIMIT ?");
        query.values.push(Value::from(part.fetch()));
        query
    }

    fn only(&mut self, column: &'static str, value: Option<&str>) {
        if let Some(value) = value {
            self.sql.push_str(&format!(" AND {column} = ?"));
            self.values.push(Value::from(value.to_owned()));
        }
    }

    fn run(self, transaction: &Transaction<'_>) -> Result<Vec<(Position, Session)>, JobError> {
        list(transaction, &self.sql, params_from_iter(self.values), |row| {
            let position = (row.get(0)?, row.get(1)?);
            Ok((position, from_json(&row.get::<_, String>(2)?)?))
        })
    }
}
