//! What an answer to the probe says of the credentials. Only a refusal *of them* counts as dead: whoever hears "dead" takes
//! a session for ended.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::date_time::{DateTime, Format};
use daypass_vending::ports::{CloudError, Liveness};
use jiff::Timestamp;

use crate::time::timestamp;

/// An answer of EC2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    status: u16,
    /// The error code; empty when there is none.
    code: String,
    /// The server's time.
    date: Option<Timestamp>,
}

/// What EC2 says to credentials that it does not let do this, or that it does not know: of a role that is gone, for example
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>). Codes of other services stand here too,
/// because what checks credentials is common to all.
const REFUSALS: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "UnauthorizedOperation",
    "UnrecognizedClientException",
];

/// EC2's word for credentials that have ended, and for requests that were signed too long ago.
const EXPIRED: &str = "RequestExpired";

impl Answer {
    pub(super) fn read(response: &HttpResponse) -> Self {
        let body = response.body().bytes().and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
        let date = response.headers().get("date").and_then(|date| DateTime::from_str(date, Format::HttpDate).ok());
        Self {
            status: response.status().as_u16(),
            code: code(body).to_owned(),
            date: date.as_ref().and_then(timestamp),
        }
    }
}

/// Whether the credentials, which end at `expires_at`, are alive. `now` counts when the server does not tell its time.
pub(super) fn verdict(answer: &Answer, expires_at: Timestamp, now: Timestamp) -> Result<Liveness, CloudError> {
    let Answer { status, code, date } = answer;
    let have_ended = date.unwrap_or(now) >= expires_at;
    match status {
        200..300 => Ok(Liveness::Alive),
        400..500 if REFUSALS.contains(&code.as_str()) => Ok(Liveness::Dead),
        400..500 if code == EXPIRED && have_ended => Ok(Liveness::Dead),
        400..=503 if code == "RequestLimitExceeded" || code == "Throttling" => Err(CloudError::Throttled),
        _ => Err(CloudError::Unavailable(format!("the probe was answered with {status} {code}"))),
    }
}

/// What stands in the first `Code` element.
fn code(body: &str) -> &str {
    let inside = body.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    inside.map_or("", |(code, _)| code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, code: &str) -> Answer {
        Answer { status, code: code.to_owned(), date: None }
    }

    #[test]
    fn only_a_refusal_of_the_credentials_is_death() {
        let (end, now) = (Timestamp::from_second(2_000).unwrap(), Timestamp::from_second(1_000).unwrap());
        assert_eq!(verdict(&answer(200, ""), end, now), Ok(Liveness::Alive));
        for code in REFUSALS {
            assert_eq!(verdict(&answer(403, code), end, now), Ok(Liveness::Dead), "{code}");
        }
        for (status, code) in [
            (400, "RequestExpired"),
            (401, "SignatureDoesNotMatch"),
            (403, ""),
            (404, "InvalidAction"),
            (400, "Blocked"),
            (401, "OptInRequired"),
            (500, "InternalError"),
            (503, "Unavailable"),
            // A gateway's own answer is not AWS'.
            (502, "AccessDenied"),
        ] {
            let verdict = verdict(&answer(status, code), end, now);
            assert!(matches!(verdict, Err(CloudError::Unavailable(_))), "{status} {code}: {verdict:?}");
        }
        assert_eq!(verdict(&answer(503, "RequestLimitExceeded"), end, now), Err(CloudError::Throttled));
    }

    #[test]
    fn an_expired_request_is_death_only_once_the_credentials_have_ended() {
        let (end, before) = (Timestamp::from_second(2_000).unwrap(), Timestamp::from_second(1_000).unwrap());
        let expired = answer(400, EXPIRED);
        assert_eq!(verdict(&expired, end, end), Ok(Liveness::Dead));
        let by_the_server = Answer { date: Some(end), ..expired.clone() };
        assert_eq!(verdict(&by_the_server, end, before), Ok(Liveness::Dead));
        let our_clock_is_fast = Answer { date: Some(before), ..expired };
        assert!(verdict(&our_clock_is_fast, end, end).is_err());
    }

    #[test]
    fn the_code_is_read_from_ec2s_xml() {
        let body = "<?xml version=\"1.0\"?><Response><Errors><Error><Code>AuthFailure</Code><Message>no</Message></Error>\
                    </Errors><RequestID>r</RequestID></Response>";
        assert_eq!(code(body), "AuthFailure");
        assert_eq!(code("<html>502</html>"), "");
        assert_eq!(code("<Code>"), "");
    }
}
