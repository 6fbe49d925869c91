//! How the layers of policies combine, and what the answer says about it.

use daypass_policy::{
    Context, Layer, Layers, PolicyDocument, PreparedPolicy, Principal, Request, ResourceKind, evaluate,
};
use serde_json::{Value, json};

const BOB: &str = "arn:aws:iam::111122223333:user/bob";
const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/app/s1";
const ROLE: &str = "arn:aws:iam::111122223333:role/app";
const ROOT: &str = "arn:aws:iam::111122223333:root";
const FEDERATED: &str = "arn:aws:sts::111122223333:federated-user/bob";

fn policy(statements: Value) -> PreparedPolicy {
    PreparedPolicy::new(
        &PolicyDocument::parse(&json!({"Version": "2012-10-17", "Statement": statements}).to_string()).unwrap(),
    )
}

fn everything() -> PreparedPolicy {
    policy(json!({"Effect": "Allow", "Action": "*", "Resource": "*"}))
}

fn nothing() -> PreparedPolicy {
    policy(json!({"Effect": "Allow", "Action": "none:Nothing", "Resource": "*"}))
}

fn granting(principals: Value) -> PreparedPolicy {
    policy(json!({"Effect": "Allow", "Principal": principals, "Action": "*", "Resource": "*"}))
}

fn request(caller: &str, action: &str, resource: &str) -> Request {
    Request::new(caller.parse().unwrap(), action.parse().unwrap(), resource)
}

fn in_account(account: &str, caller: &str) -> Request {
    let mut request = request(caller, "s3:GetObject", "arn:aws:s3:::alpha/x");
    request.resource_account = Some(account.to_owned());
    request
}

