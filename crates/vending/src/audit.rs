//! The trail: who did what, when, with which outcome. Events form one hash chain per session (and one each for decisions
//! that belong to no session), so that an edited, removed or reordered event shows (invariant 11). This module is pure;
//! stores append within the transaction of the change itself.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::identity::Evidence;
use crate::ids::{SessionId, UserId};
use crate::session::RulingRecord;

/// Names a chain of events: `session:<uuid>`, `person:<user>` or `system`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChainId(String);

impl ChainId {
    /// The chain of a session's life.
    #[must_use]
    pub fn session(id: &SessionId) -> Self {
        Self(format!("session:{id}"))
    }

    /// The chain of decisions about a person that belong to no session: refused reads, lists, rate limits.
    #[must_use]
    pub fn person(user: &UserId) -> Self {
        Self(format!("person:{user}"))
    }

    /// The chain of what nobody identified did, and of what Daypass did of its own accord.
    #[must_use]
    pub fn system() -> Self {
        Self("system".to_owned())
    }

    /// A chain name that a person typed; a name that no chain has simply finds nothing.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who caused an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Actor {
    /// An authenticated person or workload.
    Person {
        /// Who.
        user: UserId,
        /// From where.
        address: IpAddr,
    },
    /// Somebody who did not prove who they are.
    Anonymous {
        /// From where.
        address: IpAddr,
    },
    /// The broker, carrying out what a person was granted or ordered.
    Broker,
    /// The reconciler, acting on the records.
    Reconciler,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was allowed and done.
    Done,
    /// It was refused.
    Refused,
    /// It was tried and failed.
    Failed,
}

/// An event before the store gave it its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventDraft {
    /// The chain it belongs to.
    pub chain: ChainId,
    /// When it happened.
    pub at: Timestamp,
    /// Who caused it.
    pub actor: Actor,
    /// What was done, as `object.verb`, such as `session.grant`.
    pub action: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Further facts in words: tier, reason, policy ids. Never a secret.
    pub detail: BTreeMap<String, String>,
}

impl EventDraft {
    /// An event without details yet.
    #[must_use]
    pub fn new(chain: ChainId, at: Timestamp, actor: Actor, action: &str, outcome: Outcome) -> Self {
        Self { chain, at, actor, action: action.to_owned(), outcome, detail: BTreeMap::new() }
    }

    /// Add one fact.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl fmt::Display) -> Self {
        self.detail.insert(key.to_owned(), value.to_string());
        self
    }

    /// Say which rules decided.
    #[must_use]
    pub fn decided_by(self, ruling: &RulingRecord) -> Self {
        self.with("policies", ruling.policies.join(" ")).with("rules_hash", &ruling.rules_hash)
    }

    /// Say how it was known who caused it, and in which call: the evidence, never the token.
    #[must_use]
    pub fn proved_by(self, evidence: &Evidence) -> Self {
        let Evidence { issuer, method, authenticated_at, mfa_at, address: _, request } = evidence;
        let known =
            self.with("issuer", issuer).with("identity", method.as_str()).with("authenticated_at", authenticated_at);
        let known = mfa_at.iter().fold(known, |event, at| event.with("mfa_at", at));
        request.iter().fold(known, |event, id| event.with("request_id", id))
    }

    /// Give the event its place after `head`.
    #[must_use]
    pub fn chained(self, head: Option<&Head>) -> Event {
        let seq = head.map_or(1, |head| head.seq + 1);
        let previous = head.map_or(Digest256::ZERO, |head| head.hash);
        let hash = digest(&self, seq, &previous);
        Event { draft: self, seq, previous, hash }
    }
}

/// An event in its chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// What happened.
    #[serde(flatten)]
    pub draft: EventDraft,
    /// Its place in the chain, from 1.
    pub seq: u64,
    /// The hash of the event before; zeros for the first.
    pub previous: Digest256,
    /// The hash over this event, its place and `previous`.
    pub hash: Digest256,
}

impl Event {
    /// The head of the chain once this event is its last.
    #[must_use]
    pub fn head(&self) -> Head {
        Head { chain: self.draft.chain.clone(), seq: self.seq, hash: self.hash }
    }

    /// The head that this event says it followed; `None` for the first of a chain.
    #[must_use]
    pub fn before(&self) -> Option<Head> {
        let seq = self.seq.checked_sub(1).filter(|seq| *seq > 0)?;
        Some(Head { chain: self.draft.chain.clone(), seq, hash: self.previous })
    }
}

