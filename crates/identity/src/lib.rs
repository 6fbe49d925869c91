#![doc = include_str!("../README.md")]

mod aws;
mod claims;
mod doors;
mod emergency;
mod http;
mod keys;
mod oidc;
mod people;
mod sources;
#[cfg(test)]
mod testing;
mod token;
mod workload;

pub use aws::{AwsAccount, AwsDoor, AwsGroups, AwsSettings, AwsSettingsError, LoggedIn, Presentation, Wanted};
pub use doors::{Doors, DoorsError};
pub use emergency::{EmergencyKey, EmergencyPublicKey, InvalidPublicKey};
pub use keys::{KeysError, TrustedKeys};
pub use oidc::{InvalidIssuer, IssuerSettings, IssuerUrl, KeySource, Kind};
pub use people::People;
pub use sources::{Sources, SourcesError};
pub use workload::GitHubActions;

use daypass_vending::ports::AuthenticationError;

/// The evidence proves nothing, and why: for the trail.
fn rejected(why: impl Into<String>) -> AuthenticationError {
    AuthenticationError::Rejected(why.into())
}
