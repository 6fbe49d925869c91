//! The plan of a session's role: a pure function from request, tier, settings and random bits to every name and document
//! that will exist in AWS. It is stored before anything is done (intent before effect), and leaves no choice for later.

use std::collections::{BTreeMap, BTreeSet};

use daypass_policy::{Comparison, Operator, ParseError, PolicyDocument, PolicyKind, Statement};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::audit::Digest256;
use crate::identity::Evidence;
use crate::ids::{AccountId, Department, RoleName, SessionId, TierName, UserId};
use crate::request::{Delivery, SessionRequest};
use crate::secret::{ExternalId, Sealed};
use crate::settings::{Networks, Settings};
use crate::template::{SlotValues, TemplateError};
use crate::tier::Tier;

/// The path under which every vended role lives; the vendor role in an account can create roles only there.
pub const ROLE_PATH: &str = "/daypass/";

/// The name of the one inline policy a live role has.
pub const SESSION_POLICY: &str = "daypass-session";

/// The name of the inline policy that kills a role.
pub const KILL_POLICY: &str = "daypass-kill";

/// The tags of a vended role. Boundaries use them as `${aws:PrincipalTag/DaypassProject}`; the reconciler knows its own
/// roles by them.
pub mod tag {
    /// Which installation made the role.
    pub const DEPLOYMENT: &str = "DaypassDeployment";
    /// Whose project it serves.
    pub const PROJECT: &str = "DaypassProject";
    /// Which session it belongs to.
    pub const SESSION: &str = "DaypassSession";
    /// The session's tier.
    pub const TIER: &str = "DaypassTier";
    /// Who holds it.
    pub const USER: &str = "DaypassUser";
}

/// IAM's quotas on documents, in characters without white space
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>).
pub mod quota {
    /// All inline policies of a role together.
    pub const INLINE_POLICIES: usize = 10_240;
    /// A trust policy.
    pub const TRUST_POLICY: usize = 2_048;
    /// A managed policy.
    pub const MANAGED_POLICY: usize = 6_144;
}

/// Everything that will exist in AWS for one session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The role.
    pub role: RoleName,
    /// Its path, `/daypass/<tier>/`.
    pub path: String,
    /// The account it lives in.
    pub account: AccountId,
    /// The ARN of the tier's boundary in that account.
    pub boundary_arn: String,
    /// The role's tags.
    pub tags: BTreeMap<String, String>,
    /// The one inline policy, with its end and its networks.
    pub permissions: String,
    /// Who may assume the role, until when; the external id is added at the last moment.
    pub trust: TrustTerms,
    /// The external id, encrypted.
    pub external_id: Sealed,
    /// When the role stops working by itself.
    pub expires_at: Timestamp,
    /// The tier's files this plan was made from.
    pub template_hash: Digest256,
    /// Where these files were and which versions they had, if they came from where files have versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_versions: Option<String>,
}

/// What a trust policy says, all but the external id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustTerms {
    /// Who enters: the broker, or the person's own IAM user.
    pub principal: String,
    /// The person behind the session: source identity and session name.
    pub user: UserId,
    /// The end.
    pub expires_at: Timestamp,
    /// What AWS asks of a person who enters directly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<HolderTerms>,
}

/// What AWS asks of a person who enters a role directly. Nothing of it could be asked of the broker (invariant 5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HolderTerms {
    /// How old the proof of the second factor may be, in seconds.
    pub mfa_max_age_seconds: u32,
    /// From where, as CIDR blocks.
    pub networks: Vec<String>,
    /// One of these in the tag `Department` of their user; anything when empty.
    pub departments: BTreeSet<Department>,
}

