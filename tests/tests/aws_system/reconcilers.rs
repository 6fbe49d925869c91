//! Several reconcilers over the same records and accounts: at once, and stopped half way.

use std::collections::BTreeSet;
use std::time::Duration;

use daypass_embedded::entropy::SeededEntropy;
use daypass_vending::ports::Outbox;
use daypass_vending::request::PassDuration;
use daypass_vending::session::{Session, Status};
use futures::future::join_all;
use futures::stream::{StreamExt, iter};

use crate::deployment::Deployment;
use crate::hand::{Hand, HandOptions, movable};
use crate::load::roll;
use crate::stories::Told;

const SESSIONS: usize = 36;

/// Sessions of every kind that a reconciler has work with, all of them due.
struct Due {
    at: Deployment,
    clock: std::sync::Arc<daypass_embedded::clock::AdjustableClock>,
    sessions: Vec<Session>,
}

impl Due {
    /// A third to be killed, a third to be prolonged and then ended, a third to be ended; and one whose maker went away.
    async fn new() -> Self {
        let (at, clock) = (Deployment::new(3, &[]).await, movable());
        let maker = at.hand(HandOptions::with_clock(clock.clone())).await;
        let wishes = (0..SESSIONS).map(|number| Hand::wish(&at.accounts[number % 3], "break-glass", 1800));
        let made = iter(wishes).map(|wish| maker.active("olga", wish)).buffer_unordered(8);
        let mut sessions: Vec<_> = made.collect().await;
        for (number, session) in sessions.iter().enumerate() {
            let (id, reason) = (session.id(), "the laptop was lost".parse().unwrap());
            match number % 3 {
                0 => drop(maker.vending.revoke(&maker.person("ada"), id, reason).await.unwrap()),
                1 => {
                    let by = PassDuration::from_seconds(900).unwrap();
                    maker.vending.extend(&maker.person("olga"), id, by, None).await.unwrap();
                }
                _ => {}
            }
        }
        sessions.push(maker.request("olga", Hand::wish(at.account(), "break-glass", 3600)).await);
        clock.advance(Duration::from_secs(6 * 60));
        Self { at, clock, sessions }
    }

    async fn reconciler(&self) -> Hand {
        self.at.hand(HandOptions::with_clock(self.clock.clone())).await
    }

    /// Whatever the reconcilers did, it was done once, and told at least once.
    async fn assert_all_done_once(&self, reconciler: &Hand, about: &str) {
        reconciler.assert_at_rest(about).await;
        reconciler.assert_trail(about).await;
        for session in &self.sessions {
            let stored = reconciler.stored(session.id()).await;
            // The one whose maker went away is undone when nobody can be waiting for it any more.
            let ends = [Status::Revoked, Status::Expired, Status::Failed];
            assert!(ends.contains(&stored.status()), "{about}: {stored:?}");
            let entries = reconciler.store.alerts_of(&session.id()).await.unwrap();
            let occasions: BTreeSet<_> = entries.iter().map(|entry| entry.alert.occasion).collect();
            assert_eq!(occasions.len(), entries.len(), "{about}: nothing is worth two alerts");
        }
        let told: Vec<_> = self.at.inbox.messages().await.iter().map(Told::of).collect();
        reconciler.assert_alerts_arrived(&told, about).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_reconcilers_at_once_end_everything_once() {
    let due = Due::new().await;
    let reconcilers = [due.reconciler().await, due.reconciler().await];
    let reports = join_all(reconcilers.iter().map(Hand::pass)).await;
    assert!(reports.iter().all(|report| report.errors.is_empty()), "{reports:?}");
    let third = SESSIONS / 3;
    assert_eq!(reports.iter().map(|report| report.revoked).sum::<u32>() as usize, third, "{reports:?}");
    assert_eq!(reports.iter().map(|report| report.extended).sum::<u32>() as usize, third, "{reports:?}");
    assert_eq!(reports.iter().map(|report| report.rolled_forward).sum::<u32>(), 1, "{reports:?}");

    due.clock.advance(Duration::from_secs(2 * 3600));
    let reports = join_all(reconcilers.iter().map(Hand::pass)).await;
    assert!(reports.iter().all(|report| report.errors.is_empty()), "{reports:?}");
    assert_eq!(reports.iter().map(|report| report.expired).sum::<u32>() as usize, 2 * third + 1, "{reports:?}");
    due.assert_all_done_once(&reconcilers[0], "after two at once").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reconciler_stopped_half_way_leaves_nothing_that_the_next_one_does_twice() {
    let due = Due::new().await;
    due.clock.advance(Duration::from_secs(2 * 3600));
    let (witness, chance) = (due.reconciler().await, SeededEntropy::new(11));
    let mut stopped = 0;
    for _ in 0..6 {
        let reconciler = due.reconciler().await;
        let life = Duration::from_millis(100 + roll(&chance, 400));
        // Dropped in the middle of whatever it does, as a killed process.
        if tokio::time::timeout(life, reconciler.pass()).await.is_err() {
            stopped += 1;
        }
    }
    assert!(stopped >= 2, "{stopped} of six were stopped half way");
    // What they had claimed is due again after a while.
    due.clock.advance(Duration::from_secs(6 * 60));
    let report = witness.pass().await;
    assert_eq!(report.errors, Vec::<String>::new());
    due.assert_all_done_once(&witness, "after six stopped half way").await;
}
