//! Going for what a statement asks: its caller, its action, its resource, and a value for each of its conditions.

use daypass_policy::{Comparison, Match, Operator, Principal, Principals, Quantifier, Statement};

use super::values::{Dice, shifted};
use super::{Attempts, Draft};

impl Attempts<'_> {
    /// Fit a statement, or some of it.
    pub(super) fn go_for(&mut self, statement: &Statement, draft: &mut Draft, wholly: bool) {
        let partly = |dice: &mut Dice| wholly && !dice.one_in(20) || dice.one_in(2);
        if let Some(principals) = statement.principal()
            && partly(&mut self.dice)
        {
            self.go_for_caller(principals, draft);
        }
        if !statement.action().is_negated() && partly(&mut self.dice) {
            let pattern = self.dice.pick(statement.action().listed().as_slice()).cloned().unwrap_or_default();
            draft.action = self.action_of(&pattern);
        }
        if let Some(Match::Listed(resources)) = statement.resource()
            && partly(&mut self.dice)
        {
            draft.resource = self.dice.pick(resources.as_slice()).cloned().unwrap_or_default();
        }
        for block in statement.conditions() {
            for (key, values) in block.keys() {
                if partly(&mut self.dice) {
                    let values: Vec<&str> = values.as_slice().iter().map(|value| value.as_str()).collect();
                    self.go_for_key(block.operator(), &key.to_lowercase(), &values, draft);
                }
            }
        }
    }

    pub(super) fn go_for_caller(&mut self, principals: &Match<Principals>, draft: &mut Draft) {
        let Match::Listed(Principals::Typed(groups)) = principals else { return };
        let names: Vec<&String> = groups.iter().flat_map(|(_, names)| names.as_slice()).collect();
        let Some(name) = self.dice.pick(&names).copied() else { return };
        let account = name.split(':').nth(4).unwrap_or(name);
        let near: Vec<&Principal> = self
            .callers
            .iter()
            .filter(|caller| {
                caller.as_str() == name || caller.role_arn() == Some(name) || caller.account() == Some(account)
            })
            .collect();
        if let Some(caller) = self.dice.pick(&near) {
            draft.caller = (*caller).clone();
        }
    }

    pub(super) fn go_for_key(&mut self, operator: Operator, key: &str, written: &[&str], draft: &mut Draft) {
        if operator.comparison() == Comparison::Null {
            match written.contains(&"true") {
                true => draft.context.remove(key),
                false if draft.context.contains_key(key) => None,
                false => {
                    let value = self.any_value(key);
                    draft.context.insert(key.to_owned(), vec![value])
                }
            };
            return;
        }
        if operator.is_if_exists() && self.dice.one_in(3) {
            draft.context.remove(key);
            return;
        }
        let is_many = self.keys.get(key).is_some_and(|key| key.is_many);
        let most = match operator.quantifier() {
            _ if !is_many => 1,
            Some(Quantifier::ForAllValues) => self.dice.below(4),
            _ => 1 + self.dice.below(3),
        };
        let mut found: Vec<String> = Vec::new();
        for at in 0..most {
            let is_stray = operator.quantifier() != Some(Quantifier::ForAllValues) && at > 0;
            let fits = operator.comparison().is_negated() || is_stray;
            let text = match self.dice.pick(written).filter(|_| !fits) {
                Some(text) => (*text).to_owned(),
                None => self.any_value(key),
            };
            let text = self.around(key, operator.comparison(), &text);
            found.push(text);
        }
        match found.is_empty() && self.dice.one_in(2) {
            true => draft.context.remove(key),
            false => draft.context.insert(key.to_owned(), found),
        };
    }

    /// A value that a comparison with this one accepts, hopefully.
    pub(super) fn around(&mut self, key: &str, comparison: Comparison, text: &str) -> String {
        let name = comparison.name();
        let step = match name {
            _ if name.ends_with("LessThan") => -1.0,
            _ if name.ends_with("GreaterThan") => 1.0,
            _ if name.ends_with("ThanEquals") && self.dice.one_in(2) => {
                if name.contains("Less") {
                    -1.0
                } else {
                    1.0
                }
            }
            _ => return if self.dice.one_in(8) { self.neighbour(key, text) } else { text.to_owned() },
        };
        shifted(text, step).unwrap_or_else(|| text.to_owned())
    }
}
