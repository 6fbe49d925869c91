//! A key file instead of KMS: three random keys, one for each purpose, so that none can be tricked into doing another's
//! work. Encryption is XChaCha20-Poly1305 (24-byte nonces, so that random ones never meet); signatures are Ed25519
//! (<https://www.rfc-editor.org/rfc/rfc8032>).

mod file;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use daypass_vending::audit::Digest256;
use daypass_vending::ports::{Entropy, KeyError, Keys};
use daypass_vending::secret::{Sealed, Secret};
use ed25519_dalek::{Signature, Signer, SigningKey};
use zeroize::Zeroizing;

use crate::database::{Database, JobError};
use file::KeyFile;
pub use file::KeyFileError;

const NONCE_BYTES: usize = 24;

/// Keys that live in a file of this machine.
pub struct LocalKeys {
    encryption: XChaCha20Poly1305,
    encryption_id: String,
    audit: SigningKey,
    audit_id: String,
    issuer: SigningKey,
    entropy: Arc<dyn Entropy>,
}

impl LocalKeys {
    /// Read the key file, and make it when it is not there.
    ///
    /// # Errors
    /// When others may read it, it is damaged, or the file system refuses.
    pub fn open(path: &Path, entropy: Arc<dyn Entropy>) -> Result<Self, KeyFileError> {
        let file = KeyFile::open_or_create(path, entropy.as_ref())?;
        Ok(Self::from_file(&file, entropy))
    }

    /// New keys without a file, for tests and for what is thrown away afterwards.
    #[must_use]
    pub fn ephemeral(entropy: Arc<dyn Entropy>) -> Self {
        Self::from_file(&KeyFile::generate(entropy.as_ref()), entropy)
    }

    /// Make sure that the database was written with these keys; a new one belongs to them from now on. Else secrets would
    /// turn out unreadable one by one, long after the key file was lost or mixed up.
    ///
    /// # Errors
    /// When the database belongs to another key file, or cannot be used.
    pub async fn bind(&self, database: &Database) -> Result<(), KeyFileError> {
        let ours = self.encryption_id.clone();
        let bound = database.write(move |transaction| -> Result<String, JobError> {
            transaction.execute("INSERT INTO key_file VALUES (1, ?1) ON CONFLICT DO NOTHING", [ours])?;
            Ok(transaction.query_row("SELECT key_id FROM key_file", [], |row| row.get(0))?)
        });
        let bound = bound.await.map_err(|error| KeyFileError::Database(error.into()))?;
        if bound == self.encryption_id { Ok(()) } else { Err(KeyFileError::OtherDatabase) }
    }

    /// Encrypt; see [`Keys::seal`].
    pub(crate) fn seal_now(&self, context: &str, secret: &Secret) -> Result<Sealed, KeyError> {
        let nonce: [u8; NONCE_BYTES] = self.entropy.bytes();
        let payload = Payload { msg: secret.reveal().as_bytes(), aad: context.as_bytes() };
        // The cipher refuses only what is longer than 256 GiB.
        let encrypted = self.encryption.encrypt(&XNonce::from(nonce), payload).map_err(|_| KeyError::Mismatch)?;
        let text = BASE64.encode([nonce.as_slice(), &encrypted].concat());
        Ok(Sealed(format!("xchacha20poly1305:{}:{text}", self.encryption_id)))
    }

    /// Decrypt; see [`Keys::open`].
    pub(crate) fn open_now(&self, context: &str, sealed: &Sealed) -> Result<Secret, KeyError> {
        let opened = self.decrypt(context, sealed).ok_or(KeyError::Mismatch)?;
        let text = std::str::from_utf8(&opened).map_err(|_| KeyError::Mismatch)?;
        Ok(Secret::new(text.to_owned()))
    }

    /// The key that signs the development issuer's tokens.
    pub(crate) fn issuer(&self) -> &SigningKey {
        &self.issuer
    }

    fn from_file(file: &KeyFile, entropy: Arc<dyn Entropy>) -> Self {
        let audit = SigningKey::from_bytes(&file.audit);
        Self {
            encryption: XChaCha20Poly1305::new((&*file.encryption).into()),
            // The hash of a random key gives nothing of it away.
            encryption_id: key_id(&[b"daypass encryption key", file.encryption.as_slice()]),
            audit_id: key_id(&[audit.verifying_key().as_bytes()]),
            audit,
            issuer: SigningKey::from_bytes(&file.issuer),
            entropy,
        }
    }

