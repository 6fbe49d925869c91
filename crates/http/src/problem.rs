//! The one error type of the API. It carries what the caller is told, and apart from it what only the log is told: the
//! layer in [`crate::layers`] writes the former as problem+json and the latter into the access log, once.

use std::error::Error;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use daypass_api::{Problem, ProblemCode};
use daypass_vending::ids::InvalidId;
use daypass_vending::plan::PlanError;
use daypass_vending::ports::{CloudError, KeyError, StoreError};
use daypass_vending::service::{ActError, Refusal, RequestError};

/// A request that is not fulfilled.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    problem: Box<Problem>,
    retry_after: Option<Duration>,
    cause: Option<Arc<str>>,
}

impl ApiError {
    /// A problem of this kind.
    pub(crate) fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self { problem: Box::new(Problem::new(code, detail)), retry_after: None, cause: None }
    }

    /// One field is wrong.
    pub(crate) fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(ProblemCode::InvalidInput, "the request is not valid").and_field(field, message)
    }

    /// The caller did not prove who they are. One answer for every cause (invariant 12).
    pub(crate) fn unauthenticated() -> Self {
        Self::new(ProblemCode::Unauthenticated, "a valid bearer token is required").hint("log in and try again")
    }

    /// There is no such thing here, as far as the caller may know.
    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(ProblemCode::NotFound, format!("there is no such {what}"))
    }

    /// With advice.
    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self { problem: Box::new(self.problem.with_hint(hint)), ..self }
    }

    /// With one more wrong field.
    pub(crate) fn and_field(self, field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { problem: Box::new(self.problem.with_field(field, message)), ..self }
    }

    /// With the time after which to ask again.
    pub(crate) fn retry_after(self, wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..self }
    }

    /// With the cause, for the log only.
    pub(crate) fn because(self, cause: &dyn Error) -> Self {
        Self { cause: Some(chain(cause).into()), ..self }
    }

    /// With the cause in words, for the log only.
    pub(crate) fn because_of(self, cause: impl Into<Arc<str>>) -> Self {
        Self { cause: Some(cause.into()), ..self }
    }

    /// What the caller is told.
    pub(crate) fn problem(&self) -> &Problem {
        &self.problem
    }

    /// What the log is told.
    pub(crate) fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// The answer, for the request of this id.
    pub(crate) fn written(&self, request_id: &str) -> Response {
        let mut problem = Problem::clone(&self.problem);
        problem.request_id = Some(request_id.to_owned());
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"daypass\""));
        }
        if let Some(wait) = self.retry_after {
            // Rounded up: coming back a moment early would be refused again.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        response
    }
}

