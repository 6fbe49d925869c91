//! The shipped rules as one table to review: who × second factor × subject → answer and deciding policies.

use std::fmt::Write as _;

use daypass_vending::identity::Identity;
use daypass_vending::ports::{Ruling, Subject};
use daypass_vending::request::SessionRequest;
use daypass_vending::session::{Facts, Obligations};

use super::people::{
    HOUR, MINUTE, SHIPPED, ask, ask_for, by_emergency_key, elsewhere, for_incident, limits, person, project, request,
    session_of, workload,
};

const PEOPLE: [(&str, &[&str]); 8] = [
    ("outsider", &["other-team"]),
    ("member", &["acme-web-team"]),
    ("platform", &["platform-engineers"]),
    ("on-call", &["on-call"]),
    ("lead", &["platform-leads"]),
    ("reviewer", &["break-glass-reviewers"]),
    ("auditor", &["auditors"]),
    ("admin", &["daypass-admins"]),
];

/// How they prove who they are: with a second factor of this age, or otherwise.
const PROOFS: [(&str, Proof); 6] = [
    ("none", Proof::SecondFactor(None)),
    ("5 min", Proof::SecondFactor(Some(5 * MINUTE))),
    ("5 h", Proof::SecondFactor(Some(5 * HOUR))),
    ("13 h", Proof::SecondFactor(Some(13 * HOUR))),
    ("emergency key", Proof::EmergencyKey),
    ("workload", Proof::Workload),
];

#[derive(Clone, Copy)]
enum Proof {
    SecondFactor(Option<i64>),
    EmergencyKey,
    Workload,
}

/// Each policy and the letter it has in the table: forbids in capitals.
const POLICIES: [(char, &str); 23] = [
    ('A', "account-of-project"),
    ('C', "second-factor-for-credentials"),
    ('E', "second-factor-for-extension"),
    ('F', "second-factor-fresh-for-tier"),
    ('G', "emergency-key-breaks-glass-only"),
    ('H', "holder-only"),
    ('I', "incident-for-tier"),
    ('K', "emergency-key-for-nothing-else"),
    ('M', "tier-maximum"),
    ('N', "nobody-approves-their-own"),
    ('O', "emergency-key-for-ones-own-only"),
    ('R', "nobody-reviews-their-own"),
    ('S', "second-factor-required"),
    ('V', "review-before-next-emergency"),
    ('Y', "second-factor-for-approval"),
    ('a', "approvers-decide"),
    ('b', "on-call-breaks-glass"),
    ('h', "holders-manage-own"),
    ('m', "members-request-everyday-tiers"),
    ('o', "oversight-reads"),
    ('p', "platform-requests-admin"),
    ('r', "admins-revoke"),
    ('v', "reviewers-close-emergencies"),
];

#[test]
fn the_shipped_rules_say_this() {
    let mut table =
        String::from("+ allowed, - refused; then the policies that decided, and how many have to approve:\n");
    for (letter, policy) in POLICIES {
        writeln!(table, "  {letter} {policy}").unwrap();
    }
    for (title, ask) in rows() {
        table.push_str(&section(title, ask));
    }
    insta::assert_snapshot!(table);
}

/// How to ask about one row of the table, as a given person.
type Ask = Box<dyn Fn(&Identity) -> Ruling>;