    fn decrypt(&self, context: &str, sealed: &Sealed) -> Option<Zeroizing<Vec<u8>>> {
        let mine = format!("xchacha20poly1305:{}:", self.encryption_id);
        let bytes = BASE64.decode(sealed.0.strip_prefix(&mine)?).ok()?;
        let (nonce, encrypted) = bytes.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload { msg: encrypted, aad: context.as_bytes() };
        self.encryption.decrypt(&XNonce::from(*nonce), payload).ok().map(Zeroizing::new)
    }
}

#[async_trait]
impl Keys for LocalKeys {
    async fn seal(&self, context: &str, secret: &Secret) -> Result<Sealed, KeyError> {
        self.seal_now(context, secret)
    }

    async fn open(&self, context: &str, sealed: &Sealed) -> Result<Secret, KeyError> {
        self.open_now(context, sealed)
    }

    async fn sign(&self, message: &[u8]) -> Result<String, KeyError> {
        let signature = self.audit.sign(message);
        Ok(format!("ed25519:{}:{}", self.audit_id, BASE64.encode(signature.to_bytes())))
    }

    async fn verify(&self, message: &[u8], signature: &str) -> Result<bool, KeyError> {
        let mine = format!("ed25519:{}:", self.audit_id);
        let bytes = signature.strip_prefix(&mine).and_then(|text| BASE64.decode(text).ok());
        let signature = bytes.and_then(|bytes| Signature::from_slice(&bytes).ok());
        Ok(signature.is_some_and(|signature| self.audit.verifying_key().verify_strict(message, &signature).is_ok()))
    }
}

impl fmt::Debug for LocalKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LocalKeys(encryption {}, audit {})", self.encryption_id, self.audit_id)
    }
}

/// The first 64 bits of a hash: enough to tell key files apart.
fn key_id(parts: &[&[u8]]) -> String {
    Digest256::of(&parts.concat()).to_string().chars().take(16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SeededEntropy;

    fn keys(seed: u64) -> LocalKeys {
        LocalKeys::ephemeral(Arc::new(SeededEntropy::new(seed)))
    }

    #[tokio::test]
    async fn what_was_sealed_opens_only_here_unchanged_and_in_its_context() {
        let keys_1 = keys(1);
        let secret = Secret::new("correct horse".to_owned());
        let sealed = keys_1.seal("session a", &secret).await.unwrap();
        assert_eq!(keys_1.open("session a", &sealed).await.unwrap(), secret);
        assert_ne!(keys_1.seal("session a", &secret).await.unwrap(), sealed, "equal secrets look different");
        assert_eq!(keys_1.open("session b", &sealed).await, Err(KeyError::Mismatch));
        assert_eq!(keys(2).open("session a", &sealed).await, Err(KeyError::Mismatch));
        for place in 0..sealed.0.len() {
            let mut bytes = sealed.0.clone().into_bytes();
            bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
            let changed = Sealed(String::from_utf8(bytes).unwrap());
            assert_eq!(keys_1.open("session a", &changed).await, Err(KeyError::Mismatch), "byte {place}");
        }
        for cut in ["", "xchacha20poly1305:", &sealed.0[..sealed.0.len() - 1]] {
            assert_eq!(keys_1.open("session a", &Sealed(cut.to_owned())).await, Err(KeyError::Mismatch));
        }
    }

    #[tokio::test]
    async fn a_signature_holds_for_its_message_and_key_alone() {
        let keys_1 = keys(1);
        let signature = keys_1.sign(b"heads").await.unwrap();
        assert!(signature.starts_with("ed25519:"), "{signature}");
        assert_eq!(keys_1.verify(b"heads", &signature).await, Ok(true));
        assert_eq!(keys_1.verify(b"tails", &signature).await, Ok(false));
        assert_eq!(keys(2).verify(b"heads", &signature).await, Ok(false));
        for garbage in ["", "ed25519", "ed25519::", "ed25519:x:y", &signature[..signature.len() - 2]] {
            assert_eq!(keys_1.verify(b"heads", garbage).await, Ok(false), "{garbage}");
        }
    }

    #[test]
    fn keys_do_not_show_themselves() {
        let shown = format!("{:?}", keys(1));
        let bytes: [u8; 32] = (&SeededEntropy::new(1) as &dyn Entropy).bytes();
        assert!(shown.len() < 80 && !shown.contains(&hex::encode(bytes)[..16]), "{shown}");
    }

    #[tokio::test]
    async fn a_database_stays_with_its_key_file() {
        let database = Database::open_in_memory().unwrap();
        keys(1).bind(&database).await.unwrap();
        keys(1).bind(&database).await.unwrap();
        assert!(matches!(keys(2).bind(&database).await, Err(KeyFileError::OtherDatabase)));
    }
}
