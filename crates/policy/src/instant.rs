//! Points in time as IAM writes them: ISO 8601 with or without time, or seconds since 1970.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Date>

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;

/// `None` when the text is no point in time. A date alone means midnight, a month or a year its first day, and a time
/// without a zone means UTC.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    if let Some(instant) = usual(text).or_else(|| month(text)) {
        return Some(instant);
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Timestamp::from_second(text.parse().ok()?).ok();
    }
    // jiff also takes a bracketed time zone name, which is not ISO 8601.
    if text.contains('[') {
        return None;
    }
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant);
    }
    let civil: DateTime = match text.parse::<Date>() {
        Ok(date) if !text.contains(['T', 't', ' ']) => date.into(),
        _ => text.parse().ok()?,
    };
    Offset::UTC.to_timestamp(civil).ok()
}

/// `2026-03-14T09:26:53Z`, the notation of nearly every request, without a general parser. `None` for all others.
fn usual(text: &str) -> Option<Timestamp> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2, b'Z'] =
        *<&[u8; 20]>::try_from(text.as_bytes()).ok()?
    else {
        return None;
    };
    let digit = |byte: u8| byte.is_ascii_digit().then(|| i16::from(byte - b'0'));
    let two = |tens, ones| Some(digit(tens)? * 10 + digit(ones)?);
    let small = |number: i16| i8::try_from(number).ok();
    let year = two(y1, y2)? * 100 + two(y3, y4)?;
    let (month, day) = (small(two(m1, m2)?)?, small(two(d1, d2)?)?);
    let (hour, minute, second) = (small(two(h1, h2)?)?, small(two(n1, n2)?)?, small(two(s1, s2)?)?);
    let civil = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    Offset::UTC.to_timestamp(civil).ok()
}

/// `2026` and `2026-03`: the two shortest notations of <https://www.w3.org/TR/NOTE-datetime>. Nobody means the hour after
/// midnight of 1970-01-01 by four digits.
fn month(text: &str) -> Option<Timestamp> {
    let (year, month) = text.split_once('-').unwrap_or((text, "01"));
    let is_number = |text: &str, digits: usize| text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(year, 4) || !is_number(month, 2) {
        return None;
    }
    let first = Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok()?;
    Offset::UTC.to_timestamp(first.into()).ok()
}

#[cfg(test)]
mod tests {
    use super::{parse, usual};

    #[test]
    fn the_usual_notation_is_read_as_the_general_parser_reads_it() {
        for text in [
            "2026-03-14T09:26:53Z",
            "2024-02-29T23:59:59Z",
            "2025-02-29T00:00:00Z",
            "0000-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
            "2026-12-31T23:59:60Z",
            "2026-03-14T24:00:00Z",
            "2026-00-14T09:26:53Z",
            "2026-03-1\u{663}T09:26:5Z",
            "2026-03-14 09:26:53Z",
        ] {
            let read = usual(text);
            assert!(read.is_none() || read == text.parse().ok(), "{text}");
        }
        assert!(usual("2026-03-14T09:26:53Z").is_some());
    }

    #[test]
    fn every_notation_of_the_same_instant_is_equal() {
        let expected = parse("1773480413");
        assert!(expected.is_some());
        for text in [
            "2026-03-14T09:26:53Z",
            "2026-03-14T09:26:53.000Z",
            "2026-03-14T14:56:53+05:30",
            "2026-03-14T04:26:53-05:00",
            "2026-03-14T09:26:53",
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
        assert_eq!(parse("2026-03-14"), parse("2026-03-14T00:00:00Z"));
        assert_eq!(parse("2026-03-14T09:26Z"), parse("2026-03-14T09:26:00Z"));
        assert_eq!(parse("2026-03"), parse("2026-03-01"));
        assert_eq!(parse("2026"), parse("2026-01-01"));
        assert_eq!(parse("20260"), parse("1970-01-01T05:37:40Z"));
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        for text in
            ["", "-", "today", "2026-13-01", "2026-02-30T00:00:00Z", "99999999999999999999", "2026-03-14T25:00Z"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
