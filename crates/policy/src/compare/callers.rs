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

/// For each caller, whether the element is about it.
pub(super) fn holds(element: &Match<Principals>, callers: &[Principal]) -> Vec<bool> {
    let prepared = PreparedPrincipals::new(element.listed());
    let is_about = |caller: &Principal| match element {
        Match::Listed(_) => prepared.grant(caller).is_some(),
        Match::NotListed(_) => !prepared.exempt(caller, Standing::Plain, Effect::Allow),
    };
    callers.iter().map(is_about).collect()
}
