//! Keys in KMS.

use daypass_aws::kms::KmsKeyNames;
use serde_json::json;

use super::{Call, Hub, Key};

/// Two new keys of the hub: one for secrets, one for signatures.
///
/// # Panics
/// When they cannot be made.
pub async fn key_names(hub: &Hub) -> KmsKeyNames {
    let root = Key::root(&hub.account);
    let mut arns = Vec::new();
    for key in [json!({}), json!({"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"})] {
        let made = hub.ministack.must(&root, &Call::json("kms", "TrentService.CreateKey", &key)).await;
        arns.push(made.json()["KeyMetadata"]["Arn"].as_str().expect("an ARN").to_owned());
    }
    let [encryption, signing] = <[String; 2]>::try_from(arns).expect("two keys");
    KmsKeyNames { encryption, signing }
}