/// The end of a chain: enough to append to it, and to notice that it was cut.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Head {
    /// Which chain.
    pub chain: ChainId,
    /// The place of its last event.
    pub seq: u64,
    /// The hash of its last event.
    pub hash: Digest256,
}

/// A SHA-256 digest, printed as hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest256([u8; 32]);

impl Digest256 {
    /// What stands before the first event of a chain.
    pub const ZERO: Self = Self([0; 32]);

    /// The digest of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl fmt::Display for Digest256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Digest256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest256({self})")
    }
}

impl From<Digest256> for String {
    fn from(digest: Digest256) -> Self {
        digest.to_string()
    }
}

impl TryFrom<String> for Digest256 {
    type Error = hex::FromHexError;

    fn try_from(text: String) -> Result<Self, hex::FromHexError> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes)?;
        Ok(Self(bytes))
    }
}

/// What is wrong with a chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Tampering {
    /// The content of an event does not match its hash.
    #[error("event {seq} of `{chain}` was changed after it was written")]
    Edited {
        /// Which chain.
        chain: String,
        /// Which event.
        seq: u64,
    },
    /// An event is missing, or stands in another place.
    #[error("event {expected} of `{chain}` is missing or out of order")]
    Missing {
        /// Which chain.
        chain: String,
        /// The place where another event was found, or none.
        expected: u64,
    },
    /// An event does not follow from the one before it.
    #[error("event {seq} of `{chain}` does not follow from the event before it")]
    Unlinked {
        /// Which chain.
        chain: String,
        /// Which event.
        seq: u64,
    },
    /// The chain ends before, or otherwise than, the last head that was recorded for it.
    #[error("`{chain}` was cut or rewritten: its recorded head is event {expected}")]
    Cut {
        /// Which chain.
        chain: String,
        /// The place of the recorded head.
        expected: u64,
    },
    /// There is an event that was never recorded as its chain's.
    #[error("event {seq} of `{chain}` was inserted: the chain's recorded head stands before it")]
    Inserted {
        /// Which chain.
        chain: String,
        /// Which event.
        seq: u64,
    },
    /// A signed checkpoint is not the one that was signed.
    #[error("checkpoint {number} does not carry a valid signature")]
    Forged {
        /// Which checkpoint.
        number: u64,
    },
}

impl Tampering {
    /// The chain it was found in; a checkpoint is in none.
    #[must_use]
    pub fn chain(&self) -> Option<&str> {
        match self {
            Self::Edited { chain, .. }
            | Self::Missing { chain, .. }
            | Self::Unlinked { chain, .. }
            | Self::Cut { chain, .. }
            | Self::Inserted { chain, .. } => Some(chain),
            Self::Forged { .. } => None,
        }
    }
}

/// Checks a chain event by event, so that a trail of any length is verified in constant memory.
#[derive(Clone, Debug, Default)]
pub struct ChainVerifier {
    head: Option<Head>,
}

impl ChainVerifier {
    /// A verifier of what follows this head.
    #[must_use]
    pub fn after(head: Option<Head>) -> Self {
        Self { head }
    }

    /// Check the next event. After a finding the verifier goes on from the event as it stands, so that one manipulation
    /// is reported once.
    ///
    /// # Errors
    /// The sign of tampering.
    pub fn check(&mut self, event: &Event) -> Result<(), Tampering> {
        let before = self.head.replace(event.head());
        let chain = || event.draft.chain.as_str().to_owned();
        let expected = before.as_ref().map_or(1, |head| head.seq + 1);
        if event.seq != expected {
            return Err(Tampering::Missing { chain: chain(), expected });
        }
        if event.previous != before.map_or(Digest256::ZERO, |head| head.hash) {
            return Err(Tampering::Unlinked { chain: chain(), seq: event.seq });
        }
        if event.hash != digest(&event.draft, event.seq, &event.previous) {
            return Err(Tampering::Edited { chain: chain(), seq: event.seq });
        }
        Ok(())
    }

    /// The head of the chain so far.
    #[must_use]
    pub fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }
}

/// A signed statement of all chain heads at one time. Who can write the store but not sign cannot hide a removed chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Counts from 1 without gaps.
    pub number: u64,
    /// When it was taken.
    pub at: Timestamp,
    /// Every chain's head, sorted by chain.
    pub heads: Vec<Head>,
    /// The digest of the checkpoint before; zeros for the first.
    pub previous: Digest256,
    /// The signature over [`Checkpoint::message`], in the encoding of the [`crate::ports::Keys`] that made it.
    pub signature: String,
}

