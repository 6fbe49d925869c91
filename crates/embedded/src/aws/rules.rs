//! The rules that IAM and STS hold names, tags and documents to. Pure.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>

use std::collections::{BTreeMap, BTreeSet};

use daypass_policy::{PolicyDocument, PolicyKind};
use daypass_vending::plan::quota;
use daypass_vending::ports::CloudError;

use super::errors::{invalid_input, malformed, over_quota, validation};

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>: `RoleName`.
pub(super) fn role_name(name: &str) -> Result<(), CloudError> {
    friendly_name("roleName", name, 64)
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html>: `PolicyName`.
pub(super) fn policy_name(name: &str) -> Result<(), CloudError> {
    friendly_name("policyName", name, 128)
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateInstanceProfile.html>: `InstanceProfileName`.
pub(super) fn profile_name(name: &str) -> Result<(), CloudError> {
    friendly_name("instanceProfileName", name, 128)
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>: `Path`.
pub(super) fn path(path: &str) -> Result<(), CloudError> {
    let is_framed = path == "/" || (path.len() > 2 && path.starts_with('/') && path.ends_with('/'));
    if is_framed && path.len() <= 512 && path.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    Err(validation(
        "The specified value for path is invalid. It must begin and end with / and contain only visible ASCII",
    ))
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>: `MaxSessionDuration`, in seconds.
pub(super) fn max_session_duration(seconds: i32) -> Result<(), CloudError> {
    if (3_600..=43_200).contains(&seconds) {
        return Ok(());
    }
    Err(validation(format!("Value '{seconds}' at 'maxSessionDuration' must be between 3600 and 43200")))
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html> for the characters,
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html> for the rest: at most 50, keys unique whatever their
/// case, `aws:` reserved.
pub(super) fn tags(tags: &BTreeMap<String, String>) -> Result<(), CloudError> {
    if tags.len() > 50 {
        return Err(validation("Value at 'tags' failed to satisfy constraint: length less than or equal to 50"));
    }
    let mut seen = BTreeSet::new();
    for (key, value) in tags {
        if !(1..=128).contains(&key.chars().count()) || !key.chars().all(is_tag_character) {
            return Err(validation(format!("The tag key `{key}` is not valid")));
        }
        if value.chars().count() > 256 || !value.chars().all(is_tag_character) {
            return Err(validation(format!("The value of the tag `{key}` is not valid")));
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(invalid_input("Tag keys that begin with aws: are reserved for AWS"));
        }
        if !seen.insert(key.to_lowercase()) {
            return Err(invalid_input("Duplicate tag keys found. Please note that Tag keys are case insensitive."));
        }
    }
    Ok(())
}

/// A trust policy: a document of its kind, within its quota.
pub(super) fn trust_policy(text: &str) -> Result<(), CloudError> {
    let size = document(text, PolicyKind::Trust)?.size();
    if size <= quota::TRUST_POLICY { Ok(()) } else { Err(over_quota("ACLSizePerRole", quota::TRUST_POLICY)) }
}

/// A managed policy: a document of its kind, within its quota. It may serve as a boundary as well.
pub(super) fn managed_policy(text: &str) -> Result<(), CloudError> {
    let size = document(text, PolicyKind::Identity)?.size();
    if size <= quota::MANAGED_POLICY { Ok(()) } else { Err(over_quota("PolicySize", quota::MANAGED_POLICY)) }
}

/// All inline policies of a role together, white space not counted.
pub(super) fn inline_policies(role: &str, policies: &BTreeMap<String, String>) -> Result<(), CloudError> {
    let mut size = 0;
    for text in policies.values() {
        size += document(text, PolicyKind::Identity)?.size();
    }
    if size <= quota::INLINE_POLICIES {
        return Ok(());
    }
    Err(over_quota(&format!("the inline policies of role {role}"), quota::INLINE_POLICIES))
}

/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>: `ExternalId`.
pub(super) fn external_id(text: &str) -> Result<(), CloudError> {
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&byte);
    if (2..=1_224).contains(&text.len()) && text.bytes().all(is_legal) {
        return Ok(());
    }
    // The value itself stays out of the message: it is a secret (invariant 6).
    Err(validation("Value at 'externalId' failed to satisfy constraint: 2 to 1224 letters, digits and _+=,.@:/-"))
}

/// A document of this kind, of the characters IAM takes: tab, line feed, carriage return, U+0020 to U+00FF.
fn document(text: &str, kind: PolicyKind) -> Result<PolicyDocument, CloudError> {
    let is_legal = |letter| matches!(letter, '\t' | '\n' | '\r' | '\u{20}'..='\u{ff}');
    if !text.chars().all(is_legal) {
        return Err(validation("The specified value for policyDocument contains characters beyond U+00FF"));
    }
    PolicyDocument::parse_as(text, kind).map_err(|error| malformed(&error))
}

fn friendly_name(what: &str, name: &str, longest: usize) -> Result<(), CloudError> {
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    if (1..=longest).contains(&name.len()) && name.bytes().all(is_legal) {
        return Ok(());
    }
    Err(validation(format!(
        "The specified value for {what} is invalid. It must contain only alphanumeric characters and/or the following: \
         +=,.@_- and have 1 to {longest} of them"
    )))
}

/// `[\p{L}\p{Z}\p{N}_.:/=+\-@]`: letters, separators, numbers, and some signs.
fn is_tag_character(letter: char) -> bool {
    letter.is_alphabetic() || letter.is_numeric() || is_separator(letter) || "_.:/=+-@".contains(letter)
}

/// Unicode's general categories Zs, Zl and Zp. White space such as a tab is not among them.
fn is_separator(letter: char) -> bool {
    letter.is_whitespace() && !letter.is_control()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(result: Result<(), CloudError>) -> String {
        match result {
            Ok(()) => "ok".to_owned(),
            Err(CloudError::Refused { code, .. }) => code,
            Err(other) => other.to_string(),
        }
    }

    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-names>
    #[test]
    fn names_and_paths_follow_the_api_reference() {
        let long = "r".repeat(64);
        for (name, expected) in [
            ("dp-acme-1", "ok"),
            ("A_b+c=d,e.f@g-h", "ok"),
            (long.as_str(), "ok"),
            (&"r".repeat(65), "ValidationError"),
            ("", "ValidationError"),
            ("with space", "ValidationError"),
            ("a/b", "ValidationError"),
            ("a*", "ValidationError"),
            ("ä", "ValidationError"),
        ] {
            assert_eq!(code(role_name(name)), expected, "{name}");
        }
        assert_eq!(code(policy_name(&"p".repeat(128))), "ok");
        assert_eq!(code(policy_name(&"p".repeat(129))), "ValidationError");
        let longest = format!("/{}/", "p".repeat(510));
        for (text, expected) in [
            ("/", "ok"),
            ("/daypass/read-only/", "ok"),
            (longest.as_str(), "ok"),
            (&format!("/{}/", "p".repeat(511)), "ValidationError"),
            ("daypass/", "ValidationError"),
            ("/daypass", "ValidationError"),
            ("//", "ValidationError"),
            ("/with space/", "ValidationError"),
            ("", "ValidationError"),
        ] {
            assert_eq!(code(path(text)), expected, "{text}");
        }
    }

    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html>
    #[test]
    fn tags_follow_the_api_reference() {
        let one = |key: &str, value: &str| tags(&BTreeMap::from([(key.to_owned(), value.to_owned())]));
        let many = |count: usize| {
            tags(&(0..count).map(|number| (format!("key{number}"), String::new())).collect::<BTreeMap<_, _>>())
        };
        assert_eq!(code(one("Cost Center", "Grün / 7")), "ok");
        assert_eq!(code(one("key", "a_.:/=+-@z")), "ok");
        assert_eq!(code(one("key", "what?")), "ValidationError");
        assert_eq!(code(one("key", "tab\there")), "ValidationError");
        assert_eq!(code(one("", "x")), "ValidationError");
        assert_eq!(code(one(&"k".repeat(129), "x")), "ValidationError");
        assert_eq!(code(one("key", &"v".repeat(256))), "ok");
        assert_eq!(code(one("key", &"v".repeat(257))), "ValidationError");
        assert_eq!(code(one("AWS:owner", "x")), "InvalidInput");
        assert_eq!(code(many(50)), "ok");
        assert_eq!(code(many(51)), "ValidationError");
        let twice = BTreeMap::from([("team".to_owned(), String::new()), ("Team".to_owned(), String::new())]);
        assert_eq!(code(tags(&twice)), "InvalidInput");
    }

    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length>
    #[test]
    fn documents_are_of_their_kind_and_white_space_does_not_count() {
        let identity = |length: usize| {
            let empty = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":""}]}"#;
            empty.replace(r#""Resource":"""#, &format!(r#""Resource":"{}""#, "r".repeat(length - empty.len())))
        };
        let spaced = |length: usize| identity(length).replace("[{", "[\n    {");
        assert_eq!(code(managed_policy(&spaced(6_144))), "ok");
        assert_eq!(code(managed_policy(&identity(6_145))), "LimitExceeded");
        let inline = |lengths: [usize; 2]| {
            let [one, two] = lengths.map(identity);
            inline_policies("r", &BTreeMap::from([("one".to_owned(), one), ("two".to_owned(), two)]))
        };
        assert_eq!(code(inline([240, 10_000])), "ok");
        assert_eq!(code(inline([241, 10_000])), "LimitExceeded");
        let trust = |length: usize| {
            let empty = r#"{"Version":"2012-10-17","Statement":[{"Sid":"","Effect":"Deny","Principal":{"AWS":"*"},"Action":"sts:*"}]}"#;
            empty.replace(r#""Sid":"""#, &format!(r#""Sid":"{}""#, "s".repeat(length - empty.len())))
        };
        assert_eq!(code(trust_policy(&trust(2_048))), "ok");
        assert_eq!(code(trust_policy(&trust(2_049))), "LimitExceeded");
        assert_eq!(code(trust_policy(&identity(200))), "MalformedPolicyDocument");
        assert_eq!(code(managed_policy(&trust(200))), "MalformedPolicyDocument");
        assert_eq!(code(managed_policy("{")), "MalformedPolicyDocument");
        assert_eq!(code(managed_policy(&identity(200).replace('r', "\u{100}"))), "ValidationError");
    }

    /// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
    #[test]
    fn external_ids_follow_the_api_reference_and_stay_out_of_the_message() {
        assert_eq!(code(external_id("aB3:/-")), "ok");
        assert_eq!(code(external_id("x")), "ValidationError");
        let error = external_id("not legal").unwrap_err().to_string();
        assert!(!error.contains("not legal"), "{error}");
    }
}
