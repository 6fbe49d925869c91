//! The tiers in S3 when the store changes while it is read, goes on over pages, or is not what it should be.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use daypass_aws::s3::{FolderAddress, StoredTiersError, stored_tiers};
use daypass_vending::tier::{TierError, Tiers};

use crate::stub::{Reply, Stub};

const LIMITS: &str = "description = \"reading\"\nmax_hours = 8\ndefault_hours = 1\nincident_required = false\nalerts = \
                      []\nmfa_max_age_minutes = 60\n";
const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}]}"#;

fn content(key: &str) -> &'static str {
    if key.ends_with(".toml") { LIMITS } else { POLICY }
}

/// One entry of a list of versions: whether it is the newest, its key and its version.
type Entry = (bool, &'static str, String);

fn tier(version: usize) -> Vec<Entry> {
    let files = ["t/read-only/boundary.json", "t/read-only/permissions.json", "t/read-only/tier.toml"];
    files.map(|key| (true, key, format!("v{version}"))).to_vec()
}

fn list(entries: &[Entry], next: Option<(&str, &str)>) -> Reply {
    let mut body = format!("<ListVersionsResult><IsTruncated>{}</IsTruncated>", next.is_some());
    if let Some((key, version)) = next {
        let markers =
            format!("<NextKeyMarker>{key}</NextKeyMarker><NextVersionIdMarker>{version}</NextVersionIdMarker>");
        body.push_str(&markers);
    }
    for (newest, key, version) in entries {
        let size = if key.ends_with('/') { 0 } else { content(key).len() };
        let entry = format!(
            "<Version><Key>{key}</Key><VersionId>{version}</VersionId><IsLatest>{newest}</IsLatest>\
             <ETag>&quot;e-{version}&quot;</ETag><Size>{size}</Size></Version>"
        );
        body.push_str(&entry);
    }
    Reply::Answer(200, format!("{body}</ListVersionsResult>"))
}

fn object(target: &str) -> Reply {
    let (path, query) = target.split_once('?').unwrap();
    let version = query.split('&').find_map(|part| part.strip_prefix("versionId=")).unwrap();
    let body = content(path);
    let length = body.len();
    Reply::Raw(format!(
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\nx-amz-version-id: {version}\r\n\r\n{body}"
    ))
}

fn folder() -> FolderAddress {
    "s3://acme-templates/t".parse().unwrap()
}

async fn read(stub: &Stub) -> Result<Tiers, StoredTiersError> {
    stored_tiers(&stub.configuration().await, &folder(), Some("444455556666".parse().unwrap())).await
}

/// A store whose lists are those of `lists`, by how many lists were asked for before.
async fn store(lists: impl Fn(usize, &str) -> Reply + Send + Sync + 'static) -> Stub {
    let asked = Arc::new(AtomicUsize::new(0));
    Stub::start(move |call| {
        if call.target.contains("versionId=") {
            return object(&call.target);
        }
        lists(asked.fetch_add(1, Ordering::SeqCst), &call.target)
    })
    .await
}

#[tokio::test]
async fn tiers_are_as_they_are_at_one_moment_with_the_versions_of_their_files() {
    let stub = store(|_, _| list(&tier(1), None)).await;
    let tiers = read(&stub).await.unwrap();
    let files = [("read-only/tier.toml", LIMITS), ("read-only/permissions.json", POLICY)];
    let same = Tiers::from_files(files.into_iter().chain([("read-only/boundary.json", POLICY)])).unwrap();
    let (found, same) = (tiers.iter().next().unwrap(), same.iter().next().unwrap());
    assert_eq!(found.hash, same.hash, "the hash is that of the same tier from anywhere else");
    let note = "s3://acme-templates/t/read-only/ boundary.json@v1 permissions.json@v1 tier.toml@v1";
    assert_eq!((found.stored_as.as_deref(), same.stored_as.as_deref()), (Some(note), None));
    let calls = stub.seen("GetObject");
    assert_eq!(calls.len(), 3);
    for call in calls {
        assert_eq!(call.header("if-match").as_deref(), Some("\"e-v1\""), "{}", call.target);
        assert_eq!(call.header("x-amz-expected-bucket-owner").as_deref(), Some("444455556666"));
    }
}

#[tokio::test]
async fn a_store_that_changes_while_it_is_read_is_read_again() {
    let stub = store(|before, _| list(&tier(if before == 0 { 1 } else { 2 }), None)).await;
    let tiers = read(&stub).await.unwrap();
    assert!(tiers.iter().next().unwrap().stored_as.as_ref().unwrap().contains("tier.toml@v2"));
    assert_eq!(stub.seen("GetObject").len(), 6, "nothing of the first reading counts");
}

#[tokio::test]
async fn a_store_that_never_stops_changing_is_not_used() {
    let stub = store(|before, _| list(&tier(before), None)).await;
    let error = read(&stub).await.unwrap_err();
    assert!(matches!(error, StoredTiersError::Changing(_)) && error.hint().contains("try again"), "{error}");
}

#[tokio::test]
async fn a_list_goes_on_over_pages_and_only_the_newest_counts() {
    let stub = store(|_, target| {
        if target.contains("key-marker=") {
            assert!(target.contains("version-id-marker=v2"), "{target}");
            return list(&tier(3)[1..], None);
        }
        let old = (false, "t/read-only/boundary.json", "v2".to_owned());
        let mark = (true, "t/read-only/", "v0".to_owned());
        list(&[mark, tier(3).remove(0), old], Some(("t/read-only/boundary.json", "v2")))
    })
    .await;
    let tiers = read(&stub).await.unwrap();
    let note = tiers.iter().next().unwrap().stored_as.clone().unwrap();
    assert_eq!(note.matches("@v3").count(), 3, "{note}");
}

#[tokio::test]
async fn a_store_without_tiers_is_no_reason_to_take_others() {
    let stub = store(|_, _| list(&[], None)).await;
    let error = read(&stub).await.unwrap_err();
    assert!(matches!(error, StoredTiersError::Empty(_)), "{error}");
    assert!(error.hint().contains("leave `templates` out to have the built-in tiers"));
}

#[tokio::test]
async fn a_store_without_versions_is_refused() {
    for none in ["null", ""] {
        let stub = store(move |_, _| {
            let mut entries = tier(1);
            entries[1].2 = none.to_owned();
            list(&entries, None)
        })
        .await;
        let error = read(&stub).await.unwrap_err();
        assert!(matches!(error, StoredTiersError::NoVersions(_)) && error.hint().contains("versioning"), "{error}");
        assert!(error.to_string().contains("s3://acme-templates/t/read-only/permissions.json"), "{error}");
    }
}

#[tokio::test]
async fn what_is_no_tier_is_said_to_be_none() {
    let stub = store(|_, _| list(&tier(1)[..2], None)).await;
    let error = read(&stub).await.unwrap_err();
    let source = |error| match error {
        StoredTiersError::Tiers { source, .. } => *source,
        other => panic!("{other:?}"),
    };
    assert!(matches!(source(error), TierError::Missing { file: "tier.toml", .. }));
    for key in ["t/README.md", "t/read-only/notes.txt", "t/read-only/../x.json"] {
        let stub = store(move |_, _| {
            let mut entries = tier(1);
            entries.push((true, key, "v1".to_owned()));
            list(&entries, None)
        })
        .await;
        let error = read(&stub).await.unwrap_err();
        assert!(error.hint().contains("nothing else"), "{key}: {error:?}");
        assert!(matches!(source(error), TierError::Unexpected { .. }), "{key}");
    }
}
