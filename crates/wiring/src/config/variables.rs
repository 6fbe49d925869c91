//! Every environment variable the server reads, in one place. The log filter and the name of the
//! configuration are the only other things it takes from the environment ([`FILTER_VARIABLE`], [`CONFIG_VARIABLE`]).

use std::fmt::Display;
use std::str::FromStr;

use daypass_embedded::logging::FILTER_VARIABLE;

use super::file::{AwsFile, ConfigFile, IssuerFile, StoreFile};
use super::{CONFIG_VARIABLE, ConfigError};

/// A variable that overrides a key of the configuration file.
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it is for. Lists are separated by commas.
    pub meaning: &'static str,
    set: fn(&mut ConfigFile, &str) -> Result<(), String>,
}

/// All of them.
pub const VARIABLES: &[Variable] = &[
    variable("DAYPASS_LISTEN", "address and port to listen on [default: 127.0.0.1:7878]", |file, text| {
        put(&mut file.listen, text)
    }),
    variable("DAYPASS_PUBLIC_URL", "where people reach the server, for the OpenAPI document", |file, text| {
        put(&mut file.public_url, text)
    }),
    variable("DAYPASS_DATABASE", "the SQLite file [default: daypass.sqlite]", |file, text| {
        put(&mut file.database, text)
    }),
    variable("DAYPASS_KEY_FILE", "the key file [default: the database's name with `.keys`]", |file, text| {
        put(&mut file.key_file, text)
    }),
    variable("DAYPASS_TEMPLATES_DIR", "a folder of tiers instead of the shipped ones", |file, text| {
        put(&mut file.templates_dir, text)
    }),
    variable("DAYPASS_TEMPLATES", "a folder of tiers in S3, such as `s3://bucket/tiers`", |file, text| {
        put(&mut file.templates, text)
    }),
    variable("DAYPASS_RULES", "a file of Cedar rules instead of the shipped ones", |file, text| {
        put(&mut file.rules, text)
    }),
    variable("DAYPASS_LOG_FORMAT", "`json` or `text` [default: json]", |file, text| put(&mut file.log_format, text)),
    variable(
        "DAYPASS_TRUSTED_PROXIES",
        "networks whose `X-Forwarded-For` is believed [default: none]",
        |file, text| put_list(&mut file.trusted_proxies, text),
    ),
    variable("DAYPASS_METRICS_NETWORKS", "networks that may read `/metrics` [default: loopback]", |file, text| {
        put_list(&mut file.metrics_networks, text)
    }),
    variable("DAYPASS_RATE_LIMIT_PER_MINUTE", "calls a person has in a minute [default: 100]", |file, text| {
        put(&mut file.rate_limit_per_minute, text)
    }),
    variable("DAYPASS_RECONCILE_EVERY_SECONDS", "the reconciler's longest pause [default: 60]", |file, text| {
        put(&mut file.reconcile_every_seconds, text)
    }),
    variable("DAYPASS_DEPLOYMENT", "marks everything this installation makes in AWS", |file, text| {
        put(&mut file.deployment, text)
    }),
    variable("DAYPASS_BROKER_ARN", "the identity that assumes vended roles", |file, text| {
        put(&mut file.broker_arn, text)
    }),
    variable("DAYPASS_NETWORKS", "networks that vended credentials work from", |file, text| {
        put_list(&mut file.networks, text)
    }),
    variable(
        "DAYPASS_CONSISTENCY_WINDOW_SECONDS",
        "how long IAM may take until everybody sees a change [default: 30]",
        |file, text| put(&mut file.consistency_window_seconds, text),
    ),
    variable("DAYPASS_RESERVED_ROLES", "roles of each account kept for incidents [default: 20]", |file, text| {
        put(&mut file.reserved_roles, text)
    }),
    variable("DAYPASS_APPROVAL_HOURS", "how long a request waits for approval [default: 24]", |file, text| {
        put(&mut file.approval_hours, text)
    }),
    variable("DAYPASS_ISSUER_URL", "the `iss` of accepted tokens", |file, text| put(&mut issuer(file).url, text)),
    variable("DAYPASS_ISSUER_AUDIENCE", "the `aud` of accepted tokens", |file, text| {
        put(&mut issuer(file).audience, text)
    }),
    variable("DAYPASS_ISSUER_JWKS_FILE", "the issuer's public keys (RFC 7517)", |file, text| {
        put(&mut issuer(file).jwks_file, text)
    }),
    variable("DAYPASS_AWS_REGION", "AWS: the region [default: AWS_REGION]", |file, text| {
        put(&mut aws(file).region, text)
    }),
    variable("DAYPASS_AWS_ENDPOINT_URL", "AWS: where all services answer instead", |file, text| {
        put(&mut aws(file).endpoint_url, text)
    }),
    variable(
        "DAYPASS_AWS_VENDOR_ROLE",
        "AWS: the vendor role in each account [default: daypass-vendor]",
        |file, text| put(&mut aws(file).vendor_role, text),
    ),
    variable("DAYPASS_AWS_VENDOR_EXTERNAL_ID_FILE", "AWS: a file with the vendor role's external id", |file, text| {
        put(&mut aws(file).vendor_external_id_file, text)
    }),
    variable(
        "DAYPASS_AWS_WRITES_PER_SECOND",
        "AWS: writes to each account's IAM in a second [default: 10]",
        |file, text| put(&mut aws(file).writes_per_second, text),
    ),
    variable("DAYPASS_AWS_BURST", "AWS: writes to each account's IAM at once [default: 30]", |file, text| {
        put(&mut aws(file).burst, text)
    }),
    variable("DAYPASS_AWS_KMS_KEY", "AWS: the KMS key for secrets in records [default: the key file]", |file, text| {
        put(&mut aws(file).kms_key, text)
    }),
    variable(
        "DAYPASS_AWS_KMS_SIGNING_KEY",
        "AWS: the KMS key that signs the trail [default: the key file]",
        |file, text| put(&mut aws(file).kms_signing_key, text),
    ),
    variable("DAYPASS_AWS_ALERTS_TOPIC_ARN", "AWS: the SNS topic for alerts [default: the log]", |file, text| {
        put(&mut aws(file).alerts_topic_arn, text)
    }),
    variable(
        "DAYPASS_AWS_EVENT_BUS",
        "AWS: the EventBridge bus for life-cycle events [default: none]",
        |file, text| put(&mut aws(file).event_bus, text),
    ),
    variable("DAYPASS_STORE_KIND", "where records are: `sqlite` or `dynamodb` [default: sqlite]", |file, text| {
        put(&mut store(file).kind, text)
    }),
    variable("DAYPASS_STORE_TABLE_PREFIX", "how the names of the tables begin [default: daypass-]", |file, text| {
        put(&mut store(file).table_prefix, text)
    }),
    variable("DAYPASS_STORE_REGION", "the tables' region [default: AWS_REGION]", |file, text| {
        put(&mut store(file).region, text)
    }),
    variable("DAYPASS_STORE_ENDPOINT_URL", "where DynamoDB answers [default: AWS itself]", |file, text| {
        put(&mut store(file).endpoint_url, text)
    }),
];

