//! The search for a text: breadth first through the sets of cells that a text can reach, each set seen once.

use std::cmp::Ordering;
use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasherDefault;

use super::automaton::{activate, advance, is_same, may_meet, tidy};
use super::cell::{Reading, Step, Wait};
use super::mixer::Mixer;
use super::symbols::{Symbols, char_of};
use super::{AtomId, TextDomain};
use crate::compare::budget::{Budget, Exhausted};

/// The strings of a sorted list that begin with the text so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Range {
    atom: AtomId,
    from: usize,
    to: usize,
}

/// What a text has reached.
#[derive(Clone, Debug)]
struct State {
    /// One set of cells for each atom that has to match.
    wanted: Vec<Vec<usize>>,
    refused: Refused,
}

/// How far a text is on its way to what it must not become.
#[derive(Clone, Debug)]
struct Refused {
    cells: Vec<usize>,
    ranges: Vec<Range>,
    /// Length of the text in bytes, as long as it matters.
    depth: usize,
}

/// A text that all of `inside` match by one of their wildcards, and none of `outside` for sure.
pub(super) fn find(
    domain: &TextDomain,
    strict: Option<AtomId>,
    inside: &[AtomId],
    (outside, banned): (&[AtomId], &[u32]),
    symbols: &Symbols,
    budget: &mut Budget,
) -> Result<Option<String>, Exhausted> {
    let mut wanted: Vec<(AtomId, Reading)> = Vec::with_capacity(inside.len() + 1);
    for atom in inside.iter().copied().chain([domain.base]) {
        let reading = if Some(atom) == strict { Reading::Strict } else { Reading::Lenient };
        if !wanted.contains(&(atom, reading)) {
            wanted.push((atom, reading));
        }
    }
    // Patterns of one set are taken one by one: together they would lead through every combination of how far each is.
    let Some(split) = strict.or(inside.first().copied()) else {
        return Search { domain, wanted, outside, banned, symbols, only: None }.run(budget);
    };
    let atom = domain.atom(split);
    for pattern in atom.sure.iter().chain(&atom.at_most) {
        let only = Some((split, *pattern));
        let search = Search { domain, wanted: wanted.clone(), outside, banned, symbols, only };
        if let Some(text) = search.run(budget)? {
            return Ok(Some(text));
        }
    }
    Ok(None)
}

struct Search<'d> {
    domain: &'d TextDomain,
    wanted: Vec<(AtomId, Reading)>,
    outside: &'d [AtomId],
    /// Variables that have no value.
    banned: &'d [u32],
    symbols: &'d Symbols,
    /// The one pattern of an atom that counts.
    only: Option<(AtomId, usize)>,
}

/// How a state was reached: from which, with which character.
type Trace = Vec<(usize, char)>;

/// For each way in which what has to match can stand, the ways in which the rest stood then.
type Seen = HashMap<Vec<Vec<usize>>, Vec<Refused>, BuildHasherDefault<Mixer>>;