impl IntoResponse for ApiError {
    /// An unwritten answer: the outermost layer knows the request id and writes it.
    fn into_response(self) -> Response {
        let mut response =
            StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<RequestError> for ApiError {
    fn from(error: RequestError) -> Self {
        let said = error.to_string();
        match error {
            RequestError::UnknownTier(_) => Self::field("permission_tier", said),
            RequestError::IncidentRequired(_) => Self::field("incident_id", said),
            RequestError::TooLong { .. } => Self::new(ProblemCode::LimitExceeded, said.clone())
                .and_field("duration_seconds", said)
                .hint("ask for less, and extend the session if it turns out too short"),
            RequestError::Refused(refusal) => refused(&refusal),
            RequestError::AccountFull { .. } => Self::new(ProblemCode::LimitExceeded, said)
                .hint("end a session that is no longer needed, or use another account of the project"),
            RequestError::KeyReused => key_reused(),
            RequestError::Plan(error) => plan(&error),
            RequestError::Key(error) => key(&error),
            RequestError::Store(error) => store(&error),
        }
    }
}

impl From<ActError> for ApiError {
    fn from(error: ActError) -> Self {
        let said = error.to_string();
        match error {
            ActError::NotFound => Self::not_found("session"),
            ActError::Refused(refusal) => refused(&refusal),
            ActError::WrongState { .. } => Self::new(ProblemCode::WrongState, said),
            ActError::NotReady { retry_after } => {
                Self::new(ProblemCode::NotReady, said).retry_after(retry_after.unsigned_abs())
            }
            ActError::TooLong { .. } => Self::new(ProblemCode::LimitExceeded, said.clone()).and_field("seconds", said),
            ActError::Invalid { field, rule } => Self::field(field, rule),
            ActError::KeyReused => key_reused(),
            ActError::Changed => Self::new(ProblemCode::RequestChanged, said)
                .hint("look at the request again, and approve what it says with the `request_hash` it has"),
            ActError::Conflict => Self::new(ProblemCode::Conflict, said).hint("try again"),
            ActError::Cloud(error) => cloud(&error),
            ActError::Plan(error) => plan(&error),
            ActError::Key(error) => key(&error),
            ActError::Store(error) => store(&error),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        store(&error)
    }
}

/// What is wrong with the fields of one request, all of it at once.
#[derive(Default)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Parse one field, or note what it has to be.
    pub(crate) fn parse<T: std::str::FromStr<Err = InvalidId>>(&mut self, field: &str, text: &str) -> Option<T> {
        self.check(field, text.parse())
    }

    /// Parse one field that may be absent.
    pub(crate) fn parse_optional<T>(&mut self, field: &str, text: Option<&str>) -> Option<T>
    where
        T: std::str::FromStr<Err = InvalidId>,
    {
        text.and_then(|text| self.parse(field, text))
    }

    /// Take what was parsed, or note what it has to be.
    pub(crate) fn check<T>(&mut self, field: &str, parsed: Result<T, InvalidId>) -> Option<T> {
        parsed.map_err(|error| self.wrong(field, format!("must be {}", error.rule))).ok()
    }

    /// Check a free text: not empty, not longer than `longest` bytes, nothing hidden in it.
    pub(crate) fn text(&mut self, field: &str, text: &str, longest: usize) {
        if !(1..=longest).contains(&text.len()) || text.chars().any(is_hidden) {
            self.wrong(field, format!("must be 1 to {longest} bytes of text without control characters"));
        }
    }

    /// Note what a field has to be.
    pub(crate) fn wrong(&mut self, field: &str, message: impl Into<String>) {
        self.0.push((field.to_owned(), message.into()));
    }

    /// `value` if nothing was wrong and nothing is missing.
    pub(crate) fn finish<T>(self, value: Option<T>) -> Result<T, ApiError> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => {
                let error = ApiError::new(ProblemCode::InvalidInput, "the request is not valid");
                Err(self.0.into_iter().fold(error, |error, (field, message)| error.and_field(field, message)))
            }
        }
    }
}

/// Control characters, and the invisible ones that change how a line reads.
fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn refused(refusal: &Refusal) -> ApiError {
    let error = ApiError::new(ProblemCode::Refused, format!("the rules do not allow {}", refusal.action));
    if refusal.lacking.is_empty() { error } else { error.hint(format!("needed: {}", refusal.lacking.join(", "))) }
}

fn key_reused() -> ApiError {
    ApiError::new(ProblemCode::KeyReused, "the idempotency key was used for a different call")
        .and_field("idempotency-key", "must be a new one for a different call")
}

fn cloud(error: &CloudError) -> ApiError {
    let answer = match error {
        CloudError::Throttled | CloudError::Unavailable(_) | CloudError::Unknown(_) => {
            ApiError::new(ProblemCode::Unavailable, "AWS cannot answer now").retry_after(Duration::from_secs(5))
        }
        CloudError::NotFound(_) | CloudError::AlreadyExists(_) | CloudError::Refused { .. } => {
            ApiError::new(ProblemCode::CloudFailed, "AWS did not do as told")
        }
    };
    answer.because(error)
}

fn plan(error: &PlanError) -> ApiError {
    internal(error)
}

fn key(error: &KeyError) -> ApiError {
    match error {
        KeyError::Unavailable(_) => unavailable(error),
        KeyError::Mismatch => internal(error),
    }
}

