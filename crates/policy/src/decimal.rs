//! Numbers as IAM compares them: decimal, of any length, without rounding.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Numeric>

use std::cmp::Ordering;

/// A decimal number. INVARIANT: no leading zeros before the point, no trailing zeros after it, and zero is not negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decimal<'t> {
    negative: bool,
    integer: &'t str,
    fraction: &'t str,
}

/// A decimal number that is kept.
#[derive(Clone, Debug)]
pub(crate) struct OwnedDecimal {
    negative: bool,
    integer: Box<str>,
    fraction: Box<str>,
}

impl OwnedDecimal {
    pub(crate) fn parse(text: &str) -> Option<OwnedDecimal> {
        let Decimal { negative, integer, fraction } = Decimal::parse(text)?;
        Some(OwnedDecimal { negative, integer: integer.into(), fraction: fraction.into() })
    }

    pub(crate) fn get(&self) -> Decimal<'_> {
        Decimal { negative: self.negative, integer: &self.integer, fraction: &self.fraction }
    }
}

impl<'t> Decimal<'t> {
    /// `None` for anything but an optional sign and digits, before a point, after it, or both.
    pub(crate) fn parse(text: &'t str) -> Option<Decimal<'t>> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (integer, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if digits.is_empty() || digits == "." || !is_digits(integer) || !is_digits(fraction) {
            return None;
        }
        let (integer, fraction) = (integer.trim_start_matches('0'), fraction.trim_end_matches('0'));
        let is_zero = integer.is_empty() && fraction.is_empty();
        Some(Decimal { negative: negative && !is_zero, integer, fraction })
    }

    fn magnitude(&self) -> (usize, &str, &str) {
        (self.integer.len(), self.integer, self.fraction)
    }
}

impl Ord for Decimal<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, false) => self.magnitude().cmp(&other.magnitude()),
            (true, true) => other.magnitude().cmp(&self.magnitude()),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Decimal<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::Decimal;

    #[test]
    fn numbers_compare_by_value_without_rounding() {
        let ordered =
            ["-10", "-9.5", "-0.01", "0", "0.009", "0.01", "0.1", "9", "9007199254740992", "9007199254740993"];
        for (at, low) in ordered.iter().enumerate() {
            for (other, high) in ordered.iter().enumerate() {
                assert_eq!(Decimal::parse(low).cmp(&Decimal::parse(high)), at.cmp(&other), "{low} and {high}");
            }
        }
    }

    #[test]
    fn zeros_and_signs_that_mean_nothing_are_ignored() {
        for (one, other) in
            [("10", "10.0"), ("007", "7"), ("-0", "0"), ("+5", "5"), ("0.50", "0.5"), (".5", "0.5"), ("-5.", "-5")]
        {
            assert_eq!(Decimal::parse(one), Decimal::parse(other), "{one} and {other}");
        }
    }

    #[test]
    fn other_notations_are_not_numbers() {
        for text in ["", "-", ".", "+.", "1e3", "0x10", "NaN", "inf", "1,0", " 1", "１"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }
}
