//! Sets of cells: where a text can stand in patterns, and where one more character leads.

use super::cell::{Cell, Reading, Step, Wait};
use super::symbols::{Symbols, symbol_of};
use crate::compare::shapes::Shape;

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
pub(super) fn activate(cells: &[Cell], at: usize, reading: Reading, active: &mut Vec<usize>) {
    active.push(at);
    if reading == Reading::Lenient && matches!(cells.get(at), Some(Cell { step: Step::Variable(_), .. })) {
        activate(cells, at + 1, reading, active);
    }
}

/// The cells that `active` lead to with one more character, ordered, without those that others make superfluous.
pub(super) fn advance(
    cells: &[Cell],
    active: &[usize],
    char: char,
    reading: Reading,
    symbols: &Symbols,
    next: &mut Vec<usize>,
) {
    let jumps = reading == Reading::Lenient && symbol_of(char).is_some();
    for at in active {
        let Some(cell) = cells.get(*at) else { continue };
        if jumps && let Some(shape) = symbols.shape(char) {
            take_value(cells, *at, shape, char, symbols, next);
            continue;
        }
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

/// The cells that some value of a symbol with a known shape leads to: the pattern and what is known of the value are
/// followed side by side, and a variable of the pattern may be any stretch of it.
fn take_value(cells: &[Cell], at: usize, shape: &Shape, symbol: char, symbols: &Symbols, next: &mut Vec<usize>) {
    let mut seen: Vec<(usize, usize)> = vec![(at, Shape::start())];
    let mut done = 0;
    while let Some((at, state)) = seen.get(done).copied() {
        done += 1;
        if shape.may_end(state) {
            activate(cells, at, Reading::Lenient, next);
        }
        let Some(cell) = cells.get(at) else { continue };
        let mut go = |to: (usize, usize)| {
            if !seen.contains(&to) {
                seen.push(to);
            }
        };
        if cell.wait != Wait::No || matches!(cell.step, Step::Variable(_)) {
            shape.follow(state).iter().for_each(|state| go((at, *state)));
        }
        match cell.step {
            Step::Variable(own) => {
                go((at + 1, state));
                if state == Shape::start() && symbol_of(symbol).is_some_and(|symbol| symbols.covers(own, symbol)) {
                    activate(cells, at + 1, Reading::Lenient, next);
                }
            }
            Step::Any | Step::NoColon => shape.follow(state).iter().for_each(|state| go((at + 1, *state))),
            Step::Char(_) | Step::Fold(_) | Step::EndOrColon => {
                let named = cell.named().into_iter().flatten();
                named.filter_map(|char| shape.step(state, char)).for_each(|state| go((at + 1, state)));
            }
            Step::End => {}
        }
    }
}

/// Sort, and drop what a later cell of the same pattern covers: one that waits takes all that leads to it.
pub(super) fn tidy(cells: &[Cell], active: &mut Vec<usize>) {
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

/// Whether two patterns can match the same text, as far as the characters they begin with tell.
pub(super) fn may_meet(cells: &[Cell], one: usize, other: usize) -> bool {
    let fixed = |start| {
        cells.iter().skip(start).map_while(|cell: &Cell| match cell {
            Cell { step: Step::Char(char), wait: Wait::No, .. } => Some(*char),
            _ => None,
        })
    };
    fixed(one).zip(fixed(other)).all(|(one, other)| one == other)
}

pub(super) fn is_same(cells: &[Cell], one: usize, other: usize) -> bool {
    let pattern = |start: usize| {
        let number = cells.get(start).map(|cell| cell.pattern);
        cells.iter().skip(start).take_while(move |cell| Some(cell.pattern) == number).map(|cell| (cell.step, cell.wait))
    };
    pattern(one).eq(pattern(other))
}
