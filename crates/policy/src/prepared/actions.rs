//! The `Action` and `NotAction` elements: few patterns are looked at one by one, many are sorted by service.
//!
//! Actions ignore case and take no variables.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html>

use crate::glob::Glob;
use crate::request::{Action, HEAD_LENGTH, ServiceKey, head_of};

/// Up to so many patterns are looked at one by one.
const FEW_PATTERNS: usize = 16;

/// The compiled patterns of one element.
#[derive(Clone, Debug)]
pub(super) struct Actions {
    /// INVARIANT: sorted by service when there are more than [`FEW_PATTERNS`]; those for any service come first.
    patterns: Box<[ActionPattern]>,
    /// The service of each pattern, in the same order, or nothing when there are few.
    services: Box<[Option<ServiceKey>]>,
}

/// A pattern of actions. Most are told by the first bytes of the action alone.
#[derive(Clone, Debug)]
struct ActionPattern {
    /// Which of the first bytes matter.
    mask: u128,
    /// What they have to be.
    head: u128,
    /// The whole pattern, when the first bytes do not settle it.
    glob: Option<Box<Glob>>,
}

impl Actions {
    pub(super) fn new(patterns: &[String]) -> Actions {
        if patterns.len() <= FEW_PATTERNS {
            return Actions {
                patterns: patterns.iter().map(|text| ActionPattern::new(text)).collect(),
                services: [].into(),
            };
        }
        let mut keyed: Vec<(Option<ServiceKey>, ActionPattern)> =
            patterns.iter().map(|text| (ServiceKey::of_pattern(text), ActionPattern::new(text))).collect();
        keyed.sort_by_key(|(service, _)| *service);
        let (services, patterns): (Vec<_>, Vec<_>) = keyed.into_iter().unzip();
        Actions { patterns: patterns.into(), services: services.into() }
    }

    pub(super) fn matches(&self, action: &Action) -> bool {
        let any = |patterns: &[ActionPattern]| patterns.iter().any(|pattern| pattern.matches(action));
        if self.services.is_empty() {
            return any(&self.patterns);
        }
        let wanted = Some(action.service_key());
        let from = |least: Option<ServiceKey>| self.services.partition_point(|service| *service < least);
        let past = |most: Option<ServiceKey>| self.services.partition_point(|service| *service <= most);
        any(self.patterns.get(..past(None)).unwrap_or_default())
            || any(self.patterns.get(from(wanted)..past(wanted)).unwrap_or_default())
    }
}

impl ActionPattern {
    fn new(text: &str) -> ActionPattern {
        let plain = text.find(['*', '?']).unwrap_or(text.len());
        let (plain, wild) = text.split_at_checked(plain).unwrap_or((text, ""));
        let is_prefix = !wild.is_empty() && wild.bytes().all(|byte| byte == b'*');
        // The bytes behind the end of an action are zero, which no action contains.
        let is_settled =
            if wild.is_empty() { plain.len() < HEAD_LENGTH } else { is_prefix && plain.len() <= HEAD_LENGTH };
        let seen = if wild.is_empty() { HEAD_LENGTH } else { plain.len().min(HEAD_LENGTH) };
        ActionPattern {
            mask: head_of([u8::MAX; HEAD_LENGTH].get(..seen).unwrap_or_default()),
            head: head_of(plain.as_bytes()),
            glob: (!is_settled).then(|| Box::new(Glob::parse(&text.to_ascii_lowercase()))),
        }
    }

    fn matches(&self, action: &Action) -> bool {
        action.head() & self.mask == self.head && self.glob.as_ref().is_none_or(|glob| glob.matches(action.lower()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{ActionPattern, Actions};
    use crate::glob::Glob;
    use crate::request::Action;

    fn agrees(pattern: &str, action: &str) {
        let action: Action = action.parse().unwrap();
        let expected = Glob::parse(&pattern.to_ascii_lowercase()).matches(action.lower());
        assert_eq!(ActionPattern::new(pattern).matches(&action), expected, "{pattern} on {action}");
        let others = (0..40).map(|at| format!("other{at}:*"));
        let many: Vec<String> = others.chain([pattern.to_owned()]).collect();
        assert_eq!(Actions::new(&many).matches(&action), expected, "{pattern} among many on {action}");
    }

    #[test]
    fn names_around_the_length_of_a_head_are_told_apart() {
        for action in ["s3:aaaaaaaaaaaa", "s3:aaaaaaaaaaaaa", "s3:aaaaaaaaaaaaaa", "s3:aaaaaaaaaaaaab"] {
            for length in 10..16 {
                for end in ["", "*", "**", "?", "*a", "a", "B"] {
                    agrees(&format!("S3:{}{end}", "A".repeat(length)), action);
                }
            }
        }
    }

    #[test]
    fn a_service_whose_name_is_long_or_a_pattern_is_found_among_many() {
        for pattern in ["*", "*:*", "?3:*", "s3*", "s3:*", "S3:Get*", "application-autoscaling:*", "application-*:*"] {
            for action in ["s3:GetObject", "application-autoscaling:Describe", "application-signals:Describe"] {
                agrees(pattern, action);
            }
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_glob(pattern in "[aB:*?]{0,20}", action in "[ab]{1,9}:[aB]{1,12}") {
            agrees(&pattern, &action);
        }
    }
}
