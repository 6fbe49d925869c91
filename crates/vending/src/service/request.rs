//! Ask for a session.

use jiff::Timestamp;

use crate::audit::{Actor, ChainId, EventDraft, Outcome};
use crate::identity::Identity;
use crate::ids::{AccountId, SessionId};
use crate::plan::{PlanInputs, plan};
use crate::ports::{CommitError, Question, RoleQuota, Ruling, StoreError, Subject};
use crate::request::{Delivery, SessionRequest};
use crate::secret::{ExternalId, Secret};
use crate::service::{Refusal, RequestError, Vending};
use crate::session::{Facts, IdempotentCall, Obligations, PendingApproval, Session};
use crate::settings::Project;
use crate::tier::Tier;

/// What is lacking when the rules would allow it for a project that is none.
const NO_PROJECT: &str = "a project you work for";

/// What is lacking when somebody is to enter a role whom AWS does not know.
const NO_USER: &str = "an IAM user of your own, as whom you log in (`daypass login --aws`)";

/// What a request led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requested {
    /// A session that is being made: have it carried on. Or one that waits for people to approve it.
    New(Session),
    /// The session that the same call led to before.
    Replayed(Session),
}

impl Vending {
    /// Decide on a request and, if it is allowed, store the intent to make its role, with the whole plan, the event and
    /// the alerts in one transaction. Where the rules demand that people approve, store that it waits for them instead.
    /// Nothing exists in AWS yet when this returns.
    ///
    /// # Errors
    /// See [`RequestError`]. Refusals are on record before this returns.
    pub async fn request(
        &self,
        who: &Identity,
        request: SessionRequest,
        call: Option<IdempotentCall>,
    ) -> Result<Requested, RequestError> {
        if let Some(session) = self.replay(call.as_ref()).await? {
            return Ok(Requested::Replayed(session));
        }
        let tier = self.tier_for(&request)?;
        let project = self.project_for(&request);
        let open = self.open_reviews_of(&who.user).await?;
        let (ruling, lacking) = self.judge(who, &request, &project, tier, &open);
        let facts = Facts {
            id: SessionId::from_random(self.deps.entropy.bytes()),
            user: who.user.clone(),
            requested_at: self.now(),
            evidence: who.evidence(),
            ruling: ruling.record,
            obligations: ruling.obligations,
            alerts: tier.limits.alerts.iter().copied().collect(),
            max: ruling.max.map_or(tier.limits.max, |max| max.min(tier.limits.max)),
            review_required: tier.limits.review_required,
            request,
        };
        if !ruling.allowed || !lacking.is_empty() {
            return Err(self.refuse(facts, lacking).await?);
        }
        self.admit(&facts, tier).await?;
        let transition = if facts.obligations.approvals > 0 {
            let lapses_at = self.now().checked_add(self.deps.settings.approval_time).unwrap_or(Timestamp::MAX);
            Session::request(facts).await_approval(who.standing(), lapses_at, self.now())
        } else {
            let planned = self.plan_for(&facts, tier).await?;
            Session::request(facts).approve(self.now()).provision(planned, self.now())
        };
        let transition = transition.called_by(call);
        match self.deps.store.commit(&transition).await {
            Ok(()) => Ok(Requested::New(transition.after().clone())),
            Err(CommitError::Replayed(id)) => Ok(Requested::Replayed(self.stored(&id).await?)),
            Err(error) => Err(commit_failed(error)),
        }
    }

    /// The plan for a session that starts now.
    pub(crate) async fn plan_for(&self, facts: &Facts, tier: &Tier) -> Result<crate::plan::Plan, RequestError> {
        let external_id = ExternalId::from_random(&self.deps.entropy.bytes());
        let secret = Secret::new(external_id.reveal().to_owned());
        let external_id = self.deps.keys.seal(&seal_context(&facts.id), &secret).await?;
        let expires_at = self.now().checked_add(facts.request.duration.get()).unwrap_or(Timestamp::MAX);
        let inputs = PlanInputs {
            session: &facts.id,
            user: &facts.user,
            evidence: &facts.evidence,
            expires_at,
            tier,
            external_id: &external_id,
        };
        Ok(plan(&facts.request, inputs, &self.deps.settings)?)
    }

