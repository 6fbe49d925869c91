//! What every member account has: the vendor role, the boundaries of the tiers, and the gate role.

pub mod gate;
pub mod vendor;

use daypass_vending::template::TemplateError;
use daypass_vending::tier::Tier;

use crate::document::Document;

/// A tier's boundary, as the server compiles it for the account.
///
/// # Errors
/// When the boundary has slots that a shared document cannot have.
pub fn boundary(tier: &Tier) -> Result<Document, TemplateError> {
    let policy = tier.boundary.compile_shared_as("<account_id>", "<partition>")?;
    Ok(Document::boundary(format!("boundary-{}", tier.name), policy))
}
