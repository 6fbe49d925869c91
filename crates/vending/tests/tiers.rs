//! What the shipped tiers really allow: the reviewed vectors of `policy_templates/vectors.jsonl`, judged by the policy core
//! on compiled documents, and the rules for replacing tiers.

#![expect(clippy::unwrap_used, reason = "this whole file is test code")]

use daypass_policy::{
    Context, ContextValue, Layers, PolicyDocument, PreparedPolicy, Principal, Request, ResourceKind, evaluate,
};
use daypass_vending::ids::{AccountId, ProjectId, SessionId, UserId};
use daypass_vending::plan::tag;
use daypass_vending::template::{Partition, SlotValues};
use daypass_vending::tier::{Tier, Tiers};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    tier: String,
    #[serde(default)]
    layer: Option<String>,
    action: String,
    resource: String,
    context: std::collections::BTreeMap<String, OneOrMany>,
    expect: String,
    why: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

struct Compiled {
    permissions: PreparedPolicy,
    boundary: PreparedPolicy,
}

fn compile(tier: &Tier) -> Compiled {
    let (project, account): (ProjectId, AccountId) = ("acme-web".parse().unwrap(), "111122223333".parse().unwrap());
    let (session, user): (SessionId, UserId) = (SessionId::from_random([9; 16]), "carla".parse().unwrap());
    let values =
        SlotValues { project: &project, account: &account, partition: Partition::Aws, session: &session, user: &user };
    let prepared = |document: PolicyDocument| PreparedPolicy::new(&document);
    Compiled {
        permissions: prepared(tier.permissions.compile(&values).unwrap()),
        boundary: prepared(tier.boundary.compile(&values).unwrap()),
    }
}

fn request(vector: &Vector) -> Request {
    let role = "dp-acme-web-5f0c6a52-0a51-4f0e-9d0a-6d1f6f2b8a11";
    let arn = format!("arn:aws:iam::111122223333:role/daypass/{}/{role}", vector.tier);
    let session = format!("arn:aws:sts::111122223333:assumed-role/{role}/carla");
    let mut context = Context::new()
        .with("aws:CurrentTime", "2026-03-01T11:00:00Z")
        .with("aws:SourceIp", "192.0.2.7")
        .with("aws:ViaAWSService", "false")
        .with("aws:PrincipalArn", &arn)
        .with("aws:PrincipalAccount", "111122223333");
    for (key, value) in [(tag::PROJECT, "acme-web"), (tag::TIER, vector.tier.as_str()), (tag::USER, "carla")] {
        context = context.with(&format!("aws:PrincipalTag/{key}"), value);
    }
    for (key, value) in &vector.context {
        let value = match value {
            OneOrMany::One(value) => ContextValue::Single(value.clone()),
            OneOrMany::Many(values) => ContextValue::List(values.clone()),
        };
        context.insert(key, value);
    }
    let principal = Principal::role_session(&session, &arn).unwrap();
    let mut request = Request::new(principal, vector.action.parse().unwrap(), vector.resource.clone());
    request.context = context;
    request
}

#[test]
fn the_shipped_tiers_allow_exactly_what_was_reviewed() {
    let everything = PolicyDocument::parse(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
    );
    let everything = [PreparedPolicy::new(&everything.unwrap())];
    let tiers = Tiers::shipped().unwrap();
    let vectors = include_str!("../../../policy_templates/vectors.jsonl");
    let mut wrong = Vec::new();
    let mut counted = std::collections::BTreeMap::new();
    for (number, line) in vectors.lines().enumerate() {
        let vector: Vector = serde_json::from_str(line).unwrap_or_else(|error| panic!("line {}: {error}", number + 1));
        let compiled = compile(tiers.get(&vector.tier.parse().unwrap()).unwrap());
        let permissions = [compiled.permissions];
        let identity = if vector.layer.as_deref() == Some("boundary") { &everything } else { &permissions };
        let mut layers = Layers::new(identity).boundary(&compiled.boundary);
        // Keys and roles also need a policy of their own to allow a call; here only the tier's documents are judged.
        layers.resource_kind = Some(ResourceKind::Other);
        let answer = evaluate(&request(&vector), &layers);
        if answer.is_allowed() != (vector.expect == "allow") {
            wrong.push(format!(
                "line {}: {} {} on {}: expected {} ({}), but {answer}",
                number + 1,
                vector.tier,
                vector.action,
                vector.resource,
                vector.expect,
                vector.why
            ));
        }
        *counted.entry(vector.tier).or_insert(0) += 1;
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(counted.len(), 4);
    assert!(counted.values().all(|count| *count >= 60), "{counted:?}");
}

#[test]
fn the_limits_are_those_of_the_table() {
    let tiers = Tiers::shipped().unwrap();
    let limits: Vec<_> = tiers
        .iter()
        .map(|tier| {
            let hours = |duration: daypass_vending::request::PassDuration| duration.seconds() / 3600;
            (tier.name.to_string(), hours(tier.limits.max), hours(tier.limits.default), tier.limits.incident_required)
        })
        .collect();
    let row = |name: &str, max, default, incident| (name.to_owned(), max, default, incident);
    assert_eq!(
        limits,
        [
            row("admin", 8, 1, false),
            row("break-glass", 1, 1, true),
            row("developer", 8, 4, false),
            row("read-only", 36, 4, false)
        ]
    );
}

#[test]
fn every_shipped_file_uses_only_slots_and_limits_that_exist() {
    let tiers = Tiers::shipped().unwrap();
    for tier in tiers.iter() {
        compile(tier);
    }
}

#[test]
fn what_is_wrong_with_a_directory_of_tiers_is_said() {
    let limits = "description = \"x\"\nmax_hours = 2\ndefault_hours = 1\nincident_required = false\nalerts = []\nmfa_max_age_minutes = 60\n";
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let longer_default = limits.replace("default_hours = 1", "default_hours = 3");
    let misspelt = limits.replace("max_hours", "max_hour");
    let cases: [(&[(&str, &str)], &str); 7] = [
        (&[], "there is no tier"),
        (&[("one/tier.toml", limits)], "tier `one` has no `permissions.json`"),
        (&[("One/tier.toml", limits)], "`One` is not a tier name"),
        (&[("one/tier.yaml", limits)], "`one/tier.yaml` is not a file of a tier"),
        (
            &[("one/tier.toml", &longer_default), ("one/permissions.json", policy), ("one/boundary.json", policy)],
            "default_hours is more than max_hours",
        ),
        (
            &[("one/tier.toml", &misspelt), ("one/permissions.json", policy), ("one/boundary.json", policy)],
            "unknown field `max_hour`",
        ),
        (
            &[("one/tier.toml", limits), ("one/permissions.json", "[]"), ("one/boundary.json", policy)],
            "`one/permissions.json` is wrong",
        ),
    ];
    for (files, expected) in cases {
        let error = Tiers::from_files(files.iter().copied()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
