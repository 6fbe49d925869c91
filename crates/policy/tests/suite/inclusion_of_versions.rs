//! Comparisons of policies from real life: AWS' managed policies and the versions that followed them.

use daypass_policy::PolicyDocument;
use daypass_policy::compare::{Emptiness, Equivalence, Inclusion, disjoint, empty, equivalent, included};
use serde_json::Value;

use crate::attempts::Attempts;

const VERSIONS: &str = include_str!("../samples/policy-versions.jsonl");

/// How often it is tried to refute what is said to be proved.
const ATTEMPTS: usize = 1_500;

struct Step {
    id: String,
    old: PolicyDocument,
    new: PolicyDocument,
    expected: [String; 2],
}

fn steps() -> impl Iterator<Item = Step> {
    VERSIONS.lines().map(|line| {
        let step: Value = serde_json::from_str(line).unwrap();
        let text = |field: &str| step[field].as_str().unwrap().to_owned();
        let policy = |field: &str| PolicyDocument::parse(&step[field].to_string()).unwrap();
        Step { id: text("id"), old: policy("a"), new: policy("b"), expected: [text("expected"), text("reverse")] }
    })
}

#[test]
fn every_version_is_compared_with_the_one_before_as_expected() {
    let mut wrong = Vec::new();
    for Step { id, old, new, expected } in steps() {
        let pairs = [(&old, &new), (&new, &old)];
        for (at, ((a, b), expected)) in pairs.into_iter().zip(expected).enumerate() {
            let answer = included(a, b);
            let is_right = match &answer {
                Inclusion::Included => expected == "included",
                Inclusion::Witness(_) => expected == "not-included",
                Inclusion::Unknown(_) => false,
            };
            if !is_right {
                wrong.push(format!("{id}, {}: {answer:?}", ["forwards", "backwards"][at]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(VERSIONS.lines().count(), 31);
}

#[test]
fn no_request_refutes_what_is_proved_about_versions() {
    for Step { id, old, new, .. } in steps() {
        for (a, b) in [(&old, &new), (&new, &old), (&old, &old)] {
            if included(a, b).is_included() {
                let mut attempts = Attempts::new(a, b, 0x5eed);
                assert_eq!(attempts.refutation(ATTEMPTS), None, "{id}");
                assert!(attempts.allowed > 0 || empty(a).is_empty(), "{id}: nothing was tried");
            }
        }
    }
}

#[test]
fn questions_about_versions_agree_with_each_other() {
    for Step { id, old, new, expected } in steps() {
        let both = ["included", "not-included"].map(|answer| expected.iter().all(|expected| expected == answer));
        match equivalent(&old, &new) {
            Equivalence::Equivalent => assert!(both[0], "{id}"),
            Equivalence::Unknown(reason) => panic!("{id}: {reason}"),
            _ => assert!(!both[0], "{id}"),
        }
        let denies_all = id.starts_with("AWSDenyAll");
        assert_eq!(empty(&old).is_empty(), denies_all, "{id}");
        assert_eq!(matches!(disjoint(&old, &new), Emptiness::Empty), denies_all, "{id}");
    }
}
