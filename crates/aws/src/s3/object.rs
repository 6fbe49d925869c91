//! One object, whole.

use std::fmt;

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use daypass_vending::ids::AccountId;

use super::ObjectAddress;
use super::failure::{ObjectError, object_error};

/// Reads objects.
#[derive(Clone, Debug)]
pub struct Objects {
    pub(super) client: Client,
    pub(super) owner: Option<AccountId>,
}

/// An object as it was read.
#[derive(Clone, PartialEq, Eq)]
pub struct Object {
    /// Where it was.
    pub address: ObjectAddress,
    /// What it holds.
    pub bytes: Vec<u8>,
    /// Changes when the content does; quotation marks are part of it.
    pub etag: Option<String>,
    /// Which version it was; `None` when the bucket keeps none.
    pub version: Option<String>,
}

/// Contents may be anything, secrets included.
impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, bytes, etag, version } = self;
        let length = bytes.len();
        write!(f, "Object({address}, {length} bytes, etag {etag:?}, version {version:?})")
    }
}

impl Objects {
    /// With the region, endpoint and credentials of `config`. With an owner, buckets of anybody else are refused: whoever
    /// takes over a bucket's name after it was deleted must not get to configure us
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html>).
    #[must_use]
    pub fn new(config: &SdkConfig, owner: Option<AccountId>) -> Self {
        Self { client: super::client(config), owner }
    }

    /// The object as it is now, if it has no more than `limit` bytes.
    ///
    /// # Errors
    /// See [`ObjectError`].
    pub async fn read(&self, address: &ObjectAddress, limit: usize) -> Result<Object, ObjectError> {
        let call = self.client.get_object().bucket(address.bucket()).key(address.key());
        let answer = call.set_expected_bucket_owner(self.owner.as_ref().map(ToString::to_string)).send().await;
        whole(address, answer.map_err(|error| object_error(address, &error))?, limit).await
    }

    /// One version of the object, if it has no more than `limit` bytes, and the content that `etag` stands for.
    pub(super) async fn read_version(
        &self,
        address: &ObjectAddress,
        version: &str,
        etag: Option<String>,
        limit: usize,
    ) -> Result<Object, ObjectError> {
        let call = self.client.get_object().bucket(address.bucket()).key(address.key()).version_id(version);
        let call = call.set_expected_bucket_owner(self.owner.as_ref().map(ToString::to_string)).set_if_match(etag);
        let answer = call.send().await;
        whole(address, answer.map_err(|error| object_error(address, &error))?, limit).await
    }
}

impl Object {
    /// The content as text.
    ///
    /// # Errors
    /// [`ObjectError::NotText`].
    pub fn text(&self) -> Result<&str, ObjectError> {
        std::str::from_utf8(&self.bytes).map_err(|_| ObjectError::NotText { what: self.address.to_string() })
    }
}

/// The whole answer. What it says of its length is believed only if it is too much.
async fn whole(address: &ObjectAddress, mut answer: GetObjectOutput, limit: usize) -> Result<Object, ObjectError> {
    let too_large = || ObjectError::TooLarge { what: address.to_string(), limit };
    if answer.content_length.and_then(|length| usize::try_from(length).ok()).is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    while let Some(part) = answer.body.try_next().await.map_err(|error| cut_off(address, &error))? {
        if bytes.len().saturating_add(part.len()) > limit {
            return Err(too_large());
        }
        bytes.extend_from_slice(&part);
    }
    Ok(Object { address: address.clone(), bytes, etag: answer.e_tag, version: answer.version_id })
}

/// The connection broke, or the checksum is wrong.
fn cut_off(address: &ObjectAddress, error: &(dyn std::error::Error + 'static)) -> ObjectError {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let why = causes.map(ToString::to_string).collect::<Vec<_>>().join(": ");
    ObjectError::Unavailable { what: address.to_string(), why }
}
