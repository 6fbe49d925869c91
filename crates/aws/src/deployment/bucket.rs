//! Emptying a bucket: every version of every object and every delete marker, a thousand in each call
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html>).

use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use daypass_vending::ports::CloudError;

use super::failure::{error, missing_is_none};
use super::{Deployment, Progress, Resource};

impl Deployment {
    /// One page. What was deleted is no longer listed, so that the first page is always the next one.
    pub(super) async fn empty_bucket(&self, resource: &Resource) -> Result<Progress, CloudError> {
        let name = resource.name();
        let page = self.buckets.list_object_versions().bucket(name).send().await;
        let Some(page) = missing_is_none(page.map_err(|e| error(resource, &e)))? else { return Ok(Progress::Done) };
        let versions = page.versions().iter().map(|version| (version.key(), version.version_id()));
        let markers = page.delete_markers().iter().map(|marker| (marker.key(), marker.version_id()));
        let objects: Vec<ObjectIdentifier> = versions
            .chain(markers)
            .filter_map(|(key, version)| {
                ObjectIdentifier::builder().key(key?).set_version_id(version.map(str::to_owned)).build().ok()
            })
            .collect();
        if objects.is_empty() {
            return Ok(Progress::Done);
        }
        let count = objects.len();
        let delete = Delete::builder().set_objects(Some(objects)).quiet(true).build();
        let delete = delete.map_err(|e| CloudError::Unavailable(e.to_string()))?;
        let answer = self.buckets.delete_objects().bucket(name).delete(delete).send().await;
        let answer = answer.map_err(|e| error(resource, &e))?;
        // The call succeeds even when single objects do not go.
        match answer.errors().first() {
            None => Ok(Progress::More(u64::try_from(count).unwrap_or(u64::MAX))),
            Some(first) => Err(CloudError::Refused {
                code: first.code().unwrap_or("no code").to_owned(),
                message: format!(
                    "{} of {count} objects stay, such as `{}`: {}",
                    answer.errors().len(),
                    first.key().unwrap_or_default(),
                    first.message().unwrap_or("no message")
                ),
            }),
        }
    }
}
