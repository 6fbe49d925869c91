//! Every call that a deed makes of AWS, met by every fault on the wire, and what is so when the reconciler has been through.
//!
//! A deed is done once without faults to learn which calls it makes. Then the first call of each name meets each fault, and
//! further ones of the same name one fault each, in turn. The deed is done by a process that has just started and knows
//! nothing, what comes after by another one. Deeds are spread over lanes that run side by side, each a deployment of its own,
//! with a clock that jumps to where whatever is unfinished is due. Calls have three seconds instead of eight, so that answers
//! that never come cost less.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use daypass_embedded::clock::AdjustableClock;
use daypass_tests::emulated::{Fault, Ministack, Proxy, Rule, dynamodb};
use daypass_vending::secret::Credentials;
use daypass_vending::service::Requested;
use daypass_vending::session::{Session, Status};
use futures::future::join_all;

use crate::deployment::Deployment;
use crate::hand::{Hand, HandOptions, movable};
use crate::stories::Told;

/// The longest one attempt of a call may take here.
const ATTEMPT: Duration = Duration::from_secs(3);

/// How often a deed is done until its call was made: where the machine is busy, an earlier one may take too long.
const TRIES: usize = 4;

/// A session's length.
const HOUR: i64 = 3600;

/// After this whatever is unfinished is due.
const DUE: Duration = Duration::from_secs(6 * 60);

/// How often the reconciler may come until all is at rest. What fails again waits for its next turn.
const PASSES: usize = 3;

/// What is done to a session. Whatever goes wrong inside is the point, and so is not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Vend,
    Approve,
    Credentials,
    Kill,
    Expire,
}

/// One of a deed's calls: the first of its name after so many, through this proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Target {
    place: usize,
    name: String,
    skip: usize,
}

/// One deployment in which one deed after the other meets its fault.
struct Lane {
    at: Deployment,
    hand: Hand,
    clock: Arc<AdjustableClock>,
    /// In front of `ministack` and of DynamoDB.
    proxies: [Proxy; 2],
}

impl Lane {
    async fn new() -> Self {
        let at = Deployment::new(1, &[]).await;
        let proxies = [Proxy::before(at.hub.ministack.address()).await, Proxy::before(dynamodb()).await];
        let clock = movable();
        let hand = at.hand(HandOptions::with_clock(clock.clone())).await;
        Self { at, hand, clock, proxies }
    }

    /// A process that has just started, behind the proxies.
    async fn started(&self) -> Hand {
        let [ministack, tables] = &self.proxies;
        let options = HandOptions {
            ministack: Ministack::at(ministack.address),
            dynamodb: tables.address,
            attempt: ATTEMPT,
            ..HandOptions::with_clock(self.clock.clone())
        };
        self.at.hand(options).await
    }

    /// What the deed starts from.
    async fn prepare(&self, deed: Deed) -> Option<(Session, Option<Credentials>)> {
        if deed == Deed::Vend {
            return None;
        }
        if deed == Deed::Approve {
            let session = self.hand.request("pat", Hand::wish(self.at.account(), "admin", HOUR)).await;
            let session = self.hand.approve("lea", &session).await.unwrap();
            assert_eq!(session.status(), Status::PendingApproval, "one vote of two");
            return Some((session, None));
        }
        let session = self.hand.active("olga", Hand::wish(self.at.account(), "break-glass", HOUR)).await;
        let issued = match deed {
            Deed::Credentials => None,
            _ => Some(self.hand.credentials("olga", &session).await),
        };
        if deed == Deed::Expire {
            self.clock.advance(Duration::from_secs(3601));
        }
        Some((session, issued))
    }