fn store(error: &StoreError) -> ApiError {
    match error {
        StoreError::BadCursor => ApiError::field("cursor", "must be the `next_cursor` of the page before"),
        StoreError::Unavailable(_) | StoreError::Unknown(_) | StoreError::Conflict => unavailable(error),
        StoreError::Corrupt(_) => internal(error),
    }
}

fn unavailable(error: &dyn Error) -> ApiError {
    ApiError::new(ProblemCode::Unavailable, "the server cannot reach what it needs")
        .retry_after(Duration::from_secs(5))
        .because(error)
}

fn internal(error: &dyn Error) -> ApiError {
    ApiError::new(ProblemCode::Internal, "the server made a mistake").because(error)
}

/// The error and all its causes in one line.
fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let _ = write!(line, ": {cause}");
        next = cause.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use daypass_vending::session::Status;
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn every_failure_of_the_domain_has_its_problem_and_keeps_its_cause_to_itself() {
        const INSIDE: &str = "the disk of host db-7 is full";
        let inside = || INSIDE.to_owned();
        let refused = || CloudError::Refused { code: "MalformedPolicyDocument".to_owned(), message: inside() };
        for (error, code, retries) in [
            (ApiError::from(ActError::NotFound), ProblemCode::NotFound, false),
            (ActError::Conflict.into(), ProblemCode::Conflict, false),
            (ActError::Changed.into(), ProblemCode::RequestChanged, false),
            (ActError::KeyReused.into(), ProblemCode::KeyReused, false),
            (ActError::NotReady { retry_after: SignedDuration::from_millis(1500) }.into(), ProblemCode::NotReady, true),
            (
                ActError::WrongState { status: Status::Failed, needed: "there is no access" }.into(),
                ProblemCode::WrongState,
                false,
            ),
            (
                ActError::Invalid { field: "action", rule: "must be one".to_owned() }.into(),
                ProblemCode::InvalidInput,
                false,
            ),
            (ActError::Cloud(CloudError::Throttled).into(), ProblemCode::Unavailable, true),
            (ActError::Cloud(CloudError::Unknown(inside())).into(), ProblemCode::Unavailable, true),
            (ActError::Cloud(refused()).into(), ProblemCode::CloudFailed, false),
            (ActError::Key(KeyError::Unavailable(inside())).into(), ProblemCode::Unavailable, true),
            (ActError::Key(KeyError::Mismatch).into(), ProblemCode::Internal, false),
            (ActError::Store(StoreError::Unavailable(inside())).into(), ProblemCode::Unavailable, true),
            (ActError::Store(StoreError::Unknown(inside())).into(), ProblemCode::Unavailable, true),
            (ActError::Store(StoreError::Corrupt(inside())).into(), ProblemCode::Internal, false),
            (ActError::Store(StoreError::BadCursor).into(), ProblemCode::InvalidInput, false),
            (RequestError::AccountFull { used: 990, limit: 1000 }.into(), ProblemCode::LimitExceeded, false),
            (RequestError::Store(StoreError::Corrupt(inside())).into(), ProblemCode::Internal, false),
            (RequestError::KeyReused.into(), ProblemCode::KeyReused, false),
        ] {
            assert_eq!(error.problem().code, code);
            assert_eq!(error.problem().status, code.status());
            assert_eq!(error.written("a").headers().contains_key(header::RETRY_AFTER), retries, "{code}");
            let told = serde_json::to_string(error.problem()).unwrap();
            assert!(!told.contains("db-7"), "{told}");
            let is_ours = matches!(code, ProblemCode::Internal | ProblemCode::Unavailable | ProblemCode::CloudFailed);
            assert_eq!(error.cause().is_some(), is_ours, "{code}: what is our failure is explained in the log");
        }
    }

    #[test]
    fn a_part_of_a_second_is_waited_for_as_a_whole() {
        let error = ApiError::new(ProblemCode::NotReady, "soon").retry_after(Duration::from_millis(1500));
        assert_eq!(error.written("a").headers()[header::RETRY_AFTER], "2");
    }
}
