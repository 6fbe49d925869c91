//! Laws that hold for every policy and request.

use daypass_policy::{Decision, Effect, PolicyDocument, Statement, evaluate};
use proptest::prelude::*;

use crate::generate::{self, Case};

fn decision(case: &Case, request: &daypass_policy::Request) -> Decision {
    evaluate(request, &case.prepare().layers()).decision
}

/// The case with a statement added to one of its documents, wherever `at` points.
fn with(case: &Case, at: usize, statement: &Statement) -> Case {
    let mut case = case.clone();
    let mut documents: Vec<&mut PolicyDocument> = Vec::new();
    documents.extend(case.identity.iter_mut().chain(&mut case.session).chain(&mut case.endpoint));
    documents.extend(case.resource.iter_mut().chain(&mut case.boundary));
    documents.extend(case.scps.iter_mut().chain(&mut case.rcps).flatten());
    if !documents.is_empty() {
        let at = at % documents.len();
        documents[at].push(statement.clone());
    }
    case
}

fn first_of(document: &PolicyDocument, effect: Effect) -> Option<Statement> {
    document.statements().iter().find(|statement| statement.effect() == effect).cloned()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn adding_a_deny_never_allows(
        case in generate::case(), request in generate::request(), donor in generate::document(true), at: usize,
    ) {
        if let Some(deny) = first_of(&donor, Effect::Deny) && decision(&case, &request) != Decision::Allowed {
            prop_assert_ne!(decision(&with(&case, at, &deny), &request), Decision::Allowed);
        }
    }

    #[test]
    fn adding_an_allow_never_denies(
        case in generate::case(), request in generate::request(), donor in generate::document(true), at: usize,
    ) {
        if let Some(allow) = first_of(&donor, Effect::Allow) {
            let (before, after) = (decision(&case, &request), decision(&with(&case, at, &allow), &request));
            prop_assert!(before == after || (before, after) == (Decision::ImplicitlyDenied, Decision::Allowed));
        }
    }

    #[test]
    fn order_and_repetition_of_statements_change_nothing(case in generate::case(), request in generate::request()) {
        let rebuilt = |statements: Vec<Statement>, like: &PolicyDocument| {
            let mut parsed = PolicyDocument::parse(&like.to_json()).unwrap();
            for statement in statements {
                parsed.push(statement);
            }
            parsed
        };
        let twice = case.map(|document| rebuilt(document.statements().iter().rev().cloned().collect(), document));
        prop_assert_eq!(decision(&twice, &request), decision(&case, &request));
    }

    #[test]
    fn printing_gives_back_what_was_parsed(text in generate::document_text(true)) {
        let document = PolicyDocument::parse(&text).unwrap();
        prop_assert_eq!(&PolicyDocument::parse(&document.to_json()).unwrap(), &document);
        prop_assert_eq!(&PolicyDocument::parse(&document.to_string()).unwrap(), &document);
        let same: serde_json::Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&document.to_json()).unwrap(), same);
    }

    #[test]
    fn size_counts_no_white_space_between_tokens(text in generate::document_text(false)) {
        let document = PolicyDocument::parse(&text).unwrap();
        prop_assert_eq!(document.size(), document.to_json().chars().count());
        prop_assert!(document.size() <= document.to_string().chars().count());
    }

    #[test]
    fn every_answer_agrees_with_itself(case in generate::case(), request in generate::request()) {
        let prepared = case.prepare();
        let answer = evaluate(&request, &prepared.layers());
        prop_assert_eq!(answer.is_allowed(), answer.stopped_by.is_none() && answer.decision != Decision::ExplicitlyDenied);
        prop_assert_eq!(answer.decision == Decision::ExplicitlyDenied, answer.to_string().starts_with("denied by "));
        prop_assert_eq!(answer.decision == Decision::ImplicitlyDenied, answer.to_string().starts_with("not allowed: "));
        prop_assert!(serde_json::to_string(&answer).is_ok());
    }
}
