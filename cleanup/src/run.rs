//! Carries out a plan. Everything is looked at again just before it is touched, everything that was deleted is seen to be
//! gone, and whatever cannot be removed is remembered and told: nothing that fails keeps the rest from going, but for
//! sessions, which everything after them waits for.

use std::collections::BTreeMap;
use std::time::Duration;

use daypass_aws::deployment::{Action, Presence, Progress, Resource};
use daypass_vending::ports::{Clock, CloudError};
use jiff::SignedDuration;

use crate::estate::{Ended, Estate};
use crate::plan::{Plan, Step};

/// How often a call is tried before what it is about is left.
const TRIES: u32 = 6;

/// How long something may take to be gone after it was deleted. Tables take half a minute, large ones some.
const PATIENCE: Duration = Duration::from_secs(300);

/// What happened, for whoever watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// This step begins.
    Begins(&'a Step),
    /// It goes on.
    Goes(String),
    /// It is done.
    Done(&'a Step),
    /// It did not work.
    Failed(&'a Step, &'a str),
}

/// What carrying out a plan came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// What is gone, in the order in which it went; what was gone already counts.
    pub removed: Vec<Resource>,
    /// What stayed against the plan, and why.
    pub stayed: Vec<Stayed>,
    /// What no longer carried the tag when its turn came, and so was left alone.
    pub not_ours: Vec<Resource>,
    /// How sessions were ended.
    pub sessions: Option<Ended>,
    /// Whether somebody stopped it.
    pub interrupted: bool,
}

/// Something that stayed against the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stayed {
    /// What; sessions when absent.
    pub resource: Option<Resource>,
    /// Why.
    pub why: String,
}

/// Whoever watches and may stop it.
pub struct Watch<'a> {
    /// Hears what happens.
    pub tell: &'a (dyn Fn(Event<'_>) + Send + Sync),
    /// Whether to stop after the call under way.
    pub is_interrupted: &'a (dyn Fn() -> bool + Send + Sync),
}

/// Carry out the plan as far as it goes.
pub async fn run(plan: &Plan, estate: &dyn Estate, clock: &dyn Clock, watch: &Watch<'_>) -> Outcome {
    let mut run = Run { estate, clock, watch, outcome: Outcome::default(), left: BTreeMap::new() };
    for (at, step) in plan.steps.iter().enumerate() {
        let rest = plan.steps.get(at..).unwrap_or_default();
        if (watch.is_interrupted)() {
            run.interrupted(rest);
            break;
        }
        if run.step(step).await == Then::Stop {
            run.leave(rest, "sessions may still live, and it may take this to end them");
            break;
        }
    }
    run.finish(plan)
}

struct Run<'a> {
    estate: &'a dyn Estate,
    clock: &'a dyn Clock,
    watch: &'a Watch<'a>,
    outcome: Outcome,
    /// What no further step touches, by ARN.
    left: BTreeMap<String, Left>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Left {
    Gone,
    NotOurs,
    Stayed,
}

/// Whether the rest of the plan may follow.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    GoOn,
    Stop,
}

/// How a change to one resource ended.
enum Change {
    Made,
    Gone,
    NotOurs,
    Interrupted,
}

