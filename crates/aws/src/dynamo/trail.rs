//! The port [`AuditLog`].

use async_trait::async_trait;
use daypass_vending::audit::{ChainId, Checkpoint, Event, EventDraft, Head};
use daypass_vending::ports::{AuditLog, Page, PageRequest, StoreError};

use super::DynamoStore;
use super::cursor::{List, limit};
use super::days::Days;
use super::item::{Item, count_of, number, record, text, text_of};
use super::read::Query;
use super::schema::BY_DAY;

/// The longest text that can be a partition key, in bytes.
const LONGEST_KEY: usize = 2048;

#[async_trait]
impl AuditLog for DynamoStore {
    async fn record(&self, event: &EventDraft) -> Result<(), StoreError> {
        self.append(event).await
    }

    /// One chain is read from the table itself. All chains are read from an index, a moment behind, in the order of their
    /// writers' clocks: an event of one chain never stands before the one it follows, and who tails the trail by its last
    /// cursor can miss an event of another chain that was placed just before.
    async fn events(&self, chain: Option<&ChainId>, page: &PageRequest) -> Result<Page<Event>, StoreError> {
        match chain {
            Some(chain) => self.chain(chain, page).await,
            None => self.all_events(page).await,
        }
    }

    async fn heads(&self) -> Result<Vec<Head>, StoreError> {
        self.all_heads().await
    }

    async fn last_checkpoint(&self) -> Result<Option<Checkpoint>, StoreError> {
        self.newest_checkpoint().await
    }

    async fn add_checkpoint(&self, checkpoint: &Checkpoint) -> Result<(), StoreError> {
        self.store_checkpoint(checkpoint).await
    }
}

impl DynamoStore {
    async fn chain(&self, chain: &ChainId, page: &PageRequest) -> Result<Page<Event>, StoreError> {
        let (after, limit) = (List::Chain.number(page)?, limit(page));
        // Whoever asks may type any name; no chain has one that cannot be a key.
        if chain.as_str().is_empty() || chain.as_str().len() > LONGEST_KEY {
            return Ok(Page::empty());
        }
        let query = Query {
            table: &self.names.audit,
            index: None,
            partition: ("ChainId", text(chain.as_str())),
            sort: Some(("Seq", ">", number(after))),
            descending: false,
            limit: limit.saturating_add(1),
        };
        let events = self.query(query).await?;
        let events = events.iter().map(|item| Ok((count_of(item, "Seq")?.to_string(), record(item)?)));
        Ok(List::Chain.page(limit, events.collect::<Result<_, StoreError>>()?))
    }

    async fn all_events(&self, page: &PageRequest) -> Result<Page<Event>, StoreError> {
        let (after, limit) = (List::Trail.place(page)?, limit(page));
        let first = after.as_ref().map(|place| place.day());
        let mut events: Vec<(String, Event)> = Vec::new();
        for day in self.days(Days::Events).await? {
            if first.as_ref().is_some_and(|first| day < *first) {
                continue;
            }
            let query = Query {
                table: &self.names.audit,
                index: Some(BY_DAY),
                partition: ("Day", text(day)),
                sort: after.as_ref().map(|place| ("Place", ">", text(place.as_str()))),
                descending: false,
                limit: limit.saturating_add(1).saturating_sub(events.len()),
            };
            for item in self.query(query).await? {
                events.push(placed(&item)?);
            }
            if events.len() > limit {
                break;
            }
        }
        Ok(List::Trail.page(limit, events))
    }
}

fn placed(item: &Item) -> Result<(String, Event), StoreError> {
    Ok((text_of(item, "Place")?.to_owned(), record(item)?))
}
