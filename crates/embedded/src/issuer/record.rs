//! What is kept about each sample user.

use daypass_vending::ids::UserId;
use daypass_vending::ports::{Entropy, KeyError};
use daypass_vending::secret::{Sealed, Secret};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};
use totp_rs::{Algorithm, Builder, Totp};

use super::IssuerError;
use super::people::readable_password;
use crate::database::JobError;
use crate::keys::LocalKeys;

/// RFC 6238: a code stands for half a minute.
const STEP_SECONDS: u64 = 30;

/// One sample user's secrets and attempts.
pub(super) struct Record {
    pub(super) password: Secret,
    pub(super) totp: Totp,
    pub(super) attempts: Attempts,
}

/// What was tried so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Attempts {
    /// The last 30-second step whose code was accepted.
    pub(super) used_step: u64,
    /// Failures since the last complete login.
    pub(super) failed: u32,
    /// No attempt counts before.
    pub(super) wait_until: Option<Timestamp>,
}

/// A new user's secrets, sealed.
pub(super) struct Sealing {
    user: UserId,
    password: Sealed,
    totp_secret: Sealed,
}

impl Record {
    /// The one-time-code secret as authenticator apps take it.
    pub(super) fn totp_base32(&self) -> Secret {
        Secret::new(self.totp.secret().to_base32())
    }

    /// The first code that was not used yet: the current one or the next.
    pub(super) fn next_code(&self, now: Timestamp) -> String {
        let current = seconds(now) / STEP_SECONDS;
        let step = if self.attempts.used_step == current { current + 1 } else { current };
        self.totp.generate(step * STEP_SECONDS).to_string()
    }
}

/// Seconds since 1970; codes did not exist before.
pub(super) fn seconds(at: Timestamp) -> u64 {
    u64::try_from(at.as_second()).unwrap_or(0)
}

/// Make the secrets of a new user.
pub(super) fn seal_new(user: &UserId, keys: &LocalKeys, entropy: &dyn Entropy) -> Result<Sealing, KeyError> {
    let totp_secret = Secret::new(hex::encode(entropy.bytes::<20>()));
    Ok(Sealing {
        user: user.clone(),
        password: keys.seal_now(&context(user, "password"), &readable_password(entropy))?,
        totp_secret: keys.seal_now(&context(user, "totp"), &totp_secret)?,
    })
}

/// Store those who are not there yet; the others keep their secrets.
pub(super) fn insert_missing(transaction: &Transaction<'_>, new: &[Sealing]) -> Result<(), JobError> {
    let sql = "INSERT INTO issuer_users (user, password, totp_secret) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    let mut statement = transaction.prepare_cached(sql)?;
    for Sealing { user, password, totp_secret } in new {
        statement.execute([user.as_str(), &password.0, &totp_secret.0])?;
    }
    Ok(())
}

/// Read a user's record and open its secrets.
pub(super) fn find(
    transaction: &Transaction<'_>,
    user: &UserId,
    keys: &LocalKeys,
) -> Result<Option<Record>, JobError<IssuerError>> {
    let sql = "SELECT password, totp_secret, totp_step, failed, wait_until FROM issuer_users WHERE user = ?1";
    let mut statement = transaction.prepare_cached(sql)?;
    let found = statement.query_row([user.as_str()], |row| {
        let sealed = (Sealed(row.get(0)?), Sealed(row.get(1)?));
        Ok((sealed, row.get::<_, i64>(2)?, row.get::<_, u32>(3)?, row.get::<_, Option<i64>>(4)?))
    });
    let Some(((password, totp_secret), step, failed, wait_until)) = found.optional()? else { return Ok(None) };
    let open =
        |what, sealed| keys.open_now(&context(user, what), sealed).map_err(|error| JobError::Declined(error.into()));
    let corrupt = |error: &dyn std::fmt::Display| JobError::Corrupt(error.to_string());
    let attempts = Attempts {
        used_step: u64::try_from(step).map_err(|error| corrupt(&error))?,
        failed,
        wait_until: wait_until.map(Timestamp::from_microsecond).transpose().map_err(|error| corrupt(&error))?,
    };
    let totp = totp(&open("totp", &totp_secret)?).ok_or_else(|| corrupt(&"not a one-time-code secret"))?;
    Ok(Some(Record { password: open("password", &password)?, totp, attempts }))
}

/// Store what was tried.
pub(super) fn update(
    transaction: &Transaction<'_>,
    user: &UserId,
    attempts: Attempts,
) -> Result<(), JobError<IssuerError>> {
    let Attempts { used_step, failed, wait_until } = attempts;
    let step = i64::try_from(used_step).unwrap_or(i64::MAX);
    let sql = "UPDATE issuer_users SET totp_step = ?2, failed = ?3, wait_until = ?4 WHERE user = ?1";
    let wait_until = wait_until.map(|until| until.as_microsecond());
    transaction.prepare_cached(sql)?.execute(params![user.as_str(), step, failed, wait_until])?;
    Ok(())
}

/// Six digits, half a minute, SHA-1: what every authenticator app speaks (RFC 6238). The code before and after is accepted
/// too, for clocks that differ.
fn totp(hex_secret: &Secret) -> Option<Totp> {
    let mut secret = [0; 20];
    hex::decode_to_slice(hex_secret.reveal(), &mut secret).ok()?;
    let builder = Builder::new().with_algorithm(Algorithm::SHA1).with_digits(6).with_skew(1);
    builder.with_step_duration(STEP_SECONDS).with_secret(totp_rs::Secret::new_stack(secret)).build().ok()
}

/// A sealed secret opens only as what it is, for whom it is.
fn context(user: &UserId, what: &str) -> String {
    format!("issuer/{user}/{what}")
}
