//! A dry run of a request: would it be granted now, and if not, what would it take? Nothing comes of it but a line in the trail.

use crate::audit::{ChainId, Outcome};
use crate::identity::Identity;
use crate::request::{PassDuration, SessionRequest};
use crate::service::{RequestError, Vending};
use crate::session::{Obligations, RulingRecord};

/// What would become of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// Whether it would lead to a session, be it after approvals.
    pub granted: bool,
    /// Which rule would allow it. Those that would refuse it are not told: they would tell a stranger whether an account
    /// belongs to a project.
    pub ruling: RulingRecord,
    /// What would have to happen first.
    pub obligations: Obligations,
    /// The longest session that the rule gives; `None` when it leaves that to the tier.
    pub max: Option<PassDuration>,
    /// What would be needed; empty when granted.
    pub lacking: Vec<String>,
}

impl Vending {
    /// Judge a request as [`Vending::request`] would, and do nothing. Asked about oneself only: who asks is who would get it.
    ///
    /// # Errors
    /// See [`RequestError`]. A limit of the tier is no error here but something that is lacking.
    pub async fn explain(&self, who: &Identity, request: SessionRequest) -> Result<Explained, RequestError> {
        let name = &request.tier;
        let tier = self.deps.tiers.get(name).ok_or_else(|| RequestError::UnknownTier(name.to_string()))?;
        let project = self.project_for(&request);
        let open = self.open_reviews_of(&who.user).await?;
        let (ruling, mut lacking) = self.judge(who, &request, &project, tier, &open);
        if lacking.is_empty() && self.full(&request.account, tier).await.is_some() {
            lacking.push("room in the account: its roles are in use, and the rest is kept for incidents".to_owned());
        }
        let granted = lacking.is_empty();
        self.record_explanation(who, &request, &ruling.record, granted).await?;
        let policies = if granted { ruling.record.policies } else { vec![] };
        let ruling_record = RulingRecord { policies, rules_hash: ruling.record.rules_hash };
        Ok(Explained { granted, ruling: ruling_record, obligations: ruling.obligations, max: ruling.max, lacking })
    }

    async fn record_explanation(
        &self,
        who: &Identity,
        request: &SessionRequest,
        ruling: &RulingRecord,
        granted: bool,
    ) -> Result<(), RequestError> {
        let outcome = if granted { Outcome::Done } else { Outcome::Refused };
        let event = self
            .decision(who, ChainId::person(&who.user), "explain", outcome, ruling)
            .with("project", &request.project)
            .with("account", &request.account)
            .with("tier", &request.tier)
            .with("duration_seconds", request.duration.seconds());
        Ok(self.deps.audit.record(&event).await?)
    }
}
