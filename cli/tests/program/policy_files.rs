//! `daypass policy …` on files: what people see, what programs get, and the exit codes.

use std::collections::BTreeSet;

use assert_cmd::Command;
use serde_json::Value;

use crate::support::{Home, transcript};

const READ: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"],
     "Resource": ["arn:aws:s3:::data", "arn:aws:s3:::data/*"]},
    {"Sid": "Write", "Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::data/*",
     "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}, "Bool": {"aws:SecureTransport": "true"}}}
  ]
}
"#;
const BOUNDARY: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
    {"Sid": "NoSecrets", "Effect": "Deny", "Action": "*", "Resource": "arn:aws:s3:::data/secret/*"}
  ]
}
"#;
const TYPO: &str = r#"{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Action": ["s3:Get*", "s3:PutObjcet"], "Resource": "arn:aws:s3:::data/*"}
}
"#;
const BUCKET: &str = r#"{"Version": "2012-10-17", "Statement": {
  "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/*"}}
"#;
/// The same key as a number and as text.
const UNDECIDED: [&str; 2] = [
    r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*",
        "Condition": {"StringLike": {"s3:max-keys": "1*"}, "NumericLessThan": {"s3:max-keys": 7}}}}"#,
    r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*",
        "Condition": {"StringLike": {"s3:max-keys": "1.*"}}}}"#,
];
const CASE: &str = r#"{
  "id": "q", "request": {"principal": "lambda.amazonaws.com", "action": "s3:GetObject", "resource": "arn:aws:s3:::data/x"},
  "identityPolicies": [],
  "resourcePolicy": {"Version": "2012-10-17", "Statement": {"Effect": "Allow",
    "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/*"}},
  "scps": [[{"Statement": []}]]
}"#;

/// A folder with policies.
struct Folder(Home);

impl Folder {
    fn new() -> Self {
        let home = Home::new();
        for (name, text) in [
            ("read.json", READ),
            ("boundary.json", BOUNDARY),
            ("typo.json", TYPO),
            ("bucket.json", BUCKET),
            ("text.json", UNDECIDED[0]),
            ("number.json", UNDECIDED[1]),
            ("redundant.json", &TYPO.replace("PutObjcet", "GetObject")),
            ("case.json", CASE),
            ("broken.json", "{\n  \"Statement\": 7}"),
            ("wrapped.json", "{\"PolicyVersion\": {\"Document\": {}}}"),
        ] {
            std::fs::write(home.path(name), text).unwrap();
        }
        Self(home)
    }

    fn daypass(&self, line: &str) -> Command {
        let mut command = self.0.daypass(line);
        command.current_dir(self.0.path(""));
        command
    }

    /// What each command shows, one after the other.
    fn story(&self, lines: &[&str]) -> String {
        let tell = |line: &&str| format!("$ daypass {line}\n{}\n", transcript(&mut self.daypass(line)));
        lines.iter().map(tell).collect()
    }

