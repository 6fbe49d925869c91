//! The sections `[issuer]`, `[[issuers]]`, `[aws_identity]` and `[[emergency_keys]]`: who vouches for people and jobs. Nobody
//! is asked anything here: a provider that does not answer is no reason not to start.

use daypass_identity::{
    AwsAccount, AwsGroups, AwsSettings, EmergencyKey, GitHubActions, IssuerSettings, KeySource, Kind, People, Sources,
    TrustedKeys, Wanted,
};
use daypass_vending::template::Partition;
use serde::Deserialize;

use super::file::{AwsGroupsFile, AwsIdentityFile, ConfigFile, EmergencyKeyFile, IssuerFile, LoginFile};
use super::{ConfigError, seconds, source};

/// Who vouches, and how people log in with them from a terminal.
#[derive(Clone, Debug)]
pub struct IdentityConfig {
    /// Who vouches for whom.
    pub sources: Sources,
    /// Clients of issuers that log people in.
    pub logins: Vec<LoginConfig>,
}

/// How people log in with an issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginConfig {
    /// The issuer.
    pub issuer: String,
    /// The public client there.
    pub client_id: String,
    /// What to ask for.
    pub scopes: Vec<String>,
    /// Which token is the bearer.
    pub token: BearerToken,
    /// Whom the token is for, where the provider has to be told.
    pub audience: Option<String>,
}

/// A token of an identity provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BearerToken {
    /// The id token.
    #[default]
    Id,
    /// The access token, which has to be a JWT.
    Access,
}

/// The kinds of issuers, as the file names them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum IssuerKind {
    #[default]
    People,
    GithubActions,
}

/// What to ask a provider for when nobody says: who it is, their groups, and a token to refresh with.
const SCOPES: [&str; 5] = ["openid", "profile", "email", "groups", "offline_access"];

/// Check the sections, and that together they name everybody differently.
pub(super) async fn resolve(file: &mut ConfigFile) -> Result<IdentityConfig, ConfigError> {
    let several = std::mem::take(&mut file.issuers);
    let files = match (file.issuer.take(), several.is_empty()) {
        (Some(_), false) => return Err(ConfigError::Value { key: "issuers", rule: "and `issuer` cannot both be set" }),
        (Some(only), true) => vec![only],
        (None, _) => several,
    };
    let aws = file.aws_identity.take();
    if files.is_empty() && aws.is_none() {
        return Err(ConfigError::Missing { key: "issuer" });
    }
    let (mut issuers, mut logins) = (Vec::new(), Vec::new());
    for mut file in files {
        let client = file.login.take();
        let mut issuer = issuer(file).await?;
        if let Some(client) = client {
            let login = login(client, &issuer)?;
            issuer.clients.insert(login.client_id.clone());
            logins.push(login);
        }
        issuers.push(issuer);
    }
    let region = file.aws.as_ref().and_then(|aws| aws.region.clone());
    let aws = aws.map(|aws| aws_identity(aws, region, file.partition.unwrap_or_default())).transpose()?;
    let emergency_keys = std::mem::take(&mut file.emergency_keys);
    let emergency_keys = emergency_keys.into_iter().map(emergency_key).collect::<Result<_, _>>()?;
    let sources = Sources { issuers, aws, emergency_keys };
    sources.check()?;
    Ok(IdentityConfig { sources, logins })
}

async fn issuer(file: IssuerFile) -> Result<IssuerSettings, ConfigError> {
    let url = match (&file.url, file.kind) {
        (Some(url), _) => url.as_str(),
        (None, IssuerKind::GithubActions) => GitHubActions::ISSUER,
        (None, IssuerKind::People) => return Err(ConfigError::Missing { key: "issuer.url" }),
    };
    let rule = "must be an `https` URL without query, as it stands in tokens (`http` on this machine)";
    let url = url.parse().map_err(|_| ConfigError::Value { key: "issuer.url", rule })?;
    let keys = match &file.jwks_file {
        None => KeySource::Discovered,
        Some(path) => {
            let keys = TrustedKeys::from_json(&source::text(path).await?);
            KeySource::Fixed(keys.map_err(|source| ConfigError::Keys { path: path.clone(), source })?)
        }
    };
    let audience = file.audience.clone().filter(|audience| !audience.is_empty());
    Ok(IssuerSettings {
        url,
        audience: audience.ok_or(ConfigError::Missing { key: "issuer.audience" })?,
        clients: file.authorized_parties.iter().cloned().collect(),
        keys,
        kind: kind(file)?,
    })
}

fn kind(file: IssuerFile) -> Result<Kind, ConfigError> {
    let wrong = |key, rule| Err(ConfigError::Value { key, rule });
    match file.kind {
        IssuerKind::People if !(file.owners.is_empty() && file.owner_ids.is_empty()) => {
            wrong("issuer.owners", "is for issuers of kind `github-actions`")
        }
        IssuerKind::People => Ok(Kind::People(people(file))),
        IssuerKind::GithubActions if file.describes_people() => {
            wrong("issuer.kind", "is `github-actions`: jobs have no claims of people, no second factor and no login")
        }
        IssuerKind::GithubActions => Ok(Kind::GitHubActions(GitHubActions {
            user_prefix: file.user_prefix.unwrap_or_else(|| GitHubActions::PREFIX.to_owned()),
            owners: file.owners,
            owner_ids: file.owner_ids,
        })),
    }
}

