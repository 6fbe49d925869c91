//! The search for a request: some statements have to apply, others must not.
//!
//! A choice for every aspect that the wanted statements constrain is made first. As long as an unwanted statement applies
//! to it, one of that statement's constraints has to fail, and the search goes on for each of them in turn. An aspect is
//! looked at only when a statement that stands in the way constrains it, so most of a policy never is.

use super::budget::Budget;
use super::dimension::{Found, Literal, Value, ban};
use super::problem::{Place, Problem, RuleId};
use super::text::Truth;

/// What it costs, in steps, to make requests that are not what was looked for.
const REJECTION: u64 = 200;

/// What to look for.
#[derive(Debug, Default)]
pub(super) struct Goal<'g> {
    /// Of each group some statement has to apply.
    pub(super) groups: Vec<&'g [RuleId]>,
    /// None of these may.
    pub(super) unwanted: Vec<RuleId>,
}

/// From choices, aspect by aspect, to what is looked for.
type Finish<'p, T> = &'p dyn Fn(&Problem, &[Found]) -> Option<T>;

/// The search, and what it has chosen so far.
pub(super) struct Solver<'p, T> {
    problem: &'p Problem,
    chosen: Vec<Choice>,
    trail: Vec<Step>,
    budget: Budget,
    /// Makes a request of the choices and checks it; `None` when it is not what was looked for.
    finish: Finish<'p, T>,
    /// Why something that may exist was not found.
    pub(super) doubt: Option<Doubt>,
}

/// Why a search proved nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// A choice looked right but did not stand up to the evaluator, because something is not followed exactly.
    Rejected(String),
    /// There may be values that were not tried.
    Undecided(String),
    /// It took too long.
    Exhausted(String),
}

#[derive(Clone, Default)]
struct Choice {
    literals: Vec<Literal>,
    model: Found,
}

/// How to undo an assertion.
struct Step {
    dimension: usize,
    before: Found,
}

/// Whether a branch led to a request. The error says that the whole search has to end.
type Outcome<T> = Result<Option<T>, ()>;

