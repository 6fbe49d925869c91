//! Requests that try to tell two policies apart: made from what the policies say, and from nothing the comparison knows.
//!
//! An attempt goes for one Allow of the first policy, or one Deny of the second, and takes its values from there: patterns
//! with something in place of the wildcards, values of conditions and their neighbours, variables filled in. Then some of
//! it is replaced by what stands elsewhere in the two policies.

mod callers;
mod goals;
mod texts;
mod values;

use std::collections::BTreeMap;

use daypass_policy::catalogue::KeyType;
use daypass_policy::{
    Comparison, Context, ContextValue, Effect, Layers, Match, OneOrMany, PolicyDocument, PreparedPolicy, Principal,
    Request, ResourceKind, Statement, evaluate,
};

use values::{Dice, documented, is_of, variables};

/// Two policies and everything they mention.
pub(crate) struct Attempts<'p> {
    more: &'p PolicyDocument,
    less: &'p PolicyDocument,
    prepared: [PreparedPolicy; 2],
    anything: [PreparedPolicy; 1],
    callers: Vec<Principal>,
    actions: Vec<String>,
    resources: Vec<String>,
    /// Values for every key, as written.
    keys: BTreeMap<String, Key>,
    dice: Dice,
    /// How many attempts the first policy allowed: when it is hardly any, nothing was tried.
    pub(crate) allowed: usize,
}

#[derive(Default)]
struct Key {
    values: Vec<String>,
    is_many: bool,
    kind: Option<KeyType>,
}

/// What an attempt has settled.
struct Draft {
    caller: Principal,
    action: String,
    resource: String,
    context: BTreeMap<String, Vec<String>>,
}

