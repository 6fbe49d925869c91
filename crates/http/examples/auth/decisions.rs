//! How long a decision takes.

use std::collections::BTreeSet;
use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

use daypass_entitlements::CedarAuthorizer;
use daypass_vending::identity::Identity;
use daypass_vending::ports::{Authorizer, Question, Subject};
use daypass_vending::request::{Delivery, PassDuration, SessionRequest};
use daypass_vending::settings::Project;
use daypass_vending::tier::Tiers;
use jiff::{SignedDuration, Timestamp};

use crate::rules;

const ROUNDS: usize = 5_000;

/// Fewer, because explaining asks again and again.
const EXPLAINED: usize = 500;

/// Print the table, and say the worst p99 of a decision by the index with 1,000 rules, in microseconds.
pub(crate) fn measure() -> Result<f64, Box<dyn Error>> {
    println!(
        "{:<6} {:<34} {:>9} {:>9} {:>12} {:>12} {:>7}",
        "RULES", "QUESTION", "p50", "p99", "p50 all", "p99 all", "RATIO"
    );
    let mut worst: f64 = 0.0;
    for count in [0, 100, 1_000] {
        let text = rules::with(count);
        let (indexed, all) = (CedarAuthorizer::new(&text)?, CedarAuthorizer::new(&text)?.asking_all());
        let reached = table(&indexed, &all)?;
        worst = if count == 1_000 { reached } else { worst };
    }
    Ok(worst)
}

fn table(indexed: &CedarAuthorizer, all: &CedarAuthorizer) -> Result<f64, Box<dyn Error>> {
    let tiers = Tiers::shipped()?;
    let limits = &tiers.get(&"developer".parse()?).ok_or("no such tier")?.limits;
    let project = Project {
        id: "project-77".parse()?,
        accounts: BTreeSet::from(["111122223333".parse()?]),
        group: "project-77-team".parse()?,
        departments: BTreeSet::new(),
    };
    let request = SessionRequest {
        project: project.id.clone(),
        account: "111122223333".parse()?,
        tier: "developer".parse()?,
        duration: PassDuration::from_hours(4)?,
        reason: "measure what it costs".parse()?,
        incident: None,
        delivery: Delivery::Brokered,
    };
    let at: Timestamp = "2026-03-02T09:30:00Z".parse()?;
    let member = person(at, &["project-77-team", "team-77", "team-500", "staff", "berlin", "engineering"])?;
    let subject = Subject::RequestSession { request: &request, project: &project, limits, open_reviews: 0 };
    let stale = Identity { mfa_at: None, ..member.clone() };
    let outsider = person(at, &["staff"])?;
    let mut worst: f64 = 0.0;
    for (what, who, subject) in [
        ("a request, allowed", &member, subject),
        ("a request without a second factor", &stale, subject),
        ("a request of an outsider", &outsider, subject),
        ("reading the trail, refused", &member, Subject::ReadAudit),
    ] {
        let question = Question { who, subject, at };
        let decided = |rules: &CedarAuthorizer| times(ROUNDS, || rules.decide(black_box(&question)).allowed);
        worst = worst.max(row(indexed.count(), what, &decided(indexed), &decided(all)));
    }
    for (what, who) in [("explained: no second factor", &stale), ("explained: outsider", &outsider)] {
        let question = Question { who, subject, at };
        let explained = |rules: &CedarAuthorizer| times(EXPLAINED, || rules.lacking(black_box(&question)).len());
        row(indexed.count(), what, &explained(indexed), &explained(all));
    }
    Ok(worst)
}

/// Print a row, and say the p99 by the index, in microseconds.
fn row(count: usize, what: &str, indexed: &[Duration], all: &[Duration]) -> f64 {
    let [median, tail] = [50, 99].map(|share| quantile(indexed, share));
    let [median_all, tail_all] = [50, 99].map(|share| quantile(all, share));
    let ratio = median_all / median;
    println!("{count:<6} {what:<34} {median:>9.1} {tail:>9.1} {median_all:>12.1} {tail_all:>12.1} {ratio:>7.1}");
    tail
}

/// How long each of so many calls took, shortest first.
fn times<T>(rounds: usize, call: impl Fn() -> T) -> Vec<Duration> {
    let one = || {
        let start = Instant::now();
        black_box(call());
        start.elapsed()
    };
    let mut times: Vec<Duration> = (0..rounds).map(|_| one()).collect();
    times.sort_unstable();
    times
}

/// A quantile in per cent, in microseconds.
fn quantile(times: &[Duration], share: usize) -> f64 {
    times.get(times.len() * share / 100).map_or(f64::NAN, |time| time.as_secs_f64() * 1e6)
}

fn person(at: Timestamp, groups: &[&str]) -> Result<Identity, Box<dyn Error>> {
    Ok(Identity {
        groups: groups.iter().map(|group| group.parse()).collect::<Result<_, _>>()?,
        mfa_at: Some(at - SignedDuration::from_mins(5)),
        ..Identity::bare(
            "member".parse()?,
            "https://login.example".to_owned(),
            "192.0.2.7".parse()?,
            at,
            at + SignedDuration::from_hours(1),
        )
    })
}
