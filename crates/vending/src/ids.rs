//! The names of things. Each kind of id is a type of its own, parsed once at the edge; what is inside has been checked,
//! so that an id can go into a role name, an ARN or a policy document without a second thought (invariant 4).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Why a text is not the id it was meant to be. `Display` says what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} must be {rule}")]
pub struct InvalidId {
    /// What the text was meant to be, such as `project id`.
    pub what: &'static str,
    /// What the text has to look like.
    pub rule: &'static str,
}

/// Defines a checked text: private content, one way in (`FromStr`), serde through the same parser.
macro_rules! checked_text {
    ($(#[$meta:meta])* $name:ident, $what:literal, $rule:literal, $check:expr) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                let check: fn(&str) -> bool = $check;
                if check(&text) { Ok(Self(text)) } else { Err(InvalidId { what: $what, rule: $rule }) }
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::try_from(text.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

checked_text!(
    /// Who the work is for; the partition key of everything stored and the prefix of the project's resources.
    /// At most 24 characters, so that `dp-<project>-<uuid>` fits into the 64 that IAM allows a role name.
    ProjectId,
    "project id",
    "2 to 24 lower-case letters, digits and single hyphens, starting with a letter, such as `acme-web`",
    |text| (2..=24).contains(&text.len()) && is_kebab(text)
);

checked_text!(
    /// An AWS account id.
    AccountId,
    "account id",
    "twelve digits, such as `111122223333`",
    |text| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
);

checked_text!(
    /// The verified name of a person or workload. It becomes the role session name, the source identity and a tag, and so
    /// has the characters that are allowed in all of them
    /// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>,
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html>).
    UserId,
    "user id",
    "2 to 64 letters, digits and `+=.@_-`",
    |text| (2..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+=.@_-".contains(&byte))
);

checked_text!(
    /// The name of a tier: a folder of the template directory and part of the role's path.
    TierName,
    "tier",
    "2 to 16 lower-case letters, digits and single hyphens, such as `read-only`",
    |text| (2..=16).contains(&text.len()) && is_kebab(text)
);

checked_text!(
    /// Marks everything that one installation of Daypass made in AWS; nothing without it is ever touched.
    DeploymentId,
    "deployment id",
    "2 to 32 lower-case letters, digits and single hyphens",
    |text| (2..=32).contains(&text.len()) && is_kebab(text)
);

checked_text!(
    /// A group that the identity provider vouches for.
    GroupName,
    "group",
    "1 to 128 visible ASCII characters without quotes or backslash",
    |text| (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(&byte))
);

impl GroupName {
    /// The group of a project that does not exist. No identity provider can vouch for it, since a group that is parsed
    /// cannot contain a space.
    pub(crate) fn nobody() -> Self {
        Self("nobody at all".to_owned())
    }
}

checked_text!(
    /// A department of the organisation, as the tag `Department` of an IAM user says it. Nothing in it means anything in a
    /// policy (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html#id_tags_rules>).
    Department,
    "department",
    "1 to 256 ASCII letters, digits, spaces and `_.:/=+-@`",
    |text| (1..=256).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" _.:/=+-@".contains(&byte))
);

checked_text!(
    /// Why somebody wants access, in their own words; shown to approvers and kept in the trail.
    Reason,
    "reason",
    "10 to 500 characters of text without control characters",
    |text| (10..=500).contains(&text.trim().chars().count()) && !text.chars().any(is_hidden)
);

checked_text!(
    /// What an approver has to say to a request; shown to the requester and kept in the trail.
    Comment,
    "comment",
    "1 to 500 characters of text without control characters",
    |text| (1..=500).contains(&text.trim().chars().count()) && !text.chars().any(is_hidden)
);

checked_text!(
    /// What came of an emergency, in the words of whoever reviewed it; kept in the trail.
    Findings,
    "findings",
    "10 to 2000 characters of text without control characters",
    |text| (10..=2000).contains(&text.trim().chars().count()) && !text.chars().any(is_hidden)
);

checked_text!(
    /// The incident that a break-glass session is for.
    IncidentId,
    "incident id",
    "3 to 64 letters, digits and `._/#-`, such as `INC-4711`",
    |text| (3..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._/#-".contains(&byte))
);

checked_text!(
    /// One call of the API, as the log, its answer and the trail name it.
    RequestId,
    "request id",
    "1 to 64 letters, digits, hyphens and underscores",
    |text| (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
);

checked_text!(
    /// Names one intended change, so that a repeated call meets its own result.
    IdempotencyKey,
    "idempotency key",
    "8 to 128 visible ASCII characters",
    |text| (8..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
);

/// One pass. Random, so that it cannot be guessed, and never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(Uuid);

impl SessionId {
    /// The session id made of 128 random bits.
    #[must_use]
    pub fn from_random(bits: [u8; 16]) -> Self {
        Self(uuid::Builder::from_random_bytes(bits).into_uuid())
    }

    /// The first eight hexadecimal digits, for people to read; never for finding anything.
    #[must_use]
    pub fn short(&self) -> String {
        self.0.simple().to_string().chars().take(8).collect()
    }
}

impl FromStr for SessionId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let wrong = InvalidId { what: "session id", rule: "a UUID, such as `5f0c6a52-0a51-4f0e-9d0a-6d1f6f2b8a11`" };
        // Only the hyphenated form is taken: one session has one name in URLs, logs and rate limits.
        if text.len() == 36 { Uuid::try_parse(text).map(Self).map_err(|_| wrong) } else { Err(wrong) }
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// The name of a vended role. INVARIANT: made from a project and a session, so it is legal, at most 64 characters, and
/// belongs to exactly one session.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RoleName(String);

impl RoleName {
    /// The one role name of a session: a retry meets its own work.
    #[must_use]
    pub fn of(project: &ProjectId, session: &SessionId) -> Self {
        Self(format!("dp-{project}-{session}"))
    }

    /// The name of a role that was found in AWS; it need not be one of ours.
    #[must_use]
    pub fn found(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name as IAM knows it, without the path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_kebab(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text
            .split('-')
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()))
}

/// Control characters and the invisible ones that change how a line reads (bidirectional overrides, zero width).
fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn project_ids_are_kebab_and_short() {
        for good in ["ab", "acme-web", "a1-b2-c3", "abcdefghijklmnopqrstuvwx"] {
            assert!(good.parse::<ProjectId>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "a",
            "-ab",
            "ab-",
            "a--b",
            "Acme",
            "acme_web",
            "acme*",
            "acme$",
            "acmé",
            "abcdefghijklmnopqrstuvwxy",
            "1ab",
            r#"x-*"]},{"Effect":"Allow","Action":"*","Resource":["*"#,
        ] {
            assert!(bad.parse::<ProjectId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn reasons_hide_nothing() {
        assert!("fix the failing nightly job".parse::<Reason>().is_ok());
        for bad in [
            "too short",
            "          a          ",
            "line one\nline two",
            "looks \u{202e}dekcart ton",
            "\u{1b}[2J clear the screen",
        ] {
            assert!(bad.parse::<Reason>().is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn every_role_name_is_legal_for_iam(project in "[a-z][a-z0-9]{1,11}(-[a-z0-9]{1,11})?", bits: [u8; 16]) {
            let role = RoleName::of(&project.parse().unwrap(), &SessionId::from_random(bits));
            prop_assert!(role.as_str().len() <= 64);
            prop_assert!(role.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
        }

        #[test]
        fn a_session_id_survives_its_text(bits: [u8; 16]) {
            let id = SessionId::from_random(bits);
            prop_assert_eq!(id.to_string().parse::<SessionId>().unwrap(), id);
        }
    }
}
