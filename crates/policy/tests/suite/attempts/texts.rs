//! Texts of requests: what stands in the policies and what is near it, with something in place of wildcards and variables.

use daypass_policy::catalogue::catalogue;
use daypass_policy::{Context, ContextValue};

use super::values::{is_of, shifted, variables};
use super::{Attempts, Draft, Key};

impl Attempts<'_> {
    pub(super) fn any_context(&mut self, draft: &mut Draft) {
        let keys: Vec<String> = self.keys.keys().cloned().collect();
        for key in keys {
            if self.dice.one_in(3) {
                let value = self.any_value(&key);
                draft.context.insert(key, vec![value]);
            }
        }
    }

    pub(super) fn any_value(&mut self, key: &str) -> String {
        let known: &[String] = self.keys.get(key).map_or(&[], |key| &key.values);
        let text = match self.dice.pick(known).filter(|_| !self.dice.clone().one_in(4)) {
            Some(text) => text.clone(),
            None => {
                self.dice.below(7);
                (*self
                    .dice
                    .pick(&[
                        "x",
                        "true",
                        "false",
                        "5",
                        "alice",
                        "10.0.0.1",
                        "2031-01-01T00:00:00Z",
                        "arn:aws:s3:::x",
                        "",
                    ])
                    .unwrap())
                .to_owned()
            }
        };
        if self.dice.one_in(2) { self.neighbour(key, &text) } else { text }
    }

    /// Something like a value: in other letters, longer, shorter, a bit more or less.
    pub(super) fn neighbour(&mut self, _key: &str, text: &str) -> String {
        let by = *self.dice.pick(&[-1.0, 1.0, 0.5, -0.5]).unwrap();
        if let Some(text) = shifted(text, by) {
            return text;
        }
        match self.dice.below(6) {
            0 => text.to_uppercase(),
            1 => text.to_lowercase(),
            2 => format!("{text}x"),
            3 => format!("x{text}"),
            4 => text.chars().skip(1).collect(),
            _ => text.split_inclusive(['/', ':', '-', '.']).next().unwrap_or_default().to_owned(),
        }
    }

    pub(super) fn any_action(&mut self) -> String {
        let pattern = self.dice.pick(&self.actions).unwrap().clone();
        let action = self.action_of(&pattern);
        if self.dice.one_in(6) { format!("{action}x") } else { action }
    }

    /// An action that a pattern matches: one that AWS has, or one that it does not have yet.
    pub(super) fn action_of(&mut self, pattern: &str) -> String {
        if !pattern.contains(['*', '?']) {
            return if self.dice.one_in(10) { pattern.to_lowercase() } else { pattern.to_owned() };
        }
        if self.dice.one_in(2) {
            // What another pattern calls for may be among what this one matches.
            let other = self.dice.pick(&self.actions).unwrap().clone();
            if !other.contains(['*', '?']) {
                return other;
            }
            let count = catalogue().matching(&other).count();
            if count > 0 {
                let at = self.dice.below(count);
                return catalogue().matching(&other).nth(at).unwrap().name().to_owned();
            }
        }
        let pattern = if pattern == "*" { "*:*" } else { pattern };
        self.instance(pattern, &["", "x", "Get", "List", "Delete", "s3", "iam", "Tag"], &["a", "s", "1"])
    }

    /// A piece of something that stands in a policy: what a variable may have to be worth for two texts to meet.
    fn any_piece(&mut self) -> String {
        let keys: Vec<&Key> = self.keys.values().filter(|key| !key.values.is_empty()).collect();
        let text = match self.dice.pick(&keys).filter(|_| !self.dice.clone().one_in(2)) {
            Some(key) => self.dice.pick(&key.values).cloned().unwrap_or_default(),
            None => self.any_resource(),
        };
        let ends: Vec<usize> = text.match_indices([':', '/', '*', '$', '-', '}', '.']).map(|(at, _)| at).collect();
        let from = if self.dice.one_in(3) { 0 } else { self.dice.pick(&ends).map_or(0, |at| at + 1) };
        let to = if self.dice.one_in(3) { text.len() } else { self.dice.pick(&ends).copied().unwrap_or(text.len()) };
        text.get(from..to.max(from)).unwrap_or_default().replace('*', "")
    }

    pub(super) fn any_resource(&mut self) -> String {
        self.dice.pick(&self.resources).unwrap().clone()
    }

    /// A text that a pattern matches.
    pub(super) fn instance(&mut self, pattern: &str, many: &[&str], one: &[&str]) -> String {
        let mut text = String::new();
        for char in pattern.chars() {
            match char {
                '*' => text.push_str(self.dice.pick(many).unwrap()),
                '?' => text.push_str(self.dice.pick(one).unwrap()),
                char => text.push(char),
            }
        }
        text
    }

    /// Text in place of wildcards and variables. A variable whose key is missing gets it, mostly.
    pub(super) fn concrete(&mut self, pattern: &str, context: &mut Context) -> String {
        let mut text = pattern.to_owned();
        for key in variables(pattern) {
            if context.get(&key).is_none() && !self.dice.one_in(5) {
                let value = if self.dice.one_in(2) { self.any_value(&key) } else { self.any_piece() }.replace("${", "");
                if is_of(&key, self.keys.get(&key).and_then(|key| key.kind), &value) {
                    context.insert(&key, ContextValue::Single(value));
                }
            }
        }
        let mut filled = String::new();
        let mut rest = text.as_str();
        while let Some((before, (inside, after))) =
            rest.split_once("${").and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
        {
            let (key, default) = inside.split_once(',').map_or((inside, None), |(key, default)| (key, Some(default)));
            let value = match context.get(key.trim()) {
                Some(value) => value.values().first().cloned(),
                None => default.map(|default| default.trim_matches([' ', '\'']).to_owned()),
            };
            filled.push_str(before);
            filled.push_str(&value.unwrap_or_else(|| key.trim_matches('$').to_owned()));
            rest = after;
        }
        text = filled + rest;
        if text == "*" {
            text = self.any_resource().replace("${", "");
            if text == "*" || self.dice.one_in(3) {
                return text;
            }
        }
        if !text.contains(['*', '?']) {
            return text;
        }
        let mut many: Vec<String> = ["", "x", "a/b", "x:y", "111122223333", "eu-west-1"].map(str::to_owned).into();
        let other = self.any_resource();
        many.extend(other.split([':', '/', '*', '$']).map(str::to_owned).filter(|part| !part.is_empty()));
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        self.instance(&text, &many, &["a", "1", "-", "/"])
    }
}
