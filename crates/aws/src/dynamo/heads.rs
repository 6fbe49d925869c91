//! The chains' heads: an item for each chain, in sixteen parts by the hash of the chain's name, so that none is hot and all
//! of them can be listed consistently without reading the trail.

use daypass_vending::audit::{ChainId, Digest256, Event, EventDraft, Head};
use daypass_vending::ports::StoreError;
use futures::future::try_join_all;
use jiff::Timestamp;

use super::DynamoStore;
use super::days::Days;
use super::item::{Item, count_of, item, number, recorded, text, text_of};
use super::place::Place;
use super::read::Query;
use super::transaction::{Condition, Write};

/// A head, and when its event was placed: an event never stands before the one it follows, whatever the clocks say.
struct Recorded {
    head: Head,
    placed_at: Timestamp,
}

impl DynamoStore {
    /// An event in its chain and the chain's new head, on condition that nothing comes between.
    pub(super) async fn appended(&self, draft: &EventDraft) -> Result<[Write<'_>; 2], StoreError> {
        let recorded = self.recorded_head(&draft.chain).await?;
        let placed_at = recorded.as_ref().map_or(draft.at, |recorded| recorded.placed_at.max(draft.at));
        let event = draft.clone().chained(recorded.as_ref().map(|recorded| &recorded.head));
        let place = Place::new(placed_at, format_args!("{:010}-{}", event.seq, draft.chain.as_str()));
        self.open_day(Days::Events, &place.day()).await?;
        let condition = match recorded {
            None => Condition::Absent("Part"),
            Some(recorded) => Condition::Still("Seq", recorded.head.seq),
        };
        Ok([
            Write { table: &self.names.audit, item: event_item(&event, &place)?, condition: Condition::Absent("Seq") },
            Write { table: &self.names.records, item: head_item(&event, placed_at), condition },
        ])
    }

    async fn recorded_head(&self, chain: &ChainId) -> Result<Option<Recorded>, StoreError> {
        let found = self.record(&part(shard(chain)), chain.as_str()).await?;
        found.map(|item| read(&item)).transpose()
    }

    /// The heads of all chains, sorted by chain.
    pub(super) async fn all_heads(&self) -> Result<Vec<Head>, StoreError> {
        let parts = (0..16).map(|shard| {
            self.query(Query {
                table: &self.names.records,
                index: None,
                partition: ("Part", text(part(shard))),
                sort: None,
                descending: false,
                limit: usize::MAX,
            })
        });
        let mut heads = Vec::new();
        for item in try_join_all(parts).await?.iter().flatten() {
            heads.push(read(item)?.head);
        }
        heads.sort();
        Ok(heads)
    }
}

fn event_item(event: &Event, place: &Place) -> Result<Item, StoreError> {
    recorded(
        event,
        [
            ("ChainId", text(event.draft.chain.as_str())),
            ("Seq", number(event.seq)),
            ("Day", text(place.day())),
            ("Place", text(place.as_str())),
        ],
    )
}

fn head_item(event: &Event, placed_at: Timestamp) -> Item {
    item([
        ("Part", text(part(shard(&event.draft.chain)))),
        ("Item", text(event.draft.chain.as_str())),
        ("Seq", number(event.seq)),
        ("Hash", text(event.hash.to_string())),
        ("PlacedAt", text(placed_at.to_string())),
    ])
}

fn read(item: &Item) -> Result<Recorded, StoreError> {
    let corrupt = |error: String| StoreError::Corrupt(format!("a head of the trail: {error}"));
    let hash = Digest256::try_from(text_of(item, "Hash")?.to_owned()).map_err(|error| corrupt(error.to_string()))?;
    let placed_at = text_of(item, "PlacedAt")?.parse().map_err(|error: jiff::Error| corrupt(error.to_string()))?;
    let head = Head { chain: ChainId::named(text_of(item, "Item")?), seq: count_of(item, "Seq")?, hash };
    Ok(Recorded { head, placed_at })
}

/// One of sixteen, by a digit of the hash.
pub(super) fn shard(chain: &ChainId) -> usize {
    let hash = Digest256::of(chain.as_str().as_bytes()).to_string();
    let digit = hash.chars().next().and_then(|digit| digit.to_digit(16));
    digit.and_then(|digit| usize::try_from(digit).ok()).unwrap_or(0)
}

fn part(shard: usize) -> String {
    format!("heads#{shard:02}")
}
