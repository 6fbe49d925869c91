//! Answers to comparisons.

use std::fmt;

use serde::Serialize;

use super::solve::Doubt;
use crate::request::Request;

/// Whether a policy grants no more than another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inclusion {
    /// Proved: there is no request that only the first allows.
    Included,
    /// A request that the first allows and the second does not, as the evaluator says too.
    Witness(Box<Request>),
    /// Neither was found.
    Unknown(UnknownReason),
}

/// Whether two policies allow the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Equivalence {
    /// Proved.
    Equivalent,
    /// A request that only the first allows.
    OnlyFirst(Box<Request>),
    /// A request that only the second allows.
    OnlySecond(Box<Request>),
    /// Neither was found.
    Unknown(UnknownReason),
}

/// Whether there is a request of some kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Emptiness {
    /// Proved: there is none.
    Empty,
    /// This one, as the evaluator says too.
    Witness(Box<Request>),
    /// Neither was found.
    Unknown(UnknownReason),
}

/// What stopped a comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnknownReason(String);

impl Inclusion {
    /// `included`, `not-included` or `unknown`, as files of cases say it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Inclusion::Included => "included",
            Inclusion::Witness(_) => "not-included",
            Inclusion::Unknown(_) => "unknown",
        }
    }

    /// Whether inclusion was proved.
    #[must_use]
    pub fn is_included(&self) -> bool {
        *self == Inclusion::Included
    }
}

impl Emptiness {
    /// Whether it was proved that there is no such request.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Emptiness::Empty
    }
}

impl fmt::Display for UnknownReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Doubt> for UnknownReason {
    fn from(doubt: Doubt) -> UnknownReason {
        UnknownReason(match doubt {
            Doubt::Rejected(what) => format!("the answer depends on {what}"),
            Doubt::Undecided(reason) => reason,
            Doubt::Exhausted(aspect) => format!("too many combinations of {aspect}"),
        })
    }
}

impl From<Result<Option<Request>, UnknownReason>> for Inclusion {
    fn from(found: Result<Option<Request>, UnknownReason>) -> Inclusion {
        match found {
            Ok(None) => Inclusion::Included,
            Ok(Some(request)) => Inclusion::Witness(Box::new(request)),
            Err(reason) => Inclusion::Unknown(reason),
        }
    }
}

impl From<Result<Option<Request>, UnknownReason>> for Emptiness {
    fn from(found: Result<Option<Request>, UnknownReason>) -> Emptiness {
        match found {
            Ok(None) => Emptiness::Empty,
            Ok(Some(request)) => Emptiness::Witness(Box::new(request)),
            Err(reason) => Emptiness::Unknown(reason),
        }
    }
}
