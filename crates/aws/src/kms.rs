//! Keys in KMS: what is sealed leaves KMS only with the same context, and nobody can make our signatures without it.

mod sealed;
mod signature;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_kms::Client;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{MessageType, SigningAlgorithmSpec};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use daypass_vending::ports::{KeyError, Keys};
use daypass_vending::secret::{Sealed, Secret};
use zeroize::Zeroizing;

use crate::errors::Failure;
use signature::Signature;

/// Under this name the context stands in the encryption context, and so in CloudTrail and in conditions of key policies
/// (<https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html>).
const CONTEXT: &str = "daypass";

/// Which keys do the work. Key ids, ARNs or aliases; ARNs survive a move of an alias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KmsKeyNames {
    /// A symmetric key, for secrets in records.
    pub encryption: String,
    /// A key of spec `ECC_NIST_P256` for signing, for checkpoints of the trail.
    pub signing: String,
}

/// Two keys of KMS as [`Keys`].
#[derive(Debug)]
pub struct KmsKeys {
    client: Client,
    names: KmsKeyNames,
}

impl KmsKeys {
    /// These keys.
    #[must_use]
    pub fn new(config: &SdkConfig, names: KmsKeyNames) -> Self {
        Self { client: Client::new(config), names }
    }

    async fn verify_with_kms(&self, message: &[u8], signature: Signature) -> Result<bool, KeyError> {
        let call = self.client.verify().key_id(&self.names.signing).signature(Blob::new(signature.bytes));
        let call = call.message(Blob::new(signature::digest(message))).message_type(MessageType::Digest);
        let answer = call.signing_algorithm(SigningAlgorithmSpec::EcdsaSha256).send().await;
        match answer {
            Ok(answer) => Ok(answer.signature_valid),
            // KMS has no `false`: (https://docs.aws.amazon.com/kms/latest/APIReference/API_Verify.html).
            Err(error) => match Failure::of(&error) {
                Failure::Refused { code, .. } if code == "KMSInvalidSignatureException" => Ok(false),
                failure => Err(KeyError::Unavailable(failure.to_string())),
            },
        }
    }
}

#[async_trait]
impl Keys for KmsKeys {
    async fn seal(&self, context: &str, secret: &Secret) -> Result<Sealed, KeyError> {
        let content = sealed::content(context, secret);
        let call = self.client.encrypt().key_id(&self.names.encryption).encryption_context(CONTEXT, context);
        let answer = call.plaintext(Blob::new(content.as_slice())).send().await.map_err(key_error)?;
        let ciphertext = answer.ciphertext_blob.ok_or_else(|| missing("ciphertext"))?;
        Ok(sealed::to_text(ciphertext.as_ref()))
    }

    async fn open(&self, context: &str, sealed: &Sealed) -> Result<Secret, KeyError> {
        let ciphertext = sealed::from_text(sealed).ok_or(KeyError::Mismatch)?;
        let call = self.client.decrypt().key_id(&self.names.encryption).encryption_context(CONTEXT, context);
        let answer = call.ciphertext_blob(Blob::new(ciphertext)).send().await.map_err(key_error)?;
        let content = Zeroizing::new(answer.plaintext.ok_or_else(|| missing("plaintext"))?.into_inner());
        sealed::secret(context, &content).ok_or(KeyError::Mismatch)
    }

    async fn sign(&self, message: &[u8]) -> Result<String, KeyError> {
        let call = self.client.sign().key_id(&self.names.signing).message_type(MessageType::Digest);
        let call = call.message(Blob::new(signature::digest(message)));
        let answer = call.signing_algorithm(SigningAlgorithmSpec::EcdsaSha256).send().await.map_err(key_error)?;
        let bytes = answer.signature.ok_or_else(|| missing("signature"))?.into_inner();
        Ok(Signature { bytes }.to_text(&self.names.signing))
    }

    async fn verify(&self, message: &[u8], signature: &str) -> Result<bool, KeyError> {
        match Signature::from_text(signature, &self.names.signing) {
            Some(signature) => self.verify_with_kms(message, signature).await,
            None => Ok(false),
        }
    }
}

/// KMS' words for a ciphertext that is not what this key made with this context
/// (<https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html#API_Decrypt_Errors>).
const MISMATCHES: &[&str] = &["IncorrectKeyException", "InvalidCiphertextException"];

fn key_error<E: std::error::Error + ProvideErrorMetadata + 'static>(error: SdkError<E, HttpResponse>) -> KeyError {
    match Failure::of(&error) {
        Failure::Refused { code, .. } if MISMATCHES.contains(&code.as_str()) => KeyError::Mismatch,
        failure => KeyError::Unavailable(failure.to_string()),
    }
}

fn missing(what: &str) -> KeyError {
    KeyError::Unavailable(format!("KMS sent no {what}"))
}
