//! The emulators alone: the calls that were written down, sent again for other sessions by as many clients at once, each on
//! connections of its own that it keeps.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use daypass_tests::emulated::{Call, Connection, Key, Ministack, Seen, dynamodb};
use daypass_vending::ids::AccountId;
use futures::future::try_join_all;
use uuid::Uuid;

use crate::installation::Ground;
use crate::recording::Part;

/// Sessions that exist on the wire only.
pub(crate) struct Bare<'a> {
    ground: &'a Ground,
    alive: VecDeque<(Uuid, &'a AccountId)>,
}

/// How long each took, and all together.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) latencies: Vec<Duration>,
    pub(crate) elapsed: Duration,
}

impl<'a> Bare<'a> {
    pub(crate) fn new(ground: &'a Ground) -> Self {
        Self { ground, alive: VecDeque::new() }
    }

    /// Make so many sessions, so many at once.
    pub(crate) async fn vend(&mut self, part: &Part, count: usize, at_once: usize) -> Result<Sent> {
        let made: Vec<_> =
            self.ground.accounts.iter().cycle().take(count).map(|account| (Uuid::new_v4(), account)).collect();
        self.alive.extend(&made);
        self.send(part, made, at_once).await
    }

    /// Do this to so many of those that were made first.
    pub(crate) async fn take(&mut self, part: &Part, count: usize, at_once: usize) -> Result<Sent> {
        let taken = self.alive.drain(..count.min(self.alive.len())).collect();
        self.send(part, taken, at_once).await
    }

    async fn send(&self, part: &Part, sessions: Vec<(Uuid, &AccountId)>, at_once: usize) -> Result<Sent> {
        let started = Instant::now();
        let shares = sessions.chunks(sessions.len().div_ceil(at_once).max(1));
        let clients = shares.map(|share| async move {
            let mut client = Client::connect(self.ground).await;
            let mut latencies = Vec::new();
            for (session, account) in share {
                let started = Instant::now();
                for call in &part.calls {
                    client.send(part, call, *session, account).await?;
                }
                latencies.push(started.elapsed());
            }
            anyhow::Ok(latencies)
        });
        let latencies = try_join_all(clients).await?.concat();
        Ok(Sent { latencies, elapsed: started.elapsed() })
    }
}

struct Client<'a> {
    ground: &'a Ground,
    ministack: Connection,
    dynamodb: Connection,
}

impl<'a> Client<'a> {
    async fn connect(ground: &'a Ground) -> Self {
        let dynamodb = Ministack::at(dynamodb()).connect().await;
        Self { ground, ministack: ground.hub.ministack.connect().await, dynamodb }
    }

    /// The call, as if it were about this session in this account.
    async fn send(&mut self, part: &Part, seen: &Seen, session: Uuid, account: &AccountId) -> Result<()> {
        let service = seen.service();
        let (key, connection) = match service {
            "dynamodb" => (Key::root(&self.ground.hub.account), &mut self.dynamodb),
            // The broker's own calls; the others are made with credentials of roles, whose account is meant.
            "kms" | "sts" => (self.ground.hub.broker.clone(), &mut self.ministack),
            _ => (Key::root(account), &mut self.ministack),
        };
        let mut body = seen.body.clone();
        // What is sealed is bound to the session it was sealed for.
        if service != "kms" {
            body = body.replace(&part.session.to_string(), &session.to_string());
            body = body.replace(part.account.as_str(), account.as_str());
        }
        if service == "dynamodb" {
            let [ours, bare] = &self.ground.prefixes;
            body = body.replace(ours, bare);
        }
        if seen.name == "dynamodb.TransactWriteItems" {
            let mut transaction: serde_json::Value = serde_json::from_str(&body).context("a transaction is JSON")?;
            if let Some(token) = transaction.get_mut("ClientRequestToken") {
                *token = Uuid::new_v4().to_string().into();
            }
            body = transaction.to_string();
        }
        let answer = connection.send(&key, &Call::again(seen, body)).await;
        // That a role is gone is what the last call of a session asks for.
        let is_expected = answer.is_success() || seen.name == "iam.GetRole" && answer.status == 404;
        ensure!(is_expected, "{} alone: {answer:?}", seen.name);
        Ok(())
    }
}
