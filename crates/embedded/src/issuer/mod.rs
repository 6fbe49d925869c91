//! The development issuer: signs identity tokens for a few sample users, so that Daypass can be tried without an identity
//! provider. Its tokens take the same way through verification as anybody's; nothing trusts it but the configuration that
//! names it.
//!
//! Passwords and one-time-code secrets are random for each database and sealed with its key file. They can be read back,
//! because `daypass dev` shows them to whoever runs it; people's own passwords do not belong here.

mod attempt;
mod people;
mod record;
#[cfg(test)]
mod tests;
mod token;

use std::sync::Arc;

use daypass_vending::ids::{InvalidId, UserId};
use daypass_vending::ports::{Entropy, KeyError, StoreError};
use daypass_vending::secret::Secret;
use jiff::Timestamp;

pub use people::{Person, sample_people};
pub use token::SignedToken;

use crate::database::{Database, JobError};
use crate::keys::LocalKeys;
use attempt::Attempt;
use record::Record;
use token::Signer;

/// Who the issuer says it is, and for whom its tokens are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerSettings {
    /// The `iss` of its tokens: the address of the server it runs in.
    pub issuer: String,
    /// The `aud` of its tokens.
    pub audience: String,
}

/// The running issuer.
pub struct DevelopmentIssuer {
    database: Arc<Database>,
    keys: Arc<LocalKeys>,
    entropy: Arc<dyn Entropy>,
    people: Vec<Person>,
    signer: Signer,
}

/// How a sample user logs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleLogin {
    /// Who it is.
    pub person: Person,
    /// Their password.
    pub password: Secret,
    /// What their authenticator app is fed with, in base 32 (RFC 6238: SHA-1, 30 seconds, 6 digits).
    pub totp_secret: Secret,
}

/// Why nobody was logged in. Failed attempts count: after five in a row the person waits a minute before each next one.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// No such person, or not their password.
    #[error("the user or the password is wrong")]
    Wrong,
    /// The one-time code is not theirs, or not of now.
    #[error("the one-time code is wrong or too old")]
    WrongCode,
    /// The one-time code was accepted before.
    #[error("the one-time code was used already; wait for the next one")]
    CodeUsed,
    /// Too many failed attempts.
    #[error("too many failed attempts; try again at {until}")]
    Wait {
        /// When the next attempt counts.
        until: Timestamp,
    },
    /// The issuer cannot tell now.
    #[error(transparent)]
    Issuer(#[from] IssuerError),
}

/// Why the issuer does not work.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// A sample user's name or group is not a legal one.
    #[error("a sample user is not valid")]
    Person(#[from] InvalidId),
    /// There is no such sample user.
    #[error("there is no sample user `{0}`")]
    Unknown(UserId),
    /// Its records cannot be used.
    #[error("the issuer's records cannot be used")]
    Store(#[from] StoreError),
    /// Its secrets cannot be opened.
    #[error("the issuer's secrets cannot be opened")]
    Key(#[from] KeyError),
    /// A token cannot be signed.
    #[error("a token cannot be signed: {0}")]
    Signing(String),
}

impl DevelopmentIssuer {
    /// Start the issuer for these people; who is new gets a random password and one-time-code secret.
    ///
    /// # Errors
    /// When the database or the keys cannot be used.
    pub async fn start(
        database: Arc<Database>,
        keys: Arc<LocalKeys>,
        entropy: Arc<dyn Entropy>,
        settings: IssuerSettings,
        people: Vec<Person>,
    ) -> Result<Self, IssuerError> {
        let signer = Signer::new(keys.issuer(), settings)?;
        let new = people.iter().map(|person| record::seal_new(&person.user, &keys, entropy.as_ref()));
        let new: Vec<_> = new.collect::<Result<_, _>>()?;
        let stored =
            database.write(move |transaction| -> Result<(), JobError> { record::insert_missing(transaction, &new) });
        stored.await.map_err(StoreError::from)?;
        Ok(Self { database, keys, entropy, people, signer })
    }

    /// How everybody logs in, for whoever runs this on their own machine.
    ///
    /// # Errors
    /// When the records or the keys cannot be used.
    pub async fn logins(&self) -> Result<Vec<SampleLogin>, IssuerError> {
        let mut logins = Vec::with_capacity(self.people.len());
        for person in &self.people {
            let record = self.record(&person.user).await?;
            logins.push(SampleLogin {
                person: person.clone(),
                totp_secret: record.totp_base32(),
                password: record.password,
            });
        }
        Ok(logins)
    }

    /// Check password and, if given, one-time code, and sign a token. Without a code the token does not claim a second
    /// factor.
    ///
    /// # Errors
    /// See [`LoginError`].
    pub async fn login(
        &self,
        user: &UserId,
        password: &Secret,
        code: Option<&str>,
        now: Timestamp,
    ) -> Result<SignedToken, LoginError> {
        let person = self.people.iter().find(|person| person.user == *user);
        let attempt = Attempt { password: password.clone(), code: code.map(str::to_owned), now };
        let (user, keys) = (user.clone(), Arc::clone(&self.keys));
        // One transaction: of two logins with the same code, one finds it used.
        let judged = self.database.write(move |transaction| -> Result<_, JobError<IssuerError>> {
            let record = record::find(transaction, &user, &keys)?;
            let outcome = attempt.judge(record.as_ref());
            if let Some(attempts) = outcome.attempts {
                record::update(transaction, &user, attempts)?;
            }
            // A refusal is an answer: the failure must be counted, not rolled back.
            Ok(outcome.verdict)
        });
        let accepted = judged.await.map_err(IssuerError::from)??;
        let person = person.ok_or(LoginError::Wrong)?;
        Ok(self.signer.sign(person, accepted, self.entropy.bytes(), now)?)
    }

    /// Play the person's authenticator app: the current code, or, when that was used, the next one, which is accepted up to
    /// 30 seconds early.
    ///
    /// # Errors
    /// When there is no such person, or the records or keys cannot be used.
    pub async fn totp_now(&self, user: &UserId, now: Timestamp) -> Result<String, IssuerError> {
        Ok(self.record(user).await?.next_code(now))
    }

    /// The public keys that verify the issuer's tokens, as a JSON Web Key Set
    /// (<https://www.rfc-editor.org/rfc/rfc8037#section-2>).
    #[must_use]
    pub fn jwks(&self) -> serde_json::Value {
        self.signer.jwks()
    }

    async fn record(&self, user: &UserId) -> Result<Record, IssuerError> {
        if !self.people.iter().any(|person| person.user == *user) {
            return Err(IssuerError::Unknown(user.clone()));
        }
        let (wanted, keys) = (user.clone(), Arc::clone(&self.keys));
        let found = self.database.read(move |transaction| record::find(transaction, &wanted, &keys)).await?;
        found.ok_or_else(|| IssuerError::Unknown(user.clone()))
    }
}

impl From<JobError<IssuerError>> for IssuerError {
    fn from(error: JobError<IssuerError>) -> Self {
        match error {
            JobError::Declined(why) => why,
            other => Self::Store(other.map(|_| StoreError::Conflict).into()),
        }
    }
}