/// One change in AWS. Closed, so that every executor and every test covers all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Create the role with everything that must be there from its first moment: path, tags, trust **and boundary**
    /// (invariant 2).
    CreateRole {
        /// Its name.
        role: RoleName,
        /// Its path.
        path: String,
        /// Its boundary.
        boundary_arn: String,
        /// Its tags.
        tags: BTreeMap<String, String>,
        /// Its trust policy, with the external id in it.
        trust: String,
    },
    /// Put the one inline policy.
    PutPermissions {
        /// The role.
        role: RoleName,
        /// The document.
        document: String,
    },
    /// Replace the trust policy.
    PutTrust {
        /// The role.
        role: RoleName,
        /// The document, with the external id in it.
        trust: String,
    },
}

/// Why no plan can be made. Nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// A template does not compile.
    #[error("the tier's template does not compile for this session")]
    Template(#[from] TemplateError),
    /// A document is larger than IAM allows.
    #[error("the {document} would be {size} characters, and IAM allows {limit}")]
    TooLarge {
        /// Which document.
        document: &'static str,
        /// Its size.
        size: usize,
        /// The quota.
        limit: usize,
    },
    /// A person is to enter directly who is not known to be an IAM user.
    #[error("AWS lets nobody in but an IAM user that it has vouched for")]
    NobodyEnters,
    /// The stored permissions cannot be read back.
    #[error("the stored role policy cannot be read")]
    Stored(#[source] ParseError),
}

/// What a plan is made from besides the request.
#[derive(Clone, Copy, Debug)]
pub struct PlanInputs<'a> {
    /// The session's id.
    pub session: &'a SessionId,
    /// Who asked.
    pub user: &'a UserId,
    /// How that is known.
    pub evidence: &'a Evidence,
    /// When the session ends.
    pub expires_at: Timestamp,
    /// The tier asked for.
    pub tier: &'a Tier,
    /// The encrypted external id.
    pub external_id: &'a Sealed,
}

/// Make the plan of a session.
///
/// # Errors
/// When a document cannot be made or is too large; found here, before anything exists.
pub fn plan(request: &SessionRequest, inputs: PlanInputs<'_>, settings: &Settings) -> Result<Plan, PlanError> {
    let PlanInputs { session, user, evidence: _, expires_at, tier, external_id } = inputs;
    let expires_at = whole_seconds(expires_at);
    let values = SlotValues {
        project: &request.project,
        account: &request.account,
        partition: settings.partition,
        session,
        user,
    };
    let mut permissions = tier.permissions.compile(&values)?;
    permissions.push(deny_outside(&settings.networks));
    permissions.push(deny_after(expires_at));
    within("role policy", permissions.size(), quota::INLINE_POLICIES - KILL_POLICY_SIZE)?;
    // The boundary stands in the account already; compiling it here refuses a tier whose boundary could not.
    within("boundary", tier.boundary.compile(&values)?.size(), quota::MANAGED_POLICY)?;
    let plan = Plan {
        role: RoleName::of(&request.project, session),
        path: format!("{ROLE_PATH}{}/", tier.name),
        account: request.account.clone(),
        boundary_arn: boundary_arn(settings, &request.account, &tier.name),
        tags: tags(request, session, user, settings),
        permissions: permissions.to_json(),
        trust: trust_terms(request, inputs, expires_at, settings)?,
        external_id: external_id.clone(),
        expires_at,
        template_hash: tier.hash,
        template_versions: tier.stored_as.clone(),
    };
    let longest = ExternalId::from_random(&[0xff; 32]);
    within("trust policy", trust_document(&plan.trust, &longest).size(), quota::TRUST_POLICY)?;
    Ok(plan)
}

impl Plan {
    /// The changes that make the role, in order.
    #[must_use]
    pub fn vend(&self, external_id: &ExternalId) -> [Change; 2] {
        let trust = trust_document(&self.trust, external_id).to_json();
        let create = Change::CreateRole {
            role: self.role.clone(),
            path: self.path.clone(),
            boundary_arn: self.boundary_arn.clone(),
            tags: self.tags.clone(),
            trust,
        };
        [create, Change::PutPermissions { role: self.role.clone(), document: self.permissions.clone() }]
    }

