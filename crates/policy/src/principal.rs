//! Who makes a request.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use crate::arn::{Arn, Split};
use crate::context::{Context, ContextValue};

/// The caller of a request. Made by parsing, so that account and names are known to be well-formed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Principal {
    kind: Kind,
    /// The ARN or name as given.
    text: String,
    /// For a role session the ARN of the role, for a federated user that of the IAM user, otherwise empty.
    entity_arn: String,
    /// Where in `text` the account stands; empty for callers without one.
    account: Range<usize>,
    is_service_linked: bool,
}

/// The kinds of callers that the rules tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Root,
    User,
    RoleSession,
    FederatedUser,
    Service,
    /// A SAML or OIDC provider, or a web identity provider by name, calling `sts:AssumeRoleWith…`.
    Provider,
    Anonymous,
}

/// The text does not name a caller.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither an IAM user, a session, a service, an identity provider nor `anonymous`")]
pub struct PrincipalError(String);

impl Principal {
    /// A session of a role, named by the ARNs AWS gives both: the role's ARN may have a path that the session's lacks.
    ///
    /// # Errors
    /// When `session_arn` is not an `assumed-role` ARN, or `role_arn` not a role of the same account and name.
    pub fn role_session(session_arn: &str, role_arn: &str) -> Result<Principal, PrincipalError> {
        let session: Principal = session_arn.parse()?;
        match session.kind == Kind::RoleSession && is_role_of(role_arn, &session.entity_arn) {
            true => Ok(session.with_role(role_arn)),
            false => Err(PrincipalError(session_arn.to_owned())),
        }
    }

    /// Parse a caller; a role session takes its role's full ARN, path included, from `aws:PrincipalArn`.
    ///
    /// # Errors
    /// When the text does not name a caller.
    pub fn parse_in(text: &str, context: &Context) -> Result<Principal, PrincipalError> {
        let principal: Principal = text.parse()?;
        if let (Kind::RoleSession, Some(ContextValue::Single(arn))) = (principal.kind, context.get("aws:PrincipalArn"))
            && is_role_of(arn, &principal.entity_arn)
        {
            return Ok(principal.with_role(arn));
        }
        Ok(principal)
    }

    /// Somebody without credentials.
    #[must_use]
    pub fn anonymous() -> Principal {
        Principal::new(Kind::Anonymous, "anonymous", String::new())
    }

    fn new(kind: Kind, text: &str, entity_arn: String) -> Principal {
        let account = match kind {
            Kind::Root | Kind::User | Kind::RoleSession | Kind::FederatedUser => {
                let split = Split::new(text);
                let before = (0..4).filter_map(|at| split.part(at)).map(|part| part.len() + 1).sum();
                before..before + ACCOUNT_LENGTH
            }
            Kind::Service | Kind::Provider | Kind::Anonymous => 0..0,
        };
        Principal {
            is_service_linked: is_service_linked(&entity_arn),
            kind,
            text: text.to_owned(),
            entity_arn,
            account,
        }
    }

    fn with_role(self, arn: &str) -> Principal {
        Principal { is_service_linked: is_service_linked(arn), entity_arn: arn.to_owned(), ..self }
    }

    /// The ARN or name as given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The account the caller belongs to; services, providers without account and anonymous callers have none.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        self.text.get(self.account.clone()).filter(|account| !account.is_empty())
    }

    /// The role behind a role session.
    #[must_use]
    pub fn role_arn(&self) -> Option<&str> {
        (self.kind == Kind::RoleSession).then_some(self.entity_arn.as_str())
    }

    /// The IAM entity whose permissions a session uses. `GetFederationToken` sessions do not tell their user; the user
    /// of the same name is taken for it.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_getfederationtoken.html>
    pub(crate) fn entity_arn(&self) -> Option<&str> {
        Some(self.entity_arn.as_str()).filter(|arn| !arn.is_empty())
    }

    /// Whether the caller is a service-linked role: no organisation's policy binds it.
    /// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html>
    pub(crate) fn is_service_linked(&self) -> bool {
        self.is_service_linked
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }
}

impl FromStr for Principal {
    type Err = PrincipalError;

    /// A role session gets the role ARN without a path; see [`Principal::role_session`].
    fn from_str(text: &str) -> Result<Principal, PrincipalError> {
        let (kind, entity_arn) = classify(text).ok_or_else(|| PrincipalError(text.to_owned()))?;
        Ok(Principal::new(kind, text, entity_arn))
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Digits of an account id.
const ACCOUNT_LENGTH: usize = 12;

/// Web identity providers that would pass for services. All are named by host instead of by ARN.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html>
const WEB_IDENTITY_PROVIDERS: [&str; 2] = ["cognito-identity.amazonaws.com", "www.amazon.com"];

fn classify(text: &str) -> Option<(Kind, String)> {
    let plain = |kind| Some((kind, String::new()));
    if text == "anonymous" {
        return plain(Kind::Anonymous);
    }
    if WEB_IDENTITY_PROVIDERS.contains(&text) {
        return plain(Kind::Provider);
    }
    let Some(arn) = Arn::split(text) else {
        return match (is_host(text), is_service(text)) {
            (false, _) => None,
            (true, true) => plain(Kind::Service),
            (true, false) => plain(Kind::Provider),
        };
    };
    if arn.account.len() != ACCOUNT_LENGTH || !arn.account.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (kind, name) = arn.resource.split_once('/').unwrap_or((arn.resource, ""));
    match (arn.service, kind) {
        ("iam", "root") if name.is_empty() => plain(Kind::Root),
        ("iam", "user") if !name.is_empty() => plain(Kind::User),
        ("iam", "saml-provider" | "oidc-provider") if !name.is_empty() => plain(Kind::Provider),
        ("sts", "federated-user") if !name.is_empty() => {
            Some((Kind::FederatedUser, format!("arn:{}:iam::{}:user/{name}", arn.partition, arn.account)))
        }
        ("sts", "assumed-role") => {
            let (role, session) = name.split_once('/')?;
            if role.is_empty() || session.is_empty() {
                return None;
            }
            Some((Kind::RoleSession, format!("arn:{}:iam::{}:role/{role}", arn.partition, arn.account)))
        }
        _ => None,
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-services>
fn is_service(text: &str) -> bool {
    [".amazonaws.com", ".amazonaws.com.cn", ".amazon.com", ".aws.internal", ".api.aws", ".aws.com"]
        .iter()
        .any(|suffix| text.ends_with(suffix))
}

/// Services and web identity providers are host names.
fn is_host(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    text.contains('.') && text.split('.').all(is_label)
}

fn is_service_linked(role_arn: &str) -> bool {
    role_arn.contains(":role/aws-service-role/")
}

/// Whether `arn` is the role that `bare` names without its path.
fn is_role_of(arn: &str, bare: &str) -> bool {
    let (Some(full), Some(bare)) = (Arn::split(arn), Arn::split(bare)) else { return false };
    let last = |resource: &str| resource.rsplit('/').next().map(str::to_owned);
    full.resource.starts_with("role/")
        && (full.partition, full.service, full.account) == (bare.partition, bare.service, bare.account)
        && last(full.resource) == last(bare.resource)
}
