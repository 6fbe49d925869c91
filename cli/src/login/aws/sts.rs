//! Calls of AWS STS, signed here (Signature Version 4,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>) and made without the SDK.

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use daypass_api::{AwsOffer, Masked};
use jiff::Timestamp;
use url::Host;
use url::form_urlencoded::Serializer;

use super::keys::Keys;
use crate::escape::escape;
use crate::exit::ExitStatus;
use crate::failure::{Failure, chain};
use crate::login::Web;
use crate::login::web::{Endpoint, no_provider};

/// The version of the API.
const VERSION: &str = "2011-06-15";

/// Every call is a form.
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// The shortest that STS gives: it only has to sign one call.
const GATE_SECONDS: i32 = 900;

/// A role to assume.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Role<'a> {
    pub(crate) arn: &'a str,
    pub(crate) session_name: &'a str,
    pub(crate) seconds: i32,
    /// Of a session's role, which also wants the person's name as source identity.
    pub(crate) external_id: Option<&'a Masked>,
}

impl<'a> Role<'a> {
    /// The gate role, for the one call that it is good for.
    pub(crate) fn gate(arn: &'a str, session_name: &'a str) -> Self {
        Self { arn, session_name, seconds: GATE_SECONDS, external_id: None }
    }
}

/// An endpoint of STS. INVARIANT: it is AWS' own, or on this machine.
#[derive(Debug)]
pub(crate) struct Sts {
    endpoint: Endpoint,
    region: String,
}

impl Sts {
    /// The endpoint that a server names, if codes of a second factor may be sent there.
    ///
    /// # Errors
    /// When it is not AWS' own.
    pub(crate) fn of(offer: &AwsOffer) -> Result<Self, Failure> {
        let endpoint = Endpoint::try_from(offer.sts_url.clone()).ok();
        let endpoint = endpoint.filter(|endpoint| is_trusted(endpoint, &offer.region));
        let endpoint = endpoint.ok_or_else(|| {
            let message = format!("`{}` is no endpoint of AWS STS: nothing was signed", escape(&offer.sts_url));
            Failure::plain(message).hint("whoever runs the server has to mend its configuration")
        })?;
        Ok(Self { endpoint, region: offer.region.clone() })
    }

    /// The name of the IAM user whose key it is.
    pub(crate) async fn user_name(&self, web: &Web, keys: &Keys, now: Timestamp) -> Result<String, Failure> {
        let answer = self.call(web, keys, &[("Action", "GetCallerIdentity"), ("Version", VERSION)], now).await?;
        let arn = element(&answer, "Arn").unwrap_or_default();
        user_name_in(arn).map(str::to_owned).ok_or_else(|| {
            Failure::plain(format!("the key is not an IAM user's own but `{}`", escape(arn))).hint(
                "the gate role admits IAM users with their device; use the key of one, or leave `--mfa-serial` out",
            )
        })
    }

    /// Keys of a role, which AWS gives to whoever has the second factor
    /// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>).
    pub(crate) async fn assume(
        &self,
        web: &Web,
        keys: &Keys,
        role: &Role<'_>,
        (serial, code): (&str, &Masked),
        now: Timestamp,
    ) -> Result<Keys, Failure> {
        let seconds = role.seconds.to_string();
        let mut form = vec![
            ("Action", "AssumeRole"),
            ("Version", VERSION),
            ("RoleArn", role.arn),
            ("RoleSessionName", role.session_name),
            ("DurationSeconds", &seconds),
            ("SerialNumber", serial),
            ("TokenCode", code.reveal()),
        ];
        if let Some(external_id) = role.external_id {
            form.extend([("ExternalId", external_id.reveal()), ("SourceIdentity", role.session_name)]);
        }
        let answer = self.call(web, keys, &form, now).await?;
        let part = |name| element(&answer, name).filter(|text| !text.is_empty());
        let parts = (part("AccessKeyId"), part("SecretAccessKey"), part("SessionToken"));
        let (Some(id), Some(secret), Some(token)) = parts else {
            return Err(Failure::plain("AWS STS gave no credentials"));
        };
        Ok(Keys { id: id.to_owned(), secret: Masked::new(secret), token: Some(Masked::new(token)) })
    }