    /// The changes that move the end of a live role to this plan's. Permissions come first: they are what stops live
    /// credentials, so that whatever fails, no credential outlives the later of the two.
    #[must_use]
    pub fn rewrite(&self, external_id: &ExternalId) -> [Change; 2] {
        let trust = trust_document(&self.trust, external_id).to_json();
        [
            Change::PutPermissions { role: self.role.clone(), document: self.permissions.clone() },
            Change::PutTrust { role: self.role.clone(), trust },
        ]
    }

    /// The same plan with another end. Made from the stored documents, not from the tier, which may have changed since:
    /// an extension must not hand out other rights than were granted.
    ///
    /// # Errors
    /// When the stored documents cannot be read.
    pub fn with_end(&self, expires_at: Timestamp) -> Result<Self, PlanError> {
        let expires_at = whole_seconds(expires_at);
        let stored = PolicyDocument::parse_as(&self.permissions, PolicyKind::Identity).map_err(PlanError::Stored)?;
        let kept = stored.statements().iter().filter(|statement| statement.name() != Some(END_SID));
        let permissions = PolicyDocument::from_statements(kept.cloned().chain([deny_after(expires_at)]).collect());
        Ok(Self {
            permissions: permissions.to_json(),
            trust: TrustTerms { expires_at, ..self.trust.clone() },
            expires_at,
            ..self.clone()
        })
    }

    /// The role's ARN.
    #[must_use]
    pub fn role_arn(&self, settings: &Settings) -> String {
        let partition = settings.partition.as_str();
        format!("arn:{partition}:iam::{}:role{}{}", self.account, self.path, self.role)
    }
}

/// The ARN of a tier's boundary in an account.
#[must_use]
pub fn boundary_arn(settings: &Settings, account: &AccountId, tier: &TierName) -> String {
    format!("arn:{}:iam::{account}:policy{ROLE_PATH}boundary/{tier}", settings.partition.as_str())
}

/// Who may enter, and what AWS asks of them.
fn trust_terms(
    request: &SessionRequest,
    inputs: PlanInputs<'_>,
    expires_at: Timestamp,
    settings: &Settings,
) -> Result<TrustTerms, PlanError> {
    let (principal, holder) = match request.delivery {
        Delivery::Brokered => (settings.broker_arn.clone(), None),
        Delivery::Direct => {
            let project = settings.projects.get(&request.project);
            let holder = HolderTerms {
                mfa_max_age_seconds: inputs.tier.limits.mfa_max_age_minutes.saturating_mul(60),
                networks: settings.networks.cidrs().collect(),
                departments: project.map(|project| project.departments.clone()).unwrap_or_default(),
            };
            (inputs.evidence.iam_user().ok_or(PlanError::NobodyEnters)?, Some(holder))
        }
    };
    Ok(TrustTerms { principal, user: inputs.user.clone(), expires_at, holder })
}

/// The trust policy: only the broker, or only the person's own IAM user; only with this session's external id, only until the
/// end. The person is bound as source identity, so that CloudTrail names them in everything the role does
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html>).
///
/// Second factor, address and department are tested here where the person enters, and only there: they would describe the
/// broker (invariant 5). A key that a call does not have makes a condition false, so that who has no second factor stays
/// outside (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-multifactorauthage>).
#[must_use]
pub fn trust_document(terms: &TrustTerms, external_id: &ExternalId) -> PolicyDocument {
    let end = terms.expires_at.to_string();
    let enter = Statement::allow()
        .sid(if terms.holder.is_some() { "HolderUntilEnd" } else { "BrokerUntilEnd" })
        .principal_aws([terms.principal.as_str()])
        .actions(["sts:AssumeRole"])
        .condition(Comparison::StringEquals, "sts:ExternalId", [external_id.reveal()])
        .condition(Comparison::StringEquals, "sts:RoleSessionName", [terms.user.as_str()])
        .condition(Comparison::DateLessThan, "aws:CurrentTime", [end.as_str()]);
    PolicyDocument::from_statements(vec![
        match &terms.holder {
            Some(holder) => asked_of_holder(enter, holder),
            None => enter,
        },
        Statement::allow()
            .sid("NamePersonUntilEnd")
            .principal_aws([terms.principal.as_str()])
            .actions(["sts:SetSourceIdentity"])
            .condition(Comparison::StringEquals, "sts:SourceIdentity", [terms.user.as_str()])
            .condition(Comparison::DateLessThan, "aws:CurrentTime", [end.as_str()]),
    ])
}

