//! Patterns with `*` (any text) and `?` (any one character), matched in linear time whatever the pattern.
//!
//! A glob is its runs of characters between stars: the first is anchored at the start, the last at the end, and taking
//! the leftmost place for each run in between is always right, so nothing is ever tried twice. Runs without `?` are found
//! by the standard library's two-way search, runs with `?` by the bit-parallel shift-and algorithm.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>

/// One element of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// This character.
    Char(char),
    /// `?`
    One,
    /// `*`
    Many,
}

/// A compiled pattern.
#[derive(Clone, Debug)]
pub(crate) struct Glob(Shape);

#[derive(Clone, Debug)]
enum Shape {
    /// Nothing but stars.
    Any,
    /// No star at all.
    Fixed(Run),
    /// At least one star.
    Starred { first: Run, middle: Box<[Inner]>, last: Run },
}

impl Glob {
    pub(crate) fn new(tokens: &[Token]) -> Glob {
        Glob::of_runs(tokens.split(|token| *token == Token::Many).map(Run::new))
    }

    /// A pattern in which every `*` and `?` is a wildcard.
    pub(crate) fn parse(text: &str) -> Glob {
        Glob::of_runs(text.split('*').map(Run::parse))
    }

    /// A star stands between each run and the next.
    fn of_runs(mut runs: impl Iterator<Item = Run>) -> Glob {
        let first = runs.next().unwrap_or_default();
        let Some(mut last) = runs.next() else { return Glob(Shape::Fixed(first)) };
        let mut middle = Vec::new();
        for run in runs {
            let inner = std::mem::replace(&mut last, run);
            if !inner.is_empty() {
                middle.push(Inner::new(inner));
            }
        }
        if first.is_empty() && last.is_empty() && middle.is_empty() {
            return Glob(Shape::Any);
        }
        Glob(Shape::Starred { first, middle: middle.into(), last })
    }

    /// Whether a text that begins at one of several places can still match at a later one, once it does not match here.
    ///
    /// When the run before the first star fits here, the rest of the pattern has all the text that follows; at a later
    /// place it would have less.
    pub(crate) fn can_match_later(&self, text: &str) -> bool {
        match &self.0 {
            Shape::Any => false,
            Shape::Fixed(_) => true,
            Shape::Starred { first, .. } => first.strip_prefix(text).is_none(),
        }
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        match &self.0 {
            Shape::Any => true,
            Shape::Fixed(run) => run.is_whole(text),
            Shape::Starred { first, middle, last } => first
                .strip_prefix(text)
                .and_then(|text| last.strip_suffix(text))
                .and_then(|text| middle.iter().try_fold(text, |text, run| run.after_first(text)))
                .is_some(),
        }
    }
}

/// Characters and `?` without a star between them.
#[derive(Clone, Debug)]
enum Run {
    Text(Box<str>),
    /// `None` stands for `?`.
    Holes(Box<[Option<char>]>),
}

impl Default for Run {
    fn default() -> Run {
        Run::Text(Box::default())
    }
}

impl Run {
    /// Every `?` is a wildcard.
    fn parse(text: &str) -> Run {
        if !text.as_bytes().contains(&b'?') {
            return Run::Text(text.into());
        }
        Run::Holes(text.chars().map(|char| (char != '?').then_some(char)).collect())
    }

    fn new(tokens: &[Token]) -> Run {
        let chars: Box<[Option<char>]> = tokens
            .iter()
            .map(|token| match token {
                Token::Char(char) => Some(*char),
                Token::One | Token::Many => None,
            })
            .collect();
        match chars.iter().copied().collect::<Option<String>>() {
            Some(text) => Run::Text(text.into()),
            None => Run::Holes(chars),
        }
    }

    fn is_empty(&self) -> bool {
        matches!(self, Run::Text(text) if text.is_empty())
    }

    /// A look at the length spares comparing most texts: a character takes one to four bytes.
    fn is_whole(&self, text: &str) -> bool {
        match self {
            Run::Text(run) => **run == *text,
            Run::Holes(wanted) => {
                let chars = wanted.len();
                (chars..=4 * chars).contains(&text.len()) && self.strip_prefix(text).is_some_and(str::is_empty)
            }
        }
    }

    fn strip_prefix<'t>(&self, text: &'t str) -> Option<&'t str> {
        match self {
            Run::Text(run) => text.strip_prefix(&**run),
            Run::Holes(chars) => {
                let mut rest = text.chars();
                let fits = chars.iter().all(|wanted| fits(*wanted, rest.next()));
                fits.then_some(rest.as_str())
            }
        }
    }

    fn strip_suffix<'t>(&self, text: &'t str) -> Option<&'t str> {
        match self {
            Run::Text(run) => text.strip_suffix(&**run),
            Run::Holes(chars) => {
                let mut rest = text.chars();
                let fits = chars.iter().rev().all(|wanted| fits(*wanted, rest.next_back()));
                fits.then_some(rest.as_str())
            }
        }
    }
}

/// A run between two stars, which has to be searched for.
#[derive(Clone, Debug)]
enum Inner {
    Text(Box<str>),
    Holes(Holes),
}

impl Inner {
    fn new(run: Run) -> Inner {
        match run {
            Run::Text(text) => Inner::Text(text),
            Run::Holes(chars) => Inner::Holes(Holes::new(&chars)),
        }
    }

    /// What follows the first place where the run fits.
    fn after_first<'t>(&self, text: &'t str) -> Option<&'t str> {
        match self {
            Inner::Text(run) => text.find(&**run).and_then(|at| text.get(at + run.len()..)),
            Inner::Holes(holes) => holes.after_first(text),
        }
    }
}

