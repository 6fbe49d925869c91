//! The search for a text: breadth first through the sets of cells that a text can reach, each set seen once.

use std::cmp::Ordering;
use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

use super::cell::{Cell, Reading, Step, Symbols, Wait, char_of, symbol_of};
use super::{AtomId, TextDomain};
use crate::compare::budget::{Budget, Exhausted};

/// Whether a single pattern matches.
pub(super) fn matches(cells: &[Cell], start: usize, text: &str, reading: Reading, symbols: &Symbols) -> bool {
    let mut start = start;
    let mut chars = text.chars();
    // Most patterns begin with the same characters; nothing has to be remembered while they last.
    while let Some(Cell { step: Step::Char(wanted), wait: Wait::No, .. }) = cells.get(start)
        && chars.as_str().chars().next().is_none_or(|char| symbol_of(char).is_none())
    {
        if chars.next() != Some(*wanted) {
            return false;
        }
        start += 1;
    }
    let mut active = Vec::with_capacity(4);
    activate(cells, start, reading, &mut active);
    let mut next = Vec::with_capacity(4);
    for char in chars {
        next.clear();
        advance(cells, &active, char, reading, symbols, &mut next);
        if next.is_empty() {
            return false;
        }
        std::mem::swap(&mut active, &mut next);
    }
    active.iter().any(|at| cells.get(*at).is_some_and(|cell| cell.is_end()))
}

/// Add a cell; a lenient reading may leave a variable out.
fn activate(cells: &[Cell], at: usize, reading: Reading, active: &mut Vec<usize>) {
    active.push(at);
    if reading == Reading::Lenient && matches!(cells.get(at), Some(Cell { step: Step::Variable(_), .. })) {
        activate(cells, at + 1, reading, active);
    }
}

/// The cells that `active` lead to with one more character, ordered, without those that others make superfluous.
fn advance(cells: &[Cell], active: &[usize], char: char, reading: Reading, symbols: &Symbols, next: &mut Vec<usize>) {
    let jumps = reading == Reading::Lenient && symbol_of(char).is_some();
    for at in active {
        let Some(cell) = cells.get(*at) else { continue };
        if jumps {
            let same = |later: &&Cell| later.pattern == cell.pattern;
            next.extend((0..cells.iter().skip(*at).take_while(same).count()).map(|more| at + more));
            continue;
        }
        if cell.may_wait(char, reading, symbols) {
            activate(cells, *at, reading, next);
        }
        if cell.may_step(char, symbols) {
            activate(cells, at + 1, reading, next);
        }
    }
    tidy(cells, next);
}

/// Sort, and drop what a later cell of the same pattern covers: one that waits takes all that leads to it.
fn tidy(cells: &[Cell], active: &mut Vec<usize>) {
    if active.len() < 2 {
        return;
    }
    active.sort_unstable();
    active.dedup();
    let mut kept = active.len();
    let mut waiting: Option<Cell> = None;
    for at in (0..active.len()).rev() {
        let Some(place) = active.get(at).copied() else { continue };
        let Some(cell) = cells.get(place) else { continue };
        let is_covered = waiting.is_some_and(|later| {
            later.pattern == cell.pattern && (later.wait == Wait::ForAnything || later.part == cell.part)
        });
        if is_covered {
            continue;
        }
        if cell.wait != Wait::No {
            waiting = Some(*cell);
        }
        kept -= 1;
        if let Some(slot) = active.get_mut(kept) {
            *slot = place;
        }
    }
    active.drain(..kept);
}

/// The strings of a sorted list that begin with the text so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Range {
    atom: AtomId,
    from: usize,
    to: usize,
}

/// What a text has reached.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    /// One set of cells for each atom that has to match, and a last one for all that must not.
    sets: Vec<Vec<usize>>,
    ranges: Vec<Range>,
    /// Length of the text in bytes, as long as it matters.
    depth: usize,
}

/// A text that all of `inside` match by one of their wildcards, and none of `outside` for sure.
pub(super) fn find(
    domain: &TextDomain,
    strict: Option<AtomId>,
    inside: &[AtomId],
    outside: &[AtomId],
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
    let search = Search { domain, wanted, outside, symbols };
    let Some(start) = search.start() else { return Ok(None) };
    search.run(start, budget)
}

struct Search<'d> {
    domain: &'d TextDomain,
    wanted: Vec<(AtomId, Reading)>,
    outside: &'d [AtomId],
    symbols: &'d Symbols,
}

/// How a state was reached: from which, with which character.
type Trace = Vec<(usize, char)>;