fn people(file: IssuerFile) -> People {
    let usual = People::default();
    People {
        user_claim: file.user_claim.unwrap_or(usual.user_claim),
        user_prefix: file.user_prefix.unwrap_or(usual.user_prefix),
        groups_claim: file.groups_claim.unwrap_or(usual.groups_claim),
        department_claim: file.department_claim.unwrap_or(usual.department_claim),
        email_claim: file.email_claim.unwrap_or(usual.email_claim),
        mfa_methods: file.mfa_amr.unwrap_or(usual.mfa_methods),
        mfa_classes: file.mfa_acr.unwrap_or(usual.mfa_classes),
    }
}

fn login(file: LoginFile, issuer: &IssuerSettings) -> Result<LoginConfig, ConfigError> {
    let LoginFile { client_id, scopes, token, audience } = file;
    if matches!(issuer.kind, Kind::GitHubActions(_)) {
        return Err(ConfigError::Value { key: "issuer.login", rule: "is for people" });
    }
    let scopes = scopes.unwrap_or_else(|| SCOPES.map(str::to_owned).into());
    if !scopes.iter().any(|scope| scope == "openid") {
        return Err(ConfigError::Value { key: "issuer.login.scopes", rule: "must include `openid`" });
    }
    Ok(LoginConfig { issuer: issuer.url.to_string(), client_id, scopes, token, audience })
}

fn aws_identity(
    file: AwsIdentityFile,
    region: Option<String>,
    partition: Partition,
) -> Result<AwsSettings, ConfigError> {
    let region = file.region.or(region).ok_or(ConfigError::Missing { key: "aws_identity.region" })?;
    // A region goes into the address of STS.
    if region.is_empty()
        || !region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    {
        return Err(ConfigError::Value { key: "aws_identity.region", rule: "must be a region's name" });
    }
    let sts_url = file.sts_url.unwrap_or_else(|| sts_url(&region, partition));
    let session = i64::from(file.session_seconds.unwrap_or(3600));
    let settings = AwsSettings {
        server_id: file.server_id,
        sts_url: sts_url
            .parse()
            .map_err(|_| ConfigError::Value { key: "aws_identity.sts_url", rule: "must be a URL" })?,
        region,
        partition,
        gate_role: file.gate_role.map(gate_role).transpose()?,
        accounts: file
            .accounts
            .into_iter()
            .map(|account| AwsAccount { id: account.id, user_prefix: account.user_prefix })
            .collect(),
        groups: file.groups.into_iter().map(aws_groups).collect::<Result<_, _>>()?,
        session: seconds("aws_identity.session_seconds", session, 60..=3600)?,
    };
    settings.check()?;
    Ok(settings)
}

/// The endpoint of a region (<https://docs.aws.amazon.com/general/latest/gr/sts.html>).
fn sts_url(region: &str, partition: Partition) -> String {
    let domain = if partition == Partition::China { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("https://sts.{region}.{domain}/")
}

/// The ARN of a role's session has its name without the path.
fn gate_role(name: String) -> Result<String, ConfigError> {
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte);
    if (1..=64).contains(&name.len()) && name.bytes().all(is_legal) {
        Ok(name)
    } else {
        Err(ConfigError::Value { key: "aws_identity.gate_role", rule: "must be a role's name, without a path" })
    }
}

fn aws_groups(file: AwsGroupsFile) -> Result<AwsGroups, ConfigError> {
    let whom = match (file.user, file.arn) {
        (Some(user), None) => Wanted::User(user),
        (None, Some(arn)) => Wanted::Arn(arn),
        _ => {
            return Err(ConfigError::Value {
                key: "aws_identity.groups",
                rule: "must each have either a `user` or an `arn`",
            });
        }
    };
    Ok(AwsGroups { whom, groups: file.groups })
}

fn emergency_key(file: EmergencyKeyFile) -> Result<EmergencyKey, ConfigError> {
    let EmergencyKeyFile { user, groups, public_key } = file;
    let rule = "must be the 32 bytes of an Ed25519 key in base64, as `daypass emergency-key new` prints it";
    let public_key = public_key.parse().map_err(|_| ConfigError::Value { key: "emergency_keys.public_key", rule })?;
    Ok(EmergencyKey { user, groups, public_key })
}

impl IssuerFile {
    fn describes_people(&self) -> bool {
        let claims = [&self.user_claim, &self.groups_claim, &self.department_claim, &self.email_claim];
        claims.iter().any(|claim| claim.is_some()) || self.mfa_amr.is_some() || self.mfa_acr.is_some()
    }
}

#[cfg(test)]
mod tests;
