//! Encryption of what must be stored but not read, and signatures that only Daypass can make. KMS in teams, a local key
//! file on one machine.

use async_trait::async_trait;

use crate::secret::{Sealed, Secret};

/// Encrypts with context and signs.
#[async_trait]
pub trait Keys: Send + Sync {
    /// Encrypt `secret` so that it opens only with the same `context`, which is authenticated but not secret.
    ///
    /// # Errors
    /// When the key cannot be reached.
    async fn seal(&self, context: &str, secret: &Secret) -> Result<Sealed, KeyError>;

    /// Decrypt.
    ///
    /// # Errors
    /// When the context differs, the text was changed, or the key cannot be reached.
    async fn open(&self, context: &str, sealed: &Sealed) -> Result<Secret, KeyError>;

    /// Sign a message; the text says which key and algorithm made it.
    ///
    /// # Errors
    /// When the key cannot be reached.
    async fn sign(&self, message: &[u8]) -> Result<String, KeyError>;

    /// Whether `signature` was made by [`Keys::sign`] over exactly this message.
    ///
    /// # Errors
    /// When the key cannot be reached; a wrong signature is `Ok(false)`.
    async fn verify(&self, message: &[u8], signature: &str) -> Result<bool, KeyError>;
}

/// Why a key did not do its work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The sealed text was not made by this key for this context, or was changed.
    #[error("the sealed value does not belong here or was changed")]
    Mismatch,
    /// The key cannot be used now.
    #[error("the key cannot be used: {0}")]
    Unavailable(String),
}
