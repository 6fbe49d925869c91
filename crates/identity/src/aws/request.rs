//! A signed request to STS, as somebody presents it. It is looked through strictly, because it will be sent on in our name:
//! to where we say, asking what we say, with nothing in it that we do not know, and signed for nobody but us
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>).

use std::collections::BTreeMap;

use daypass_vending::audit::Digest256;
use daypass_vending::secret::Secret;
use jiff::{SignedDuration, Timestamp};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

use super::settings::AwsSettings;

/// The one question.
pub(super) const BODY: &str = "Action=GetCallerIdentity&Version=2011-06-15";

/// Names the server that the request is meant for.
pub(super) const SERVER_ID: &str = "x-daypass-server-id";

/// The headers that may be there, each once. A signature says which of them it covers; `content-length` alone may be left out
/// of it, because it follows from the body.
const KNOWN: [&str; 7] =
    ["content-length", "content-type", "host", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token", SERVER_ID];

/// How far the time of signing may be from ours, either way. STS allows 15 minutes.
const MOST_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// The longest header that is looked at, in bytes; session tokens have one or two thousand.
const LONGEST_VALUE: usize = 8 * 1024;

/// A request as somebody presents it. Signature and session token are secrets: until the request is old, whoever has it can
/// send it to STS as well.
#[derive(Clone, Debug)]
pub struct Presentation {
    /// The header `Authorization`.
    pub authorization: Secret,
    /// All other headers.
    pub headers: Vec<(String, Secret)>,
    /// The body.
    pub body: String,
}

/// A request that may be sent on.
pub(super) struct SignedRequest {
    pub(super) headers: HeaderMap,
    pub(super) signed_at: Timestamp,
    /// Stands for the signature, which is used once.
    pub(super) proof: Digest256,
    /// When the request is too old anyway.
    pub(super) ends_at: Timestamp,
}

/// Check what was presented.
///
/// # Errors
/// What is wrong, without repeating any of it.
pub(super) fn check(
    presented: &Presentation,
    settings: &AwsSettings,
    now: Timestamp,
) -> Result<SignedRequest, &'static str> {
    if presented.body != BODY {
        return Err("it does not ask who the caller is, or asks more");
    }
    let headers = headers(&presented.headers)?;
    let value = |name: &str| headers.get(name).copied();
    if value("host") != Some(settings.host().as_str()) {
        return Err("it is for another host");
    }
    if value(SERVER_ID) != Some(settings.server_id.as_str()) {
        return Err("it is for another server");
    }
    if !value("content-type").is_some_and(is_form) {
        return Err("its content type is another one");
    }
    if value("content-length").is_some_and(|length| length != BODY.len().to_string()) {
        return Err("its length is another one");
    }
    if value("x-amz-content-sha256").is_some_and(|hash| hash != Digest256::of(BODY.as_bytes()).to_string()) {
        return Err("its hash is that of another body");
    }
    let date = value("x-amz-date").ok_or("it has no date")?;
    let signed_at = time(date).ok_or("its date is none")?;
    if now.duration_since(signed_at).abs() > MOST_SKEW {
        return Err("it was not signed within five minutes of now");
    }
    let authorization = presented.authorization.reveal();
    let signature = Signature::parse(authorization).ok_or("its signature cannot be read")?;
    signature.check(&headers, date, &settings.region)?;
    Ok(SignedRequest {
        headers: to_send(&headers, authorization).ok_or("a header cannot be sent")?,
        signed_at,
        proof: Digest256::of(format!("aws login {}", signature.signature).as_bytes()),
        ends_at: signed_at.saturating_add(MOST_SKEW).unwrap_or(Timestamp::MAX),
    })
}

/// What `Authorization` says.
struct Signature<'a> {
    date: &'a str,
    region: &'a str,
    signed: Vec<&'a str>,
    signature: &'a str,
}

