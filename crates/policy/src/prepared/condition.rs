//! One condition: an operator, a key, and the values it is compared with.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

use std::cmp::Ordering;
use std::net::IpAddr;

use ipnet::IpNet;
use jiff::Timestamp;

use super::arn_pattern::ArnPattern;
use crate::context::{Context, ContextValue};
use crate::decimal::{Decimal, OwnedDecimal};
use crate::document::{ConditionValue, Version};
use crate::instant;
use crate::operator::{Comparison, Operator, Quantifier};
use crate::template::{Chain, Pattern, Wildcards, may_vary, pieces};

/// A compiled condition on one key.
#[derive(Clone, Debug)]
pub(crate) struct PreparedCondition {
    /// In lower case.
    key: Box<str>,
    /// As written, for people.
    written: Box<str>,
    operator: Operator,
    test: Test,
}

/// What a value of the request is compared with. Values of the policy are alternatives.
#[derive(Clone, Debug)]
enum Test {
    Same {
        values: Box<[Literal]>,
        ignore_case: bool,
    },
    Like(Box<[Pattern]>),
    Arn(Box<[ArnPattern]>),
    Number {
        values: Box<[OwnedDecimal]>,
        accepts: Accepts,
    },
    Instant {
        values: Box<[Timestamp]>,
        accepts: Accepts,
    },
    Address(Box<[IpNet]>),
    /// Whether the key has to be absent.
    Null(Box<[bool]>),
}

/// Which results of comparing the request's value with the policy's count.
#[derive(Clone, Copy, Debug)]
struct Accepts {
    less: bool,
    equal: bool,
    greater: bool,
}

impl PreparedCondition {
    pub(crate) fn new(operator: Operator, key: &str, values: &[ConditionValue], version: Version) -> PreparedCondition {
        PreparedCondition {
            key: key.to_lowercase().into(),
            written: key.into(),
            operator,
            test: Test::new(operator, values, version),
        }
    }

    /// Whether the request satisfies the condition.
    pub(super) fn holds(&self, context: &Context) -> bool {
        let found = context.get_lower(&self.key).filter(|value| !value.values().is_empty());
        if let Test::Null(expected) = &self.test {
            return expected.contains(&found.is_none());
        }
        let Some(found) = found else { return self.holds_when_missing() };
        let passes = |value: &String| self.test.fits(value, context) != self.operator.comparison().is_negated();
        match (self.operator.quantifier(), found) {
            (Some(Quantifier::ForAllValues), found) => found.values().iter().all(passes),
            (Some(Quantifier::ForAnyValue), found) => found.values().iter().any(passes),
            (None, ContextValue::Single(value)) => passes(value),
            // AWS leaves this open; a negated operator then means that no value fits.
            (None, ContextValue::List(values)) => match self.operator.comparison().is_negated() {
                true => values.iter().all(passes),
                false => values.iter().any(passes),
            },
        }
    }

    /// Whether a value of the request fits one of the policy's, before negation, when no policy variable has a value.
    pub(crate) fn fits(&self, value: &str) -> bool {
        self.test.fits(value, &Context::new())
    }

    /// `IfExists` and `ForAllValues` hold without the key, `ForAnyValue` does not, and a negated operator does, because
    /// nothing is there that could be equal.
    pub(crate) fn holds_when_missing(&self) -> bool {
        self.operator.is_if_exists()
            || match self.operator.quantifier() {
                Some(Quantifier::ForAllValues) => true,
                Some(Quantifier::ForAnyValue) => false,
                None => self.operator.comparison().is_negated(),
            }
    }

    /// The key, when the request lacks it and the operator asks for a value.
    pub(super) fn missing_key(&self, context: &Context) -> Option<&str> {
        let asks_value = !matches!(self.test, Test::Null(_));
        (asks_value && context.get_lower(&self.key).is_none()).then_some(&*self.written)
    }
}

