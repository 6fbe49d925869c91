//! Where a record stands in a list: a text that sorts by time, and among equal times by something that is never equal. A
//! number alone would leave the order of equal times to DynamoDB, and a page could not end between them.

use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A place in a list. INVARIANT: begins with [`DIGITS`] digits that are a time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(String);

/// Microseconds since 1970 from year -9999 to 9999, moved by [`ZERO`] to have no sign, have so many digits.
const DIGITS: usize = 19;
const ZERO: i64 = 1_000_000_000_000_000_000;

impl Place {
    /// The place of what happened at `at` and is like nothing else by `name`.
    pub(super) fn new(at: Timestamp, name: impl fmt::Display) -> Self {
        let micros = ZERO.saturating_add(at.as_microsecond());
        Self(format!("{micros:0DIGITS$}-{name}"))
    }

    /// A place that somebody else wrote down.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (digits, rest) = text.split_at_checked(DIGITS)?;
        let place = Self(text.to_owned());
        let is_number = digits.bytes().all(|digit| digit.is_ascii_digit());
        (is_number && rest.starts_with('-') && place.time().is_some()).then_some(place)
    }

    /// The place as text.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The day that the place is in.
    pub(super) fn day(&self) -> String {
        self.time().map(day).unwrap_or_default()
    }

    fn time(&self) -> Option<Timestamp> {
        let micros: i64 = self.0.get(..DIGITS)?.parse().ok()?;
        Timestamp::from_microsecond(micros.checked_sub(ZERO)?).ok()
    }
}

/// The day of a time, in UTC: `2026-03-01`.
pub(super) fn day(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).date().to_string()
}

/// A time as DynamoDB sorts it: epoch seconds, exact to the nanosecond.
pub(super) fn epoch_seconds(at: Timestamp) -> String {
    let nanos = at.as_nanosecond();
    let (seconds, rest) = (nanos.div_euclid(1_000_000_000), nanos.rem_euclid(1_000_000_000));
    if seconds >= 0 || rest == 0 {
        return format!("{seconds}.{rest:09}");
    }
    // Before 1970 the fraction counts away from zero.
    let (seconds, rest) = (-(seconds + 1), 1_000_000_000 - rest);
    format!("-{seconds}.{rest:09}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn places_sort_by_time_then_name() {
        let times =
            ["-009999-06-01T00:00:00Z", "1969-12-31T23:59:59.5Z", "2026-03-01T09:00:00Z", "9999-01-01T00:00:00Z"];
        let places: Vec<Place> =
            times.iter().flat_map(|time| [Place::new(at(time), "a"), Place::new(at(time), "b")]).collect();
        assert!(places.is_sorted());
        for place in &places {
            assert_eq!(Place::read(place.as_str()).as_ref(), Some(place));
        }
        assert_eq!(places[4].day(), "2026-03-01");
    }

    #[test]
    fn what_is_no_place_is_not_read() {
        for text in
            ["", "1", "1000000000000000000", "1000000000000000000x", "+000000000000000000-a", "9999999999999999999-a"]
        {
            assert_eq!(Place::read(text), None, "{text}");
        }
    }

    #[test]
    fn epoch_seconds_are_exact_on_both_sides_of_1970() {
        for (time, text) in [
            ("1970-01-01T00:00:00Z", "0.000000000"),
            ("2026-03-01T09:00:00.000000001Z", "1772355600.000000001"),
            ("1969-12-31T23:59:59.5Z", "-0.500000000"),
            ("1969-12-31T23:59:58.25Z", "-1.750000000"),
            ("1969-12-31T23:59:58Z", "-2.000000000"),
        ] {
            assert_eq!(epoch_seconds(at(time)), text);
        }
    }
}
