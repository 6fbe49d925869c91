//! From actions to the patterns with the fewest characters that stand for exactly these.
//!
//! Within a service this is weighted set cover: patterns that fit no other known action are the sets, their length is
//! the weight. `candidates` finds patterns worth considering, `cover` chooses among them. Patterns never leave their
//! service, so that an Allow does not reach into services nobody thought of.
//!
//! "Exactly" holds against this version of the catalogue. A pattern may also fit actions that AWS adds later, as every
//! wildcard does; only a list of plain names cannot. Whoever has room for the list should keep it.

mod bits;
mod candidates;
mod cover;

use super::{Catalogue, KnownAction};
use crate::document::{Match, OneOrMany, PolicyDocument};
use crate::glob::Glob;

/// Where a pattern may cut a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Between words only, as a person would: `s3:Get*Policy`. Fits fewer actions that do not exist yet.
    Words,
    /// Anywhere, for the fewest characters: `s3:G*cy`.
    Anywhere,
}

/// What a pattern costs in JSON beyond its own characters: quotes and a comma.
const AROUND_PATTERN: usize = 3;

impl Catalogue {
    /// Patterns that stand for exactly these actions, sorted, in as few characters as could be found.
    ///
    /// Whole services become `service:*`, and all actions there are become `*`. The same actions give the same patterns,
    /// whatever their order. Takes well below a second for the largest service.
    #[must_use]
    pub fn shrink<'a>(&self, actions: impl IntoIterator<Item = &'a KnownAction>, cut: Cut) -> Vec<String> {
        let mut wanted = vec![false; self.actions.len()];
        for action in actions {
            if let Some(place) = wanted.get_mut(action.index()) {
                *place = true;
            }
        }
        if wanted.iter().all(|wanted| *wanted) {
            return vec!["*".to_owned()];
        }
        let mut patterns = Vec::new();
        for service in &self.services {
            let all = self.actions_of(service);
            let wanted = wanted.get(service.actions.clone()).unwrap_or_default();
            let (targets, others) = split(all, wanted);
            patterns.extend(
                shrink_names(&targets, &others, service.prefix().len() + 1 + AROUND_PATTERN, cut)
                    .into_iter()
                    .map(|name| format!("{}:{name}", service.prefix())),
            );
        }
        patterns
    }

    /// As [`Self::shrink`], for the patterns of an `Action` element. What fits no known action is kept as it is, unless
    /// another pattern fits it too.
    #[must_use]
    pub fn shrink_patterns(&self, patterns: &[String], cut: Cut) -> Vec<String> {
        let shrunk = self.shrink(self.expand(patterns.iter().map(String::as_str)), cut);
        let is_unknown = |pattern: &&String| self.matching(pattern).next().is_none();
        let mut unknown: Vec<String> = patterns.iter().filter(is_unknown).cloned().collect();
        unknown.sort_unstable();
        unknown.dedup();
        unknown.retain(|pattern| {
            !shrunk.iter().any(|short| Glob::parse(&short.to_ascii_lowercase()).matches(&pattern.to_ascii_lowercase()))
        });
        shrunk.into_iter().chain(unknown).collect()
    }
}

impl Catalogue {
    /// The same policy with shorter `Action` and `NotAction` elements, wherever shorter ones stand for exactly the same
    /// known actions. Everything else, and elements that cannot be shortened, stay as they are.
    #[must_use]
    pub fn shrink_document(&self, document: &PolicyDocument, cut: Cut) -> PolicyDocument {
        let statements = document.statements().iter().map(|statement| {
            let patterns = statement.action().listed().as_slice();
            let shrunk = self.shrink_patterns(patterns, cut);
            if length(&shrunk) >= length(patterns) {
                return statement.clone();
            }
            let shrunk = OneOrMany::shortest(shrunk);
            statement.clone().with_action(match statement.action() {
                Match::Listed(_) => Match::Listed(shrunk),
                Match::NotListed(_) => Match::NotListed(shrunk),
            })
        });
        document.with_statements(statements.collect())
    }
}

fn length(patterns: &[String]) -> usize {
    patterns.iter().map(|pattern| pattern.len() + AROUND_PATTERN).sum()
}

/// Names of actions without their service.
fn split(actions: &[KnownAction], wanted: &[bool]) -> (Vec<&'static str>, Vec<&'static str>) {
    let (mut targets, mut others) = (Vec::new(), Vec::new());
    for (action, wanted) in actions.iter().zip(wanted) {
        let name = action.name().split_once(':').map_or("", |(_, name)| name);
        if *wanted { targets.push(name) } else { others.push(name) }
    }
    (targets, others)
}

