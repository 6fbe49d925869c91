//! S3: single objects, such as a configuration file, and the tiers of a deployment.
//!
//! Whatever is read has an address that was checked ([`ObjectAddress`], [`FolderAddress`]), a size limit, and comes with
//! the version it has in S3, so that it can be told later which one counted.

mod address;
mod failure;
mod object;
mod tiers;

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;

pub use address::{FolderAddress, InvalidAddress, ObjectAddress};
pub use failure::ObjectError;
pub use object::{Object, Objects};
pub use tiers::{StoredTiersError, stored_tiers};

use crate::client::endpoint_of;

/// A client of S3. Emulators and proxies rarely have a name for every bucket, so the bucket stands in the path where
/// somebody else than AWS answers (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html>).
pub(crate) fn client(config: &SdkConfig) -> Client {
    let is_elsewhere = endpoint_of(config, "S3").is_some();
    Client::from_conf(Builder::from(config).force_path_style(is_elsewhere).build())
}
