//! The clients: each asks for one session after the other, as fast as it gets them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use daypass_api::{Call, Client, Delivery, NewSession, SessionStatus};
use tokio::task::JoinSet;

use crate::installation::Installation;
use crate::people::{PROJECT, People};
use crate::server::{Server, usage_of};

/// How long the server may wait for the role before it answers, in seconds.
const WAIT_SECONDS: u8 = 30;

/// Clients with connections and tokens of their own.
pub(crate) struct Load {
    clients: Vec<Client>,
    accounts: Arc<Accounts>,
}

/// What a round of vends was like.
pub(crate) struct Vends {
    /// How long each took, from the request to the credentials, shortest first.
    pub(crate) latencies: Vec<Duration>,
    /// How long the round took in all.
    pub(crate) elapsed: Duration,
    /// What the server used of the processor meanwhile.
    pub(crate) server_processor: Duration,
    /// What the clients used of it.
    pub(crate) clients_processor: Duration,
}

/// The accounts, used in turn, so that none fills up before the others.
struct Accounts {
    ids: Vec<String>,
    next: AtomicUsize,
}

impl Load {
    /// A client for each of these people.
    pub(crate) fn new(server: &Server, people: &People, installation: &Installation) -> Result<Self> {
        let own = |token: &daypass_vending::secret::Secret| Ok(server.client().with_token(token.reveal()));
        let clients = people.tokens.iter().map(own).collect::<Result<_>>()?;
        let ids = installation.accounts().to_vec();
        Ok(Self { clients, accounts: Arc::new(Accounts { ids, next: AtomicUsize::new(0) }) })
    }

    /// Vend with all clients at once for so long.
    pub(crate) async fn run(&self, server: &Server, length: Duration) -> Result<Vends> {
        let (server_before, clients_before) = (server.usage()?, usage_of("self")?);
        let started = Instant::now();
        let mut tasks = JoinSet::new();
        for client in self.clients.clone() {
            let accounts = Arc::clone(&self.accounts);
            tasks.spawn(async move {
                let mut latencies = Vec::new();
                while started.elapsed() < length {
                    latencies.push(vend(&client, accounts.next()?).await?);
                }
                anyhow::Ok(latencies)
            });
        }
        let mut latencies = Vec::new();
        while let Some(ended) = tasks.join_next().await {
            latencies.extend(ended.context("a client panicked")??);
        }
        latencies.sort();
        Ok(Vends {
            latencies,
            elapsed: started.elapsed(),
            server_processor: server.usage()?.processor.saturating_sub(server_before.processor),
            clients_processor: usage_of("self")?.processor.saturating_sub(clients_before.processor),
        })
    }

    /// Vend so often, one after the other.
    pub(crate) async fn one_by_one(&self, count: usize) -> Result<()> {
        for client in self.clients.iter().cycle().take(count) {
            vend(client, self.accounts.next()?).await?;
        }
        Ok(())
    }
}

impl Accounts {
    fn next(&self) -> Result<&str> {
        let next = self.next.fetch_add(1, Ordering::Relaxed) % self.ids.len().max(1);
        Ok(self.ids.get(next).context("there is no account")?)
    }
}

/// A complete vend, and how long it took.
async fn vend(client: &Client, account: &str) -> Result<Duration> {
    let wanted = NewSession {
        project_id: PROJECT.to_owned(),
        account_id: account.to_owned(),
        permission_tier: "read-only".to_owned(),
        duration_seconds: None,
        reason: "measure how long this takes".to_owned(),
        incident_id: None,
        delivery: Delivery::Brokered,
    };
    let started = Instant::now();
    let session = client.request_session(&wanted, &Call::new().waiting(WAIT_SECONDS)).await.context("a request")?;
    ensure!(session.status == SessionStatus::Active, "a session is {} after the wait", session.status.as_str());
    client.credentials(&session.session_id).await.context("credentials")?;
    Ok(started.elapsed())
}
