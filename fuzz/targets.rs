//! What the fuzzers do with an input. `crates/policy/tests/suite/fuzzing.rs` does the same with the seeds on every test run,
//! so that none of this can rot.

use std::time::{Duration, Instant};

use daypass_policy::cases::{Evaluated, EvaluationCase, InclusionCase};
use daypass_policy::compare::{Inclusion, included};
use daypass_policy::{
    Action, Decision, Layers, Operator, PolicyDocument, PolicyKind, PreparedPolicy, Principal, Request, ResourceKind,
    Statement, decide, evaluate,
};

const KINDS: [PolicyKind; 8] = [
    PolicyKind::Identity,
    PolicyKind::Trust,
    PolicyKind::Resource,
    PolicyKind::Boundary,
    PolicyKind::Session,
    PolicyKind::Scp,
    PolicyKind::Rcp,
    PolicyKind::Endpoint,
];

/// Any text: nothing panics, and what is read is printed as it was read.
pub(crate) fn parser(text: &str) {
    let _ = (text.parse::<Principal>(), text.parse::<Action>(), text.parse::<Operator>());
    for kind in KINDS {
        let of_kind = PolicyDocument::parse_as(text, kind);
        assert!(of_kind.is_err() || PolicyDocument::parse(text).is_ok(), "{kind} is stricter than no kind at all");
    }
    if let Ok(document) = PolicyDocument::parse(text) {
        assert_eq!(PolicyDocument::parse(&document.to_json()).as_ref(), Ok(&document));
        assert_eq!(PolicyDocument::parse(&document.to_string()).as_ref(), Ok(&document));
    }
}

/// A case of evaluation: the decision with reasons is the one without, and adding a Deny for everything denies.
pub(crate) fn evaluator(text: &str) {
    let Ok(case) = EvaluationCase::parse(text) else { return };
    let Ok(policies) = case.prepare() else { return };
    let layers = policies.layers();
    let answer = evaluate(&case.request, &layers);
    assert_eq!(answer.decision, decide(&case.request, &layers));
    assert!(!answer.to_string().is_empty() && !Evaluated::new(&case.id, &answer).reasons.is_empty());
    let deny = PolicyDocument::from_statements(vec![Statement::deny().actions(["*"]).resources(["*"])]);
    let mut identity = layers.identity.to_vec();
    identity.push(PreparedPolicy::new(&deny));
    assert_eq!(decide(&case.request, &Layers { identity: &identity, ..layers }), Decision::ExplicitlyDenied);
}

/// A case of comparison: every witness holds, both ways, a policy contains itself, and it takes no more than seconds.
pub(crate) fn comparer(text: &str) {
    let Ok(InclusionCase { a, b, .. }) = InclusionCase::parse(text) else { return };
    let started = Instant::now();
    for (small, large) in [(&a, &b), (&b, &a)] {
        if let Inclusion::Witness(request) = included(small, large) {
            assert!(grants(small, &request) && !grants(large, &request), "the witness does not tell them apart");
        }
        assert!(!matches!(included(small, small), Inclusion::Witness(_)), "a policy does not contain itself");
    }
    assert!(started.elapsed() < Duration::from_secs(20), "took {:?}", started.elapsed());
}

/// Any text as any kind of policy: findings have a place in the text.
pub(crate) fn lint(text: &str) {
    let lines = text.lines().count().max(1);
    for kind in KINDS {
        for finding in daypass_policy::lint::lint(text, kind) {
            assert!((1..=lines + 1).contains(&finding.line), "{finding}");
        }
    }
}

/// Whether a policy alone grants a request. Where the resource belongs to another account, and everything else allows
/// everything, its policy decides, whomever it names.
fn grants(document: &PolicyDocument, request: &Request) -> bool {
    let all = PolicyDocument::from_statements(vec![Statement::allow().actions(["*"]).resources(["*"])]);
    let all = [PreparedPolicy::new(&all)];
    let policy = PreparedPolicy::new(document);
    let mut request = request.clone();
    request.resource_account = Some("999999999999".to_owned());
    let layers = Layers::new(&all).session(&all).resource_of(ResourceKind::Other, &policy);
    decide(&request, &layers) == Decision::Allowed
}
