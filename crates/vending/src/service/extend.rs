//! Move a session's end.

use jiff::SignedDuration;

use crate::identity::Identity;
use crate::ids::SessionId;
use crate::ports::{CommitError, Subject};
use crate::request::PassDuration;
use crate::service::gate::requester;
use crate::service::{ActError, Vending};
use crate::session::{Active, IdempotentCall, Session};

impl Vending {
    /// Intend to move the end of an active session by `by`, under the tier's absolute cap. The old end counts until the
    /// new one stands in AWS: have the session carried on.
    ///
    /// # Errors
    /// See [`ActError`].
    pub async fn extend(
        &self,
        who: &Identity,
        id: SessionId,
        by: PassDuration,
        call: Option<IdempotentCall>,
    ) -> Result<Session, ActError> {
        let session = self.load(&id).await?;
        let permit = self.permit_on(who, &session, Subject::ExtendSession(session.facts())).await?;
        if let Some(call) = &call
            && self.deps.store.replayed(call).await?.is_some()
        {
            return Ok(session);
        }
        let session = self.extendable(session)?;
        let plan = session.state().plan.with_end(self.new_end(&session, by)?)?;
        let extended = session.extend(plan, requester(who), self.now());
        let transition = permit.stamp(extended).called_by(call);
        match self.deps.store.commit(&transition).await {
            Ok(()) => Ok(transition.after().clone()),
            Err(CommitError::Replayed(_)) => self.load(&id).await,
            Err(error) => Err(error.into()),
        }
    }

    fn extendable(&self, session: Session) -> Result<Session<Active>, ActError> {
        let status = session.status();
        let needed = "only active sessions can be extended";
        let session = session.narrow::<Active>().map_err(|_| ActError::WrongState { status, needed })?;
        if !session.is_usable(self.now()) {
            return Err(ActError::WrongState { status, needed: "its time is up" });
        }
        if session.state().extension.is_some() {
            return Err(ActError::NotReady { retry_after: SignedDuration::from_secs(1) });
        }
        Ok(session)
    }

    /// The new end: `by` after the old one, and never later than the tier's longest session from activation on.
    fn new_end(&self, session: &Session<Active>, by: PassDuration) -> Result<jiff::Timestamp, ActError> {
        let too_long = || ActError::TooLong {
            tier: session.facts().request.tier.to_string(),
            max_hours: session.facts().max.seconds() / 3600,
        };
        let Active { plan, activated_at, .. } = session.state();
        let end = plan.expires_at.checked_add(by.get()).map_err(|_| too_long())?;
        let cap = activated_at.checked_add(session.facts().max.get()).map_err(|_| too_long())?;
        if end <= cap { Ok(end) } else { Err(too_long()) }
    }
}
