#![doc = include_str!("../README.md")]

mod answer;
mod arn;
pub mod cases;
pub mod catalogue;
pub mod compare;
mod context;
mod decimal;
mod document;
mod evaluate;
pub mod explain;
mod glob;
mod instant;
mod layers;
pub mod lint;
mod operator;
mod ordinal;
mod prepared;
mod principal;
mod request;
mod template;

pub use answer::{Answer, Decision, Layer, StatementRef};
pub use context::{Context, ContextValue};
pub use document::{
    ConditionBlock, ConditionValue, Conditions, Effect, JsonNumber, Match, OneOrMany, ParseError, PolicyDocument,
    PolicyKind, PrincipalType, Principals, Statement, StatementDraft, Version,
};
pub use evaluate::{decide, evaluate};
pub use layers::{Layers, ResourceKind};
pub use operator::{Comparison, Operator, Quantifier, UnknownOperator};
pub use prepared::PreparedPolicy;
pub use principal::{Principal, PrincipalError};
pub use request::{Action, ActionError, Request};
