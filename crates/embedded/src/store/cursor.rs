//! Where a page ended, as an opaque text. A cursor names the list it belongs to, so that one of another list is refused
//! instead of starting somewhere.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use daypass_vending::ports::{Page, PageRequest, StoreError};

use super::PAGE_LIMIT;

/// The lists that have pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    /// Sessions, by time of request and number, descending.
    Sessions,
    /// All events, by number.
    Trail,
    /// The events of one chain, by place.
    Chain,
}

impl List {
    fn name(self) -> &'static str {
        match self {
            Self::Sessions => "sessions",
            Self::Trail => "trail",
            Self::Chain => "chain",
        }
    }
}

/// The sort key of the last item of a page.
pub(super) type Position = (i64, i64);

/// Which part of a list to read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    list: List,
    /// The items after this position; all when `None`.
    pub(super) after: Option<Position>,
    limit: usize,
}

impl Part {
    /// Understand a request for a page of `list`.
    pub(super) fn of(list: List, page: &PageRequest) -> Result<Self, StoreError> {
        let after =
            page.cursor.as_deref().map(|cursor| decode(list, cursor).ok_or(StoreError::BadCursor)).transpose()?;
        Ok(Self { list, after, limit: page.limit.clamp(1, PAGE_LIMIT) })
    }

    /// How many rows to fetch: one more than the page holds tells whether there is another page.
    pub(super) fn fetch(&self) -> i64 {
        i64::try_from(self.limit).unwrap_or(i64::MAX).saturating_add(1)
    }

    /// The page of what was fetched.
    pub(super) fn page<T>(&self, mut rows: Vec<(Position, T)>) -> Page<T> {
        let more = rows.len() > self.limit;
        rows.truncate(self.limit);
        let end = rows.last().map(|(position, _)| encode(self.list, *position));
        let next = end.clone().filter(|_| more);
        Page { items: rows.into_iter().map(|(_, item)| item).collect(), next, end }
    }
}

pub(super) fn encode(list: List, (first, second): Position) -> String {
    BASE64.encode(format!("{} {first} {second}", list.name()))
}

fn decode(list: List, cursor: &str) -> Option<Position> {
    let text = String::from_utf8(BASE64.decode(cursor).ok()?).ok()?;
    let (first, second) = text.strip_prefix(list.name())?.strip_prefix(' ')?.split_once(' ')?;
    let position = (first.parse().ok()?, second.parse().ok()?);
    // One position has one cursor.
    (encode(list, position) == cursor).then_some(position)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_its_text_and_belongs_to_its_list() {
        for position in [(0, 0), (1_700_000_000_000_000, 42), (i64::MIN, i64::MAX)] {
            let cursor = encode(List::Sessions, position);
            assert_eq!(decode(List::Sessions, &cursor), Some(position));
            assert_eq!(decode(List::Trail, &cursor), None);
        }
        for garbage in ["", "x", "c2Vzc2lvbnM", "%%%", &BASE64.encode("sessions 1"), &BASE64.encode("sessions +1 2")] {
            assert_eq!(decode(List::Sessions, garbage), None, "{garbage}");
        }
    }
}
