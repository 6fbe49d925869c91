//! Many sessions at once.

use daypass_vending::plan::ROLE_PATH;
use daypass_vending::ports::{Cloud, Liveness};
use daypass_vending::session::Status;
use futures::future::join_all;

use crate::installation::Installation;

const SESSIONS: usize = 100;

#[tokio::test]
async fn a_hundred_sessions_begin_and_end_at_once_and_leave_nothing_behind() {
    let at = Installation::new().await;
    let sessions = join_all((0..SESSIONS).map(|_| at.active("carla", "read-only"))).await;
    let roles = at.cloud.roles(&at.account, ROLE_PATH, None).await.unwrap().roles;
    assert_eq!(roles.len(), SESSIONS);
    let quota = at.cloud.role_quota(&at.account).await.unwrap();
    assert_eq!(quota.used as usize, SESSIONS + 1, "those, and the vendor role");
    let credentials = join_all(sessions.iter().map(|session| at.credentials("carla", session))).await;
    let alive = join_all(credentials.iter().map(|credentials| at.cloud.probe(credentials))).await;
    assert!(alive.iter().all(|alive| *alive == Ok(Liveness::Alive)), "{alive:?}");

    let ended = join_all(sessions.iter().map(|session| at.revoke(session))).await;
    assert!(ended.iter().all(|session| session.status() == Status::Revoked));
    let dead = join_all(credentials.iter().map(|credentials| at.cloud.probe(credentials))).await;
    assert!(dead.iter().all(|dead| *dead == Ok(Liveness::Dead)), "{dead:?}");
    assert_eq!(at.cloud.roles(&at.account, ROLE_PATH, None).await.unwrap().roles, []);
}
