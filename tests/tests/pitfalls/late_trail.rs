//! A store whose list of all chains is a moment late, as an index of DynamoDB is: that is not tampering, and does not hide
//! any.

use std::sync::Arc;

use async_trait::async_trait;
use daypass_tests::world::World;
use daypass_vending::audit::{ChainId, Checkpoint, Event, EventDraft, Head, Tampering};
use daypass_vending::ports::{AuditLog, Page, PageRequest, Records, StoreError};

/// What is different about the lists.
#[derive(Clone, Copy)]
enum Lists {
    /// The list of all chains lacks this event of a session's chain.
    LackLate(u64),
    /// Both lists lack it.
    Lack(u64),
    /// The list of all chains has it twice.
    RepeatLate(u64),
}

struct Trail {
    store: Arc<dyn Records>,
    chain: ChainId,
    lists: Lists,
}

#[async_trait]
impl AuditLog for Trail {
    async fn record(&self, event: &EventDraft) -> Result<(), StoreError> {
        self.store.record(event).await
    }

    async fn events(&self, chain: Option<&ChainId>, page: &PageRequest) -> Result<Page<Event>, StoreError> {
        let mut page = self.store.events(chain, page).await?;
        let is = |event: &Event, seq| event.draft.chain == self.chain && event.seq == seq;
        match self.lists {
            Lists::LackLate(seq) if chain.is_none() => page.items.retain(|event| !is(event, seq)),
            Lists::Lack(seq) => page.items.retain(|event| !is(event, seq)),
            Lists::RepeatLate(seq) if chain.is_none() => {
                let repeated: Vec<Event> = page.items.iter().filter(|event| is(event, seq)).cloned().collect();
                page.items.extend(repeated);
            }
            Lists::LackLate(_) | Lists::RepeatLate(_) => {}
        }
        Ok(page)
    }

    async fn heads(&self) -> Result<Vec<Head>, StoreError> {
        self.store.heads().await
    }

    async fn last_checkpoint(&self) -> Result<Option<Checkpoint>, StoreError> {
        self.store.last_checkpoint().await
    }

    async fn add_checkpoint(&self, checkpoint: &Checkpoint) -> Result<(), StoreError> {
        self.store.add_checkpoint(checkpoint).await
    }
}

/// What is found when the lists are like this.
async fn found(lists: Lists) -> Vec<Tampering> {
    let world = World::new().await;
    let session = world.active("carla", "read-only").await;
    let trail = Trail { store: Arc::clone(&world.store), chain: ChainId::session(&session.id()), lists };
    world.reading(Arc::new(trail)).verify_audit(&world.person("ada")).await.unwrap().findings
}

#[tokio::test]
async fn an_event_that_the_list_of_all_chains_does_not_show_yet_is_not_missing() {
    for seq in [1, 2] {
        assert_eq!(found(Lists::LackLate(seq)).await, [], "event {seq}");
    }
}

#[tokio::test]
async fn an_event_that_is_in_no_list_is_missing() {
    for seq in [1, 2] {
        assert_ne!(found(Lists::Lack(seq)).await, [], "event {seq}");
    }
}

#[tokio::test]
async fn an_event_too_many_in_one_of_the_lists_is_found() {
    for seq in [1, 2] {
        assert_ne!(found(Lists::RepeatLate(seq)).await, [], "event {seq}");
    }
}
