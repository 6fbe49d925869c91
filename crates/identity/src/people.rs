//! From the claims of a provider to a person. Which claim is what is configuration; what proves a second factor is, too.

use std::collections::BTreeSet;
use std::net::IpAddr;

use daypass_vending::identity::Identity;
use daypass_vending::ids::{GroupName, UserId};
use daypass_vending::ports::AuthenticationError;
use jiff::Timestamp;

use crate::claims::{Claims, Times};
use crate::rejected;

/// The most groups we read; more than any person is in.
const MOST_GROUPS: usize = 200;

/// The longest department and address for mail (RFC 5321, section 4.5.3.1), in bytes.
const LONGEST_TEXT: usize = 254;

/// The methods of RFC 8176 (<https://www.rfc-editor.org/rfc/rfc8176>) that prove a second factor unless the configuration
/// says otherwise.
const SECOND_FACTORS: [&str; 3] = ["otp", "mfa", "hwk"];

/// How a provider describes people. A claim is named as it is, or by the way that leads to it, such as
/// `realm_access.roles`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct People {
    /// The claim with the stable name of the person.
    pub user_claim: String,
    /// What that name is given in front here, so that people of different issuers never have the same.
    pub user_prefix: String,
    /// The claim with their groups.
    pub groups_claim: String,
    /// The claim with their department.
    pub department_claim: String,
    /// The claim with their address for mail. Counts unless `email_verified` is `false`.
    pub email_claim: String,
    /// The values of `amr` that prove a second factor.
    pub mfa_methods: BTreeSet<String>,
    /// The values of `acr` that prove a second factor.
    pub mfa_classes: BTreeSet<String>,
}

impl Default for People {
    /// `sub`, `groups`, `department`, `email`, and the methods of RFC 8176 for a second factor.
    fn default() -> Self {
        Self {
            user_claim: "sub".to_owned(),
            user_prefix: String::new(),
            groups_claim: "groups".to_owned(),
            department_claim: "department".to_owned(),
            email_claim: "email".to_owned(),
            mfa_methods: SECOND_FACTORS.map(str::to_owned).into(),
            mfa_classes: BTreeSet::new(),
        }
    }
}

impl People {
    /// The person that these claims describe. `reserved` is how the names of workloads begin, which no person has.
    pub(crate) fn identity(
        &self,
        claims: &Claims,
        times: Times,
        reserved: &[String],
        (address, now): (IpAddr, Timestamp),
    ) -> Result<Identity, AuthenticationError> {
        let issuer = claims.text("iss")?.unwrap_or_default().to_owned();
        let user = self.user(claims)?;
        if reserved.iter().any(|prefix| user.as_str().starts_with(prefix.as_str())) {
            return Err(rejected(format!("`{}` begins as the names of workloads do", self.user_claim)));
        }
        let email = claims.text(&self.email_claim)?.filter(|_| is_verified(claims)).filter(|text| is_email(text));
        let department = claims.text(&self.department_claim)?.filter(|text| is_line(text));
        let authenticated_at = times.proved_at.unwrap_or(times.issued_at).min(now);
        Ok(Identity {
            groups: self.groups(claims)?,
            department: department.map(str::to_owned),
            email: email.map(str::to_owned),
            // Without the time of the proof its age cannot be known, and so it is no proof. A clock that runs ahead of
            // ours within the leeway has proved it now.
            mfa_at: if self.has_second_factor(claims)? { times.proved_at.map(|at| at.min(now)) } else { None },
            ..Identity::bare(user, issuer, address, authenticated_at, times.expires_at)
        })
    }

    fn user(&self, claims: &Claims) -> Result<UserId, AuthenticationError> {
        let claim = &self.user_claim;
        let name = claims.text(claim)?.ok_or_else(|| rejected(format!("it has no `{claim}`")))?;
        if *claim == self.email_claim && !is_verified(claims) {
            return Err(rejected(format!("`{claim}` is not verified")));
        }
        format!("{}{name}", self.user_prefix).parse().map_err(|error| rejected(format!("`{claim}`: {error}")))
    }

