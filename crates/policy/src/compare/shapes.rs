//! What is known about the values of condition keys beyond what AWS documents.
//!
//! Whoever writes the tags of a role knows what they look like. Without that, a variable may be worth any text, and
//! `${aws:PrincipalTag/Project}-*` may be the same as every other pattern.

use std::collections::BTreeMap;
use std::sync::Arc;

/// What the values of some condition keys look like.
///
/// Only variables are followed by it; conditions on the keys are compared as if the values could be anything, which finds
/// more requests than there are, never fewer.
#[derive(Clone, Debug, Default)]
pub struct Shapes(BTreeMap<Box<str>, Arc<Shape>>);

/// What a value looks like: a text of at least one character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    letters: Box<str>,
    example: Box<str>,
    never: Vec<Box<str>>,
    never_begins: Vec<Box<str>>,
    /// INVARIANT: for each state, where each of `letters` leads.
    steps: Vec<Vec<Option<usize>>>,
    /// INVARIANT: what each state leads to, whatever the letter; ordered.
    follow: Vec<Vec<usize>>,
    /// Beginnings of words that values are not to be or begin with. The first is empty.
    begun: Vec<Box<str>>,
}

/// The state of a value that is like no word that matters.
const FREE: usize = usize::MAX;

impl Shapes {
    /// Nothing is known.
    #[must_use]
    pub fn new() -> Shapes {
        Shapes::default()
    }

    /// The values of this key, whatever its case, look like this.
    #[must_use]
    pub fn with(mut self, key: &str, shape: Shape) -> Shapes {
        self.0.insert(key.to_lowercase().into(), Arc::new(shape));
        self
    }

    /// The key is given in lower case.
    pub(super) fn get(&self, key: &str) -> Option<Arc<Shape>> {
        self.0.get(key).cloned()
    }
}

impl Shape {
    /// Texts of these characters, such as `example`, which witnesses are made with.
    #[must_use]
    pub fn of(letters: &str, example: &str) -> Shape {
        let mut shape = Shape {
            letters: letters.into(),
            example: example.into(),
            never: Vec::new(),
            never_begins: Vec::new(),
            steps: Vec::new(),
            follow: Vec::new(),
            begun: Vec::new(),
        };
        shape.prepare();
        shape
    }

    /// But none of these.
    #[must_use]
    pub fn never(mut self, texts: impl IntoIterator<Item = impl Into<Box<str>>>) -> Shape {
        self.never.extend(texts.into_iter().map(Into::into));
        self.prepare();
        self
    }

    /// And none that begins with one of these.
    #[must_use]
    pub fn never_begins(mut self, texts: impl IntoIterator<Item = impl Into<Box<str>>>) -> Shape {
        self.never_begins.extend(texts.into_iter().map(Into::into));
        self.prepare();
        self
    }

    pub(super) fn example(&self) -> &str {
        &self.example
    }

    pub(super) fn has(&self, letter: char) -> bool {
        self.letters.contains(letter)
    }

    /// The state before the first character.
    pub(super) fn start() -> usize {
        0
    }

    /// The state after one more character; `None` when no value goes on like that.
    pub(super) fn step(&self, state: usize, letter: char) -> Option<usize> {
        let at = self.letters.chars().position(|known| known == letter)?;
        self.steps.get(state).map_or(Some(FREE), |steps| steps.get(at).copied().flatten())
    }

    /// All states that one more character can lead to.
    pub(super) fn follow(&self, state: usize) -> &[usize] {
        self.follow.get(state).map_or(&[FREE], Vec::as_slice)
    }

    /// Whether a value may be all there is in this state.
    pub(super) fn may_end(&self, state: usize) -> bool {
        self.begun.get(state).is_none_or(|begun| !begun.is_empty() && !self.never.contains(begun))
    }

    fn prepare(&mut self) {
        let words = || self.never.iter().chain(&self.never_begins);
        let beginnings = words().flat_map(|word| word.char_indices().map(|(at, _)| word.get(..at).unwrap_or_default()));
        let mut begun: Vec<Box<str>> = beginnings.map(Into::into).chain(self.never.iter().cloned()).collect();
        begun.push("".into());
        begun.sort_unstable();
        begun.dedup();
        self.begun = begun;
        let words = begun_words(&self.begun, &self.letters, &self.never_begins);
        let follow = |steps: &Vec<Option<usize>>| {
            let mut next: Vec<usize> = steps.iter().copied().flatten().collect();
            next.sort_unstable();
            next.dedup();
            next
        };
        self.follow = words.iter().map(follow).collect();
        self.steps = words;
    }
}

/// For each beginning of a word, where each letter leads.
fn begun_words(begun: &[Box<str>], letters: &str, never_begins: &[Box<str>]) -> Vec<Vec<Option<usize>>> {
    let step = |begun_by: &str, letter: char| {
        let longer = format!("{begun_by}{letter}");
        if never_begins.iter().any(|word| **word == *longer) {
            return None;
        }
        Some(begun.binary_search_by(|begun| (**begun).cmp(&longer)).unwrap_or(FREE))
    };
    begun.iter().map(|begun| letters.chars().map(|letter| step(begun, letter)).collect()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Shape;

    fn takes(shape: &Shape, text: &str) -> bool {
        let state = text.chars().try_fold(Shape::start(), |state, letter| shape.step(state, letter));
        state.is_some_and(|state| shape.may_end(state))
    }

    proptest! {
        #[test]
        fn a_shape_takes_what_it_says(text in "[ab-]{0,6}") {
            let shape = Shape::of("ab-", "b").never(["a", "ab"]).never_begins(["ab-", "ba"]);
            let is_meant = !text.is_empty() && text != "a" && text != "ab" && !text.starts_with("ab-") && !text.starts_with("ba");
            prop_assert_eq!(takes(&shape, &text), is_meant, "{}", text);
            let longer = format!("{text}c");
            prop_assert!(!takes(&shape, &longer));
        }
    }
}
