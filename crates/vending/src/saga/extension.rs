//! Write an extended session's new end to AWS. Until that is known to have happened, the old end counts in the records.

use super::{Apply, SagaError};
use crate::audit::Actor;
use crate::plan::Plan;
use crate::ports::CloudError;
use crate::service::Vending;
use crate::session::{Active, Attempts, Session};

impl Vending {
    /// Rewrite the role's documents and store the new end.
    pub(super) async fn write_extension(&self, session: Session<Active>, actor: Actor) -> Result<Session, SagaError> {
        let Some(extension) = session.state().extension.clone() else { return Ok(session.widen()) };
        match self.rewrite(&session, &extension.plan).await? {
            Ok(()) => {
                let extended = session.extended(extension, actor, self.now());
                self.deps.store.commit(&extended).await?;
                Ok(extended.after().clone())
            }
            Err(error) if error.is_transient() && extension.attempts.failed + 1 < Attempts::LIMIT => {
                let jitter = self.deps.entropy.jitter();
                let failed = session.failed_extension(&extension, &error.to_string(), jitter, self.now());
                self.deps.store.keep(&failed).await?;
                Err(error.into())
            }
            Err(error) => self.abandon(session, error, actor).await,
        }
    }

    /// The new end cannot be written: put the old documents back, so that the role is what the records say. When that
    /// fails too, the difference is drift, and drift is killed.
    async fn abandon(&self, session: Session<Active>, error: CloudError, actor: Actor) -> Result<Session, SagaError> {
        let plan = session.state().plan.clone();
        if let Err(error) = self.rewrite(&session, &plan).await? {
            tracing::warn!(session.id = %session.id(), %error, "an abandoned extension could not be taken back");
        }
        let abandoned = session.extension_abandoned(&error.to_string(), actor, self.now());
        self.deps.store.commit(&abandoned).await?;
        Err(error.into())
    }

    async fn rewrite(&self, session: &Session<Active>, plan: &Plan) -> Result<Result<(), CloudError>, SagaError> {
        let external_id = self.external_id(session, plan).await?;
        for change in plan.rewrite(&external_id) {
            if let Err(error) = self.patiently(|| self.deps.cloud.apply(&plan.account, &change)).await {
                return Ok(Err(error));
            }
        }
        Ok(Ok(()))
    }
}