    /// All headers of a signed call with this body, `Host` and `Authorization` among them.
    pub(crate) fn signed(
        &self,
        keys: &Keys,
        body: &str,
        more: &[(&str, &str)],
        now: Timestamp,
    ) -> Result<Vec<(String, String)>, Failure> {
        let token = keys.token.as_ref().map(|token| token.reveal().to_owned());
        let identity = Credentials::new(&keys.id, keys.secret.reveal(), token, None, "daypass").into();
        let parameters = SigningParams::builder().identity(&identity).region(&self.region).name("sts");
        let parameters = parameters.time(now.into()).settings(SigningSettings::default()).build()?;
        let url = self.endpoint.url();
        let host = url.host_str().unwrap_or_default();
        let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let mut headers = vec![("host", host.as_str()), FORM];
        headers.extend(more.iter().map(|(name, value)| (*name, *value)));
        let request =
            SignableRequest::new("POST", url.as_str(), headers.iter().copied(), SignableBody::Bytes(body.as_bytes()))?;
        let signed = sign(request, &parameters.into())?;
        let made = signed.output().headers().map(|(name, value)| (name.to_owned(), value.to_owned()));
        Ok(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).chain(made).collect())
    }

    async fn call(&self, web: &Web, keys: &Keys, form: &[(&str, &str)], now: Timestamp) -> Result<String, Failure> {
        let body = Serializer::new(String::new()).extend_pairs(form).finish();
        let headers = self.signed(keys, &body, &[], now)?;
        let answer = web.signed(&self.endpoint, &headers, &body).await;
        let answer = answer.map_err(|error| Failure { hint: None, ..no_provider(&error) })?;
        let text = answer.text();
        if answer.is_success() {
            return Ok(text);
        }
        let why = match (element(&text, "Code"), element(&text, "Message")) {
            (Some(code), Some(message)) => format!("{}: {}", escape(code), escape(message)),
            _ => chain(&answer.unexpected(&self.endpoint)),
        };
        Err(Failure::new(ExitStatus::NotLoggedIn, format!("AWS STS refuses: {why}")).hint(
            "a code works once and for half a minute, and a new role is known after some seconds: wait and try again",
        ))
    }
}

/// Whether the host is an endpoint of STS (<https://docs.aws.amazon.com/general/latest/gr/sts.html>) in this region, or on
/// this machine. A bucket or an API in `amazonaws.com` may be anybody's.
fn is_trusted(endpoint: &Endpoint, region: &str) -> bool {
    let host = match endpoint.url().host() {
        Some(Host::Domain(host)) => host.to_ascii_lowercase(),
        // [`Endpoint`] takes `http` for loopback only; AWS has names, not addresses.
        _ => return endpoint.url().scheme() == "http",
    };
    if endpoint.url().scheme() == "http" {
        return true;
    }
    let mut labels: Vec<&str> = host.split('.').collect();
    let sts = |label: &&str| matches!(*label, "sts" | "sts-fips");
    if labels.ends_with(&["cn"]) {
        labels.pop();
    }
    match labels.as_slice() {
        [first, "amazonaws", "com"] => sts(first),
        [first, place, "amazonaws", "com"] | [first, place, "api", "aws"] => {
            sts(first) && *place == region && is_region(region)
        }
        [vpce, "sts", place, "vpce", "amazonaws", "com"] => {
            vpce.starts_with("vpce-") && *place == region && is_region(region)
        }
        _ => false,
    }
}

/// As in `eu-central-1`: nothing that a bucket or another service could stand under.
fn is_region(name: &str) -> bool {
    let parts: Vec<&str> = name.split('-').collect();
    let word = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    match parts.split_last() {
        Some((number, words)) => {
            number.len() == 1
                && number.bytes().all(|byte| byte.is_ascii_digit())
                && words.len() >= 2
                && words.first().is_some_and(|first| first.len() == 2)
                && words.iter().all(word)
        }
        None => false,
    }
}

