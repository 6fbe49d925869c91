//! What becomes of a deployment.

use crate::made::Made;
use crate::ministack::{Call, Hub, Key, Ministack};
use crate::people::People;
use crate::program::{Ended, killed_after, teardown};

async fn hub() -> Hub {
    Hub::new(Ministack::of_this_run()).await
}

/// The options by which the member accounts of these tests are entered.
fn entering(people: &People) -> Vec<&str> {
    let file = people.external_id.path().to_str().unwrap();
    let options = ["--vendor-role", "security/daypass-vendor", "--enter-as", "daypass-blue-cleanup"];
    [&options[..], &["--vendor-external-id-file", file]].concat()
}

fn assert_nothing_left(ended: &Ended) {
    assert_eq!(ended.code, Some(0), "{} {}", ended.data, ended.said);
}

/// More versions than one call lists or deletes, and delete markers.
async fn fill(hub: &Hub, bucket: &str) {
    let root = Key::root(&hub.account);
    for number in 0..1_050 {
        let path = format!("/{bucket}/templates/{}", number % 350);
        hub.ministack.must(&root, &Call::s3("PUT", &path, "x")).await;
    }
    for number in 0..20 {
        hub.ministack.must(&root, &Call::s3("DELETE", &format!("/{bucket}/templates/{number}"), "")).await;
    }
}

#[tokio::test]
async fn t33_a_dry_run_changes_nothing_and_a_teardown_ends_sessions_and_removes_everything() {
    let hub = hub().await;
    let made = Made::new(&hub, "daypass-blue", Some("blue")).await;
    fill(&hub, &made.bucket).await;
    let people = People::new(&hub, &made).await;
    let (_, credentials) = people.session().await;
    let _ = people.session().await;
    let orphan = people.orphan("blue").await;
    let strangers = people.orphan("blue-2").await;
    assert_eq!(people.try_out(&credentials).await, 200);
    let options = [&entering(&people)[..], &["--output", "json", "--delete-audit"]].concat();

    let dry = teardown(&hub, "blue", &[&options[..], &["--dry-run"]].concat()).await;
    assert_nothing_left(&dry);
    let plan = dry.json();
    assert_eq!(plan["sessions"]["on_record"], 2, "{plan}");
    assert!(plan["steps"].as_array().unwrap().len() > 30, "{plan}");
    assert_eq!(made.left(&hub).await, made.labels());
    assert_eq!((people.try_out(&credentials).await, people.roles().await.len()), (200, 4));

    let unasked = teardown(&hub, "blue", &options).await;
    assert_eq!(unasked.code, Some(2), "{}", unasked.said);
    assert!(unasked.said.contains("--force"), "{}", unasked.said);
    assert_eq!(made.left(&hub).await, made.labels());

    let ended = teardown(&hub, "blue", &[&options[..], &["--force"]].concat()).await;
    assert_nothing_left(&ended);
    let outcome = &ended.json()["outcome"];
    assert_eq!((&outcome["sessions"]["sessions"], &outcome["sessions"]["roles"]), (&2.into(), &1.into()), "{outcome}");
    assert_eq!(made.left(&hub).await, [""; 0]);
    assert_ne!(people.try_out(&credentials).await, 200, "what was handed out is dead");
    assert_eq!(people.roles().await, std::slice::from_ref(&strangers), "and not {orphan}");

    let again = teardown(&hub, "blue", &["--force"]).await;
    assert_nothing_left(&again);
    assert!(again.said.contains("nothing carries the tag"), "{}", again.said);
}

#[tokio::test]
async fn t33_the_trail_stays_unless_told_otherwise_and_can_be_verified() {
    let hub = hub().await;
    let made = Made::new(&hub, "daypass-blue", Some("blue")).await;
    let people = People::new(&hub, &made).await;
    let _ = people.session().await;
    let (_, _, events_before) = people.verify().await;
    let options = [&entering(&people)[..], &["--force"]].concat();
    assert_nothing_left(&teardown(&hub, "blue", &options).await);
    let kept = ["key-signing", "alias-signing", "table audit", "table records"];
    // The emulator's tables are encrypted with a key that is not the deployment's; the other case is a test of the plan.
    assert_eq!(made.left(&hub).await, kept);
    let (findings, checkpoint, events) = people.verify().await;
    assert_eq!(findings, 0);
    assert!(checkpoint.is_some() && events > events_before, "the end of every session is in it, and signed");

    assert_nothing_left(&teardown(&hub, "blue", &["--force"]).await);
    assert_eq!(made.left(&hub).await, kept, "a second run keeps them as well");
    assert_nothing_left(&teardown(&hub, "blue", &["--force", "--delete-audit"]).await);
    assert_eq!(made.left(&hub).await, [""; 0]);
}

#[tokio::test]
async fn td26_what_is_only_called_like_the_deployment_survives() {
    let hub = hub().await;
    let ours = Made::new(&hub, "daypass-blue", Some("blue")).await;
    let longer = Made::new(&hub, "daypass-blue-2", Some("blue-2")).await;
    let untagged = Made::new(&hub, "daypass-blue-copy", None).await;
    let other = Made::new(&hub, "daypass-blue-api", Some("production")).await;
    assert_nothing_left(&teardown(&hub, "blue", &["--force", "--delete-audit"]).await);
    assert_eq!(ours.left(&hub).await, [""; 0]);
    for survivor in [longer, untagged, other] {
        assert_eq!(survivor.left(&hub).await, survivor.labels());
    }
}

#[tokio::test]
async fn t33_killed_in_mid_run_again_and_again_it_finishes() {
    let hub = hub().await;
    let made = Made::new(&hub, "daypass-blue", Some("blue")).await;
    let strangers = Made::new(&hub, "daypass-blue-2", Some("blue-2")).await;
    let people = People::new(&hub, &made).await;
    let (_, credentials) = people.session().await;
    let options = [&entering(&people)[..], &["--force", "--delete-audit"]].concat();
    let mut kills = 0;
    let ended = loop {
        // The first runs stop four things each and get not much further.
        match killed_after(&hub, "blue", &options, 6 + kills % 3).await {
            None => kills += 1,
            Some(ended) => break ended,
        }
        assert!(kills < 40, "it gets nowhere");
    };
    assert_nothing_left(&ended);
    assert!(kills > 3, "killed only {kills} times");
    assert_eq!(made.left(&hub).await, [""; 0]);
    assert_eq!(people.roles().await, [""; 0]);
    assert_ne!(people.try_out(&credentials).await, 200);
    assert_eq!(strangers.left(&hub).await, strangers.labels());
}

#[tokio::test]
async fn t33_while_an_account_cannot_be_entered_nothing_goes_that_ending_its_sessions_may_take() {
    let hub = hub().await;
    let made = Made::new(&hub, "daypass-blue", Some("blue")).await;
    let people = People::new(&hub, &made).await;
    let _ = people.session().await;
    let shut_out = ["--vendor-role", "security/daypass-vendor", "--output", "json", "--force"];
    let ended = teardown(&hub, "blue", &shut_out).await;
    assert_eq!(ended.code, Some(1), "{}", ended.said);
    let stayed = ended.json()["outcome"]["stayed"].to_string();
    assert!(stayed.contains(people.account.as_str()), "{stayed}");
    assert_eq!(made.left(&hub).await, made.labels());

    let given_up = [&shut_out[..], &["--skip-account", people.account.as_str()]].concat();
    assert_nothing_left(&teardown(&hub, "blue", &given_up).await);
    assert_eq!(people.roles().await.len(), 1, "what was given up is left alone");
}
