//! Random policies, requests and layers over a small world, so that patterns meet what they match often enough.

use daypass_policy::{Comparison, Context, ContextValue, PolicyDocument, PreparedPolicy, Principal, Request};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

/// Everything that has a say in one request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Case {
    pub(crate) identity: Vec<PolicyDocument>,
    pub(crate) resource: Option<PolicyDocument>,
    pub(crate) boundary: Option<PolicyDocument>,
    pub(crate) session: Vec<PolicyDocument>,
    pub(crate) scps: Vec<Vec<PolicyDocument>>,
    pub(crate) rcps: Vec<Vec<PolicyDocument>>,
    pub(crate) endpoint: Vec<PolicyDocument>,
}

/// [`Case`], compiled.
pub(crate) struct PreparedCase {
    identity: Vec<PreparedPolicy>,
    resource: Option<PreparedPolicy>,
    boundary: Option<PreparedPolicy>,
    session: Vec<PreparedPolicy>,
    scps: Vec<Vec<PreparedPolicy>>,
    rcps: Vec<Vec<PreparedPolicy>>,
    endpoint: Vec<PreparedPolicy>,
}

impl Case {
    pub(crate) fn prepare(&self) -> PreparedCase {
        let all = |documents: &[PolicyDocument]| documents.iter().map(PreparedPolicy::new).collect();
        let levels = |levels: &[Vec<PolicyDocument>]| levels.iter().map(|level| all(level)).collect();
        PreparedCase {
            identity: all(&self.identity),
            resource: self.resource.as_ref().map(PreparedPolicy::new),
            boundary: self.boundary.as_ref().map(PreparedPolicy::new),
            session: all(&self.session),
            scps: levels(&self.scps),
            rcps: levels(&self.rcps),
            endpoint: all(&self.endpoint),
        }
    }

    /// Change every document.
    pub(crate) fn map(&self, change: impl Fn(&PolicyDocument) -> PolicyDocument) -> Case {
        let all = |documents: &[PolicyDocument]| documents.iter().map(&change).collect();
        let levels = |levels: &[Vec<PolicyDocument>]| levels.iter().map(|level| all(level)).collect();
        Case {
            identity: all(&self.identity),
            resource: self.resource.as_ref().map(&change),
            boundary: self.boundary.as_ref().map(&change),
            session: all(&self.session),
            scps: levels(&self.scps),
            rcps: levels(&self.rcps),
            endpoint: all(&self.endpoint),
        }
    }
}

impl PreparedCase {
    pub(crate) fn layers(&self) -> daypass_policy::Layers<'_> {
        daypass_policy::Layers {
            identity: &self.identity,
            resource: self.resource.as_ref(),
            resource_kind: None,
            boundary: self.boundary.as_ref(),
            session: &self.session,
            scps: &self.scps,
            rcps: &self.rcps,
            endpoint: &self.endpoint,
        }
    }
}

const ACTIONS: [&str; 7] = [
    "s3:GetObject",
    "S3:PUTOBJECT",
    "s3:ListAllMyBuckets",
    "sqs:SendMessage",
    "kms:Decrypt",
    "sts:AssumeRole",
    // A service that RCPs do not reach.
    "ssm:GetParameter",
];
const ACTION_PATTERNS: [&str; 10] = [
    "*",
    "s3:*",
    "s3:Get*",
    "S3:getobject",
    "s3:?etObject",
    "s3:*Object",
    "sqs:Send*",
    "*:*",
    "kms:*",
    "sts:AssumeRole",
];
const RESOURCES: [&str; 8] = [
    "*",
    "arn:aws:s3:::alpha",
    "arn:aws:s3:::alpha/x:y",
    "arn:aws:s3:::bob/x",
    "arn:aws:sqs:eu-west-1:444455556666:q1",
    "arn:aws:kms:eu-west-1:111122223333:key/k",
    "arn:aws:iam::111122223333:role/r",
    "arn:aws:logs:eu-west-1:111122223333:log-group:g:log-stream:s",
];
const RESOURCE_PATTERNS: [&str; 20] = [
    "${aws:username}",
    "arn:aws:iam::${aws:PrincipalTag/team, 'bob'}*",
    "*",
    "**",
    "arn:aws:s3:::alpha*",
    "arn:aws:s3:::*/x",
    "arn:aws:s3:::${aws:username}/x",
    "arn:aws:s3:::${aws:PrincipalTag/team, 'bob'}/*",
    "arn:aws:s3:::a?pha/x${:y",
    "arn:aws:*:*1:*",
    "arn:aws:s3:*:y",
    "arn:*",
    "arn:aws:s3",
    "a*:kms:*:key/k",
    "arn:aws:sqs:*-west-?:444455556666:q1",
    "arn:aws:kms:*:111122223333:key/*",
    "arn:aws:iam::*:role/r",
    "arn:aws:logs:*:log-stream:s",
    "arn:aws:logs:*:s",
    "arn:aws:l*s:eu*:g:*",
];
const CALLERS: [&str; 9] = [
    "arn:aws:iam::111122223333:user/bob",
    "arn:aws:iam::111122223333:root",
    "arn:aws:iam::444455556666:user/team/eve",
    "arn:aws:sts::111122223333:assumed-role/alpha/s1",
    "arn:aws:sts::111122223333:assumed-role/linked/s1",
    "arn:aws:sts::111122223333:federated-user/bob",
    "lambda.amazonaws.com",
    "arn:aws:iam::111122223333:saml-provider/corp",
    "anonymous",
];
const NAMES: [(&str, &str); 12] = [
    ("AWS", "*"),
    ("AWS", "111122223333"),
    ("AWS", "arn:aws:iam::444455556666:root"),
    ("AWS", "arn:aws:iam::111122223333:user/bob"),
    ("AWS", "arn:aws:iam::111122223333:role/path/alpha"),
    ("AWS", "arn:aws:iam::111122223333:role/alpha"),
    ("AWS", "arn:aws:sts::111122223333:assumed-role/alpha/s1"),
    ("AWS", "arn:aws:sts::111122223333:federated-user/bob"),
    ("AWS", "AIDAEXAMPLE"),
    ("Service", "lambda.amazonaws.com"),
    ("Federated", "arn:aws:iam::111122223333:saml-provider/corp"),
    ("CanonicalUser", "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"),
];
const KEYS: [&str; 6] =
    ["aws:username", "AWS:UserName", "aws:PrincipalTag/team", "aws:SourceIp", "aws:CurrentTime", "aws:TagKeys"];
