//! The calls of a session's life, as they went over the wire.

use anyhow::{Context as _, Result, bail, ensure};
use daypass_tests::emulated::{Ministack, Proxy, Seen, dynamodb};
use daypass_vending::ids::{AccountId, SessionId};

use crate::installation::{Ground, Installation};

/// What the parts of the trail's heads are named by.
const HEADS: &str = "heads#";

/// What the parts of a checkpoint are named by.
const CHECKPOINT: &str = "checkpoint#";

/// How many sessions are tried before it is given up to find one in the same one of sixteen parts.
const TRIES: usize = 300;

/// A part of a session's life.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// Whose calls these are: the id is in names and keys.
    pub(crate) session: SessionId,
    /// Where it was.
    pub(crate) account: AccountId,
    /// In the order they were made.
    pub(crate) calls: Vec<Seen>,
}

/// Everything that was written down.
#[derive(Clone, Debug)]
pub(crate) struct Recording {
    /// From the request to credentials.
    pub(crate) vend: Part,
    /// From the order to kill until credentials were seen dead.
    pub(crate) denial: Part,
    /// From there to the verified absence of the role.
    pub(crate) burial: Part,
    /// From being due to the verified absence of the role.
    pub(crate) end: Part,
}

impl Recording {
    /// Play the life of two sessions through proxies. A third one before them has the accounts entered, which costs a call
    /// an hour.
    pub(crate) async fn take(ground: &Ground) -> Result<Self> {
        let proxies = [Proxy::before(ground.hub.ministack.address()).await, Proxy::before(dynamodb()).await];
        let [ministack, records] = &proxies;
        let at = ground.installation(Ministack::at(ministack.address), records.address).await?;
        let account = ground.accounts.first().context("no account")?;
        at.granted(0).await?;
        at.expire_all().await?;
        seen(&proxies);
        let killed = at.granted(0).await?;
        let part = |session, calls| Part { session, account: account.clone(), calls };
        let vend = part(killed, seen(&proxies));
        at.killed(killed).await?;
        let mut denial = part(killed, of_session(seen(&proxies), killed));
        let dead = denial.calls.iter().rposition(|call| call.name == "ec2.DescribeRegions");
        let burial = part(killed, denial.calls.split_off(dead.context("a kill was not seen")? + 1));
        let expired = like(&vend, &at, &proxies).await?;
        seen(&proxies);
        ensure!(at.expire_all().await?.sessions == 1, "one session was to end");
        let mut end = part(expired, of_session(seen(&proxies), expired));
        enter_as(&vend, &mut end)?;
        Ok(Self { vend, denial, burial, end })
    }
}

/// A session whose records lie in the same part of the tables as those of this one: which part, depends on the id. What was
/// made by the one recording can then be ended by the other.
async fn like(vend: &Part, at: &Installation, proxies: &[Proxy; 2]) -> Result<SessionId> {
    let wanted = heads_part(&vend.calls);
    for _ in 0..TRIES {
        let session = at.granted(0).await?;
        if heads_part(&seen(proxies)) == wanted {
            return Ok(session);
        }
        at.killed(session).await?;
        seen(proxies);
    }
    bail!("no session lies where the first one does, after {TRIES} tries")
}

/// Which of the parts of the trail's heads these calls write.
fn heads_part(calls: &[Seen]) -> Option<String> {
    let written = calls.iter().find(|call| call.name == "dynamodb.TransactWriteItems" && call.body.contains(HEADS))?;
    let (_, rest) = written.body.split_once(HEADS)?;
    rest.split('"').next().map(str::to_owned)
}

/// Let the one end what the other has made: a role lets nobody in without the external id that it was made with.
fn enter_as(vend: &Part, end: &mut Part) -> Result<()> {
    let (made, ended) = (external_id(&vend.calls)?, external_id(&end.calls)?);
    for call in &mut end.calls {
        call.body = call.body.replace(&ended, &made);
    }
    Ok(())
}

/// What the session's role was entered with.
fn external_id(calls: &[Seen]) -> Result<String> {
    let entered = calls.iter().find(|call| call.name == "sts.AssumeRole vended").context("nobody entered the role")?;
    let (_, rest) = entered.body.split_once("ExternalId=").context("the role was entered without an external id")?;
    Ok(rest.split('&').next().unwrap_or_default().to_owned())
}

/// What both have seen, in the order of its arrival.
fn seen(proxies: &[Proxy; 2]) -> Vec<Seen> {
    let mut all: Vec<Seen> = proxies.iter().flat_map(Proxy::take_seen).collect();
    all.sort_by_key(|seen| seen.at);
    all
}

/// A pass also looks around and signs the heads of all chains: those calls are one for all sessions. The witness' own says
/// nothing about its session.
fn of_session(calls: Vec<Seen>, session: SessionId) -> Vec<Seen> {
    let id = session.to_string();
    let is_its_own =
        |call: &Seen| call.service() == "ec2" || call.body.contains(&id) && !call.body.contains(CHECKPOINT);
    calls.into_iter().filter(is_its_own).collect()
}
