//! Roles that are not ours. Daypass shares its path with standing roles and perhaps with other installations, and touches
//! none of them.

use std::collections::BTreeMap;

use daypass_embedded::aws::NewRole;
use daypass_tests::world::{BROKER, World, account};
use daypass_vending::ids::{RoleName, SessionId};
use daypass_vending::plan::tag;
use daypass_vending::ports::RoleState;
use daypass_vending::reconcile::Scope;
use daypass_vending::session::Status;
use jiff::SignedDuration;

fn foreign(name: RoleName, tags: &[(&str, &str)]) -> NewRole {
    NewRole {
        name,
        path: "/daypass/read-only/".to_owned(),
        trust: format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{BROKER}"}},"Action":"sts:AssumeRole"}}]}}"#
        ),
        boundary_arn: None,
        tags: tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect::<BTreeMap<_, _>>(),
    }
}

async fn planted(world: &World, role: NewRole) -> RoleState {
    use daypass_vending::ports::Cloud;
    let name = role.name.clone();
    world.aws.create_role(&account(), role).await.unwrap();
    world.aws.role(&account(), &name).await.unwrap().unwrap()
}

async fn found(world: &World, name: &RoleName) -> Option<RoleState> {
    use daypass_vending::ports::Cloud;
    world.aws.role(&account(), name).await.unwrap()
}

#[tokio::test]
async fn roles_without_our_marks_are_never_touched() {
    let world = World::new().await;
    let session = SessionId::from_random([9; 16]);
    let named_like_ours = RoleName::of(&"acme-web".parse().unwrap(), &session);
    let id = session.to_string();
    let roles = [
        foreign(RoleName::found("somebody-elses"), &[]),
        foreign(named_like_ours, &[("Owner", "the network team")]),
        foreign(RoleName::found("other-installation"), &[(tag::DEPLOYMENT, "staging"), (tag::SESSION, &id)]),
        foreign(RoleName::found("session-tag-alone"), &[(tag::SESSION, &id)]),
        foreign(RoleName::found("vendor"), &[(tag::DEPLOYMENT, "test")]),
    ];
    let mut before = Vec::new();
    for role in roles {
        before.push(planted(&world, role).await);
    }
    for _ in 0..3 {
        let report = world.vending.reconcile(Scope::Due, None).await;
        assert_eq!((report.quarantined, report.orphans_deleted, report.errors), (0, 0, vec![]));
        world.pass(SignedDuration::from_hours(24));
    }
    for role in before {
        assert_eq!(found(&world, &role.name).await, Some(role));
    }
}

#[tokio::test]
async fn a_role_with_our_marks_and_no_session_is_denied_and_deleted() {
    let world = World::new().await;
    let id = SessionId::from_random([9; 16]).to_string();
    let role = foreign(RoleName::found("left-behind"), &[(tag::DEPLOYMENT, "test"), (tag::SESSION, &id)]);
    let role = planted(&world, role).await;
    let report = world.vending.reconcile(Scope::Due, None).await;
    assert_eq!((report.orphans_deleted, report.errors), (1, vec![]));
    assert_eq!(found(&world, &role.name).await, None);
}

#[tokio::test]
async fn a_role_of_somebody_else_that_has_our_name_is_left_alone_and_the_session_fails() {
    let world = World::new().await;
    let session = world.request("carla", "read-only").await;
    let theirs = planted(&world, foreign(session.role(), &[("Owner", "the network team")])).await;
    let failed = world.vending.carry_on(session.id()).await.unwrap();
    assert_eq!(failed.status(), Status::Failed);
    assert_eq!(found(&world, &session.role()).await, Some(theirs.clone()));
    world.vending.reconcile(Scope::Due, None).await;
    assert_eq!(found(&world, &session.role()).await, Some(theirs));
}

#[tokio::test]
async fn a_role_of_somebody_else_is_left_alone_too_when_its_session_is_undone_late() {
    let world = World::new().await;
    let session = world.request("carla", "read-only").await;
    let theirs = planted(&world, foreign(session.role(), &[(tag::DEPLOYMENT, "test")])).await;
    world.pass(SignedDuration::from_mins(31));
    let report = world.vending.reconcile(Scope::Due, None).await;
    assert_eq!((report.undone, report.errors), (1, vec![]));
    assert_eq!(found(&world, &session.role()).await, Some(theirs));
}
