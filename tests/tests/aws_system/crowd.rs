//! A hundred people who all want something at the same moment.

use daypass_api::{Call, Revocation, SessionStatus};
use daypass_vending::ports::Cloud;
use futures::future::join_all;

use crate::deployment::Deployment;
use crate::hand::{HandOptions, movable};
use crate::holder::Tried;
use crate::stories::{Told, active, wish};

const CONTRACTORS: usize = 80;
const ON_CALL: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_people_at_once_all_get_what_they_ask_for_and_every_alert_arrives() {
    let names: Vec<_> = (0..CONTRACTORS).map(|number| format!("carla-{number}")).collect();
    let on_call = (0..ON_CALL).map(|number| format!("olga-{number}"));
    let names: Vec<_> = names.into_iter().chain(on_call).chain(["ada".to_owned()]).collect();
    let at = Deployment::new(2, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    for account in &at.accounts {
        at.buckets(account).await;
    }
    let server = at.start().await;
    let people = names.iter().filter(|name| *name != "ada").enumerate().map(|(number, name)| {
        let (at, client, account) = (&at, at.client(name), &at.accounts[number % 2]);
        let tier = if name.starts_with("olga") { "break-glass" } else { "read-only" };
        async move {
            let (session, credentials) = active(&client, &wish(account, tier)).await;
            (session, at_work(at, &credentials, account).await)
        }
    });
    let given = join_all(people).await;

    let watcher = at.hand(HandOptions::with_clock(movable())).await;
    for account in &at.accounts {
        let quota = watcher.cloud.role_quota(account).await.unwrap();
        assert_eq!(quota.used as usize, (CONTRACTORS + ON_CALL) / 2 + 1, "those, and the vendor role");
    }
    watcher.assert_at_rest("with all of them").await;

    let revocation = Revocation { all: true, reason: "the day is over".to_owned(), ..Revocation::default() };
    let ada = at.client("ada");
    let ordered = ada.revoke_many(&revocation, &Call::new()).await.unwrap().sessions;
    assert_eq!(ordered.len(), CONTRACTORS + ON_CALL);
    for session in &ordered {
        let ended = ada.session(&session.session_id, 60).await.unwrap();
        assert_eq!(ended.status, SessionStatus::Revoked, "{ended:?}");
    }
    for (session, holder) in &given {
        assert!(holder.read().await.is_refused(), "{session:?}");
    }
    server.stop().await;
    watcher.assert_at_rest("when all have ended").await;
    watcher.assert_trail("when all have ended").await;
    let told: Vec<_> = at.inbox.messages().await.iter().map(Told::of).collect();
    assert!(told.iter().all(|told| told.user.starts_with("olga")), "{told:?}");
    let alerts = watcher.assert_alerts_arrived(&told, "when all have ended").await;
    assert_eq!(alerts, ON_CALL * 3, "of the grant, the first credentials, and the end");
}

/// Somebody whose credentials work.
async fn at_work(
    at: &Deployment,
    credentials: &daypass_api::CredentialsView,
    account: &daypass_vending::ids::AccountId,
) -> crate::holder::Holder {
    let holder = at.holder(credentials, account).await;
    assert_eq!(holder.read().await, Tried::Works);
    holder
}