const VALUES: [&str; 24] = [
    "bob",
    "BOB",
    "b*",
    "*",
    "",
    "alpha",
    "true",
    "FALSE",
    "1",
    "1.0",
    "-2",
    "10",
    "10.1.2.3",
    "10.0.0.0/8",
    "2001:db8::1",
    "2001:db8::/32",
    "2030-01-01T00:00:00Z",
    "2030-01-01T01:00:00+01:00",
    "1893456000",
    "arn:aws:iam::111122223333:role/r",
    "arn:aws:*::111122223333:role/*",
    "${aws:username}",
    "${aws:PrincipalTag/team, 'bob'}",
    "${*}",
];

/// The JSON text of a document whose every statement names principals or none.
pub(crate) fn document_text(named: bool) -> impl Strategy<Value = String> {
    let version = option::weighted(0.9, select(vec!["2012-10-17", "2008-10-17"]));
    (version, option::of("[a-z]{1,4}"), one_or_many(statement(named))).prop_map(|(version, id, statements)| {
        let mut document = Map::new();
        document.extend(version.map(|version| ("Version".to_owned(), json!(version))));
        document.extend(id.map(|id| ("Id".to_owned(), json!(id))));
        document.insert("Statement".to_owned(), statements);
        Value::Object(document).to_string()
    })
}

pub(crate) fn document(named: bool) -> impl Strategy<Value = PolicyDocument> {
    document_text(named).prop_map(|text| PolicyDocument::parse(&text).unwrap())
}

/// A document with one statement that allows every action, on some resources, under conditions.
pub(crate) fn one_allow() -> impl Strategy<Value = PolicyDocument> {
    let version = select(vec!["2012-10-17", "2012-10-17", "2008-10-17"]);
    let resources = prop_oneof![Just(json!("*")), select(&RESOURCE_PATTERNS[..]).prop_map(|text| json!(text))];
    (version, resources, conditions()).prop_map(|(version, resources, conditions)| {
        let statement = json!({"Effect": "Allow", "Action": "*", "Resource": resources, "Condition": conditions});
        PolicyDocument::parse(&json!({"Version": version, "Statement": statement}).to_string()).unwrap()
    })
}

pub(crate) fn request() -> impl Strategy<Value = Request> {
    let account = option::of(select(vec!["111122223333", "444455556666"]));
    let linked = prop::bool::weighted(0.5);
    (select(&CALLERS[..]), select(&ACTIONS[..]), select(&RESOURCES[..]), account, context(), linked).prop_map(
        |(caller, action, resource, account, context, linked)| {
            let role = match (caller, linked) {
                ("arn:aws:sts::111122223333:assumed-role/alpha/s1", true) => {
                    "arn:aws:iam::111122223333:role/path/alpha"
                }
                ("arn:aws:sts::111122223333:assumed-role/linked/s1", true) => {
                    "arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/linked"
                }
                _ => "",
            };
            Request {
                principal: Principal::role_session(caller, role).or_else(|_| caller.parse()).unwrap(),
                action: action.parse().unwrap(),
                resource: resource.to_owned(),
                resource_account: account.map(str::to_owned),
                context,
            }
        },
    )
}

