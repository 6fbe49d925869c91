//! Callers that policies tell apart: everybody they name, whoever stands behind or beside those, and strangers.

use crate::arn::Arn;
use crate::document::{Effect, Match, PrincipalType, Principals};
use crate::prepared::{PreparedPrincipals, Standing};
use crate::principal::Principal;

/// The account of whoever is not named.
const STRANGER: &str = "999988887777";

/// A caller of every kind that these elements tell apart. The first is an ordinary user.
pub(super) fn told_apart<'d>(elements: impl Iterator<Item = &'d Match<Principals>>) -> Vec<Principal> {
    let mut texts: Vec<String> = vec!["arn:aws:iam::111122223333:user/alice".to_owned()];
    for element in elements {
        let Principals::Typed(groups) = element.listed() else { continue };
        for (kind, names) in groups {
            for name in names.as_slice() {
                beside(*kind, name, &mut texts);
            }
        }
    }
    texts.extend(
        [
            &format!("arn:aws:iam::{STRANGER}:user/stranger"),
            "stranger.amazonaws.com",
            "stranger.example.com",
            "anonymous",
        ]
        .map(str::to_owned),
    );
    texts.extend(under_known_roles(&texts));
    let mut callers: Vec<Principal> = Vec::with_capacity(texts.len());
    for text in texts {
        let caller = match text.split_once(' ') {
            Some((session, role)) => Principal::role_session(session, role),
            None => text.parse(),
        };
        // Whatever is no caller, such as an account that does not exist, never makes a request.
        callers.extend(caller.ok().filter(|caller| !callers.contains(caller)));
    }
    callers
}

/// Whoever is named, and others of whom only something is: an account, or the role behind a session. A session is given
/// with its role.
fn beside(kind: PrincipalType, name: &str, texts: &mut Vec<String>) {
    texts.push(name.to_owned());
    if kind != PrincipalType::Aws {
        return;
    }
    let parts = Arn::split(name);
    let (partition, account) = parts.map_or(("aws", name), |arn| (arn.partition, arn.account));
    texts.push(format!("arn:{partition}:iam::{account}:user/stranger"));
    texts.push(format!("arn:{partition}:sts::{account}:assumed-role/stranger/s"));
    texts.push(format!("arn:{partition}:iam::{account}:root"));
    let Some(arn) = parts else { return };
    if let Some(role) = arn.resource.strip_prefix("role/") {
        let role = role.rsplit('/').next().unwrap_or(role);
        texts.push(format!("arn:{partition}:sts::{account}:assumed-role/{role}/s {name}"));
    }
    if let Some(user) = arn.resource.strip_prefix("user/") {
        texts.push(format!("arn:{partition}:sts::{account}:federated-user/{user}"));
    }
    if let Some(session) = arn.resource.strip_prefix("assumed-role/") {
        let role = session.split('/').next().unwrap_or(session);
        texts.push(format!("arn:{partition}:sts::{account}:assumed-role/{role}/stranger"));
    }
}

/// A session may be named for itself and for its role, whose path only the role's own ARN tells.
fn under_known_roles(texts: &[String]) -> Vec<String> {
    let is_role = |text: &&String| text.contains(":role/") && !text.contains(' ');
    let sessions: Vec<&str> = texts
        .iter()
        .filter(|text| text.contains(":assumed-role/"))
        .map(|text| text.split(' ').next().unwrap_or_default())
        .collect();
    let mut pairs = Vec::new();
    for role in texts.iter().filter(is_role) {
        let name = format!(":assumed-role/{}/", role.rsplit('/').next().unwrap_or_default());
        pairs.extend(
            sessions.iter().filter(|session| session.contains(&name)).map(|session| format!("{session} {role}")),
        );
    }
    pairs
}

/// The canonical users that are named. They are accounts, or identities of a CDN, but which ones nobody can tell, and
/// requests name neither: each is somebody of its own.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-anonymous>
pub(super) fn canonical_users<'d>(elements: impl Iterator<Item = &'d Match<Principals>>) -> Vec<String> {
    let mut users: Vec<String> = Vec::new();
    for name in elements.flat_map(|element| named_canonical_users(element.listed())) {
        if !users.contains(name) {
            users.push(name.clone());
        }
    }
    users
}

fn named_canonical_users(principals: &Principals) -> impl Iterator<Item = &String> {
    let groups = match principals {
        Principals::Everyone => &[][..],
        Principals::Typed(groups) => groups.as_slice(),
    };
    let canonical = groups.iter().filter(|(kind, _)| *kind == PrincipalType::CanonicalUser);
    canonical.flat_map(|(_, names)| names.as_slice())
}

/// For each caller, and then for each canonical user, whether the element is about it.
pub(super) fn holds(element: &Match<Principals>, callers: &[Principal], canonical_users: &[String]) -> Vec<bool> {
    let prepared = PreparedPrincipals::new(element.listed());
    let is_about = |caller: &Principal| match element {
        Match::Listed(_) => prepared.grant(caller).is_some(),
        Match::NotListed(_) => !prepared.exempt(caller, Standing::Plain, Effect::Allow),
    };
    let is_everyone = match element.listed() {
        Principals::Everyone => true,
        Principals::Typed(groups) => groups
            .iter()
            .any(|(kind, names)| *kind == PrincipalType::Aws && names.as_slice().iter().any(|name| name == "*")),
    };
    let is_listed = |user| is_everyone || named_canonical_users(element.listed()).any(|name| name == user);
    let canonical = canonical_users.iter().map(|user| is_listed(user) != element.is_negated());
    callers.iter().map(is_about).chain(canonical).collect()
}
