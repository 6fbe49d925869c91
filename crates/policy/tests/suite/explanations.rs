//! An explanation never disagrees with the decision, and says what keeps a statement from applying.

use daypass_policy::cases::{CasePolicies, EvaluationCase};
use daypass_policy::explain::{Condition, LayerVerdict, Miss, explain};
use daypass_policy::{Context, ContextValue, Decision, Layer, Request};

const CASES: &str = include_str!("../samples/policy-eval.jsonl");

#[test]
fn on_every_sample_the_statements_bear_out_the_decision() {
    for line in CASES.lines() {
        let case = EvaluationCase::parse(line).unwrap();
        let explanation = explain(&case.request, &case.policies).unwrap();
        let answer = case.evaluate().unwrap();
        assert_eq!(explanation.answer, answer, "{}", case.id);
        let layers = || explanation.layers.iter();
        let denies = layers().any(|layer| layer.verdict == LayerVerdict::Denies);
        assert_eq!(denies, answer.decision == Decision::ExplicitlyDenied, "{}", case.id);
        for deciding in &answer.deciding {
            let told =
                layers().flat_map(|layer| &layer.statements).find(|statement| statement.at == *deciding).unwrap();
            assert!(told.applies(), "{}: {told:?}", case.id);
        }
        if let Some(stopped_by) = answer.stopped_by {
            let verdict = layers().find(|layer| layer.layer == stopped_by).map(|layer| layer.verdict);
            assert_ne!(verdict, Some(LayerVerdict::Denies), "{}", case.id);
        }
        let is_lacking = answer.decision == Decision::ImplicitlyDenied;
        assert_eq!(explanation.needs_allow.is_empty(), !is_lacking, "{}", case.id);
        assert_eq!(explanation.needs_allow.first().copied(), answer.stopped_by, "{}", case.id);
    }
}

fn told(policy: &str, context: Context) -> Vec<Vec<Miss>> {
    let mut request = Request::new(
        "arn:aws:iam::111122223333:user/ana".parse().unwrap(),
        "s3:GetObject".parse().unwrap(),
        "arn:aws:s3:::data/x",
    );
    request.context = context;
    let policies = CasePolicies { resource: Some(policy), ..CasePolicies::default() };
    let explanation = explain(&request, &policies).unwrap();
    let misses = explanation.layers.into_iter().flat_map(|layer| layer.statements);
    misses.map(|statement| statement.misses).collect()
}

#[test]
fn each_element_that_does_not_fit_is_named() {
    let policy = r#"{"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/*"},
        {"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "NotAction": "s3:*", "NotResource": "arn:aws:s3:::*"},
        {"Effect": "Allow", "NotPrincipal": {"AWS": "arn:aws:iam::111122223333:user/bob"}, "Action": "*", "Resource": "*",
         "Condition": {"StringLike": {"aws:username": ["b*", "c*"], "aws:SourceVpc": "vpc-${aws:username}"},
                       "Bool": {"aws:SecureTransport": true}}}]}"#;
    let context = Context::new().with("aws:username", "ana").with("aws:SecureTransport", "true");
    let condition = |key: &str, wanted: &[&str], found: Option<&str>| {
        Miss::Condition(Condition {
            operator: "StringLike".to_owned(),
            key: key.to_owned(),
            wanted: wanted.iter().map(ToString::to_string).collect(),
            found: found.map(|value| ContextValue::Single(value.to_owned())),
        })
    };
    assert_eq!(
        told(policy, context),
        [
            vec![],
            vec![Miss::Principal, Miss::Action, Miss::Resource],
            vec![
                condition("aws:username", &["b*", "c*"], Some("ana")),
                condition("aws:SourceVpc", &["vpc-${aws:username}"], None),
            ],
        ]
    );
}

#[test]
fn all_layers_that_lack_an_allow_are_named_at_once() {
    let read = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}}"#;
    let other = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}}"#;
    let request = Request::new(
        "arn:aws:iam::111122223333:user/ana".parse().unwrap(),
        "s3:GetObject".parse().unwrap(),
        "arn:aws:s3:::data/x",
    );
    let policies = CasePolicies {
        identity: vec![other],
        boundary: Some(read),
        session: vec![other],
        scps: vec![vec![read], vec![other]],
        ..CasePolicies::default()
    };
    let explanation = explain(&request, &policies).unwrap();
    assert_eq!(explanation.needs_allow, [Layer::Scp(1), Layer::Identity, Layer::Session]);
    let verdicts: Vec<_> = explanation.layers.iter().map(|layer| (layer.layer, layer.verdict)).collect();
    let (allows, silent) = (LayerVerdict::Allows, LayerVerdict::Silent);
    assert_eq!(
        verdicts,
        [
            (Layer::Scp(0), allows),
            (Layer::Scp(1), silent),
            (Layer::Identity, silent),
            (Layer::Boundary, allows),
            (Layer::Session, silent),
        ]
    );
}

#[test]
fn statements_are_found_in_their_text_and_bad_policies_by_their_place() {
    let text = "{\n \"Statement\": [\n  {\"Effect\": \"Allow\", \"Action\": \"*\", \"Resource\": \"*\"},\n  {\"Sid\": \"B\",\n   \"Effect\": \"Deny\", \"Action\": \"*\", \"Resource\": \"*\"}]}";
    let request = Request::new("lambda.amazonaws.com".parse().unwrap(), "s3:GetObject".parse().unwrap(), "*");
    let explanation = explain(&request, &CasePolicies { scps: vec![vec![text]], ..CasePolicies::default() }).unwrap();
    let layer = &explanation.layers[0];
    assert_eq!(layer.statements.iter().map(|statement| statement.line).collect::<Vec<_>>(), [3, 4]);
    assert_eq!(layer.verdict, LayerVerdict::DoesNotBind, "SCPs do not bind services");
    let verdict = |action: &str| {
        let request = Request { action: action.parse().unwrap(), ..request.clone() };
        let deny = r#"{"Statement": {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}}"#;
        let policies = CasePolicies { rcps: vec![vec![deny]], ..CasePolicies::default() };
        explain(&request, &policies).unwrap().layers[0].verdict
    };
    assert_eq!(verdict("s3:GetObject"), LayerVerdict::Denies);
    assert_eq!(verdict("iam:GetUser"), LayerVerdict::DoesNotBind, "IAM does not support RCPs");
    let policies = CasePolicies { session: vec![text, "{}"], ..CasePolicies::default() };
    let (place, error) = explain(&request, &policies).unwrap_err();
    assert_eq!(
        (place.to_string().as_str(), error.message.as_str()),
        ("2nd session policy", "missing field `Statement`")
    );
}
