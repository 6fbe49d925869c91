//! Make a session's role from its stored plan.

use jiff::SignedDuration;

use super::{Apply, SagaError};
use crate::audit::Actor;
use crate::plan::{Change, Plan, tag};
use crate::ports::{CloudError, CommitError, RoleState};
use crate::secret::ExternalId;
use crate::service::Vending;
use crate::session::{Attempts, Provisioning, Session, Status};

/// How old an unfinished session may be and still be finished rather than undone: its person has gone away by then.
pub(super) const ROLL_FORWARD: SignedDuration = SignedDuration::from_mins(30);

impl Vending {
    /// Make the role and activate the session. A refusal for good is undone at once; anything unclear is put on record for
    /// the reconciler.
    pub(super) async fn provision(&self, session: Session<Provisioning>, actor: Actor) -> Result<Session, SagaError> {
        let external_id = self.external_id(&session, &session.state().plan).await?;
        match self.make_role(&session.state().plan, &external_id).await {
            Ok(()) => self.activate(session, actor).await,
            Err(error) if error.is_transient() => {
                let failed = session.failed_attempt(&error.to_string(), self.deps.entropy.jitter(), self.now());
                self.deps.store.keep(&failed).await?;
                Err(error.into())
            }
            Err(error) => self.undo(session, &error.to_string(), actor).await,
        }
    }

    /// Take over a session whose maker did not finish: roll forward with a clock that starts now, or undo what is too old.
    pub(crate) async fn take_over(&self, session: Session<Provisioning>, actor: Actor) -> Result<Session, SagaError> {
        let Provisioning { since, attempts, .. } = session.state();
        let age = self.now().duration_since(*since);
        if age >= ROLL_FORWARD || attempts.failed >= Attempts::LIMIT {
            let why = attempts.last_error.clone().unwrap_or_else(|| "was not finished in time".to_owned());
            return self.undo(session, &why, actor).await;
        }
        let end = self.now().checked_add(session.facts().request.duration.get()).unwrap_or(jiff::Timestamp::MAX);
        let plan = session.state().plan.with_end(end)?;
        let replanned = session.replan(plan, self.now());
        self.deps.store.keep(&replanned).await?;
        self.step(replanned.after().clone(), actor).await
    }

    /// Remove whatever may exist of the role, then say that the session failed. When removing fails too, the session stays
    /// as it is and the reconciler comes back to it.
    async fn undo(&self, session: Session<Provisioning>, why: &str, actor: Actor) -> Result<Session, SagaError> {
        if let Err(error) = self.remove_ours(&session.state().plan).await {
            let failed = session.failed_attempt(&error.to_string(), self.deps.entropy.jitter(), self.now());
            self.deps.store.keep(&failed).await?;
            return Err(error.into());
        }
        let failed = session.fail(why.chars().take(240).collect(), actor, self.now());
        self.deps.store.commit(&failed).await?;
        Ok(failed.after().clone())
    }

    /// A role of our name that is not ours is in somebody else's use: it is why the session cannot be, and stays.
    async fn remove_ours(&self, plan: &Plan) -> Result<(), CloudError> {
        let found = self.patiently(|| self.deps.cloud.role(&plan.account, &plan.role)).await?;
        if found.is_some_and(|found| !is_ours(&found, plan)) {
            return Ok(());
        }
        self.obliterate(plan).await
    }

    async fn activate(&self, session: Session<Provisioning>, actor: Actor) -> Result<Session, SagaError> {
        let plan = session.state().plan.clone();
        let activated = session.activate(actor, self.now());
        match self.deps.store.commit(&activated).await {
            Ok(()) => Ok(activated.after().clone()),
            Err(CommitError::Conflict) => self.overtaken(activated.after(), &plan).await,
            Err(error) => Err(error.into()),
        }
    }

    /// Somebody changed the session while its role was being made. If they ended it, their kill may have looked before our
    /// role was there: leave nothing behind.
    async fn overtaken(&self, ours: &Session, plan: &Plan) -> Result<Session, SagaError> {
        let stored = self.deps.store.session(&ours.id()).await?.ok_or(SagaError::NotFound)?;
        if matches!(stored.status(), Status::Revoked | Status::Expired | Status::Failed) {
            self.obliterate(plan).await?;
            return Ok(stored);
        }
        Err(SagaError::Overtaken)
    }

    async fn make_role(&self, plan: &Plan, external_id: &ExternalId) -> Result<(), CloudError> {
        for change in plan.vend(external_id) {
            match self.patiently(|| self.deps.cloud.apply(&plan.account, &change)).await {
                Err(CloudError::AlreadyExists(_)) => self.adopt(plan, &change).await?,
                outcome => outcome?,
            }
        }
        Ok(())
    }

    /// The role exists. It is our own earlier work if it bears this session's tag and the planned boundary; then only its
    /// trust policy may be older than the plan. Anything else is somebody else's role and not to be touched.
    async fn adopt(&self, plan: &Plan, change: &Change) -> Result<(), CloudError> {
        let Change::CreateRole { role, trust, .. } = change else {
            return Err(CloudError::AlreadyExists("the policy".to_owned()));
        };
        let found = self.patiently(|| self.deps.cloud.role(&plan.account, role)).await?;
        if !found.is_some_and(|found| is_ours(&found, plan)) {
            return Err(CloudError::AlreadyExists(format!("role {role} of somebody else")));
        }
        self.patiently(|| self.deps.cloud.put_trust_policy(&plan.account, role, trust)).await
    }

    pub(crate) async fn external_id<S>(&self, session: &Session<S>, plan: &Plan) -> Result<ExternalId, SagaError> {
        let context = crate::service::seal_context(&session.id());
        Ok(ExternalId::from_sealed(self.deps.keys.open(&context, &plan.external_id).await?))
    }
}

/// Whether a role that was found is the one of this plan.
fn is_ours(found: &RoleState, plan: &Plan) -> bool {
    let same_tag = |key| found.tags.get(key).is_some_and(|value| plan.tags.get(key) == Some(value));
    found.name == plan.role
        && found.path == plan.path
        && found.boundary_arn.as_deref() == Some(plan.boundary_arn.as_str())
        && same_tag(tag::SESSION)
        && same_tag(tag::DEPLOYMENT)
}
