//! Plans and outcomes, for people and for programs.

use daypass_aws::deployment::{Action, Resource, What};
use serde::Serialize;

use crate::plan::{Found, Plan, Sessions, Step};
use crate::print::{BAD, BOLD, DIM, GOOD, escape};
use crate::run::Outcome;

/// Where a deployment is looked for.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Place {
    pub(crate) deployment: String,
    pub(crate) account: String,
    pub(crate) region: String,
}

/// The one document that `--output json` prints.
#[derive(Debug, Serialize)]
pub(crate) struct Document<'a> {
    #[serde(flatten)]
    place: &'a Place,
    dry_run: bool,
    sessions: &'a Sessions,
    steps: Vec<StepDocument<'a>>,
    kept: Vec<ThingDocument<'a>>,
    /// What came of it; absent when nothing was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<OutcomeDocument<'a>>,
}

#[derive(Debug, Serialize)]
struct StepDocument<'a> {
    #[serde(rename = "do")]
    verb: &'static str,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    thing: Option<ThingDocument<'a>>,
}

#[derive(Debug, Serialize)]
struct ThingDocument<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arn: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct OutcomeDocument<'a> {
    removed: Vec<ThingDocument<'a>>,
    stayed: Vec<ThingDocument<'a>>,
    not_ours: Vec<ThingDocument<'a>>,
    sessions: &'a Option<crate::estate::Ended>,
    interrupted: bool,
}

/// The document of a plan, and of what came of it.
pub(crate) fn document<'a>(
    place: &'a Place,
    found: &'a Found,
    plan: &'a Plan,
    dry_run: bool,
    outcome: Option<&'a Outcome>,
) -> Document<'a> {
    let step = |step: &'a Step| StepDocument {
        verb: verb(step),
        thing: match step {
            Step::Change(_, resource) => Some(thing(resource, by_name(resource))),
            Step::EndSessions | Step::LookAgain => None,
        },
    };
    Document {
        place,
        dry_run,
        sessions: &found.sessions,
        steps: plan.steps.iter().map(step).collect(),
        kept: plan.kept.iter().map(|kept| thing(&kept.resource, Some(kept.why))).collect(),
        outcome: outcome.map(|outcome| OutcomeDocument {
            removed: outcome.removed.iter().map(|resource| thing(resource, None)).collect(),
            stayed: outcome
                .stayed
                .iter()
                .map(|stayed| match &stayed.resource {
                    Some(resource) => thing(resource, Some(&stayed.why)),
                    None => ThingDocument { kind: Some("sessions"), arn: None, why: Some(&stayed.why) },
                })
                .collect(),
            not_ours: outcome.not_ours.iter().map(|resource| thing(resource, None)).collect(),
            sessions: &outcome.sessions,
            interrupted: outcome.interrupted,
        }),
    }
}

fn thing<'a>(resource: &'a Resource, why: Option<&'a str>) -> ThingDocument<'a> {
    ThingDocument { kind: Some(resource.what.word()), arn: Some(&resource.arn), why }
}

fn by_name(resource: &Resource) -> Option<&'static str> {
    (resource.what == What::Dashboard { tagged: false }).then_some("has no tag, and is found by its exact name")
}

fn verb(step: &Step) -> &'static str {
    match step {
        Step::Change(Action::Stop, _) => "stop",
        Step::Change(Action::Clear, resource) => match resource.what {
            What::Bucket => "empty",
            What::Rule => "take the targets off",
            What::Table { .. } => "take the deletion protection off",
            What::Role | What::Policy | What::Key { .. } => "strip",
            _ => "clear",
        },
        Step::Change(Action::Delete, resource) if matches!(resource.what, What::Key { .. }) => {
            "schedule the deletion of"
        }
        Step::Change(Action::Delete, _) => "delete",
        Step::EndSessions => "end all sessions",
        Step::LookAgain => "look again for roles of sessions",
    }
}

/// One step in words.
pub(crate) fn step_line(step: &Step) -> String {
    match step {
        Step::Change(_, resource) => {
            let aliases = match &resource.what {
                What::Key { aliases, .. } if !aliases.is_empty() => format!(" ({})", aliases.join(", ")),
                _ => String::new(),
            };
            let remark = by_name(resource).map(|why| format!(" — {why}")).unwrap_or_default();
            escape(&format!("{} {resource}{aliases}{remark}", verb(step)))
        }
        Step::EndSessions | Step::LookAgain => verb(step).to_owned(),
    }
}

/// The plan for people.
pub(crate) fn plan_text(place: &Place, found: &Found, plan: &Plan) -> String {
    let Place { deployment, account, region } = place;
    let mut text = format!("{BOLD}Deployment {deployment} in account {account}, {region}{BOLD:#}\n");
    let mut heading = "";
    for step in &plan.steps {
        let next = group(step);
        if next != heading {
            text.push_str(&format!("\n{BOLD}{next}{BOLD:#}\n"));
            heading = next;
        }
        text.push_str(&format!("  {}\n", step_line(step)));
        if *step == Step::EndSessions {
            text.push_str(&sessions_text(&found.sessions));
        }
    }
    if !plan.kept.is_empty() {
        text.push_str(&format!("\n{BOLD}Stays{BOLD:#}\n"));
        for kept in &plan.kept {
            text.push_str(&format!("  {} {DIM}{}{DIM:#}\n", escape(&kept.resource.to_string()), kept.why));
        }
    }
    for unknown in &plan.unknown {
        let arn = escape(&unknown.arn);
        text.push_str(&format!("\n{BAD}not known how to remove:{BAD:#} {arn}\n"));
    }
    text
}

