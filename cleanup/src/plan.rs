//! What is done, in which order, and what is kept and why: a pure function of what was found and what was wished for.
//!
//! The order, and why it is so:
//! 1. *stop*: nothing new begins while the rest is taken away;
//! 2. *sessions*: credentials that live are what harms, so they go first, with everything still there that can kill them
//!    and put it on record;
//! 3. *programs and what watches them*, then what they wrote to, and last the records of sessions;
//! 4. *look again* for roles of sessions: a server that runs elsewhere may have worked on until its records were gone;
//! 5. *roles and policies*, which everything before may have needed, and last the *keys*, which all data needs.

use daypass_aws::deployment::{Action, Resource, What};
use serde::Serialize;

/// What becomes of the trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audit {
    /// It stays, with everything that it takes to read and to verify it.
    Keep,
    /// It goes with the rest.
    Delete,
}

/// Everything about a deployment that a plan is made from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// What carries its tag.
    pub resources: Vec<Resource>,
    /// Its sessions.
    pub sessions: Sessions,
}

/// What is known of sessions before anything is done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sessions {
    /// How many sessions the records have that may have a role; `None` when there are no records.
    pub on_record: Option<usize>,
    /// The accounts to clear.
    pub accounts: Vec<Account>,
}

/// One account that sessions may be in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Its number.
    pub id: String,
    /// How many roles of sessions it has; `None` when it cannot be entered, or not yet.
    pub roles: Option<usize>,
    /// Why it cannot be entered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Change one resource.
    Change(Action, Resource),
    /// End every session, and see that no role of one is left.
    EndSessions,
    /// See again that no role of a session is left.
    LookAgain,
}

/// Something that stays on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What.
    pub resource: Resource,
    /// Why.
    pub why: &'static str,
}

/// What is to be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// In this order.
    pub steps: Vec<Step>,
    /// What stays.
    pub kept: Vec<Kept>,
    /// What carries the tag and is of a kind that is not known here. It stays, and is trouble.
    pub unknown: Vec<Resource>,
}

impl Plan {
    /// Whether there is nothing to do and nothing to tell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.unknown.is_empty()
    }

    /// The resources that go, in the order in which they do.
    pub fn goes(&self) -> impl Iterator<Item = &Resource> {
        self.steps.iter().filter_map(|step| match step {
            Step::Change(Action::Delete, resource) => Some(resource),
            _ => None,
        })
    }
}

/// Make the plan.
#[must_use]
pub fn plan(found: &Found, audit: Audit) -> Plan {
    let mut plan = Plan::default();
    let mut going = Vec::new();
    for resource in in_order(&found.resources) {
        match why_kept(resource, &found.resources, audit) {
            Some(why) => plan.kept.push(Kept { resource: resource.clone(), why }),
            None if resource.what == What::Unknown => plan.unknown.push(resource.clone()),
            None => going.push(resource),
        }
    }
    for resource in going.iter().filter(|resource| can_begin_sessions(resource)) {
        plan.steps.push(Step::Change(Action::Stop, (*resource).clone()));
    }
    let is_needed = sessions_matter(found, &going);
    if is_needed {
        plan.steps.push(Step::EndSessions);
    }
    let last = going.iter().position(|resource| rank(resource) >= Rank::Identity).unwrap_or(going.len());
    let (first, last) = going.split_at(last);
    plan.steps.extend(first.iter().flat_map(|resource| removal(resource)));
    if is_needed {
        plan.steps.push(Step::LookAgain);
    }
    plan.steps.extend(last.iter().flat_map(|resource| removal(resource)));
    plan
}

/// Where in the order something goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Function,
    // A domain is mapped to the API, which cannot go before it.
    Domain,
    Api,
    Alarm,
    Dashboard,
    Rule,
    Bus,
    Topic,
    LogGroup,
    Bucket,
    Table,
    Identity,
    Policy,
    Key,
    Unknown,
}

