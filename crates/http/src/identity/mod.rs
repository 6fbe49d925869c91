//! Proof of who calls: tokens and addresses.

mod address;
mod claims;
mod keys;
mod token;

pub(crate) use address::client_address;
pub use keys::{KeysError, TrustedKeys};
pub use token::{Issuer, TokenAuthenticator};
