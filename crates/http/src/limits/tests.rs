use daypass_embedded::clock::ManualClock;
use daypass_embedded::database::Database;
use daypass_embedded::store::SqliteStore;

use super::*;

/// Processes that come and go over the same records.
struct Machine {
    memory: Arc<SqliteStore>,
    time: Arc<ManualClock>,
}

impl Machine {
    fn new() -> Self {
        let memory = Arc::new(SqliteStore::new(Database::open_in_memory().unwrap()));
        Self { memory, time: Arc::new(ManualClock::new("2026-03-01T09:00:00Z".parse().unwrap())) }
    }

    fn start(&self, per_minute: u32) -> Limits {
        Limits::new(NonZeroU32::new(per_minute).unwrap(), self.memory.clone(), self.time.clone())
    }
}

fn user(name: &str) -> UserId {
    name.parse().unwrap()
}

/// How many of so many calls get through.
async fn calls(limits: &Limits, name: &str, calls: usize) -> usize {
    let mut within = 0;
    for _ in 0..calls {
        within += usize::from(matches!(limits.person(&user(name)).await.unwrap(), Verdict::Within));
    }
    within
}

#[tokio::test]
async fn each_person_has_an_allowance_of_their_own_and_beyond_it_is_news_once() {
    let limits = Machine::new().start(2);
    assert_eq!(calls(&limits, "ann", 2).await, 2);
    assert!(matches!(limits.person(&user("ann")).await.unwrap(), Verdict::Beyond { is_news: true, .. }));
    assert!(matches!(limits.person(&user("ann")).await.unwrap(), Verdict::Beyond { is_news: false, .. }));
    assert_eq!(calls(&limits, "ben", 1).await, 1);
}

#[tokio::test]
async fn an_ipv6_subscriber_is_one_stranger_and_a_mapped_address_is_the_one_it_maps() {
    let limits = Machine::new().start(1);
    let mut within = 0;
    for last in 0..100 {
        let host = IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, last]);
        within += u32::from(matches!(limits.stranger(host).await.unwrap(), Verdict::Within));
    }
    assert_eq!(within, 30);
    for address in ["192.0.2.1", "::ffff:192.0.2.1"].into_iter().cycle().take(30) {
        assert!(matches!(limits.stranger(address.parse().unwrap()).await.unwrap(), Verdict::Within));
    }
    for address in ["192.0.2.1", "::ffff:192.0.2.1"] {
        assert!(matches!(limits.stranger(address.parse().unwrap()).await.unwrap(), Verdict::Beyond { .. }));
    }
}

#[tokio::test]
async fn t26_a_loop_of_restarts_lifts_no_limit() {
    for calls_a_life in [1, 5, 9, 10, 11, 37] {
        let machine = Machine::new();
        let mut within = 0;
        for _ in 0..300 {
            within += calls(&machine.start(100), "mallory", calls_a_life).await;
        }
        assert!(within <= 100, "{within} calls got through, {calls_a_life} in each life of the process");
    }
}

#[tokio::test]
async fn t26_what_comes_back_with_time_comes_back_across_restarts() {
    let machine = Machine::new();
    assert_eq!(calls(&machine.start(100), "ann", 150).await, 100);
    assert_eq!(calls(&machine.start(100), "ann", 10).await, 0);
    machine.time.advance(Duration::from_secs(30));
    let half = calls(&machine.start(100), "ann", 100).await;
    assert!(
        (35..=51).contains(&half),
        "half a minute gives half of the allowance back, less what may be unheard: {half}"
    );
    machine.time.advance(Duration::from_secs(120));
    assert_eq!(calls(&machine.start(100), "ann", 100).await, 100);
}

#[tokio::test]
async fn t26_a_restart_forgives_no_guesses() {
    let machine = Machine::new();
    let address = "203.0.113.9".parse().unwrap();
    let mut within = 0;
    for _ in 0..50 {
        let limits = machine.start(100);
        for _ in 0..2 {
            within += u32::from(matches!(limits.stranger(address).await.unwrap(), Verdict::Within));
        }
    }
    assert!(within <= 30, "{within}");
}