impl Search<'_> {
    fn start(&self) -> Option<State> {
        let cells = &self.domain.cells;
        let mut wanted = Vec::with_capacity(self.wanted.len());
        for (atom, reading) in &self.wanted {
            let mut active = Vec::new();
            match self.only {
                Some((split, pattern)) if split == *atom => activate(cells, pattern, *reading, &mut active),
                _ => {
                    let atom = self.domain.atom(*atom);
                    let starts = atom.sure.iter().chain(&atom.at_most);
                    starts.for_each(|start| activate(cells, *start, *reading, &mut active));
                }
            }
            tidy(cells, &mut active);
            if active.is_empty() {
                return None;
            }
            wanted.push(active);
        }
        let refused = self.outside.iter().flat_map(|atom| self.domain.atom(*atom).sure.iter().copied());
        let mut refused: Vec<usize> = match self.only {
            Some((_, pattern)) => refused.filter(|other| may_meet(cells, pattern, *other)).collect(),
            None => refused.collect(),
        };
        if let Some((_, pattern)) = self.only
            && refused.iter().any(|other| is_same(cells, pattern, *other))
        {
            return None;
        }
        tidy(cells, &mut refused);
        let range = |atom: &AtomId| Range { atom: *atom, from: 0, to: self.domain.atom(*atom).named.len() };
        let ranges: Vec<Range> = self.outside.iter().map(range).filter(|range| range.from < range.to).collect();
        let start = State { wanted, refused: Refused { cells: refused, ranges, depth: 0 } };
        (!self.is_lost(&start)).then_some(start)
    }

    fn run(&self, budget: &mut Budget) -> Result<Option<String>, Exhausted> {
        let Some(start) = self.start() else { return Ok(None) };
        if self.is_goal(&start) {
            return Ok(Some(String::new()));
        }
        let mut seen = Seen::default();
        let mut trace: Trace = vec![(0, '\0')];
        // States in which nothing can go wrong any more come first: they need but the shortest end.
        let (mut safe, mut open) = (VecDeque::new(), VecDeque::new());
        let mut alphabet = Vec::new();
        open.push_back((0, start));
        while let Some((at, state)) = safe.pop_front().or_else(|| open.pop_front()) {
            self.alphabet(&state, &mut alphabet);
            let size = state.refused.cells.len() + state.wanted.iter().map(Vec::len).sum::<usize>();
            for char in &alphabet {
                budget.spend(1 + u64::try_from(size / 8).unwrap_or(u64::MAX))?;
                let Some(next) = self.next(&state, *char) else { continue };
                if !self.is_news(&mut seen, &next, budget)? {
                    continue;
                }
                trace.push((at, *char));
                if self.is_goal(&next) {
                    return Ok(Some(spelled(&trace)));
                }
                let is_safe = next.refused.ranges.is_empty() && next.refused.cells.is_empty();
                if is_safe { &mut safe } else { &mut open }.push_back((trace.len() - 1, next));
            }
        }
        Ok(None)
    }

    /// Whether no state before was at least as good: it stood the same in what has to match, and no further in what must
    /// not.
    fn is_news(&self, seen: &mut Seen, state: &State, budget: &mut Budget) -> Result<bool, Exhausted> {
        let Some(before) = seen.get_mut(&state.wanted) else {
            seen.insert(state.wanted.clone(), vec![state.refused.clone()]);
            return Ok(true);
        };
        budget.spend(u64::try_from(before.len() / 4).unwrap_or(u64::MAX))?;
        if before.iter().any(|before| self.is_no_further(before, &state.refused)) {
            return Ok(false);
        }
        before.push(state.refused.clone());
        Ok(true)
    }

    fn is_no_further(&self, one: &Refused, other: &Refused) -> bool {
        let cells = &self.domain.cells;
        let is_reached = |at: &usize| match other.cells.binary_search(at) {
            Ok(_) => true,
            Err(next) => {
                // A later cell of the same pattern that waits for anything will do as well.
                let (Some(cell), Some(later)) = (cells.get(*at), other.cells.get(next).and_then(|at| cells.get(*at)))
                else {
                    return false;
                };
                later.pattern == cell.pattern && later.wait == Wait::ForAnything
            }
        };
        one.cells.iter().all(is_reached)
            && (one.ranges.is_empty() || (one.depth == other.depth && one.ranges == other.ranges))
    }

    fn next(&self, state: &State, char: char) -> Option<State> {
        let cells = &self.domain.cells;
        let mut wanted = Vec::with_capacity(state.wanted.len());
        for (active, (_, reading)) in state.wanted.iter().zip(&self.wanted) {
            let mut next = Vec::with_capacity(active.len() + 1);
            advance(cells, active, char, *reading, self.symbols, &mut next);
            if next.is_empty() {
                return None;
            }
            wanted.push(next);
        }
        let before = &state.refused;
        let mut refused = Vec::with_capacity(before.cells.len());
        advance(cells, &before.cells, char, Reading::Sure, self.symbols, &mut refused);
        let ranges: Vec<Range> =
            before.ranges.iter().filter_map(|range| self.narrowed(*range, before.depth, char)).collect();
        let depth = if ranges.is_empty() { 0 } else { before.depth + char.len_utf8() };
        let next = State { wanted, refused: Refused { cells: refused, ranges, depth } };
        (!self.is_lost(&next)).then_some(next)
    }

    /// Whether whatever follows is refused.
    fn is_lost(&self, state: &State) -> bool {
        state.refused.cells.iter().any(|at| self.domain.cells.get(*at).is_some_and(|cell| cell.takes_all()))
    }

    fn is_goal(&self, state: &State) -> bool {
        let ends = |set: &[usize]| set.iter().any(|at| self.domain.cells.get(*at).is_some_and(|cell| cell.is_end()));
        let refused = &state.refused;
        let is_named =
            |range: &Range| self.named(range.atom, range.from).is_some_and(|text| text.len() == refused.depth);
        state.wanted.iter().all(|set| ends(set)) && !ends(&refused.cells) && !refused.ranges.iter().any(is_named)
    }

    fn named(&self, atom: AtomId, at: usize) -> Option<&str> {
        self.domain.atom(atom).named.get(at).map(|named| self.domain.text(*named))
    }

    /// The part of a range that goes on with this character.
    fn narrowed(&self, range: Range, depth: usize, char: char) -> Option<Range> {
        let named = self.domain.atom(range.atom).named.get(range.from..range.to)?;
        let order = |named: &usize| {
            let text = self.domain.text(*named).get(depth..).unwrap_or_default();
            text.chars().next().map_or(Ordering::Less, |first| first.cmp(&char))
        };
        let from = range.from + named.partition_point(|named| order(named) == Ordering::Less);
        let to = range.from + named.partition_point(|named| order(named) != Ordering::Greater);
        (from < to).then_some(Range { from, to, ..range })
    }

    /// The characters that lead to different states from here: those that are named, and one for all others. When some
    /// set can only go on with named characters, those are all.
    fn alphabet(&self, state: &State, alphabet: &mut Vec<char>) {
        alphabet.clear();
        let cells = &self.domain.cells;
        let is_bound = |set: &[usize]| {
            set.iter().filter_map(|at| cells.get(*at)).all(|cell| {
                cell.wait == Wait::No && !matches!(cell.step, Step::Any | Step::NoColon | Step::Variable(_))
            })
        };
        let bound = state.wanted.iter().find(|set| is_bound(set));
        let sources = bound.map_or(state.wanted.as_slice(), std::slice::from_ref).iter().flatten();
        let refused = state.refused.cells.iter().filter(|_| bound.is_none());
        for cell in sources.chain(refused).filter_map(|at| cells.get(*at)) {
            alphabet.extend(cell.named().into_iter().flatten());
            if cell.wait == Wait::WithinPart {
                alphabet.push(':');
            }
        }
        if bound.is_none() {
            for range in &state.refused.ranges {
                self.first_chars(*range, state.refused.depth, alphabet);
            }
        }
        alphabet.retain(|char| self.domain.alphabet.has(*char));
        alphabet.sort_unstable();
        alphabet.dedup();
        if bound.is_none() {
            let other = self.other(alphabet);
            alphabet.extend(other);
            alphabet.rotate_right(usize::from(other.is_some()));
        }
        let strict = state.wanted.iter().zip(&self.wanted).filter(|(_, (_, reading))| *reading == Reading::Strict);
        for cell in strict.flat_map(|(set, _)| set).filter_map(|at| cells.get(*at)) {
            if let Step::Variable(symbol) = cell.step
                && !self.banned.contains(&symbol)
            {
                alphabet.extend(char_of(symbol));
            }
        }
    }

    fn first_chars(&self, range: Range, depth: usize, alphabet: &mut Vec<char>) {
        let mut from = range.from;
        while from < range.to {
            let first = self.named(range.atom, from).and_then(|text| text.get(depth..)?.chars().next());
            let Some(char) = first else {
                from += 1;
                continue;
            };
            alphabet.push(char);
            let Some(same) = self.narrowed(Range { from, ..range }, depth, char) else { return };
            from = same.to;
        }
    }

    /// A character that nothing here names, one that reads well if possible.
    fn other(&self, named: &[char]) -> Option<char> {
        let is_free =
            |char: &char| *char != ':' && self.domain.alphabet.has(*char) && named.binary_search(char).is_err();
        "xyzabcdefghijklmnopqrstuvw0123456789".chars().chain('!'..='~').chain('\u{A1}'..).find(is_free)
    }
}

fn spelled(trace: &Trace) -> String {
    let mut chars = Vec::new();
    let mut at = trace.len() - 1;
    while let Some((before, char)) = trace.get(at).filter(|_| at > 0) {
        chars.push(*char);
        at = *before;
    }
    chars.iter().rev().collect()
}
