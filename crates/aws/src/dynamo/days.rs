//! Which days have anything, so that a list over all time need not ask for every day there ever was.
//!
//! A day is opened before the first thing of it is stored, in a write of its own: were it part of every transaction, all of
//! them would meet at this one item. A day that stays empty because that thing then was not stored does no harm.

use daypass_vending::ports::StoreError;

use super::DynamoStore;
use super::item::{item, text, text_of};
use super::read::Query;
use super::transaction::{Cancelled, Condition, Write};

/// What a day is counted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Days {
    Sessions,
    Events,
}

/// How many days a process remembers to have opened.
const REMEMBERED: usize = 64;

impl Days {
    fn part(self) -> &'static str {
        match self {
            Self::Sessions => "days#sessions",
            Self::Events => "days#events",
        }
    }
}

impl DynamoStore {
    /// Make sure that a day is known.
    pub(super) async fn open_day(&self, days: Days, day: &str) -> Result<(), StoreError> {
        let known = (days, day.to_owned());
        if self.open_days.lock().await.contains(&known) {
            return Ok(());
        }
        let item = item([("Part", text(days.part())), ("Item", text(day))]);
        let write = Write { table: &self.names.records, item, condition: Condition::Absent("Part") };
        match self.transact(vec![write]).await {
            // Somebody else opened it.
            Ok(()) | Err(Cancelled::Refused(_)) => {}
            Err(Cancelled::Store(error)) => return Err(error),
        }
        let mut open = self.open_days.lock().await;
        if open.len() == REMEMBERED {
            open.clear();
        }
        open.insert(known);
        Ok(())
    }

    /// The days that are known, oldest first.
    pub(super) async fn days(&self, days: Days) -> Result<Vec<String>, StoreError> {
        let query = Query {
            table: &self.names.records,
            index: None,
            partition: ("Part", text(days.part())),
            sort: None,
            descending: false,
            limit: usize::MAX,
        };
        let found = self.query(query).await?;
        found.iter().map(|item| text_of(item, "Item").map(str::to_owned)).collect()
    }
}
