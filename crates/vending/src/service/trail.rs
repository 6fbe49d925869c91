//! Read the trail, prove that nobody edited it, and sign where it stands.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use crate::audit::{ChainId, ChainVerifier, Checkpoint, Digest256, Event, Head, Outcome, Tampering};
use crate::identity::Identity;
use crate::ports::{Page, PageRequest, StoreError, Subject};
use crate::saga::SagaError;
use crate::service::{ActError, Vending};

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

    /// Check every chain, every recorded head and the newest checkpoint. Takes constant memory for each chain.
    ///
    /// # Errors
    /// See [`ActError`]; tampering is an answer, not an error.
    pub async fn verify_audit(&self, who: &Identity) -> Result<AuditReport, ActError> {
        self.permit_audit(who).await?;
        let checkpoint = self.deps.audit.last_checkpoint().await?;
        let recorded = self.deps.audit.heads().await?;
        let signed = checkpoint.iter().flat_map(|checkpoint| checkpoint.heads.iter().cloned());
        let mut trail = Trail::expecting(recorded.into_iter().chain(signed));
        let mut cursor = None;
        loop {
            let page = self.deps.audit.events(None, &PageRequest { cursor, limit: 500 }).await?;
            page.items.iter().for_each(|event| trail.check(event));
            match page.next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        // Whatever was appended honestly moved its head with it, so no chain may reach beyond the heads as they are now.
        trail.beyond(&self.deps.audit.heads().await?);
        if let Some(checkpoint) = &checkpoint
            && !self.is_genuine(checkpoint).await?
        {
            trail.findings.push(Tampering::Forged { number: checkpoint.number });
        }
        Ok(trail.report(checkpoint.map(|checkpoint| checkpoint.number)))
    }

    /// Sign where all chains stand, if the last signature is old enough.
    ///
    /// # Errors
    /// When the store or the key cannot be used. Somebody else signing at the same time is no error.
    pub(crate) async fn checkpoint_if_due(&self) -> Result<Option<Checkpoint>, SagaError> {
        let last = self.deps.audit.last_checkpoint().await?;
        let now = self.now();
        if last.as_ref().is_some_and(|last| now.duration_since(last.at) < CHECKPOINT_EVERY) {
            return Ok(None);
        }
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
    chains: BTreeMap<ChainId, ChainVerifier>,
    /// Heads that must be met, by chain and place.
    expected: BTreeMap<(ChainId, u64), Digest256>,
    events: u64,
    findings: Vec<Tampering>,
}

impl Trail {
    fn expecting(heads: impl Iterator<Item = Head>) -> Self {
        let expected = heads.map(|head| ((head.chain, head.seq), head.hash)).collect();
        Self { chains: BTreeMap::new(), expected, events: 0, findings: Vec::new() }
    }

    fn check(&mut self, event: &Event) {
        self.events += 1;
        let chain = &event.draft.chain;
        self.findings.extend(self.chains.entry(chain.clone()).or_default().check(event).err());
        let place = (chain.clone(), event.seq);
        if self.expected.get(&place).is_some_and(|hash| *hash == event.hash) {
            self.expected.remove(&place);
        }
    }

    /// Events behind a chain's recorded head were put there by somebody who is not Daypass.
    fn beyond(&mut self, heads: &[Head]) {
        let recorded: BTreeMap<&ChainId, u64> = heads.iter().map(|head| (&head.chain, head.seq)).collect();
        for (chain, verifier) in &self.chains {
            let recorded = recorded.get(chain).copied().unwrap_or(0);
            if verifier.head().is_some_and(|head| head.seq > recorded) {
                let inserted = Tampering::Inserted { chain: chain.as_str().to_owned(), seq: recorded + 1 };
                self.findings.push(inserted);
            }
        }
    }

    /// Whatever recorded head was not met stands for a chain that was cut, rewritten or removed.
    fn report(mut self, checkpoint: Option<u64>) -> AuditReport {
        let cut = self.expected.into_keys();
        self.findings
            .extend(cut.map(|(chain, expected)| Tampering::Cut { chain: chain.as_str().to_owned(), expected }));
        AuditReport { chains: self.chains.len(), events: self.events, checkpoint, findings: self.findings }
    }
}
