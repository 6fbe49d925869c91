//! The files on disk are what the source gives, and what they say is what is proved.

#![expect(clippy::unwrap_used, clippy::panic, reason = "this whole program is test code")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use daypass_infrastructure::blank::{BLANKS, Values};
use daypass_infrastructure::files::{ENDING, POLICIES};
use daypass_infrastructure::{documents, files};
use daypass_policy::lint::{Severity, lint};
use daypass_policy::{PolicyDocument, PolicyKind};
use daypass_vending::tier::Tiers;
use serde_json::{Value, json};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

#[test]
fn the_files_on_disk_are_what_the_source_gives() {
    let expected = files(&Tiers::shipped().unwrap()).unwrap();
    for file in &expected {
        let found = fs::read_to_string(folder().join(&file.path)).unwrap_or_default();
        assert_eq!(found, file.text, "`{}` is another one: run `cargo xtask infrastructure`", file.path);
    }
    let expected: BTreeSet<&str> = expected.iter().map(|file| file.path.as_str()).collect();
    for found in fs::read_dir(folder().join(POLICIES)).unwrap() {
        let path = format!("{POLICIES}/{}", found.unwrap().file_name().to_str().unwrap());
        assert!(expected.contains(path.as_str()), "`{path}` is made of nothing: delete it");
    }
}

/// A value for every blank.
fn sample() -> BTreeMap<&'static str, Value> {
    BLANKS
        .iter()
        .map(|(name, _)| match name.strip_suffix("[]") {
            Some(list) => (list, json!([format!("one-{list}"), format!("two-{list}")])),
            None => (*name, json!(format!("some-{name}"))),
        })
        .collect()
}

fn values() -> Values {
    BLANKS.iter().fold(Values::default(), |values, (name, _)| match name.strip_suffix("[]") {
        Some(list) => values.with_list(name, &[&format!("one-{list}"), &format!("two-{list}")]),
        None => values.with(name, &format!("some-{name}")),
    })
}

/// What Terraform's `templatefile` makes of a template: of all its language, what our templates use.
/// <https://developer.hashicorp.com/terraform/language/expressions/strings#string-templates>
fn templatefile(template: &str, values: &BTreeMap<&str, Value>) -> String {
    let mut made = String::new();
    let mut rest = template;
    while let Some(at) = rest.find("${") {
        let (before, behind) = rest.split_at(at);
        if let Some(before) = before.strip_suffix('$') {
            made.push_str(before);
            made.push_str("${");
            rest = &behind[2..];
            continue;
        }
        made.push_str(before);
        let (expression, behind) = behind[2..].split_once('}').unwrap();
        let list = expression.strip_prefix("jsonencode(").map(|list| list.trim_end_matches(')'));
        match (list, values.get(list.unwrap_or(expression)).unwrap_or_else(|| panic!("`{expression}` is unknown"))) {
            (Some(_), value) => made.push_str(&value.to_string()),
            (None, value) => made.push_str(value.as_str().unwrap()),
        }
        rest = behind;
    }
    made.push_str(rest);
    assert!(!made.contains("%{"), "a directive of Terraform");
    made
}

#[test]
fn what_terraform_makes_of_a_file_is_the_very_document_that_is_proved() {
    for document in documents(&Tiers::shipped().unwrap()).unwrap() {
        let file = folder().join(POLICIES).join(format!("{}{ENDING}", document.name));
        let made = templatefile(&fs::read_to_string(file).unwrap(), &sample());
        let made = PolicyDocument::parse_as(&made, document.kind).unwrap();
        assert_eq!(made, document.filled(&values()).unwrap(), "{}", document.name);
    }
}

/// What CloudFormation makes of a value: `Fn::Sub` filled in.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-sub.html>
fn substituted(value: &Value) -> Value {
    match value {
        Value::Object(fields) if fields.len() == 1 && fields.contains_key("Fn::Sub") => {
            let mut text = fields["Fn::Sub"].as_str().unwrap().to_owned();
            for (theirs, ours) in [
                ("AWS::AccountId", "account_id"),
                ("AWS::Partition", "partition"),
                ("BrokerArn", "broker_arn"),
                ("CleanupArn", "cleanup_arn"),
                ("Deployment", "deployment"),
                ("ExternalId", "external_id"),
            ] {
                text = text.replace(&format!("${{{theirs}}}"), &format!("some-{ours}"));
            }
            assert!(!text.replace("${!", "").contains("${"), "{text}");
            json!(text.replace("${!", "${"))
        }
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, field)| (name.clone(), substituted(field))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(substituted).collect()),
        other => other.clone(),
    }
}

