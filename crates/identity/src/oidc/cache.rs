//! A provider's keys, kept: asked for when they are old or a token names an unknown one, but never more often than a flood
//! of forged tokens should cost, and believed for a while when the provider does not answer.

use std::sync::{PoisonError, RwLock};

use daypass_vending::ports::AuthenticationError;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use super::provider::{Provider, Published};
use super::unknown_key;
use crate::keys::{TrustedKey, TrustedKeys};

/// How long nobody is asked again, whatever tokens name. A new key of the provider is known this much later at worst.
const PAUSE: SignedDuration = SignedDuration::from_secs(30);

/// How long keys count after they were last seen at the provider. A key that was withdrawn is not believed for longer, and
/// an outage of a working day locks nobody out.
const KEEP: SignedDuration = SignedDuration::from_hours(12);

/// Keys that are asked for.
pub(super) struct KeyCache {
    provider: Provider,
    kept: RwLock<Kept>,
    /// Held by the one who asks.
    asking: Mutex<()>,
}

/// What is known.
#[derive(Default)]
struct Kept {
    keys: Option<TrustedKeys>,
    /// When they were last seen, and how long they need not be asked for again.
    seen_at: Timestamp,
    fresh_until: Timestamp,
    /// When the provider was last asked, and whether it answered.
    asked_at: Option<Timestamp>,
    answered: bool,
}

/// What to do with a token, as far as it can be said without asking.
#[derive(Debug)]
enum Verdict {
    /// This is its key.
    Known(TrustedKey),
    /// This is its key, but the provider should be asked whether it still is.
    Stale(TrustedKey),
    /// The provider has to be asked.
    Ask,
    /// The provider was asked just now and has no such key.
    Unknown,
    /// The provider was asked just now and did not answer.
    Unavailable,
}

impl KeyCache {
    pub(super) fn new(provider: Provider) -> Self {
        Self { provider, kept: RwLock::default(), asking: Mutex::default() }
    }

    /// The key that a token names.
    pub(super) async fn find(&self, id: Option<&str>, now: Timestamp) -> Result<TrustedKey, AuthenticationError> {
        match self.verdict(id, now) {
            Verdict::Known(key) => return Ok(key),
            Verdict::Stale(key) => {
                // One asks, the others go on with what is known.
                let Ok(turn) = self.asking.try_lock() else { return Ok(key) };
                self.ask(now).await;
                drop(turn);
            }
            Verdict::Ask => {
                let turn = self.asking.lock().await;
                // Whoever was first has asked for all who waited.
                if matches!(self.verdict(id, now), Verdict::Ask | Verdict::Stale(_)) {
                    self.ask(now).await;
                }
                drop(turn);
            }
            Verdict::Unknown => return Err(unknown_key()),
            Verdict::Unavailable => return Err(unavailable()),
        }
        match self.verdict(id, now) {
            Verdict::Known(key) | Verdict::Stale(key) => Ok(key),
            Verdict::Unknown => Err(unknown_key()),
            Verdict::Ask | Verdict::Unavailable => Err(unavailable()),
        }
    }

    async fn ask(&self, now: Timestamp) {
        let published = self.provider.published().await;
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        kept.asked_at = Some(now);
        kept.answered = published.is_ok();
        match published {
            Ok(published) => kept.replace(published, now),
            Err(error) => {
                let issuer = self.provider.issuer();
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(%issuer, %error, cause, "the keys of an issuer are not known anew");
            }
        }
    }

    fn verdict(&self, id: Option<&str>, now: Timestamp) -> Verdict {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).verdict(id, now)
    }
}

impl Kept {
    fn replace(&mut self, published: Published, now: Timestamp) {
        self.keys = Some(published.keys);
        self.seen_at = now;
        self.fresh_until = now.saturating_add(published.fresh_for).unwrap_or(Timestamp::MAX);
    }

    fn verdict(&self, id: Option<&str>, now: Timestamp) -> Verdict {
        // A clock that was set back does not silence us for long either.
        let asked_just_now = self.asked_at.is_some_and(|at| now.duration_since(at).abs() < PAUSE);
        let is_believed = now.duration_since(self.seen_at) < KEEP;
        let known = self.keys.as_ref().filter(|_| is_believed).and_then(|keys| keys.find(id)).cloned();
        match known {
            Some(key) if now < self.fresh_until || asked_just_now => Verdict::Known(key),
            Some(key) => Verdict::Stale(key),
            None if !asked_just_now => Verdict::Ask,
            None if self.answered => Verdict::Unknown,
            None => Verdict::Unavailable,
        }
    }
}

fn unavailable() -> AuthenticationError {
    AuthenticationError::Unavailable("the issuer's keys are not known, and it does not answer".to_owned())
}
