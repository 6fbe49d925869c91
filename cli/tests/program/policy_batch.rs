//! `daypass policy … --batch`: every sample case through the program, and what becomes of cases that cannot be read.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Stdio};

use crate::support::{Home, PROGRAM, daypass};
use serde_json::Value;

const EVALUATIONS: &str = include_str!("../../../crates/policy/tests/samples/policy-eval.jsonl");
const INCLUSIONS: &str = include_str!("../../../crates/policy/tests/samples/policy-inclusion.jsonl");

const ANY: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
const REQUEST: &str = r#"{"principal":"arn:aws:iam::111122223333:user/ana","action":"s3:GetObject"}"#;

/// Exit code, lines of stdout, stderr.
fn batch(command: &str, input: &str) -> (i32, Vec<Value>, String) {
    let output = daypass().args(["policy", command, "--batch", "-"]).write_stdin(input).output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let lines = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (output.status.code().unwrap(), lines, String::from_utf8(output.stderr).unwrap())
}

fn rows(samples: &str) -> Vec<Value> {
    samples.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_sample_request_is_decided_as_expected_and_in_order() {
    let (code, answers, said) = batch("simulate", EVALUATIONS);
    let rows = rows(EVALUATIONS);
    assert_eq!((code, answers.len()), (0, rows.len()), "{said}");
    for (row, answer) in rows.iter().zip(&answers) {
        let expected = &row["expected"];
        assert_eq!(answer["id"], row["id"]);
        assert_eq!(
            (&answer["decision"], &answer["allowed"]),
            (&expected["decision"], &expected["allowed"]),
            "{answer}"
        );
        assert!(!answer["reasons"].as_array().unwrap().is_empty(), "{answer}");
    }
    assert!(said.contains("737 cases in") && said.ends_with("; 737 of 737 as expected\n"), "{said}");
}

#[test]
fn every_sample_pair_is_compared_as_expected_and_each_witness_holds() {
    let (code, answers, said) = batch("compare", INCLUSIONS);
    let rows = rows(INCLUSIONS);
    assert_eq!((code, answers.len()), (0, rows.len()), "{said}");
    let mut asked = String::new();
    for (row, answer) in rows.iter().zip(&answers) {
        assert_eq!((&answer["id"], &answer["result"]), (&row["id"], &row["expected"]), "{answer}");
        let is_included = answer["result"] == "included";
        assert_eq!(answer.get("witness").is_none(), is_included, "{answer}");
        for (policy, allowed) in [("a", true), ("b", false)].into_iter().filter(|_| !is_included) {
            let case = serde_json::json!({"request": answer["witness"], "identityPolicies": row[policy],
                "expected": {"allowed": allowed}});
            asked.push_str(&format!("{case}\n"));
        }
    }
    assert!(said.ends_with("; 237 of 237 as expected\n"), "{said}");
    let (code, answers, said) = batch("simulate", &asked);
    assert_eq!((code, answers.len()), (0, 202), "{said}");
}

#[test]
fn what_cannot_be_read_gets_a_line_of_its_own_and_the_batch_goes_on() {
    let bad = r#"{"Statement":{"Effect":"Allow","Action":"*"}}"#;
    let input = [
        format!("\u{feff}{{\"id\":1,\"request\":{REQUEST},\"identityPolicies\":[{ANY}]}}\r"),
        String::new(),
        "{\"id\":2,".to_owned(),
        format!("{{\"id\":\"three\",\"request\":{REQUEST},\"identityPolicies\":[{bad}]}}"),
        format!("{{\"id\":4,\"request\":{REQUEST}}}"),
    ]
    .join("\n");
    let (code, answers, said) = batch("simulate", &input);
    assert_eq!(code, 13);
    let ids: Vec<&Value> = answers.iter().map(|answer| &answer["id"]).collect();
    assert_eq!(ids, [&Value::from(1), &Value::Null, &Value::from("three"), &Value::from(4)]);
    assert_eq!((&answers[1]["line"], answers[1].get("decision")), (&Value::from(3), None));
    let error = "1st identity policy: missing field `Resource` or `NotResource`, at `/Statement`";
    assert_eq!((&answers[2]["line"], &answers[2]["error"]), (&Value::from(4), &Value::from(error)));
    assert_eq!(answers[3]["decision"], "ImplicitlyDenied");
    assert!(said.contains(&format!("warning: line 4, id three: {error}\n")), "{said}");
    assert!(said.contains("1 Allowed, 1 ImplicitlyDenied, 2 unreadable\n"), "{said}");

    let (code, answers, _) =
        batch("compare", &format!("{{\"id\":1,\"a\":{ANY},\"b\":{bad}}}\n{{\"a\":{ANY},\"b\":{ANY}}}"));
    let reason = "policy `b`: missing field `Resource` or `NotResource`, at `/Statement`";
    assert_eq!((code, &answers[0]["result"], &answers[0]["reason"]), (13, &"unknown".into(), &reason.into()));
    assert_eq!(answers[1], serde_json::json!({"id": null, "result": "included"}));
}

#[test]
fn what_comes_out_otherwise_than_expected_is_counted_and_named() {
    let case = |id: u8, expected: &str| {
        format!("{{\"id\":{id},\"request\":{REQUEST},\"identityPolicies\":[{ANY}],\"expected\":{expected}}}\n")
    };
    let input = case(1, r#"{"decision":"Allowed"}"#) + &case(2, r#"{"allowed":false}"#);
    let (code, answers, said) = batch("simulate", &input);
    assert_eq!((code, answers.len()), (9, 2));
    assert!(said.contains("warning: 2: Allowed, expected to be denied\n"), "{said}");
    assert!(said.ends_with("1 of 2 as expected\n"), "{said}");
    let (code, _, said) =
        batch("compare", &format!("{{\"id\":3,\"a\":{ANY},\"b\":{ANY},\"expected\":\"not-included\"}}"));
    assert_eq!(code, 9);
    assert!(said.contains("warning: 3: included, expected not-included\n"), "{said}");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let output = daypass().args(["policy", "simulate", "--batch", "/nonexistent/cases.jsonl"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(13));
    assert!(said.starts_with("error: cannot read `/nonexistent/cases.jsonl`: "), "{said}");
}

/// The program, spoken to through pipes.
fn talk() -> Child {
    std::process::Command::new(PROGRAM)
        .args(["policy", "compare", "--batch", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn whoever_waits_for_an_answer_gets_it_before_the_input_ends() {
    let mut child = talk();
    let (mut input, mut output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    for id in 1..=3 {
        writeln!(input, "{{\"id\":{id},\"a\":{ANY},\"b\":{ANY}}}").unwrap();
        let mut answer = String::new();
        output.read_line(&mut answer).unwrap();
        assert_eq!(answer, format!("{{\"id\":{id},\"result\":\"included\"}}\n"));
    }
    drop(input);
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_reader_that_leaves_ends_the_batch_without_a_word() {
    let mut child = talk();
    drop(child.stdout.take());
    let mut input = child.stdin.take().unwrap();
    // It may be gone before all is written.
    let _ = (0..10_000).try_for_each(|id| writeln!(input, "{{\"id\":{id},\"a\":{ANY},\"b\":{ANY}}}"));
    drop(input);
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""));
}

#[test]
fn text_of_cases_cannot_drive_the_terminal() {
    let input = Home::new();
    let path = input.path("cases.jsonl");
    std::fs::write(&path, "{\"id\":\"\u{9b}2J\u{202e}\",\"request\":\"\u{9b}\"}\n").unwrap();
    let output = daypass().args(["policy", "simulate", "--batch"]).arg(&path).output().unwrap();
    let shown = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(!shown.contains(['\u{9b}', '\u{202e}']), "{shown:?}");
    assert!(shown.contains(r#""id":"\u009b2J\u202e""#), "{shown}");
}
