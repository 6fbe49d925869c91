//! What a token says. Names and nesting differ from provider to provider; times and audiences do not, and are checked here
//! against the clock we were given and not the machine's.

use std::collections::BTreeSet;

use daypass_vending::ports::AuthenticationError;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use crate::rejected;

/// How far the issuer's clock and ours may be apart.
const LEEWAY: SignedDuration = SignedDuration::from_secs(60);

/// The claims of a token.
#[derive(Debug)]
pub(crate) struct Claims(Map<String, Value>);

/// Whom a token has to be from and for.
#[derive(Clone, Debug)]
pub(crate) struct Expected<'a> {
    /// Its `iss`.
    pub(crate) issuer: &'a str,
    /// In its `aud`.
    pub(crate) audience: &'a str,
    /// Who may be its `azp` where it has several audiences.
    pub(crate) parties: &'a BTreeSet<String>,
}

/// When a token was made, and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub(crate) issued_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    /// When the person proved who they are, if the token says.
    pub(crate) proved_at: Option<Timestamp>,
}

impl Claims {
    pub(crate) fn new(claims: Map<String, Value>) -> Self {
        Self(claims)
    }

    /// Check `iss`, `aud`, `azp`, `exp`, `nbf`, `iat` and `auth_time` (RFC 7519, section 4.1; OpenID Connect Core 1.0, sections
    /// 2 and 3.1.3.7).
    pub(crate) fn check(&self, expected: &Expected<'_>, now: Timestamp) -> Result<Times, AuthenticationError> {
        if self.text("iss")? != Some(expected.issuer) {
            return Err(rejected("it is another issuer's"));
        }
        let audiences = self.texts("aud")?;
        if !audiences.contains(&expected.audience) {
            return Err(rejected("it is for another audience"));
        }
        // A token for several was made at the wish of one, and that one may not be somebody else.
        let party = self.text("azp")?;
        if audiences.len() > 1 && !party.is_some_and(|party| expected.parties.contains(party)) {
            return Err(rejected("it is for several audiences, and `azp` does not name one of ours"));
        }
        let expires_at = self.time("exp")?.ok_or_else(|| rejected("it has no `exp`"))?;
        if late(expires_at) <= now {
            return Err(AuthenticationError::Expired);
        }
        let issued_at = self.past("iat", now)?.ok_or_else(|| rejected("it has no `iat`"))?;
        self.past("nbf", now)?;
        Ok(Times { issued_at, expires_at, proved_at: self.past("auth_time", now)? })
    }

    /// A claim that is a text.
    pub(crate) fn text(&self, path: &str) -> Result<Option<&str>, AuthenticationError> {
        match self.at(path) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(rejected(format!("`{path}` is no text"))),
        }
    }

    /// A claim that is a list of texts, or one text.
    pub(crate) fn texts(&self, path: &str) -> Result<Vec<&str>, AuthenticationError> {
        let wrong = || rejected(format!("`{path}` is no list of texts"));
        match self.at(path) {
            None | Some(Value::Null) => Ok(vec![]),
            Some(Value::String(text)) => Ok(vec![text]),
            Some(Value::Array(items)) => items.iter().map(|item| item.as_str().ok_or_else(wrong)).collect(),
            Some(_) => Err(wrong()),
        }
    }

    /// Whether a claim is a plain `false`, or the text that some providers write for it.
    pub(crate) fn is_false(&self, path: &str) -> bool {
        self.at(path).is_some_and(|value| value == &Value::Bool(false) || value.as_str() == Some("false"))
    }

    /// The claim of this name, or the one inside that the parts of the name lead to. Names of claims may be URLs and so
    /// have dots themselves: the whole name counts first.
    fn at(&self, path: &str) -> Option<&Value> {
        fn within<'a>(claims: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
            claims.get(path).or_else(|| {
                let (outer, inner) = path.split_once('.')?;
                within(claims.get(outer)?.as_object()?, inner)
            })
        }
        within(&self.0, path)
    }

    fn past(&self, claim: &str, now: Timestamp) -> Result<Option<Timestamp>, AuthenticationError> {
        let at = self.time(claim)?;
        if at.is_some_and(|at| at > late(now)) {
            return Err(rejected(format!("`{claim}` lies in the future")));
        }
        Ok(at)
    }

    /// Seconds since 1970, parts of them left out.
    fn time(&self, claim: &str) -> Result<Option<Timestamp>, AuthenticationError> {
        let Some(value) = self.0.get(claim) else { return Ok(None) };
        let whole = value.as_f64().and_then(|seconds| SignedDuration::try_from_secs_f64(seconds.floor()).ok());
        let at = whole.and_then(|since| Timestamp::from_second(since.as_secs()).ok());
        at.map(Some).ok_or_else(|| rejected(format!("`{claim}` is no time")))
    }
}

