//! The operations that are measured. One pass does each of them on everything there is to do it on.

use std::hint::black_box;

use daypass_policy::cases::{CasePolicies, EvaluationCase};
use daypass_policy::catalogue::{Cut, KnownAction, catalogue};
use daypass_policy::compare::included;
use daypass_policy::lint::lint;
use daypass_policy::{Match, PolicyDocument, PreparedPolicy, Request, decide, evaluate};

use crate::workload::Workload;

/// One thing the library does.
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    /// What is counted as one.
    pub(crate) about: &'static str,
    pub(crate) prepare: fn(&Workload) -> Run<'_>,
}

/// An operation with everything prepared that is not part of it.
pub(crate) struct Run<'w> {
    /// How often a pass does it.
    pub(crate) count: usize,
    pass: Box<dyn Fn() + 'w>,
}

impl Run<'_> {
    pub(crate) fn pass(&self) {
        (self.pass)();
    }
}

/// What the ratio to the peer is about.
pub(crate) const EVALUATE: &str = "evaluate";

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation { name: EVALUATE, about: "a prepared case, with reasons", prepare: evaluating },
    Operation { name: "decide", about: "a prepared case, the decision alone", prepare: deciding },
    Operation { name: "parse-evaluate", about: "a case from its policies' JSON", prepare: evaluating_texts },
    Operation { name: "read-evaluate", about: "a case from its whole JSON line", prepare: evaluating_lines },
    Operation { name: "parse", about: "a policy document", prepare: parsing },
    Operation { name: "prepare", about: "a parsed policy document", prepare: preparing },
    Operation { name: "compare", about: "a pair of documents", prepare: comparing },
    Operation { name: "lint", about: "a policy document", prepare: linting },
    Operation { name: "expand", about: "a list of actions of a statement", prepare: expanding },
    Operation { name: "shrink", about: "the actions of a policy in one service", prepare: shrinking },
];

fn over<'w, T: 'w, R>(items: Vec<T>, each: impl Fn(&T) -> R + 'w) -> Run<'w> {
    let count = items.len();
    let pass = move || {
        for item in &items {
            black_box(each(black_box(item)));
        }
    };
    Run { count, pass: Box::new(pass) }
}

fn prepared(case: &EvaluationCase<'_>) -> Option<(Request, CasePolicies<PreparedPolicy>)> {
    Some((case.request.clone(), case.prepare().ok()?))
}

fn evaluating(workload: &Workload) -> Run<'_> {
    let cases = workload.cases.iter().filter_map(prepared).collect();
    over(cases, |(request, policies)| evaluate(request, &policies.layers()))
}

fn deciding(workload: &Workload) -> Run<'_> {
    let cases = workload.cases.iter().filter_map(prepared).collect();
    over(cases, |(request, policies)| decide(request, &policies.layers()))
}

fn evaluating_texts(workload: &Workload) -> Run<'_> {
    over(workload.cases.iter().collect(), |case| case.evaluate())
}

fn evaluating_lines(workload: &Workload) -> Run<'_> {
    over(workload.lines.clone(), |line| EvaluationCase::parse(line).and_then(|case| case.evaluate()))
}

fn parsing(workload: &Workload) -> Run<'_> {
    over(workload.policies.iter().collect(), |(text, _)| PolicyDocument::parse(text))
}

fn preparing(workload: &Workload) -> Run<'_> {
    over(workload.documents.iter().collect(), |document| PreparedPolicy::new(document))
}

fn comparing(workload: &Workload) -> Run<'_> {
    over(workload.pairs.iter().collect(), |pair| included(&pair.a, &pair.b))
}

fn linting(workload: &Workload) -> Run<'_> {
    over(workload.policies.iter().collect(), |(text, kind)| lint(text, *kind))
}

fn expanding(workload: &Workload) -> Run<'_> {
    let statements = workload.documents.iter().flat_map(PolicyDocument::statements);
    over(statements.map(|statement| statement.action()).collect(), |actions| catalogue().expand_element(actions))
}

/// Sets that somebody might want to write shorter: too many to list, but not everything.
fn shrinking(workload: &Workload) -> Run<'_> {
    let mut sets: Vec<Vec<&KnownAction>> = Vec::new();
    for statement in workload.documents.iter().flat_map(PolicyDocument::statements) {
        let Match::Listed(actions) = statement.action() else { continue };
        for pattern in actions.as_slice().iter().filter(|pattern| pattern.contains('*')) {
            let set = catalogue().expand([pattern.as_str()]);
            if (4..=200).contains(&set.len()) && !sets.contains(&set) {
                sets.push(set);
            }
        }
    }
    over(sets, |set| catalogue().shrink(set.iter().copied(), Cut::Words))
}