/// The patterns for `targets` that fit none of `others`, each with a fixed cost beyond its length.
fn shrink_names(targets: &[&str], others: &[&str], fixed_cost: usize, cut: Cut) -> Vec<String> {
    match (targets, others) {
        ([], _) => Vec::new(),
        (_, []) => vec!["*".to_owned()],
        _ => {
            let columns = candidates::find(targets, others, fixed_cost, cut);
            let mut chosen = cover::cheapest(targets.len(), &columns)
                .into_iter()
                .filter_map(|at| columns.get(at))
                .map(|column| column.pattern.clone())
                .collect::<Vec<_>>();
            chosen.sort_unstable();
            chosen
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{AccessLevel, KnownAction, catalogue};
    use super::Cut;

    fn reading(service: &str) -> Vec<&'static KnownAction> {
        let service = catalogue().service(service).unwrap();
        let actions = catalogue().actions_of(service).iter();
        actions.filter(|action| matches!(action.access_level(), AccessLevel::Read | AccessLevel::List)).collect()
    }

    fn length<'p>(patterns: impl IntoIterator<Item = &'p str>) -> usize {
        patterns.into_iter().map(|pattern| pattern.len() + super::AROUND_PATTERN).sum()
    }

    #[test]
    fn whole_services_and_everything_have_names_of_their_own() {
        let of = |patterns: &[&str]| catalogue().shrink(catalogue().expand(patterns.iter().copied()), Cut::Anywhere);
        assert_eq!(of(&["s3:*", "sqs:*"]), ["s3:*", "sqs:*"]);
        assert_eq!(of(&["*"]), ["*"]);
        assert_eq!(of(&[]), [""; 0]);
        assert_eq!(of(&["sts:AssumeRole"]).len(), 1);
    }

    #[test]
    fn what_is_unknown_stays_unless_it_is_covered() {
        let patterns = ["s3:NoSuchAction*", "sqs:*", "sqs:NoSuchAction", "s3:nosuchaction*"].map(str::to_owned);
        let shrunk = catalogue().shrink_patterns(&patterns, Cut::Words);
        assert_eq!(shrunk, ["sqs:*", "s3:NoSuchAction*", "s3:nosuchaction*"]);
    }

    /// The published prototypes keep 24 % and more (policy reference, compression numbers).
    #[test]
    fn real_sets_become_a_fraction_of_their_length() {
        let (mut raw, mut words, mut anywhere) = (0, 0, 0);
        for service in ["iam", "s3", "lambda", "rds", "ssm", "glue", "route53", "dynamodb", "ecs", "cloudfront"] {
            let actions = reading(service);
            for (cut, sum) in [(Cut::Words, &mut words), (Cut::Anywhere, &mut anywhere)] {
                let patterns = catalogue().shrink(actions.iter().copied(), cut);
                assert_eq!(catalogue().expand(patterns.iter().map(String::as_str)), actions, "{service}");
                *sum += length(patterns.iter().map(String::as_str));
            }
            raw += length(actions.iter().map(|action| action.name()));
        }
        assert!(words * 100 < raw * 12, "{words} of {raw}");
        assert!(anywhere * 100 < raw * 6, "{anywhere} of {raw}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn shrinking_loses_and_adds_nothing_and_never_lengthens(
            service in prop::sample::select(vec!["sqs", "kms", "sts", "dynamodb", "lambda", "ecr", "athena"]),
            kept in prop::collection::vec(any::<bool>(), 100),
            cut in prop::sample::select(vec![Cut::Words, Cut::Anywhere]),
        ) {
            let all = catalogue().actions_of(catalogue().service(service).unwrap()).iter();
            let actions: Vec<_> = all.zip(&kept).filter(|(_, kept)| **kept).map(|(action, _)| action).collect();
            let patterns = catalogue().shrink(actions.iter().copied(), cut);
            prop_assert_eq!(catalogue().expand(patterns.iter().map(String::as_str)), actions.clone());
            let names = actions.iter().map(|action| action.name());
            prop_assert!(length(patterns.iter().map(String::as_str)) <= length(names));
            prop_assert_eq!(catalogue().shrink(actions.into_iter().rev(), cut), patterns);
        }
    }
}