fn late(at: Timestamp) -> Timestamp {
    at.checked_add(LEEWAY).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn claims(value: Value) -> Claims {
        let Value::Object(claims) = value else { panic!("no object") };
        Claims::new(claims)
    }

    fn check(change: Value) -> Result<Times, AuthenticationError> {
        let mut good = json!({"iss": "https://id", "aud": "daypass", "sub": "ann", "iat": NOW, "exp": NOW + 300});
        for (name, value) in change.as_object().unwrap() {
            good[name] = value.clone();
        }
        let parties = BTreeSet::from(["daypass-cli".to_owned()]);
        let expected = Expected { issuer: "https://id", audience: "daypass", parties: &parties };
        claims(good).check(&expected, Timestamp::from_second(NOW).unwrap())
    }

    #[test]
    fn tokens_for_us_at_this_time_pass() {
        for change in [
            json!({}),
            json!({"aud": ["daypass"]}),
            json!({"aud": ["daypass", "other"], "azp": "daypass-cli"}),
            json!({"exp": NOW - 59}),
            json!({"nbf": NOW + 60, "iat": NOW + 60}),
            json!({"exp": NOW as f64 + 0.5}),
        ] {
            assert!(check(change.clone()).is_ok(), "{change}");
        }
    }

    #[test]
    fn tokens_of_and_for_others_or_at_other_times_do_not() {
        for change in [
            json!({"iss": "https://id/"}),
            json!({"iss": ["https://id"]}),
            json!({"iss": null}),
            json!({"aud": "daypass2"}),
            json!({"aud": []}),
            json!({"aud": null}),
            json!({"aud": {"daypass": true}}),
            json!({"aud": ["daypass", 7]}),
            json!({"aud": ["daypass", "other"]}),
            json!({"aud": ["daypass", "other"], "azp": "other"}),
            json!({"exp": NOW - 60}),
            json!({"exp": "never"}),
            json!({"exp": null}),
            json!({"exp": 1e300}),
            json!({"iat": null}),
            json!({"iat": NOW + 61}),
            json!({"nbf": NOW + 61}),
            json!({"auth_time": NOW + 61}),
        ] {
            assert!(check(change.clone()).is_err(), "{change}");
        }
        assert!(matches!(check(json!({"exp": NOW - 60})), Err(AuthenticationError::Expired)));
    }

    #[test]
    fn a_path_leads_inside_unless_a_claim_has_the_whole_name() {
        let claims = claims(json!({
            "https://acme.example/groups": ["a"],
            "realm_access": {"roles": ["b", "c"]},
            "x.y": "whole",
            "x": {"y": "inside"},
        }));
        assert_eq!(claims.texts("https://acme.example/groups").unwrap(), ["a"]);
        assert_eq!(claims.texts("realm_access.roles").unwrap(), ["b", "c"]);
        assert_eq!(claims.text("x.y").unwrap(), Some("whole"));
        assert_eq!(claims.text("realm_access.nobody").unwrap(), None);
        assert!(claims.text("realm_access").is_err());
    }
}
