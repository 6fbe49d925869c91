//! Parsing, printing and building documents.

use daypass_policy::{
    Comparison, Layers, Operator, PolicyDocument, PolicyKind, PreparedPolicy, Request, Statement, Version, evaluate,
};

/// Where and why a document is refused: `line:column pointer message`.
fn refusal(text: &str) -> String {
    place(PolicyDocument::parse(text).unwrap_err())
}

/// The same for a document that is to be stored.
fn refusal_as(kind: PolicyKind, text: &str) -> String {
    place(PolicyDocument::parse_as(text, kind).unwrap_err())
}

fn place(error: daypass_policy::ParseError) -> String {
    format!("{}:{} {} {}", error.line, error.column, error.pointer, error.message)
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>
#[test]
fn the_first_thing_that_is_wrong_is_reported_with_its_place() {
    for (text, expected) in [
        ("", "1:1  not valid JSON: unexpected end of the document"),
        ("{\n  'Version': 1}", "2:3  not valid JSON: expected a field name in double quotes"),
        ("[]", "1:1  expected an object, not a list"),
        ("{}", "1:1  missing field `Statement`"),
        (r#"{"statement": []}"#, "1:2 /statement unknown field `statement`; it is written `Statement`"),
        (
            r#"{"Version": "2012-10-18", "Statement": {}}"#,
            "1:13 /Version unknown version `2012-10-18`; expected `2012-10-17` or `2008-10-17`",
        ),
        (r#"{"Statement": [{}]}"#, "1:16 /Statement/0 missing field `Effect`"),
        (
            r#"{"Statement": {"Effect": "allow"}}"#,
            "1:26 /Statement/Effect unknown effect `allow`; expected `Allow` or `Deny`",
        ),
        (
            r#"{"Statement": {"Effect": "Allow", "Effect": "Deny"}}"#,
            "1:35 /Statement/Effect field `Effect` is given twice",
        ),
        (
            r#"{"Statement": {"Effect": "Allow", "Resource": "*"}}"#,
            "1:15 /Statement missing field `Action` or `NotAction`",
        ),
        (
            r#"{"Statement": {"Effect": "Allow", "Action": "*"}}"#,
            "1:15 /Statement missing field `Resource` or `NotResource`",
        ),
        (
            r#"{"Statement": {"Effect": "Allow", "Action": "*", "NotAction": "*"}}"#,
            "1:50 /Statement/NotAction `Action` and `NotAction` exclude each other",
        ),
        (
            r#"{"Statement": {"Effect": "Allow", "Action": ["s3:*", "GetObject"]}}"#,
            "1:54 /Statement/Action/1 action `GetObject` has no service, as in `s3:GetObject`",
        ),
        (
            r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": 7}}"#,
            "1:62 /Statement/Resource expected a string, not a number",
        ),
        (
            r#"{"Statement": {"Effect": "Allow", "Action": "*", "Principal": "bob"}}"#,
            "1:63 /Statement/Principal principal `bob` needs a type; only `*` stands alone",
        ),
        (
            r#"{"Statement": {"Effect": "Allow", "Action": "*", "Principal": {"Aws": "*"}}}"#,
            "1:64 /Statement/Principal/Aws unknown field `Aws`; it is written `AWS`",
        ),
        (
            r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEqual": {}}}}"#,
            "1:81 /Statement/Condition/StringEqual unknown condition operator `StringEqual`",
        ),
        (
            r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": {"a/b~c": null}}}}"#,
            "1:99 /Statement/Condition/Bool/a~1b~0c expected a string, a boolean or a number, not null",
        ),
    ] {
        assert_eq!(refusal(text), expected, "{text}");
    }
    let acton = "{\n \"Statement\": [\n  {\"Effect\": \"Allow\",\n   \"Acton\": \"*\"}]}";
    assert!(
        refusal(acton).starts_with("4:4 /Statement/0/Acton unknown field `Acton`; expected one of `Sid`, `Effect`")
    );
    let shown = PolicyDocument::parse("{\n \"Statement\": 1}").unwrap_err().to_string();
    assert_eq!(shown, "expected an object, not a number (line 2, column 15, at `/Statement`)");
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html>
#[test]
fn what_only_storing_refuses_is_read_all_the_same() {
    let twice = r#"{"Statement": [{"Sid": "A", "Effect": "Deny", "Action": "*", "Resource": "*"}, {"Sid": "A", "Effect": "Deny", "Action": "*", "Resource": "*"}]}"#;
    let principal = |principal: &str| {
        format!(r#"{{"Statement": {{"Effect": "Allow", "Action": "*", "Principal": {principal}, "Resource": "*"}}}}"#)
    };
    let condition = |operator: &str| {
        format!(
            r#"{{"Statement": {{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {{"{operator}": {{"k": "v"}}}}}}}}"#
        )
    };
    use PolicyKind::{Identity, Resource};
    for (kind, text, refusal) in [
        (Identity, twice.to_owned(), "1:80 /Statement/1/Sid two statements have the sid `A`"),
        (Identity, r#"{"Statement": []}"#.to_owned(), "1:15 /Statement a policy needs at least one statement"),
        (
            Identity,
            r#"{"Statement": {"Effect": "Allow", "Action": [], "Resource": "*"}}"#.to_owned(),
            "1:45 /Statement/Action an empty list stands for nothing here",
        ),
        (
            Identity,
            r#"{"Statement": {"Effect": "Allow", "Action": "*", "NotResource": []}}"#.to_owned(),
            "1:65 /Statement/NotResource an empty list stands for nothing here",
        ),
        (Resource, principal("{}"), "1:63 /Statement/Principal no principal is named"),
        (Resource, principal(r#"{"AWS": []}"#), "1:71 /Statement/Principal/AWS an empty list stands for nothing here"),
        (
            Identity,
            condition("foranyvalue:ARNLikeIfexists"),
            "1:81 /Statement/Condition/foranyvalue:ARNLikeIfexists unknown condition operator `foranyvalue:ARNLikeIfexists`; \
             it is written `ForAnyValue:ArnLikeIfExists`",
        ),
    ] {
        assert!(PolicyDocument::parse(&text).is_ok(), "{text}");
        assert_eq!(refusal_as(kind, &text), refusal, "{text}");
    }
    let unnamed = twice.replace(r#""Sid": "A""#, r#""Sid": """#);
    assert!(PolicyDocument::parse_as(&unnamed, Identity).is_ok(), "empty sids are none");
    let repeated = condition("ArnLike").replace(r#"{"ArnLike""#, r#"{"ARNLike": {}, "ArnLike""#);
    assert_eq!(refusal(&repeated), "1:96 /Statement/Condition/ArnLike operator `ArnLike` is given twice");
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html>: a statement with an
/// empty list "does not affect the policy".
#[test]
fn an_empty_list_names_nothing() {
    for (elements, everything) in [
        (r#""Action": [], "Resource": "*""#, false),
        (r#""NotAction": [], "Resource": "*""#, true),
        (r#""Action": "*", "Resource": []"#, false),
        (r#""Action": "*", "NotResource": []"#, true),
        (r#""Action": "*", "Principal": {}, "Resource": "*""#, false),
        (r#""Action": "*", "Principal": {"AWS": []}, "Resource": "*""#, false),
        (r#""Action": "*", "Resource": "*", "Condition": {}"#, true),
        (r#""Action": "*", "Resource": "*", "Condition": {"StringEquals": {}}"#, true),
        (r#""Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:username": []}}"#, false),
    ] {
        let policy = PolicyDocument::parse(&format!(r#"{{"Statement": {{"Effect": "Allow", {elements}}}}}"#)).unwrap();
        let prepared = [PreparedPolicy::new(&policy)];
        let caller = "arn:aws:iam::111122223333:user/bob".parse().unwrap();
        let mut request = Request::new(caller, "s3:GetObject".parse().unwrap(), "arn:aws:s3:::alpha");
        request.context = daypass_policy::Context::new().with("aws:username", "bob");
        let layers = if elements.contains("Principal") {
            Layers::default().resource(&prepared[0])
        } else {
            Layers::new(&prepared)
        };
        assert_eq!(evaluate(&request, &layers).is_allowed(), everything, "{elements}");
        assert_eq!(daypass_policy::compare::empty(&policy).is_empty(), !everything, "{elements}");
    }
    let nothing = PolicyDocument::parse(r#"{"Statement": []}"#).unwrap();
    assert!(daypass_policy::compare::empty(&nothing).is_empty());
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#access_policy-types>
#[test]
fn each_kind_of_policy_has_its_own_elements() {
    use PolicyKind::{Boundary, Endpoint, Identity, Rcp, Resource, Scp, Session, Trust};
    let statement = |elements: &str| format!(r#"{{"Statement": [{{"Effect": "Deny", "Action": "sts:*"{elements}}}]}}"#);
    let principal = r#", "Principal": "*""#;
    let not_principal = r#", "NotPrincipal": "*""#;
    let resource = r#", "Resource": "*""#;
    for (kinds, elements, accepted) in [
        (&[Identity, Boundary, Session, Scp][..], resource.to_owned(), true),
        (&[Identity, Boundary, Session, Scp], format!("{principal}{resource}"), false),
        (&[Identity, Boundary, Session, Scp], principal.to_owned(), false),
        (&[Identity, Boundary, Session, Scp], String::new(), false),
        (&[Trust], principal.to_owned(), true),
        (&[Trust], format!("{principal}{resource}"), false),
        (&[Trust, Rcp], format!("{not_principal}{resource}"), false),
        (&[Trust], not_principal.to_owned(), false),
        (&[Trust, Resource, Rcp, Endpoint], resource.to_owned(), false),
        (&[Resource, Rcp, Endpoint], format!("{principal}{resource}"), true),
        (&[Resource, Endpoint], format!("{not_principal}{resource}"), true),
        (&[Resource], principal.to_owned(), true),
        (&[Rcp, Endpoint], principal.to_owned(), false),
    ] {
        for kind in kinds {
            let text = statement(&elements);
            assert_eq!(PolicyDocument::parse_as(&text, *kind).is_ok(), accepted, "{text} as {kind}");
        }
    }
    let error = PolicyDocument::parse_as(&statement(&format!("{principal}{resource}")), Identity).unwrap_err();
    assert_eq!(place(error), "1:54 /Statement/0/Principal an identity-based policy cannot have `Principal`");
}

#[test]
fn what_a_policy_is_for_is_guessed_from_whom_and_what_it_names() {
    let statement = |elements: &str| {
        PolicyDocument::parse(&format!(r#"{{"Statement": [{{"Effect": "Allow", {elements}}}]}}"#)).unwrap()
    };
    for (elements, kind) in [
        (r#""Action": "sts:AssumeRole", "Resource": "*""#, PolicyKind::Identity),
        (r#""Action": "STS:*", "Principal": {"Service": "ec2.amazonaws.com"}"#, PolicyKind::Trust),
        (r#""Action": ["sts:TagSession", "ecr:GetImage"], "Principal": "*""#, PolicyKind::Resource),
        (r#""Action": "sts:AssumeRole", "Principal": "*", "Resource": "*""#, PolicyKind::Resource),
        (r#""Action": "s3:*", "NotPrincipal": "*", "Resource": "*""#, PolicyKind::Resource),
    ] {
        assert_eq!(PolicyKind::guess(&statement(elements)), kind, "{elements}");
    }
}

#[test]
fn shrinking_a_document_changes_nothing_but_lists_of_actions() {
    use daypass_policy::catalogue::{Cut, catalogue};
    let actions = r#"["sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:getqueueurl", "x:y"]"#;
    let text = format!(
        r#"{{"Version":"2012-10-17","Id":"i","Statement":[{{"Sid":"A","Effect":"Allow","Action":{actions},"Resource":["*"]}},{{"Effect":"Deny","NotAction":["sqs:*"],"Resource":"*","Condition":{{"Bool":{{"k":true}}}}}},{{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}]}}"#
    );
    let document = PolicyDocument::parse(&text).unwrap();
    let shrunk = catalogue().shrink_document(&document, Cut::Words);
    let expected = text.replace(actions, r#"["sqs:Get*","x:y"]"#);
    assert_eq!(shrunk.to_json(), expected);
    assert_eq!(catalogue().shrink_document(&shrunk, Cut::Words), shrunk);
}

#[test]
fn form_and_digits_survive_printing() {
    let text = r#"{"Version":"2012-10-17","Id":"x","Statement":{"Sid":"S","Effect":"Allow","Principal":{"Service":["a.amazonaws.com"],"AWS":"*"},"NotAction":["s3:*"],"Resource":"arn:aws:s3:::ä\"\\","Condition":{"NumericLessThan":{"s3:max-keys":1.50,"k":[true,"x",-0e1]},"Bool":{}}}}"#;
    let document = PolicyDocument::parse(text).unwrap();
    assert_eq!(document.to_json(), text);
    assert_eq!(document.size(), text.chars().count());
    assert_eq!(document.version(), Some(Version::V2012));
    assert_eq!(document.id(), Some("x"));
    let numbers = document.statements()[0].conditions()[0].keys()[0].1.as_slice()[0].as_str();
    assert_eq!(numbers, "1.50");
    assert!(document.to_string().starts_with("{\n  \"Version\": \"2012-10-17\",\n"));
}

#[test]
fn statements_built_in_code_parse_again() {
    let mut document = PolicyDocument::from_statements(vec![
        Statement::allow()
            .sid("Trust")
            .principal_aws(["111122223333", "arn:aws:iam::444455556666:user/bob"])
            .principal_service(["ec2.amazonaws.com"])
            .principal_federated(["accounts.google.com"])
            .actions(["sts:AssumeRole"])
            .condition(Comparison::StringEquals, "sts:ExternalId", ["x\"]}*"])
            .condition(Comparison::StringEquals, "sts:ExternalId", ["y"])
            .condition(Comparison::StringEquals, "aws:username", ["bob"])
            .condition(Operator::from(Comparison::Bool).if_exists(), "aws:MultiFactorAuthPresent", ["true"]),
    ]);
    document.push(Statement::deny().principal_everyone().not_actions(["s3:*"]).not_resources(["a", "b"]).sid("Late"));
    assert_eq!(PolicyDocument::parse(&document.to_json()).unwrap(), document);
    assert_eq!(
        document.to_json(),
        concat!(
            r#"{"Version":"2012-10-17","Statement":[{"Sid":"Trust","Effect":"Allow","Principal":{"AWS":["111122223333","#,
            r#""arn:aws:iam::444455556666:user/bob"],"Service":"ec2.amazonaws.com","Federated":"accounts.google.com"},"#,
            r#""Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":["x\"]}*","y"],"aws:username":"bob"},"#,
            r#""BoolIfExists":{"aws:MultiFactorAuthPresent":"true"}}},"#,
            r#"{"Sid":"Late","Effect":"Deny","Principal":"*","NotAction":"s3:*","NotResource":["a","b"]}]}"#,
        )
    );
    let single = PolicyDocument::parse(r#"{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#).unwrap();
    let mut longer = single.clone();
    longer.push(single.statements()[0].clone());
    assert_eq!(longer.statements().len(), 2);
}

#[test]
fn an_empty_resource_stands_for_nothing() {
    let built = PolicyDocument::from_statements(vec![Statement::allow().actions(["*"]).resources([""])]);
    assert!(PolicyDocument::parse(&built.to_json()).is_err());
    let identity = [PreparedPolicy::new(&built)];
    for resource in ["*", "arn:aws:s3:::alpha", ""] {
        let caller = "arn:aws:iam::111122223333:user/bob".parse().unwrap();
        let request = Request::new(caller, "s3:GetObject".parse().unwrap(), resource);
        assert_eq!(evaluate(&request, &Layers::new(&identity)).is_allowed(), resource.is_empty(), "{resource:?}");
    }
}
