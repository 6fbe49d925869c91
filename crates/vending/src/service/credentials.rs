//! Hand out credentials: on demand, to the holder only, never past the session's end, and only after the trail says so.

use jiff::{SignedDuration, Timestamp};

use crate::identity::Identity;
use crate::ids::SessionId;
use crate::ports::{Assumption, CloudError, CommitError, Subject};
use crate::secret::{Credentials, ExternalId};
use crate::service::gate::{Permit, requester};
use crate::service::{ActError, RACES, Vending, seal_context};
use crate::session::{Active, Session, State};

/// STS issues nothing shorter (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>); the end in the
/// role's own policy covers the rest.
const SHORTEST: i64 = 900;

/// The broker is itself a role, and a chained role's credentials last at most an hour.
const LONGEST: i64 = 3600;

/// How long after activation a refusal may still mean that IAM has not caught up with itself.
const SETTLING: SignedDuration = SignedDuration::from_secs(60);

impl Vending {
    /// Credentials of an active session. They are handed out only once the issue is stored, which also proves that nobody
    /// ended the session meanwhile.
    ///
    /// # Errors
    /// See [`ActError`].
    pub async fn credentials(&self, who: &Identity, id: SessionId) -> Result<Credentials, ActError> {
        let session = self.load(&id).await?;
        let permit = self.permit_on(who, &session, Subject::IssueCredentials(session.facts())).await?;
        let session = self.usable(session)?;
        let credentials = self.assume(&session).await?;
        self.hand_out(who, &permit, session, credentials).await
    }

    /// Store the issue, again and again while others change the session but it stays usable.
    async fn hand_out(
        &self,
        who: &Identity,
        permit: &Permit,
        mut session: Session<Active>,
        mut credentials: Credentials,
    ) -> Result<Credentials, ActError> {
        for _ in 0..RACES {
            let id = session.id();
            credentials.expires_at = credentials.expires_at.min(session.state().plan.expires_at);
            let until = credentials.expires_at;
            let issued = session.issue(&credentials.access_key_id, until, requester(who), self.now());
            let issued = permit.stamp(issued);
            match self.deps.store.commit(&issued).await {
                Ok(()) => return Ok(credentials),
                Err(CommitError::Conflict) => session = self.usable(self.load(&id).await?)?,
                Err(error) => return Err(error.into()),
            }
        }
        Err(ActError::Conflict)
    }

    /// The session, if credentials may be issued for it now.
    fn usable(&self, session: Session) -> Result<Session<Active>, ActError> {
        let status = session.status();
        match session.narrow::<Active>() {
            Ok(active) if active.is_usable(self.now()) => Ok(active),
            Ok(_) => Err(ActError::WrongState { status, needed: "its time is up" }),
            Err(other) if matches!(other.state(), State::Provisioning(_)) => {
                Err(ActError::NotReady { retry_after: SignedDuration::from_secs(1) })
            }
            Err(_) => Err(ActError::WrongState { status, needed: "credentials are issued for active sessions only" }),
        }
    }

    /// Assume the session's role. Right after it was made, AWS may deny it for some seconds: wait, but not for ever.
    pub(crate) async fn assume(&self, session: &Session<Active>) -> Result<Credentials, ActError> {
        let Active { plan, activated_at, .. } = session.state();
        let sealed = self.deps.keys.open(&seal_context(&session.id()), &plan.external_id).await?;
        let external_id = ExternalId::from_sealed(sealed);
        let settled = activated_at.checked_add(SETTLING).unwrap_or(Timestamp::MAX);
        let mut wait = SignedDuration::from_millis(250);
        loop {
            let left = plan.expires_at.duration_since(self.now()).as_secs();
            let assumption = Assumption {
                role: &plan.role,
                path: &plan.path,
                external_id: &external_id,
                user: &session.facts().user,
                session: session.id(),
                duration_seconds: i32::try_from(left.clamp(SHORTEST, LONGEST)).unwrap_or(900),
            };
            match self.deps.cloud.assume_role(&plan.account, &assumption).await {
                Ok(credentials) => return Ok(credentials),
                Err(error) if self.now() >= settled || !may_settle(&error) => return Err(error.into()),
                Err(_) => self.deps.clock.sleep(wait).await,
            }
            wait = (wait * 2).min(SignedDuration::from_secs(5));
        }
    }
}

fn may_settle(error: &CloudError) -> bool {
    error.is_access_denied() || error.is_transient()
}