impl Run<'_> {
    async fn step(&mut self, step: &Step) -> Then {
        let tell = self.watch.tell;
        match step {
            Step::Change(_, resource) if self.left.contains_key(&resource.arn) => Then::GoOn,
            Step::Change(action, resource) => {
                tell(Event::Begins(step));
                self.change_step(step, *action, resource).await;
                Then::GoOn
            }
            Step::EndSessions | Step::LookAgain => {
                tell(Event::Begins(step));
                let goes = |text: String| tell(Event::Goes(text));
                let ended = match step {
                    Step::EndSessions => self.estate.end_sessions(&goes).await,
                    _ => self.estate.look_again(&goes).await,
                };
                match ended {
                    Ok(ended) => {
                        tell(Event::Done(step));
                        self.add(ended);
                        Then::GoOn
                    }
                    Err(left) => {
                        tell(Event::Failed(step, &left.to_string()));
                        let stayed = left.troubles.into_iter().map(|why| Stayed { resource: None, why });
                        self.outcome.stayed.extend(stayed);
                        Then::Stop
                    }
                }
            }
        }
    }

    async fn change_step(&mut self, step: &Step, action: Action, resource: &Resource) {
        let tell = self.watch.tell;
        match self.change(action, resource).await {
            Ok(Change::Made) if action != Action::Delete => tell(Event::Done(step)),
            Ok(Change::Made | Change::Gone) => {
                self.left.insert(resource.arn.clone(), Left::Gone);
                self.outcome.removed.push(resource.clone());
                tell(Event::Done(step));
            }
            Ok(Change::NotOurs) => {
                self.left.insert(resource.arn.clone(), Left::NotOurs);
                self.outcome.not_ours.push(resource.clone());
                tell(Event::Failed(step, "it does not carry the tag any more, and is left alone"));
            }
            // What is left of the plan is told when the next step asks.
            Ok(Change::Interrupted) => {}
            // What cannot be stopped can perhaps be deleted all the same.
            Err(error) if action == Action::Stop => tell(Event::Failed(step, &error.to_string())),
            Err(error) => {
                let why = error.to_string();
                tell(Event::Failed(step, &why));
                self.left.insert(resource.arn.clone(), Left::Stayed);
                self.outcome.stayed.push(Stayed { resource: Some(resource.clone()), why });
            }
        }
    }

    /// Look, and change what is there and ours, until there is nothing left to change; of a deletion, until it is gone.
    async fn change(&self, action: Action, resource: &Resource) -> Result<Change, CloudError> {
        let (started, mut failed, mut looks) = (self.clock.now(), 0, 0);
        loop {
            let outcome = match self.estate.look(resource).await {
                Ok(Presence::Gone) => return Ok(Change::Gone),
                Ok(Presence::NotOurs) => return Ok(Change::NotOurs),
                Ok(Presence::Going) if action != Action::Delete => return Ok(Change::Made),
                Ok(Presence::Going) => Ok(Progress::Done),
                Ok(Presence::Ours) => self.estate.change(action, resource).await,
                Err(error) => Err(error),
            };
            match outcome {
                Ok(Progress::More(parts)) => {
                    failed = 0;
                    (self.watch.tell)(Event::Goes(format!("{parts} parts")));
                    if (self.watch.is_interrupted)() {
                        return Ok(Change::Interrupted);
                    }
                    continue;
                }
                Ok(Progress::Done) if action != Action::Delete => return Ok(Change::Made),
                Ok(Progress::Done) => {
                    looks += 1;
                    if looks == 1 {
                        continue;
                    }
                    let waited = self.clock.now().duration_since(started);
                    if waited > SignedDuration::try_from(PATIENCE).unwrap_or(SignedDuration::MAX) {
                        let why = "it was deleted, and is not gone yet: run this again later".to_owned();
                        return Err(CloudError::Unavailable(why));
                    }
                    self.pause(looks.min(TRIES)).await;
                }
                Err(error) => {
                    failed += 1;
                    if failed == TRIES || !may_pass(&error) {
                        return Err(error);
                    }
                    self.pause(failed).await;
                }
            }
        }
    }

    /// 200 ms, 400 ms, … up to six seconds.
    async fn pause(&self, tries: u32) {
        self.clock.sleep(SignedDuration::from_millis(100_i64 << tries.min(TRIES))).await;
    }

    fn add(&mut self, ended: Ended) {
        let sum = self.outcome.sessions.get_or_insert_default();
        sum.sessions += ended.sessions;
        sum.roles += ended.roles;
        sum.remarks.extend(ended.remarks);
    }

    fn interrupted(&mut self, rest: &[Step]) {
        self.outcome.interrupted = true;
        self.leave(rest, "interrupted");
    }

    /// Nothing of the rest is touched.
    fn leave(&mut self, rest: &[Step], why: &str) {
        for step in rest {
            if let Step::Change(Action::Delete, resource) = step
                && !self.left.contains_key(&resource.arn)
            {
                self.outcome.stayed.push(Stayed { resource: Some(resource.clone()), why: why.to_owned() });
            }
        }
    }

    fn finish(mut self, plan: &Plan) -> Outcome {
        let unknown = plan.unknown.iter().map(|resource| Stayed {
            resource: Some(resource.clone()),
            why: "carries the tag and is of a kind that this program does not know: look at it and delete it"
                .to_owned(),
        });
        self.outcome.stayed.extend(unknown);
        self.outcome
    }
}

/// Refusals that pass by themselves: something else is still being done to the same thing, or what held it is only just
/// gone and not everybody at AWS knows.
const PASSING: &[&str] = &[
    "ConcurrentModificationException",
    "ConflictException",
    "DeleteConflict",
    "OperationAborted",
    "OperationAbortedException",
    "ResourceConflictException",
    "ResourceInUseException",
];

fn may_pass(error: &CloudError) -> bool {
    match error {
        CloudError::Refused { code, .. } => PASSING.contains(&code.as_str()),
        CloudError::NotFound(_) => true,
        error => error.is_transient(),
    }
}

#[cfg(test)]
mod tests;
