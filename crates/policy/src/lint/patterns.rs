//! Patterns against patterns: whether one contains the other, and whether they have a text in common.

/// One place of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// This character.
    Char(char),
    /// Any one character.
    One,
    /// Any text.
    Many,
    /// Any text without `/` and `:`: a name in an ARN format.
    Segment,
}

/// A pattern as policies write it. Policy variables stand for any text.
pub(super) fn of_policy(text: &str) -> Vec<Place> {
    let mut places = Vec::new();
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        let (place, length) = match (char, rest.strip_prefix("${").and_then(|inside| inside.find('}'))) {
            (_, Some(1)) if rest.starts_with("${*}") || rest.starts_with("${?}") || rest.starts_with("${$}") => {
                (Place::Char(rest.chars().nth(2).unwrap_or_default()), 4)
            }
            (_, Some(end)) => (Place::Many, end + 3),
            ('*', None) => (Place::Many, 1),
            ('?', None) => (Place::One, 1),
            (other, None) => (Place::Char(other), other.len_utf8()),
        };
        places.push(place);
        rest = rest.get(length..).unwrap_or_default();
    }
    places
}

/// The format of an ARN as the catalogue writes it. What ends a bucket's name ends it for every kind of object in it,
/// so a bucket is a name, as are partition, region and account; other variable parts may be paths.
pub(super) fn of_format(format: &str) -> Vec<Place> {
    let mut places = Vec::new();
    let mut rest = format;
    while let Some((literal, after)) = rest.split_once("${") {
        places.extend(literal.chars().map(Place::Char));
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        let is_before_resource = places.iter().filter(|place| **place == Place::Char(':')).count() < 5;
        places.push(if name == "BucketName" || is_before_resource { Place::Segment } else { Place::Many });
        rest = after;
    }
    places.extend(rest.chars().map(|char| if char == '*' { Place::Many } else { Place::Char(char) }));
    places
}

fn is_in_name(char: char) -> bool {
    !matches!(char, '/' | ':')
}

/// Whether every text that fits `small` fits `large`; both are patterns of policies. Never wrongly yes; a no may be wrong
/// where only several stars together make up for each other.
pub(super) fn contains(large: &[Place], small: &[Place]) -> bool {
    let takes = |large: Option<&Place>, small: &Place| match (large, small) {
        (Some(Place::One), Place::One | Place::Char(_)) => true,
        (Some(large), small) => large == small,
        (None, _) => false,
    };
    let (mut at_large, mut at_small) = (0, 0);
    // After the last star, and up to where it has taken: the leftmost place for what is between two stars is always right.
    let mut star: Option<(usize, usize)> = None;
    while let Some(place) = small.get(at_small) {
        if large.get(at_large) == Some(&Place::Many) {
            at_large += 1;
            star = Some((at_large, at_small));
        } else if takes(large.get(at_large), place) {
            (at_large, at_small) = (at_large + 1, at_small + 1);
        } else if let Some((after_star, taken)) = star {
            star = Some((after_star, taken + 1));
            (at_large, at_small) = (after_star, taken + 1);
        } else {
            return false;
        }
    }
    large.iter().skip(at_large).all(|place| *place == Place::Many)
}

/// Whether some text fits both.
///
/// A table of which places can be reached together, a line at a time; a line in which nothing is reached ends the search,
/// which for most pairs is soon.
pub(super) fn meet(one: &[Place], other: &[Place]) -> bool {
    let mut line = vec![false; other.len() + 1];
    mark(&mut line, 0);
    // Nothing before this column is reached in the line.
    let mut from = 0;
    for row in 0..=one.len() {
        let place = one.get(row).copied();
        let mut next = vec![false; other.len() + 1];
        let mut next_from = None;
        for column in from..=other.len() {
            if !line.get(column).is_some_and(|reached| *reached) {
                continue;
            }
            let beside = other.get(column).copied();
            let both = place.zip(beside);
            // A place for any text may stand for none, or take what is beside it and go on.
            if beside.is_some_and(is_open) || both.is_some_and(|(place, beside)| takes(place, beside)) {
                mark(&mut line, column + 1);
            }
            if place.is_some_and(is_open) || both.is_some_and(|(place, beside)| takes(beside, place)) {
                mark(&mut next, column);
                next_from = next_from.or(Some(column));
            }
            if both.is_some_and(|(place, beside)| is_one_char(place, beside)) {
                mark(&mut next, column + 1);
                next_from = next_from.or(Some(column + 1));
            }
        }
        if row == one.len() {
            break;
        }
        let Some(reached_from) = next_from else { return false };
        (line, from) = (next, reached_from);
    }
    line.last().is_some_and(|end| *end)
}