fn fits(wanted: Option<char>, found: Option<char>) -> bool {
    match (wanted, found) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(wanted), Some(found)) => wanted == found,
    }
}

/// A run with `?`, and its bit masks: bit `n` of a character's mask says that the character fits at place `n`.
#[derive(Clone, Debug)]
struct Holes {
    /// How many characters the run takes.
    length: usize,
    /// INVARIANT: sorted by character; every mask has as many words as `holes`.
    masks: Box<[(char, Box<[u64]>)]>,
    /// The places of `?`, which is what characters without a mask of their own fit.
    holes: Box<[u64]>,
}

impl Holes {
    fn new(chars: &[Option<char>]) -> Holes {
        let mut holes: Box<[u64]> = std::iter::repeat_n(0, chars.len().div_ceil(64)).collect();
        let mut distinct = Vec::new();
        for (at, char) in chars.iter().enumerate() {
            match char {
                Some(char) => distinct.push(*char),
                None => set_bit(&mut holes, at),
            }
        }
        distinct.sort_unstable();
        distinct.dedup();
        let mut masks: Box<[_]> = distinct.into_iter().map(|char| (char, holes.clone())).collect();
        for (at, char) in chars.iter().enumerate() {
            let known = char.and_then(|char| masks.binary_search_by_key(&char, |(known, _)| *known).ok());
            if let Some((_, mask)) = known.and_then(|known| masks.get_mut(known)) {
                set_bit(mask, at);
            }
        }
        Holes { length: chars.len(), masks, holes }
    }

    /// Shift-and: bit `n` of the state says that the first `n + 1` places fit the text that ends here.
    fn after_first<'t>(&self, text: &'t str) -> Option<&'t str> {
        let goal = 1u64 << ((self.length - 1) % 64);
        let mut one_word = [0u64];
        let mut many_words;
        let state: &mut [u64] = if self.holes.len() == 1 {
            &mut one_word
        } else {
            many_words = vec![0u64; self.holes.len()];
            &mut many_words
        };
        for (at, char) in text.char_indices() {
            let mut carry = 1;
            for (word, mask) in state.iter_mut().zip(self.mask(char)) {
                let next_carry = *word >> 63;
                *word = (*word << 1 | carry) & mask;
                carry = next_carry;
            }
            if state.last().is_some_and(|word| word & goal != 0) {
                return text.get(at + char.len_utf8()..);
            }
        }
        None
    }

    fn mask(&self, char: char) -> &[u64] {
        let known = self.masks.binary_search_by_key(&char, |(known, _)| *known).ok();
        known.and_then(|at| self.masks.get(at)).map_or(&self.holes, |(_, mask)| mask)
    }
}

fn set_bit(words: &mut [u64], at: usize) {
    if let Some(word) = words.get_mut(at / 64) {
        *word |= 1 << (at % 64);
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::{Glob, Token};

    fn tokens(pattern: &str) -> Vec<Token> {
        pattern
            .chars()
            .map(|char| match char {
                '*' => Token::Many,
                '?' => Token::One,
                other => Token::Char(other),
            })
            .collect()
    }

    /// Both ways to make a pattern have to agree.
    fn matches(pattern: &str, text: &str) -> bool {
        let found = Glob::parse(pattern).matches(text);
        assert_eq!(Glob::new(&tokens(pattern)).matches(text), found, "{pattern} on {text}");
        found
    }

    /// The definition, word for word.
    fn obviously_matches(pattern: &[Token], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (None, Some(_)) => false,
            (Some((Token::Many, rest)), None) => obviously_matches(rest, text),
            (Some((Token::Many, rest)), Some((_, later))) => {
                obviously_matches(rest, text) || obviously_matches(pattern, later)
            }
            (Some(_), None) => false,
            (Some((Token::One, rest)), Some((_, later))) => obviously_matches(rest, later),
            (Some((Token::Char(wanted), rest)), Some((found, later))) => {
                wanted == found && obviously_matches(rest, later)
            }
        }
    }

    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>
    #[test]
    fn stars_stand_for_any_text_and_question_marks_for_one_character() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("**", "abc", true),
            ("?", "", false),
            ("?", "é", true),
            ("??", "é", false),
            ("a*", "abc", true),
            ("*c", "abc", true),
            ("a*c", "ac", true),
            ("a*a", "a", false),
            ("*ab?d*", "xxabxdyy", true),
            ("*ab?d*", "xxabxeyy", false),
            ("b*z", "bucket", false),
            ("a?*?c", "abbc", true),
            ("a?*?c", "abc", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn runs_longer_than_a_machine_word_are_found() {
        let run = format!("{}?{}", "ab".repeat(40), "c".repeat(60));
        let text = format!("{}{}x{}yy", "ab".repeat(3), "ab".repeat(40), "c".repeat(60));
        assert!(matches(&format!("*{run}*"), &text));
        assert!(!matches(&format!("*{run}d*"), &text));
    }

    #[test]
    fn hostile_patterns_stay_linear() {
        let text = "a".repeat(200_000);
        let started = Instant::now();
        for pattern in [
            format!("{}b", "*a".repeat(200)),
            format!("{}b*", "*a?".repeat(200)),
            format!("*{}b*", "a".repeat(300)),
            format!("*{}b*", "a?".repeat(30)),
        ] {
            assert!(!matches(&pattern, &text));
        }
        // Anything that tries again from every place would need minutes.
        assert!(started.elapsed() < Duration::from_secs(5), "took {:?}", started.elapsed());
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(pattern in "[ab*?é]{0,8}", text in "[abé]{0,12}") {
            let chars: Vec<char> = text.chars().collect();
            prop_assert_eq!(matches(&pattern, &text), obviously_matches(&tokens(&pattern), &chars));
        }
    }
}
