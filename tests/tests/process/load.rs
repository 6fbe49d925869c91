//! People who all want something at once, until the server is no more. What was answered is written down.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use daypass_api::{Call, Client, ClientError, CredentialsView, NewSession, ProblemCode, Revocation};
use daypass_embedded::entropy::SeededEntropy;
use daypass_vending::ports::Entropy;
use tokio::task::JoinSet;

use crate::program::People;
use crate::wish;

/// How many do each person's work at once.
const HANDS: u64 = 3;

/// How much one hand does at most: a person has a hundred calls a minute.
const DEEDS: usize = 28;

/// What the server said it has done, over all rounds.
#[derive(Clone, Default)]
pub(crate) struct Ledger(Arc<Mutex<Entries>>);

#[derive(Default)]
pub(crate) struct Entries {
    /// Sessions whose request was answered, and who asked.
    pub(crate) accepted: BTreeMap<String, &'static str>,
    /// Credentials that were handed out, not yet seen to be dead.
    pub(crate) credentials: Vec<CredentialsView>,
    /// Sessions whose end was ordered, and answered.
    pub(crate) ended: BTreeSet<String>,
    extensions: usize,
    revocations: usize,
    issued: usize,
    /// Answers that no server may give.
    failures: Vec<String>,
}

impl Ledger {
    pub(crate) fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap()
    }

    /// A load under which nothing happens proves nothing.
    pub(crate) fn assert_much_happened(&self) {
        let entries = self.entries();
        let (accepted, ended) = (entries.accepted.len(), entries.ended.len());
        let Entries { extensions, revocations, issued, failures, .. } = &*entries;
        let counts = format!(
            "{accepted} accepted, {issued} credentials, {extensions} extended, {ended} ended, {revocations} revoked"
        );
        assert!(accepted >= 40 && ended >= 10 && *issued >= 10, "{counts}");
        assert!(*extensions > 0 && *revocations > 0, "{counts}");
        assert_eq!(*failures, Vec::<String>::new());
    }
}

/// The hands at work.
pub(crate) struct Loads(JoinSet<()>);

impl Loads {
    /// Come back when all have noticed that the server is gone, or have done enough.
    pub(crate) async fn finished(mut self) {
        while let Some(hand) = self.0.join_next().await {
            hand.unwrap();
        }
    }
}

/// A number below `sides`.
pub(crate) fn roll(chance: &SeededEntropy, sides: u64) -> u64 {
    let chance: &dyn Entropy = chance;
    chance.jitter() % sides
}

/// Put everybody to work.
pub(crate) fn start(people: &People, ledger: &Ledger, seed: u64) -> Loads {
    let everybody = [("carla", &people.carla), ("carl", &people.carl), ("olga", &people.olga), ("ada", &people.ada)];
    let mut loads = JoinSet::new();
    for (place, (name, client)) in (0..).zip(everybody) {
        for hand in 0..HANDS {
            let chance = SeededEntropy::new(seed * 1_000 + place * 10 + hand);
            let hand = Hand { name, client: client.clone(), ledger: ledger.clone(), chance, mine: vec![] };
            loads.spawn(hand.work());
        }
    }
    Loads(loads)
}

struct Hand {
    name: &'static str,
    client: Client,
    ledger: Ledger,
    chance: SeededEntropy,
    mine: Vec<String>,
}

impl Hand {
    async fn work(mut self) {
        for _ in 0..DEEDS {
            match self.deed().await {
                Ok(()) => {}
                // It is gone.
                Err(ClientError::Transport { .. }) => return,
                Err(ClientError::Problem { problem, .. })
                    if problem.status < 500 || problem.code == ProblemCode::NotReady => {}
                Err(error) => self.ledger.entries().failures.push(error.to_string()),
            }
        }
    }

    async fn deed(&mut self) -> Result<(), ClientError> {
        let mine = self.some_session();
        match (roll(&self.chance, 16), mine) {
            (0..=5, _) | (_, None) => self.request().await,
            (6..=10, Some(id)) => {
                let credentials = self.client.credentials(&id).await?;
                let mut entries = self.ledger.entries();
                entries.issued += 1;
                entries.credentials.push(credentials);
                Ok(())
            }
            (11..=12, Some(id)) => {
                self.client.extend(&id, 900, &Call::new()).await?;
                self.ledger.entries().extensions += 1;
                Ok(())
            }
            (15, Some(_)) if self.name == "ada" => self.revoke_somebody().await,
            (_, Some(id)) => {
                self.client.end_session(&id, None, &self.call()).await?;
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
        let session = self.client.request_session(&self.wish(), &self.call()).await?;
        self.ledger.entries().accepted.insert(session.session_id.clone(), self.name);
        self.mine.push(session.session_id);
        Ok(())
    }

    fn wish(&self) -> NewSession {
        match self.name {
            "carl" => {
                NewSession { project_id: "zeta".to_owned(), account_id: "444455556666".to_owned(), ..wish("developer") }
            }
            "olga" => NewSession { incident_id: Some("INC-4711".to_owned()), ..wish("break-glass") },
            "ada" => wish("admin"),
            _ => wish("read-only"),
        }
    }

    /// End somebody else's session, or all of a tier.
    async fn revoke_somebody(&self) -> Result<(), ClientError> {
        let reason = "the laptop was lost".to_owned();
        if roll(&self.chance, 3) == 0 {
            let tier = Some("developer".to_owned());
            let revocation = Revocation { tier, reason, ..Revocation::default() };
            let revoked = self.client.revoke_many(&revocation, &self.call()).await?;
            let mut entries = self.ledger.entries();
            entries.revocations += 1;
            entries.ended.extend(revoked.sessions.into_iter().map(|session| session.session_id));
            return Ok(());
        }
        let id = self.ledger.entries().accepted.keys().next_back().cloned();
        let Some(id) = id else { return Ok(()) };
        self.client.end_session(&id, Some(&reason), &self.call()).await?;
        let mut entries = self.ledger.entries();
        entries.revocations += 1;
        entries.ended.insert(id);
        Ok(())
    }
}
