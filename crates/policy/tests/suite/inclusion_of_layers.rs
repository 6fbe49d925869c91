//! Comparisons of whole stacks of policies, and the checks of IAM Access Analyzer.

use daypass_policy::compare::{
    Access, Emptiness, Inclusion, LayerSet, check_access_not_granted, check_no_new_access, check_no_public_access,
    empty_layers, included, included_layers,
};
use daypass_policy::{Layers, PolicyDocument, PreparedPolicy, Request, ResourceKind, evaluate};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::generate;
use crate::inclusion::documented;

fn policy(statements: &Value) -> PolicyDocument {
    PolicyDocument::parse(&json!({"Version": "2012-10-17", "Statement": statements}).to_string()).unwrap()
}

fn allow(action: &str) -> PolicyDocument {
    policy(&json!({"Effect": "Allow", "Action": action, "Resource": "*"}))
}

#[test]
fn a_boundary_takes_away_what_it_does_not_allow() {
    let identity = [allow("*")];
    let (boundary, wider) = (allow("s3:*"), [allow("s3:*"), allow("sqs:*")]);
    let bounded = LayerSet::new(&identity).boundary(&boundary);
    assert_eq!(included_layers(&bounded, &LayerSet::new(&wider)), Inclusion::Included);
    let Inclusion::Witness(request) = included_layers(&LayerSet::new(&wider), &bounded) else { panic!() };
    assert!(request.action.as_str().starts_with("sqs:"), "{request:?}");
}

/// Inside a level policies add up; every level has to allow.
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html>
#[test]
fn levels_intersect_and_policies_of_a_level_unite() {
    let identity = [allow("*")];
    let levels = [vec![allow("s3:*"), allow("sqs:*")], vec![allow("sqs:*"), allow("kms:*")]];
    let limited = LayerSet::new(&identity).scps(&levels);
    let (queues, buckets) = ([allow("sqs:*")], [allow("s3:*")]);
    assert_eq!(included_layers(&limited, &LayerSet::new(&queues)), Inclusion::Included);
    assert_eq!(included_layers(&LayerSet::new(&queues), &limited), Inclusion::Included);
    assert!(matches!(included_layers(&LayerSet::new(&buckets), &limited), Inclusion::Witness(_)));
    let apart = [vec![allow("s3:*")], vec![allow("kms:*")]];
    assert_eq!(empty_layers(&LayerSet::new(&identity).scps(&apart)), Emptiness::Empty);
    assert!(matches!(empty_layers(&limited), Emptiness::Witness(_)));
}

#[test]
fn without_identity_policies_nothing_is_allowed() {
    let boundary = allow("*");
    assert_eq!(empty_layers(&LayerSet::new(&[]).boundary(&boundary)), Emptiness::Empty);
    let identity = [allow("s3:GetObject")];
    assert!(matches!(included_layers(&LayerSet::new(&identity), &LayerSet::default()), Inclusion::Witness(_)));
}

#[test]
fn a_deny_of_any_layer_counts() {
    let identity = [allow("*")];
    let session = [policy(&json!([
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "iam:*", "Resource": "*"},
    ]))];
    let denied = LayerSet::new(&identity).session(&session);
    let Inclusion::Witness(request) = included_layers(&LayerSet::new(&identity), &denied) else { panic!() };
    assert!(request.action.as_str().starts_with("iam:"), "{request:?}");
    let others = [policy(&json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}))];
    assert_eq!(included_layers(&denied, &LayerSet::new(&others)), Inclusion::Included);
}

/// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CheckAccessNotGranted.html>
#[test]
fn access_that_must_not_be_granted_is_found_under_any_condition() {
    let granted = policy(&json!([
        {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::alpha/*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}},
        {"Effect": "Deny", "Action": "s3:DeleteObject*", "Resource": "*"},
    ]));
    let access = |actions: &[&str], resources: &[&str]| {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        [Access { actions: texts(actions), resources: texts(resources) }]
    };
    for (actions, resources, expected) in [
        (&["s3:DeleteObject"][..], &[][..], true),
        (&["s3:DeleteObject", "s3:PutObject"], &[], false),
        (&["s3:PutObject"], &["arn:aws:s3:::beta/*"], true),
        (&[], &["arn:aws:s3:::alpha/secret"], false),
        (&[], &["arn:aws:s3:::alpha"], true),
        (&["s3:PutObject"], &["arn:aws:s3:::*/secret"], false),
    ] {
        let answer = check_access_not_granted(&granted, &access(actions, resources));
        assert_eq!(answer.is_empty(), expected, "{actions:?} {resources:?}: {answer:?}");
    }
    assert_eq!(check_access_not_granted(&granted, &[]), Emptiness::Empty);
}

/// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CheckNoNewAccess.html>
#[test]
fn an_update_is_compared_with_what_was_there_before() {
    let (before, after) = (allow("s3:Get*"), allow("s3:GetObject"));
    assert_eq!(check_no_new_access(&after, &before), Inclusion::Included);
    assert!(matches!(check_no_new_access(&before, &after), Inclusion::Witness(_)));
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status>
#[test]
fn only_what_strangers_cannot_have_keeps_a_policy_from_being_public() {
    for (principal, conditions, is_public) in [
        (json!("*"), json!({}), true),
        (json!({"AWS": "*"}), json!({}), true),
        (json!({"AWS": "arn:aws:iam::111122223333:user/ana"}), json!({}), false),
        (json!({"AWS": "111122223333"}), json!({}), false),
        (json!({"Service": "lambda.amazonaws.com"}), json!({}), false),
        (json!("*"), json!({"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}}), false),
        (json!("*"), json!({"StringLike": {"aws:SourceVpce": "vpce-*"}}), true),
        (json!("*"), json!({"StringNotEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}}), true),
        (json!("*"), json!({"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1a2b3c4d"}}), true),
        (json!("*"), json!({"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}), false),
        (
            json!("*"),
            json!({"StringEquals": {"aws:PrincipalOrgID": ["o-a1b2c3d4e5", "${aws:PrincipalTag/org}"]}}),
            true,
        ),
        (json!("*"), json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-a1b2c3d4e5/*"}}), false),
        (json!("*"), json!({"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": "o-a1b2c3d4e5/*"}}), true),
        (json!("*"), json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}}), false),
        (json!("*"), json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/admin"}}), true),
        (json!("*"), json!({"StringLike": {"aws:userid": "AROAEXAMPLEID:*"}}), false),
        (json!("*"), json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}), false),
        (json!("*"), json!({"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "0.0.0.0/0"]}}), true),
        (json!("*"), json!({"IpAddress": {"aws:SourceIp": "0.0.0.0/1"}}), true),
        (json!("*"), json!({"Bool": {"aws:SecureTransport": "true"}}), true),
    ] {
        let policy = policy(&json!({
            "Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::alpha/*",
            "Condition": conditions,
        }));
        let answer = check_no_public_access(&policy);
        assert_eq!(matches!(answer, Emptiness::Witness(_)), is_public, "{principal} {conditions}: {answer:?}");
        assert_eq!(answer.is_empty(), !is_public, "{principal} {conditions}: {answer:?}");
    }
}

/// What limits a user, in the form both the comparison and the evaluator take.
#[derive(Clone, Debug)]
struct Owned {
    identity: Vec<PolicyDocument>,
    boundary: Option<PolicyDocument>,
    session: Vec<PolicyDocument>,
    scps: Vec<Vec<PolicyDocument>>,
}

impl Owned {
    fn set(&self) -> LayerSet<'_> {
        LayerSet {
            boundary: self.boundary.as_ref(),
            ..LayerSet::new(&self.identity).session(&self.session).scps(&self.scps)
        }
    }

    fn allows(&self, request: &Request) -> bool {
        let all = |documents: &[PolicyDocument]| documents.iter().map(PreparedPolicy::new).collect::<Vec<_>>();
        let (identity, session) = (all(&self.identity), all(&self.session));
        let boundary = self.boundary.as_ref().map(PreparedPolicy::new);
        let scps: Vec<_> = self.scps.iter().map(|level| all(level)).collect();
        let layers = Layers {
            boundary: boundary.as_ref(),
            resource_kind: Some(ResourceKind::Other),
            ..Layers::new(&identity).session(&session).scps(&scps)
        };
        evaluate(request, &layers).is_allowed()
    }
}

fn owned() -> impl Strategy<Value = Owned> {
    let documents = || vec(generate::document(false), 1..3);
    let wide = || prop_oneof![2 => Just(allow("*")), 1 => generate::document(false)];
    (documents(), option::of(wide()), vec(wide(), 0..2), vec(vec(wide(), 1..3), 0..3))
        .prop_map(|(identity, boundary, session, scps)| Owned { identity, boundary, session, scps })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(800))]

    #[test]
    fn stacks_agree_with_the_evaluator(a in owned(), b in owned(), requests in vec(generate::request(), 30)) {
        let answer = included_layers(&a.set(), &b.set());
        if let Inclusion::Witness(request) = &answer {
            prop_assert!(a.allows(request) && !b.allows(request), "{:?}", request);
        }
        for request in requests.iter().map(documented) {
            let caller = "arn:aws:iam::111122223333:user/bob".parse().unwrap();
            let request = Request { principal: caller, resource_account: Some("111122223333".to_owned()), ..request };
            prop_assert!(!(answer.is_included() && a.allows(&request) && !b.allows(&request)), "{:?}", request);
        }
    }

    #[test]
    fn a_stack_includes_itself_and_limits_only_narrow(a in owned(), limit in generate::document(false)) {
        prop_assert_eq!(included_layers(&a.set(), &a.set()), Inclusion::Included);
        let levels: Vec<_> = a.scps.iter().cloned().chain([vec![limit]]).collect();
        prop_assert_eq!(included_layers(&a.set().scps(&levels), &a.set()), Inclusion::Included);
    }

    #[test]
    fn a_single_layer_is_a_single_policy(a in generate::document(false), b in generate::document(false)) {
        let of = |document: &PolicyDocument| [document.clone()];
        let (one, other) = (of(&a), of(&b));
        let layered = included_layers(&LayerSet::new(&one), &LayerSet::new(&other));
        prop_assert_eq!(layered.is_included(), included(&a, &b).is_included());
    }
}
