//! The shipped rules as one table to review: who × second factor × subject → answer and deciding policies.

use std::fmt::Write as _;

use daypass_vending::identity::Identity;
use daypass_vending::ports::{Ruling, Subject};
use daypass_vending::request::SessionRequest;

use super::people::{HOUR, MINUTE, SHIPPED, ask, ask_for, elsewhere, for_incident, person, request, session_of};

const PEOPLE: [(&str, &[&str]); 6] = [
    ("outsider", &["other-team"]),
    ("member", &["acme-web-team"]),
    ("platform", &["platform-engineers"]),
    ("on-call", &["on-call"]),
    ("auditor", &["auditors"]),
    ("admin", &["daypass-admins"]),
];

const SECOND_FACTORS: [(&str, Option<i64>); 4] =
    [("none", None), ("5 min", Some(5 * MINUTE)), ("5 h", Some(5 * HOUR)), ("13 h", Some(13 * HOUR))];

/// Each policy and the letter it has in the table: forbids in capitals.
const POLICIES: [(char, &str); 14] = [
    ('A', "account-of-project"),
    ('C', "second-factor-for-credentials"),
    ('E', "second-factor-for-extension"),
    ('F', "second-factor-fresh-for-tier"),
    ('H', "holder-only"),
    ('I', "incident-for-tier"),
    ('M', "tier-maximum"),
    ('S', "second-factor-required"),
    ('b', "on-call-breaks-glass"),
    ('h', "holders-manage-own"),
    ('m', "members-request-everyday-tiers"),
    ('o', "oversight-reads"),
    ('p', "platform-requests-admin"),
    ('r', "admins-revoke"),
];

#[test]
fn the_shipped_rules_say_this() {
    let mut table = String::from("+ allowed, - refused; then the policies that decided:\n");
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
    rows
}

fn requesting(title: &'static str, request: SessionRequest) -> (&'static str, Ask) {
    (title, Box::new(move |who| ask_for(who, &request)))
}

fn about(title: &'static str, ask: fn(&Identity) -> Ruling) -> (&'static str, Ask) {
    (title, Box::new(ask))
}

fn own(who: &Identity) -> daypass_vending::session::Facts {
    session_of(who.user.as_str())
}

fn others() -> daypass_vending::session::Facts {
    session_of("somebody-else")
}

fn section(title: &str, ask: Ask) -> String {
    let mut section = format!("\n{title}\n  second factor");
    for (name, _) in PEOPLE {
        write!(section, "  {name:<8}").unwrap();
    }
    for (name, age) in SECOND_FACTORS {
        write!(section, "\n  {name:<13}").unwrap();
        for (user, groups) in PEOPLE {
            write!(section, "  {:<8}", cell(&ask(&person(user, groups, age)))).unwrap();
        }
    }
    section.lines().fold(String::new(), |text, line| text + line.trim_end() + "\n")
}

fn cell(ruling: &Ruling) -> String {
    let letter = |policy: &String| POLICIES.iter().find(|(_, id)| id == policy).unwrap().0;
    let mut letters: Vec<char> = ruling.record.policies.iter().map(letter).collect();
    letters.sort_unstable();
    format!("{} {}", if ruling.allowed { '+' } else { '-' }, letters.into_iter().collect::<String>())
}