    fn json(&self, line: &str) -> Value {
        let output = self.daypass(line).args(["--output", "json"]).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn code(&self, line: &str) -> i32 {
        self.daypass(line).output().unwrap().status.code().unwrap()
    }
}

const ANA: &str = "--principal arn:aws:iam::111122223333:user/ana --resource arn:aws:s3:::data/x --identity read.json";

#[test]
fn requests_are_decided_and_explained() {
    let (secret, folder) = (ANA.replace("data/x", "data/secret/x"), Folder::new());
    let story = folder.story(&[
        &format!("policy simulate {ANA} --action s3:GetObject --boundary boundary.json"),
        &format!("policy simulate {ANA} --action s3:PutObject --context aws:SecureTransport=true"),
        &format!("policy explain {ANA} --action s3:GetObject --scp boundary.json,read.json --scp boundary.json"),
        &format!("policy explain {ANA} --action s3:PutObject --boundary typo.json --context aws:SourceIp=192.0.2.1"),
        &format!("policy explain {secret} --action s3:GetObject --boundary boundary.json"),
        "policy explain --case case.json",
        "policy simulate --case case.json --output json",
    ]);
    insta::assert_snapshot!(story);
}

#[test]
fn policies_are_compared_and_checked() {
    let story = Folder::new().story(&[
        "policy compare read.json read.json",
        "policy compare boundary.json read.json",
        "policy compare text.json number.json",
        "policy diff read.json boundary.json",
        "policy diff read.json bucket.json",
        "policy diff bucket.json bucket.json",
        "policy diff text.json number.json",
        "policy diff --limit 1 bucket.json read.json --output json",
        "policy check-no-new-access typo.json read.json",
        "policy check-no-new-access read.json read.json --output json",
        "policy check-access-not-granted read.json --action s3:Delete*,iam:*",
        "policy check-access-not-granted read.json --action s3:PutObject --resource arn:aws:s3:::data/x --output json",
        "policy check-no-public-access bucket.json",
        "policy check-no-public-access read.json",
    ]);
    insta::assert_snapshot!(story);
}

/// The shipped tiers hold; one that lets somebody change a role is shown to, and is no tier for a server.
#[test]
fn tiers_are_proved_claim_by_claim() {
    let folder = Folder::new();
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/../policy_templates/read-only");
    std::fs::create_dir_all(folder.0.path("tiers/lax")).unwrap();
    for file in ["tier.toml", "permissions.json", "boundary.json"] {
        let text = std::fs::read_to_string(format!("{shipped}/{file}")).unwrap();
        let text =
            text.replace("\"tag:GetResources\"\n      ],", "\"tag:GetResources\", \"iam:PutRolePolicy\"\n      ],");
        std::fs::write(folder.0.path(&format!("tiers/lax/{file}")), text).unwrap();
    }
    insta::assert_snapshot!(folder.story(&["policy prove", "policy prove tiers", "policy prove nowhere"]));
    let broken = folder.json("policy prove tiers");
    let broken: Vec<_> = broken.as_array().unwrap().iter().filter(|row| row["result"] != "proved").collect();
    assert!(broken.iter().all(|row| row["document"] == "permissions.json" && row["witness"]["action"] != Value::Null));
    assert!(broken.iter().any(|row| row["claim"] == "role-changes"), "{broken:?}");
}

#[test]
fn findings_are_shown_with_place_and_fix() {
    let folder = Folder::new();
    let story = folder.story(&[
        "policy lint read.json typo.json bucket.json broken.json",
        "policy lint --kind session boundary.json",
        "policy lint --kind rcp --output json bucket.json",
    ]);
    insta::assert_snapshot!(story);
    for (arguments, code) in [
        ("read.json", 0),
        ("bucket.json", 12),
        ("--fail-on error bucket.json", 0),
        ("--fail-on never broken.json", 0),
        ("redundant.json", 0),
        ("--fail-on suggestion redundant.json", 12),
    ] {
        assert_eq!(folder.code(&format!("policy lint {arguments}")), code, "{arguments}");
    }
    let checks = folder.json("policy lint --list");
    assert!(checks.as_array().unwrap().iter().any(|check| check["check"] == "unknown-action"), "{checks}");
    assert!(transcript(&mut folder.daypass("policy lint --list")).contains("unknown-action"));
}

/// <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>, the properties that are required or that we use.
#[test]
fn sarif_is_well_formed() {
    let folder = Folder::new();
    let output = folder.daypass("policy lint --sarif --fail-on never read.json typo.json bucket.json broken.json");
    let output = { output }.output().unwrap();
    let log: Value = serde_json::from_slice(&output.stdout).unwrap();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<String>>();
    let set = |names: &[&str]| names.iter().map(ToString::to_string).collect::<BTreeSet<String>>();
    assert_eq!(keys(&log), set(&["$schema", "version", "runs"]));
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(keys(run), set(&["tool", "columnKind", "results"]));
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let driver = &run["tool"]["driver"];
    assert_eq!(keys(driver), set(&["name", "semanticVersion", "rules"]));
    let rules = driver["rules"].as_array().unwrap();
    let ids: BTreeSet<&str> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), rules.len());
    for rule in rules {
        assert_eq!(
            keys(rule),
            set(&["id", "shortDescription", "help", "helpUri", "defaultConfiguration", "properties"])
        );
        assert!(rule["helpUri"].as_str().unwrap().starts_with("https://"), "{rule}");
        assert!(
            ["error", "warning", "note"].contains(&rule["defaultConfiguration"]["level"].as_str().unwrap()),
            "{rule}"
        );
    }
    let results = run["results"].as_array().unwrap();
    assert!(results.len() >= 3, "{results:?}");
    for result in results {
        assert_eq!(keys(result), set(&["ruleId", "ruleIndex", "level", "message", "locations"]));
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(
            (&rules[index]["id"], &rules[index]["defaultConfiguration"]["level"]),
            (&result["ruleId"], &result["level"])
        );
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let place = &result["locations"][0]["physicalLocation"];
        assert!(place["artifactLocation"]["uri"].as_str().unwrap().ends_with(".json"), "{place}");
        let region = &place["region"];
        assert!(region["startLine"].as_u64() >= Some(1) && region["startColumn"].as_u64() >= Some(1), "{region}");
    }
}