/// `arn:aws:iam::111122223333:user/a/path/carla` is carla's.
fn user_name_in(arn: &str) -> Option<&str> {
    let mut parts = arn.splitn(6, ':');
    let ("arn", _, "iam", "", _, resource) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?)
    else {
        return None;
    };
    resource.strip_prefix("user/")?.rsplit('/').next().filter(|name| !name.is_empty())
}

/// What stands in the first element of this name. The texts that are read so need no unescaping.
fn element<'x>(xml: &'x str, name: &str) -> Option<&'x str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sts(url: &str) -> Result<Sts, Failure> {
        Sts::of(&AwsOffer {
            server_id: "daypass.example.com".to_owned(),
            sts_url: url.to_owned(),
            region: "eu-central-1".to_owned(),
            gate_role_arn: None,
        })
    }

    #[test]
    fn codes_are_sent_to_aws_or_nowhere() {
        for good in [
            "https://sts.eu-central-1.amazonaws.com/",
            "https://sts.amazonaws.com/",
            "https://sts-fips.eu-central-1.amazonaws.com",
            "https://sts.eu-central-1.api.aws/",
            "https://vpce-0a1b.sts.eu-central-1.vpce.amazonaws.com/",
            "http://127.0.0.1:4566",
            "http://localhost:4566",
        ] {
            assert!(sts(good).is_ok(), "{good}");
        }
        for bad in [
            "http://sts.eu-central-1.amazonaws.com/",
            "https://sts.eu-west-1.amazonaws.com/",
            "https://sts.s3.amazonaws.com/",
            "https://evil.execute-api.eu-central-1.amazonaws.com/",
            "https://sts.eu-central-1.amazonaws.com.evil.example.com/",
            "https://sts.example.com/",
            "https://192.0.2.1/",
        ] {
            assert!(sts(bad).is_err(), "{bad}");
        }
        let named =
            AwsOffer { region: "s3".to_owned(), sts_url: "https://sts.s3.amazonaws.com/".to_owned(), ..offer() };
        assert!(Sts::of(&named).is_err(), "a server cannot call a bucket a region");
    }

    fn offer() -> AwsOffer {
        AwsOffer {
            server_id: "daypass.example.com".to_owned(),
            sts_url: "https://sts.eu-central-1.amazonaws.com/".to_owned(),
            region: "eu-central-1".to_owned(),
            gate_role_arn: None,
        }
    }

    #[test]
    fn the_signature_covers_the_server_the_host_and_the_session_token() {
        let keys = Keys {
            id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret: Masked::new("wJalrXUtnFEMI"),
            token: Some(Masked::new("the-token")),
        };
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let headers = Sts::of(&offer()).unwrap();
        let headers = headers.signed(&keys, "body", &[("X-Daypass-Server-Id", "daypass.example.com")], now).unwrap();
        let value = |name: &str| {
            let mut all = headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
            let (first, None) = (all.next(), all.next()) else { panic!("{name} is there twice") };
            first.unwrap_or_else(|| panic!("no {name}")).1.as_str()
        };
        assert_eq!(value("host"), "sts.eu-central-1.amazonaws.com");
        assert_eq!((value("x-amz-date"), value("x-amz-security-token")), ("20270115T080000Z", "the-token"));
        let authorization = value("authorization");
        for part in [
            "Credential=AKIAIOSFODNN7EXAMPLE/20270115/eu-central-1/sts/aws4_request",
            "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-daypass-server-id",
        ] {
            assert!(authorization.contains(part), "{authorization}");
        }
        assert!(!format!("{headers:?}").contains("wJalrXUtnFEMI"));
    }

    #[test]
    fn only_the_key_of_a_user_has_a_users_name() {
        assert_eq!(user_name_in("arn:aws:iam::111122223333:user/people/carla"), Some("carla"));
        assert_eq!(user_name_in("arn:aws-cn:iam::111122223333:user/carla"), Some("carla"));
        for other in
            ["arn:aws:iam::111122223333:root", "arn:aws:sts::111122223333:assumed-role/gate/carla", "", "carla"]
        {
            assert_eq!(user_name_in(other), None, "{other}");
        }
    }
}
