//! Comparisons of policies with variables: what a variable may be worth, and what is known about it.

use daypass_policy::PolicyDocument;
use daypass_policy::compare::{Emptiness, Shape, Shapes, disjoint, disjoint_given};

fn on(resource: &str) -> PolicyDocument {
    PolicyDocument::parse(&format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"s3:GetObject","Resource":"{resource}"}}}}"#
    ))
    .unwrap()
}

/// A text that one policy names and another describes with a variable: the variable may be worth what is in its place.
#[test]
fn a_variable_may_be_worth_what_another_policy_names() {
    for named in ["arn:aws:s3:::alice-x", "arn:aws:s3:::bob-x"] {
        let found = disjoint(&on("arn:aws:s3:::${aws:username}-x"), &on(named));
        assert!(!found.is_empty(), "{named}: {found:?}");
    }
    assert_eq!(disjoint(&on("arn:aws:s3:::${aws:username}-x"), &on("arn:aws:s3:::bob-y")), Emptiness::Empty);
}

#[test]
fn what_is_known_about_a_variable_settles_what_it_may_be() {
    let shape = Shape::of("abcdefghijklmnopqrstuvwxyz-", "acme").never(["own"]).never_begins(["own-"]);
    let shapes = Shapes::new().with("aws:PrincipalTag/Team", shape);
    let ours = on("arn:aws:s3:::${aws:PrincipalTag/Team}-*");
    let cases = [
        ("arn:aws:s3:::own-*", true),
        ("arn:aws:s3:::*own-*", false),
        ("arn:aws:s3:::owner-*", false),
        ("arn:aws:s3:::1*", true),
        ("arn:aws:s3:::-*", false),
        ("arn:aws:s3:::?-x", false),
        ("arn:aws:s3:::O*", true),
        ("arn:aws:s3:::ow", true),
        ("arn:aws:s3:::own*-y", false),
        ("arn:aws:s3:::acme-x", false),
    ];
    for (other, is_empty) in cases {
        let found = disjoint_given(&ours, &on(other), &shapes);
        assert_eq!(found.is_empty(), is_empty, "{other}: {found:?}");
    }
    let Emptiness::Witness(request) = disjoint_given(&ours, &on("arn:aws:s3:::ac*"), &shapes) else { panic!() };
    assert!(request.resource.starts_with("arn:aws:s3:::acme-"), "{request:?}");
}
