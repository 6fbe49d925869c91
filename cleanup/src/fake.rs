//! A deployment in memory, as unforgiving as AWS: what holds something cannot be deleted, and laws of ours are asserted at
//! every call.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use daypass_aws::deployment::{Action, Presence, Progress, Resource, What};
use daypass_vending::ports::{Clock, CloudError};
use jiff::{SignedDuration, Timestamp};

use crate::estate::{Ended, Estate, SessionsLeft};
use crate::samples::resource;

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Refused,
    Throttled,
    UnknownDone,
    UnknownNotDone,
    /// This call and all after it: the process is dead.
    Dies,
}

/// A clock that moves only when somebody waits.
#[derive(Default)]
pub(crate) struct Still(Mutex<SignedDuration>);

#[async_trait]
impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH + *self.0.lock().unwrap()
    }

    async fn sleep(&self, duration: SignedDuration) {
        *self.0.lock().unwrap() += duration;
    }
}

pub(crate) struct FakeEstate {
    state: Mutex<State>,
}

struct State {
    things: BTreeMap<String, Thing>,
    sessions: usize,
    unkillable: bool,
    calls: usize,
    fault: Option<(usize, Fault)>,
    failed_in_sessions: bool,
    refusing: Option<String>,
}

#[derive(Clone)]
struct Thing {
    resource: Resource,
    ours: bool,
    stopped: bool,
    /// How many parts it holds, or whether it is protected.
    holds: u32,
    /// How many looks it takes until it is gone after its deletion.
    going: Option<u32>,
}

impl FakeEstate {
    /// These resources, three live sessions, and look-alikes of somebody else.
    pub(crate) fn of(resources: Vec<Resource>) -> Self {
        let strangers = [
            resource("dynamodb", "table/daypass-xx-sessions"),
            resource("s3", "daypass-x-444455556666-templates"),
            resource("iam", "role/daypass-x-broker-of-others"),
        ];
        let ours = resources.into_iter().map(|resource| thing(resource, true));
        let things = ours.chain(strangers.map(|resource| thing(resource, false)));
        let state = State {
            things: things.map(|thing| (thing.resource.arn.clone(), thing)).collect(),
            sessions: 3,
            unkillable: false,
            calls: 0,
            fault: None,
            failed_in_sessions: false,
            refusing: None,
        };
        Self { state: Mutex::new(state) }
    }

    pub(crate) fn failing(self, at: usize, fault: Fault) -> Self {
        self.state.lock().unwrap().fault = Some((at, fault));
        self
    }

    pub(crate) fn with_session_that_cannot_be_ended(self) -> Self {
        self.state.lock().unwrap().unkillable = true;
        self
    }

    pub(crate) fn refusing(self, resource: &Resource) -> Self {
        self.state.lock().unwrap().refusing = Some(resource.arn.clone());
        self
    }

    pub(crate) fn heal(&self) {
        self.state.lock().unwrap().fault = None;
    }

    pub(crate) fn give_away(&self, resource: &Resource) {
        self.state.lock().unwrap().things.get_mut(&resource.arn).unwrap().ours = false;
    }

    pub(crate) fn ours(&self) -> Vec<Resource> {
        self.those(|thing| thing.ours && thing.going.is_none())
    }

    pub(crate) fn strangers(&self) -> Vec<Resource> {
        self.those(|thing| !thing.ours)
    }

    pub(crate) fn stopped(&self) -> usize {
        self.those(|thing| thing.stopped).len()
    }

    pub(crate) fn is_protected(&self, table: &str) -> bool {
        self.those(|thing| thing.holds > 0).iter().any(|resource| resource.name() == table)
    }

    pub(crate) fn calls(&self) -> usize {
        self.state.lock().unwrap().calls
    }

    pub(crate) fn failed_in_sessions(&self) -> bool {
        self.state.lock().unwrap().failed_in_sessions
    }

    fn those(&self, is_one: impl Fn(&Thing) -> bool) -> Vec<Resource> {
        let state = self.state.lock().unwrap();
        state.things.values().filter(|thing| is_one(thing)).map(|thing| thing.resource.clone()).collect()
    }
}

fn thing(resource: Resource, ours: bool) -> Thing {
    let holds = match resource.what {
        What::Bucket => 3,
        What::Rule | What::Table { .. } | What::Role | What::Policy | What::Key { .. } => 1,
        _ => 0,
    };
    Thing { resource, ours, stopped: false, holds, going: None }
}

impl State {
    /// Count a call, and say how it fails if it does.
    fn call(&mut self) -> Option<Fault> {
        let at = self.calls;
        self.calls += 1;
        let (when, fault) = self.fault?;
        (at == when || (fault == Fault::Dies && at > when)).then_some(fault)
    }

