//! The `Condition` element as written: operators, keys and values in the order of the document.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html>

use super::OneOrMany;
use crate::operator::Operator;

/// All conditions of a statement. Every one of them has to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions(Vec<ConditionBlock>);

/// One operator with the keys it tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionBlock {
    operator: Operator,
    keys: Vec<(String, OneOrMany<ConditionValue>)>,
}

/// A value as written: AWS accepts booleans and numbers without quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConditionValue {
    /// Text in quotes.
    Text(String),
    /// `true` or `false`.
    Bool(bool),
    /// A number, digit by digit as written. INVARIANT: a JSON number, kept by the parser, the only maker.
    Number(JsonNumber),
}

/// The text of a JSON number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonNumber(String);

impl JsonNumber {
    /// INVARIANT: `text` was read as a number by the JSON reader.
    pub(super) fn from_reader(text: &str) -> JsonNumber {
        JsonNumber(text.to_owned())
    }

    /// The digits as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ConditionValue {
    /// The value as the text that is compared.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            ConditionValue::Text(text) => text,
            ConditionValue::Bool(true) => "true",
            ConditionValue::Bool(false) => "false",
            ConditionValue::Number(number) => number.as_str(),
        }
    }
}

impl ConditionBlock {
    pub(super) fn new(operator: Operator, keys: Vec<(String, OneOrMany<ConditionValue>)>) -> ConditionBlock {
        ConditionBlock { operator, keys }
    }

    /// The same operator on one key at a time.
    pub(crate) fn single(&self) -> impl Iterator<Item = ConditionBlock> {
        self.keys.iter().map(|key| ConditionBlock { operator: self.operator, keys: vec![key.clone()] })
    }

    /// The operator.
    #[must_use]
    pub fn operator(&self) -> Operator {
        self.operator
    }

    /// The condition keys with their values, in the order of the document.
    #[must_use]
    pub fn keys(&self) -> &[(String, OneOrMany<ConditionValue>)] {
        &self.keys
    }
}

impl Conditions {
    pub(super) fn new(blocks: Vec<ConditionBlock>) -> Conditions {
        Conditions(blocks)
    }

    /// The operators with their keys, in the order of the document.
    #[must_use]
    pub fn blocks(&self) -> &[ConditionBlock] {
        &self.0
    }

    /// Add values for a key; a key that the operator already tests gets more alternatives.
    pub(super) fn add(&mut self, operator: Operator, key: String, values: Vec<ConditionValue>) {
        let Some(block) = self.0.iter_mut().find(|block| block.operator == operator) else {
            self.0.push(ConditionBlock { operator, keys: vec![(key, OneOrMany::shortest(values))] });
            return;
        };
        match block.keys.iter_mut().find(|(present, _)| *present == key) {
            Some((_, present)) => present.extend(values),
            None => block.keys.push((key, OneOrMany::shortest(values))),
        }
    }
}
