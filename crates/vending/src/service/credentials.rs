//! Hand out credentials: on demand, to the holder only, never past the session's end, and only after the trail says so.

use jiff::{SignedDuration, Timestamp};

use crate::identity::Identity;
use crate::ids::{SessionId, UserId};
use crate::plan::Plan;
use crate::ports::{Assumption, CloudError, CommitError, Subject};
use crate::request::Delivery;
use crate::secret::{Credentials, ExternalId};
use crate::service::gate::{Permit, requester};
use crate::service::{ActError, RACES, Vending, seal_context};
use crate::session::{Active, Issued, Session, State, Status};

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
        delivered_as(&session, Delivery::Brokered, "its holder enters it directly, as an IAM user (`daypass creds`)")?;
        let mut credentials = self.assume(&session).await?;
        let issued = |active: &Active| Issued::Credentials {
            access_key_id: &credentials.access_key_id,
            until: credentials.expires_at.min(active.plan.expires_at),
        };
        let active = self.issue(who, &permit, session, issued).await?;
        credentials.expires_at = credentials.expires_at.min(active.plan.expires_at);
        Ok(credentials)
    }

    /// What the holder of a directly delivered session enters its role with: as their own IAM user, with their second factor.
    /// Handed out only once that is stored, like credentials.
    ///
    /// # Errors
    /// See [`ActError`].
    pub async fn entry(&self, who: &Identity, id: SessionId) -> Result<Entry, ActError> {
        let session = self.load(&id).await?;
        let permit = self.permit_on(who, &session, Subject::IssueCredentials(session.facts())).await?;
        let session = self.usable(session)?;
        delivered_as(&session, Delivery::Direct, "its credentials are handed over (`POST …/credentials`)")?;
        let external_id = self.open_external_id(&session).await?;
        let user = session.facts().user.clone();
        let plan = self.issue(who, &permit, session, |_| Issued::Entry).await?.plan;
        Ok(Entry {
            role_arn: plan.role_arn(&self.deps.settings),
            external_id,
            user,
            duration_seconds: self.duration_of(&plan),
            expires_at: plan.expires_at,
        })
    }

    /// Store the issue, again and again while others change the session but it stays usable. The session as it was then.
    async fn issue<'a>(
        &self,
        who: &Identity,
        permit: &Permit,
        mut session: Session<Active>,
        issued: impl Fn(&Active) -> Issued<'a>,
    ) -> Result<Active, ActError> {
        for _ in 0..RACES {
            let (id, active) = (session.id(), session.state().clone());
            let change = permit.stamp(session.issue(issued(&active), requester(who), self.now()));
            match self.deps.store.commit(&change).await {
                Ok(()) => return Ok(active),
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
        let external_id = self.open_external_id(session).await?;
        let settled = activated_at.checked_add(SETTLING).unwrap_or(Timestamp::MAX);
        let mut wait = SignedDuration::from_millis(250);
        loop {
            let assumption = Assumption {
                role: &plan.role,
                path: &plan.path,
                external_id: &external_id,
                user: &session.facts().user,
                session: session.id(),
                duration_seconds: self.duration_of(plan),
            };
            match self.deps.cloud.assume_role(&plan.account, &assumption).await {
                Ok(credentials) => return Ok(credentials),
                Err(error) if self.now() >= settled || !may_settle(&error) => return Err(error.into()),
                Err(_) => self.deps.clock.sleep(wait).await,
            }
            wait = (wait * 2).min(SignedDuration::from_secs(5));
        }
    }

    async fn open_external_id(&self, session: &Session<Active>) -> Result<ExternalId, ActError> {
        let sealed = &session.state().plan.external_id;
        Ok(ExternalId::from_sealed(self.deps.keys.open(&seal_context(&session.id()), sealed).await?))
    }

    /// For how long credentials are asked for, in seconds.
    fn duration_of(&self, plan: &Plan) -> i32 {
        let left = plan.expires_at.duration_since(self.now()).as_secs();
        i32::try_from(left.clamp(SHORTEST, LONGEST)).unwrap_or(900)
    }
}

/// What AWS asks a holder for besides their second factor.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The role.
    pub role_arn: String,
    /// The external id. Of no use to anybody but the holder.
    pub external_id: ExternalId,
    /// The name that the role's session has to have, and its source identity.
    pub user: UserId,
    /// For how long credentials can be had, in seconds.
    pub duration_seconds: i32,
    /// When the role stops working, whatever they say.
    pub expires_at: Timestamp,
}

fn delivered_as(session: &Session<Active>, delivery: Delivery, otherwise: &'static str) -> Result<(), ActError> {
    if session.facts().request.delivery == delivery {
        return Ok(());
    }
    Err(ActError::WrongState { status: Status::Active, needed: otherwise })
}

fn may_settle(error: &CloudError) -> bool {
    error.is_access_denied() || error.is_transient()
}