/// Override the file by those variables that are set. A `DAYPASS_` variable that nobody reads is an error.
pub(super) fn apply(
    file: &mut ConfigFile,
    variables: impl Iterator<Item = (String, String)>,
) -> Result<(), ConfigError> {
    for (name, value) in variables.filter(|(name, _)| name.starts_with("DAYPASS_")) {
        if [FILTER_VARIABLE, CONFIG_VARIABLE].contains(&name.as_str()) {
            continue;
        }
        let known = VARIABLES.iter().find(|variable| variable.name == name);
        let set = known.map_or_else(|| Err("nobody reads it".to_owned()), |variable| (variable.set)(file, &value));
        set.map_err(|message| ConfigError::Variable { name, message })?;
    }
    Ok(())
}

const fn variable(
    name: &'static str,
    meaning: &'static str,
    set: fn(&mut ConfigFile, &str) -> Result<(), String>,
) -> Variable {
    Variable { name, meaning, set }
}

/// Naming anything of AWS chooses AWS, as the section in the file does.
fn aws(file: &mut ConfigFile) -> &mut AwsFile {
    file.aws.get_or_insert_default()
}

fn issuer(file: &mut ConfigFile) -> &mut IssuerFile {
    file.issuer.get_or_insert_default()
}

fn store(file: &mut ConfigFile) -> &mut StoreFile {
    file.store.get_or_insert_default()
}

fn put<T: FromStr<Err: Display>>(key: &mut Option<T>, text: &str) -> Result<(), String> {
    *key = Some(text.parse().map_err(|error: T::Err| error.to_string())?);
    Ok(())
}

fn put_list<T: FromStr<Err: Display>>(key: &mut Option<Vec<T>>, text: &str) -> Result<(), String> {
    let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
    *key = Some(items.map(|item| item.parse().map_err(|error: T::Err| error.to_string())).collect::<Result<_, _>>()?);
    Ok(())
}