impl Test {
    fn new(operator: Operator, values: &[ConditionValue], version: Version) -> Test {
        use Comparison as C;
        let texts = || values.iter().map(ConditionValue::as_str);
        let same =
            |ignore_case| Test::Same { values: texts().map(|text| Literal::new(text, version)).collect(), ignore_case };
        let plain = |ignore_case| Test::Same {
            values: texts().map(|text| Literal::Static(text.into())).collect(),
            ignore_case,
        };
        let accepts = Accepts::of(operator.comparison());
        match operator.comparison() {
            C::StringEquals | C::StringNotEquals => same(false),
            C::StringEqualsIgnoreCase | C::StringNotEqualsIgnoreCase => same(true),
            C::StringLike | C::StringNotLike => Test::Like(texts().map(|text| Pattern::new(text, version)).collect()),
            C::ArnEquals | C::ArnLike | C::ArnNotEquals | C::ArnNotLike => {
                Test::Arn(texts().map(|text| ArnPattern::new(text, version)).collect())
            }
            C::NumericEquals
            | C::NumericNotEquals
            | C::NumericLessThan
            | C::NumericLessThanEquals
            | C::NumericGreaterThan
            | C::NumericGreaterThanEquals => {
                Test::Number { values: texts().filter_map(OwnedDecimal::parse).collect(), accepts }
            }
            C::DateEquals
            | C::DateNotEquals
            | C::DateLessThan
            | C::DateLessThanEquals
            | C::DateGreaterThan
            | C::DateGreaterThanEquals => {
                Test::Instant { values: texts().filter_map(instant::parse).collect(), accepts }
            }
            C::Bool => same(true),
            C::BinaryEquals => plain(false),
            C::IpAddress | C::NotIpAddress => Test::Address(texts().filter_map(parse_range).collect()),
            C::Null => Test::Null(texts().filter_map(parse_bool).collect()),
        }
    }

    /// Whether a value of the request fits one of the policy's; negation comes later.
    fn fits(&self, value: &str, context: &Context) -> bool {
        match self {
            Test::Same { values, ignore_case } => {
                values.iter().any(|literal| literal.is_same(value, *ignore_case, context))
            }
            Test::Like(patterns) => patterns.iter().any(|pattern| pattern.matches(value, context)),
            Test::Arn(patterns) => patterns.iter().any(|pattern| pattern.matches_value(value, context)),
            Test::Number { values, accepts } => Decimal::parse(value)
                .is_some_and(|found| values.iter().any(|wanted| accepts.takes(found.cmp(&wanted.get())))),
            Test::Instant { values, accepts } => {
                instant::parse(value).is_some_and(|found| values.iter().any(|wanted| accepts.takes(found.cmp(wanted))))
            }
            Test::Address(ranges) => {
                value.parse::<IpAddr>().is_ok_and(|address| ranges.iter().any(|range| range.contains(&address)))
            }
            Test::Null(_) => false,
        }
    }
}

impl Accepts {
    /// Negated comparisons accept what their plain form does; the caller turns the result round.
    fn of(comparison: Comparison) -> Accepts {
        use Comparison as C;
        let (less, equal, greater) = match comparison {
            C::NumericLessThan | C::DateLessThan => (true, false, false),
            C::NumericLessThanEquals | C::DateLessThanEquals => (true, true, false),
            C::NumericGreaterThan | C::DateGreaterThan => (false, false, true),
            C::NumericGreaterThanEquals | C::DateGreaterThanEquals => (false, true, true),
            _ => (false, true, false),
        };
        Accepts { less, equal, greater }
    }

    fn takes(self, ordering: Ordering) -> bool {
        match ordering {
            Ordering::Less => self.less,
            Ordering::Equal => self.equal,
            Ordering::Greater => self.greater,
        }
    }
}

/// Text in which wildcards mean nothing, but variables do.
#[derive(Clone, Debug)]
enum Literal {
    Static(Box<str>),
    Varying(Chain),
}

impl Literal {
    fn new(text: &str, version: Version) -> Literal {
        let varying = may_vary(text, version).then(|| Chain::new(&pieces(text, version, Wildcards::Literal)));
        varying.flatten().map_or_else(|| Literal::Static(text.into()), Literal::Varying)
    }

    fn is_same(&self, value: &str, ignore_case: bool, context: &Context) -> bool {
        match (self, ignore_case) {
            (Literal::Static(text), true) => same_ignoring_case(text, value),
            (Literal::Static(text), false) => **text == *value,
            (Literal::Varying(chain), true) => {
                chain.filled_in(context).is_some_and(|text| same_ignoring_case(&text, value))
            }
            (Literal::Varying(chain), false) => chain.matches(value, context),
        }
    }
}

fn same_ignoring_case(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
        || !(one.is_ascii() && other.is_ascii())
            && one.chars().flat_map(char::to_lowercase).eq(other.chars().flat_map(char::to_lowercase))
}

/// An address alone stands for itself.
pub(crate) fn parse_range(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

pub(crate) fn parse_bool(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}