    async fn run(&self, deed: Deed, session: Option<&Session>) -> Option<Session> {
        let hand = self.started().await;
        let vending = &hand.vending;
        match (deed, session) {
            (Deed::Vend, _) => {
                let wish = Hand::wish(self.at.account(), "break-glass", HOUR);
                let Ok(Requested::New(session)) = vending.request(&hand.person("olga"), wish, None).await else {
                    return None;
                };
                // As the server does it.
                let _ = futures::join!(vending.carry_on(session.id()), vending.deliver_alerts());
                return Some(session);
            }
            // What comes of it is the reconciler's, should the process end here.
            (Deed::Approve, Some(session)) => drop(hand.approve("max", session).await),
            (Deed::Credentials, Some(session)) => {
                let _ = vending.credentials(&hand.person("olga"), session.id()).await;
                vending.deliver_alerts().await;
            }
            (Deed::Kill, Some(session)) => {
                let reason = "the laptop was lost".parse().unwrap();
                if vending.revoke(&hand.person("ada"), session.id(), reason).await.is_ok() {
                    let _ = futures::join!(vending.carry_on(session.id()), vending.deliver_alerts());
                }
            }
            (Deed::Expire, Some(_)) => drop(hand.pass().await),
            (_, None) => unreachable!("only vending starts from nothing"),
        }
        None
    }

    /// The calls that a deed makes.
    async fn calls_of(&self, deed: Deed) -> Vec<Target> {
        let prepared = self.prepare(deed).await;
        self.run(deed, prepared.as_ref().map(|(session, _)| session)).await;
        let mut counts = BTreeMap::new();
        for (place, proxy) in self.proxies.iter().enumerate() {
            for seen in proxy.take_seen() {
                *counts.entry((place, seen.name)).or_insert(0) += 1;
            }
        }
        self.end_all().await;
        let targets = counts.into_iter();
        targets
            .flat_map(|((place, name), count)| (0..count).map(move |skip| Target { place, name: name.clone(), skip }))
            .collect()
    }

    /// Do the deed while one of its calls meets a fault, and see what becomes of it.
    async fn survive(&self, deed: Deed, target: &Target, fault: Fault) {
        for _ in 0..TRIES {
            // How often something is read again depends on who comes first.
            if self.survives(deed, target, fault).await || target.skip > 0 {
                return;
            }
        }
        panic!("{deed:?}, {target:?}, {fault:?}: the fault was not met");
    }

    /// Whether the fault was met.
    async fn survives(&self, deed: Deed, target: &Target, fault: Fault) -> bool {
        let Target { place, name, skip } = target;
        let about = format!("{deed:?}, {name} {skip}, {fault:?}");
        let prepared = self.prepare(deed).await;
        let proxy = &self.proxies[*place];
        drop(proxy.take_seen());
        proxy.arm(Rule::on(&[name], fault).after(*skip));
        let made = self.run(deed, prepared.as_ref().map(|(session, _)| session)).await;
        let was_met = proxy.met() == 1;
        proxy.disarm();
        self.settle(&about).await;
        if let (Deed::Approve, Some((session, _))) = (deed, &prepared) {
            self.vote_counts_once(session, &about).await;
        }
        self.hand.assert_at_rest(&about).await;
        if let Some(made) = made {
            self.hand.stored(made.id()).await;
        }
        if let Some((session, Some(credentials))) = prepared {
            let is_live = self.hand.stored(session.id()).await.status() == Status::Active;
            assert_eq!(self.works(&credentials).await, is_live, "{about}: credentials from before");
        }
        self.end_all().await;
        was_met
    }

    async fn settle(&self, about: &str) {
        for pass in 1.. {
            self.clock.advance(DUE);
            let report = self.hand.pass().await;
            let unfinished = [Status::Provisioning, Status::Revoking, Status::Expiring, Status::Stuck];
            if report.errors.is_empty() && self.hand.sessions(&unfinished).await.is_empty() {
                return;
            }
            assert!(pass < PASSES, "{about}: {report:?}");
        }
    }