impl<'p> Attempts<'p> {
    pub(crate) fn new(more: &'p PolicyDocument, less: &'p PolicyDocument, seed: u64) -> Attempts<'p> {
        let everybody = Statement::allow().principal_everyone().actions(["*"]).resources(["*"]);
        let mut attempts = Attempts {
            more,
            less,
            prepared: [PreparedPolicy::new(more), PreparedPolicy::new(less)],
            anything: [PreparedPolicy::new(&PolicyDocument::from_statements(vec![everybody]))],
            callers: Vec::new(),
            actions: ["s3:GetObject", "x:Y"].map(str::to_owned).into(),
            resources: ["*", "arn:aws:s3:::x/y", "arn:aws:ec2:eu-west-1:111122223333:instance/i-1"]
                .map(str::to_owned)
                .into(),
            keys: BTreeMap::new(),
            dice: Dice(seed | 1),
            allowed: 0,
        };
        for statement in more.statements().iter().chain(less.statements()) {
            attempts.take_note(statement);
        }
        attempts.callers = callers::around(&[more, less]);
        attempts
    }

    /// A request that only the first policy allows, within so many attempts.
    pub(crate) fn refutation(&mut self, attempts: usize) -> Option<Request> {
        (0..attempts).find_map(|_| {
            let request = self.attempt()?;
            let is_allowed = self.allows(0, &request);
            self.allowed += usize::from(is_allowed);
            (is_allowed && !self.allows(1, &request)).then_some(request)
        })
    }

    /// Whether one of the policies alone allows: as the policy of an endpoint, where nothing else stands in the way.
    fn allows(&self, at: usize, request: &Request) -> bool {
        let endpoint = std::slice::from_ref(&self.prepared[at]);
        let layers = Layers { resource_kind: Some(ResourceKind::Other), ..Layers::new(&self.anything) };
        evaluate(request, &layers.resource(&self.anything[0]).endpoint(endpoint)).is_allowed()
    }

    fn take_note(&mut self, statement: &Statement) {
        self.actions.extend(statement.action().listed().as_slice().iter().cloned());
        let resources = statement.resource().map(Match::listed).into_iter().flat_map(OneOrMany::as_slice);
        self.resources.extend(resources.clone().cloned());
        let mut asked: Vec<String> = resources.flat_map(|text| variables(text)).collect();
        for block in statement.conditions() {
            for (key, values) in block.keys() {
                let entry = self.keys.entry(key.to_lowercase()).or_default();
                entry.is_many |= block.operator().quantifier().is_some();
                if block.operator().comparison() != Comparison::Null {
                    entry.values.extend(values.as_slice().iter().map(|value| value.as_str().to_owned()));
                }
                asked.extend(values.as_slice().iter().flat_map(|value| variables(value.as_str())));
            }
        }
        for key in asked {
            self.keys.entry(key).or_default();
        }
        for (name, key) in &mut self.keys {
            (key.kind, key.is_many) = documented(name, key.is_many);
        }
    }

    fn attempt(&mut self) -> Option<Request> {
        let mut draft = Draft {
            caller: self.dice.pick(&self.callers)?.clone(),
            action: self.any_action(),
            resource: self.any_resource(),
            context: BTreeMap::new(),
        };
        if self.dice.one_in(3) {
            self.any_context(&mut draft);
        }
        let goals = [(self.more, Effect::Allow, 12), (self.less, Effect::Deny, 3), (self.less, Effect::Allow, 2)];
        for (policy, effect, weight) in goals {
            let statements: Vec<&Statement> =
                policy.statements().iter().filter(|statement| statement.effect() == effect).collect();
            let Some(statement) = self.dice.pick(&statements).copied() else { continue };
            if self.dice.below(12) < weight {
                self.go_for(statement, &mut draft, weight == 12);
            }
        }
        if self.dice.one_in(2) {
            self.replace_something(&mut draft);
        }
        self.request(draft)
    }

    fn replace_something(&mut self, draft: &mut Draft) {
        for _ in 0..=self.dice.below(2) {
            match self.dice.below(8) {
                0 => draft.action = self.any_action(),
                1 => draft.resource = self.any_resource(),
                2 => draft.caller = self.dice.pick(&self.callers).unwrap_or(&draft.caller).clone(),
                _ => {
                    let keys: Vec<String> = self.keys.keys().cloned().collect();
                    let Some(key) = self.dice.pick(&keys) else { continue };
                    let value = self.any_value(key);
                    match self.dice.below(4) {
                        0 => draft.context.remove(key),
                        1 if self.keys[key].is_many => {
                            draft.context.entry(key.clone()).or_default().push(value);
                            None
                        }
                        2 => {
                            let near =
                                draft.context.get(key).and_then(|values| values.first()).cloned().unwrap_or(value);
                            let near = self.neighbour(key, &near);
                            draft.context.insert(key.clone(), vec![near])
                        }
                        _ => draft.context.insert(key.clone(), vec![value]),
                    };
                }
            }
        }
    }

    /// Wildcards and variables give way to text.
    fn request(&mut self, draft: Draft) -> Option<Request> {
        let mut context = Context::new();
        let (plain, filled): (Vec<_>, Vec<_>) =
            draft.context.into_iter().partition(|(_, values)| !values.iter().any(|value| value.contains("${")));
        for (name, values) in plain.into_iter().chain(filled) {
            let values: Vec<String> = values.into_iter().map(|value| self.concrete(&value, &mut context)).collect();
            let known = self.keys.get(&name);
            if values.iter().any(|value| !known.is_none_or(|key| is_of(&name, key.kind, value))) {
                continue;
            }
            let is_many = known.is_some_and(|key| key.is_many);
            let value = match (is_many, values.first()) {
                (false, Some(first)) if values.len() == 1 => ContextValue::Single(first.clone()),
                (false, _) => continue,
                (true, Some(first)) if values.len() == 1 && self.dice.one_in(2) => ContextValue::Single(first.clone()),
                _ => ContextValue::List(values),
            };
            context.insert(&name, value);
        }
        let mut resource = self.concrete(&draft.resource, &mut context);
        // What is not `*` is an ARN.
        while resource != "*" && (resource.bytes().filter(|byte| *byte == b':').count() < 5 || resource.ends_with(':'))
        {
            resource.push_str(if self.dice.one_in(2) { ":x" } else { "x:" });
        }
        if resource != "*" && resource.split(':').take(3).any(str::is_empty) {
            return None;
        }
        Some(Request {
            principal: draft.caller,
            action: draft.action.parse().ok()?,
            resource,
            resource_account: None,
            context,
        })
    }
}
