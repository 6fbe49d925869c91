//! What AWS' documentation says about evaluation, page by page: one row for each statement that can be tested.
//!
//! A row quotes its page in few words of our own and says what follows for one request. Where a page has an example
//! policy or a table of results, the rows are that example. A failing row prints the page and what it says.

mod actions_and_resources;
mod boundaries;
mod condition_operators;
mod cross_account;
mod evaluation_logic;
mod keys_of_kms;
mod multiple_values;
mod not_principal;
mod organisation_examples;
mod principals;
mod resource_control;
mod service_control;
mod session_policies;
mod trust;
mod variables;
mod vpc_endpoints;

use daypass_policy::{
    Answer, Context, ContextValue, Decision, Layers, PolicyDocument, PreparedPolicy, Principal, Request,
};
use serde_json::{Value, json};

pub(crate) const ANA: &str = "arn:aws:iam::111122223333:user/ana";
pub(crate) const ROOT: &str = "arn:aws:iam::111122223333:root";
pub(crate) const ROLE: &str = "arn:aws:iam::111122223333:role/app";
pub(crate) const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/app/s1";
pub(crate) const FEDERATED: &str = "arn:aws:sts::111122223333:federated-user/ana";
pub(crate) const OTHER_ACCOUNT: &str = "444455556666";

pub(crate) const ALL: &str = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#;
/// Allows something that nobody asks for.
pub(crate) const NOTHING: &str = r#"{"Effect": "Allow", "Action": "none:Nothing", "Resource": "*"}"#;
pub(crate) const DENY: &str = r#"{"Effect": "Deny", "Action": "*", "Resource": "*"}"#;
pub(crate) const DENY_ALL: &str = r#"{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}"#;

/// A statement of a page, and a request that shows it. Policies are documents, or statements of one.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    /// Of the section; the page itself without.
    pub(crate) anchor: &'static str,
    pub(crate) says: &'static str,
    pub(crate) caller: &'static str,
    pub(crate) action: &'static str,
    pub(crate) resource: &'static str,
    /// The account of the resource.
    pub(crate) account: &'static str,
    /// A JSON object.
    pub(crate) context: &'static str,
    pub(crate) identity: &'static [&'static str],
    /// The policy of the resource.
    pub(crate) attached: &'static str,
    pub(crate) boundary: &'static str,
    pub(crate) session: &'static [&'static str],
    pub(crate) scps: &'static [&'static [&'static str]],
    pub(crate) rcps: &'static [&'static [&'static str]],
    pub(crate) endpoint: &'static [&'static str],
    /// `allowed`, `denied by` a layer, or `lacks` an Allow in a layer.
    pub(crate) expected: &'static str,
}

/// An IAM user without policies reads an object of a bucket in the same account.
pub(crate) const ROW: Row = Row {
    anchor: "",
    says: "",
    caller: ANA,
    action: "s3:GetObject",
    resource: "arn:aws:s3:::alpha/report.csv",
    account: "111122223333",
    context: "{}",
    identity: &[],
    attached: "",
    boundary: "",
    session: &[],
    scps: &[],
    rcps: &[],
    endpoint: &[],
    expected: "allowed",
};

/// A condition, what the request's context is, and whether the condition holds.
pub(crate) type Condition = (&'static str, &'static str, &'static str, &'static str, bool);

/// Every row of a page.
pub(crate) fn check(page: &str, rows: &[Row]) {
    let failures: Vec<String> = rows
        .iter()
        .filter_map(|row| {
            let found = outcome(&row.decide());
            (!found.starts_with(row.expected))
                .then(|| format!("{page}{}: {}: expected {}, found {found}", row.anchor, row.says, row.expected))
        })
        .collect();
    assert!(failures.is_empty(), "{} of {} rows:\n{}", failures.len(), rows.len(), failures.join("\n"));
}

/// Every condition of a page: with Allow it grants, and with Deny it denies, exactly when it holds.
pub(crate) fn check_conditions(page: &str, rows: &[Condition]) {
    let mut failures = Vec::new();
    for (anchor, says, condition, context, expected) in rows {
        let condition: Value = serde_json::from_str(condition).unwrap();
        let with =
            |effect| json!({"Effect": effect, "Action": "*", "Resource": "*", "Condition": condition}).to_string();
        let decide = |policies: &[String]| {
            let identity: Vec<_> = policies.iter().map(|text| prepared(text)).collect();
            daypass_policy::decide(&Row { context, ..ROW }.request(), &Layers::new(&identity))
        };
        let allows = decide(&[with("Allow")]) == Decision::Allowed;
        let denies = decide(&[ALL.to_owned(), with("Deny")]) == Decision::ExplicitlyDenied;
        if (allows, denies) != (*expected, *expected) {
            failures
                .push(format!("{page}{anchor}: {says}: {condition} on {context}: allows {allows}, denies {denies}"));
        }
    }
    assert!(failures.is_empty(), "{} of {} rows:\n{}", failures.len(), rows.len(), failures.join("\n"));
}

impl Row {
    fn request(&self) -> Request {
        let mut context = Context::new();
        for (key, value) in serde_json::from_str::<Value>(self.context).unwrap().as_object().unwrap() {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            context.insert(
                key,
                match value {
                    Value::Array(values) => ContextValue::List(values.iter().map(text).collect()),
                    single => ContextValue::Single(text(single)),
                },
            );
        }
        let caller = Principal::parse_in(self.caller, &context).unwrap();
        let mut request = Request::new(caller, self.action.parse().unwrap(), self.resource);
        request.resource_account = Some(self.account.to_owned());
        request.context = context;
        request
    }

    fn decide(&self) -> Answer {
        let all = |texts: &[&str]| texts.iter().map(|text| prepared(text)).collect::<Vec<_>>();
        let one = |text: &str| (!text.is_empty()).then(|| prepared(text));
        let levels = |levels: &[&[&str]]| levels.iter().map(|level| all(level)).collect::<Vec<_>>();
        let (identity, session, endpoint) = (all(self.identity), all(self.session), all(self.endpoint));
        let (attached, boundary) = (one(self.attached), one(self.boundary));
        let (scps, rcps) = (levels(self.scps), levels(self.rcps));
        let layers = Layers {
            identity: &identity,
            resource: attached.as_ref(),
            resource_kind: None,
            boundary: boundary.as_ref(),
            session: &session,
            scps: &scps,
            rcps: &rcps,
            endpoint: &endpoint,
        };
        daypass_policy::evaluate(&self.request(), &layers)
    }
}

fn prepared(text: &str) -> PreparedPolicy {
    let text = match text.contains("\"Statement\"") {
        true => text.to_owned(),
        false => format!(r#"{{"Version": "2012-10-17", "Statement": {text}}}"#),
    };
    PreparedPolicy::new(&PolicyDocument::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}")))
}

fn outcome(answer: &Answer) -> String {
    let layer = |layer: daypass_policy::Layer| format!("{layer:?}").to_lowercase();
    match (answer.decision, answer.stopped_by, answer.deciding.first()) {
        (Decision::Allowed, ..) => "allowed".to_owned(),
        (Decision::ExplicitlyDenied, _, Some(statement)) => format!("denied by {}", layer(statement.layer)),
        (Decision::ImplicitlyDenied, Some(stopped), _) => format!("lacks {}", layer(stopped)),
        _ => format!("{answer:?}"),
    }
}