impl<'p, T> Solver<'p, T> {
    pub(super) fn new(problem: &'p Problem, finish: Finish<'p, T>) -> Solver<'p, T> {
        Solver {
            problem,
            chosen: vec![Choice::default(); problem.dimensions.len()],
            trail: Vec::new(),
            budget: Budget::new(),
            finish,
            doubt: None,
        }
    }

    /// The first request that fits; `None` when there is none, or when `doubt` says why there may be one all the same.
    pub(super) fn find(&mut self, goal: &Goal<'_>) -> Option<T> {
        if goal.groups.iter().any(|group| group.is_empty()) {
            return None;
        }
        let found = self.choose(&goal.groups, &goal.unwanted);
        self.undo(0);
        found.ok().flatten()
    }

    fn choose(&mut self, groups: &[&[RuleId]], unwanted: &[RuleId]) -> Outcome<T> {
        let Some((group, rest)) = groups.split_first() else { return self.escape(unwanted) };
        for rule in *group {
            let mark = self.trail.len();
            let leaves = self.problem.rules.get(*rule).map_or(&[][..], |rule| rule.leaves.as_slice());
            if !self.is_covered(leaves, unwanted)
                && self.assert_all(leaves)?
                && let Some(found) = self.choose(rest, unwanted)?
            {
                return Ok(Some(found));
            }
            self.undo(mark);
        }
        Ok(None)
    }

    fn assert_all(&mut self, leaves: &[Place]) -> Result<bool, ()> {
        for leaf in leaves {
            if !self.assert(*leaf, true)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether an unwanted statement asks for nothing but what is settled or about to be.
    fn is_covered(&self, leaves: &[Place], unwanted: &[RuleId]) -> bool {
        let mut unwanted = unwanted.iter().filter_map(|rule| self.problem.rules.get(*rule));
        unwanted.any(|rule| rule.leaves.iter().all(|leaf| leaves.contains(leaf) || self.is_settled(*leaf, true)))
    }

    fn is_settled(&self, (dimension, leaf): Place, wanted: bool) -> bool {
        self.chosen.get(dimension).is_some_and(|choice| choice.literals.contains(&(leaf, wanted)))
    }

    /// Get out of the way of every unwanted statement.
    fn escape(&mut self, unwanted: &[RuleId]) -> Outcome<T> {
        loop {
            let Some(open) = self.obstacle(unwanted, Truth::Yes)? else { return self.conclude(unwanted) };
            match open.as_slice() {
                [] => return Ok(None),
                [only] => {
                    if !self.assert(*only, false)? {
                        return Ok(None);
                    }
                }
                several => return self.branch(several, unwanted),
            }
        }
    }

    fn branch(&mut self, open: &[Place], unwanted: &[RuleId]) -> Outcome<T> {
        for leaf in open {
            let mark = self.trail.len();
            if self.assert(*leaf, false)?
                && let Some(found) = self.escape(unwanted)?
            {
                return Ok(Some(found));
            }
            self.undo(mark);
            // All requests for which it fails are done with. It holds for the choices at hand, so nothing moves.
            if !self.assert(*leaf, true)? {
                return Ok(None);
            }
        }
        Ok(None)
    }

    /// The unwanted statement that applies to the choices at hand and leaves the fewest ways out: its constraints that
    /// are not settled. With `Perhaps`, statements count that apply if variables have the right values.
    fn obstacle(&mut self, unwanted: &[RuleId], least: Truth) -> Result<Option<Vec<Place>>, ()> {
        let mut worst: Option<Vec<Place>> = None;
        for rule in unwanted {
            let Some(rule) = self.problem.rules.get(*rule) else { continue };
            let mut applies = true;
            for leaf in rule.leaves.iter().rev() {
                let truth = self.truth(*leaf)?;
                if truth != Truth::Yes && (truth != least || self.is_settled(*leaf, false)) {
                    applies = false;
                    break;
                }
            }
            if !applies {
                continue;
            }
            let open: Vec<Place> =
                rule.leaves.iter().rev().copied().filter(|leaf| !self.is_settled(*leaf, true)).collect();
            if worst.as_ref().is_none_or(|worst| open.len() < worst.len()) {
                let is_last = open.len() < 2;
                worst = Some(open);
                if is_last {
                    break;
                }
            }
        }
        Ok(worst)
    }

    /// Whether a constraint holds for the choice at hand, which is made now if it was not yet.
    fn truth(&mut self, (dimension, leaf): Place) -> Result<Truth, ()> {
        if self.is_settled((dimension, leaf), true) {
            return Ok(Truth::Yes);
        }
        let Some(aspect) = self.problem.dimensions.get(dimension) else { return Ok(Truth::No) };
        if self.chosen.get(dimension).is_some_and(|choice| choice.model.is_none()) && !self.settle(dimension)? {
            return Ok(Truth::Yes);
        }
        let model = self.chosen.get(dimension).and_then(|choice| choice.model.as_ref());
        Ok(model.map_or(Truth::No, |model| aspect.truth(model, leaf, &self.problem.symbols)))
    }

    /// Have a constraint hold or fail from here on.
    fn assert(&mut self, place: Place, wanted: bool) -> Result<bool, ()> {
        let (dimension, leaf) = place;
        if self.is_settled(place, wanted) {
            return Ok(true);
        }
        if self.is_settled(place, !wanted) {
            return Ok(false);
        }
        let has_model = self.chosen.get(dimension).is_some_and(|choice| choice.model.is_some());
        let stands = has_model && self.truth(place)? == Truth::of(wanted);
        let Some(choice) = self.chosen.get_mut(dimension) else { return Ok(false) };
        self.trail.push(Step { dimension, before: choice.model.clone() });
        choice.literals.push((leaf, wanted));
        if stands { Ok(true) } else { self.settle(dimension) }
    }

    /// Choose anew for one aspect.
    fn settle(&mut self, dimension: usize) -> Result<bool, ()> {
        let Some(aspect) = self.problem.dimensions.get(dimension) else { return Ok(false) };
        let Some(choice) = self.chosen.get_mut(dimension) else { return Ok(false) };
        let Ok(model) = aspect.solve(&choice.literals, &self.problem.symbols, &mut self.budget) else {
            self.doubt = Some(Doubt::Exhausted(aspect.name()));
            return Err(());
        };
        choice.model = model;
        Ok(choice.model.is_some())
    }

    fn undo(&mut self, mark: usize) {
        while self.trail.len() > mark {
            let Some(step) = self.trail.pop() else { return };
            if let Some(choice) = self.chosen.get_mut(step.dimension) {
                choice.literals.pop();
                choice.model = step.before;
            }
        }
    }

    /// Nothing stands in the way. Variables that the choices rest on need their keys; then the evaluator has the word.
    fn conclude(&mut self, unwanted: &[RuleId]) -> Outcome<T> {
        if let Some((present, absent)) = self.needed_key() {
            // Either the key is there, or the text does without the variable.
            let mark = self.trail.len();
            if self.assert(present, true)?
                && let Some(found) = self.escape(unwanted)?
            {
                return Ok(Some(found));
            }
            self.undo(mark);
            return if self.assert(absent, false)? { self.escape(unwanted) } else { Ok(None) };
        }
        let undecided = self.chosen.iter().find_map(|choice| match &choice.model.as_ref()?.value {
            Value::Undecided(reason) => Some(reason.clone()),
            _ => None,
        });
        if let Some(reason) = undecided {
            self.doubt = Some(Doubt::Undecided(reason));
            return Ok(None);
        }
        let models: Vec<Found> = self.chosen.iter().map(|choice| choice.model.clone()).collect();
        if let Some(found) = (self.finish)(self.problem, &models) {
            return Ok(Some(found));
        }
        if self.budget.spend(REJECTION).is_err() {
            self.doubt = Some(self.suspicion());
            return Err(());
        }
        // What applies only with some values of variables may be what stands in the way.
        if let Some(open) = self.obstacle(unwanted, Truth::Perhaps)? {
            return self.branch(&open, unwanted);
        }
        self.doubt = Some(self.suspicion());
        Ok(None)
    }

    /// The constraints that a key is present, and that some chosen text contains the variable that needs it; nothing when
    /// all such keys are known to be present.
    fn needed_key(&self) -> Option<(Place, Place)> {
        if self.problem.symbols.is_empty() {
            return None;
        }
        let models = self.chosen.iter().map(|choice| choice.model.as_ref()).enumerate();
        let texts = models.flat_map(|(at, model)| {
            model.into_iter().flat_map(move |model| model.value.texts().iter().map(move |text| (at, text)))
        });
        let mut symbols = texts.flat_map(|(at, text)| text.chars().map(move |char| (at, char)));
        symbols.find_map(|(at, char)| {
            let (symbol, key) = self.problem.symbols.needs(char)?;
            let present = self.problem.present.get(key).copied()?;
            (!self.is_settled(present, true)).then_some((present, (at, ban(symbol))))
        })
    }

    fn suspicion(&self) -> Doubt {
        let mut stand_ins = self
            .problem
            .dimensions
            .iter()
            .zip(&self.chosen)
            .filter_map(|(aspect, choice)| aspect.stand_in(choice.model.as_ref()?));
        let what = stand_ins.next().or_else(|| self.problem.approximated());
        debug_assert!(what.is_some(), "a request that was found does not stand up to the evaluator");
        Doubt::Rejected(what.unwrap_or_else(|| "how wildcards are read".to_owned()))
    }
}
