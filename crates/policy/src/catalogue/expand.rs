//! From patterns to the actions they stand for.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html>

use std::ops::Range;

use super::{Catalogue, KnownAction};
use crate::document::{Match, OneOrMany};
use crate::glob::Glob;

impl Catalogue {
    /// The actions that fit a pattern such as `s3:Get*`, in the order of the catalogue.
    pub fn matching(&self, pattern: &str) -> impl Iterator<Item = &KnownAction> {
        let pattern = pattern.to_ascii_lowercase();
        let range = self.range_of_prefix(literal_prefix(&pattern));
        let glob = Glob::parse(&pattern);
        self.slice(range).iter().filter(move |action| glob.matches(action.lower()))
    }

    /// The actions that fit at least one of the patterns, each once, in the order of the catalogue.
    pub fn expand<'p>(&self, patterns: impl IntoIterator<Item = &'p str>) -> Vec<&KnownAction> {
        self.hits(patterns).chosen(self)
    }

    /// The actions that fit none of the patterns, in the order of the catalogue: what `NotAction` stands for.
    pub fn expand_except<'p>(&self, patterns: impl IntoIterator<Item = &'p str>) -> Vec<&KnownAction> {
        self.hits(patterns).others(self)
    }

    /// The known actions that a statement's `Action` or `NotAction` stands for.
    #[must_use]
    pub fn expand_element(&self, element: &Match<OneOrMany<String>>) -> Vec<&KnownAction> {
        let hits = self.hits(element.listed().as_slice().iter().map(String::as_str));
        if element.is_negated() { hits.others(self) } else { hits.chosen(self) }
    }

    fn hits<'p>(&self, patterns: impl IntoIterator<Item = &'p str>) -> Hits {
        let mut hits = Hits { is_hit: vec![false; self.actions.len()], first: self.actions.len(), end: 0 };
        for pattern in patterns {
            let pattern = pattern.to_ascii_lowercase();
            let prefix = literal_prefix(&pattern);
            let range = self.range_of_prefix(prefix);
            let wild = pattern.get(prefix.len()..).unwrap_or_default();
            if !wild.is_empty() && wild.bytes().all(|byte| byte == b'*') {
                hits.add(range.clone(), |_| true);
            } else {
                let glob = Glob::parse(&pattern);
                hits.add(range.clone(), |at| self.actions.get(at).is_some_and(|action| glob.matches(action.lower())));
            }
        }
        hits
    }

    /// The actions whose full name in lower case begins with `prefix`.
    fn range_of_prefix(&self, prefix: &str) -> Range<usize> {
        let from = self.actions.partition_point(|action| action.lower() < prefix);
        let rest = self.slice(from..self.actions.len());
        from..from + rest.partition_point(|action| action.lower().starts_with(prefix))
    }
}

/// Which actions are hit, and between which places all of them lie: mostly those of a few services.
struct Hits {
    is_hit: Vec<bool>,
    first: usize,
    end: usize,
}

impl Hits {
    /// Add the places that fit.
    fn add(&mut self, range: Range<usize>, fits: impl Fn(usize) -> bool) {
        self.first = self.first.min(range.start);
        self.end = self.end.max(range.end);
        let places = self.is_hit.get_mut(range.clone()).unwrap_or_default();
        for (is_hit, at) in places.iter_mut().zip(range) {
            *is_hit = *is_hit || fits(at);
        }
    }

    fn chosen(self, catalogue: &Catalogue) -> Vec<&KnownAction> {
        let range = self.first..self.end.max(self.first);
        let hits = self.is_hit.get(range.clone()).unwrap_or_default();
        let hits = catalogue.slice(range).iter().zip(hits).filter(|(_, is_hit)| **is_hit);
        hits.map(|(action, _)| action).collect()
    }

    fn others(self, catalogue: &Catalogue) -> Vec<&KnownAction> {
        let others = catalogue.actions.iter().zip(&self.is_hit).filter(|(_, is_hit)| !**is_hit);
        others.map(|(action, _)| action).collect()
    }
}

fn literal_prefix(pattern: &str) -> &str {
    pattern.split(['*', '?']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::catalogue;
    use crate::document::Statement;
    use crate::glob::{Glob, Token};

    fn names(patterns: &[&str]) -> Vec<&'static str> {
        catalogue().expand(patterns.iter().copied()).into_iter().map(|action| action.name()).collect()
    }

    #[test]
    fn wildcards_become_the_actions_they_stand_for() {
        assert_eq!(names(&["S3:getobjectT*"]), ["s3:GetObjectTagging", "s3:GetObjectTorrent"]);
        assert_eq!(names(&["s3:GetObject", "s3:getobject", "s3:?etObject"]), ["s3:GetObject"]);
        assert_eq!(names(&["sts:AssumeRole*l"]), ["sts:AssumeRoleWithSAML"]);
        assert_eq!(names(&["s3:NoSuchAction*", "nosuchservice:*"]), [""; 0]);
        assert_eq!(names(&["*"]).len(), catalogue().actions().len());
        assert_eq!(names(&["*:*"]).len(), catalogue().actions().len());
    }

    #[test]
    fn not_action_is_everything_else() {
        let all_but = Statement::deny().not_actions(["iam:*", "sts:*"]);
        let rest = catalogue().expand_element(all_but.action());
        let listed = catalogue().expand(["iam:*", "sts:*"]);
        assert_eq!(rest.len() + listed.len(), catalogue().actions().len());
        assert!(!rest.iter().any(|action| ["iam", "sts"].contains(&action.service().prefix())));
        assert_eq!(rest, catalogue().expand_except(["iam:*", "sts:*"]));
    }

    proptest! {
        #[test]
        fn looking_only_where_the_prefix_points_loses_nothing(
            pattern in "(s3|ec2|e\\*|s\\?s|\\*)(:[A-Za-z]{0,3}[*?]?[a-z]{0,2}\\*?)?",
        ) {
            let tokens: Vec<Token> = pattern.to_lowercase().chars().map(|char| match char {
                '*' => Token::Many,
                '?' => Token::One,
                other => Token::Char(other),
            }).collect();
            let glob = Glob::new(&tokens);
            let obvious: Vec<_> = catalogue().actions().iter().filter(|action| glob.matches(action.lower())).collect();
            prop_assert_eq!(catalogue().expand([pattern.as_str()]), obvious);
        }
    }
}