/// The table of the page: what a resource-based policy grants beside implicit denies elsewhere, within one account.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>
#[test]
fn within_an_account_a_grant_reaches_as_far_as_whom_it_names() {
    let none = [nothing()];
    let (all, limit) = ([everything()], nothing());
    for (caller, named, alone, below_limit, with_identity_below_limit) in [
        (BOB, json!({"AWS": BOB}), true, true, true),
        (BOB, json!({"AWS": ROOT}), false, false, false),
        (BOB, json!("*"), true, true, true),
        (SESSION, json!({"AWS": SESSION}), true, true, true),
        (SESSION, json!({"AWS": ROLE}), true, false, false),
        (SESSION, json!({"AWS": "111122223333"}), false, false, false),
        (FEDERATED, json!({"AWS": FEDERATED}), true, true, true),
        (FEDERATED, json!({"AWS": BOB}), false, false, false),
    ] {
        let resource = granting(named.clone());
        let request = in_account("111122223333", caller);
        let allowed = |layers: Layers<'_>| evaluate(&request, &layers).is_allowed();
        assert_eq!(allowed(Layers::new(&none).resource(&resource)), alone, "{caller} named {named}");
        for limited in [Layers::new(&none).boundary(&limit), Layers::new(&none).session(&none)] {
            assert_eq!(allowed(limited.resource(&resource)), below_limit, "{caller} named {named}, limited");
        }
        let limited = Layers::new(&all).boundary(&limit).resource(&resource);
        assert_eq!(allowed(limited), with_identity_below_limit, "{caller} named {named}, with identity policy");
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html>
#[test]
fn across_accounts_both_sides_have_to_allow() {
    let (none, all) = ([nothing()], [everything()]);
    let (direct, account) = (granting(json!({"AWS": BOB})), granting(json!({"AWS": ROOT})));
    let request = in_account("444455556666", BOB);
    for (layers, expected) in [
        (Layers::new(&all), Some(Layer::Resource(ResourceKind::Bucket))),
        (Layers::new(&none).resource(&direct), Some(Layer::Identity)),
        (Layers::new(&all).resource(&direct), None),
        (Layers::new(&all).resource(&account), None),
        (Layers::new(&all).resource(&direct).boundary(&none[0]), Some(Layer::Boundary)),
        (Layers::new(&all).resource(&direct).session(&none), Some(Layer::Session)),
    ] {
        assert_eq!(evaluate(&request, &layers).stopped_by, expected);
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html> and
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session>
#[test]
fn boundary_and_session_policies_limit_and_never_grant() {
    let (none, all) = ([nothing()], [everything()]);
    let request = in_account("111122223333", SESSION);
    for (layers, expected) in [
        (Layers::new(&all).boundary(&all[0]).session(&all), None),
        (Layers::new(&all).boundary(&none[0]), Some(Layer::Boundary)),
        (Layers::new(&all).session(&none), Some(Layer::Session)),
        (Layers::new(&none).boundary(&all[0]).session(&all), Some(Layer::Identity)),
    ] {
        assert_eq!(evaluate(&request, &layers).stopped_by, expected);
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>
#[test]
fn not_principal_denies_callers_with_a_boundary_whoever_is_listed() {
    let identity = [everything()];
    let boundary = everything();
    let spared =
        policy(json!({"Effect": "Deny", "NotPrincipal": {"AWS": [BOB, ROOT]}, "Action": "*", "Resource": "*"}));
    let request = in_account("111122223333", BOB);
    assert!(evaluate(&request, &Layers::new(&identity).resource(&spared)).is_allowed());
    assert!(!evaluate(&request, &Layers::new(&identity).resource(&spared).boundary(&boundary)).is_allowed());
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html> and
/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>
#[test]
fn roles_and_keys_are_closed_unless_their_own_policy_opens_them() {
    let all = [everything()];
    for (action, resource) in [
        ("sts:AssumeRole", "arn:aws:iam::111122223333:role/r"),
        ("kms:Decrypt", "arn:aws:kms:eu-west-1:111122223333:key/k"),
    ] {
        let request = request(BOB, action, resource);
        let (account, other, direct) =
            (granting(json!({"AWS": ROOT})), granting(json!({"AWS": "444455556666"})), granting(json!({"AWS": BOB})));
        let allowed = |layers: Layers<'_>| evaluate(&request, &layers).is_allowed();
        assert!(!allowed(Layers::new(&all)), "{action} without the resource's policy");
        assert!(!allowed(Layers::new(&all).resource(&other)), "{action} with a policy about others");
        assert!(allowed(Layers::new(&all).resource(&account)), "{action} with the account named and passing it on");
        assert!(!allowed(Layers::new(&[]).resource(&account)), "{action} with the account named only");
        assert!(allowed(Layers::new(&[]).resource(&direct)), "{action} with the caller named");
    }
}

/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html>
#[test]
fn every_level_of_scps_has_to_allow_and_none_may_deny() {
    let all = [everything()];
    let deny = policy(json!({"Effect": "Deny", "Action": "s3:*", "Resource": "*"}));
    let request = in_account("111122223333", BOB);
    for (scps, expected) in [
        (vec![vec![everything()], vec![nothing(), everything()]], "allowed"),
        (vec![vec![everything()], vec![nothing()]], "not allowed"),
        (vec![vec![everything()], vec![]], "not allowed"),
        (vec![vec![everything()], vec![everything(), deny.clone()]], "denied"),
        (vec![], "allowed"),
    ] {
        let answer = evaluate(&request, &Layers::new(&all).scps(&scps)).to_string();
        assert!(answer.starts_with(expected), "{answer}");
    }
}

/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html> and `…_rcps.html`
#[test]
fn scps_bind_users_and_roles_while_rcps_bind_whoever_uses_the_resource() {
    let deny = || policy(json!({"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}));
    let (levels, resource, all) = (vec![vec![everything(), deny()]], granting(json!("*")), [everything()]);
    let linked =
        Principal::role_session(SESSION, "arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/app")
            .unwrap();
    for (caller, scp_binds, rcp_binds) in [
        (BOB.parse().unwrap(), true, true),
        (ROOT.parse().unwrap(), true, true),
        ("lambda.amazonaws.com".parse().unwrap(), false, true),
        (Principal::anonymous(), false, true),
        (linked, false, false),
    ] {
        let mut request = in_account("111122223333", BOB);
        request.principal = caller;
        let layers = Layers::new(&all).resource(&resource);
        assert_eq!(!evaluate(&request, &layers.scps(&levels)).is_allowed(), scp_binds, "SCP on {}", request.principal);
        assert_eq!(!evaluate(&request, &layers.rcps(&levels)).is_allowed(), rcp_binds, "RCP on {}", request.principal);
    }
}

/// `RCPFullAWSAccess` cannot be detached:
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html>
#[test]
fn levels_without_rcps_allow() {
    let (all, rcps) = ([everything()], vec![vec![], vec![]]);
    assert!(evaluate(&in_account("111122223333", BOB), &Layers::new(&all).rcps(&rcps)).is_allowed());
}

/// <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>
#[test]
fn an_endpoint_policy_has_to_allow_the_caller() {
    let all = [everything()];
    let request = in_account("111122223333", BOB);
    for (endpoint, expected) in [
        (granting(json!("*")), None),
        (granting(json!({"AWS": "444455556666"})), Some(Layer::Endpoint)),
        (nothing(), Some(Layer::Endpoint)),
    ] {
        let endpoint = [endpoint];
        assert_eq!(evaluate(&request, &Layers::new(&all).endpoint(&endpoint)).stopped_by, expected);
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>: the
/// root user needs no policy in its own account, but a Deny in an SCP or of the resource stops it.
#[test]
fn the_root_user_may_everything_in_its_account_that_nothing_denies() {
    let deny = policy(json!({"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}));
    assert!(evaluate(&in_account("111122223333", ROOT), &Layers::default()).is_allowed());
    assert!(!evaluate(&in_account("111122223333", ROOT), &Layers::default().resource(&deny)).is_allowed());
    assert!(!evaluate(&in_account("444455556666", ROOT), &Layers::default()).is_allowed());
}

#[test]
fn services_and_strangers_get_what_the_resource_grants_them() {
    let all = [everything()];
    for caller in ["lambda.amazonaws.com", "anonymous"] {
        let request = in_account("111122223333", caller);
        assert!(!evaluate(&request, &Layers::new(&all)).is_allowed(), "{caller}");
        assert!(
            !evaluate(&request, &Layers::new(&all).resource(&granting(json!({"AWS": ROOT})))).is_allowed(),
            "{caller}"
        );
        assert!(evaluate(&request, &Layers::new(&[]).resource(&granting(json!("*")))).is_allowed(), "{caller}");
    }
}

#[test]
fn the_resource_is_where_its_arn_says_unless_told_otherwise() {
    let all = [everything()];
    let allowed = |request: &Request| evaluate(request, &Layers::new(&all)).is_allowed();
    let mut queue = request(BOB, "sqs:SendMessage", "arn:aws:sqs:eu-west-1:444455556666:q");
    assert!(!allowed(&queue));
    queue.resource_account = Some("111122223333".to_owned());
    assert!(allowed(&queue));
    assert!(allowed(&request(BOB, "s3:GetObject", "arn:aws:s3:::alpha/x")));
    assert!(allowed(&request(BOB, "ec2:DescribeRegions", "*")));
}

#[test]
fn answers_print_as_one_line_that_names_the_place() {
    let identity = [
        policy(json!({"Effect": "Allow", "Action": "sqs:*", "Resource": "*"})),
        policy(json!([{"Effect": "Allow", "Action": "none:Nothing", "Resource": "*"},
            {"Sid": "Read", "Effect": "Allow", "Action": "s3:Get*", "Resource": "*"},
            {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}])),
    ];
    let boundary = policy(json!([{"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Sid": "DenyAfterEnd", "Effect": "Deny", "Action": "*", "Resource": "*",
         "Condition": {"DateGreaterThanEquals": {"aws:CurrentTime": "2030-01-01T12:00:00Z"}}},
        {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}]));
    let layers = Layers::new(&identity).boundary(&boundary);
    let inside = Context::new().with("aws:SourceIp", "10.1.2.3");
    for (action, context, expected) in [
        (
            "s3:GetObject",
            inside.clone(),
            "allowed by statement `Read` (2nd statement of the 2nd identity policy) and statement `All` (1st statement of the boundary)",
        ),
        (
            "s3:GetObject",
            inside.clone().with("aws:CurrentTime", "2030-01-01T12:00:00Z"),
            "denied by statement `DenyAfterEnd` (2nd statement of the boundary)",
        ),
        (
            "s3:GetObject",
            Context::new(),
            "denied by the 3rd statement of the boundary (the request lacks aws:SourceIp)",
        ),
        (
            "s3:PutObject",
            inside.clone(),
            "not allowed: no statement of the identity policies allows s3:PutObject on arn:aws:s3:::alpha/x (the request lacks aws:MultiFactorAuthPresent)",
        ),
        (
            "iam:PassRole",
            inside,
            "not allowed: no statement of the identity policies allows iam:PassRole on arn:aws:s3:::alpha/x",
        ),
    ] {
        let mut request = request(BOB, action, "arn:aws:s3:::alpha/x");
        request.context = context;
        assert_eq!(evaluate(&request, &layers).to_string(), expected);
    }
}

#[test]
fn answers_serialise_with_their_places() {
    let identity = [policy(json!({"Sid": "No", "Effect": "Deny", "Action": "*", "Resource": "*"}))];
    let answer =
        |layers: Layers<'_>| serde_json::to_value(evaluate(&in_account("444455556666", BOB), &layers)).unwrap();
    assert_eq!(
        answer(Layers::new(&identity)),
        json!({"decision": "ExplicitlyDenied", "deciding": [{"layer": "identity", "policy": 0, "statement": 0, "sid": "No"}]})
    );
    assert_eq!(
        answer(Layers::default()),
        json!({"decision": "ImplicitlyDenied", "deciding": [], "stopped_by": {"layer": "resource", "detail": "bucket"}})
    );
    let scps = vec![vec![]];
    assert_eq!(answer(Layers::default().scps(&scps))["stopped_by"], json!({"layer": "scp", "detail": 0}));
}
