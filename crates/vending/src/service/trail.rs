//! Read the trail, prove that nobody edited it, and sign where it stands.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use crate::audit::{ChainId, ChainVerifier, Checkpoint, Digest256, Event, Head, Outcome, Tampering};
use crate::identity::Identity;
use crate::ports::{Page, PageRequest, StoreError, Subject};
use crate::saga::SagaError;
use crate::service::{ActError, Vending};

/// The event by which somebody's reading of the trail is on record.
const TRACE: &str = "decide.ReadAudit";

/// How long an event may come to stand before one that was listed already: stores list all chains a moment late, in the order
/// of their writers' clocks.
const SETTLING: SignedDuration = SignedDuration::from_secs(10);

/// How old the newest checkpoint may grow before another is signed.
const CHECKPOINT_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// What a verification of the whole trail found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditReport {
    /// How many chains there are.
    pub chains: usize,
    /// How many events were checked.
    pub events: u64,
    /// The newest signed checkpoint, if any was signed yet.
    pub checkpoint: Option<u64>,
    /// Every sign of tampering; empty is good.
    pub findings: Vec<Tampering>,
}

impl Vending {
    /// One page of the trail.
    ///
    /// # Errors
    /// See [`ActError`].
    pub async fn events(
        &self,
        who: &Identity,
        chain: Option<ChainId>,
        page: &PageRequest,
    ) -> Result<Page<Event>, ActError> {
        self.permit_audit(who).await?;
        Ok(self.deps.audit.events(chain.as_ref(), page).await?)
    }

    /// One page of all chains, for whoever follows the trail: only events that are old enough that none can come to stand
    /// before them any more. Asking again from [`Page::end`] shows each event at least once, and a chain's in order.
    ///
    /// That somebody reads is on record as soon as they read anything but that they read: else whoever follows a quiet trail
    /// would for ever read nothing but their own traces, and leave more.
    ///
    /// # Errors
    /// See [`ActError`].
    pub async fn settled_events(&self, who: &Identity, page: &PageRequest) -> Result<Page<Event>, ActError> {
        let permit = self.permit(who, Subject::ReadAudit).await?;
        let found = self.settled(page).await?;
        let own = ChainId::person(&who.user);
        let is_trace = |event: &Event| event.draft.chain == own && event.draft.action == TRACE;
        if !found.items.iter().all(is_trace) {
            self.record_decision(who, &Subject::ReadAudit, permit.ruling(), Outcome::Done).await?;
        }
        Ok(found)
    }

    async fn settled(&self, page: &PageRequest) -> Result<Page<Event>, StoreError> {
        let found = self.deps.audit.events(None, page).await?;
        let settled = self.now().checked_sub(SETTLING).unwrap_or(jiff::Timestamp::MIN);
        match found.items.iter().position(|event| event.draft.at > settled) {
            None => Ok(found),
            Some(0) => Ok(Page::empty()),
            // The same page, but ending before the first that is too young: only the store knows where that is.
            Some(limit) => {
                let part = PageRequest { limit, ..page.clone() };
                Ok(Page { next: None, ..self.deps.audit.events(None, &part).await? })
            }
        }
    }

    /// Check every chain, every recorded head and the newest checkpoint. Takes constant memory for each chain.
    ///
    /// Stores may list the trail of all chains a moment late, and while it is read it grows. A chain that seems to lack
    /// something is therefore read again by itself before it is reported.
    ///
    /// # Errors
    /// See [`ActError`]; tampering is an answer, not an error.
    pub async fn verify_audit(&self, who: &Identity) -> Result<AuditReport, ActError> {
        self.permit_audit(who).await?;
        let checkpoint = self.deps.audit.last_checkpoint().await?;
        let signed = checkpoint.as_ref().map_or(&[][..], |checkpoint| &checkpoint.heads);
        let mut trail = self.read_trail(None, signed).await?;
        for chain in trail.suspects() {
            let alone = self.read_trail(Some(&chain), signed).await?;
            trail.reconsider(&chain, alone);
        }
        if let Some(checkpoint) = &checkpoint
            && !self.is_genuine(checkpoint).await?
        {
            trail.findings.push(Tampering::Forged { number: checkpoint.number });
        }
        Ok(trail.report(checkpoint.as_ref().map(|checkpoint| checkpoint.number)))
    }

