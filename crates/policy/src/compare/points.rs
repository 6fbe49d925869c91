//! Keys whose values are ordered: numbers, instants, addresses. Values between the same two boundaries are all alike, so
//! one of each is enough.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use jiff::{SignedDuration, Timestamp};

use super::keys::KeyType;
use crate::decimal::Decimal;
use crate::instant;
use crate::prepared::parse_range;

/// A value of every kind that numbers in policies tell apart.
pub(super) fn numbers<'t>(written: impl Iterator<Item = &'t str>) -> Vec<String> {
    let values: Vec<&str> = written.filter(|text| Decimal::parse(text).is_some()).collect();
    let digits = |text: &str| text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let precision = values.iter().map(|text| digits(text)).max().unwrap_or(0);
    let mut points: Vec<String> = values.iter().map(|text| (*text).to_owned()).collect();
    // One step finer than anything written, away from zero: that is between the value and its neighbour.
    for text in values.iter().copied().chain(["0"]) {
        let padding = "0".repeat(precision - digits(text));
        let point = if text.contains('.') { "" } else { "." };
        let beyond = format!("{text}{point}{padding}1");
        if Decimal::parse(text) == Decimal::parse("0") {
            points.push(format!("-{}", beyond.trim_start_matches(['-', '+'])));
            points.push(beyond.trim_start_matches(['-', '+']).to_owned());
        } else {
            points.push(beyond);
        }
    }
    points.push("0".to_owned());
    points
}

/// An instant of every kind that instants in policies tell apart, with whole seconds where there is room for them.
pub(super) fn instants<'t>(written: impl Iterator<Item = &'t str>) -> Vec<Timestamp> {
    let mut values: Vec<Timestamp> = written.filter_map(instant::parse).collect();
    values.sort_unstable();
    values.dedup();
    let second = SignedDuration::from_secs(1);
    let mut points = values.clone();
    points.extend(values.first().and_then(|first| first.checked_sub(second).ok()));
    for (at, value) in values.iter().enumerate() {
        let gap = values.get(at + 1).map_or(second + second, |next| next.duration_since(*value));
        let step = if gap > second { second } else { gap / 2 };
        if step > SignedDuration::ZERO {
            points.extend(value.checked_add(step).ok());
        }
    }
    if points.is_empty() {
        points.push(Timestamp::UNIX_EPOCH);
    }
    points
}

/// An address of every kind that ranges in policies tell apart: the first of each stretch between two ends.
pub(super) fn addresses<'t>(written: impl Iterator<Item = &'t str>) -> Vec<IpAddr> {
    let mut points =
        vec![IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7)), IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 7))];
    for range in written.filter_map(parse_range) {
        points.push(range.network());
        points.extend(after(range.broadcast()));
    }
    points.push(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    points.push(IpAddr::V6(Ipv6Addr::UNSPECIFIED));
    points
}

/// Numbers and instants among these texts, written in another way: the same to their type, but not the same text.
pub(super) fn written_otherwise(values: &[String], texts: &[&str]) -> Vec<String> {
    let is_taken = |value: &String| texts.iter().any(|text| text.eq_ignore_ascii_case(value));
    values.iter().filter(|value| is_taken(value)).filter_map(|value| other_form(value, is_taken)).collect()
}

/// With as many zeros behind the point as it takes.
fn other_form(value: &str, is_taken: impl Fn(&String) -> bool) -> Option<String> {
    let (digits, end) = value.strip_suffix('Z').map_or((value, ""), |digits| (digits, "Z"));
    if Decimal::parse(value).is_none() && (instant::parse(value).is_none() || end.is_empty()) {
        return None;
    }
    let point = if digits.contains('.') { "" } else { "." };
    (1..=8).map(|zeros| format!("{digits}{point}{}{end}", "0".repeat(zeros))).find(|form| !is_taken(form))
}

/// Whether a text is a value of this type.
pub(super) fn is_of(kind: KeyType, text: &str) -> bool {
    match kind {
        KeyType::Text => true,
        KeyType::Bool => matches!(text, "true" | "false"),
        KeyType::Number => Decimal::parse(text).is_some(),
        KeyType::Instant => instant::parse(text).is_some(),
        KeyType::Address => text.parse::<IpAddr>().is_ok(),
    }
}

fn after(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V4(address) => u32::from(address).checked_add(1).map(|next| IpAddr::V4(next.into())),
        IpAddr::V6(address) => u128::from(address).checked_add(1).map(|next| IpAddr::V6(next.into())),
    }
}
