use daypass_aws::client::Place;
use daypass_aws::dynamo::TableNames;

use super::*;

const JWKS: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

const FILE: &str = r#"
deployment = "prod"
broker_arn = "arn:aws:iam::111122223333:role/daypass-broker"
networks = ["10.0.0.0/8"]

[issuer]
url = "https://id.example.com"
audience = "daypass"
jwks_file = "jwks.json"

[[projects]]
id = "acme-web"
group = "acme-web-team"
accounts = ["111122223333"]
"#;

pub(super) fn load(file: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("jwks.json"), JWKS).unwrap();
    std::fs::write(folder.path().join("vendor.id"), "of-the-vendor-role\n").unwrap();
    let path = folder.path().join("daypass.toml");
    std::fs::write(&path, file).unwrap();
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    soon(Config::load(&Source::from(path.as_path()), variables.iter().map(owned)))
}

/// What is in files is there at once.
fn soon<T>(work: impl Future<Output = T>) -> T {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(work).poll(&mut context) {
        std::task::Poll::Ready(outcome) => outcome,
        std::task::Poll::Pending => panic!("it waits for something"),
    }
}

#[test]
fn what_is_not_said_has_a_default_and_variables_override() {
    let config = load(FILE, &[]).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:7878");
    assert_eq!(config.api.rate_limit_per_minute, None);
    assert_eq!(config.settings.consistency_window.as_secs(), 30);
    assert_eq!(config.key_file.file_name().unwrap(), "daypass.keys");
    let config = load(
        FILE,
        &[("DAYPASS_LISTEN", "[::1]:80"), ("DAYPASS_TRUSTED_PROXIES", "10.1.0.0/16, fd00::/8"), ("HOME", "/")],
    );
    let config = config.unwrap();
    assert_eq!(config.listen.to_string(), "[::1]:80");
    assert_eq!(config.api.trusted_proxies.len(), 2);
}

#[test]
fn records_are_in_the_database_file_unless_tables_are_chosen() {
    assert_eq!(load(FILE, &[]).unwrap().store, StoreConfig::Sqlite);
    let file = format!("{FILE}\n[store]\nkind = \"dynamodb\"\nregion = \"eu-central-1\"\n");
    let variables = [("DAYPASS_STORE_ENDPOINT_URL", "http://127.0.0.1:8000"), ("DAYPASS_STORE_TABLE_PREFIX", "t-")];
    let place =
        Place { region: Some("eu-central-1".to_owned()), endpoint_url: Some("http://127.0.0.1:8000".to_owned()) };
    let tables = TableNames::with_prefix("t-").unwrap();
    assert_eq!(load(&file, &variables).unwrap().store, StoreConfig::DynamoDb { place, tables });
}

#[test]
fn shared_records_need_shared_keys_and_take_the_region_of_the_accounts() {
    let aws = "[aws]\nregion = \"eu-west-1\"";
    let file = format!("{FILE}\n{aws}\n[store]\nkind = \"dynamodb\"\n");
    assert!(load(&file, &[]).unwrap_err().to_string().contains("`aws.kms_key` is not set"));
    let keys = [("DAYPASS_AWS_KMS_KEY", "alias/daypass"), ("DAYPASS_AWS_KMS_SIGNING_KEY", "alias/daypass-trail")];
    let StoreConfig::DynamoDb { place, .. } = load(&file, &keys).unwrap().store else { panic!("tables were chosen") };
    assert_eq!(place.region.as_deref(), Some("eu-west-1"));
}

#[test]
fn mistakes_about_the_store_are_named() {
    for (section, expected) in [
        ("kind = \"mysql\"", "unknown variant `mysql`"),
        ("kind = \"dynamodb\"\nprefix = \"\"", "unknown field `prefix`"),
        ("region = \"eu-central-1\"", "`store.kind` must be `dynamodb`"),
        ("kind = \"dynamodb\"\ntable_prefix = \"a b\"", "`store.table_prefix` must"),
    ] {
        let error = load(&format!("{FILE}\n[store]\n{section}"), &[]).unwrap_err().to_string();
        assert!(error.contains(expected), "{expected} not in {error}");
    }
    let error = load(FILE, &[("DAYPASS_STORE_KIND", "mysql")]).unwrap_err().to_string();
    assert!(error.contains("neither `sqlite` nor `dynamodb`"), "{error}");
}