fn rows() -> Vec<(&'static str, Ask)> {
    let mut rows = vec![
        requesting("request read-only, 36 h", request("read-only", 36)),
        requesting("request developer, 4 h", request("developer", 4)),
        requesting("request developer, 9 h, over the tier's maximum", request("developer", 9)),
        requesting("request developer in an account of another project", elsewhere(request("developer", 4))),
        requesting("request admin, 1 h", request("admin", 1)),
        requesting("request break-glass, 1 h, no incident", request("break-glass", 1)),
        requesting("request break-glass, 1 h, with incident", for_incident(request("break-glass", 1))),
        about("the same with an unreviewed emergency", with_an_open_review),
    ];
    rows.push(about("list everybody's sessions", |who| ask(&SHIPPED, who, Subject::ListAllSessions)));
    rows.push(about("revoke many", |who| ask(&SHIPPED, who, Subject::RevokeMany)));
    rows.push(about("read the trail", |who| ask(&SHIPPED, who, Subject::ReadAudit)));
    rows.push(about("see how full the accounts are", |who| ask(&SHIPPED, who, Subject::ReadCapacity)));
    rows.push(about("read one's own session", |who| ask(&SHIPPED, who, Subject::ReadSession(&own(who)))));
    rows.push(about("read another's session", |who| ask(&SHIPPED, who, Subject::ReadSession(&others()))));
    rows.push(about("credentials of one's own", |who| ask(&SHIPPED, who, Subject::IssueCredentials(&own(who)))));
    rows.push(about("credentials of another's", |who| ask(&SHIPPED, who, Subject::IssueCredentials(&others()))));
    rows.push(about("extend one's own", |who| ask(&SHIPPED, who, Subject::ExtendSession(&own(who)))));
    rows.push(about("extend another's", |who| ask(&SHIPPED, who, Subject::ExtendSession(&others()))));
    rows.push(about("release one's own", |who| ask(&SHIPPED, who, Subject::ReleaseSession(&own(who)))));
    rows.push(about("release another's", |who| ask(&SHIPPED, who, Subject::ReleaseSession(&others()))));
    rows.push(about("revoke one's own", |who| ask(&SHIPPED, who, Subject::RevokeSession(&own(who)))));
    rows.push(about("revoke another's", |who| ask(&SHIPPED, who, Subject::RevokeSession(&others()))));
    rows.push(about("read a request that waits for leads", |who| {
        ask(&SHIPPED, who, Subject::ReadSession(&waiting("else")))
    }));
    rows.push(about("approve one's own", |who| {
        ask(&SHIPPED, who, Subject::ApproveSession(&waiting(who.user.as_str())))
    }));
    rows.push(about("approve another's", |who| ask(&SHIPPED, who, Subject::ApproveSession(&waiting("else")))));
    rows.push(about("approve what waits for nobody", |who| ask(&SHIPPED, who, Subject::ApproveSession(&others()))));
    rows.push(about("deny another's", |who| ask(&SHIPPED, who, Subject::DenySession(&waiting("else")))));
    rows.push(about("read another's emergency", |who| ask(&SHIPPED, who, Subject::ReadSession(&emergency("else")))));
    rows.push(about("credentials of one's own emergency", |who| {
        ask(&SHIPPED, who, Subject::IssueCredentials(&emergency(who.user.as_str())))
    }));
    rows.push(about("review one's own emergency", |who| {
        ask(&SHIPPED, who, Subject::ReviewSession(&emergency(who.user.as_str())))
    }));
    rows.push(about("review another's emergency", |who| {
        ask(&SHIPPED, who, Subject::ReviewSession(&emergency("else")))
    }));
    rows.push(about("review what was no emergency", |who| ask(&SHIPPED, who, Subject::ReviewSession(&others()))));
    rows
}

fn requesting(title: &'static str, request: SessionRequest) -> (&'static str, Ask) {
    (title, Box::new(move |who| ask_for(who, &request)))
}

fn about(title: &'static str, ask: fn(&Identity) -> Ruling) -> (&'static str, Ask) {
    (title, Box::new(ask))
}

fn with_an_open_review(who: &Identity) -> Ruling {
    let request = for_incident(request("break-glass", 1));
    let subject =
        Subject::RequestSession { request: &request, project: &project(), limits: limits(&request), open_reviews: 1 };
    ask(&SHIPPED, who, subject)
}

fn own(who: &Identity) -> Facts {
    session_of(who.user.as_str())
}

fn others() -> Facts {
    session_of("somebody-else")
}

/// A request for administration that platform leads have to approve.
fn waiting(user: &str) -> Facts {
    let obligations = Obligations { approvals: 1, approvers: Some("platform-leads".parse().unwrap()) };
    Facts { obligations, request: request("admin", 1), ..session_of(user) }
}

fn emergency(user: &str) -> Facts {
    Facts { request: for_incident(request("break-glass", 1)), ..session_of(user) }
}

fn section(title: &str, ask: Ask) -> String {
    let mut section = format!("\n{title}\n  second factor");
    for (name, _) in PEOPLE {
        write!(section, "  {name:<8}").unwrap();
    }
    for (name, proof) in PROOFS {
        write!(section, "\n  {name:<13}").unwrap();
        for (user, groups) in PEOPLE {
            write!(section, "  {:<8}", cell(&ask(&proved(user, groups, proof)))).unwrap();
        }
    }
    section.lines().fold(String::new(), |text, line| text + line.trim_end() + "\n")
}

fn proved(user: &str, groups: &[&str], proof: Proof) -> Identity {
    match proof {
        Proof::SecondFactor(age) => person(user, groups, age),
        Proof::EmergencyKey => by_emergency_key(user, groups),
        Proof::Workload => Identity { nature: workload("refs/heads/main", None).nature, ..person(user, groups, None) },
    }
}

fn cell(ruling: &Ruling) -> String {
    let letter = |policy: &String| POLICIES.iter().find(|(_, id)| id == policy).unwrap().0;
    let mut letters: Vec<char> = ruling.record.policies.iter().map(letter).collect();
    letters.sort_unstable();
    let approvals = ruling.obligations.approvals;
    let approvals = if approvals > 0 { approvals.to_string() } else { String::new() };
    format!("{} {}{approvals}", if ruling.allowed { '+' } else { '-' }, letters.into_iter().collect::<String>())
}
