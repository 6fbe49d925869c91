//! Carry on what people approved: make its plan and store the intent to make its role. By whoever stored the last approval,
//! or by whoever finds it later.

use jiff::SignedDuration;

use super::SagaError;
use super::provision::ROLL_FORWARD;
use crate::audit::Actor;
use crate::ports::CommitError;
use crate::service::{RequestError, Vending};
use crate::session::{Approved, Session, Transition};

impl Vending {
    /// Grant an approved session, or say for good why it cannot be granted any more. Where there are no tiers to make plans
    /// of it is left to a server, until it is too old for anybody to wait for it.
    ///
    /// # Errors
    /// When the store or the keys cannot be used; the session then is as it was.
    pub(crate) async fn grant(&self, approved: Session<Approved>, actor: Actor) -> Result<Session, SagaError> {
        let age = self.now().duration_since(approved.state().at);
        let transition = if age >= ROLL_FORWARD {
            approved.fail(too_late(age), actor, self.now())
        } else if self.deps.tiers.is_empty() {
            return Ok(approved.widen());
        } else {
            match self.granted(&approved).await {
                Ok(granted) => granted,
                Err(RequestError::Key(error)) => return Err(error.into()),
                Err(RequestError::Store(error)) => return Err(error.into()),
                Err(error) => approved.fail(reason(&error), actor, self.now()),
            }
        };
        match self.deps.store.commit(&transition).await {
            Ok(()) => Ok(transition.after().clone()),
            // Somebody else grants it, or it was withdrawn at the same moment.
            Err(CommitError::Conflict) => Err(SagaError::Overtaken),
            Err(error) => Err(error.into()),
        }
    }

    async fn granted(&self, approved: &Session<Approved>) -> Result<Transition, RequestError> {
        let facts = approved.facts();
        let tier = self.tier_for(&facts.request)?;
        self.admit(facts, tier).await?;
        let plan = self.plan_for(facts, tier).await?;
        Ok(approved.clone().provision(plan, self.now()))
    }
}

fn too_late(age: SignedDuration) -> String {
    format!("it was approved {} min ago, and nobody granted it in time", age.as_mins())
}

fn reason(error: &RequestError) -> String {
    let mut text = format!("it was approved, but cannot be granted: {error}");
    if let Some(cause) = std::error::Error::source(error) {
        text.push_str(&format!(": {cause}"));
    }
    text.chars().take(240).collect()
}