    /// Read one chain, or all, from what is recorded before to what is recorded afterwards.
    async fn read_trail(&self, chain: Option<&ChainId>, signed: &[Head]) -> Result<Trail, ActError> {
        let recorded = self.deps.audit.heads().await?;
        let expected = recorded.iter().chain(signed).filter(|head| chain.is_none_or(|chain| head.chain == *chain));
        let mut trail = Trail::expecting(expected.cloned());
        let mut cursor = None;
        loop {
            let page = self.deps.audit.events(chain, &PageRequest { cursor, limit: 500 }).await?;
            page.items.iter().for_each(|event| trail.check(event));
            match page.next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        // Whatever was appended honestly moved its head with it, so no chain may reach beyond the heads as they are now.
        trail.beyond(&self.deps.audit.heads().await?);
        trail.cut();
        Ok(trail)
    }

    /// Sign where all chains stand, if the last signature is old enough.
    ///
    /// # Errors
    /// When the store or the key cannot be used. Somebody else signing at the same time is no error.
    pub(crate) async fn checkpoint_if_due(&self) -> Result<Option<Checkpoint>, SagaError> {
        let last = self.deps.audit.last_checkpoint().await?;
        if last.as_ref().is_some_and(|last| self.now().duration_since(last.at) < CHECKPOINT_EVERY) {
            return Ok(None);
        }
        self.checkpoint_after(last).await
    }

    /// Sign where all chains stand now, however old the last signature is: the last thing to do before records are put away.
    /// `None` when the trail is empty, or somebody else signed at the same time.
    ///
    /// # Errors
    /// When the store or the key cannot be used.
    pub async fn sign_checkpoint(&self) -> Result<Option<Checkpoint>, SagaError> {
        let last = self.deps.audit.last_checkpoint().await?;
        self.checkpoint_after(last).await
    }

    async fn checkpoint_after(&self, last: Option<Checkpoint>) -> Result<Option<Checkpoint>, SagaError> {
        let now = self.now();
        let heads = self.deps.audit.heads().await?;
        if heads.is_empty() {
            return Ok(None);
        }
        let number = last.as_ref().map_or(1, |last| last.number + 1);
        let previous = last.map_or(Digest256::ZERO, |last| last.digest());
        let signature = self.deps.keys.sign(&Checkpoint::message(number, now, &heads, &previous)).await?;
        let checkpoint = Checkpoint { number, at: now, heads, previous, signature };
        match self.deps.audit.add_checkpoint(&checkpoint).await {
            Ok(()) => Ok(Some(checkpoint)),
            Err(StoreError::Conflict) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn is_genuine(&self, checkpoint: &Checkpoint) -> Result<bool, ActError> {
        let Checkpoint { number, at, heads, previous, signature } = checkpoint;
        let message = Checkpoint::message(*number, *at, heads, previous);
        Ok(self.deps.keys.verify(&message, signature).await?)
    }

    async fn permit_audit(&self, who: &Identity) -> Result<(), ActError> {
        let permit = self.permit(who, Subject::ReadAudit).await?;
        Ok(self.record_decision(who, &Subject::ReadAudit, permit.ruling(), Outcome::Done).await?)
    }
}

/// A verification under way.
struct Trail {
    chains: BTreeMap<ChainId, Checked>,
    /// Heads that must be met, by chain and place.
    expected: BTreeMap<(ChainId, u64), Digest256>,
    findings: Vec<Tampering>,
}

/// A chain as far as it was read.
#[derive(Default)]
struct Checked {
    verifier: ChainVerifier,
    events: u64,
}

impl Trail {
    fn expecting(heads: impl Iterator<Item = Head>) -> Self {
        let expected = heads.map(|head| ((head.chain, head.seq), head.hash)).collect();
        Self { chains: BTreeMap::new(), expected, findings: Vec::new() }
    }

    fn check(&mut self, event: &Event) {
        let chain = &event.draft.chain;
        let checked = self.chains.entry(chain.clone()).or_default();
        checked.events += 1;
        self.findings.extend(checked.verifier.check(event).err());
        let place = (chain.clone(), event.seq);
        if self.expected.get(&place).is_some_and(|hash| *hash == event.hash) {
            self.expected.remove(&place);
        }
    }

    /// Events behind a chain's recorded head were put there by somebody who is not Daypass.
    fn beyond(&mut self, heads: &[Head]) {
        let recorded: BTreeMap<&ChainId, u64> = heads.iter().map(|head| (&head.chain, head.seq)).collect();
        for (chain, checked) in &self.chains {
            let recorded = recorded.get(chain).copied().unwrap_or(0);
            if checked.verifier.head().is_some_and(|head| head.seq > recorded) {
                let inserted = Tampering::Inserted { chain: chain.as_str().to_owned(), seq: recorded + 1 };
                self.findings.push(inserted);
            }
        }
    }

    /// Whatever recorded head was not met stands for a chain that was cut, rewritten or removed.
    fn cut(&mut self) {
        let cut = std::mem::take(&mut self.expected).into_keys();
        self.findings
            .extend(cut.map(|(chain, expected)| Tampering::Cut { chain: chain.as_str().to_owned(), expected }));
    }

    /// The chains that something was found in.
    fn suspects(&self) -> BTreeSet<ChainId> {
        self.findings.iter().filter_map(Tampering::chain).map(ChainId::named).collect()
    }

    /// Take the second look at a chain for the truth if it found the chain whole, and every event that the first one met.
    /// Else somebody did put an event where it does not belong, be it that only one of the two lists shows it.
    fn reconsider(&mut self, chain: &ChainId, alone: Self) {
        let events = |trail: &Self| trail.chains.get(chain).map_or(0, |checked| checked.events);
        if alone.findings.is_empty() && alone.chains.keys().all(|met| met == chain) && events(&alone) >= events(self) {
            self.findings.retain(|finding| finding.chain() != Some(chain.as_str()));
            self.chains.extend(alone.chains);
        }
    }

    fn report(self, checkpoint: Option<u64>) -> AuditReport {
        let events = self.chains.values().map(|checked| checked.events).sum();
        AuditReport { chains: self.chains.len(), events, checkpoint, findings: self.findings }
    }
}