#[test]
fn mistakes_are_named() {
    for (file, variables, expected) in [
        (format!("lisen = 1\n{FILE}"), vec![], "unknown field `lisen`"),
        (format!("rate_limit_per_minute = 0\n{FILE}"), vec![], "nonzero"),
        (FILE.replace("acme-web\"", "Acme\""), vec![], "project id"),
        (FILE.replace("111122223333\"]", "1\"]"), vec![], "account id"),
        (FILE.replace("[\"10.0.0.0/8\"]", "[]"), vec![], "at least one network"),
        (FILE.replace("deployment", "# deployment"), vec![], "`deployment` is not set"),
        (FILE.replace("jwks.json", "none.json"), vec![], "none.json"),
        (format!("reconcile_every_seconds = 0\n{FILE}"), vec![], "out of range"),
        (FILE.to_owned(), vec![("DAYPASS_LISTEN", "nowhere")], "`DAYPASS_LISTEN` is wrong"),
        (FILE.to_owned(), vec![("DAYPASS_LISTN", "[::1]:80")], "`DAYPASS_LISTN` is wrong"),
    ] {
        let error = load(&file, &variables).unwrap_err();
        let chain = format!("{error}: {:?}", std::error::Error::source(&error).map(ToString::to_string));
        assert!(chain.contains(expected), "{expected} not in {chain}");
    }
}

const AWS: &str = r#"
[aws]
region = "eu-central-1"
vendor_external_id_file = "vendor.id"
writes_per_second = 7
kms_key = "alias/daypass"
kms_signing_key = "alias/daypass-sign"
alerts_topic_arn = "arn:aws:sns:eu-central-1:111122223333:daypass-alerts"

[[aws.accounts]]
id = "111122223333"
vendor_role = "security/vendor"
burst = 3
"#;

#[test]
fn without_a_word_about_aws_the_cloud_is_simulated() {
    assert!(load(FILE, &[]).unwrap().aws.is_none());
    let config = load(FILE, &[("DAYPASS_AWS_REGION", "eu-central-1")]).unwrap();
    assert_eq!(config.aws.unwrap().place.region.as_deref(), Some("eu-central-1"));
}

#[test]
fn accounts_of_aws_say_where_they_differ() {
    let aws = load(&format!("{FILE}{AWS}"), &[]).unwrap().aws.unwrap();
    let common = &aws.cloud.vendor_role;
    assert_eq!((common.name.as_str(), common.pace.writes_per_second.get()), ("daypass-vendor", 7));
    assert_eq!(common.external_id.as_ref().unwrap().reveal(), "of-the-vendor-role");
    assert_eq!(aws.cloud.session_name, "daypass-prod");
    assert!(aws.cloud.incident_tiers.contains(&"break-glass".parse().unwrap()));
    let account = &aws.cloud.exceptions[&"111122223333".parse().unwrap()];
    assert_eq!((account.name.as_str(), account.pace.burst.get()), ("security/vendor", 3));
    assert_eq!(account.pace.writes_per_second.get(), 7);
    assert_eq!(account.external_id, common.external_id);
    assert!(!format!("{aws:?}").contains("of-the-vendor-role"));
}

