//! The script that all decorators of one test share: which calls fail, how, and what was called.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::hold::{Held, Hold};
use super::random::{Chances, RandomFaults};

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing happens, and the caller is told so.
    Before(Refusal),
    /// It happens, and the answer is lost.
    After,
    /// The process dies before the call: neither it nor any later one happens.
    CrashBefore,
    /// The process dies right after the call: it happens, and nothing else does.
    CrashAfter,
}

/// How a call is told that nothing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// For good, with this AWS error code. A store, which has no such codes, says that somebody else was first.
    Refused(&'static str),
    /// With a plea for patience. A store says that it cannot be used.
    Throttled,
    /// The service cannot be reached.
    Unavailable,
}

/// Whether a call changes anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CallKind {
    /// It only asks.
    Read,
    /// It changes something. Getting credentials counts: they exist afterwards.
    Write,
}

/// Which calls a fault's number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// All, over all ports.
    All,
    /// All of this kind, over all ports.
    OfKind(CallKind),
    /// All of this port, such as `cloud` or `store`.
    OfPort(&'static str),
    /// Those of this name, such as `cloud.create_role` or `store.commit`.
    Named(&'static str),
}

/// One call that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRecord {
    /// `port.verb`.
    pub name: &'static str,
    /// Whether it changes anything.
    pub kind: CallKind,
    /// What it was about: a role, a session, a chain. Never a document or a secret.
    pub subject: String,
    /// The fault it met.
    pub fault: Option<Fault>,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a call, as nobody but the test can know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It did not happen.
    NotDone,
    /// It began and has not ended.
    Running,
    /// It happened, and the caller knows.
    Done,
    /// It happened, and the caller does not know.
    Lost,
    /// The wrapped port itself failed.
    Failed,
}

/// Decides and remembers. Clones share everything.
#[derive(Clone, Debug, Default)]
pub struct FaultScript(Arc<Mutex<Script>>);

#[derive(Debug, Default)]
struct Script {
    rules: Vec<(Counted, usize, Fault)>,
    standing: Vec<(Counted, Fault)>,
    holds: Vec<(Counted, usize, Held)>,
    random: Option<RandomFaults>,
    dead: bool,
    calls: Vec<CallRecord>,
    kinds: BTreeMap<CallKind, usize>,
    names: BTreeMap<&'static str, usize>,
}

/// What a decorator has to do.
#[derive(Clone, Copy, Debug)]
pub(super) enum Verdict {
    Go,
    Refuse(Refusal),
    Lose { crash: bool },
    Dead,
}

/// A call that was written down.
#[derive(Debug)]
pub(super) struct Begun {
    /// Finds it again.
    pub(super) number: usize,
    pub(super) verdict: Verdict,
    /// What it has to wait for first.
    pub(super) held: Option<Held>,
}

impl FaultScript {
    /// Everything goes well, and is written down.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Faults by chance, the same for the same seed and sequence of calls.
    #[must_use]
    pub fn random(seed: u64, chances: Chances) -> Self {
        let script = Self::new();
        script.lock().random = Some(RandomFaults::new(seed, chances));
        script
    }

    /// The call that is `number` among the `counted`, from 1, meets this fault.
    #[must_use]
    pub fn with(self, counted: Counted, number: usize, fault: Fault) -> Self {
        self.add(counted, number, fault);
        self
    }

    /// As [`FaultScript::with`], on a script that is in use. Calls made before count.
    pub fn add(&self, counted: Counted, number: usize, fault: Fault) {
        self.lock().rules.push((counted, number, fault));
    }

    /// Every one of the `counted` calls meets this fault from now on.
    pub fn add_to_all(&self, counted: Counted, fault: Fault) {
        self.lock().standing.push((counted, fault));
    }

    /// Hold up the call that is `number` among the `counted`, from 1, until the answer says to go on. Calls made before
    /// count.
    #[must_use]
    pub fn hold(&self, counted: Counted, number: usize) -> Hold {
        let (hold, held) = Hold::new();
        self.lock().holds.push((counted, number, held));
        hold
    }

    /// Forget all faults, calls and counts, and live: from here on everything goes well.
    pub fn reset(&self) {
        *self.lock() = Script::default();
    }

    /// The process starts again: calls go through once more. Counts and faults stay.
    pub fn restart(&self) {
        self.lock().dead = false;
    }

