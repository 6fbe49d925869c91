//! The records of the simulated accounts: one table of versioned objects, seen as IAM sees them or as everybody else does.

use daypass_vending::ids::AccountId;
use daypass_vending::ports::CloudError;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::database::JobError;

/// Work on the records, which AWS may decline.
pub(super) type Work<T> = Result<T, JobError<CloudError>>;

/// IAM's default (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html>).
const PAGE_SIZE: usize = 100;

/// The kinds of objects.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Role,
    Policy,
    Profile,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::Policy => "policy",
            Self::Profile => "profile",
        }
    }
}

/// One account's objects within one transaction.
#[derive(Clone, Copy)]
pub(super) struct Objects<'c> {
    pub(super) connection: &'c Connection,
    pub(super) account: &'c AccountId,
    pub(super) now: Timestamp,
    /// How long a change stays invisible to all but IAM.
    pub(super) delay: SignedDuration,
}

impl Objects<'_> {
    /// The object as IAM knows it.
    pub(super) fn current<T: DeserializeOwned>(&self, kind: Kind, key: &str) -> Work<Option<T>> {
        const SQL: &str = "SELECT body FROM aws_objects
            WHERE account = ?1 AND kind = ?2 AND key = ?3 AND visible_until_us IS NULL";
        let mut statement = self.connection.prepare_cached(SQL)?;
        let body: Option<String> =
            statement.query_row(params![self.account.as_str(), kind.as_str(), key], |row| row.get(0)).optional()?;
        body.map(|body| parse(&body)).transpose()
    }

    /// The object as AssumeRole and the services see it.
    pub(super) fn visible<T: DeserializeOwned>(&self, kind: Kind, key: &str) -> Work<Option<T>> {
        if self.delay.is_zero() {
            // Without a delay the clock has no say, so that setting it back shows nobody a state that is over.
            return self.current(kind, key);
        }
        const SQL: &str = "SELECT body FROM aws_objects
            WHERE account = ?1 AND kind = ?2 AND key = ?3
                AND visible_from_us <= ?4 AND (visible_until_us IS NULL OR ?4 < visible_until_us)
            ORDER BY number DESC LIMIT 1";
        let mut statement = self.connection.prepare_cached(SQL)?;
        let now = self.now.as_microsecond();
        let body: Option<String> = statement
            .query_row(params![self.account.as_str(), kind.as_str(), key, now], |row| row.get(0))
            .optional()?;
        body.map(|body| parse(&body)).transpose()
    }

    /// Make or replace an object.
    pub(super) fn put<T: Serialize>(&self, kind: Kind, key: &str, path: &str, object: &T) -> Work<()> {
        const SQL: &str = "INSERT INTO aws_objects (account, kind, key, path, body, visible_from_us)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        self.end(kind, key)?;
        let body = serde_json::to_string(object).map_err(|error| JobError::Corrupt(error.to_string()))?;
        let from = self.takes_effect_at();
        let mut statement = self.connection.prepare_cached(SQL)?;
        statement.execute(params![self.account.as_str(), kind.as_str(), key, path, body, from])?;
        Ok(())
    }

    /// Delete an object, if it is there.
    pub(super) fn end(&self, kind: Kind, key: &str) -> Work<()> {
        const SQL: &str = "UPDATE aws_objects SET visible_until_us = ?4
            WHERE account = ?1 AND kind = ?2 AND key = ?3 AND visible_until_us IS NULL";
        // What nobody can see any more goes at the next opportunity, so that the file does not grow for ever.
        const PRUNE: &str = "DELETE FROM aws_objects WHERE visible_until_us <= ?1";
        self.connection.prepare_cached(PRUNE)?.execute([self.now.as_microsecond()])?;
        let mut statement = self.connection.prepare_cached(SQL)?;
        statement.execute(params![self.account.as_str(), kind.as_str(), key, self.takes_effect_at()])?;
        Ok(())
    }

    /// How many objects of a kind there are.
    pub(super) fn count(&self, kind: Kind) -> Work<u32> {
        const SQL: &str = "SELECT count(*) FROM aws_objects
            WHERE account = ?1 AND kind = ?2 AND visible_until_us IS NULL";
        let mut statement = self.connection.prepare_cached(SQL)?;
        Ok(statement.query_row(params![self.account.as_str(), kind.as_str()], |row| row.get(0))?)
    }

    /// All objects of a kind, by key.
    pub(super) fn all<T: DeserializeOwned>(&self, kind: Kind) -> Work<Vec<T>> {
        Ok(self.after(kind, "", "", usize::MAX)?.into_iter().map(|(_, object)| object).collect())
    }

    /// One page of the objects under a path, with their keys, and the key it ends with when there are more.
    pub(super) fn page<T: DeserializeOwned>(
        &self,
        kind: Kind,
        prefix: &str,
        after: &str,
    ) -> Work<(Vec<T>, Option<String>)> {
        let mut found = self.after(kind, prefix, after, PAGE_SIZE + 1)?;
        let has_more = found.len() > PAGE_SIZE;
        found.truncate(PAGE_SIZE);
        let last = found.last().map(|(key, _)| key.clone()).filter(|_| has_more);
        Ok((found.into_iter().map(|(_, object)| object).collect(), last))
    }

    fn after<T: DeserializeOwned>(&self, kind: Kind, prefix: &str, key: &str, limit: usize) -> Work<Vec<(String, T)>> {
        const SQL: &str = "SELECT key, body FROM aws_objects
            WHERE account = ?1 AND kind = ?2 AND key > ?3 AND visible_until_us IS NULL
                AND substr(path, 1, length(?4)) = ?4
            ORDER BY key LIMIT ?5";
        let mut statement = self.connection.prepare_cached(SQL)?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = statement.query_map(params![self.account.as_str(), kind.as_str(), key, prefix, limit], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
        })?;
        rows.map(|row| {
            let (key, body) = row?;
            Ok((key, parse(&body)?))
        })
        .collect()
    }

    fn takes_effect_at(&self) -> i64 {
        let delay = i64::try_from(self.delay.as_micros()).unwrap_or(i64::MAX);
        self.now.as_microsecond().saturating_add(delay)
    }
}

/// Read a stored body.
pub(super) fn parse<T: DeserializeOwned>(body: &str) -> Work<T> {
    serde_json::from_str(body).map_err(|error| JobError::Corrupt(error.to_string()))
}
