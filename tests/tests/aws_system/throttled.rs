//! A thousand sessions that end at once in twenty accounts, one of which throttles every change.

use std::collections::BTreeMap;
use std::time::Duration;

use daypass_tests::emulated::{Fault, Ministack, Proxy, Rule};
use daypass_vending::ids::AccountId;
use daypass_vending::session::Status;
use futures::stream::{StreamExt, iter};

use crate::deployment::Deployment;
use crate::hand::{Hand, HandOptions, movable};

const ACCOUNTS: usize = 20;
const SESSIONS: usize = 1_000;

/// How many are made at once.
const AT_ONCE: usize = 16;

/// Every change that IAM throttles.
const WRITES: [&str; 4] = ["iam.PutRolePolicy", "iam.UpdateAssumeRolePolicy", "iam.DeleteRolePolicy", "iam.DeleteRole"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_throttles_keeps_none_of_nineteen_others_from_ending_on_time() {
    let (at, clock) = (Deployment::new(ACCOUNTS, &[]).await, movable());
    let proxy = Proxy::before(at.hub.ministack.address()).await;
    let options = HandOptions { ministack: Ministack::at(proxy.address), ..HandOptions::with_clock(clock.clone()) };
    let reconciler = at.hand(options).await;
    let wishes = (0..SESSIONS).map(|number| Hand::wish(&at.accounts[number % ACCOUNTS], "read-only", 3600));
    let made: Vec<_> =
        iter(wishes).map(|wish| reconciler.active("carla", wish)).buffer_unordered(AT_ONCE).collect().await;
    assert_eq!((made.len(), reconciler.roles().await.len()), (SESSIONS, SESSIONS));

    clock.advance(Duration::from_secs(3601));
    let throttled = &at.accounts[7];
    proxy.arm(Rule::on(&WRITES, Fault::Throttled).in_account(throttled.as_str()).times(usize::MAX));
    let watch = async {
        loop {
            let left = unfinished(&reconciler).await;
            if left.keys().all(|account| account == throttled) {
                // Only now may it go on.
                proxy.disarm();
                return left;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    };
    let (report, left) = futures::join!(reconciler.pass(), watch);
    assert_eq!(
        left.get(throttled),
        Some(&(SESSIONS / ACCOUNTS)),
        "the others were ended while it had all its work left"
    );
    assert!(proxy.met() > 0);
    assert!(report.expired as usize >= SESSIONS - SESSIONS / ACCOUNTS, "{report:?}");

    // What was given up meanwhile has its turn again.
    clock.advance(Duration::from_secs(15 * 60));
    reconciler.pass().await;
    reconciler.assert_at_rest("after the storm").await;
    assert_eq!(reconciler.roles().await, []);
}

/// How many sessions of each account have not ended yet.
async fn unfinished(reconciler: &Hand) -> BTreeMap<AccountId, usize> {
    let mut counts = BTreeMap::new();
    for session in reconciler.sessions(&[Status::Active, Status::Expiring, Status::Stuck]).await.into_values() {
        *counts.entry(session.facts().request.account.clone()).or_insert(0) += 1;
    }
    counts
}
