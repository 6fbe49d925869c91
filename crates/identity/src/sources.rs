//! Who vouches for people and jobs, all together. Names are what rules and records go by, so no two sources may give the same
//! name to different people.

use crate::aws::AwsSettings;
use crate::emergency::EmergencyKey;
use crate::oidc::{IssuerSettings, Kind};

/// Everybody who vouches for somebody.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Issuers of tokens.
    pub issuers: Vec<IssuerSettings>,
    /// AWS, for those with an IAM user.
    pub aws: Option<AwsSettings>,
    /// Keys for emergencies. Their users are meant to be those of the other sources.
    pub emergency_keys: Vec<EmergencyKey>,
}

/// Why sources do not go together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourcesError {
    /// Nobody could ever log in.
    #[error("nobody vouches for anybody: name an issuer or AWS accounts")]
    Nobody,
    /// One issuer is listed twice.
    #[error("the issuer `{0}` is listed twice")]
    Twice(String),
    /// Two sources could give the same name to different people.
    #[error(
        "`{first}` and `{second}` could name different people alike: give each a `user_prefix` that does not begin with the \
         other's"
    )]
    Alike {
        /// One of them.
        first: String,
        /// The other.
        second: String,
    },
    /// A person is named like a job.
    #[error("`{0}` begins as the names of workloads do")]
    LikeAWorkload(String),
    /// Jobs have no prefix.
    #[error("the jobs of `{0}` need a `user_prefix` that no person's name begins with")]
    NoPrefix(String),
    /// Jobs of nobody.
    #[error("`{0}` needs `owners` or `owner_ids`: anybody can have a token of it")]
    NoOwners(String),
}

impl Sources {
    /// These issuers alone.
    #[must_use]
    pub fn of(issuers: Vec<IssuerSettings>) -> Self {
        Self { issuers, ..Self::default() }
    }

    /// Whether they go together.
    ///
    /// # Errors
    /// See [`SourcesError`].
    pub fn check(&self) -> Result<(), SourcesError> {
        self.issuers.iter().enumerate().try_for_each(|(at, issuer)| {
            let is_first = !self.issuers.iter().take(at).any(|earlier| earlier.url == issuer.url);
            if is_first { jobs_are_known(issuer) } else { Err(SourcesError::Twice(issuer.url.to_string())) }
        })?;
        all_apart(&self.prefixes())?;
        let reserved = self.reserved();
        let like_a_job =
            |key: &&EmergencyKey| reserved.iter().any(|prefix| key.user.as_str().starts_with(prefix.as_str()));
        match self.emergency_keys.iter().find(like_a_job) {
            Some(key) => Err(SourcesError::LikeAWorkload(key.user.to_string())),
            None => Ok(()),
        }
    }

    /// How the names of workloads begin.
    pub(crate) fn reserved(&self) -> Vec<String> {
        let jobs = self.issuers.iter().filter(|issuer| matches!(issuer.kind, Kind::GitHubActions(_)));
        jobs.map(|issuer| issuer.user_prefix().to_owned()).collect()
    }

    fn prefixes(&self) -> Vec<Prefix> {
        let issuers = self.issuers.iter().map(|issuer| Prefix {
            of: issuer.url.to_string(),
            prefix: issuer.user_prefix().to_owned(),
            of_people: matches!(issuer.kind, Kind::People(_)),
        });
        let accounts = self.aws.iter().flat_map(|aws| &aws.accounts).map(|account| Prefix {
            of: account.id.to_string(),
            prefix: account.user_prefix.clone(),
            of_people: true,
        });
        issuers.chain(accounts).collect()
    }
}

/// Anybody can have a token of a CI system: it takes owners to tell ours, and a prefix to tell them from people.
fn jobs_are_known(issuer: &IssuerSettings) -> Result<(), SourcesError> {
    match &issuer.kind {
        Kind::GitHubActions(jobs) if jobs.user_prefix.is_empty() => Err(SourcesError::NoPrefix(issuer.url.to_string())),
        Kind::GitHubActions(jobs) if jobs.owners.is_empty() && jobs.owner_ids.is_empty() => {
            Err(SourcesError::NoOwners(issuer.url.to_string()))
        }
        Kind::GitHubActions(_) | Kind::People(_) => Ok(()),
    }
}

fn all_apart(prefixes: &[Prefix]) -> Result<(), SourcesError> {
    if prefixes.is_empty() {
        return Err(SourcesError::Nobody);
    }
    let pairs = prefixes
        .iter()
        .enumerate()
        .flat_map(|(at, first)| prefixes.iter().skip(at + 1).map(move |second| (first, second)));
    match pairs.into_iter().find(|(first, second)| first.meets(second)) {
        Some((first, second)) => Err(SourcesError::Alike { first: first.of.clone(), second: second.of.clone() }),
        None => Ok(()),
    }
}

struct Prefix {
    of: String,
    prefix: String,
    of_people: bool,
}

impl Prefix {
    /// Whether a name could begin with both. Among people and jobs, an empty prefix of people is no harm: a person whose
    /// name begins as a job's is refused when they come.
    fn meets(&self, other: &Self) -> bool {
        let is_checked_later = self.of_people != other.of_people && (self.prefix.is_empty() || other.prefix.is_empty());
        let begins = self.prefix.starts_with(&other.prefix) || other.prefix.starts_with(&self.prefix);
        begins && !is_checked_later
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::oidc::KeySource;
    use crate::people::People;
    use crate::workload::GitHubActions;

    fn issuer(name: &str, kind: Kind) -> IssuerSettings {
        IssuerSettings {
            url: format!("https://{name}.example.com").parse().unwrap(),
            audience: "daypass".to_owned(),
            clients: BTreeSet::new(),
            keys: KeySource::Discovered,
            kind,
        }
    }

    fn people(name: &str, prefix: &str) -> IssuerSettings {
        issuer(name, Kind::People(People { user_prefix: prefix.to_owned(), ..People::default() }))
    }

    fn jobs(name: &str, prefix: &str) -> IssuerSettings {
        let owners = BTreeSet::from(["acme".to_owned()]);
        let jobs = GitHubActions { user_prefix: prefix.to_owned(), owners, owner_ids: BTreeSet::new() };
        issuer(name, Kind::GitHubActions(jobs))
    }

    #[test]
    fn sources_that_name_everybody_differently_go_together() {
        for issuers in [
            vec![people("a", "")],
            vec![people("a", ""), jobs("b", "github.")],
            vec![people("a", "a."), people("b", "b."), jobs("c", "github."), jobs("d", "ghes.")],
        ] {
            assert_eq!(Sources::of(issuers).check(), Ok(()));
        }
    }

    #[test]
    fn sources_that_could_name_two_alike_do_not() {
        for issuers in [
            vec![people("a", ""), people("b", "")],
            vec![people("a", "a"), people("b", "ab")],
            vec![people("a", ""), people("b", "b.")],
            vec![people("a", "git"), jobs("b", "github.")],
            vec![jobs("a", "github."), jobs("b", "github.")],
        ] {
            assert!(matches!(Sources::of(issuers).check(), Err(SourcesError::Alike { .. })));
        }
        assert!(matches!(Sources::of(vec![people("a", "a."), people("a", "b.")]).check(), Err(SourcesError::Twice(_))));
        assert!(matches!(Sources::of(vec![jobs("a", "")]).check(), Err(SourcesError::NoPrefix(_))));
        assert_eq!(Sources::default().check(), Err(SourcesError::Nobody));
    }
}