#[test]
fn mistakes_about_aws_are_named() {
    let with = |from: &str, to: &str| format!("{FILE}{}", AWS.replacen(from, to, 1));
    for (file, expected) in [
        (with("region", "regoin"), "unknown field `regoin`"),
        (with("burst", "bursts"), "unknown field `bursts`"),
        (with("kms_signing_key", "# kms_signing_key"), "`aws.kms_signing_key` is not set"),
        (with("kms_key", "# kms_key"), "`aws.kms_key` is not set"),
        (with("security/vendor", "/security/vendor"), "`aws.accounts.vendor_role` must be a role's name"),
        (with("security/vendor", "daypass/vendor"), "must not be under"),
        (with("id = \"111122223333\"", "id = \"444455556666\""), "must be an account of a project"),
        (with("vendor.id", "none.id"), "none.id"),
        (with("vendor.id", "jwks.json"), "an external id is 2 to 1224 letters"),
        (with("writes_per_second = 7", "writes_per_second = 0"), "nonzero"),
    ] {
        let error = load(&file, &[]).unwrap_err().to_string();
        assert!(error.contains(expected), "{expected} not in {error}");
        assert!(!error.contains("11qYAYKxCrfVS"), "the file's content stays out: {error}");
    }
}

/// Invariant 3: a server does not start with a tier that could exceed what tiers are for.
#[test]
fn a_directory_with_a_tier_that_breaks_a_claim_is_refused_with_a_request() {
    let folder = tempfile::tempdir().unwrap();
    let tier = folder.path().join("lax");
    std::fs::create_dir(&tier).unwrap();
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/../../policy_templates/read-only");
    for name in ["tier.toml", "permissions.json", "boundary.json"] {
        let text = std::fs::read_to_string(format!("{shipped}/{name}")).unwrap();
        std::fs::write(tier.join(name), text).unwrap();
    }
    let file = format!("templates_dir = {:?}\n{FILE}", folder.path());
    assert!(load(&file, &[]).is_ok());
    let permissions = std::fs::read_to_string(tier.join("permissions.json")).unwrap();
    let widened =
        permissions.replacen("\"sts:GetCallerIdentity\"", "\"sts:GetCallerIdentity\", \"iam:PutRolePolicy\"", 1);
    assert_ne!(widened, permissions);
    std::fs::write(tier.join("permissions.json"), widened).unwrap();
    let ConfigError::Tiers(refusal) = load(&file, &[]).unwrap_err() else { panic!("the tier is what is wrong") };
    let said = refusal.to_string();
    assert!(said.contains("`lax/permissions.json`") && said.contains("allows iam:PutRolePolicy on"), "{said}");
    assert!(refusal.hint().contains("boundary"), "{}", refusal.hint());
}

#[test]
fn tiers_have_one_place_and_built_in_ones_are_for_those_who_name_none() {
    let built_in = load(FILE, &[]).unwrap();
    let shipped = ProvedTiers::shipped().unwrap();
    assert!(built_in.tiers.iter().map(|tier| tier.hash).eq(shipped.iter().map(|tier| tier.hash)));
    let both = load(&format!("templates = \"s3://acme-tiers/t\"\ntemplates_dir = \"t\"\n{FILE}"), &[]).unwrap_err();
    assert_eq!(both.to_string(), "`templates` and `templates_dir` cannot both be set");
    for wrong in ["tiers", "s3://A/t", "s3://acme-tiers/../t"] {
        let error = load(&format!("templates = {wrong:?}\n{FILE}"), &[]).unwrap_err();
        assert!(error.to_string().contains("is not an address in S3"), "{error}");
    }
}

#[test]
fn life_cycle_events_go_to_a_bus_only_if_one_is_named() {
    let file = format!("{FILE}\n[aws]\nregion = \"eu-central-1\"\n");
    assert_eq!(load(&file, &[]).unwrap().aws.unwrap().event_bus, None);
    let config = load(&file, &[("DAYPASS_AWS_EVENT_BUS", "daypass-prod")]).unwrap();
    assert_eq!(config.aws.unwrap().event_bus.as_deref(), Some("daypass-prod"));
}

#[test]
fn a_project_without_accounts_needs_an_organisation() {
    let file = FILE.replace("accounts = [\"111122223333\"]", "");
    assert_eq!(load(&file, &[]).unwrap_err().to_string(), "`projects.accounts` must name at least one account");
    let units = file.replace("[[projects]]", "[[projects]]\norganizational_units = [\"ou-ab12-11111111\"]");
    let error = load(&units, &[]).unwrap_err();
    assert_eq!(error.to_string(), "`aws` is not set in the configuration file", "nobody to ask");
}
