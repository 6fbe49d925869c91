//! An account that left: closed, suspended, or taken out of the organisation, with sessions living in it.

use std::sync::Arc;

use daypass_embedded::clock::{ManualClock, SystemClock};
use daypass_vending::ports::{Clock, SessionFilter};
use daypass_vending::reconcile::Scope;
use daypass_vending::session::{Attempts, Session, Status};
use jiff::SignedDuration;

use crate::installation::Installation;
use daypass_tests::emulated::{Call, Key};

/// Nobody gets into the account any more, not even with credentials from before.
async fn leave(at: &Installation) {
    let (root, role) = (Key::root(&at.account), ("RoleName", "daypass-vendor"));
    for call in [Call::iam("DeleteRolePolicy", &[role, ("PolicyName", "vendor")]), Call::iam("DeleteRole", &[role])] {
        at.hub.ministack.must(&root, &call).await;
    }
}

async fn status(at: &Installation, session: &Session) -> Status {
    at.vending.session(&at.person("ada"), session.id()).await.unwrap().status()
}

#[tokio::test]
async fn sessions_in_an_account_that_left_become_stuck_and_visible_and_hold_up_no_others() {
    let clock = Arc::new(ManualClock::new(SystemClock.now()));
    let at = Installation::with_accounts(clock.clone(), 2).await;
    let lost = at.active("olga", "break-glass").await;
    let other = at.active_in(&at.accounts[1], "carla", "read-only").await;
    leave(&at).await;
    clock.advance(SignedDuration::from_mins(61).unsigned_abs());
    for pass in 1..=Attempts::LIMIT + 1 {
        let report = at.vending.reconcile(Scope::Due, None).await;
        assert_eq!(status(&at, &other).await, Status::Expired, "pass {pass}: {report:?}");
        clock.advance(SignedDuration::from_mins(20).unsigned_abs());
    }
    assert_eq!(status(&at, &lost).await, Status::Stuck);
    let stuck = SessionFilter { statuses: vec![Status::Stuck], ..SessionFilter::default() };
    let page = daypass_vending::ports::PageRequest { cursor: None, limit: 10 };
    let listed = at.vending.sessions(&at.person("ada"), stuck, &page).await.unwrap();
    assert_eq!(listed.items.len(), 1, "an administrator sees it");
    let subjects: Vec<_> = at.inbox.messages().await.iter().map(|message| message["Subject"].to_string()).collect();
    assert!(subjects.iter().any(|subject| subject.contains("stuck")), "people are alarmed: {subjects:?}");
}
