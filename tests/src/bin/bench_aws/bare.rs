//! The emulators alone: the calls that were written down, sent again for other sessions by as many clients at once, each on
//! connections of its own that it keeps. They are signed with keys of whoever made them: the emulator has as much to check.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use daypass_tests::emulated::{Call, Connection, Key, Ministack, Seen, dynamodb};
use daypass_vending::ids::AccountId;
use futures::future::try_join_all;
use uuid::Uuid;

use crate::installation::Ground;
use crate::recording::{Part, Recording};

/// Sessions that exist on the wire only.
pub(crate) struct Bare<'a> {
    ground: &'a Ground,
    vendors: BTreeMap<&'a AccountId, Key>,
    alive: VecDeque<(Uuid, &'a AccountId)>,
}

/// How long each took, and all together.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) latencies: Vec<Duration>,
    pub(crate) elapsed: Duration,
}

impl<'a> Bare<'a> {
    pub(crate) async fn new(ground: &'a Ground) -> Self {
        let mut vendors = BTreeMap::new();
        for account in &ground.accounts {
            vendors.insert(account, ground.hub.vendor(account).await);
        }
        Self { ground, vendors, alive: VecDeque::new() }
    }

    /// Make so many sessions, so many at once.
    pub(crate) async fn vend(&mut self, part: &Part, count: usize, at_once: usize) -> Result<Sent> {
        let made: Vec<_> =
            self.ground.accounts.iter().cycle().take(count).map(|account| (Uuid::new_v4(), account)).collect();
        self.alive.extend(&made);
        self.send(part, made, at_once).await
    }

    /// Kill so many of those that were made first, one after the other: until each was seen dead. None is left behind: a
    /// pass of the reconciler would have more to do.
    pub(crate) async fn kill(&mut self, recording: &Recording, count: usize) -> Result<Sent> {
        let taken = self.taken(count);
        let killed = self.send(&recording.denial, taken.clone(), 1).await?;
        self.send(&recording.burial, taken, 1).await?;
        Ok(killed)
    }

    /// End so many of those that were made first.
    pub(crate) async fn end(&mut self, part: &Part, count: usize, at_once: usize) -> Result<Sent> {
        let taken = self.taken(count);
        self.send(part, taken, at_once).await
    }

    fn taken(&mut self, count: usize) -> Vec<(Uuid, &'a AccountId)> {
        self.alive.drain(..count.min(self.alive.len())).collect()
    }

    async fn send(&self, part: &Part, sessions: Vec<(Uuid, &AccountId)>, at_once: usize) -> Result<Sent> {
        let started = Instant::now();
        let shares = sessions.chunks(sessions.len().div_ceil(at_once).max(1));
        let clients = shares.map(|share| async move {
            let mut client = Client::connect(self).await;
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
    bare: &'a Bare<'a>,
    ministack: Connection,
    dynamodb: Connection,
    /// What was last issued for a session, and then tells whether the session is dead.
    issued: Option<Key>,
}

impl<'a> Client<'a> {
    async fn connect(bare: &'a Bare<'a>) -> Self {
        let (ministack, dynamodb) =
            (bare.ground.hub.ministack.connect().await, Ministack::at(dynamodb()).connect().await);
        Self { bare, ministack, dynamodb, issued: None }
    }

    /// The call, as if it were about this session in this account.
    async fn send(&mut self, part: &Part, seen: &Seen, session: Uuid, account: &AccountId) -> Result<()> {
        let (service, Bare { ground, vendors, .. }) = (seen.service(), self.bare);
        let (key, connection) = match service {
            "dynamodb" => (Some(Key::root(&ground.hub.account)), &mut self.dynamodb),
            "kms" | "sts" => (Some(ground.hub.broker.clone()), &mut self.ministack),
            "ec2" => (self.issued.clone(), &mut self.ministack),
            _ => (vendors.get(account).cloned(), &mut self.ministack),
        };
        let key = key.context("nobody has made this call")?;
        let mut body = seen.body.clone();
        // What is sealed is bound to the session it was sealed for.
        if service != "kms" {
            body = body.replace(&part.session.to_string(), &session.to_string());
            body = body.replace(part.account.as_str(), account.as_str());
        }
        if service == "dynamodb" {
            let [ours, bare] = &ground.prefixes;
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
        // That credentials are dead, and a role is gone, is what the last calls of a session ask for.
        let is_expected = answer.is_success() || matches!((service, answer.status), ("ec2", 403) | ("iam", 404));
        ensure!(is_expected, "{} alone: {answer:?}", seen.name);
        if service == "sts" {
            self.issued = Some(answer.key());
        }
        Ok(())
    }
}
