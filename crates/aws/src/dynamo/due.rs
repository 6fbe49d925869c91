//! What the reconciler owes something: sixteen parts of a sparse index, merged by when each is due.

use daypass_vending::ports::StoreError;
use daypass_vending::session::Session;
use futures::future::try_join_all;
use jiff::Timestamp;

use super::DynamoStore;
use super::commit::DUE_SHARDS;
use super::item::{Item, number};
use super::place::epoch_seconds;
use super::read::Query;
use super::schema::BY_DUE;

/// How many sessions are read at once.
const CHUNK: usize = 100;

impl DynamoStore {
    /// What is due, of each session what `keep` takes of it, so that no more than some sessions are in memory at once.
    pub(super) async fn due_sessions<T>(
        &self,
        now: Timestamp,
        limit: usize,
        keep: impl Fn(Session) -> T + Send,
    ) -> Result<Vec<T>, StoreError>
    where
        T: Send,
    {
        let parts = (0..DUE_SHARDS).map(|shard| {
            self.query(Query {
                table: &self.names.sessions,
                index: Some(BY_DUE),
                partition: ("DueShard", number(shard)),
                sort: Some(("DueAt", "<=", number(epoch_seconds(now)))),
                descending: false,
                limit,
            })
        });
        let mut due: Vec<Item> = try_join_all(parts).await?.into_iter().flatten().collect();
        due.sort_by_cached_key(due_at);
        let mut sessions = Vec::new();
        for keys in due.chunks(CHUNK) {
            let now_known = self.sessions_of(keys).await?;
            for session in now_known.into_values() {
                let place = (session.due_at(), session.id());
                if place.0.is_some_and(|at| at <= now) {
                    sessions.push((place, keep(session)));
                }
            }
            if sessions.len() >= limit {
                break;
            }
        }
        sessions.sort_by_key(|(place, _)| *place);
        sessions.truncate(limit);
        Ok(sessions.into_iter().map(|(_, kept)| kept).collect())
    }
}

/// Whole and fractional seconds as numbers, so that they compare as such.
fn due_at(item: &Item) -> (i64, u32) {
    let text = item.get("DueAt").and_then(|value| value.as_n().ok()).map_or("", String::as_str);
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let fraction = format!("{fraction:0<9}").parse().unwrap_or(0);
    (seconds.parse().unwrap_or(i64::MIN), fraction)
}
