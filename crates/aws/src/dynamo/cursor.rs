//! Where a page ended, as an opaque text. It names its list, and only a position in it: which partition is read is always
//! said by the question, so that no cursor, forged or borrowed, leads into what was not asked for.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use daypass_vending::ports::{Page, PageRequest, StoreError};

use super::place::Place;

/// The lists that have pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    /// Sessions, newest first.
    Sessions,
    /// All events, oldest first.
    Trail,
    /// The events of one chain.
    Chain,
}

/// A page has at most so many items, whatever was asked for.
const PAGE_LIMIT: usize = 1000;

impl List {
    fn name(self) -> &'static str {
        match self {
            Self::Sessions => "sessions",
            Self::Trail => "trail",
            Self::Chain => "chain",
        }
    }

    /// Where the page before ended, if there was one.
    pub(super) fn place(self, page: &PageRequest) -> Result<Option<Place>, StoreError> {
        self.after(page, Place::read)
    }

    /// The number of the last event of the page before; zero if there was none.
    pub(super) fn number(self, page: &PageRequest) -> Result<u64, StoreError> {
        Ok(self.after(page, |text| text.parse().ok())?.unwrap_or(0))
    }

    fn after<T>(self, page: &PageRequest, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, StoreError> {
        let Some(cursor) = &page.cursor else { return Ok(None) };
        let text = BASE64.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let position = text.as_deref().and_then(|text| text.strip_prefix(self.name())?.strip_prefix(' '));
        position.and_then(read).map(Some).ok_or(StoreError::BadCursor)
    }

    /// The page of what was found, of which one item too many tells that there is another page.
    pub(super) fn page<T>(self, limit: usize, mut found: Vec<(String, T)>) -> Page<T> {
        let more = found.len() > limit;
        found.truncate(limit);
        let end = found.last().map(|(position, _)| self.cursor(position));
        let next = end.clone().filter(|_| more);
        Page { items: found.into_iter().map(|(_, item)| item).collect(), next, end }
    }

    /// The cursor of a position.
    pub(super) fn cursor(self, position: &str) -> String {
        BASE64.encode(format!("{} {position}", self.name()))
    }
}

/// How many items a page may have.
pub(super) fn limit(page: &PageRequest) -> usize {
    page.limit.clamp(1, PAGE_LIMIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(cursor: &str) -> PageRequest {
        PageRequest { cursor: Some(cursor.to_owned()), limit: 5 }
    }

    #[test]
    fn a_cursor_survives_its_text_and_belongs_to_its_list() {
        let place = Place::new("2026-03-01T09:00:00Z".parse().unwrap(), "a name with spaces");
        let cursor = request(&List::Sessions.cursor(place.as_str()));
        assert_eq!(List::Sessions.place(&cursor), Ok(Some(place)));
        assert_eq!(List::Trail.place(&cursor), Err(StoreError::BadCursor));
        assert_eq!(List::Chain.number(&request(&List::Chain.cursor("42"))), Ok(42));
    }

    #[test]
    fn garbage_is_no_cursor() {
        for garbage in ["", "x", "%%%", "c2Vzc2lvbnM", &List::Sessions.cursor(""), &List::Sessions.cursor("42")] {
            assert_eq!(List::Sessions.place(&request(garbage)), Err(StoreError::BadCursor), "{garbage}");
        }
        for garbage in ["-1", "", "1 2"] {
            assert_eq!(List::Chain.number(&request(&List::Chain.cursor(garbage))), Err(StoreError::BadCursor));
        }
    }

    #[test]
    fn the_last_page_has_no_next() {
        let found = |count: usize| (0..count).map(|number| (number.to_string(), number)).collect();
        let end = Some(List::Chain.cursor("1"));
        assert_eq!(List::Chain.page(2, found(2)), Page { items: vec![0, 1], next: None, end: end.clone() });
        assert_eq!(List::Chain.page(2, found(3)), Page { items: vec![0, 1], next: end.clone(), end });
        assert_eq!(List::Chain.page(2, found(0)), Page::empty());
    }
}
