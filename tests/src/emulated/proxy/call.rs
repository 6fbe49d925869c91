//! What a request asks for, and how its service would refuse it.

use std::time::Instant;

use daypass_vending::plan::ROLE_PATH;

use super::Fault;

/// A call that went through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Service and action, such as `iam.CreateRole`. Two calls differ so much that they have names of their own:
    /// `sts.AssumeRole vended` is what credentials come from, `sts.AssumeRole vendor` is how an account is entered.
    pub name: String,
    /// The account whose role gave the credentials; `None` for credentials of their own.
    pub account: Option<String>,
    /// What it met.
    pub fault: Option<Fault>,
    /// When it arrived.
    pub at: Instant,
    /// What the header `X-Amz-Target` says, for services with the JSON protocol.
    pub target: Option<String>,
    /// The body.
    pub body: String,
    /// The access key id it is signed with.
    pub(super) key: String,
}

impl Seen {
    pub(super) fn of(request: &[u8]) -> Self {
        let (head, body) = halves(request);
        let (key, service) = scope(&head).unwrap_or_default();
        let target = header(&head, "x-amz-target");
        let action = target.as_deref().and_then(|target| target.rsplit('.').next()).map(ToOwned::to_owned);
        let action = action.or_else(|| field(&body, "Action"));
        // What has neither is named by its method, as in `s3.GET`.
        let action = action.unwrap_or_else(|| head.split(' ').next().unwrap_or_default().to_owned());
        let role = field(&body, "RoleArn").filter(|_| action == "AssumeRole");
        let kind = role.map_or("", |role| if role.contains(ROLE_PATH) { " vended" } else { " vendor" });
        let name = format!("{service}.{action}{kind}");
        Self { name, account: None, fault: None, at: Instant::now(), target, body, key }
    }

    /// Whose call it is, such as `iam`.
    #[must_use]
    pub fn service(&self) -> &str {
        self.name.split_once('.').map_or(&self.name, |(service, _)| service)
    }
}

/// The answer to a refused call, in the service's own protocol
/// (<https://smithy.io/2.0/aws/protocols/aws-query-protocol.html>, `aws-json-1_0-protocol.html`, `aws-ec2-query-protocol.html`).
pub(super) fn refusal(seen: &Seen, fault: Option<Fault>) -> Vec<u8> {
    let service = seen.name.split('.').next().unwrap_or_default();
    let is_throttled = fault == Some(Fault::Throttled);
    let (status, code) = match (service, is_throttled) {
        // <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>
        ("ec2", true) => (503, "RequestLimitExceeded"),
        ("dynamodb", true) => (400, "ThrottlingException"),
        ("kms", true) => (400, "ThrottlingException"),
        ("s3", true) => (503, "SlowDown"),
        // <https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html>
        (_, true) => (400, "Throttling"),
        ("dynamodb", false) => (500, "InternalServerError"),
        ("kms", false) => (500, "KMSInternalException"),
        (_, false) => (500, "InternalFailure"),
    };
    let message = if is_throttled { "Rate exceeded" } else { "We encountered an internal error." };
    let (kind, body) = match service {
        "dynamodb" | "kms" => {
            ("application/x-amz-json-1.0", format!(r#"{{"__type":"com.amazonaws#{code}","message":"{message}"}}"#))
        }
        "ec2" => (
            "text/xml",
            format!(
                "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>\
                 <RequestID>proxy</RequestID></Response>"
            ),
        ),
        "s3" => ("application/xml", format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>")),
        _ => (
            "text/xml",
            format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
                 <RequestId>proxy</RequestId></ErrorResponse>"
            ),
        ),
    };
    let head = format!(
        "HTTP/1.1 {status} Refused\r\ncontent-type: {kind}\r\nx-amzn-requestid: proxy\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    (head + &body).into_bytes()
}

/// After an `AssumeRole`: the access key id, and the account of its role.
pub(super) fn account_of_role(request: &[u8], answer: &[u8]) -> Option<(String, String)> {
    let (_, form) = halves(request);
    let role = field(&form, "RoleArn")?;
    let (_, answer) = halves(answer);
    let (_, rest) = answer.split_once("<AccessKeyId>")?;
    let (key, _) = rest.split_once("</AccessKeyId>")?;
    Some((key.to_owned(), role.split(':').nth(4)?.to_owned()))
}

fn halves(message: &[u8]) -> (String, String) {
    let text = String::from_utf8_lossy(message);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    (head.to_owned(), body.to_owned())
}

fn header(head: &str, name: &str) -> Option<String> {
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    fields.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
}

fn field(form: &str, name: &str) -> Option<String> {
    form_urlencoded::parse(form.as_bytes()).find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
}

/// Who signed for which service: `Credential=KEY/20260301/eu-central-1/iam/aws4_request`.
fn scope(head: &str) -> Option<(String, String)> {
    let authorization = header(head, "authorization")?;
    let (_, credential) = authorization.split_once("Credential=")?;
    let mut parts = credential.split(['/', ',']);
    Some((parts.next()?.to_owned(), parts.nth(2)?.to_owned()))
}
