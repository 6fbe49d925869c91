//! What a decision costs: `cargo run --release -p daypass-entitlements --example decide`.

#![expect(clippy::print_stdout, reason = "its output is what this program is for")]

use std::collections::BTreeSet;
use std::error::Error;
use std::time::{Duration, Instant};

use daypass_entitlements::CedarAuthorizer;
use daypass_vending::identity::Identity;
use daypass_vending::ports::{Authorizer, Question, Subject};
use daypass_vending::request::{PassDuration, SessionRequest};
use daypass_vending::settings::Project;
use daypass_vending::tier::Tiers;
use jiff::{SignedDuration, Timestamp};

const DEFAULT_POLICIES: &str = include_str!("../policies/default.cedar");
const ROUNDS: usize = 2_000;

fn main() -> Result<(), Box<dyn Error>> {
    let policies = with_policies(1_000);
    for (title, policies) in [("the shipped rules", DEFAULT_POLICIES), ("and 1,000 more, one per project", &policies)] {
        let start = Instant::now();
        let rules = CedarAuthorizer::new(policies)?;
        println!("{title}: parsed and validated in {:.1?}", start.elapsed());
        measure(&rules)?;
    }
    Ok(())
}

/// The shipped rules and so many more, as an organisation would write them: one rule about each project.
fn with_policies(count: usize) -> String {
    let rule = |number: usize| {
        format!(
            "@id(\"project-{number}\")\npermit (principal in Group::\"team-{number}\", \
             action == Action::\"RequestSession\", resource == Project::\"project-{number}\")\n\
             when {{ context.tier == Tier::\"developer\" && context.address.isInRange(ip(\"192.0.2.0/24\")) }};\n"
        )
    };
    (0..count).fold(DEFAULT_POLICIES.to_owned(), |text, number| text + &rule(number))
}

fn measure(rules: &CedarAuthorizer) -> Result<(), Box<dyn Error>> {
    let tiers = Tiers::shipped()?;
    let limits = &tiers.get(&"developer".parse()?).ok_or("no such tier")?.limits;
    let project = Project {
        id: "acme-web".parse()?,
        accounts: BTreeSet::from(["111122223333".parse()?]),
        group: "acme-web-team".parse()?,
    };
    let request = SessionRequest {
        project: project.id.clone(),
        account: "111122223333".parse()?,
        tier: "developer".parse()?,
        duration: PassDuration::from_hours(4)?,
        reason: "measure what it costs".parse()?,
        incident: None,
    };
    let at: Timestamp = "2026-03-02T09:30:00Z".parse()?;
    let member = person(at, &["acme-web-team", "staff", "berlin", "engineering"])?;
    let subject = Subject::RequestSession { request: &request, project: &project, limits, open_reviews: 0 };
    let stale = Identity { mfa_at: None, ..member.clone() };
    let outsider = person(at, &["staff"])?;
    for (what, who, subject) in [
        ("a request that is allowed", &member, subject),
        ("a request without a second factor", &stale, subject),
        ("a request of an outsider", &outsider, subject),
        ("reading the trail, refused", &member, Subject::ReadAudit),
    ] {
        let question = Question { who, subject, at };
        let mut times: Vec<Duration> = (0..ROUNDS).map(|_| time(rules, &question)).collect();
        times.sort_unstable();
        let quantile = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
        println!("  {what:<34} p50 {:>9.1?}  p99 {:>9.1?}", quantile(50), quantile(99));
    }
    Ok(())
}

fn time(rules: &CedarAuthorizer, question: &Question<'_>) -> Duration {
    let start = Instant::now();
    std::hint::black_box(rules.decide(std::hint::black_box(question)));
    start.elapsed()
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