    /// The rules' answer to a request, and what it lacks, be it what no rule can give. Nothing is lacking of what is granted.
    pub(super) fn judge(
        &self,
        who: &Identity,
        request: &SessionRequest,
        project: &JudgedProject,
        tier: &Tier,
        open: &[Session],
    ) -> (Ruling, Vec<String>) {
        let (ruling, mut lacking) = self.rule(who, request, project, tier, open);
        if ruling.allowed && !project.exists {
            lacking.push(NO_PROJECT.to_owned());
        }
        if request.delivery == Delivery::Direct && who.evidence().iam_user().is_none() {
            lacking.push(NO_USER.to_owned());
        }
        (ruling, lacking)
    }

    /// The rules' answer alone. A request that only open reviews stand in the way of says which.
    fn rule(
        &self,
        who: &Identity,
        request: &SessionRequest,
        project: &JudgedProject,
        tier: &Tier,
        open: &[Session],
    ) -> (Ruling, Vec<String>) {
        let (project, limits) = (&project.described, &tier.limits);
        let open_reviews = u32::try_from(open.len()).unwrap_or(u32::MAX);
        let subject = Subject::RequestSession { request, project, limits, open_reviews };
        let ruling = self.ask(who, subject);
        if ruling.allowed {
            return (ruling, vec![]);
        }
        let otherwise = Subject::RequestSession { request, project, limits, open_reviews: 0 };
        if open.is_empty() || !self.ask(who, otherwise).allowed {
            return (ruling, self.lacking(who, subject));
        }
        let ids: Vec<_> = open.iter().map(|session| session.id().to_string()).collect();
        let lacking = format!("a review by somebody else of your ended session {}", ids.join(" and "));
        (ruling, vec![lacking])
    }

    /// The rules' answer today to a request that waits, as its requester stood when they asked, and what it lacks.
    pub(super) async fn ask_again(
        &self,
        facts: &Facts,
        pending: &PendingApproval,
    ) -> Result<(Ruling, Vec<String>), StoreError> {
        let refused = |lacking: String| {
            let (record, obligations) = (facts.ruling.clone(), Obligations::default());
            (Ruling { allowed: false, record, obligations, max: None }, vec![lacking])
        };
        let tier = match self.tier_for(&facts.request) {
            Ok(tier) => tier,
            Err(error) => return Ok(refused(error.to_string())),
        };
        let project = self.project_for(&facts.request);
        if !project.exists {
            return Ok(refused("a project that exists".to_owned()));
        }
        let who = Identity::recalled(facts.user.clone(), &facts.evidence, &pending.standing);
        let open = u32::try_from(self.open_reviews_of(&facts.user).await?.len()).unwrap_or(u32::MAX);
        let (request, project, limits) = (&facts.request, &project.described, &tier.limits);
        let subject = Subject::RequestSession { request, project, limits, open_reviews: open };
        let question = Question { who: &who, subject, at: facts.requested_at };
        let ruling = self.deps.authorizer.decide(&question);
        let lacking = if ruling.allowed { vec![] } else { self.deps.authorizer.lacking(&question) };
        Ok((ruling, lacking))
    }

    async fn replay(&self, call: Option<&IdempotentCall>) -> Result<Option<Session>, RequestError> {
        let Some(call) = call else { return Ok(None) };
        match self.deps.store.replayed(call).await.map_err(commit_failed)? {
            Some(id) => Ok(Some(self.stored(&id).await?)),
            None => Ok(None),
        }
    }

    async fn stored(&self, id: &SessionId) -> Result<Session, StoreError> {
        let session = self.deps.store.session(id).await?;
        session.ok_or_else(|| StoreError::Corrupt(format!("session {id} is referred to but not there")))
    }

