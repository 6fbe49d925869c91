//! "1st", "2nd", "3rd": positions as people say them, because an answer is read by a person.

use std::fmt;

/// A zero-based index that prints as an English ordinal: `Ordinal(1)` is `2nd`.
pub(crate) struct Ordinal(pub(crate) usize);

impl fmt::Display for Ordinal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.0 + 1;
        let suffix = match (number % 10, number % 100) {
            (_, 11..=13) => "th",
            (1, _) => "st",
            (2, _) => "nd",
            (3, _) => "rd",
            _ => "th",
        };
        write!(f, "{number}{suffix}")
    }
}

#[cfg(test)]
mod tests {
    use super::Ordinal;

    #[test]
    fn positions_print_as_english_ordinals() {
        let printed: Vec<String> =
            [0, 1, 2, 3, 10, 11, 12, 20, 21, 110].iter().map(|at| Ordinal(*at).to_string()).collect();
        assert_eq!(printed, ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "111th"]);
    }
}