impl Checkpoint {
    /// What is signed: everything but the signature.
    #[must_use]
    pub fn message(number: u64, at: Timestamp, heads: &[Head], previous: &Digest256) -> Vec<u8> {
        let mut message = format!("daypass checkpoint {number} {at} {previous}\n");
        for head in heads {
            message.push_str(&format!("{} {} {}\n", head.chain.as_str(), head.seq, head.hash));
        }
        message.into_bytes()
    }

    /// What the next checkpoint points back to.
    #[must_use]
    pub fn digest(&self) -> Digest256 {
        Digest256::of(&Self::message(self.number, self.at, &self.heads, &self.previous))
    }
}

/// Hash an event in a form that two different events cannot share, and that no library's choice of order can change: a
/// JSON list of its parts, written field by field as they are declared, details sorted.
fn digest(draft: &EventDraft, seq: u64, previous: &Digest256) -> Digest256 {
    let EventDraft { chain, at, actor, action, outcome, detail } = draft;
    let parts = (chain, seq, previous, at.as_nanosecond().to_string(), actor, action, outcome, detail);
    // Nothing in an event can fail to be written; if it did, the zero digest would show as tampering.
    serde_json::to_vec(&parts).map_or(Digest256::ZERO, |canonical| Digest256::of(&canonical))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(length: u64) -> Vec<Event> {
        let mut events: Vec<Event> = Vec::new();
        for number in 0..length {
            let at = Timestamp::from_second(1_700_000_000 + i64::try_from(number).unwrap()).unwrap();
            let draft = EventDraft::new(ChainId::system(), at, Actor::Reconciler, "test.happen", Outcome::Done)
                .with("number", number);
            events.push(draft.chained(events.last().map(Event::head).as_ref()));
        }
        events
    }

    fn verify_chain(events: &[Event]) -> Result<Option<Head>, Tampering> {
        let mut verifier = ChainVerifier::default();
        events.iter().try_for_each(|event| verifier.check(event))?;
        Ok(verifier.head)
    }

    #[test]
    fn an_honest_chain_verifies_to_its_head() {
        let events = chain(5);
        assert_eq!(verify_chain(&events).unwrap(), Some(events[4].head()));
        assert_eq!(verify_chain(&[]).unwrap(), None);
    }

    #[test]
    fn every_single_manipulation_is_found() {
        let honest = chain(5);
        for place in 0..5 {
            let mut edited = honest.clone();
            edited[place].draft.detail.insert("number".to_owned(), "99".to_owned());
            verify_chain(&edited).unwrap_err();

            let mut rehashed = edited.clone();
            let event = rehashed.remove(place);
            let head = place.checked_sub(1).map(|before| honest[before].head());
            rehashed.insert(place, event.draft.chained(head.as_ref()));
            if place < 4 {
                verify_chain(&rehashed).unwrap_err();
            }

            let mut removed = honest.clone();
            removed.remove(place);
            if place < 4 {
                verify_chain(&removed).unwrap_err();
            } else {
                assert_ne!(verify_chain(&removed).unwrap(), Some(honest[4].head()), "only the head shows a cut");
            }

            let mut repeated = honest.clone();
            repeated.insert(place, honest[place].clone());
            verify_chain(&repeated).unwrap_err();
        }
        let mut swapped = honest;
        swapped.swap(1, 2);
        verify_chain(&swapped).unwrap_err();
    }

    /// Stored trails must verify with every later version: this value never changes.
    #[test]
    fn the_hash_of_an_event_is_fixed_for_ever() {
        let actor = Actor::Person { user: "carla".parse().unwrap(), address: "192.0.2.7".parse().unwrap() };
        let at = "2026-03-01T11:00:00.123456Z".parse().unwrap();
        let draft = EventDraft::new(ChainId::named("session:one"), at, actor, "session.grant", Outcome::Done)
            .with("tier", "read-only")
            .with("reason", "it says \"so\"");
        let event = draft.chained(None);
        assert_eq!(event.hash.to_string(), "86c3f0efcca0d7f08c67e23223526502a3d0832384e8952aee48a0e3acdec716");
    }

    #[test]
    fn an_event_survives_its_stored_form() {
        for event in chain(3) {
            let stored = serde_json::to_string(&event).unwrap();
            assert_eq!(serde_json::from_str::<Event>(&stored).unwrap(), event);
        }
    }
}