#[test]
fn wildcards_become_actions_and_actions_wildcards() {
    let folder = Folder::new();
    let story = folder.story(&[
        "policy expand s3:Get*Acl SQS:purge*",
        "policy expand --details sqs:PurgeQueue s3:GetObjcet",
        "policy shrink sqs:GetQueueUrl sqs:GetQueueAttributes sqs:SendMessage",
        "policy shrink --policy read.json",
        "policy catalogue sqs:SendMessage",
        "policy catalogue sqs:SendMesage",
        "policy catalogue nosuchservice",
    ]);
    insta::assert_snapshot!(story);
    let all = folder.json("policy catalogue")["actions"].as_u64().unwrap();
    let but = folder.json("policy expand --but sqs:*").as_array().unwrap().len();
    assert_eq!(all, u64::try_from(but).unwrap() + 20);
    let sqs = folder.json("policy catalogue sqs");
    assert_eq!((&sqs["supports_rcp"], sqs["actions"].as_array().unwrap().len()), (&Value::Bool(true), 20));
}

#[test]
fn shrinking_what_was_expanded_gives_it_back() {
    let folder = Folder::new();
    let expanded = folder.daypass("policy expand dynamodb:*Item ec2:Describe*").output().unwrap().stdout;
    let shrunk = folder.daypass("policy shrink - --quiet").write_stdin(expanded.clone()).output().unwrap();
    assert!(shrunk.stderr.is_empty() && shrunk.stdout.len() * 10 < expanded.len());
    let again = folder.daypass("policy expand -").write_stdin(shrunk.stdout).output().unwrap().stdout;
    assert_eq!(again, expanded);
}

#[test]
fn a_dash_is_standard_input_once() {
    let folder = Folder::new();
    let code = |line: &str| folder.daypass(line).write_stdin(READ).output().unwrap().status.code();
    assert_eq!(code("policy compare - read.json"), Some(0));
    assert_eq!(code("policy compare read.json -"), Some(0));
    assert_eq!(code("policy lint -"), Some(0));
    assert_eq!(code("policy check-access-not-granted - --action iam:*"), Some(0));
    assert_eq!(code(&format!("policy simulate {ANA} --action s3:GetObject --boundary -")), Some(0));
    assert_eq!(code("policy compare - -"), Some(2));
    assert_eq!(code(&format!("policy simulate {ANA} --action s3:GetObject --scp - --scp -")), Some(2));
}

#[test]
fn what_cannot_be_read_or_meant_is_told_with_a_hint() {
    let story = Folder::new().story(&[
        "policy compare read.json broken.json",
        "policy lint no-such-file.json",
        "policy check-no-public-access wrapped.json",
        "policy simulate --action s3:GetObject --identity read.json",
        "policy simulate --principal bob --action s3:GetObject",
        "policy simulate --case broken.json",
        "policy explain --principal lambda.amazonaws.com --action s3:GetObject --scp ,",
        "policy compare read.json",
    ]);
    insta::assert_snapshot!(story);
}
