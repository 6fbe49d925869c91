//! Whoever follows the trail from cursor to cursor misses nothing, sees nothing too early, and does not feed themself.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use crate::support::{ADA, CARLA, Server};

/// What was read so far, and where it ended.
#[derive(Default)]
struct Reader {
    cursor: Option<String>,
    seen: BTreeSet<(String, u64)>,
}

impl Reader {
    /// Read to the end, in pages of `limit`; how many events were new.
    async fn read(&mut self, server: &Server, limit: u32) -> usize {
        let before = self.seen.len();
        loop {
            let cursor = self.cursor.as_ref().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
            let path = format!("/v1/audit?settled=true&limit={limit}{cursor}");
            let page = server.ask(ADA, "GET", &path, None).await.json();
            for event in page["events"].as_array().unwrap() {
                self.seen.insert((event["chain"].as_str().unwrap().to_owned(), event["seq"].as_u64().unwrap()));
            }
            if let Some(end) = page["end_cursor"].as_str() {
                self.cursor = Some(end.to_owned());
            }
            if page["next_cursor"] == Value::Null {
                return self.seen.len() - before;
            }
        }
    }
}

#[tokio::test]
async fn a_follower_sees_every_event_once_it_is_settled() {
    let server = Server::new().await;
    let mut reader = Reader::default();
    let id = server.active(CARLA, "read-only").await;
    assert_eq!(reader.read(&server, 3).await, 0, "what happened just now may yet get an event before it");

    server.local.clock.advance(Duration::from_secs(11));
    let first = reader.read(&server, 2).await;
    assert!(first >= 2, "the grant and the activation, and who looked at them");
    server.ask(CARLA, "POST", &format!("/v1/sessions/{id}/credentials"), None).await;
    assert_eq!(reader.read(&server, 2).await, 0);

    server.local.clock.advance(Duration::from_secs(11));
    reader.read(&server, 1).await;
    server.local.clock.advance(Duration::from_secs(11));
    reader.read(&server, 1).await;
    let all = server.ask(ADA, "GET", &format!("/v1/audit?session={id}"), None).await.json();
    for event in all["events"].as_array().unwrap() {
        let name = (event["chain"].as_str().unwrap().to_owned(), event["seq"].as_u64().unwrap());
        assert!(reader.seen.contains(&name), "{name:?} was missed");
    }
}

#[tokio::test]
async fn following_a_quiet_trail_comes_to_an_end() {
    let server = Server::new().await;
    server.active(CARLA, "read-only").await;
    let mut reader = Reader::default();
    for _ in 0..3 {
        server.local.clock.advance(Duration::from_secs(11));
        reader.read(&server, 200).await;
    }
    let (_, events) = server.stored().await;
    for _ in 0..5 {
        server.local.clock.advance(Duration::from_secs(11));
        assert_eq!(reader.read(&server, 200).await, 0, "there is nothing new to read");
    }
    assert_eq!(server.stored().await.1, events, "and nothing new on record");
}
