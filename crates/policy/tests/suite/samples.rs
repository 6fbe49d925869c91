//! Every sample case is decided as expected. The cases were generated from AWS' documentation; see `samples/README.md`.

use std::collections::BTreeMap;

use daypass_policy::PolicyDocument;
use daypass_policy::cases::EvaluationCase;
use serde_json::Value;

const CASES: &str = include_str!("../samples/policy-eval.jsonl");

#[test]
fn every_sample_is_decided_as_expected() {
    let mut failures = Vec::new();
    let mut by_family = BTreeMap::new();
    for line in CASES.lines() {
        let case = EvaluationCase::parse(line).unwrap();
        let decided = case.evaluate().unwrap().decision;
        let expected = case.expected.as_ref().unwrap();
        if !expected.fits(decided) {
            *by_family.entry(case.id.to_string().split('-').next().map(str::to_owned)).or_insert(0) += 1;
            failures.push(format!("{}: {decided:?}, expected {expected:?}", case.id));
        }
    }
    assert!(failures.is_empty(), "{} wrong {by_family:?}:\n{}", failures.len(), failures.join("\n"));
    assert_eq!(CASES.lines().count(), 737);
}

#[test]
fn parsing_and_printing_the_policies_of_the_samples_loses_nothing() {
    for line in CASES.lines() {
        let case = EvaluationCase::parse(line).unwrap();
        let printed = case.policies.try_map(|place, text| {
            let document = PolicyDocument::parse(text).map_err(|error| format!("{}: {place}: {error}", case.id))?;
            let same = serde_json::from_str::<Value>(&document.to_json()).unwrap()
                == serde_json::from_str::<Value>(text).unwrap()
                && PolicyDocument::parse(&document.to_json()).as_ref() == Ok(&document)
                && PolicyDocument::parse(&document.to_string()).as_ref() == Ok(&document);
            if same { Ok(()) } else { Err(format!("{}: {place} is printed as {document}", case.id)) }
        });
        printed.unwrap();
    }
}
