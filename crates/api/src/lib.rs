#![doc = include_str!("../README.md")]

mod access;
mod audit;
mod client;
mod credentials;
mod development;
mod masked;
mod problem;
mod session;
mod tier;

pub use access::{AccessAnswer, AccessCheck, ContextValues, Decision, StatementView};
pub use audit::{ActorView, AuditPage, AuditQuery, AuditReport, EventView, OutcomeView};
pub use client::{Call, Client, ClientError, Trouble};
pub use credentials::CredentialsView;
pub use development::{AwsAnswer, AwsCall, ClockMove, ClockView, Login, LoginAnswer};
pub use masked::Masked;
pub use problem::{FieldProblem, Problem, ProblemCode};
pub use session::{
    AlertView, EndCause, EndSession, EndView, Extend, ExtensionView, NewSession, Revocation, Revoked, SessionPage,
    SessionQuery, SessionStatus, SessionView, StuckView,
};
pub use tier::{TierList, TierView};