    /// Who does not know whether their vote counted votes again.
    async fn vote_counts_once(&self, session: &Session, about: &str) {
        self.hand.approve("max", session).await.unwrap_or_else(|error| panic!("{about}: {error}"));
        let granted = self.hand.vending.carry_on(session.id()).await.unwrap();
        assert_eq!(granted.status(), Status::Active, "{about}");
        let by: Vec<_> = granted.said().approvals.iter().map(|vote| vote.by.as_str()).collect();
        assert_eq!(by, ["lea", "max"], "{about}");
        let history = self.hand.history(session.id()).await;
        assert_eq!(history.iter().filter(|action| *action == "session.approve").count(), 2, "{about}: {history:?}");
    }

    /// Leave no live session behind: every pass looks after each of them.
    async fn end_all(&self) {
        for (id, session) in self.hand.sessions(&[Status::Active]).await {
            self.hand.vending.release(&self.hand.person(session.facts().user.as_str()), id).await.unwrap();
            self.hand.vending.carry_on(id).await.unwrap();
        }
    }

    async fn works(&self, credentials: &Credentials) -> bool {
        use daypass_vending::ports::{Cloud, Liveness};
        self.hand.cloud.probe(credentials).await == Ok(Liveness::Alive)
    }

    /// At the end of a lane.
    async fn close(self) {
        // The ends of what was left over are told, too.
        self.hand.pass().await;
        self.hand.assert_trail("at the end of a lane").await;
        let told: Vec<_> = self.at.inbox.messages().await.iter().map(Told::of).collect();
        self.hand.assert_alerts_arrived(&told, "at the end of a lane").await;
    }
}

/// How many lanes share the faults of a deed.
const LANES: usize = 6;

async fn survive_every_fault_at_every_call(deed: Deed, expected: &[&str]) {
    let lanes = join_all((0..LANES).map(|_| Lane::new())).await;
    let calls = lanes[0].calls_of(deed).await;
    for name in expected {
        assert!(calls.iter().any(|call| call.name == *name), "{deed:?} makes {name}: {calls:?}");
    }
    let mut turns = Fault::ALL.iter().cycle();
    let mut pairs = Vec::new();
    for call in &calls {
        let faults = if call.skip == 0 { Fault::ALL.to_vec() } else { turns.next().copied().into_iter().collect() };
        pairs.extend(faults.into_iter().map(|fault| (call, fault)));
    }
    join_all(lanes.into_iter().enumerate().map(async |(number, lane)| {
        for (call, fault) in pairs.iter().skip(number).step_by(LANES) {
            lane.survive(deed, call, *fault).await;
        }
        lane.close().await;
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn vending_survives_every_fault_on_the_wire_at_every_call() {
    let calls = [
        "sts.AssumeRole vendor",
        "iam.GetAccountSummary",
        "iam.CreateRole",
        "iam.PutRolePolicy",
        "kms.Encrypt",
        "kms.Decrypt",
        "dynamodb.TransactWriteItems",
        "sns.Publish",
    ];
    survive_every_fault_at_every_call(Deed::Vend, &calls).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_approval_survives_every_fault_on_the_wire_at_every_call() {
    let calls = ["dynamodb.GetItem", "dynamodb.TransactWriteItems", "kms.Encrypt", "iam.GetAccountSummary"];
    survive_every_fault_at_every_call(Deed::Approve, &calls).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn issuing_credentials_survives_every_fault_on_the_wire_at_every_call() {
    survive_every_fault_at_every_call(
        Deed::Credentials,
        &["sts.AssumeRole vended", "kms.Decrypt", "dynamodb.TransactWriteItems"],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killing_survives_every_fault_on_the_wire_at_every_call() {
    survive_every_fault_at_every_call(Deed::Kill, &TEARDOWN).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn expiring_survives_every_fault_on_the_wire_at_every_call() {
    survive_every_fault_at_every_call(Deed::Expire, &TEARDOWN).await;
}

const TEARDOWN: [&str; 8] = [
    "sts.AssumeRole vended",
    "iam.PutRolePolicy",
    "iam.UpdateAssumeRolePolicy",
    "iam.DeleteRolePolicy",
    "iam.DeleteRole",
    "iam.GetRole",
    "ec2.DescribeRegions",
    "dynamodb.TransactWriteItems",
];
