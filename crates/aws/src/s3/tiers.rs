//! The tiers of a deployment in a versioned bucket: a folder each, with the files that make a tier.
//!
//! S3 has no snapshots. The newest versions are listed, read by their version ids, and listed again: if the lists are the
//! same, then what was read is what was there at one moment. Whoever replaces several files must still see that no mixture
//! of old and new is dangerous: nothing is used before it was proved, and a mixture that cannot be proved is refused.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use daypass_vending::ids::AccountId;
use daypass_vending::tier::{TierError, Tiers};
use futures::stream::{StreamExt, TryStreamExt};

use super::failure::{ObjectError, object_error};
use super::object::{Object, Objects};
use super::{FolderAddress, ObjectAddress};

/// No file of a tier is larger: IAM takes no document of half of it.
const LARGEST: usize = 64 * 1024;

/// No deployment has more files: three for each tier.
const MOST: usize = 300;

/// How often a store that changes while it is read is read again.
const TRIES: u32 = 5;

/// How many files are read at once.
const AT_ONCE: usize = 8;

/// Why the tiers in S3 cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoredTiersError {
    /// S3 does not let us read them.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// Nothing is there. Whoever names a store means its tiers: the built-in ones in their place would be a surprise.
    #[error("there are no tiers in `{0}`")]
    Empty(FolderAddress),
    /// The bucket keeps no versions, so that nobody could say later what a tier was.
    #[error("`{0}` has no version")]
    NoVersions(ObjectAddress),
    /// More than tiers ever are.
    #[error("`{0}` has more than {MOST} files")]
    TooMany(FolderAddress),
    /// Each time it was read it had changed meanwhile.
    #[error("`{0}` changes while it is read")]
    Changing(FolderAddress),
    /// What is there are no tiers.
    #[error("the tiers in `{folder}` cannot be used")]
    Tiers {
        /// The store.
        folder: FolderAddress,
        /// What is wrong.
        #[source]
        source: Box<TierError>,
    },
}

impl StoredTiersError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Object(error) => error.hint(),
            Self::Empty(_) => "put a folder for each tier there, or leave `templates` out to have the built-in tiers",
            Self::NoVersions(_) => "switch the bucket's versioning on and put the files there once more",
            Self::TooMany(_) => "look whether the address is that of another folder",
            Self::Changing(_) => "try again when nobody puts files there",
            Self::Tiers { .. } => {
                "under the address there are a folder for each tier, with `tier.toml`, `permissions.json` and \
                 `boundary.json`, and nothing else"
            }
        }
    }
}

/// One file's newest version.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Newest {
    version: String,
    etag: Option<String>,
}

/// All files by their keys, as they are at one moment.
type Listing = BTreeMap<String, Newest>;

/// Read all tiers in this folder, as they are at one moment. Each remembers the versions of its files.
///
/// # Errors
/// See [`StoredTiersError`].
pub async fn stored_tiers(
    config: &SdkConfig,
    folder: &FolderAddress,
    owner: Option<AccountId>,
) -> Result<Tiers, StoredTiersError> {
    let objects = Objects::new(config, owner);
    let mut listing = list(&objects, folder).await?;
    for tries in 1..=TRIES {
        let read = read_all(&objects, folder, &listing).await;
        let again = list(&objects, folder).await?;
        if again == listing {
            return tiers(folder, &listing, &read?);
        }
        // What could not be read may have been deleted with its versions.
        listing = again;
        tokio::time::sleep(Duration::from_millis(100) * tries).await;
    }
    Err(StoredTiersError::Changing(folder.clone()))
}

async fn list(objects: &Objects, folder: &FolderAddress) -> Result<Listing, StoredTiersError> {
    let (mut listing, mut key, mut version) = (Listing::new(), None, None);
    loop {
        let call = objects.client.list_object_versions().bucket(folder.bucket()).prefix(folder.prefix());
        let call = call.set_expected_bucket_owner(objects.owner.as_ref().map(ToString::to_string));
        let page = call.set_key_marker(key).set_version_id_marker(version).send().await;
        let page = page.map_err(|error| object_error(folder, &error))?;
        add_newest(&mut listing, folder, &page)?;
        if listing.len() > MOST {
            return Err(StoredTiersError::TooMany(folder.clone()));
        }
        if page.is_truncated != Some(true) {
            return Ok(listing);
        }
        (key, version) = (page.next_key_marker, page.next_version_id_marker);
    }
}

fn add_newest(
    listing: &mut Listing,
    folder: &FolderAddress,
    page: &ListObjectVersionsOutput,
) -> Result<(), StoredTiersError> {
    for found in page.versions().iter().filter(|found| found.is_latest == Some(true)) {
        let key = found.key().unwrap_or_default();
        // Consoles mark folders by empty objects.
        if key.ends_with('/') && found.size == Some(0) {
            continue;
        }
        let name = key.strip_prefix(folder.prefix()).unwrap_or(key);
        let address = folder.object(name).ok_or_else(|| unexpected(folder, name))?;
        // `null` is what is put while versioning is off or suspended, and is overwritten
        // (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/versioning-workflows.html>).
        let version = found.version_id().filter(|version| !version.is_empty() && *version != "null");
        let version = version.ok_or(StoredTiersError::NoVersions(address))?;
        listing.insert(name.to_owned(), Newest { version: version.to_owned(), etag: found.e_tag.clone() });
    }
    Ok(())
}

async fn read_all(
    objects: &Objects,
    folder: &FolderAddress,
    listing: &Listing,
) -> Result<Vec<Object>, StoredTiersError> {
    let reading = listing.iter().map(|(name, newest)| async move {
        let address = folder.object(name).ok_or_else(|| unexpected(folder, name))?;
        Ok(objects.read_version(&address, &newest.version, newest.etag.clone(), LARGEST).await?)
    });
    futures::stream::iter(reading).buffered(AT_ONCE).try_collect().await
}

fn tiers(folder: &FolderAddress, listing: &Listing, read: &[Object]) -> Result<Tiers, StoredTiersError> {
    if listing.is_empty() {
        return Err(StoredTiersError::Empty(folder.clone()));
    }
    let texts = read.iter().map(Object::text).collect::<Result<Vec<_>, _>>()?;
    let files = listing.keys().map(String::as_str).zip(texts);
    let tiers = Tiers::from_files(files).map_err(|source| wrong(folder, source))?;
    let versions = listing.iter().map(|(name, newest)| (name.as_str(), newest.version.as_str()));
    Ok(tiers.stored_as(&folder.to_string(), versions))
}

fn unexpected(folder: &FolderAddress, name: &str) -> StoredTiersError {
    wrong(folder, TierError::Unexpected { path: name.to_owned() })
}

fn wrong(folder: &FolderAddress, source: TierError) -> StoredTiersError {
    StoredTiersError::Tiers { folder: folder.clone(), source: Box::new(source) }
}