fn group(step: &Step) -> &'static str {
    match step {
        Step::Change(Action::Stop, _) => "First, nothing new begins",
        Step::EndSessions => "Then sessions end",
        Step::LookAgain => "Sessions once more",
        Step::Change(_, resource) => match resource.what {
            What::Function
            | What::Domain
            | What::Api
            | What::Alarm
            | What::Dashboard { .. }
            | What::Rule
            | What::Bus
            | What::Topic => "Then programs, and what watches and calls them",
            What::LogGroup | What::Bucket | What::Table { .. } => "Then what they kept",
            What::Role | What::Policy | What::Key { .. } | What::Unknown => "Last, roles and keys",
        },
    }
}

fn sessions_text(sessions: &Sessions) -> String {
    let mut text = match sessions.on_record {
        Some(count) => format!("    {count} on record that may have a role\n"),
        None => "    no records: they are found by their roles alone\n".to_owned(),
    };
    for account in &sessions.accounts {
        match (&account.roles, &account.trouble) {
            (Some(roles), _) => text.push_str(&format!("    account {}: {roles} roles of sessions\n", account.id)),
            (None, None) => {
                let later = "looked into when its entrance is open, right before sessions end";
                text.push_str(&format!("    account {}: {later}\n", account.id));
            }
            (None, Some(trouble)) => {
                let why = escape(trouble);
                text.push_str(&format!("    {BAD}account {} cannot be entered:{BAD:#} {why}\n", account.id));
            }
        }
    }
    text
}

/// What came of it, for people.
pub(crate) fn outcome_text(outcome: &Outcome) -> String {
    let mut text = String::new();
    if let Some(ended) = &outcome.sessions {
        let (sessions, roles) = (ended.sessions, ended.roles);
        text.push_str(&format!("{sessions} sessions ended on record, {roles} further roles of sessions removed\n"));
        for remark in &ended.remarks {
            text.push_str(&format!("  {DIM}{}{DIM:#}\n", escape(remark)));
        }
    }
    text.push_str(&format!("{} resources removed\n", outcome.removed.len()));
    for resource in &outcome.not_ours {
        text.push_str(&format!(
            "{} does not carry the tag any more, and was left alone\n",
            escape(&resource.to_string())
        ));
    }
    if outcome.stayed.is_empty() {
        text.push_str(&format!("{GOOD}nothing else is left{GOOD:#}\n"));
    } else {
        text.push_str(&format!("{BAD}stayed:{BAD:#}\n"));
        for stayed in &outcome.stayed {
            let what = stayed.resource.as_ref().map_or_else(|| "sessions".to_owned(), ToString::to_string);
            text.push_str(&format!("  {}: {}\n", escape(&what), escape(&stayed.why)));
        }
        text.push_str("run the same command again: it goes on where this ended\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Account, Audit, plan};
    use crate::samples::deployment;

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    fn found() -> Found {
        let account = |id: &str, roles, trouble: Option<&str>| Account {
            id: id.to_owned(),
            roles,
            trouble: trouble.map(str::to_owned),
        };
        let accounts =
            vec![account("111122223333", Some(2), None), account("444455556666", None, Some("AccessDenied: \u{1b}no"))];
        Found { resources: deployment(), sessions: Sessions { on_record: Some(3), accounts } }
    }

    fn place() -> Place {
        let text = |text: &str| text.to_owned();
        Place { deployment: text("x"), account: text("111122223333"), region: text("eu-central-1") }
    }

    #[test]
    fn the_plan_says_what_goes_in_which_order_what_stays_and_why_and_who_cannot_be_entered() {
        let found = found();
        let text = plain(&plan_text(&place(), &found, &plan(&found, Audit::Keep)));
        let at = |needle: &str| text.find(needle).unwrap_or_else(|| panic!("no `{needle}` in {text}"));
        assert!(at("stop rule daypass-x-cleanup") < at("end all sessions"));
        assert!(at("end all sessions") < at("delete function daypass-x-api"));
        assert!(at("empty bucket") < at("look again"));
        assert!(at("Stays") < at("table daypass-x-audit is the trail"));
        assert!(text.contains("account 444455556666 cannot be entered: AccessDenied: \\u{1b}no"), "{text}");
        assert!(text.contains("3 on record"), "{text}");
    }

    #[test]
    fn the_document_names_every_step_with_kind_and_arn() {
        let found = found();
        let plan = plan(&found, Audit::Delete);
        let (place, outcome) = (place(), Outcome::default());
        let json = serde_json::to_value(document(&place, &found, &plan, false, Some(&outcome))).unwrap();
        assert_eq!(json["deployment"], "x");
        assert_eq!(json["steps"].as_array().unwrap().len(), plan.steps.len());
        assert_eq!(json["steps"][0]["do"], "stop");
        assert_eq!(json["steps"][0]["kind"], "function");
        assert_eq!(json["outcome"]["stayed"], serde_json::json!([]));
        let dry = serde_json::to_value(document(&place, &found, &plan, true, None)).unwrap();
        assert_eq!((dry["dry_run"].as_bool(), dry.get("outcome")), (Some(true), None));
    }
}
