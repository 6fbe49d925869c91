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

/// Whether every text that fits `small` fits `large`. Never wrongly yes; patterns that only overlap in roundabout ways may
/// wrongly get a no.
pub(super) fn contains(large: &[Place], small: &[Place]) -> bool {
    walk(large, small, &|large, small| match (large, small) {
        (Place::Many, _) => Fit::MAY_STAY,
        (Place::Segment, Place::Char(char)) if is_in_name(char) => Fit::MAY_STAY,
        (Place::Segment, Place::Segment) => Fit::MAY_STAY,
        (Place::One, Place::One | Place::Char(_)) => Fit::BOTH_ON,
        (Place::Char(one), Place::Char(other)) if one == other => Fit::BOTH_ON,
        _ => Fit::NO,
    })
}

/// Whether some text fits both.
pub(super) fn meet(one: &[Place], other: &[Place]) -> bool {
    walk(one, other, &|one, other| match (one, other) {
        (Place::Many, Place::Many | Place::Segment) | (Place::Segment, Place::Many | Place::Segment) => Fit::EITHER,
        (Place::Many, _) => Fit::MAY_STAY,
        (_, Place::Many) => Fit::MAY_STAY_OTHER,
        (Place::Segment, Place::Char(char)) if is_in_name(char) => Fit::MAY_STAY,
        (Place::Char(char), Place::Segment) if is_in_name(char) => Fit::MAY_STAY_OTHER,
        (Place::Segment, Place::One) => Fit::MAY_STAY,
        (Place::One, Place::Segment) => Fit::MAY_STAY_OTHER,
        (Place::One, Place::One | Place::Char(_)) | (Place::Char(_), Place::One) => Fit::BOTH_ON,
        (Place::Char(one), Place::Char(other)) if one == other => Fit::BOTH_ON,
        _ => Fit::NO,
    })
}

/// How two places may be passed together.
struct Fit {
    /// Both are used up.
    both_on: bool,
    /// The second is used up by the first, which can take more.
    second_on: bool,
    /// The first is used up by the second, which can take more.
    first_on: bool,
}

impl Fit {
    const NO: Fit = Fit { both_on: false, second_on: false, first_on: false };
    const BOTH_ON: Fit = Fit { both_on: true, second_on: false, first_on: false };
    const MAY_STAY: Fit = Fit { both_on: false, second_on: true, first_on: false };
    const MAY_STAY_OTHER: Fit = Fit { both_on: false, second_on: false, first_on: true };
    const EITHER: Fit = Fit { both_on: false, second_on: true, first_on: true };
}

/// Whether both patterns can be walked to their ends, a line of a table at a time. A place for any text of the first
/// pattern may also stand for none; so may one of the second, where the rule lets the first walk on over it.
fn walk(first: &[Place], second: &[Place], rule: &dyn Fn(Place, Place) -> Fit) -> bool {
    let is_optional = |place: Place| matches!(place, Place::Many | Place::Segment);
    let second_may_be_skipped = rule(Place::Char('a'), Place::Many).first_on;
    let mut reached = vec![vec![false; second.len() + 1]; first.len() + 1];
    let mark = |reached: &mut Vec<Vec<bool>>, row: usize, column: usize| {
        if let Some(cell) = reached.get_mut(row).and_then(|line| line.get_mut(column)) {
            *cell = true;
        }
    };
    mark(&mut reached, 0, 0);
    for row in 0..=first.len() {
        for column in 0..=second.len() {
            if !reached.get(row).and_then(|line| line.get(column)).is_some_and(|reached| *reached) {
                continue;
            }
            let (one, other) = (first.get(row).copied(), second.get(column).copied());
            if one.is_some_and(is_optional) {
                mark(&mut reached, row + 1, column);
            }
            if second_may_be_skipped && other.is_some_and(is_optional) {
                mark(&mut reached, row, column + 1);
            }
            let (Some(one), Some(other)) = (one, other) else { continue };
            let fit = rule(one, other);
            if fit.both_on {
                mark(&mut reached, row + 1, column + 1);
            }
            if fit.second_on {
                mark(&mut reached, row, column + 1);
            }
            if fit.first_on {
                mark(&mut reached, row + 1, column);
            }
        }
    }
    reached.last().and_then(|line| line.last()).is_some_and(|end| *end)
}

#[cfg(test)]
mod tests {
    use super::{contains, meet, of_format, of_policy};

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
