//! What went wrong, as RFC 9457 wants it told (<https://www.rfc-editor.org/rfc/rfc9457>), with a code that programs can
//! rely on and a hint that people can act on.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An error answer, `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// A URI naming the kind of problem: `urn:daypass:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of problem in a few words, the same every time.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What went wrong this time.
    pub detail: String,
    /// The kind of problem, for programs. Never changes its meaning.
    pub code: ProblemCode,
    /// The fields that were wrong, if it was the input.
    #[serde(default, rename = "field", skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldProblem>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Names the request in the server's log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// One field that was wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldProblem {
    /// The field as a path, such as `reason` or `context.aws:SourceVpc`; `body` for the body as a whole.
    pub field: String,
    /// What it has to be.
    pub message: String,
}

/// Defines the codes with their spelling, title and usual status in one table.
macro_rules! codes {
    ($($(#[$meta:meta])* $name:ident = $text:literal, $status:literal, $title:literal;)*) => {
        /// The kinds of problems. A code never changes its meaning; new ones may come.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum ProblemCode {
            $($(#[$meta])* #[serde(rename = $text)] $name,)*
            /// A code of a server newer than this client.
            #[serde(other, rename = "unknown")]
            Unknown,
        }

        impl ProblemCode {
            /// Every code a server of this version may use.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The code as it goes over the wire.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                    Self::Unknown => "unknown",
                }
            }

            /// The HTTP status that goes with it.
            #[must_use]
            pub fn status(self) -> u16 {
                match self {
                    $(Self::$name => $status,)*
                    Self::Unknown => 500,
                }
            }

            /// The title that goes with it.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self {
                    $(Self::$name => $title,)*
                    Self::Unknown => "Unknown problem",
                }
            }
        }
    };
}

codes! {
    /// The input is wrong; `field` says where.
    InvalidInput = "invalid-input", 400, "The request is not valid";
    /// The caller did not prove who they are. Always the same answer, whatever was wrong with the token.
    Unauthenticated = "unauthenticated", 401, "Authentication is required";
    /// The rules refuse it; `hint` says what would be needed.
    Refused = "refused", 403, "The rules do not allow this";
    /// There is no such thing, or it is none of the caller's business.
    NotFound = "not-found", 404, "Not found";
    /// The route exists, but not for this method.
    MethodNotAllowed = "method-not-allowed", 405, "The method is not allowed here";
    /// The request took too long to arrive.
    RequestTimeout = "request-timeout", 408, "The request took too long";
    /// The session's state does not allow this.
    WrongState = "wrong-state", 409, "The session's state does not allow this";
    /// Somebody else changed the session at the same moment; asking again is safe.
    Conflict = "conflict", 409, "Somebody else changed it at the same moment";
    /// The request that waits is not the one that its approver saw; look at it again.
    RequestChanged = "request-changed", 409, "The request is not the one that was seen";
    /// The body is larger than any request needs to be.
    TooLarge = "too-large", 413, "The request is too large";
    /// The body is not `application/json`.
    UnsupportedMediaType = "unsupported-media-type", 415, "The body must be JSON";
    /// The idempotency key stood for a different call before.
    KeyReused = "idempotency-key-reused", 422, "The idempotency key was used for a different call";
    /// The request is understood, but asks for more than there is: longer than the tier's limit, a full account.
    LimitExceeded = "limit-exceeded", 422, "The request goes beyond a limit";
    /// Too many requests in a minute; `Retry-After` says when to come back.
    RateLimited = "rate-limited", 429, "Too many requests";
    /// A mistake of the server's own; the request id finds it in the log.
    Internal = "internal", 500, "The server made a mistake";
    /// AWS did not do as told.
    CloudFailed = "cloud-failed", 502, "AWS did not do as told";
    /// Nothing wrong, but not yet: the role is still becoming visible. `Retry-After` says when to come back.
    NotReady = "not-ready", 503, "Not ready yet";
    /// The server is stopping, overloaded, or cannot reach what it needs.
    Unavailable = "unavailable", 503, "The server cannot answer now";
}

impl Problem {
    /// A problem of this kind, with its title and status.
    #[must_use]
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:daypass:problem:{}", code.as_str()),
            title: code.title().to_owned(),
            status: code.status(),
            detail: detail.into(),
            code,
            fields: vec![],
            hint: None,
            request_id: None,
        }
    }

    /// With one more wrong field.
    #[must_use]
    pub fn with_field(mut self, field: impl Into<String>, message: impl Into<String>) -> Self {
        self.fields.push(FieldProblem { field: field.into(), message: message.into() });
        self
    }

    /// With advice.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)?;
        for FieldProblem { field, message } in &self.fields {
            write!(f, "; `{field}`: {message}")?;
        }
        Ok(())
    }
}

impl fmt::Display for ProblemCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_spelt_the_same_in_json_and_in_text() {
        for code in ProblemCode::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
            assert_eq!(serde_json::from_value::<ProblemCode>(code.as_str().into()).unwrap(), *code);
            assert!((400..600).contains(&code.status()), "{code}");
        }
    }

    #[test]
    fn a_code_of_a_newer_server_is_unknown_and_not_an_error() {
        let problem = Problem::new(ProblemCode::Refused, "no");
        let mut json = serde_json::to_value(&problem).unwrap();
        json["code"] = "quantum-flux".into();
        assert_eq!(serde_json::from_value::<Problem>(json).unwrap().code, ProblemCode::Unknown);
    }
}
