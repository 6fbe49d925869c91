//! What a batch prints about a comparison.

use serde::Serialize;

use super::CaseId;
use crate::compare::{Inclusion, UnknownReason};
use crate::request::Request;

/// The answer to one case, as a JSON object.
#[derive(Debug, Serialize)]
pub struct Compared<'a> {
    /// What the case is called.
    pub id: &'a CaseId,
    /// `included`, `not-included` or `unknown`.
    pub result: &'static str,
    /// A request that only the first policy allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<&'a Request>,
    /// What stopped the comparison.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'a UnknownReason>,
}

impl<'a> Compared<'a> {
    /// The answer to the case with this id.
    #[must_use]
    pub fn new(id: &'a CaseId, inclusion: &'a Inclusion) -> Compared<'a> {
        let (witness, reason) = match inclusion {
            Inclusion::Included => (None, None),
            Inclusion::Witness(request) => (Some(&**request), None),
            Inclusion::Unknown(reason) => (None, Some(reason)),
        };
        Compared { id, result: inclusion.name(), witness, reason }
    }
}
