//! What the sections about identities say, and what they may not.

use super::super::Config;
use super::super::tests::load;
use super::*;

const REST: &str = r#"
deployment = "prod"
broker_arn = "arn:aws:iam::111122223333:role/daypass-broker"
networks = ["10.0.0.0/8"]
projects = [{ id = "acme-web", group = "acme-web-team", accounts = ["111122223333"] }]
"#;

const PEOPLE: &str = r#"
[issuer]
url = "https://id.example.com/realms/acme"
audience = "daypass"
groups_claim = "realm_access.roles"
mfa_acr = ["gold"]
[issuer.login]
client_id = "daypass-cli"
"#;

const SEVERAL: &str = r#"
[[issuers]]
url = "https://id.example.com"
audience = "daypass"
user_prefix = "id."
[[issuers]]
kind = "github-actions"
audience = "daypass"
owner_ids = ["4711"]
[aws_identity]
server_id = "daypass.example.com"
region = "eu-central-1"
gate_role = "daypass-gate"
accounts = [{ id = "111122223333", user_prefix = "aws." }]
groups = [{ user = "aws.olga", groups = ["on-call"] }, { arn = "arn:aws:iam::*:user/dev/*", groups = ["contractors"] }]
[[emergency_keys]]
user = "id.olga"
groups = ["on-call"]
public_key = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
"#;

fn config(sections: &str) -> Result<Config, ConfigError> {
    load(&format!("{REST}{sections}"), &[])
}

#[test]
fn an_issuer_needs_a_name_and_an_audience_and_the_rest_is_as_usual() {
    let IdentityConfig { sources, logins } = config(PEOPLE).unwrap().identity;
    let [issuer] = sources.issuers.as_slice() else { panic!("{sources:?}") };
    assert!(matches!(issuer.keys, KeySource::Discovered));
    assert!(issuer.clients.contains("daypass-cli"), "our client may ask for tokens of several audiences");
    let Kind::People(people) = &issuer.kind else { panic!("{issuer:?}") };
    assert_eq!((people.groups_claim.as_str(), people.user_claim.as_str()), ("realm_access.roles", "sub"));
    assert!(people.mfa_classes.contains("gold") && people.mfa_methods.contains("otp"));
    let [login] = logins.as_slice() else { panic!("{logins:?}") };
    assert_eq!((login.issuer.as_str(), login.token), ("https://id.example.com/realms/acme", BearerToken::Id));
    assert!(login.scopes.contains(&"openid".to_owned()));
}

#[test]
fn several_sources_stand_side_by_side() {
    let sources = config(SEVERAL).unwrap().identity.sources;
    assert_eq!((sources.issuers.len(), sources.emergency_keys.len()), (2, 1));
    assert_eq!(sources.issuers[1].url.as_str(), GitHubActions::ISSUER);
    let aws = sources.aws.unwrap();
    assert_eq!(aws.sts_url.as_str(), "https://sts.eu-central-1.amazonaws.com/");
    assert_eq!(aws.gate_role_arn().as_deref(), Some("arn:aws:iam::111122223333:role/daypass-gate"));
    assert_eq!(aws.session.as_secs(), 3600);
}

#[test]
fn mistakes_about_identities_are_named() {
    for (sections, expected) in [
        (String::new(), "`issuer` is not set"),
        (format!("{PEOPLE}{SEVERAL}"), "cannot both be set"),
        (PEOPLE.replace("https:", "http:"), "`issuer.url` must be an `https` URL"),
        (PEOPLE.replace("\"daypass\"", "\"\""), "`issuer.audience` is not set"),
        (format!("{PEOPLE}scopes = [\"groups\"]"), "must include `openid`"),
        (format!("{PEOPLE}token = \"refresh\""), "unknown variant `refresh`"),
        (SEVERAL.replace("owner_ids = [\"4711\"]", ""), "needs `owners` or `owner_ids`"),
        (SEVERAL.replace("owner_ids", "user_claim = \"sub\"\nowner_ids"), "jobs have no claims of people"),
        (SEVERAL.replace("user_prefix = \"id.\"", ""), "name different people alike"),
        (SEVERAL.replace("user_prefix = \"id.\"", "user_prefix = \"github.\""), "name different people alike"),
        (SEVERAL.replace("user = \"id.olga\"", "user = \"github.olga\""), "begins as the names of workloads do"),
        (SEVERAL.replace("\"daypass.example.com\"", "\"\""), "`server_id` must be"),
        (SEVERAL.replace("region = \"eu-central-1\"", ""), "`aws_identity.region` is not set"),
        (SEVERAL.replace("eu-central-1", "evil.example.com/"), "must be a region's name"),
        (SEVERAL.replace("gate_role =", "sts_url = \"http://sts.example.com/\"\ngate_role ="), "`sts_url` must be"),
        (SEVERAL.replace("\"daypass-gate\"", "\"security/daypass-gate\""), "without a path"),
        (SEVERAL.replace("user = \"aws.olga\", ", ""), "either a `user` or an `arn`"),
        (SEVERAL.replace("gate_role =", "session_seconds = 7200\ngate_role ="), "out of range"),
        (SEVERAL.replace("11qYAYK", "11qY"), "`emergency_keys.public_key` must be"),
    ] {
        let error = config(&sections).expect_err(expected);
        let chain = format!("{error}: {:?}", std::error::Error::source(&error).map(ToString::to_string));
        assert!(chain.contains(expected), "{expected} not in {chain}");
    }
}