    /// The tier, if the request keeps within its limits. What a tier demands is no secret, so this is said plainly.
    pub(crate) fn tier_for(&self, request: &SessionRequest) -> Result<&Tier, RequestError> {
        let name = &request.tier;
        let tier = self.deps.tiers.get(name).ok_or_else(|| RequestError::UnknownTier(name.to_string()))?;
        if request.duration > tier.limits.max {
            let max_hours = tier.limits.max.seconds() / 3600;
            return Err(RequestError::TooLong { tier: name.to_string(), max_hours });
        }
        if tier.limits.incident_required && request.incident.is_none() {
            return Err(RequestError::IncidentRequired(name.to_string()));
        }
        Ok(tier)
    }

    /// The project asked for, or one that stands for what does not exist.
    pub(crate) fn project_for(&self, request: &SessionRequest) -> JudgedProject {
        match self.deps.settings.projects.get(&request.project) {
            Some(project) => JudgedProject { described: project.clone(), exists: true },
            None => JudgedProject {
                described: Project::unknown(request.project.clone(), request.account.clone()),
                exists: false,
            },
        }
    }

    /// Put a refused request on record and say what it lacked.
    async fn refuse(&self, facts: Facts, lacking: Vec<String>) -> Result<RequestError, RequestError> {
        let id = facts.id;
        let transition = Session::request(facts).refuse(lacking.join(", "), self.now());
        self.deps.store.commit(&transition).await.map_err(commit_failed)?;
        Ok(RequestError::Refused(Refusal { action: "RequestSession", lacking, session: Some(id) }))
    }

    /// Say that an account is full before IAM does, and keep a reserve for incidents.
    pub(crate) async fn admit(&self, facts: &Facts, tier: &Tier) -> Result<(), RequestError> {
        let Some(quota) = self.full(&facts.request.account, tier).await else { return Ok(()) };
        let Facts { request: SessionRequest { account, .. }, ruling, evidence, .. } = facts;
        let chain = ChainId::person(&facts.user);
        let event = EventDraft::new(chain, self.now(), requester_of(facts), "session.refuse", Outcome::Refused)
            .with("why", format!("account {account} has {} of {} roles in use", quota.used, quota.limit))
            .decided_by(ruling)
            .proved_by(evidence);
        self.deps.audit.record(&event).await?;
        Err(RequestError::AccountFull { used: quota.used, limit: quota.limit })
    }

    /// The use of an account that has no room for a session of this tier. An account that does not answer is not held
    /// against a request: IAM itself has the last word.
    pub(super) async fn full(&self, account: &AccountId, tier: &Tier) -> Option<RoleQuota> {
        let quota = match self.deps.cloud.role_quota(account).await {
            Ok(quota) => quota,
            Err(error) => {
                tracing::warn!(account.id = %account, %error, "the account's role quota is not known");
                return None;
            }
        };
        let reserved = if tier.limits.incident_required { 0 } else { self.deps.settings.reserved_roles };
        (quota.used >= quota.limit.saturating_sub(reserved)).then_some(quota)
    }
}

/// What the sealed external id of a session is bound to.
pub(crate) fn seal_context(id: &SessionId) -> String {
    format!("daypass external id of session {id}")
}

/// A project as a request is judged for it.
pub(crate) struct JudgedProject {
    pub(crate) described: Project,
    pub(crate) exists: bool,
}

fn requester_of(facts: &Facts) -> Actor {
    Actor::Person { user: facts.user.clone(), address: facts.evidence.address }
}

fn commit_failed(error: CommitError) -> RequestError {
    match error {
        CommitError::KeyReused => RequestError::KeyReused,
        CommitError::Store(error) => RequestError::Store(error),
        // A new session's id is random: a conflict can only be a repeated call whose first answer was lost.
        CommitError::Conflict | CommitError::Replayed(_) => {
            RequestError::Store(StoreError::Unknown("the session was stored by an earlier call".to_owned()))
        }
    }
}
