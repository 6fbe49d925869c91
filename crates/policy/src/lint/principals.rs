//! `Principal` and `NotPrincipal`.

use super::subject::{Findings, Subject, Test, View};
use super::{Check, Severity};
use crate::arn::Arn;
use crate::document::{Match, PolicyKind, PrincipalType, Principals, Step};
use crate::operator::Comparison;

const PRINCIPAL: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html";
const NOT_PRINCIPAL: &str =
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html";

pub(super) const PUBLIC_PRINCIPAL: Check = Check {
    code: "public-principal",
    severity: Severity::SecurityWarning,
    about: "Everybody in the world is allowed, with no condition that says who or from where.",
    page: PRINCIPAL,
};

pub(super) const NOT_PRINCIPAL_WITH_ALLOW: Check = Check {
    code: "not-principal-with-allow",
    severity: Severity::SecurityWarning,
    about: "`NotPrincipal` with `Allow` grants to everybody else, anonymous callers included.",
    page: NOT_PRINCIPAL,
};

pub(super) const NOT_PRINCIPAL_WITH_DENY: Check = Check {
    code: "not-principal-with-deny",
    severity: Severity::Suggestion,
    about: "AWS recommends conditions on `aws:PrincipalArn` over `NotPrincipal`, which is easily incomplete.",
    page: NOT_PRINCIPAL,
};

pub(super) const INVALID_PRINCIPAL: Check = Check {
    code: "invalid-principal",
    severity: Severity::Error,
    about: "Principals are accounts, ARNs of identities, services and identity providers, without wildcards.",
    page: PRINCIPAL,
};

pub(super) const CONFUSED_DEPUTY: Check = Check {
    code: "confused-deputy",
    severity: Severity::Warning,
    about: "A service acts for all its customers; only a condition says on whose behalf it may come.",
    page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html#cross-service-confused-deputy-prevention",
};

pub(super) const FEDERATION_WITHOUT_SUBJECT: Check = Check {
    code: "federation-without-subject",
    severity: Severity::SecurityWarning,
    about: "An identity provider vouches for all its users; only conditions on its claims say which may come.",
    page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html",
};

/// Keys that tell callers, their organisation or their network apart.
const WHO_OR_WHERE: &[&str] = &[
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalServiceName",
    "aws:SourceArn",
    "aws:SourceAccount",
    "aws:SourceOwner",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
    "aws:SourceIp",
    "aws:SourceVpc",
    "aws:SourceVpcArn",
    "aws:SourceVpce",
    "aws:VpcSourceIp",
    "aws:VpceAccount",
    "aws:VpceOrgID",
    "aws:VpceOrgPaths",
    "aws:userid",
    "aws:username",
    "kms:CallerAccount",
    "s3:DataAccessPointAccount",
    "s3:DataAccessPointArn",
];

const ON_WHOSE_BEHALF: &[&str] =
    &["aws:SourceArn", "aws:SourceAccount", "aws:SourceOwner", "aws:SourceOrgID", "aws:SourceOrgPaths"];

pub(super) fn check_public(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    if !matches!(subject.kind, PolicyKind::Resource | PolicyKind::Trust) {
        return;
    }
    for view in subject.allows() {
        let Some(Match::Listed(principals)) = view.statement.principal() else { continue };
        if is_everybody(principals) && !is_limited(view, WHO_OR_WHERE) {
            let message = "everybody is allowed, without a condition on who or from where";
            let fix = "name the principals, or add a condition such as `aws:PrincipalOrgID`";
            findings.add(&PUBLIC_PRINCIPAL, &view.field("Principal"), message, fix);
        }
    }
}

fn is_everybody(principals: &Principals) -> bool {
    match principals {
        Principals::Everyone => true,
        Principals::Typed(groups) => groups
            .iter()
            .any(|(kind, names)| *kind == PrincipalType::Aws && names.as_slice().iter().any(|name| name == "*")),
    }
}

/// Whether a condition demands one of the keys with a value that is not just anything.
fn is_limited(view: &View<'_>, keys: &[&str]) -> bool {
    view.tests().any(|test| keys.iter().any(|key| test.is_on(key)) && demands(&test))
}

fn demands(test: &Test<'_>) -> bool {
    let is_plain =
        !test.holds_without_key() && !test.comparison().is_negated() && test.comparison() != Comparison::Null;
    is_plain && !test.texts().any(|text| text.bytes().all(|byte| byte == b'*') || text.ends_with("/0"))
}

pub(super) fn check_not_principal(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for view in &subject.statements {
        if !view.statement.principal().is_some_and(Match::is_negated) {
            continue;
        }
        let place = view.field("NotPrincipal");
        if view.is_allow() {
            let message = "everybody but those listed is allowed";
            findings.add(&NOT_PRINCIPAL_WITH_ALLOW, &place, message, "list who is allowed in `Principal`");
        } else {
            let message =
                "everybody but those listed is denied, and a session is spared only with its role and account";
            let fix = "write `\"Principal\": \"*\"` with `ArnNotEquals` on `aws:PrincipalArn`";
            findings.add(&NOT_PRINCIPAL_WITH_DENY, &place, message, fix);
        }
    }
}