fn asked_of_holder(enter: Statement, holder: &HolderTerms) -> Statement {
    let HolderTerms { mfa_max_age_seconds, networks, departments } = holder;
    let enter = enter
        .condition(Comparison::Bool, "aws:MultiFactorAuthPresent", ["true"])
        .condition(Comparison::NumericLessThanEquals, "aws:MultiFactorAuthAge", [&*mfa_max_age_seconds.to_string()])
        .condition(Comparison::IpAddress, "aws:SourceIp", networks.iter().map(String::as_str));
    if departments.is_empty() {
        return enter;
    }
    enter.condition(Comparison::StringEquals, "aws:PrincipalTag/Department", departments.iter().map(Department::as_str))
}

/// The inline policy that stops live credentials: an unconditional denial of everything.
#[must_use]
pub fn kill_document() -> PolicyDocument {
    PolicyDocument::from_statements(vec![Statement::deny().sid("KilledByDaypass").actions(["*"]).resources(["*"])])
}

/// The trust policy nobody can use.
#[must_use]
pub fn closed_trust_document() -> PolicyDocument {
    PolicyDocument::from_statements(vec![
        Statement::deny().sid("ClosedByDaypass").principal_aws(["*"]).actions(["sts:*"]),
    ])
}

/// Room that a role's inline policies must leave for [`kill_document`]: a role too full to be killed must not exist.
const KILL_POLICY_SIZE: usize = 200;

/// Dates in policies are written to the second, as in every example of AWS' own
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Date>).
fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// The Sid of the statement that ends a session by itself.
const END_SID: &str = "DenyAfterEnd";

/// The end of a session, in its own permissions: a denial, so no other statement can undo it, and it holds when
/// everything of ours is down.
fn deny_after(expires_at: Timestamp) -> Statement {
    let end = expires_at.to_string();
    Statement::deny().sid(END_SID).actions(["*"]).resources(["*"]).condition(
        Comparison::DateGreaterThanEquals,
        "aws:CurrentTime",
        [end.as_str()],
    )
}

/// The networks a session works from. A call that an AWS service makes on the holder's behalf has the service's address
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-viaawsservice>).
fn deny_outside(networks: &Networks) -> Statement {
    let cidrs: Vec<String> = networks.cidrs().collect();
    Statement::deny()
        .sid("DenyOutsideNetworks")
        .actions(["*"])
        .resources(["*"])
        .condition(Comparison::NotIpAddress, "aws:SourceIp", cidrs.iter().map(String::as_str))
        .condition(Operator::from(Comparison::Bool).if_exists(), "aws:ViaAWSService", ["false"])
}

fn tags(request: &SessionRequest, session: &SessionId, user: &UserId, settings: &Settings) -> BTreeMap<String, String> {
    let pairs = [
        (tag::DEPLOYMENT, settings.deployment.to_string()),
        (tag::PROJECT, request.project.to_string()),
        (tag::SESSION, session.to_string()),
        (tag::TIER, request.tier.to_string()),
        (tag::USER, user.to_string()),
    ];
    pairs.map(|(key, value)| (key.to_owned(), value)).into()
}

fn within(document: &'static str, size: usize, limit: usize) -> Result<(), PlanError> {
    if size <= limit { Ok(()) } else { Err(PlanError::TooLarge { document, size, limit }) }
}
