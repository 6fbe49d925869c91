//! The server under `kill -9`, again and again, in the middle of everybody's work.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use daypass_embedded::entropy::SeededEntropy;
use daypass_tests::emulated::{Call as SignedCall, Key};
use daypass_vending::session::Status;

use crate::deployment::Deployment;
use crate::hand::{Hand, HandOptions, movable};
use crate::holder::key;
use crate::load::{Ledger, Load, roll};
use crate::people::PROJECT;
use crate::stories::Told;

const KILLS: usize = 50;

/// How many calls a server answers at most before it is killed, and how many milliseconds later: so that a slow machine has
/// them killed in the middle of as much as a fast one. One in eight is killed while it starts.
const ANSWERS: u64 = 14;
const LATER: u64 = 80;

/// How long answers are waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whoever looks for a failure again sets it to the seed that was told.
const SEED: &str = "DAYPASS_TEST_SEED";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_fifty_times_loses_nothing_and_one_pass_leaves_nothing_behind() {
    let seed = std::env::var(SEED).map_or(4, |seed| seed.parse().expect("a number"));
    let about = format!("{SEED}={seed}");
    let people = ["carla-1", "carla-2", "carla-3", "carla-4", "olga-1", "olga-2", "ada"];
    let at = Deployment::new(2, &people).await;
    at.buckets(&at.accounts[0]).await;
    at.buckets(&at.accounts[1]).await;
    let (ledger, chance, started) = (Ledger::default(), SeededEntropy::new(seed), Instant::now());
    let load = Load::start(&at, &people, &ledger, seed);
    for _ in 0..KILLS {
        let mut server = at.launch();
        if roll(&chance, 8) > 0 {
            server.until_ready().await;
            let until = ledger.entries().answered + usize::try_from(roll(&chance, ANSWERS)).unwrap();
            let (ready, answered) = (Instant::now(), || ledger.entries().answered);
            while answered() < until && ready.elapsed() < PATIENCE {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        tokio::time::sleep(Duration::from_millis(roll(&chance, LATER))).await;
        server.kill().await;
    }
    load.finished().await;
    let took = started.elapsed();

    // Somebody else's clock is where everything that was left behind is due.
    let clock = movable();
    let janitor = at.hand(HandOptions::with_clock(clock.clone())).await;
    clock.advance(Duration::from_secs(6 * 60));
    let report = janitor.pass().await;
    assert_eq!(report.errors, Vec::<String>::new(), "{about}");
    janitor.assert_at_rest(&about).await;
    janitor.assert_trail(&about).await;
    nothing_is_lost(&janitor, &ledger, &about).await;
    credentials_work_exactly_while_sessions_live(&at, &janitor, &ledger, &about).await;
    let told: Vec<_> = at.inbox.messages().await.iter().map(Told::of).collect();
    let alerts = janitor.assert_alerts_arrived(&told, &about).await;

    let entries = ledger.entries();
    let (accepted, ended, issued) = (entries.accepted.len(), entries.ended.len(), entries.credentials.len());
    let counts = format!(
        "{about}: {accepted} accepted, {issued} credentials, {ended} ended, {} extended, {} unanswered, {alerts} alerts, {} \
         of them twice, in {took:?}; {report:?}",
        entries.extensions,
        entries.unanswered,
        told.len() - alerts
    );
    println!("{counts}");
    assert_eq!(entries.failures, Vec::<String>::new(), "{about}");
    assert!(accepted >= KILLS && ended >= KILLS / 2 && issued >= KILLS / 5 && alerts >= KILLS / 2, "{counts}");
    assert!(entries.unanswered >= KILLS / 2, "the kills came in the middle of something: {counts}");
}

/// Whatever was answered is so.
async fn nothing_is_lost(janitor: &Hand, ledger: &Ledger, about: &str) {
    let sessions = janitor.sessions(&[]).await;
    let entries = ledger.entries();
    for (id, owner) in &entries.accepted {
        let session = sessions.get(&id.parse().unwrap());
        let session = session.unwrap_or_else(|| panic!("{about}: session {id} of {owner} is lost"));
        assert_eq!(session.facts().user.as_str(), owner, "{about}");
        let is_over = session.status() != Status::Active;
        assert!(is_over || !entries.ended.contains(id), "{about}: the end of {id} was answered, and it is active");
    }
}

async fn credentials_work_exactly_while_sessions_live(at: &Deployment, janitor: &Hand, ledger: &Ledger, about: &str) {
    let live: BTreeSet<_> = janitor.sessions(&[Status::Active]).await.into_keys().map(|id| id.to_string()).collect();
    let credentials = std::mem::take(&mut ledger.entries().credentials);
    for credentials in &credentials {
        let id = &credentials.session_id;
        let session = janitor.stored(id.parse().unwrap()).await;
        let path = format!("/{PROJECT}-{}/report", session.facts().request.account);
        let key: Key = key(credentials);
        let works = at.hub.ministack.call(&key, &SignedCall::s3("GET", &path, "")).await.is_success();
        assert_eq!(works, live.contains(id), "{about}: credentials of {id}");
    }
    ledger.entries().credentials = credentials;
}