fn mark(line: &mut [bool], column: usize) {
    if let Some(cell) = line.get_mut(column) {
        *cell = true;
    }
}

fn is_open(place: Place) -> bool {
    matches!(place, Place::Many | Place::Segment)
}

/// Whether the first is open and can take what the second stands for.
fn takes(open: Place, place: Place) -> bool {
    match (open, place) {
        (Place::Many, _) | (Place::Segment, Place::One | Place::Segment | Place::Many) => true,
        (Place::Segment, Place::Char(char)) => is_in_name(char),
        (Place::One | Place::Char(_), _) => false,
    }
}

/// Whether both can stand for the same single character.
fn is_one_char(one: Place, other: Place) -> bool {
    match (one, other) {
        (Place::Char(one), Place::Char(other)) => one == other,
        (Place::One, Place::One | Place::Char(_)) | (Place::Char(_), Place::One) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{contains, meet, of_format, of_policy};
    use crate::glob::{Glob, Token};

    #[test]
    fn containment_is_never_claimed_wrongly() {
        for (large, small, expected) in [
            ("*", "", true),
            ("*", "a*b?", true),
            ("a*", "ab*", true),
            ("ab*", "a*", false),
            ("a?", "ab", true),
            ("a?", "a?", true),
            ("a?", "a*", false),
            ("?*", "*?", false),
            ("a*c", "abc", true),
            ("a*c", "a*bc", true),
            ("a*c", "a*b", false),
            ("", "*", false),
        ] {
            assert_eq!(contains(&of_policy(large), &of_policy(small)), expected, "{large} contains {small}");
        }
    }

    #[test]
    fn patterns_meet_when_a_text_fits_both() {
        for (one, other, expected) in [
            ("a*", "*b", true),
            ("a*", "b*", false),
            ("*", "", true),
            ("a?c", "ab*", true),
            ("a?c", "abcd*", false),
            ("${aws:username}/x", "ana/x", true),
            ("${*}", "*", true),
            ("${*}", "a", false),
        ] {
            assert_eq!(meet(&of_policy(one), &of_policy(other)), expected, "{one} and {other}");
            assert_eq!(meet(&of_policy(other), &of_policy(one)), expected, "{other} and {one}");
        }
    }

    proptest! {
        #[test]
        fn answers_agree_with_the_texts_that_fit(one in "[ab*?]{0,5}", other in "[ab*?]{0,5}") {
            let fits = |pattern: &str| -> Vec<bool> {
                let tokens = pattern.chars().map(|char| match char {
                    '*' => Token::Many,
                    '?' => Token::One,
                    other => Token::Char(other),
                });
                let glob = Glob::new(&tokens.collect::<Vec<_>>());
                let texts = (0..7u32).flat_map(|length| (0..1u32 << length).map(move |bits| (length, bits)));
                let text = |(length, bits): (u32, u32)| -> String {
                    (0..length).map(|at| if bits >> at & 1 == 1 { 'a' } else { 'b' }).collect()
                };
                texts.map(|at| glob.matches(&text(at))).collect()
            };
            let (ones, others) = (fits(&one), fits(&other));
            let (one, other) = (of_policy(&one), of_policy(&other));
            let meets = ones.iter().zip(&others).any(|(one, other)| *one && *other);
            // What they have in common may be longer than the texts tried.
            prop_assert!(meet(&one, &other) >= meets);
            if contains(&one, &other) {
                prop_assert!(ones.iter().zip(&others).all(|(one, other)| *one || !*other));
            }
        }
    }

    #[test]
    fn a_bucket_is_not_an_object() {
        let bucket = of_format("arn:${Partition}:s3:::${BucketName}");
        let object = of_format("arn:${Partition}:s3:::${BucketName}/${ObjectName}");
        for (pattern, fits_bucket, fits_object) in [
            ("arn:aws:s3:::data", true, false),
            ("arn:aws:s3:::data/*", false, true),
            ("arn:aws:s3:::data*", true, true),
            ("arn:aws:s3:::${aws:username}", true, true),
            ("arn:aws:sqs:*:*:q", false, false),
            ("*", true, true),
        ] {
            assert_eq!(meet(&of_policy(pattern), &bucket), fits_bucket, "{pattern}");
            assert_eq!(meet(&of_policy(pattern), &object), fits_object, "{pattern}");
        }
    }
}
