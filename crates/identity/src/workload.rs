//! Jobs of GitHub Actions as identities
//! (<https://docs.github.com/en/actions/reference/security/oidc>). Anybody on GitHub can have a token for any audience, so
//! only the repositories of configured owners are somebody here.

use std::collections::BTreeSet;
use std::net::IpAddr;

use daypass_vending::audit::Digest256;
use daypass_vending::identity::{Identity, Nature, Workload};
use daypass_vending::ids::UserId;
use daypass_vending::ports::AuthenticationError;
use jiff::Timestamp;

use crate::claims::{Claims, Times};
use crate::rejected;

/// The longest claims that we keep: longer than GitHub lets a ref or an environment be.
const LONGEST_CLAIM: usize = 255;

/// The longest user id ([`UserId`]), and what remains of a longer name before its hash.
const LONGEST_NAME: usize = 64;
const KEPT_LETTERS: usize = 40;

/// Whose jobs are somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitHubActions {
    /// How the user ids of jobs begin; no person's does.
    pub user_prefix: String,
    /// Owners by name. Names can change hands, ids cannot.
    pub owners: BTreeSet<String>,
    /// Owners by id (`repository_owner_id`). Where there are names as well, both have to match.
    pub owner_ids: BTreeSet<String>,
}

impl GitHubActions {
    /// The issuer of github.com; an enterprise server has its own.
    pub const ISSUER: &'static str = "https://token.actions.githubusercontent.com";

    /// How user ids of jobs begin when nobody says.
    pub const PREFIX: &'static str = "github.";

    /// The job that these claims describe. It has no second factor and is in no group.
    pub(crate) fn identity(
        &self,
        claims: &Claims,
        times: Times,
        (address, now): (IpAddr, Timestamp),
    ) -> Result<Identity, AuthenticationError> {
        let issuer = claims.text("iss")?.unwrap_or_default().to_owned();
        self.check_owner(claims)?;
        let repository = required(claims, "repository")?;
        let workload = Workload {
            repository: repository.to_owned(),
            reference: required(claims, "ref")?.to_owned(),
            environment: claims
                .text("environment")?
                .map(|name| line("environment", name))
                .transpose()?
                .map(str::to_owned),
        };
        let user = self.user(repository)?;
        Ok(Identity {
            nature: Nature::Workload(workload),
            ..Identity::bare(user, issuer, address, times.issued_at.min(now), times.expires_at)
        })
    }

    fn check_owner(&self, claims: &Claims) -> Result<(), AuthenticationError> {
        let matches = |claim: &str, known: &BTreeSet<String>| -> Result<bool, AuthenticationError> {
            Ok(known.is_empty() || claims.text(claim)?.is_some_and(|owner| known.contains(owner)))
        };
        let is_known = !(self.owners.is_empty() && self.owner_ids.is_empty());
        if is_known && matches("repository_owner", &self.owners)? && matches("repository_owner_id", &self.owner_ids)? {
            Ok(())
        } else {
            Err(rejected("its repository belongs to somebody else"))
        }
    }

    /// The user id of a repository's jobs, such as `github.acme.web` for `acme/web`. No two repositories have the same:
    /// an owner's name has letters, digits, hyphens and underscores only, so it ends at the first dot. What would be too
    /// long ends in `=` and 64 bits of the hash of the whole name, and neither part of a repository's name has that sign.
    fn user(&self, repository: &str) -> Result<UserId, AuthenticationError> {
        let wrong = || rejected("`repository` is not the name of one");
        let (owner, name) = repository.split_once('/').ok_or_else(wrong)?;
        let is_owner = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        let is_name = |byte: u8| is_owner(byte) || byte == b'.';
        if owner.is_empty() || name.is_empty() || !owner.bytes().all(is_owner) || !name.bytes().all(is_name) {
            return Err(wrong());
        }
        let whole = format!("{}{owner}.{name}", self.user_prefix);
        let fits = if whole.len() <= LONGEST_NAME {
            whole
        } else {
            let hash = Digest256::of(repository.as_bytes()).to_string();
            whole.chars().take(KEPT_LETTERS).chain(['=']).chain(hash.chars().take(16)).collect()
        };
        fits.parse().map_err(|_| wrong())
    }
}

