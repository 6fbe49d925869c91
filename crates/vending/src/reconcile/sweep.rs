//! Walk through what is there, account by account: a role without a live session is quarantined and then deleted; a live
//! session's role that is not what Daypass made is killed.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::report::Tally;
use super::{ItemError, drift};
use crate::audit::{Actor, ChainId, EventDraft, Outcome};
use crate::ids::{AccountId, RoleName, SessionId};
use crate::plan::{KILL_POLICY, ROLE_PATH, closed_trust_document, kill_document, tag};
use crate::ports::{RoleState, RoleSummary, SessionFilter};
use crate::saga::{Apply, SagaError};
use crate::service::Vending;
use crate::session::{Active, EndCause, Session, Status};

/// What became of one role.
enum Verdict {
    InOrder,
    NotOurs,
    Quarantined,
    Deleted,
    Drifted,
}

impl Vending {
    /// Sweep one account.
    pub(super) async fn sweep(&self, account: &AccountId, deadline: Option<Timestamp>, tally: &Tally) {
        if self.out_of_time(deadline) {
            return tally.note(|report| report.cut_short = true);
        }
        // Sessions are read after roles: whatever was being made meanwhile has stored its intent before its role, so a role
        // on the list without a session really has none.
        let listed = match self.list_roles(account).await {
            Ok(listed) => listed,
            Err(error) => return tally.failed(&format!("list the roles of account {account}"), &error),
        };
        let mut live = match self.live_sessions(account).await {
            Ok(live) => live,
            Err(error) => return tally.failed(&format!("list the sessions of account {account}"), &error),
        };
        for summary in listed.roles {
            if self.out_of_time(deadline) {
                return tally.note(|report| report.cut_short = true);
            }
            let session = live.remove(&summary.name);
            match self.inspect(account, &summary, session).await {
                Ok(Verdict::InOrder | Verdict::NotOurs) => {}
                Ok(Verdict::Quarantined) => tally.note(|report| report.quarantined += 1),
                Ok(Verdict::Deleted) => tally.note(|report| report.orphans_deleted += 1),
                Ok(Verdict::Drifted) => tally.note(|report| report.drifted += 1),
                Err(ItemError::Saga(SagaError::Overtaken)) => tally.note(|report| report.left_to_others += 1),
                Err(error) => tally.failed(&format!("look after role {}", summary.name), &error),
            }
        }
        self.roleless(live, listed.at, tally).await;
    }

    /// Live sessions whose role is not there: somebody deleted it. What nobody can use must not be shown as working.
    async fn roleless(&self, sessions: BTreeMap<RoleName, Session>, listed_at: Timestamp, tally: &Tally) {
        for (role, session) in sessions {
            let Ok(active) = session.narrow::<Active>() else { continue };
            // A role made while we listed is not on the list, and IAM lists new roles late.
            let visible = active.state().activated_at.checked_add(self.deps.settings.consistency_window);
            if visible.is_ok_and(|visible| visible >= listed_at) {
                continue;
            }
            let account = active.state().plan.account.clone();
            let killed = match self.deps.cloud.role(&account, &role).await {
                Ok(Some(_)) => continue,
                Ok(None) => self.kill_drifted(active, vec!["its role is gone".to_owned()]).await,
                Err(error) => Err(error.into()),
            };
            match killed {
                Ok(()) => tally.note(|report| report.drifted += 1),
                Err(error) => tally.failed(&format!("look after role {role}"), &error),
            }
        }
    }

    async fn inspect(
        &self,
        account: &AccountId,
        summary: &RoleSummary,
        session: Option<Session>,
    ) -> Result<Verdict, ItemError> {
        let session = match session {
            Some(session) => Some(session),
            None => self.session_of(&summary.name).await?,
        };
        match session {
            Some(session) if session.status() == Status::Active => self.check_drift(account, session).await,
            Some(session) if session.status().may_have_role() => Ok(Verdict::InOrder),
            _ => self.remove_orphan(account, summary).await,
        }
    }

