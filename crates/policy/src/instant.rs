//! Points in time as IAM writes them: ISO 8601 with or without time, or seconds since 1970.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Date>

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;

/// `None` when the text is no point in time. A date alone means midnight, and a time without a zone means UTC.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
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

#[cfg(test)]
mod tests {
    use super::parse;

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
