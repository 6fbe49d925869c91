//! What is given to KMS to encrypt, and how the result is written down.
//!
//! KMS authenticates ciphertext and context. The hash inside says once more that both belong to the secret: it costs 32
//! bytes, and a stand-in for KMS that does not authenticate (an emulator, a proxy) is found out instead of believed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use daypass_vending::secret::{Sealed, Secret};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// What every sealed text starts with.
const PREFIX: &str = "kms:1:";

const HASH_BYTES: usize = 32;

/// The hash of context and secret, then the secret.
pub(super) fn content(context: &str, secret: &Secret) -> Zeroizing<Vec<u8>> {
    let secret = secret.reveal().as_bytes();
    Zeroizing::new([binding(context, secret).as_slice(), secret].concat())
}

/// The secret in a decrypted content, if it is one of this context.
pub(super) fn secret(context: &str, content: &[u8]) -> Option<Secret> {
    let (hash, secret) = content.split_first_chunk::<HASH_BYTES>()?;
    let text = std::str::from_utf8(secret).ok()?;
    (*hash == binding(context, secret)).then(|| Secret::new(text.to_owned()))
}

pub(super) fn to_text(ciphertext: &[u8]) -> Sealed {
    Sealed(format!("{PREFIX}{}", BASE64.encode(ciphertext)))
}

pub(super) fn from_text(sealed: &Sealed) -> Option<Vec<u8>> {
    let ciphertext = BASE64.decode(sealed.0.strip_prefix(PREFIX)?).ok()?;
    (!ciphertext.is_empty()).then_some(ciphertext)
}

fn binding(context: &str, secret: &[u8]) -> [u8; HASH_BYTES] {
    // The length keeps a letter from moving between context and secret.
    let length = u64::try_from(context.len()).unwrap_or(u64::MAX).to_be_bytes();
    let hash = Sha256::new().chain_update(length).chain_update(context).chain_update(secret);
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_yields_its_secret_in_its_context_only_and_unchanged_only() {
        let kept = Secret::new("correct horse".to_owned());
        let content = content("session a", &kept);
        assert_eq!(secret("session a", &content), Some(kept));
        assert_eq!(secret("session b", &content), None);
        for place in 0..content.len() {
            let mut changed = content.clone();
            changed[place] ^= 1;
            assert_eq!(secret("session a", &changed), None, "byte {place}");
            assert_eq!(secret("session a", &content[..place]), None, "cut at {place}");
        }
    }

    #[test]
    fn a_letter_cannot_move_between_context_and_secret() {
        let content = content("ab", &Secret::new("c".to_owned()));
        let hash = &content[..HASH_BYTES];
        assert_eq!(secret("a", &[hash, b"bc"].concat()), None);
    }

    #[test]
    fn texts_are_read_back_and_others_refused() {
        assert_eq!(from_text(&to_text(b"cipher")), Some(b"cipher".to_vec()));
        for text in ["", "kms:1:", "kms:1:***", "kms:2:Y2lwaGVy", "Y2lwaGVy"] {
            assert_eq!(from_text(&Sealed(text.to_owned())), None, "{text}");
        }
    }
}