pub(super) fn check_names(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for view in &subject.statements {
        let Some(element) = view.statement.principal() else { continue };
        let Principals::Typed(groups) = element.listed() else { continue };
        let field = if element.is_negated() { "NotPrincipal" } else { "Principal" };
        for (kind, names) in groups {
            for (at, name) in names.as_slice().iter().enumerate() {
                if let Some(fix) = wrong_name(*kind, name) {
                    let [statement, item] = view.place();
                    let steps = [statement, item, Step::Field(field), Step::Field(kind.as_str()), Step::Item(at)];
                    let message = format!("`{name}` does not name a principal of type `{}`", kind.as_str());
                    findings.add(&INVALID_PRINCIPAL, &steps, message, fix);
                }
            }
        }
    }
}

/// What to do about a name that is none.
fn wrong_name(kind: PrincipalType, name: &str) -> Option<&'static str> {
    let is_id = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if name == "*" {
        return (kind != PrincipalType::Aws).then_some("only `AWS` can be `*`");
    }
    if name.contains(['*', '?']) {
        return Some("wildcards do not work here; use `*` with a condition on `aws:PrincipalArn`");
    }
    match kind {
        PrincipalType::Aws => {
            let is_unique_id =
                name.len() >= 16 && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
            let is_arn = Arn::split(name).is_some_and(|arn| {
                let services = ["iam", "sts"].contains(&arn.service) && arn.region.is_empty();
                services && (is_id(arn.account) || arn.account == "cloudfront") && !arn.resource.is_empty()
            });
            let is_canonical_id = name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
            let is_right = is_id(name) || is_unique_id || is_arn || is_canonical_id;
            (!is_right).then_some("write an account id or the ARN of a user, role or session")
        }
        PrincipalType::Service => {
            let is_right = name.contains('.') && !name.contains([':', '/']);
            (!is_right).then_some("write the service's principal, such as `lambda.amazonaws.com`")
        }
        PrincipalType::Federated => {
            let is_provider = Arn::split(name).is_some_and(|arn| {
                let providers = ["saml-provider/", "oidc-provider/"];
                arn.service == "iam" && providers.iter().any(|provider| arn.resource.starts_with(provider))
            });
            let is_right = is_provider || (name.contains('.') && !name.contains(':'));
            (!is_right).then_some("write the ARN of a SAML or OIDC provider")
        }
        PrincipalType::CanonicalUser => None,
    }
}

/// In a trust policy the role's own trust says for whom; most services send no such keys there.
pub(super) fn check_services(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    if subject.kind != PolicyKind::Resource {
        return;
    }
    for view in subject.allows() {
        let Some(Match::Listed(Principals::Typed(groups))) = view.statement.principal() else { continue };
        if groups.iter().any(|(kind, _)| *kind == PrincipalType::Service) && !is_limited(view, ON_WHOSE_BEHALF) {
            let message = "the service may come on behalf of any account";
            let fix = "add a condition on `aws:SourceAccount` or `aws:SourceArn`";
            findings.add(&CONFUSED_DEPUTY, &view.field("Principal"), message, fix);
        }
    }
}

/// Providers that everybody can have tokens from: only the subject tells users apart.
const OPEN_PROVIDERS: &[&str] = &[
    "token.actions.githubusercontent.com",
    "gitlab.com",
    "agent.buildkite.com",
    "app.terraform.io",
    "oidc.circleci.com",
];

pub(super) fn check_federation(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    if subject.kind != PolicyKind::Trust {
        return;
    }
    for view in subject.allows() {
        let Some(Match::Listed(Principals::Typed(groups))) = view.statement.principal() else { continue };
        let names = groups.iter().filter(|(kind, _)| *kind == PrincipalType::Federated);
        for name in names.flat_map(|(_, names)| names.as_slice()) {
            let provider = name.split_once(":oidc-provider/").map_or(name.as_str(), |(_, provider)| provider);
            if provider.contains(":saml-provider/") {
                continue;
            }
            let is_open = OPEN_PROVIDERS.iter().any(|open| provider.starts_with(open));
            let claims: &[&str] = if is_open { &["sub"] } else { &["sub", "aud", "amr", "app_id"] };
            let is_claim = |key: &str| {
                let (host, claim) = key.rsplit_once(':').unwrap_or_default();
                provider.to_lowercase().starts_with(&host.to_lowercase()) && claims.contains(&claim)
            };
            if !view.tests().any(|test| is_claim(test.key) && demands(&test)) {
                let message = format!("any user of `{provider}` may take the role");
                let fix = format!("add a condition on `{provider}:{}`", claims.first().copied().unwrap_or_default());
                findings.add(&FEDERATION_WITHOUT_SUBJECT, &view.field("Principal"), message, fix);
            }
        }
    }
}