impl<'a> Signature<'a> {
    fn parse(authorization: &'a str) -> Option<Self> {
        let parts = authorization.strip_prefix("AWS4-HMAC-SHA256 ")?;
        let mut parts = parts.split(',').map(|part| part.trim_start_matches(' '));
        let (credential, signed, signature) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let mut scope = credential.strip_prefix("Credential=")?.split('/');
        let (key, date, region) = (scope.next()?, scope.next()?, scope.next()?);
        let is_key = (4..=128).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let is_scope = (scope.next()?, scope.next()?, scope.next()) == ("sts", "aws4_request", None);
        let signed: Vec<&str> = signed.strip_prefix("SignedHeaders=")?.split(';').collect();
        // One way to write it, so that one signature is one proof.
        let signature = signature.strip_prefix("Signature=")?;
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let is_signature = signature.len() == 64 && signature.bytes().all(is_hex);
        (is_key && is_scope && is_signature).then_some(Self { date, region, signed, signature })
    }

    fn check(&self, headers: &BTreeMap<String, &str>, date: &str, region: &str) -> Result<(), &'static str> {
        if self.region != region || !date.starts_with(self.date) || self.date.len() != 8 {
            return Err("it is signed for another region or day");
        }
        if !self.signed.is_sorted_by(|first, second| first < second) {
            return Err("its list of signed headers is not in order");
        }
        if self.signed.iter().any(|name| !headers.contains_key(*name)) {
            return Err("a signed header is not there");
        }
        let is_covered = |name: &String| name == "content-length" || self.signed.contains(&name.as_str());
        if headers.keys().all(is_covered) { Ok(()) } else { Err("a header is not signed") }
    }
}

/// The headers by name in lower case, if each is known and there once.
fn headers(presented: &[(String, Secret)]) -> Result<BTreeMap<String, &str>, &'static str> {
    let mut headers = BTreeMap::new();
    for (name, value) in presented {
        let (name, value) = (name.to_ascii_lowercase(), value.reveal());
        if !KNOWN.contains(&name.as_str()) {
            return Err("it has a header that does not belong there");
        }
        // STS would trim and fold what is signed; then what is compared here were not what it reads.
        let is_plain = value.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        if value.len() > LONGEST_VALUE || !is_plain || value.trim() != value || value.contains("  ") {
            return Err("a header is not plain text");
        }
        if headers.insert(name, value).is_some() {
            return Err("a header is given twice");
        }
    }
    Ok(headers)
}

fn is_form(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(|part| part.trim().to_ascii_lowercase());
    let is_form = parts.next().as_deref() == Some("application/x-www-form-urlencoded");
    is_form && parts.all(|parameter| parameter == "charset=utf-8")
}

/// `20261121T152000Z`.
fn time(text: &str) -> Option<Timestamp> {
    let is_digit = |at: usize, byte: u8| match at {
        8 => byte == b'T',
        15 => byte == b'Z',
        _ => byte.is_ascii_digit(),
    };
    if text.len() != 16 || !text.bytes().enumerate().all(|(at, byte)| is_digit(at, byte)) {
        return None;
    }
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    let (year, month, day) = (part(0, 4), part(4, 6), part(6, 8));
    let (hour, minute, second) = (part(9, 11), part(11, 13), part(13, 15));
    format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z").parse().ok()
}

fn to_send(headers: &BTreeMap<String, &str>, authorization: &str) -> Option<HeaderMap> {
    let secret = |text: &str| {
        let mut value = HeaderValue::from_str(text).ok()?;
        value.set_sensitive(true);
        Some(value)
    };
    let mut sent = HeaderMap::new();
    for (name, value) in headers.iter().filter(|(name, _)| *name != "content-length") {
        sent.insert(HeaderName::from_bytes(name.as_bytes()).ok()?, secret(value)?);
    }
    sent.insert(AUTHORIZATION, secret(authorization)?);
    Some(sent)
}
