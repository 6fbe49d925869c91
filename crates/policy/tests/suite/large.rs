//! Large policies are looked up by service; that has to change nothing about what they decide, nor how they say it.

use daypass_policy::{Answer, Decision, PolicyDocument, Statement, decide, evaluate};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::generate;

/// Services that no request asks for, some of which begin like those that are.
const OTHER_SERVICES: [&str; 8] =
    ["s3express", "s3-object-lambda", "s", "sqsx", "stsx", "km", "application-autoscaling", "zz"];

fn padding(at: usize, effect: &str) -> Statement {
    let service = OTHER_SERVICES[at % OTHER_SERVICES.len()];
    let statement = json!({"Effect": effect, "Action": format!("{service}:*"), "Resource": "*"});
    let document = PolicyDocument::parse(&json!({"Statement": statement}).to_string()).unwrap();
    document.statements()[0].clone()
}

/// The statements of a document among 40 others, each behind two of them.
fn among_others(document: &PolicyDocument) -> PolicyDocument {
    let mut padded = PolicyDocument::parse(&document.to_json()).unwrap();
    let statements = document.statements().iter().cloned();
    let spread = statements.flat_map(|statement| [padding(1, "Allow"), padding(2, "Deny"), statement]);
    let others = (0..40).map(|at| padding(at, if at % 2 == 0 { "Allow" } else { "Deny" }));
    for statement in spread.chain(others) {
        padded.push(statement);
    }
    padded
}

/// The same actions at the end of a long list of others.
fn with_long_lists(document: &PolicyDocument) -> PolicyDocument {
    let mut value: Value = serde_json::from_str(&document.to_json()).unwrap();
    let statements = match &mut value["Statement"] {
        Value::Array(statements) => statements.iter_mut().collect(),
        single => vec![single],
    };
    for statement in statements {
        for element in ["Action", "NotAction"] {
            let Some(actions) = statement.get_mut(element) else { continue };
            let own = actions.as_array().cloned().unwrap_or_else(|| vec![actions.clone()]);
            let others = (0..40).map(|at| json!(format!("{}:Do{at}", OTHER_SERVICES[at % OTHER_SERVICES.len()])));
            *actions = others.chain(own).collect();
        }
    }
    PolicyDocument::parse(&value.to_string()).unwrap()
}

/// What an answer says, leaving out the places of statements.
fn gist(answer: &Answer) -> impl PartialEq + std::fmt::Debug {
    let layers: Vec<_> = answer.deciding.iter().map(|statement| (statement.layer, statement.policy)).collect();
    (answer.decision, layers, answer.stopped_by, answer.missing_keys.clone())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn statements_about_other_services_change_nothing(case in generate::case(), request in generate::request()) {
        let padded = case.map(among_others);
        let (plain, large) = (case.prepare(), padded.prepare());
        let (plain, large) = (evaluate(&request, &plain.layers()), evaluate(&request, &large.layers()));
        prop_assert_eq!(gist(&plain), gist(&large));
    }

    #[test]
    fn actions_of_other_services_change_nothing(case in generate::case(), request in generate::request()) {
        let (plain, large) = (case.prepare(), case.map(with_long_lists).prepare());
        prop_assert_eq!(evaluate(&request, &plain.layers()), evaluate(&request, &large.layers()));
    }

    #[test]
    fn a_decision_without_reasons_is_the_same(case in generate::case(), request in generate::request()) {
        let prepared = case.prepare();
        prop_assert_eq!(decide(&request, &prepared.layers()), evaluate(&request, &prepared.layers()).decision);
    }
}

#[test]
fn the_first_statement_that_applies_is_named_in_a_large_policy() {
    let mut statements: Vec<Statement> = (0..30).map(|at| padding(at, "Allow")).collect();
    statements.insert(12, Statement::allow().sid("Any").not_actions(["iam:*"]).resources(["*"]));
    statements.insert(15, Statement::allow().sid("Named").actions(["s3:Get*"]).resources(["*"]));
    let answer = |statements: &[Statement]| {
        let identity = [(&PolicyDocument::from_statements(statements.to_vec())).into()];
        let caller = "arn:aws:iam::111122223333:user/bob".parse().unwrap();
        let request = daypass_policy::Request::new(caller, "s3:GetObject".parse().unwrap(), "*");
        evaluate(&request, &daypass_policy::Layers::new(&identity))
    };
    let places = |answer: &Answer| answer.deciding.iter().map(|statement| statement.statement).collect::<Vec<_>>();
    assert_eq!(places(&answer(&statements)), [12]);
    statements.swap(12, 15);
    assert_eq!(places(&answer(&statements)), [12]);
    statements.remove(12);
    assert_eq!(places(&answer(&statements)), [14]);
    statements.remove(14);
    assert_eq!(answer(&statements).decision, Decision::ImplicitlyDenied);
}
