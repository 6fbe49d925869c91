//! `Action`, `Resource`, `Principal` and their `Not…` forms, as AWS' pages describe them.

use daypass_policy::{Context, Layers, PolicyDocument, PreparedPolicy, Principal, Request, evaluate};
use serde_json::{Value, json};

const BOB: &str = "arn:aws:iam::111122223333:user/bob";

fn prepared(document: &Value) -> PreparedPolicy {
    PreparedPolicy::new(&PolicyDocument::parse(&document.to_string()).unwrap())
}

fn allows(elements: &Value, action: &str, resource: &str) -> bool {
    let mut statement = json!({"Effect": "Allow"});
    statement.as_object_mut().unwrap().extend(elements.as_object().unwrap().clone());
    let identity = [prepared(&json!({"Version": "2012-10-17", "Statement": statement}))];
    let mut request = Request::new(BOB.parse().unwrap(), action.parse().unwrap(), resource);
    request.context = Context::new().with("aws:username", "bob");
    evaluate(&request, &Layers::new(&identity)).is_allowed()
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html> and `…_notaction.html`
#[test]
fn actions_ignore_case_and_take_wildcards() {
    for (element, patterns, action, expected) in [
        ("Action", json!("S3:getobject"), "s3:GetObject", true),
        ("Action", json!("s3:*"), "s3:GetObject", true),
        ("Action", json!("s3:*"), "s3express:CreateSession", false),
        ("Action", json!("*"), "iam:PassRole", true),
        ("Action", json!("iam:*AccessKey*"), "iam:UpdateAccessKey", true),
        ("Action", json!("s3:Get?bject"), "s3:GetObject", true),
        ("Action", json!(["sqs:*", "s3:PutObject"]), "s3:GetObject", false),
        ("NotAction", json!("iam:*"), "s3:GetObject", true),
        ("NotAction", json!(["iam:*", "S3:GET*"]), "s3:GetObject", false),
        ("NotAction", json!("*"), "s3:GetObject", false),
    ] {
        let elements = json!({element: patterns, "Resource": "*"});
        assert_eq!(allows(&elements, action, "*"), expected, "{element} {patterns} on {action}");
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html> and `…_notresource.html`
#[test]
fn resources_match_part_by_part() {
    let object = "arn:aws:s3:::alpha/home/bob/x:y";
    let stream = "arn:aws:logs:eu-west-1:111122223333:log-group:g:log-stream:s";
    for (element, patterns, resource, expected) in [
        ("Resource", json!("*"), object, true),
        ("Resource", json!("*"), "*", true),
        ("Resource", json!("arn:aws:s3:::alpha/*"), "*", false),
        ("Resource", json!("arn:aws:s3:::alpha/*"), object, true),
        ("Resource", json!("arn:aws:s3:::ALPHA/*"), object, false),
        ("Resource", json!("arn:aws:s3:::*/bob/*"), object, true),
        ("Resource", json!("arn:aws:s3:::alpha/home/${aws:username}/*"), object, true),
        ("Resource", json!("arn:aws:s3:::alpha/home/${aws:userid}/*"), object, false),
        ("Resource", json!("arn:aws:s3:::alpha/????/bob/x?y"), object, true),
        ("Resource", json!("arn:aws:s*3:::alpha/*"), "arn:aws:s:x3:::alpha/x", false),
        ("Resource", json!("arn:aws:sq?:::alpha/*"), object, false),
        ("Resource", json!("arn:aws:*"), object, true),
        ("Resource", json!("arn:aws:s3*"), object, true),
        ("Resource", json!("arn:aws:logs:*:log-stream:s"), stream, true),
        ("Resource", json!("arn:aws:logs:e*1:111122223333:log-group:g:*"), stream, true),
        ("Resource", json!("arn:aws:logs:*:log-stream:t"), stream, false),
        ("Resource", json!("arn:aws:logs:*"), stream, true),
        ("Resource", json!("arn:aws:logs:eu-west-1:*:s"), stream, true),
        ("Resource", json!("arn:aws:logs:eu-west-1:*:log-s*:s"), stream, true),
        ("Resource", json!("arn:aws:logs:eu-west-1:*:log-s*:t"), stream, false),
        ("Resource", json!("arn:aws:logs:eu-west-1:*:l*t*"), stream, true),
        ("Resource", json!("arn:aws:logs:eu-west-1:*:l*:?"), stream, true),
        ("NotResource", json!("arn:aws:s3:::beta/*"), object, true),
        ("NotResource", json!(["arn:aws:s3:::beta/*", "arn:aws:s3:::alpha/*"]), object, false),
        ("NotResource", json!("arn:aws:s3:::alpha/home/${aws:userid}/*"), object, true),
        ("NotResource", json!(["arn:aws:s3:::beta/*", "arn:aws:s3:::alpha/home/${aws:userid}/*"]), object, true),
        ("NotResource", json!("arn:aws:s3:::alpha/home/${aws:userid, 'eve'}/*"), object, true),
        ("Resource", json!("arn:aws:${aws:username}:::alpha/*"), "arn:aws:bob:::alpha/x", false),
        ("NotResource", json!("arn:aws:${aws:username}:::alpha/*"), "arn:aws:bob:::alpha/x", true),
        ("NotResource", json!("*"), object, false),
    ] {
        let elements = json!({"Action": "*", element: patterns});
        assert_eq!(allows(&elements, "s3:GetObject", resource), expected, "{element} {patterns} on {resource}");
    }
}

/// Who is named by a resource-based policy, for a bucket in another account than the callers'.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html> and `…_notprincipal.html`
#[test]
fn principals_are_named_by_arn_account_or_star() {
    let session = "arn:aws:sts::111122223333:assumed-role/app/s1";
    let federated = "arn:aws:sts::111122223333:federated-user/bob";
    let saml = "arn:aws:iam::111122223333:saml-provider/corp";
    for (element, principals, caller, expected) in [
        ("Principal", json!("*"), BOB, true),
        ("Principal", json!("*"), "anonymous", true),
        ("Principal", json!({"AWS": "*"}), "anonymous", true),
        ("Principal", json!({"AWS": "*"}), "lambda.amazonaws.com", true),
        ("Principal", json!({"AWS": "111122223333"}), BOB, true),
        ("Principal", json!({"AWS": "arn:aws:iam::111122223333:root"}), session, true),
        ("Principal", json!({"AWS": "444455556666"}), BOB, false),
        ("Principal", json!({"AWS": BOB}), BOB, true),
        ("Principal", json!({"AWS": "arn:aws:iam::111122223333:user/b*"}), BOB, false),
        ("Principal", json!({"AWS": "arn:aws:iam::111122223333:role/team/app"}), session, true),
        ("Principal", json!({"AWS": "arn:aws:iam::111122223333:role/app"}), session, false),
        ("Principal", json!({"AWS": session}), session, true),
        ("Principal", json!({"AWS": federated}), federated, true),
        ("Principal", json!({"AWS": BOB}), federated, true),
        ("Principal", json!({"Service": ["sns.amazonaws.com", "lambda.amazonaws.com"]}), "lambda.amazonaws.com", true),
        ("Principal", json!({"Service": "sns.amazonaws.com"}), "lambda.amazonaws.com", false),
        ("Principal", json!({"Service": "*"}), "lambda.amazonaws.com", true),
        ("Principal", json!({"Service": "*"}), BOB, false),
        ("Principal", json!({"AWS": "lambda.amazonaws.com"}), "lambda.amazonaws.com", false),
        ("Principal", json!({"Federated": saml}), saml, true),
        ("Principal", json!({"AWS": saml}), saml, false),
        ("Principal", json!({"Federated": "accounts.google.com"}), "accounts.google.com", true),
        ("Principal", json!({"CanonicalUser": "abc"}), BOB, false),
        ("NotPrincipal", json!({"AWS": ["444455556666"]}), BOB, true),
        ("NotPrincipal", json!({"AWS": [BOB, "111122223333"]}), BOB, false),
        ("NotPrincipal", json!({"AWS": ["arn:aws:iam::111122223333:user/eve", "111122223333"]}), BOB, true),
    ] {
        let policy = prepared(&json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", element: principals, "Action": "s3:*", "Resource": "*",
        }}));
        let identity = [prepared(&json!({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}))];
        let context = Context::new().with("aws:PrincipalArn", "arn:aws:iam::111122223333:role/team/app");
        let mut request = Request::new(
            Principal::parse_in(caller, &context).unwrap(),
            "s3:GetObject".parse().unwrap(),
            "arn:aws:s3:::a/b",
        );
        request.resource_account = Some("444455556666".to_owned());
        let allowed = evaluate(&request, &Layers::new(&identity).session(&identity).resource(&policy)).is_allowed();
        assert_eq!(allowed, expected, "{element} {principals} on {caller}");
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>
#[test]
fn callers_are_told_apart_by_their_names() {
    for caller in [
        BOB,
        "arn:aws:iam::111122223333:root",
        "arn:aws-cn:sts::111122223333:assumed-role/app/s1",
        "arn:aws:sts::111122223333:federated-user/bob",
        "arn:aws:iam::111122223333:saml-provider/corp",
        "arn:aws:iam::111122223333:oidc-provider/token.example.com",
        "lambda.amazonaws.com",
        "www.amazon.com",
        "idp.example.com",
        "anonymous",
    ] {
        assert_eq!(caller.parse::<Principal>().unwrap().to_string(), caller);
    }
    for other in [
        "",
        "*",
        "bob",
        ".amazonaws.com",
        "a b.example.com",
        "arn:aws:iam::111122223333:role/app",
        "arn:aws:iam::1111:user/bob",
        "arn:aws:iam::111122223333:user/",
        "arn:aws:sts::111122223333:assumed-role/app",
        "arn:aws:s3:::alpha",
    ] {
        assert!(other.parse::<Principal>().is_err(), "{other}");
    }
    let session = "arn:aws:sts::111122223333:assumed-role/app/s1";
    let with_role = |role: &str| {
        Principal::role_session(session, role).ok().and_then(|caller| caller.role_arn().map(str::to_owned))
    };
    assert_eq!(
        with_role("arn:aws:iam::111122223333:role/a/b/app").as_deref(),
        Some("arn:aws:iam::111122223333:role/a/b/app")
    );
    assert_eq!(with_role("arn:aws:iam::111122223333:role/other"), None);
    assert_eq!(with_role("arn:aws:iam::444455556666:role/app"), None);
    assert!(Principal::role_session(BOB, "arn:aws:iam::111122223333:role/app").is_err());
}
