//! What must be so when nobody is at work any more, in the records and in AWS.

use std::collections::{BTreeMap, BTreeSet};

use daypass_vending::audit::ChainId;
use daypass_vending::ids::SessionId;
use daypass_vending::plan::{ROLE_PATH, SESSION_POLICY};
use daypass_vending::ports::{AuditLog, Cloud, Outbox, Page, PageRequest, RoleSummary, SessionFilter, SessionStore};
use daypass_vending::reconcile::{ReconcileReport, Scope};
use daypass_vending::session::{Session, Status};
use futures::future::join_all;
use futures::stream::{StreamExt, iter};

use crate::hand::Hand;
use crate::stories::Told;

/// What happens to a session at most once, as the trail calls it.
const ONCE: [&str; 6] =
    ["session.grant", "session.activate", "session.expire", "session.revoke", "session.expired", "session.revoked"];

impl Hand {
    /// One pass over what is due.
    pub(crate) async fn pass(&self) -> ReconcileReport {
        self.vending.reconcile(Scope::Due, None).await
    }

    /// Every stored session in one of these states; in any when none is named.
    pub(crate) async fn sessions(&self, statuses: &[Status]) -> BTreeMap<SessionId, Session> {
        let filter = SessionFilter { statuses: statuses.to_vec(), ..SessionFilter::default() };
        let (mut sessions, mut cursor) = (BTreeMap::new(), None);
        loop {
            let request = PageRequest { cursor, limit: 500 };
            let page = self.page(&filter, &request).await;
            sessions.extend(page.items.into_iter().map(|session| (session.id(), session)));
            match page.next {
                Some(next) => cursor = Some(next),
                None => return sessions,
            }
        }
    }

    /// One page. An emulator that many tests keep busy at once may have to be asked again: what is stored is in question
    /// here, not how soon it is told.
    async fn page(&self, filter: &SessionFilter, request: &PageRequest) -> Page<Session> {
        for _ in 0..4 {
            if let Ok(page) = self.store.sessions(filter, request).await {
                return page;
            }
        }
        self.store.sessions(filter, request).await.unwrap()
    }

    /// Every role under our path, in all accounts.
    pub(crate) async fn roles(&self) -> Vec<RoleSummary> {
        let accounts = self.settings.projects.accounts();
        // The emulator lists all roles in one page.
        let lists = accounts.iter().map(|account| self.cloud.roles(account, ROLE_PATH, None));
        join_all(lists).await.into_iter().flat_map(|list| list.unwrap().roles).collect()
    }

    /// No role without a live session, no live session without its role, each live role as it was made, nothing unfinished,
    /// nothing overdue, and nothing done twice.
    pub(crate) async fn assert_at_rest(&self, about: &str) {
        let sessions = self.sessions(&[]).await;
        let (live, over): (Vec<_>, Vec<_>) = sessions.values().partition(|session| session.status() == Status::Active);
        for session in over {
            let is_over =
                [Status::Revoked, Status::Expired, Status::Failed, Status::Refused].contains(&session.status());
            assert!(is_over, "{about}: session {} is left {}", session.id(), session.status().as_str());
        }
        for session in &live {
            assert!(session.expires_at().is_some_and(|end| end > self.now()), "{about}: {} is overdue", session.id());
        }
        let expected: BTreeSet<_> = live.iter().map(|session| session.role()).collect();
        let roles: BTreeSet<_> = self.roles().await.into_iter().map(|role| role.name).collect();
        assert_eq!(roles, expected, "{about}: roles in AWS against live sessions");
        for session in live {
            let role = self.role_of(session).await.expect("it is on the list");
            assert!(role.boundary_arn.is_some(), "{about}: {role:?}");
            let policies: Vec<_> = role.inline_policies.keys().map(String::as_str).collect();
            assert_eq!(policies, [SESSION_POLICY], "{about}: {role:?}");
        }
        let histories: Vec<_> = iter(sessions.keys())
            .map(|id| async { (*id, self.history(*id).await) })
            .buffer_unordered(8)
            .collect()
            .await;
        for (id, actions) in histories {
            for once in ONCE {
                let count = actions.iter().filter(|action| *action == once).count();
                assert!(count <= 1, "{about}: {once} of {id} in {actions:?}");
            }
        }
    }

    /// The trail verifies.
    pub(crate) async fn assert_trail(&self, about: &str) {
        let report = self.vending.verify_audit(&self.person("ada")).await.unwrap();
        assert_eq!(report.findings, [], "{about}: the trail");
    }

    /// Every alert in the records was delivered and has arrived; how many there are.
    pub(crate) async fn assert_alerts_arrived(&self, told: &[Told], about: &str) -> usize {
        let arrived: BTreeSet<_> = told.iter().map(|told| (told.session.clone(), told.occasion.clone())).collect();
        let mut count = 0;
        for id in self.sessions(&[]).await.into_keys() {
            for entry in self.store.alerts_of(&id).await.unwrap() {
                let occasion = entry.alert.occasion.as_str();
                assert!(entry.delivered_at.is_some(), "{about}: {occasion} of {id} is not delivered");
                let message = (id.to_string(), occasion.to_owned());
                assert!(arrived.contains(&message), "{about}: {occasion} of {id} has not arrived");
                count += 1;
            }
        }
        count
    }

    /// What the trail says was done to a session, in order.
    pub(crate) async fn history(&self, id: SessionId) -> Vec<String> {
        let page = PageRequest { cursor: None, limit: 500 };
        let events = self.store.events(Some(&ChainId::session(&id)), &page).await.unwrap();
        events.items.into_iter().map(|event| event.draft.action).collect()
    }
}