    /// Groups that cannot be named here cannot be asked for by a rule either, and are left out.
    fn groups(&self, claims: &Claims) -> Result<BTreeSet<GroupName>, AuthenticationError> {
        let groups = claims.texts(&self.groups_claim)?;
        if groups.len() > MOST_GROUPS {
            return Err(rejected(format!("it names more than {MOST_GROUPS} groups")));
        }
        Ok(groups.iter().filter_map(|group| group.parse().ok()).collect())
    }

    fn has_second_factor(&self, claims: &Claims) -> Result<bool, AuthenticationError> {
        let by_method = claims.texts("amr")?.iter().any(|method| self.mfa_methods.contains(*method));
        let by_class = claims.texts("acr")?.iter().any(|class| self.mfa_classes.contains(*class));
        Ok(by_method || by_class)
    }
}

fn is_verified(claims: &Claims) -> bool {
    !claims.is_false("email_verified")
}

fn is_email(text: &str) -> bool {
    is_line(text) && text.contains('@') && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_line(text: &str) -> bool {
    (1..=LONGEST_TEXT).contains(&text.len()) && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use serde_json::{Value, json};

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn identity(people: &People, change: Value) -> Result<Identity, AuthenticationError> {
        let mut said = json!({"iss": "https://id", "sub": "ann"});
        for (name, value) in change.as_object().unwrap() {
            said[name] = value.clone();
        }
        let proved_at = said["auth_time"].as_i64().map(at);
        let Value::Object(said) = said else { panic!("no object") };
        let times = Times { issued_at: at(NOW - 10), expires_at: at(NOW + 300), proved_at };
        let reserved = ["github.".to_owned()];
        people.identity(&Claims::new(said), times, &reserved, (Ipv4Addr::LOCALHOST.into(), at(NOW)))
    }

    #[test]
    fn a_second_factor_counts_by_method_or_class_and_with_its_time_alone() {
        let people = People { mfa_classes: BTreeSet::from(["gold".to_owned()]), ..People::default() };
        for (said, proved) in [
            (json!({"amr": ["pwd", "otp"], "auth_time": NOW - 60}), Some(NOW - 60)),
            (json!({"acr": "gold", "auth_time": NOW - 60}), Some(NOW - 60)),
            (json!({"amr": "mfa", "auth_time": NOW + 30}), Some(NOW)),
            (json!({"amr": ["pwd", "otp"]}), None),
            (json!({"amr": ["pwd"], "auth_time": NOW}), None),
            (json!({"amr": [], "acr": "silver", "auth_time": NOW}), None),
            (json!({"mfa": true, "mfa_verified": true, "auth_time": NOW}), None),
        ] {
            assert_eq!(identity(&people, said.clone()).unwrap().mfa_at, proved.map(at), "{said}");
        }
        assert!(identity(&people, json!({"amr": [1]})).is_err());
    }

    #[test]
    fn claims_are_found_where_the_configuration_says() {
        let people = People {
            user_claim: "preferred_username".to_owned(),
            user_prefix: "corp.".to_owned(),
            groups_claim: "realm_access.roles".to_owned(),
            department_claim: "dept".to_owned(),
            ..People::default()
        };
        let said = json!({
            "preferred_username": "ann", "realm_access": {"roles": ["on-call", "Domain Users"]}, "dept": "Research",
            "email": "ann@example.com",
        });
        let ann = identity(&people, said).unwrap();
        assert_eq!((ann.user.as_str(), ann.department.as_deref()), ("corp.ann", Some("Research")));
        assert_eq!(ann.email.as_deref(), Some("ann@example.com"));
        let groups: Vec<_> = ann.groups.iter().map(GroupName::as_str).collect();
        assert_eq!(groups, ["on-call"], "a name with a space is no group here");
        assert!(identity(&people, json!({})).is_err(), "without the claim nobody is anybody");
    }

    #[test]
    fn an_unverified_address_names_nobody() {
        for unverified in [json!(false), json!("false")] {
            let said = json!({"email": "ann@example.com", "email_verified": unverified});
            assert_eq!(identity(&People::default(), said.clone()).unwrap().email, None);
            let by_email = People { user_claim: "email".to_owned(), ..People::default() };
            assert!(identity(&by_email, said).is_err());
        }
    }

    #[test]
    fn nobody_is_named_like_a_workload() {
        assert!(identity(&People::default(), json!({"sub": "github.acme.web"})).is_err());
        assert!(identity(&People::default(), json!({"sub": "carla*\""})).is_err());
    }
}