pub(crate) fn case() -> impl Strategy<Value = Case> {
    let some = |named, at_most| vec(document(named), 0..=at_most);
    (
        some(false, 2usize),
        option::of(document(true)),
        option::weighted(0.3, document(false)),
        seldom(some(false, 2)),
        seldom(vec(some(false, 2), 1..=2)),
        seldom(vec(some(true, 1), 1..=2)),
        seldom(some(true, 1)),
    )
        .prop_map(|(identity, resource, boundary, session, scps, rcps, endpoint)| Case {
            identity,
            resource,
            boundary,
            session,
            scps,
            rcps,
            endpoint,
        })
}

fn context() -> impl Strategy<Value = Context> {
    let value = prop_oneof![
        3 => select(&VALUES[..]).prop_map(|value| ContextValue::Single(value.to_owned())),
        1 => vec(select(&VALUES[..]).prop_map(str::to_owned), 0..3).prop_map(ContextValue::List),
    ];
    vec((select(&KEYS[..]), value), 0..5).prop_map(|entries| {
        let mut context = Context::new();
        for (key, value) in entries {
            context.insert(key, value);
        }
        context
    })
}

fn statement(named: bool) -> impl Strategy<Value = Value> {
    let not = || prop::bool::weighted(0.15);
    let actions = (not(), one_or_many(often("*", &ACTION_PATTERNS)));
    let resources = (not(), one_or_many(often("*", &RESOURCE_PATTERNS)));
    let principals = (not(), principals());
    let effect = select(vec!["Allow", "Allow", "Deny"]);
    let conditions = prop_oneof![3 => Just(None), 1 => conditions().prop_map(Some)];
    (effect, actions, resources, principals, conditions).prop_map(
        move |(effect, actions, resources, principals, conditions)| {
            let mut statement = Map::new();
            statement.insert("Effect".to_owned(), json!(effect));
            let mut element = |name: &str, (not, value): (bool, Value)| {
                statement.insert(format!("{}{name}", if not { "Not" } else { "" }), value);
            };
            element("Action", actions);
            element("Resource", resources);
            if named {
                element("Principal", principals);
            }
            statement.extend(conditions.map(|conditions| ("Condition".to_owned(), conditions)));
            Value::Object(statement)
        },
    )
}

fn principals() -> impl Strategy<Value = Value> {
    let typed = vec(select(&NAMES[..]), 1..4).prop_map(|names| {
        let mut groups: Map<String, Value> = Map::new();
        for (kind, name) in names {
            let group = groups.entry(kind).or_insert_with(|| json!([]));
            group.as_array_mut().unwrap().push(json!(name));
        }
        Value::Object(groups)
    });
    prop_oneof![1 => Just(json!("*")), 4 => typed]
}

fn conditions() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        8 => select(&VALUES[..]).prop_map(|text| json!(text)),
        1 => any::<bool>().prop_map(|value| json!(value)),
        1 => (-3i64..12).prop_map(|value| json!(value)),
    ];
    let keys = prop::collection::btree_map(select(&KEYS[..]).prop_map(str::to_owned), one_or_many(scalar), 1..3);
    prop::collection::btree_map(operator(), keys, 1..3).prop_map(|blocks| json!(blocks))
}

fn operator() -> impl Strategy<Value = String> {
    let prefix = select(vec!["", "", "ForAllValues:", "ForAnyValue:"]);
    (prefix, select(Comparison::ALL), any::<bool>()).prop_map(|(prefix, comparison, if_exists)| {
        let suffix = if if_exists && comparison != Comparison::Null { "IfExists" } else { "" };
        format!("{prefix}{}{suffix}", comparison.name())
    })
}

/// One text half of the time, otherwise any of the others.
fn often(usual: &'static str, others: &'static [&'static str]) -> impl Strategy<Value = Value> {
    prop_oneof![Just(usual), select(others)].prop_map(|text| json!(text))
}

/// Mostly nothing: every layer more makes it less likely that a request goes through.
fn seldom<T: std::fmt::Debug + Clone + 'static>(
    values: impl Strategy<Value = Vec<T>> + 'static,
) -> impl Strategy<Value = Vec<T>> {
    prop_oneof![4 => Just(Vec::new()), 1 => values]
}

fn one_or_many(value: impl Strategy<Value = Value> + 'static) -> impl Strategy<Value = Value> {
    let value = value.boxed();
    prop_oneof![value.clone(), vec(value, 1..4).prop_map(Value::Array)]
}