impl Search<'_> {
    fn start(&self) -> Option<State> {
        let cells = &self.domain.cells;
        let mut sets = Vec::with_capacity(self.wanted.len() + 1);
        for (atom, reading) in &self.wanted {
            let atom = self.domain.atom(*atom);
            let mut active = Vec::with_capacity(atom.sure.len() + atom.at_most.len());
            for start in atom.sure.iter().chain(&atom.at_most) {
                activate(cells, *start, *reading, &mut active);
            }
            tidy(cells, &mut active);
            if active.is_empty() {
                return None;
            }
            sets.push(active);
        }
        let mut refused: Vec<usize> =
            self.outside.iter().flat_map(|atom| self.domain.atom(*atom).sure.iter().copied()).collect();
        tidy(cells, &mut refused);
        sets.push(refused);
        let range = |atom: &AtomId| Range { atom: *atom, from: 0, to: self.domain.atom(*atom).named.len() };
        let ranges: Vec<Range> = self.outside.iter().map(range).filter(|range| range.from < range.to).collect();
        let start = State { sets, ranges, depth: 0 };
        (!self.is_lost(&start)).then_some(start)
    }

    fn run(&self, start: State, budget: &mut Budget) -> Result<Option<String>, Exhausted> {
        let mut seen: HashSet<State, BuildHasherDefault<Mixer>> = HashSet::default();
        let mut trace: Trace = vec![(0, '\0')];
        // States in which nothing can go wrong any more come first: they need but the shortest end.
        let (mut safe, mut open) = (VecDeque::new(), VecDeque::new());
        let mut alphabet = Vec::new();
        if self.is_goal(&start) {
            return Ok(Some(String::new()));
        }
        open.push_back((0, start));
        while let Some((at, state)) = safe.pop_front().or_else(|| open.pop_front()) {
            self.alphabet(&state, &mut alphabet);
            let size: usize = state.sets.iter().map(Vec::len).sum();
            for char in &alphabet {
                budget.spend(1 + u64::try_from(size / 8).unwrap_or(u64::MAX))?;
                let Some(next) = self.next(&state, *char) else { continue };
                if seen.contains(&next) {
                    continue;
                }
                trace.push((at, *char));
                if self.is_goal(&next) {
                    return Ok(Some(spelled(&trace)));
                }
                seen.insert(next.clone());
                let is_safe = next.ranges.is_empty() && next.sets.last().is_none_or(Vec::is_empty);
                if is_safe { &mut safe } else { &mut open }.push_back((trace.len() - 1, next));
            }
        }
        Ok(None)
    }

    fn next(&self, state: &State, char: char) -> Option<State> {
        let cells = &self.domain.cells;
        let mut sets = Vec::with_capacity(state.sets.len());
        for (active, (_, reading)) in state.sets.iter().zip(&self.wanted) {
            let mut next = Vec::with_capacity(active.len() + 1);
            advance(cells, active, char, *reading, self.symbols, &mut next);
            if next.is_empty() {
                return None;
            }
            sets.push(next);
        }
        let refused = state.sets.last().map_or(&[][..], Vec::as_slice);
        let mut next = Vec::with_capacity(refused.len());
        advance(cells, refused, char, Reading::Sure, self.symbols, &mut next);
        sets.push(next);
        let ranges: Vec<Range> =
            state.ranges.iter().filter_map(|range| self.narrowed(*range, state.depth, char)).collect();
        let depth = if ranges.is_empty() { 0 } else { state.depth + char.len_utf8() };
        let next = State { sets, ranges, depth };
        (!self.is_lost(&next)).then_some(next)
    }

    /// Whether whatever follows is refused.
    fn is_lost(&self, state: &State) -> bool {
        let takes_all = |at: &usize| self.domain.cells.get(*at).is_some_and(|cell| cell.takes_all());
        state.sets.last().is_some_and(|refused| refused.iter().any(takes_all))
    }

    fn is_goal(&self, state: &State) -> bool {
        let ends = |set: &Vec<usize>| set.iter().any(|at| self.domain.cells.get(*at).is_some_and(|cell| cell.is_end()));
        let Some((refused, wanted)) = state.sets.split_last() else { return false };
        let is_named = |range: &Range| self.named(range.atom, range.from).is_some_and(|text| text.len() == state.depth);
        wanted.iter().all(ends) && !ends(refused) && !state.ranges.iter().any(is_named)
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
        let wanted = state.sets.iter().zip(&self.wanted);
        let is_bound = |set: &[usize]| {
            set.iter().filter_map(|at| cells.get(*at)).all(|cell| {
                cell.wait == Wait::No && !matches!(cell.step, Step::Any | Step::NoColon | Step::Variable(_))
            })
        };
        let bound = state.sets.iter().take(self.wanted.len()).find(|set| is_bound(set));
        let sources = bound.map_or(state.sets.as_slice(), std::slice::from_ref);
        for cell in sources.iter().flatten().filter_map(|at| cells.get(*at)) {
            alphabet.extend(cell.named().into_iter().flatten());
            if cell.wait == Wait::WithinPart {
                alphabet.push(':');
            }
        }
        if bound.is_none() {
            for range in &state.ranges {
                self.first_chars(*range, state.depth, alphabet);
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
        let strict = wanted.filter(|(_, (_, reading))| *reading == Reading::Strict);
        for cell in strict.flat_map(|(set, _)| set).filter_map(|at| cells.get(*at)) {
            if let Step::Variable(symbol) = cell.step {
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

/// A quick hash for small numbers; states come from policies, and a budget bounds what bad luck can cost.
#[derive(Default)]
struct Mixer(u64);

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        self.0.rotate_left(26)
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }
}