fn required<'a>(claims: &'a Claims, claim: &str) -> Result<&'a str, AuthenticationError> {
    line(claim, claims.text(claim)?.ok_or_else(|| rejected(format!("it has no `{claim}`")))?)
}

fn line<'a>(claim: &str, text: &'a str) -> Result<&'a str, AuthenticationError> {
    if (1..=LONGEST_CLAIM).contains(&text.len()) && !text.chars().any(char::is_control) {
        Ok(text)
    } else {
        Err(rejected(format!("`{claim}` is not one line of at most {LONGEST_CLAIM} bytes")))
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use serde_json::{Value, json};

    use super::*;

    fn github() -> GitHubActions {
        GitHubActions {
            user_prefix: GitHubActions::PREFIX.to_owned(),
            owners: BTreeSet::from(["acme".to_owned()]),
            owner_ids: BTreeSet::from(["4711".to_owned()]),
        }
    }

    fn identity(github: &GitHubActions, change: Value) -> Result<Identity, AuthenticationError> {
        let mut said = json!({
            "iss": GitHubActions::ISSUER, "sub": "repo:acme/web:ref:refs/heads/main", "repository": "acme/web",
            "repository_owner": "acme", "repository_owner_id": "4711", "ref": "refs/heads/main",
            "groups": ["daypass-admins"], "amr": ["otp"],
        });
        for (name, value) in change.as_object().unwrap() {
            said[name] = value.clone();
        }
        let Value::Object(said) = said else { panic!("no object") };
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let times = Times { issued_at: now, expires_at: now, proved_at: Some(now) };
        github.identity(&Claims::new(said), times, (Ipv4Addr::LOCALHOST.into(), now))
    }

    #[test]
    fn a_job_is_its_repository_ref_and_environment_and_nothing_more() {
        let job = identity(&github(), json!({"environment": "production"})).unwrap();
        assert_eq!(job.user.as_str(), "github.acme.web");
        assert_eq!(
            job.nature,
            Nature::Workload(Workload {
                repository: "acme/web".to_owned(),
                reference: "refs/heads/main".to_owned(),
                environment: Some("production".to_owned()),
            })
        );
        assert_eq!((job.mfa_at, job.groups.len()), (None, 0));
    }

    #[test]
    fn repositories_of_others_and_names_that_are_none_are_refused() {
        for said in [
            json!({"repository_owner": "acme2", "repository": "acme2/web"}),
            json!({"repository_owner_id": "4712"}),
            json!({"repository_owner_id": null}),
            json!({"repository": "acme"}),
            json!({"repository": "acme/web/x"}),
            json!({"repository": "ac.me/web"}),
            json!({"repository": "acme/we=b"}),
            json!({"ref": null}),
            json!({"ref": "refs/heads/a\nb"}),
        ] {
            assert!(identity(&github(), said.clone()).is_err(), "{said}");
        }
        let nobody = GitHubActions { owners: BTreeSet::new(), owner_ids: BTreeSet::new(), ..github() };
        assert!(identity(&nobody, json!({})).is_err(), "without owners nobody is known");
    }

    #[test]
    fn no_two_repositories_have_the_same_user_id() {
        let user = |repository: &str| github().user(repository).unwrap();
        let long = "x".repeat(90);
        let names = [
            "a/b.c",
            "a/b-c",
            "a-b/c",
            "a_b/c",
            &format!("a/{long}1"),
            &format!("a/{long}2"),
            &format!("a/{}", &long[..40]),
        ];
        let ids: BTreeSet<_> = names.iter().map(|name| user(name)).collect();
        assert_eq!(ids.len(), names.len(), "{ids:?}");
    }
}