    /// Whether the process is dead.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.lock().dead
    }

    /// Every call so far, in the order they began.
    #[must_use]
    pub fn calls(&self) -> Vec<CallRecord> {
        self.lock().calls.clone()
    }

    /// How many calls of these there were.
    #[must_use]
    pub fn count(&self, counted: Counted) -> usize {
        self.lock().count(counted)
    }

    /// Write the call down and say what becomes of it. The number finds it again.
    pub(super) fn begin(&self, name: &'static str, kind: CallKind, subject: String) -> Begun {
        self.lock().begin(name, kind, subject)
    }

    /// The call has come to its end.
    pub(super) fn end(&self, number: usize, outcome: Outcome) {
        // A reset in between has forgotten the call.
        if let Some(call) = self.lock().calls.get_mut(number) {
            call.outcome = outcome;
        }
    }

    /// Nothing gets through any more.
    pub(super) fn crash(&self) {
        self.lock().dead = true;
    }

    /// A test that failed while holding the lock has left the script as it was, so it may go on being used.
    fn lock(&self) -> MutexGuard<'_, Script> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Script {
    fn begin(&mut self, name: &'static str, kind: CallKind, subject: String) -> Begun {
        *self.kinds.entry(kind).or_default() += 1;
        *self.names.entry(name).or_default() += 1;
        let number = self.calls.len();
        self.calls.push(CallRecord { name, kind, subject, fault: None, outcome: Outcome::NotDone });
        let fault = if self.dead { None } else { self.fault_of(name, kind) };
        let verdict = match fault {
            _ if self.dead => Verdict::Dead,
            None => Verdict::Go,
            Some(Fault::Before(refusal)) => Verdict::Refuse(refusal),
            Some(Fault::After) => Verdict::Lose { crash: false },
            Some(Fault::CrashAfter) => Verdict::Lose { crash: true },
            Some(Fault::CrashBefore) => {
                self.dead = true;
                Verdict::Dead
            }
        };
        if let Some(call) = self.calls.last_mut() {
            call.fault = fault;
            if matches!(verdict, Verdict::Go | Verdict::Lose { .. }) {
                call.outcome = Outcome::Running;
            }
        }
        let held = if self.dead { None } else { self.held(name, kind) };
        Begun { number, verdict, held }
    }

    /// Whether the call that was just counted is one of these.
    fn is_meant(counted: Counted, name: &'static str, kind: CallKind) -> bool {
        match counted {
            Counted::All => true,
            Counted::OfKind(wanted) => wanted == kind,
            Counted::OfPort(wanted) => is_of_port(name, wanted),
            Counted::Named(wanted) => wanted == name,
        }
    }

    /// What holds up the call that was just counted.
    fn held(&mut self, name: &'static str, kind: CallKind) -> Option<Held> {
        let mut holds = self.holds.iter();
        let at = holds
            .position(|(counted, number, _)| Self::is_meant(*counted, name, kind) && self.count(*counted) == *number)?;
        Some(self.holds.swap_remove(at).2)
    }

    /// The fault of the call that was just counted.
    fn fault_of(&self, name: &'static str, kind: CallKind) -> Option<Fault> {
        let drawn = self.random.as_ref().and_then(RandomFaults::draw);
        let mut rules = self.rules.iter();
        let found =
            rules.find(|(counted, number, _)| Self::is_meant(*counted, name, kind) && self.count(*counted) == *number);
        let standing = || self.standing.iter().find(|(counted, _)| Self::is_meant(*counted, name, kind));
        found.map(|(_, _, fault)| *fault).or_else(|| standing().map(|(_, fault)| *fault)).or(drawn)
    }

    fn count(&self, counted: Counted) -> usize {
        match counted {
            Counted::All => self.calls.len(),
            Counted::OfKind(kind) => self.kinds.get(&kind).copied().unwrap_or_default(),
            Counted::OfPort(port) => {
                self.names.iter().filter(|(name, _)| is_of_port(name, port)).map(|(_, count)| count).sum()
            }
            Counted::Named(name) => self.names.get(name).copied().unwrap_or_default(),
        }
    }
}

fn is_of_port(name: &str, port: &str) -> bool {
    name.split_once('.').is_some_and(|(of, _)| of == port)
}
