//! How a signature is written down: algorithm, key, and what KMS made of the message's hash. The hash is all that KMS gets,
//! because a message sent whole may have 4096 bytes at most
//! (<https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html>).

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha2::{Digest, Sha256};

/// KMS' `ECDSA_SHA_256`, as in every signature's text.
const ALGORITHM: &str = "ecdsa-sha256";

/// No signature of a P-256 key is longer, in bytes of DER (RFC 3279, section 2.2.3).
const LONGEST: usize = 72;

/// What KMS signs.
pub(super) fn digest(message: &[u8]) -> Vec<u8> {
    Sha256::digest(message).to_vec()
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Signature {
    pub(super) bytes: Vec<u8>,
}

impl Signature {
    pub(super) fn to_text(&self, key: &str) -> String {
        format!("{ALGORITHM}:{key}:{}", BASE64.encode(&self.bytes))
    }

    /// `None` when the text is no signature by this key.
    pub(super) fn from_text(text: &str, key: &str) -> Option<Self> {
        let rest = text.strip_prefix(ALGORITHM)?.strip_prefix(':')?;
        let bytes = BASE64.decode(rest.strip_prefix(key)?.strip_prefix(':')?).ok()?;
        (1..=LONGEST).contains(&bytes.len()).then_some(Self { bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_names_its_algorithm_and_its_key() {
        let key = "arn:aws:kms:eu-central-1:111122223333:key/5f0c6a52-0a51-4f0e-9d0a-6d1f6f2b8a11";
        let signature = Signature { bytes: vec![7; 71] };
        let text = signature.to_text(key);
        assert!(text.starts_with(&format!("ecdsa-sha256:{key}:")), "{text}");
        assert_eq!(Signature::from_text(&text, key), Some(signature));
        assert_eq!(Signature::from_text(&text, "alias/other"), None);
        let long = Signature { bytes: vec![7; 73] }.to_text(key);
        for garbage in ["", "ecdsa-sha256", "ed25519:key:aaaa", "ecdsa-sha256:key:", "ecdsa-sha256:key:***", &long] {
            assert_eq!(Signature::from_text(garbage, "key"), None, "{garbage}");
        }
    }
}