fn rank(resource: &Resource) -> Rank {
    match resource.what {
        What::Function => Rank::Function,
        What::Domain => Rank::Domain,
        What::Api => Rank::Api,
        What::Alarm => Rank::Alarm,
        What::Dashboard { .. } => Rank::Dashboard,
        What::Rule => Rank::Rule,
        What::Bus => Rank::Bus,
        What::Topic => Rank::Topic,
        What::LogGroup => Rank::LogGroup,
        What::Bucket => Rank::Bucket,
        What::Table { .. } => Rank::Table,
        What::Role => Rank::Identity,
        // A policy can be a role's boundary, and goes when the role is gone.
        What::Policy => Rank::Policy,
        What::Key { .. } => Rank::Key,
        What::Unknown => Rank::Unknown,
    }
}

fn in_order(resources: &[Resource]) -> Vec<&Resource> {
    let mut ordered: Vec<_> = resources.iter().collect();
    ordered.sort_by_key(|resource| (rank(resource), &resource.arn));
    ordered.dedup_by_key(|resource| &resource.arn);
    ordered
}

/// Why something stays, if it does. With the trail stays whatever reading and verifying it takes: its own table, the table
/// with the chains' heads and the signed checkpoints, the keys that encrypt them, and the keys that checkpoints are verified
/// with. What a table is told by its name can only keep more, never less: whatever is not known for the sessions' stays.
fn why_kept(resource: &Resource, all: &[Resource], audit: Audit) -> Option<&'static str> {
    if audit == Audit::Delete {
        return None;
    }
    match &resource.what {
        What::Table { .. } => why_table_kept(resource),
        What::Key { signs: true, .. } => Some("verifies the signed checkpoints of the trail"),
        What::Key { .. } => {
            let encrypts_kept = all
                .iter()
                .filter(|table| why_table_kept(table).is_some())
                .any(|table| matches!(&table.what, What::Table { key_arn: Some(key) } if *key == resource.arn));
            encrypts_kept.then_some("encrypts tables that are kept")
        }
        _ => None,
    }
}

fn why_table_kept(resource: &Resource) -> Option<&'static str> {
    match resource.what {
        What::Table { .. } if resource.name().ends_with("sessions") => None,
        What::Table { .. } if resource.name().ends_with("audit") => Some("is the trail"),
        What::Table { .. } if resource.name().ends_with("records") => {
            Some("has the heads of the trail's chains and its signed checkpoints")
        }
        What::Table { .. } => Some("may be part of the trail: its name does not say what it holds"),
        _ => None,
    }
}

/// What a new session may come from, and what would get in the way of ending the others.
fn can_begin_sessions(resource: &Resource) -> bool {
    matches!(resource.what, What::Rule | What::Function | What::Api)
}

/// Sessions are looked after unless a run before this one has seen that there are none, and nothing is left that could
/// have begun another.
fn sessions_matter(found: &Found, going: &[&Resource]) -> bool {
    let sessions_table = |resource: &&&Resource| matches!(resource.what, What::Table { .. });
    going.iter().any(|resource| can_begin_sessions(resource))
        || going.iter().any(|resource| sessions_table(&resource))
        || found.sessions.on_record.is_some_and(|count| count > 0)
        || found.sessions.accounts.iter().any(|account| account.roles != Some(0))
}

/// The steps that remove one resource.
fn removal(resource: &Resource) -> impl Iterator<Item = Step> {
    let holds_something = match &resource.what {
        What::Rule | What::Bucket | What::Table { .. } | What::Role | What::Policy => true,
        What::Key { aliases, .. } => !aliases.is_empty(),
        What::Function
        | What::Api
        | What::Domain
        | What::Alarm
        | What::Dashboard { .. }
        | What::Bus
        | What::Topic
        | What::LogGroup
        | What::Unknown => false,
    };
    let clear = holds_something.then(|| Step::Change(Action::Clear, resource.clone()));
    clear.into_iter().chain([Step::Change(Action::Delete, resource.clone())])
}

#[cfg(test)]
mod tests;
