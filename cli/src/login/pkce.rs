//! What only we can know: the secrets that tie a browser's answer, a code and an id token to the login that asked for them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use daypass_api::Masked;
use daypass_vending::ports::Entropy;
use sha2::{Digest as _, Sha256};

/// The secret of one login (RFC 7636, <https://www.rfc-editor.org/rfc/rfc7636>). Whoever steals the code has no use for it
/// without this.
pub(crate) struct Verifier(Masked);

impl Verifier {
    /// 256 random bits, as section 4.1 recommends.
    pub(crate) fn draw(entropy: &dyn Entropy) -> Self {
        Self(Masked::new(unguessable(entropy)))
    }

    /// What the provider is told first: the SHA-256 of the secret (`S256`, section 4.2).
    pub(crate) fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.0.reveal()))
    }

    /// The secret itself, told with the code.
    pub(crate) fn reveal(&self) -> &str {
        self.0.reveal()
    }
}

/// A text that nobody can guess: 256 random bits in 43 letters that need no escaping anywhere.
pub(crate) fn unguessable(entropy: &dyn Entropy) -> String {
    URL_SAFE_NO_PAD.encode(entropy.bytes::<32>())
}

#[cfg(test)]
mod tests {
    use daypass_embedded::entropy::SystemEntropy;

    use super::*;

    /// Gives the bytes of RFC 7636, appendix B.
    struct Appendix;

    impl Entropy for Appendix {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.copy_from_slice(&[
                116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214,
                191, 240, 91, 88, 5, 88, 83, 132, 141, 121,
            ]);
        }
    }

    #[test]
    fn the_example_of_the_standard_comes_out() {
        let verifier = Verifier::draw(&Appendix);
        assert_eq!(verifier.reveal(), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(verifier.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn no_two_logins_share_a_secret_and_its_letters_are_legal() {
        let one = unguessable(&SystemEntropy);
        assert_ne!(one, unguessable(&SystemEntropy));
        // RFC 7636, section 4.1: 43 to 128 unreserved characters.
        assert!(one.len() == 43 && one.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
    }
}