    async fn check_drift(&self, account: &AccountId, session: Session) -> Result<Verdict, ItemError> {
        let Ok(active) = session.narrow::<Active>() else { return Ok(Verdict::InOrder) };
        let Some(found) = self.deps.cloud.role(account, &active.role()).await? else {
            return Ok(Verdict::InOrder);
        };
        let external_id = self.external_id(&active, &active.state().plan).await?;
        let extension = active.state().extension.as_ref().map(|extension| &extension.plan);
        let plans: Vec<_> = std::iter::once(&active.state().plan).chain(extension).collect();
        let findings = drift::findings(&found, &plans, &external_id);
        if findings.is_empty() {
            return Ok(Verdict::InOrder);
        }
        self.kill_drifted(active, findings).await?;
        Ok(Verdict::Drifted)
    }

    async fn kill_drifted(&self, active: Session<Active>, findings: Vec<String>) -> Result<(), ItemError> {
        let revoking = active.revoke(EndCause::Drifted { findings }, Actor::Reconciler, self.now());
        self.deps.store.commit(&revoking).await.map_err(SagaError::from)?;
        self.step(revoking.after().clone(), Actor::Reconciler).await?;
        Ok(())
    }

    /// Deny a role that has no live session; delete it once it is older than the consistency window. A role without our
    /// deployment's tag and a session's is never touched: the path has standing roles too, such as the vendor role.
    async fn remove_orphan(&self, account: &AccountId, summary: &RoleSummary) -> Result<Verdict, ItemError> {
        let (cloud, role) = (&self.deps.cloud, &summary.name);
        let Some(found) = cloud.role(account, role).await? else { return Ok(Verdict::InOrder) };
        let is_ours =
            found.tags.get(tag::DEPLOYMENT).map(String::as_str) == Some(self.deps.settings.deployment.as_str());
        if !is_ours || !found.tags.contains_key(tag::SESSION) {
            return Ok(Verdict::NotOurs);
        }
        if !found.inline_policies.contains_key(KILL_POLICY) {
            self.record_orphan("role.quarantine", account, &found).await?;
            let (kill, closed) = (kill_document().to_json(), closed_trust_document().to_json());
            self.patiently(|| cloud.put_role_policy(account, role, KILL_POLICY, &kill)).await?;
            self.patiently(|| cloud.put_trust_policy(account, role, &closed)).await?;
        }
        let age = self.now().duration_since(summary.created_at);
        if age < self.deps.settings.consistency_window {
            return Ok(Verdict::Quarantined);
        }
        self.record_orphan("role.delete", account, &found).await?;
        let found = cloud.role(account, role).await?;
        if let Some(found) = found {
            self.delete_all(account, &found).await?;
        }
        Ok(Verdict::Deleted)
    }

    async fn record_orphan(&self, action: &str, account: &AccountId, found: &RoleState) -> Result<(), ItemError> {
        let event = EventDraft::new(ChainId::system(), self.now(), Actor::Reconciler, action, Outcome::Done)
            .with("account", account)
            .with("role", &found.name)
            .with("session", found.tags.get(tag::SESSION).map_or("none", String::as_str));
        Ok(self.deps.audit.record(&event).await?)
    }

    /// The session that a role's name belongs to.
    async fn session_of(&self, role: &RoleName) -> Result<Option<Session>, ItemError> {
        let name = role.as_str();
        let id = name.len().checked_sub(36).and_then(|at| name.get(at..)).and_then(|id| id.parse::<SessionId>().ok());
        let Some(id) = id else { return Ok(None) };
        let session = self.deps.store.session(&id).await?;
        Ok(session.filter(|session| session.role() == *role))
    }

    async fn live_sessions(&self, account: &AccountId) -> Result<BTreeMap<RoleName, Session>, ItemError> {
        let filter = SessionFilter {
            account: Some(account.clone()),
            statuses: vec![Status::Active],
            ..SessionFilter::default()
        };
        let sessions = self.all_sessions(&filter).await?;
        Ok(sessions.into_iter().map(|session| (session.role(), session)).collect())
    }

    async fn list_roles(&self, account: &AccountId) -> Result<Listed, ItemError> {
        let (mut roles, mut page) = (Vec::new(), None);
        let at = self.now();
        loop {
            let found = self.deps.cloud.roles(account, ROLE_PATH, page).await?;
            roles.extend(found.roles);
            match found.next {
                Some(next) => page = Some(next),
                None => return Ok(Listed { roles, at }),
            }
        }
    }
}

/// The roles of an account, and when they were listed.
struct Listed {
    roles: Vec<RoleSummary>,
    at: Timestamp,
}