    fn look(&mut self, arn: &str) -> Presence {
        let Some(thing) = self.things.get_mut(arn) else { return Presence::Gone };
        match &mut thing.going {
            Some(0) => {
                self.things.remove(arn);
                Presence::Gone
            }
            Some(looks) => {
                *looks -= 1;
                Presence::Going
            }
            None if thing.ours => Presence::Ours,
            None => Presence::NotOurs,
        }
    }

    fn change(&mut self, action: Action, resource: &Resource) -> Result<Progress, CloudError> {
        if self.refusing.as_ref() == Some(&resource.arn) {
            return refused("AccessDenied");
        }
        let sessions = self.sessions;
        let is_held = match resource.what {
            What::Bus => self.holders().any(|other| other.resource.what == What::Rule),
            // A boundary is held by the roles it is on.
            What::Policy => self.holders().any(|other| other.resource.what == What::Role),
            What::Key { .. } => self.holders().any(|other| {
                let key = match &other.resource.what {
                    What::Table { key_arn } => key_arn.as_ref(),
                    _ => None,
                };
                key == Some(&resource.arn)
            }),
            _ => false,
        };
        let Some(thing) = self.things.get_mut(&resource.arn) else {
            return Err(CloudError::NotFound(resource.to_string()));
        };
        assert!(thing.ours, "{resource} is not ours to touch");
        match action {
            Action::Stop => thing.stopped = true,
            _ => assert_eq!(sessions, 0, "{action:?} {resource} before sessions have ended"),
        }
        match action {
            Action::Clear if thing.holds > 1 => {
                thing.holds -= 1;
                return Ok(Progress::More(1000));
            }
            Action::Clear => thing.holds = 0,
            Action::Delete if thing.holds > 0 || is_held => return refused("DeleteConflict"),
            Action::Delete => {
                thing.going = Some(if matches!(resource.what, What::Table { .. }) { 2 } else { 0 });
            }
            Action::Stop => {}
        }
        Ok(Progress::Done)
    }

    fn holders(&self) -> impl Iterator<Item = &Thing> {
        self.things.values().filter(|thing| thing.ours && thing.going.is_none())
    }

    fn end_sessions(&mut self) -> Result<Ended, SessionsLeft> {
        if self.unkillable {
            return Err(left("account 444455556666 cannot be entered"));
        }
        let sessions = std::mem::take(&mut self.sessions);
        Ok(Ended { sessions, ..Ended::default() })
    }
}

fn refused<T>(code: &str) -> Result<T, CloudError> {
    Err(CloudError::Refused { code: code.to_owned(), message: "no".to_owned() })
}

fn left(trouble: &str) -> SessionsLeft {
    SessionsLeft { troubles: vec![trouble.to_owned()] }
}

fn error(fault: Fault) -> CloudError {
    match fault {
        Fault::Refused => CloudError::Refused { code: "AccessDenied".to_owned(), message: "no".to_owned() },
        Fault::Throttled => CloudError::Throttled,
        Fault::UnknownDone | Fault::UnknownNotDone => CloudError::Unknown("no answer".to_owned()),
        Fault::Dies => CloudError::Refused { code: "Dead".to_owned(), message: "the process is dead".to_owned() },
    }
}

#[async_trait]
impl Estate for FakeEstate {
    async fn look(&self, resource: &Resource) -> Result<Presence, CloudError> {
        let mut state = self.state.lock().unwrap();
        match state.call() {
            Some(fault) => Err(error(fault)),
            None => Ok(state.look(&resource.arn)),
        }
    }

    async fn change(&self, action: Action, resource: &Resource) -> Result<Progress, CloudError> {
        let mut state = self.state.lock().unwrap();
        match state.call() {
            Some(Fault::UnknownDone) => {
                state.change(action, resource)?;
                Err(error(Fault::UnknownDone))
            }
            Some(fault) => Err(error(fault)),
            None => state.change(action, resource),
        }
    }

    async fn end_sessions(&self, _: &(dyn Fn(String) + Send + Sync)) -> Result<Ended, SessionsLeft> {
        let mut state = self.state.lock().unwrap();
        match state.call() {
            Some(fault) => {
                state.failed_in_sessions = true;
                if fault == Fault::UnknownDone {
                    state.end_sessions()?;
                }
                Err(left(&error(fault).to_string()))
            }
            None => state.end_sessions(),
        }
    }

    async fn look_again(&self, tell: &(dyn Fn(String) + Send + Sync)) -> Result<Ended, SessionsLeft> {
        self.end_sessions(tell).await
    }
}
