//! What survives a restart, and what is never written.

use daypass_vending::ports::Cloud;
use serde_json::json;

use crate::world::{World, allow, code, external_id, new_role, trust};

#[tokio::test]
async fn roles_policies_and_credentials_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("daypass.db");
    let arn = "arn:aws:iam::111122223333:policy/boundary";
    let world = World::in_file(&file, 1);
    world.aws.put_managed_policy(&world.account, arn, &allow("s3:*", "*").to_string()).await.unwrap();
    let role = world.role("dp-acme", &allow("*", "*")).await;
    world.aws.create_instance_profile(&world.account, "profile", &role).await.unwrap();
    let carla = world.assume(&role).await.unwrap();
    let before = world.aws.role(&world.account, &role).await.unwrap();
    drop(world);

    let world = World::in_file(&file, 2);
    assert_eq!(world.aws.role(&world.account, &role).await.unwrap(), before);
    assert_eq!(world.aws.managed_policy(&world.account, arn).await.unwrap(), Some(allow("s3:*", "*").to_string()));
    assert_eq!(world.read_object(&carla).await, "ok");
    assert_eq!(code(world.aws.create_role(&world.account, new_role("dp-acme")).await), "EntityAlreadyExists");
    assert_eq!(code(world.aws.delete_role(&world.account, &role).await), "DeleteConflict");
    world.pass(3_600);
    assert_eq!(world.read_object(&carla).await, "ExpiredToken");
}

/// Invariant 8.
#[tokio::test]
async fn no_secret_and_no_token_is_ever_in_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::in_file(&folder.path().join("daypass.db"), 1);
    let role = world.role("dp-acme", &allow("*", "*")).await;
    let carla = world.assume(&role).await.unwrap();
    assert_eq!(world.read_object(&carla).await, "ok");
    let written = |wanted: &str| {
        let files = std::fs::read_dir(folder.path()).unwrap().map(|file| std::fs::read(file.unwrap().path()).unwrap());
        files.into_iter().any(|bytes| bytes.windows(wanted.len()).any(|window| window == wanted.as_bytes()))
    };
    assert!(written(&carla.access_key_id), "the test looks in the right place");
    assert!(!written(carla.secret_access_key.reveal()));
    assert!(!written(carla.session_token.reveal()));
    drop(world);
    assert!(written(&carla.access_key_id));
    assert!(!written(carla.secret_access_key.reveal()));
    assert!(!written(carla.session_token.reveal()));
}

/// Every change keeps the state before it for as long as somebody may still be shown it, and no longer.
#[tokio::test]
async fn the_file_does_not_grow_with_every_change() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("daypass.db");
    let world = World::in_file(&file, 1);
    let role = world.role("dp-acme", &allow("*", "*")).await;
    for number in 0..50 {
        world.pass(1);
        let value = format!("{number}");
        world.aws.tag_role(&world.account, &role, "Number", Some(&value)).await.unwrap();
    }
    drop(world);
    let rows = rusqlite::Connection::open(&file).unwrap();
    let rows: u32 = rows.query_row("SELECT count(*) FROM aws_objects", [], |row| row.get(0)).unwrap();
    assert!(rows <= 2, "{rows}");
}

/// Refusals of STS say whom they refuse and nothing that was secret (invariant 6).
#[tokio::test]
async fn a_refusal_does_not_tell_the_external_id() {
    let world = World::new();
    let mut role = new_role("dp-acme");
    role.trust = trust(json!({"StringEquals": {"sts:ExternalId": external_id(8).reveal()}})).to_string();
    let name = role.name.clone();
    world.aws.create_role(&world.account, role).await.unwrap();
    let error = world.assume(&name).await.unwrap_err().to_string();
    assert!(error.contains("is not authorized to perform: sts:AssumeRole"), "{error}");
    assert!(!error.contains(external_id(7).reveal()) && !error.contains(external_id(8).reveal()), "{error}");
}
