//! Issued credentials: kept as what recognises them, never as what they are.

use daypass_vending::ids::AccountId;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::objects::{Work, parse};
use crate::database::JobError;

/// How long expired credentials are still recognised, so that their holder reads `ExpiredToken` and not
/// `InvalidClientTokenId`.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);

/// What STS remembers of credentials it handed out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Issued {
    pub(super) secret: Fingerprint,
    pub(super) token: Fingerprint,
    pub(super) account: AccountId,
    pub(super) role_key: String,
    /// Which role: not the name, which may be another role's by now.
    pub(super) role_unique_id: String,
    pub(super) session_name: String,
    pub(super) source_identity: String,
    pub(super) issued_at: Timestamp,
    pub(super) expires_at: Timestamp,
}

/// The SHA-256 of a secret. The secrets are random and long, so a plain digest cannot be reversed by guessing.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Fingerprint([u8; 32]);

impl Fingerprint {
    pub(super) fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret.as_bytes()).into())
    }

    /// Compare in constant time: every byte is looked at, whatever the ones before.
    pub(super) fn matches(&self, other: &Self) -> bool {
        let difference = self.0.iter().zip(&other.0).fold(0, |sum, (one, other)| sum | (one ^ other));
        std::hint::black_box(difference) == 0
    }
}

/// Remember credentials, and forget those that nobody needs to recognise any more.
pub(super) fn remember(connection: &Connection, access_key_id: &str, issued: &Issued) -> Work<()> {
    const SQL: &str = "INSERT INTO aws_credentials (access_key_id, expires_at_us, body) VALUES (?1, ?2, ?3)";
    let over = (issued.issued_at - REMEMBERED).as_microsecond();
    connection.prepare_cached("DELETE FROM aws_credentials WHERE expires_at_us < ?1")?.execute([over])?;
    let body = serde_json::to_string(issued).map_err(|error| JobError::Corrupt(error.to_string()))?;
    connection.prepare_cached(SQL)?.execute(params![access_key_id, issued.expires_at.as_microsecond(), body])?;
    Ok(())
}

/// The credentials of this id.
pub(super) fn recall(connection: &Connection, access_key_id: &str) -> Work<Option<Issued>> {
    let mut statement = connection.prepare_cached("SELECT body FROM aws_credentials WHERE access_key_id = ?1")?;
    let body: Option<String> = statement.query_row([access_key_id], |row| row.get(0)).optional()?;
    body.map(|body| parse(&body)).transpose()
}
