//! An export of the trail, as a witness: its hashes can be recomputed without a server, and what it holds must still be on
//! record at the server. Somebody who can rewrite the records, their heads and the newest checkpoint cannot rewrite a copy that
//! lies elsewhere.

use std::collections::BTreeMap;
use std::path::Path;

use daypass_api::{ActorView, AuditQuery, AuditReport, Client, EventView, OutcomeView};
use daypass_vending::audit::{Actor, ChainId, ChainVerifier, Digest256, Event, EventDraft, Outcome};

use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::private_file;

/// The events of an export, by chain and place.
pub(super) struct Copy {
    chains: BTreeMap<String, BTreeMap<u64, EventView>>,
    findings: Vec<String>,
}

impl Copy {
    /// Read an export. An event may be in it more than once, as long as it says the same each time.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let text = private_file::read(path)?;
        let text = text.ok_or_else(|| Failure::usage(format!("there is no file `{}`", path.display())))?;
        let mut copy = Self { chains: BTreeMap::new(), findings: vec![] };
        for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
            let event = serde_json::from_str(line).map_err(|error| {
                let message = format!("`{}`, line {number}, is no event: {error}", path.display());
                let hint = "write the file with `daypass audit export`, in its own format";
                Failure::new(ExitStatus::Unreadable, message).hint(hint)
            })?;
            copy.add(event);
        }
        Ok(copy)
    }

    fn add(&mut self, event: EventView) {
        let chain = self.chains.entry(event.chain.clone()).or_default();
        match chain.get(&event.seq) {
            Some(known) if *known != event => {
                self.findings.push(format!("event {} of `{}` is there twice, and differs", event.seq, event.chain));
            }
            Some(_) => {}
            None => {
                chain.insert(event.seq, event);
            }
        }
    }

    /// Recompute every hash. An export may begin in the middle of a chain; from there on none may be missing.
    pub(super) fn verify(&self) -> AuditReport {
        let mut findings = self.findings.clone();
        self.chains.values().for_each(|events| verify_chain(events.values(), &mut findings));
        let events = self.chains.values().map(BTreeMap::len).sum::<usize>();
        AuditReport {
            intact: findings.is_empty(),
            chains: count(self.chains.len()),
            events: count(events),
            checkpoint: None,
            findings,
        }
    }

    /// What of this copy is not on the server's record as it is here.
    pub(super) async fn missing_from(&self, client: &Client) -> Result<Vec<String>, Failure> {
        let mut findings = Vec::new();
        for (chain, events) in &self.chains {
            let recorded = recorded(client, chain).await?;
            for (seq, event) in events {
                match recorded.get(seq) {
                    None => findings.push(format!("event {seq} of `{chain}` was exported and is gone")),
                    Some(hash) if *hash != event.hash => {
                        findings.push(format!("event {seq} of `{chain}` is not the one that was exported"));
                    }
                    Some(_) => {}
                }
            }
        }
        Ok(findings)
    }
}

/// The hashes of a chain on the server, by place.
async fn recorded(client: &Client, chain: &str) -> Result<BTreeMap<u64, String>, Failure> {
    let mut query = AuditQuery { chain: Some(chain.to_owned()), limit: Some(200), ..AuditQuery::default() };
    let mut hashes = BTreeMap::new();
    loop {
        let page = client.audit(&query).await?;
        hashes.extend(page.events.into_iter().map(|event| (event.seq, event.hash)));
        query.cursor = page.next_cursor;
        if query.cursor.is_none() {
            return Ok(hashes);
        }
    }
}

fn verify_chain<'a>(events: impl Iterator<Item = &'a EventView>, findings: &mut Vec<String>) {
    let mut verifier: Option<ChainVerifier> = None;
    for view in events {
        match event(view) {
            Ok(event) => {
                // Where an export begins, the event before is taken at its word: nothing here could contradict it.
                let verifier = verifier.get_or_insert_with(|| ChainVerifier::after(event.before()));
                findings.extend(verifier.check(&event).err().map(|tampering| tampering.to_string()));
            }
            Err(finding) => findings.push(finding),
        }
    }
}

/// The event that was exported; what cannot be one was not.
fn event(view: &EventView) -> Result<Event, String> {
    let bad = |what: &str| format!("event {} of `{}` has {what}", view.seq, view.chain);
    let digest = |text: &str| Digest256::try_from(text.to_owned()).map_err(|_| bad("a hash that is none"));
    let address = |text: &str| text.parse().map_err(|_| bad("an address that is none"));
    let actor = match &view.actor {
        ActorView::Person { user_id, address: from } => {
            Actor::Person { user: user_id.parse().map_err(|_| bad("a name that is none"))?, address: address(from)? }
        }
        ActorView::Anonymous { address: from } => Actor::Anonymous { address: address(from)? },
        ActorView::Broker => Actor::Broker,
        ActorView::Reconciler => Actor::Reconciler,
    };
    let outcome = match view.outcome {
        OutcomeView::Done => Outcome::Done,
        OutcomeView::Refused => Outcome::Refused,
        OutcomeView::Failed => Outcome::Failed,
    };
    let draft = EventDraft {
        chain: ChainId::named(&view.chain),
        at: view.at,
        actor,
        action: view.action.clone(),
        outcome,
        detail: view.detail.clone(),
    };
    Ok(Event { draft, seq: view.seq, previous: digest(&view.previous)?, hash: digest(&view.hash)? })
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
