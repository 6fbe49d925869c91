//! `daypass policy check`: what would AWS say? Answered by the policy core from what AWS holds at this moment, not from
//! what we believe it holds.

use daypass_policy::{
    Action, Answer, Context, ContextValue, Layers, PolicyDocument, PolicyKind, PreparedPolicy, Principal, Request,
    ResourceKind, evaluate,
};
use jiff::Timestamp;

use crate::identity::Identity;
use crate::ids::SessionId;
use crate::plan::Plan;
use crate::ports::RoleState;
use crate::service::{ActError, Vending};
use crate::session::Session;

/// A call somebody wonders about.
#[derive(Clone, Debug)]
pub struct AccessCheck {
    /// The action, such as `s3:GetObject`.
    pub action: String,
    /// The resource's ARN, or `*`.
    pub resource: String,
    /// When; now if not said.
    pub at: Option<Timestamp>,
    /// From where; the asker's own address if not said.
    pub source_ip: Option<std::net::IpAddr>,
    /// Further condition keys.
    pub context: Vec<(String, ContextValue)>,
}

impl Vending {
    /// Whether a call with the session's credentials would be allowed, and by or for want of which statement. `None` when
    /// AWS has no such role any more: then nothing is allowed.
    ///
    /// # Errors
    /// See [`ActError`].
    pub async fn check_access(
        &self,
        who: &Identity,
        id: SessionId,
        check: AccessCheck,
    ) -> Result<Option<Answer>, ActError> {
        let session = self.session(who, id).await?;
        let status = session.status();
        let plan = session.state().plan().cloned();
        let plan = plan.ok_or(ActError::WrongState { status, needed: "there is no role to ask about" })?;
        let request = self.request_of(who, &session, &plan, &check)?;
        let Some(role) = self.deps.cloud.role(&plan.account, &plan.role).await? else { return Ok(None) };
        let identity = self.identity_policies(&plan, &role).await?;
        let boundary = self.boundary(&plan, &role).await?;
        let mut layers = Layers::new(&identity);
        layers.boundary = boundary.as_ref();
        // A key or a role would also need a policy of its own to allow the call. That is the resource owner's say and not
        // in our sight: the question here is what the session's documents say.
        layers.resource_kind = Some(ResourceKind::Other);
        Ok(Some(evaluate(&request, &layers)))
    }

    fn request_of(
        &self,
        who: &Identity,
        session: &Session,
        plan: &Plan,
        check: &AccessCheck,
    ) -> Result<Request, ActError> {
        let action: Action = check.action.parse().map_err(|error| invalid("action", &error))?;
        let (user, role_arn) = (&session.facts().user, plan.role_arn(&self.deps.settings));
        let partition = self.deps.settings.partition.as_str();
        let session_arn = format!("arn:{partition}:sts::{}:assumed-role/{}/{user}", plan.account, plan.role);
        let principal = Principal::role_session(&session_arn, &role_arn).map_err(|error| invalid("session", &error))?;
        let mut context = Context::new();
        for (key, value) in &check.context {
            context.insert(key, value.clone());
        }
        // What AWS itself fills in comes last: a call can be described, but not who makes it.
        let at = check.at.unwrap_or_else(|| self.now());
        context = context
            .with("aws:CurrentTime", at.to_string())
            .with("aws:EpochTime", at.as_second().to_string())
            .with("aws:SourceIp", check.source_ip.unwrap_or(who.address).to_string())
            .with("aws:SourceIdentity", user.as_str())
            .with("aws:PrincipalArn", &role_arn)
            .with("aws:PrincipalAccount", plan.account.as_str())
            .with("aws:PrincipalType", "AssumedRole");
        for (key, value) in [("aws:ViaAWSService", "false"), ("aws:SecureTransport", "true")] {
            if context.get(key).is_none() {
                context = context.with(key, value);
            }
        }
        for (key, value) in &plan.tags {
            context = context.with(&format!("aws:PrincipalTag/{key}"), value);
        }
        let mut request = Request::new(principal, action, check.resource.clone());
        request.context = context;
        Ok(request)
    }

    async fn identity_policies(&self, plan: &Plan, role: &RoleState) -> Result<Vec<PreparedPolicy>, ActError> {
        let mut documents: Vec<String> = role.inline_policies.values().cloned().collect();
        for arn in &role.attached_policies {
            documents.extend(self.deps.cloud.managed_policy(&plan.account, arn).await?);
        }
        documents.iter().map(|document| prepared(document)).collect()
    }

    async fn boundary(&self, plan: &Plan, role: &RoleState) -> Result<Option<PreparedPolicy>, ActError> {
        let Some(arn) = &role.boundary_arn else { return Ok(None) };
        // A boundary whose policy is gone allows nothing.
        let document = self.deps.cloud.managed_policy(&plan.account, arn).await?;
        let nothing = || Ok(PreparedPolicy::new(&PolicyDocument::from_statements(vec![])));
        document.map_or_else(nothing, |document| prepared(&document)).map(Some)
    }
}

fn prepared(document: &str) -> Result<PreparedPolicy, ActError> {
    let document = PolicyDocument::parse_as(document, PolicyKind::Identity);
    document.map(|document| PreparedPolicy::new(&document)).map_err(|error| invalid("policy in AWS", &error))
}

fn invalid(field: &'static str, error: &dyn std::fmt::Display) -> ActError {
    ActError::Invalid { field, rule: error.to_string() }
}
