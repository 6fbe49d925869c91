//! People at work while the server dies again and again. What was answered is written down.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use daypass_api::{Call, Client, ClientError, CredentialsView, ProblemCode};
use daypass_embedded::entropy::SeededEntropy;
use daypass_vending::ids::AccountId;
use daypass_vending::ports::Entropy;
use tokio::task::JoinSet;

use crate::deployment::Deployment;
use crate::stories::wish;

/// How long somebody waits who found nobody at the server's port.
const GONE: Duration = Duration::from_millis(25);

/// What the server said it has done.
#[derive(Clone, Default)]
pub(crate) struct Ledger(Arc<Mutex<Entries>>);

#[derive(Default)]
pub(crate) struct Entries {
    /// Sessions whose request was answered, and who asked.
    pub(crate) accepted: BTreeMap<String, String>,
    /// Credentials that were handed out.
    pub(crate) credentials: Vec<CredentialsView>,
    /// Sessions whose end was ordered, and answered.
    pub(crate) ended: BTreeSet<String>,
    pub(crate) extensions: usize,
    /// Calls that were answered, one way or the other.
    pub(crate) answered: usize,
    /// Calls that nobody answered.
    pub(crate) unanswered: usize,
    /// Answers that no server may give.
    pub(crate) failures: Vec<String>,
}

impl Ledger {
    pub(crate) fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap()
    }
}

/// Everybody at work.
pub(crate) struct Load {
    hands: JoinSet<()>,
    stop: Arc<AtomicBool>,
}

impl Load {
    /// Put these people to work.
    pub(crate) fn start(at: &Deployment, people: &[&str], ledger: &Ledger, seed: u64) -> Self {
        let (mut hands, stop) = (JoinSet::new(), Arc::new(AtomicBool::new(false)));
        for (place, name) in (0..).zip(people) {
            let hand = Worker {
                name: (*name).to_owned(),
                client: at.client(name),
                accounts: at.accounts.clone(),
                ledger: ledger.clone(),
                chance: SeededEntropy::new(seed * 1_000 + place),
                mine: Vec::new(),
            };
            hands.spawn(hand.work(stop.clone()));
        }
        Self { hands, stop }
    }

    /// Come back when everybody has gone home.
    pub(crate) async fn finished(mut self) {
        self.stop.store(true, Ordering::Relaxed);
        while let Some(hand) = self.hands.join_next().await {
            hand.unwrap();
        }
    }
}

/// A number below `sides`.
pub(crate) fn roll(chance: &SeededEntropy, sides: u64) -> u64 {
    let chance: &dyn Entropy = chance;
    chance.jitter() % sides
}

struct Worker {
    name: String,
    client: Client,
    accounts: Vec<AccountId>,
    ledger: Ledger,
    chance: SeededEntropy,
    mine: Vec<String>,
}

impl Worker {
    async fn work(mut self, stop: Arc<AtomicBool>) {
        while !stop.load(Ordering::Relaxed) {
            let outcome = self.deed().await;
            if !matches!(outcome, Err(ClientError::Transport { .. })) {
                self.ledger.entries().answered += 1;
            }
            match outcome {
                Ok(()) => {}
                Err(ClientError::Transport { .. }) => {
                    self.ledger.entries().unanswered += 1;
                    tokio::time::sleep(GONE).await;
                }
                // What does not go now, or no more.
                Err(ClientError::Problem { problem, .. })
                    if problem.status < 500
                        || [ProblemCode::NotReady, ProblemCode::Unavailable].contains(&problem.code) => {}
                Err(error) => self.ledger.entries().failures.push(error.to_string()),
            }
        }
    }

    async fn deed(&mut self) -> Result<(), ClientError> {
        match (roll(&self.chance, 12), self.some_session()) {
            (0..=3, _) | (_, None) => self.request().await,
            (4..=6, Some(id)) => {
                let credentials = self.client.credentials(&id).await?;
                self.ledger.entries().credentials.push(credentials);
                Ok(())
            }
            (7, Some(id)) => {
                self.client.extend(&id, 900, &self.call()).await?;
                self.ledger.entries().extensions += 1;
                Ok(())
            }
            (8, _) if self.name == "ada" => self.revoke_somebody().await,
            (_, Some(id)) => {
                self.client.end_session(&id, None, &self.call()).await?;
                self.mine.retain(|mine| *mine != id);
                self.ledger.entries().ended.insert(id);
                Ok(())
            }
        }
    }

    fn some_session(&self) -> Option<String> {
        let count = u64::try_from(self.mine.len()).unwrap();
        let at = if count == 0 { return None } else { roll(&self.chance, count) };
        self.mine.get(usize::try_from(at).unwrap()).cloned()
    }

    /// Some wait for the end, some do not.
    fn call(&self) -> Call {
        if roll(&self.chance, 2) == 0 { Call::new() } else { Call::new().waiting(5) }
    }

    async fn request(&mut self) -> Result<(), ClientError> {
        let tier = match self.name.split('-').next() {
            Some("olga") => "break-glass",
            Some("ada") => "admin",
            _ => "read-only",
        };
        let account = &self.accounts[usize::try_from(roll(&self.chance, self.accounts.len() as u64)).unwrap()];
        let session = self.client.request_session(&wish(account, tier), &self.call()).await?;
        self.ledger.entries().accepted.insert(session.session_id.clone(), self.name.clone());
        self.mine.push(session.session_id);
        Ok(())
    }

    /// End somebody else's session.
    async fn revoke_somebody(&self) -> Result<(), ClientError> {
        let id = self.ledger.entries().accepted.keys().next_back().cloned();
        let Some(id) = id else { return Ok(()) };
        self.client.end_session(&id, Some("the laptop was lost"), &self.call()).await?;
        self.ledger.entries().ended.insert(id);
        Ok(())
    }
}
