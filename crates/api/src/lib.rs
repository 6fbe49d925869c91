#![doc = include_str!("../README.md")]

mod access;
mod audit;
mod capacity;
mod client;
mod credentials;
mod decision;
mod development;
mod explain;
mod login;
mod masked;
mod problem;
mod session;
mod tier;
mod whoami;

pub use access::{AccessAnswer, AccessCheck, ContextValues, Decision, StatementView};
pub use audit::{ActorView, AuditPage, AuditQuery, AuditReport, EventView, OutcomeView};
pub use capacity::{CapacityReport, CapacityView, RolesView};
pub use client::{Call, Client, ClientError, Trouble};
pub use credentials::{CredentialsView, EntryView};
pub use decision::{ApprovalView, Approve, CloseReview, Deny, ReviewQuery, ReviewView, VoteView};
pub use development::{AwsAnswer, AwsCall, ClockMove, ClockView, Login, LoginAnswer};
pub use explain::{ExplainRequest, Explanation};
pub use login::{
    AWS_LOGIN_BODY, AWS_SERVER_ID, AwsLogin, AwsLoginAnswer, AwsOffer, BearerKind, EmergencyOffer, LoginOptions,
    OidcOffer, SignedHeader,
};
pub use masked::Masked;
pub use problem::{FieldProblem, Problem, ProblemCode};
pub use session::{
    AlertView, Delivery, EndCause, EndSession, EndView, Extend, ExtensionView, NewSession, Revocation, Revoked,
    SessionPage, SessionQuery, SessionStatus, SessionView, StuckView,
};
pub use tier::{TierList, TierView};
pub use whoami::WhoAmI;

/// A field that may be absent, but not `null`: who writes `null` where a value belongs has made a mistake.
fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: serde::Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}
