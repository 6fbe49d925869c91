//! ARNs, and ids and secrets made by chance.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use daypass_vending::ids::AccountId;
use daypass_vending::ports::Entropy;
use daypass_vending::secret::Secret;
use daypass_vending::template::Partition;

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns>
pub(super) fn role_arn(partition: Partition, account: &AccountId, path: &str, name: &str) -> String {
    format!("arn:{}:iam::{account}:role{path}{name}", partition.as_str())
}

/// The ARN of a session: without the role's path.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-role-session>
pub(super) fn session_arn(partition: Partition, account: &AccountId, role: &str, session_name: &str) -> String {
    format!("arn:{}:sts::{account}:assumed-role/{role}/{session_name}", partition.as_str())
}

/// The unique id of a role; never used twice, whatever the role is called.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>
pub(super) fn role_id(entropy: &dyn Entropy) -> String {
    prefixed("AROA", &entropy.bytes::<17>())
}

/// The id of temporary credentials: 20 characters.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes>
pub(super) fn access_key_id(entropy: &dyn Entropy) -> String {
    prefixed("ASIA", &entropy.bytes::<16>())
}

/// A secret access key: 40 characters.
pub(super) fn secret_access_key(entropy: &dyn Entropy) -> Secret {
    Secret::new(STANDARD.encode(entropy.bytes::<30>()))
}

/// A session token. AWS promises nothing about its form or length
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_Credentials.html>).
pub(super) fn session_token(entropy: &dyn Entropy) -> Secret {
    Secret::new(STANDARD.encode(entropy.bytes::<96>()))
}

/// Five bits of each byte as a letter of RFC 4648's base 32, which is what AWS' ids are made of.
fn prefixed(prefix: &str, bits: &[u8]) -> String {
    const LETTERS: [char; 32] = [
        'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P', 'Q', 'R', 'S', 'T', 'U', 'V',
        'W', 'X', 'Y', 'Z', '2', '3', '4', '5', '6', '7',
    ];
    let letters = bits.iter().filter_map(|byte| LETTERS.get(usize::from(byte & 31)));
    prefix.chars().chain(letters.copied()).collect()
}
