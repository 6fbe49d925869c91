//! What somebody may have meant by a name that does not exist.

use std::sync::Arc;

use super::{Catalogue, KnownAction, KnownKey, Service};

impl Catalogue {
    /// The action whose name is closest to one that does not exist, if any is close enough to be what was meant.
    ///
    /// A service that exists is taken to be right; otherwise the same name in a service of a similar prefix is looked
    /// for.
    #[must_use]
    pub fn nearest_action(&self, name: &str) -> Option<&KnownAction> {
        let lower = name.to_ascii_lowercase();
        let prefix = lower.split(':').next().unwrap_or_default();
        let service = self.service(prefix).or_else(|| self.nearest_service(prefix))?;
        nearest(&lower, self.actions_of(service).iter().map(|action| (action.lower(), action)))
    }

    /// The service whose prefix is closest to one that does not exist.
    #[must_use]
    pub fn nearest_service(&self, prefix: &str) -> Option<&Arc<Service>> {
        let lower = prefix.to_ascii_lowercase();
        nearest(&lower, self.services.iter().map(|service| (service.prefix(), service)))
    }

    /// The condition key whose name is closest to one that does not exist; of a key with a variable part only what
    /// precedes it is compared.
    #[must_use]
    pub fn nearest_key(&self, name: &str) -> Option<&Arc<KnownKey>> {
        let lower = name.to_lowercase();
        let fixed = |text: &str| text.find('/').map_or(text.len(), |at| at + 1);
        let (head, _) = lower.split_at_checked(fixed(&lower)).unwrap_or((&lower, ""));
        let whole = nearest(&lower, self.keys.iter().map(|key| (key.lower(), key)));
        let with_variable = self.keys.iter().filter_map(|key| Some((key.lower().strip_suffix("${tagkey}")?, key)));
        whole.or_else(|| nearest(head, with_variable))
    }
}

/// The candidate with the fewest changes, if there are few enough for the length of the word.
fn nearest<'n, T>(wanted: &str, candidates: impl Iterator<Item = (&'n str, T)>) -> Option<T> {
    let wanted: Vec<char> = wanted.chars().collect();
    let mut limit = most_changes(wanted.len());
    let mut best = None;
    for (name, candidate) in candidates {
        let name: Vec<char> = name.chars().collect();
        if name.len().abs_diff(wanted.len()) <= limit
            && let changes = distance(&wanted, &name)
            && changes <= limit
        {
            best = Some(candidate);
            if changes == 0 {
                break;
            }
            // From here on only what is closer still.
            limit = changes - 1;
        }
    }
    best
}

/// More than this is another word, not a slip.
fn most_changes(length: usize) -> usize {
    match length {
        0..=3 => 1,
        4..=11 => 2,
        _ => 3,
    }
}

/// Insertions, deletions, replacements and swaps of neighbours that lead from one to the other ("optimal string
/// alignment": no place is changed twice).
fn distance(one: &[char], other: &[char]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    let mut previous_char = None;
    for (row, from) in one.iter().enumerate() {
        let mut current = Vec::with_capacity(last.len());
        current.push(row + 1);
        for (column, to) in other.iter().enumerate() {
            let at = |line: &[usize], place: usize| line.get(place).copied().unwrap_or(usize::MAX - 1);
            let replaced = at(&last, column) + usize::from(from != to);
            let removed_or_added = at(&last, column + 1).min(at(&current, column)) + 1;
            let neighbours_swapped = column > 0 && previous_char == Some(*to) && other.get(column - 1) == Some(from);
            let swapped = if neighbours_swapped { at(&before_last, column - 1) + 1 } else { usize::MAX };
            current.push(replaced.min(removed_or_added).min(swapped));
        }
        before_last = std::mem::replace(&mut last, current);
        previous_char = Some(*from);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::catalogue;
    use super::distance;

    #[test]
    fn changes_are_counted() {
        for (one, other, expected) in [
            ("", "", 0),
            ("", "ab", 2),
            ("ab", "ba", 1),
            ("kitten", "sitting", 3),
            ("abc", "ca", 3),
            ("abcd", "acbd", 1),
        ] {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            assert_eq!(distance(&chars(one), &chars(other)), expected, "{one} to {other}");
            assert_eq!(distance(&chars(other), &chars(one)), expected, "{other} to {one}");
        }
    }

    #[test]
    fn slips_lead_to_the_name_that_was_meant() {
        for (written, meant) in [
            ("s3:GetObjcet", Some("s3:GetObject")),
            ("s3:ListBuckets", Some("s3:ListBucket")),
            ("ec2:DescribeInstance", Some("ec2:DescribeInstances")),
            ("dynamodbb:GetItem", Some("dynamodb:GetItem")),
            ("s3:CompletelyUnheardOf", None),
            ("nothinglikethis:GetItem", None),
        ] {
            assert_eq!(catalogue().nearest_action(written).map(|action| action.name()), meant, "{written}");
        }
        for (written, meant) in [
            ("aws:SourceIP4", Some("aws:SourceIp")),
            ("aws:PrincipleArn", Some("aws:PrincipalArn")),
            ("aws:PrincipleTag/team", Some("aws:PrincipalTag/${TagKey}")),
            ("aws:PrincipalTags/team", Some("aws:PrincipalTag/${TagKey}")),
            ("s3:prefx", Some("s3:prefix")),
            ("aws:WhoKnows", None),
        ] {
            assert_eq!(catalogue().nearest_key(written).map(|key| key.name()), meant, "{written}");
        }
    }
}
