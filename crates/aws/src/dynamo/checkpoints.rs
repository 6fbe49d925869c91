//! Signed checkpoints. One names every chain, and so outgrows an item after a few thousand: its text is stored in parts, and
//! only then the item that gives it its number. Whoever loses the race for the number takes their parts away again.

use aws_sdk_dynamodb::types::AttributeValue;
use daypass_vending::audit::{Checkpoint, Digest256};
use daypass_vending::ports::StoreError;

use super::DynamoStore;
use super::item::{Item, count_of, item, number, text, text_of};
use super::read::Query;
use super::transaction::{Cancelled, Condition, Write};
use crate::errors::Failure;

/// How much of a checkpoint's text is in one item, in characters, of which each takes at most four bytes.
const PART: usize = 90_000;

/// Where the checkpoints' numbers are.
const NUMBERS: &str = "checkpoints";

impl DynamoStore {
    pub(super) async fn newest_checkpoint(&self) -> Result<Option<Checkpoint>, StoreError> {
        let newest = Query {
            table: &self.names.records,
            index: None,
            partition: ("Part", text(NUMBERS)),
            sort: None,
            descending: true,
            limit: 1,
        };
        let Some(newest) = self.query(newest).await?.pop() else { return Ok(None) };
        let parts = Query {
            table: &self.names.records,
            index: None,
            partition: ("Part", text(text_of(&newest, "Text")?)),
            sort: None,
            descending: false,
            limit: usize::MAX,
        };
        let parts = self.query(parts).await?;
        if u64::try_from(parts.len()) != Ok(count_of(&newest, "Parts")?) {
            return Err(StoreError::Corrupt("a checkpoint lacks a part of its text".to_owned()));
        }
        let text = parts.iter().map(|part| text_of(part, "Text")).collect::<Result<String, _>>()?;
        serde_json::from_str(&text).map(Some).map_err(|error| StoreError::Corrupt(error.to_string()))
    }

    pub(super) async fn store_checkpoint(&self, checkpoint: &Checkpoint) -> Result<(), StoreError> {
        let document = serde_json::to_string(checkpoint)
            .map_err(|error| StoreError::Unavailable(format!("cannot write a checkpoint: {error}")))?;
        // Rivals for one number differ in their signatures, and so never write each other's parts.
        let name = format!("checkpoint#{:010}#{}", checkpoint.number, Digest256::of(document.as_bytes()));
        let parts = parts(&name, &document);
        let count = parts.len();
        for item in &parts {
            let stored = self.transact(vec![self.write_of(item.clone())]).await;
            // One that is there is of the same text.
            if let Err(Cancelled::Store(error)) = stored {
                return Err(error);
            }
        }
        let own = item([
            ("Part", text(NUMBERS)),
            ("Item", text(format!("{:010}", checkpoint.number))),
            ("Text", text(&name)),
            ("Parts", number(count)),
        ]);
        match self.transact(vec![self.write_of(own)]).await {
            Ok(()) => Ok(()),
            Err(Cancelled::Store(error)) => Err(error),
            Err(Cancelled::Refused(refused)) => {
                let winner = refused.into_iter().find_map(|(_, winner)| winner);
                if winner.is_some_and(|winner| text_of(&winner, "Text") != Ok(&name)) {
                    self.take_away(parts).await?;
                }
                Err(StoreError::Conflict)
            }
        }
    }

    fn write_of(&self, item: Item) -> Write<'_> {
        Write { table: &self.names.records, item, condition: Condition::Absent("Part") }
    }

    async fn take_away(&self, parts: Vec<Item>) -> Result<(), StoreError> {
        for mut part in parts {
            part.remove("Text");
            let key: std::collections::HashMap<String, AttributeValue> = part;
            let deleted = self.client.delete_item().table_name(&self.names.records).set_key(Some(key)).send().await;
            deleted.map_err(|error| Failure::of(&error))?;
        }
        Ok(())
    }
}

fn parts(name: &str, document: &str) -> Vec<Item> {
    let letters: Vec<char> = document.chars().collect();
    let part = |(place, letters): (usize, &[char])| {
        let text_of_part: String = letters.iter().collect();
        item([("Part", text(name)), ("Item", text(format!("{place:06}"))), ("Text", text(text_of_part))])
    };
    letters.chunks(PART).enumerate().map(part).collect()
}
