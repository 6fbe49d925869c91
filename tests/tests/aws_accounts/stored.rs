//! Configuration and tiers in S3.
//!
//! Where the emulator is laxer than AWS: it does not look at the expected bucket's owner, and tells who may not list a
//! bucket what is not there; both are tested beside it.

use std::path::Path;

use daypass_aws::s3::{FolderAddress, ObjectError, Objects, StoredTiersError, stored_tiers};
use daypass_vending::tier::Tiers;

use daypass_tests::emulated::{Call, Hub, Key, Ministack, REGION};

/// A bucket of the hub that keeps versions.
async fn bucket(hub: &Hub) -> String {
    let (root, name) = (Key::root(&hub.account), format!("daypass-test-{}-templates", hub.account));
    let place = format!(
        "<CreateBucketConfiguration><LocationConstraint>{REGION}</LocationConstraint></CreateBucketConfiguration>"
    );
    hub.ministack.must(&root, &Call::s3("PUT", &format!("/{name}"), &place)).await;
    let versioned = "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Status>Enabled</Status></VersioningConfiguration>";
    hub.ministack.must(&root, &Call::s3("PUT", &format!("/{name}?versioning="), versioned)).await;
    name
}

async fn put(hub: &Hub, bucket: &str, key: &str, body: &str) {
    hub.ministack.must(&Key::root(&hub.account), &Call::s3("PUT", &format!("/{bucket}/{key}"), body)).await;
}

/// The shipped tiers, as files.
fn shipped() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policy_templates");
    let shipped = Tiers::shipped().unwrap();
    let names =
        shipped.iter().flat_map(|tier| daypass_vending::tier::TIER_FILES.map(|file| format!("{}/{file}", tier.name)));
    names.map(|name| (name.clone(), std::fs::read_to_string(folder.join(&name)).unwrap())).collect()
}

#[tokio::test]
async fn a_configuration_is_read_as_the_broker_and_what_is_not_there_is_told() {
    let hub = Hub::new(Ministack::of_this_run()).await;
    let bucket = bucket(&hub).await;
    put(&hub, &bucket, "hub/daypass.toml", "deployment = \"test\"\n").await;
    let objects = Objects::new(&hub.ministack.configuration(&hub.broker).await, Some(hub.account.clone()));
    let address = |key: &str| format!("s3://{bucket}/{key}").parse().unwrap();
    let object = objects.read(&address("hub/daypass.toml"), 1_000).await.unwrap();
    assert_eq!(object.text(), Ok("deployment = \"test\"\n"));
    assert!(object.version.is_some(), "{object:?}");
    let missing = objects.read(&address("hub/other.toml"), 1_000).await.unwrap_err();
    assert!(matches!(missing, ObjectError::NotFound { .. }), "{missing:?}");
    let large = objects.read(&address("hub/daypass.toml"), 10).await.unwrap_err();
    assert!(matches!(large, ObjectError::TooLarge { limit: 10, .. }), "{large:?}");
}

#[tokio::test]
async fn tiers_from_a_bucket_are_the_same_as_shipped_ones_and_a_replaced_file_counts() {
    let hub = Hub::new(Ministack::of_this_run()).await;
    let bucket = bucket(&hub).await;
    let folder: FolderAddress = format!("s3://{bucket}/tiers").parse().unwrap();
    let config = hub.ministack.configuration(&hub.broker).await;
    let read = || stored_tiers(&config, &folder, Some(hub.account.clone()));
    let empty = read().await.unwrap_err();
    assert!(matches!(empty, StoredTiersError::Empty(_)), "{empty:?}");
    for (name, text) in shipped() {
        put(&hub, &bucket, &format!("tiers/{name}"), &text).await;
    }
    put(&hub, &bucket, "elsewhere/notes.txt", "no tier").await;
    let (found, shipped) = (read().await.unwrap(), Tiers::shipped().unwrap());
    let hashes = |tiers: &Tiers| tiers.iter().map(|tier| (tier.name.clone(), tier.hash)).collect::<Vec<_>>();
    assert_eq!(hashes(&found), hashes(&shipped));
    let note = |tiers: &Tiers| tiers.get(&"read-only".parse().unwrap()).unwrap().stored_as.clone().unwrap();
    let before = note(&found);
    assert!(before.starts_with(&format!("s3://{bucket}/tiers/read-only/ boundary.json@")), "{before}");
    found.prove().unwrap();
    let (name, text) = self::shipped().into_iter().find(|(name, _)| name == "read-only/tier.toml").unwrap();
    put(&hub, &bucket, &format!("tiers/{name}"), &format!("{text}\n# replaced\n")).await;
    let after = read().await.unwrap();
    assert_ne!(hashes(&after), hashes(&shipped));
    assert_ne!(note(&after), before, "the version is another one");
}
