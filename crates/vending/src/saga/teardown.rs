//! Kill a role, and *know* that it is dead. Deny first: it is what stops live credentials. Delete only what has been denied
//! for longer than IAM may take to tell everybody.

use jiff::{SignedDuration, Timestamp};

use super::{Apply, SagaError};
use crate::audit::Actor;
use crate::ids::AccountId;
use crate::plan::{KILL_POLICY, Plan, closed_trust_document, kill_document};
use crate::ports::{Assumption, CloudError, Liveness, RoleState};
use crate::secret::Credentials;
use crate::service::Vending;
use crate::session::{Ending, KillReport, Session, TeardownFailure};

/// How long the refusal of a witness is looked for before the consistency window alone has to do.
const WATCH: SignedDuration = SignedDuration::from_secs(10);

/// What one run at a kill came to.
enum Kill {
    /// The role is verified gone.
    Gone,
    /// The denial has to grow older; come back then.
    Wait(Timestamp),
}

impl Vending {
    /// Kill the session's role, as far as it goes now.
    pub(super) async fn tear_down<S: Ending>(&self, session: Session<S>, actor: Actor) -> Result<Session, SagaError> {
        let mut report = session.state().teardown().report.clone();
        match self.kill(&session, &mut report).await {
            Ok(Kill::Gone) => {
                let gone = session.gone(report, actor, self.now());
                self.deps.store.commit(&gone).await?;
                Ok(gone.after().clone())
            }
            Ok(Kill::Wait(at)) => {
                let waiting = session.wait_until(at, report);
                self.deps.store.keep(&waiting).await?;
                Ok(waiting.after().clone())
            }
            Err(error) => {
                let jitter = self.deps.entropy.jitter();
                match session.failed_teardown(report, &error.to_string(), jitter, self.now()) {
                    TeardownFailure::Retry(retry) => self.deps.store.keep(&retry).await?,
                    TeardownFailure::Stuck(stuck) => self.deps.store.commit(&stuck).await?,
                }
                Err(error.into())
            }
        }
    }

    async fn kill<S: Ending>(&self, session: &Session<S>, report: &mut KillReport) -> Result<Kill, CloudError> {
        let plan = &session.state().teardown().plan;
        let window = self.deps.settings.consistency_window;
        if report.denied_at.is_none() {
            let witness = self.witness(session, plan).await;
            if !self.deny_role(plan, report).await? {
                return self.confirm_absence(plan, session.state().teardown().started_at, report).await;
            }
            if let Some(witness) = witness {
                report.refusal_seen_at = self.watch_die(&witness).await;
            }
        }
        let denied_at = report.denied_at.unwrap_or_else(|| self.now());
        let ripe = denied_at.checked_add(window).unwrap_or(Timestamp::MAX);
        if self.now() < ripe {
            return Ok(Kill::Wait(ripe));
        }
        self.remove(&plan.account, plan).await?;
        report.role_gone_at = Some(self.now());
        Ok(Kill::Gone)
    }

    /// Deny everything, then close the door; false when there is no role.
    async fn deny_role(&self, plan: &Plan, report: &mut KillReport) -> Result<bool, CloudError> {
        let (account, role) = (&plan.account, &plan.role);
        let (kill, closed) = (kill_document().to_json(), closed_trust_document().to_json());
        let cloud = &self.deps.cloud;
        match self.patiently(|| cloud.put_role_policy(account, role, KILL_POLICY, &kill)).await {
            Err(CloudError::NotFound(_)) => return Ok(false),
            outcome => outcome?,
        }
        report.denied_at = Some(self.now());
        match self.patiently(|| cloud.put_trust_policy(account, role, &closed)).await {
            Err(CloudError::NotFound(_)) => return Ok(false),
            outcome => outcome?,
        }
        report.trust_closed_at = Some(self.now());
        Ok(true)
    }

    /// There is no role. That counts once it has been so for longer than the consistency window: a `CreateRole` sent just
    /// before the end was ordered may not be visible yet.
    async fn confirm_absence(
        &self,
        plan: &Plan,
        started_at: Timestamp,
        report: &mut KillReport,
    ) -> Result<Kill, CloudError> {
        let ripe = started_at.checked_add(self.deps.settings.consistency_window).unwrap_or(Timestamp::MAX);
        if self.now() < ripe {
            return Ok(Kill::Wait(ripe));
        }
        self.remove(&plan.account, plan).await?;
        report.role_gone_at = Some(self.now());
        Ok(Kill::Gone)
    }

    /// Credentials of the doomed role that are seen to work: their later refusal is the proof of the kill. `None` when the
    /// role cannot be assumed any more, is entered by its holder alone, or does not work from here; that is no reason not to
    /// kill it.
    async fn witness<S: Ending>(&self, session: &Session<S>, plan: &Plan) -> Option<Credentials> {
        if plan.trust.holder.is_some() {
            return None;
        }
        let external_id = self.external_id(session, plan).await.ok()?;
        let assumption = Assumption {
            role: &plan.role,
            path: &plan.path,
            external_id: &external_id,
            user: &session.facts().user,
            session: session.id(),
            duration_seconds: 900,
        };
        let witness = self.deps.cloud.assume_role(&plan.account, &assumption).await.ok()?;
        let alive = self.deps.cloud.probe(&witness).await.ok()?;
        (alive == Liveness::Alive).then_some(witness)
    }

    /// Look at the witness until it is refused; when that was seen, if it was.
    async fn watch_die(&self, witness: &Credentials) -> Option<Timestamp> {
        let until = self.now().checked_add(WATCH).unwrap_or(Timestamp::MAX);
        loop {
            if self.deps.cloud.probe(witness).await == Ok(Liveness::Dead) {
                return Some(self.now());
            }
            if self.now() >= until {
                return None;
            }
            self.deps.clock.sleep(SignedDuration::from_millis(250)).await;
        }
    }

    /// Remove whatever may exist of a role that must not: deny, close, delete.
    pub(crate) async fn obliterate(&self, plan: &Plan) -> Result<(), CloudError> {
        self.deny_role(plan, &mut KillReport::default()).await?;
        self.remove(&plan.account, plan).await
    }

    async fn remove(&self, account: &AccountId, plan: &Plan) -> Result<(), CloudError> {
        let cloud = &self.deps.cloud;
        let Some(found) = self.patiently(|| cloud.role(account, &plan.role)).await? else { return Ok(()) };
        self.delete_all(account, &found).await?;
        match self.patiently(|| cloud.role(account, &plan.role)).await? {
            None => Ok(()),
            Some(_) => Err(CloudError::Unavailable(format!("role {} is still there", plan.role))),
        }
    }

    /// Clear everything a holder could have put on the role, then delete it. The denial goes last, when nothing is left
    /// that it would have to deny.
    pub(crate) async fn delete_all(&self, account: &AccountId, found: &RoleState) -> Result<(), CloudError> {
        let (cloud, role) = (&self.deps.cloud, &found.name);
        for profile in &found.instance_profiles {
            self.patiently(|| cloud.remove_from_instance_profile(account, role, profile)).await?;
        }
        for arn in &found.attached_policies {
            self.patiently(|| cloud.detach_role_policy(account, role, arn)).await?;
        }
        for name in found.inline_policies.keys().filter(|name| *name != KILL_POLICY) {
            self.patiently(|| cloud.delete_role_policy(account, role, name)).await?;
        }
        self.patiently(|| cloud.delete_role_policy(account, role, KILL_POLICY)).await?;
        self.patiently(|| cloud.delete_role(account, role)).await
    }
}