#[test]
fn what_cloudformation_makes_of_the_stack_is_the_very_document_that_is_proved() {
    let stack: Value = fs::read_to_string(folder().join("member/cloudformation.json")).unwrap().parse().unwrap();
    let resources = &stack["Resources"];
    let of = |resource: &str, path: &str| resources[resource]["Properties"].pointer(path).unwrap().clone();
    let mut places = vec![
        ("vendor".to_owned(), of("VendorRole", "/Policies/0/PolicyDocument")),
        ("vendor-trust".to_owned(), of("VendorRole", "/AssumeRolePolicyDocument")),
        ("gate".to_owned(), of("GateRole", "/Policies/0/PolicyDocument")),
        ("gate-trust".to_owned(), of("GateRole", "/AssumeRolePolicyDocument")),
    ];
    for (name, resource) in resources.as_object().unwrap() {
        if name.starts_with("Boundary") {
            let tier = resource["Properties"]["ManagedPolicyName"].as_str().unwrap();
            assert_eq!(resource["Properties"]["Path"], "/daypass/boundary/");
            places.push((format!("boundary-{tier}"), of(name, "/PolicyDocument")));
        }
    }
    assert_eq!(places.len(), 8);
    let documents = documents(&Tiers::shipped().unwrap()).unwrap();
    for (name, found) in places {
        let document = documents.iter().find(|document| document.name == name).unwrap();
        let made = PolicyDocument::parse_as(&substituted(&found).to_string(), document.kind).unwrap();
        assert_eq!(made, document.filled(&values()).unwrap(), "{name}");
    }
}

/// With the longest ids there can be.
#[test]
fn the_documents_fit_into_the_quotas_of_aws() {
    let longest = BLANKS.iter().fold(Values::default(), |values, (name, _)| match *name {
        "scope_values[]" => values.with_list(name, &["111122223333"; 150]),
        "services[]" => values.with_list(name, &["ecs-tasks.amazonaws.com"; 3]),
        "account_id" => values.with(name, "111122223333"),
        "partition" => values.with(name, "aws-us-gov"),
        "deployment" => values.with(name, &"d".repeat(32)),
        "region" => values.with(name, "ap-southeast-1"),
        "dns_suffix" => values.with(name, "amazonaws.com.cn"),
        "external_id" => values.with(name, &"e".repeat(128)),
        "scope_key" => values.with(name, "aws:ResourceAccount"),
        "vendor_role" => values.with(name, &"v".repeat(64)),
        _ => values.with(name, &"a".repeat(110)),
    });
    let sizes: BTreeMap<String, usize> = documents(&Tiers::shipped().unwrap())
        .unwrap()
        .iter()
        .map(|document| (document.name.clone(), document.filled(&longest).unwrap().size()))
        .collect();
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    for trust in ["service-trust", "vendor-trust", "gate-trust"] {
        assert!(sizes[trust] <= 2_048, "{trust}: {}", sizes[trust]);
    }
    for inline in
        [&["broker", "api-function", "discovery"][..], &["cleanup", "cleanup-function", "discovery"], &["vendor"]]
    {
        let together: usize = inline.iter().map(|name| sizes[*name]).sum();
        assert!(together <= 10_240, "{inline:?}: {together}");
    }
    // https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html
    for key in ["key", "signing-key"] {
        assert!(sizes[key] <= 32_768, "{key}: {}", sizes[key]);
    }
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
    let stack = fs::metadata(folder().join("member/cloudformation.json")).unwrap().len();
    assert!(stack <= 51_200, "{stack}");
}

#[test]
fn the_documents_have_no_mistakes_that_the_linter_knows() {
    for document in documents(&Tiers::shipped().unwrap()).unwrap() {
        // Boundaries are linted where they are written.
        if document.kind == PolicyKind::Boundary {
            continue;
        }
        let text = document.filled(&real()).unwrap().to_json();
        let findings = lint(&text, document.kind);
        let errors: Vec<String> = findings
            .iter()
            .filter(|finding| finding.check.severity == Severity::Error)
            .map(ToString::to_string)
            .collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", document.name);
    }
}

fn real() -> Values {
    let role = |name: &str| format!("arn:aws:iam::111122223333:role/daypass-prod-{name}");
    let key = "arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-4333-8444-555555555555";
    values()
        .with("account_id", "111122223333")
        .with("broker_arn", &role("broker"))
        .with("cleanup_arn", &role("cleanup"))
        .with("deployment", "prod")
        .with("dns_suffix", "amazonaws.com")
        .with("key_arn", key)
        .with("partition", "aws")
        .with("region", "eu-central-1")
        .with("scope_key", "aws:ResourceAccount")
        .with_list("scope_values[]", &["444455556666"])
        .with_list("services[]", &["lambda.amazonaws.com"])
        .with("signing_key_arn", key)
        .with("vendor_role", "daypass-vendor")
}
