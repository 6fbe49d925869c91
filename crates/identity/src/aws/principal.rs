//! From an ARN to a person
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns>).

use std::collections::BTreeSet;

use daypass_vending::ids::{GroupName, UserId};

use super::settings::{AwsSettings, Wanted};

/// A person who has an AWS identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Principal {
    pub(super) user: UserId,
    pub(super) groups: BTreeSet<GroupName>,
    /// Whether they came through the gate, which takes a second factor.
    pub(super) through_gate: bool,
}

/// Whom an ARN stands for. An IAM user is whoever has that name in their account, and so is a session of the gate role: its
/// trust policy lets nobody choose another name for it. Whoever assumes any other role chooses the session's name freely,
/// which therefore names nobody; neither does the root user.
pub(super) fn principal(arn: &str, settings: &AwsSettings) -> Result<Principal, &'static str> {
    let mut parts = arn.splitn(6, ':');
    let mut next = || parts.next().unwrap_or_default();
    let (scheme, partition, service, region, account, resource) = (next(), next(), next(), next(), next(), next());
    if scheme != "arn" || partition != settings.partition.as_str() || !region.is_empty() {
        return Err("it is of another partition");
    }
    let account = settings.accounts.iter().find(|known| known.id.as_str() == account);
    let account = account.ok_or("it is of an account that is not trusted")?;
    let (name, through_gate) = match (service, resource.split_once('/')) {
        ("iam", Some(("user", path))) => (path.rsplit('/').next().unwrap_or_default(), false),
        ("sts", Some(("assumed-role", role))) => (gate_session(role, settings)?, true),
        _ => return Err("it is neither a user nor a session of the gate role"),
    };
    let user = format!("{}{name}", account.user_prefix).parse().map_err(|_| "its name cannot be a user id")?;
    let groups = settings.groups.iter().filter(|line| match &line.whom {
        Wanted::User(wanted) => *wanted == user,
        Wanted::Arn(pattern) => is_like(pattern, arn),
    });
    let groups = groups.flat_map(|line| line.groups.iter().cloned()).collect();
    Ok(Principal { user, groups, through_gate })
}

fn gate_session<'a>(role: &'a str, settings: &AwsSettings) -> Result<&'a str, &'static str> {
    let (role, session) = role.split_once('/').unwrap_or_default();
    if settings.gate_role.as_deref() == Some(role) && !session.contains('/') {
        Ok(session)
    } else {
        Err("it is a session of a role that is not the gate role")
    }
}

/// Whether a text is like a pattern, in which `*` stands for any letters.
fn is_like(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::super::tests::settings;
    use super::*;

    fn of(arn: &str) -> Option<(String, bool, Vec<String>)> {
        let principal = principal(arn, &settings("https://sts.eu-central-1.amazonaws.com/")).ok()?;
        let groups = principal.groups.iter().map(ToString::to_string).collect();
        Some((principal.user.to_string(), principal.through_gate, groups))
    }

    #[test]
    fn users_and_sessions_of_the_gate_role_are_somebody() {
        for (arn, user, through_gate, groups) in [
            ("arn:aws:iam::111122223333:user/olga", "olga", false, vec!["on-call"]),
            ("arn:aws:iam::111122223333:user/dev/team/carla", "carla", false, vec!["contractors"]),
            ("arn:aws:sts::111122223333:assumed-role/daypass-gate/olga", "olga", true, vec!["on-call"]),
        ] {
            let groups = groups.into_iter().map(str::to_owned).collect();
            assert_eq!(of(arn), Some((user.to_owned(), through_gate, groups)), "{arn}");
        }
    }

    #[test]
    fn nobody_else_is() {
        for arn in [
            "arn:aws:iam::444455556666:user/olga",
            "arn:aws-cn:iam::111122223333:user/olga",
            "arn:aws:iam::111122223333:root",
            "arn:aws:sts::111122223333:assumed-role/another/olga",
            "arn:aws:sts::111122223333:assumed-role/daypass-gate",
            "arn:aws:sts::111122223333:assumed-role/daypass-gate/olga/ada",
            "arn:aws:sts::111122223333:federated-user/olga",
            "arn:aws:iam::111122223333:role/daypass-gate",
            "arn:aws:sts::111122223333:user/olga",
            "arn:aws:iam::111122223333:user/",
            "arn:aws:iam::111122223333:user/a,b",
            "111122223333",
            "",
        ] {
            assert_eq!(of(arn), None, "{arn}");
        }
    }

    #[test]
    fn a_star_stands_for_any_letters() {
        for (pattern, text, expected) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("a*", "abc", true),
            ("*c", "abc", true),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "aXcYb", false),
            ("a*a", "a", false),
            ("*", "", true),
        ] {
            assert_eq!(is_like(pattern, text), expected, "{pattern} {text}");
        }
    }
}
