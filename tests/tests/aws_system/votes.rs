//! Votes that meet: every server of a deployment takes one at once.

use daypass_vending::session::Status;
use futures::future::join_all;

use crate::deployment::Deployment;
use crate::hand::{Hand, HandOptions, movable};

/// How many servers there are, and how often it is tried.
const SERVERS: usize = 6;
const TIMES: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_votes_at_once_at_many_servers_each_person_counts_once_and_one_grant_follows() {
    let (at, clock) = (Deployment::new(1, &[]).await, movable());
    let servers = join_all((0..SERVERS).map(|_| at.hand(HandOptions::with_clock(clock.clone())))).await;
    for time in 0..TIMES {
        let session = servers[0].request("pat", Hand::wish(at.account(), "admin", 3600)).await;
        assert_eq!(session.status(), Status::PendingApproval);
        // Both leads, on three servers each, as an impatient person's browser does it.
        let voters = ["lea", "max"].into_iter().cycle();
        let votes = join_all(servers.iter().zip(voters).map(|(server, who)| server.approve(who, &session))).await;
        assert!(votes.iter().all(Result::is_ok), "{time}: {votes:?}");
        let granted = servers[1].vending.carry_on(session.id()).await.unwrap();
        assert_eq!(granted.status(), Status::Active, "{time}");
        let mut by: Vec<_> = granted.said().approvals.iter().map(|vote| vote.by.as_str()).collect();
        by.sort_unstable();
        assert_eq!(by, ["lea", "max"], "{time}");
        let history = servers[2].history(session.id()).await;
        let count = |action: &str| history.iter().filter(|event| *event == action).count();
        assert_eq!((count("session.approve"), count("session.grant")), (2, 1), "{time}: {history:?}");
    }
    servers[0].assert_at_rest("after the votes").await;
    servers[0].assert_trail("after the votes").await;
}
