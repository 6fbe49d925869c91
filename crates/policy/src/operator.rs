//! Condition operators: `ForAnyValue:StringLikeIfExists` taken apart into what it compares, how it treats several
//! values, and what it does when the key is missing.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// A condition operator as a policy names it.
///
/// Made from a [`Comparison`] (`Comparison::Bool.into()`) or by parsing the name AWS uses. `Null` never carries
/// `IfExists`: AWS refuses that combination, and so does [`FromStr`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Operator {
    quantifier: Option<Quantifier>,
    comparison: Comparison,
    if_exists: bool,
}

/// How an operator treats a key with several values.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Quantifier {
    /// Every value of the request must pass; true when there is none.
    ForAllValues,
    /// At least one value of the request must pass; false when there is none.
    ForAnyValue,
}

/// The name does not stand for any condition operator of IAM.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown condition operator `{0}`")]
pub struct UnknownOperator(String);

macro_rules! comparisons {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// What an operator compares. The variants are named as AWS names them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Comparison {
            $($(#[$doc])* $name,)*
        }

        impl Comparison {
            /// Every comparison, in the order of AWS' page.
            pub const ALL: &'static [Comparison] = &[$(Comparison::$name,)*];

            /// The name AWS uses, for example `StringNotEquals`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Comparison::$name => stringify!($name),)*
                }
            }
        }
    };
}

comparisons! {
    /// Same text, case matters; wildcards are ordinary characters.
    StringEquals,
    /// Negated [`Comparison::StringEquals`].
    StringNotEquals,
    /// Same text, case ignored.
    StringEqualsIgnoreCase,
    /// Negated [`Comparison::StringEqualsIgnoreCase`].
    StringNotEqualsIgnoreCase,
    /// `*` and `?` are wildcards, case matters.
    StringLike,
    /// Negated [`Comparison::StringLike`].
    StringNotLike,
    /// Same number.
    NumericEquals,
    /// Negated [`Comparison::NumericEquals`].
    NumericNotEquals,
    /// The request's number is below the policy's.
    NumericLessThan,
    /// Below or the same.
    NumericLessThanEquals,
    /// The request's number is above the policy's.
    NumericGreaterThan,
    /// Above or the same.
    NumericGreaterThanEquals,
    /// Same instant.
    DateEquals,
    /// Negated [`Comparison::DateEquals`].
    DateNotEquals,
    /// The request's instant is before the policy's.
    DateLessThan,
    /// Before or the same.
    DateLessThanEquals,
    /// The request's instant is after the policy's.
    DateGreaterThan,
    /// After or the same.
    DateGreaterThanEquals,
    /// `true` or `false`.
    Bool,
    /// Same bytes, both sides in base64.
    BinaryEquals,
    /// The request's address lies in the policy's range.
    IpAddress,
    /// Negated [`Comparison::IpAddress`].
    NotIpAddress,
    /// Six ARN parts compared one by one; behaves as [`Comparison::ArnLike`].
    ArnEquals,
    /// Six ARN parts compared one by one, with wildcards.
    ArnLike,
    /// Negated [`Comparison::ArnEquals`].
    ArnNotEquals,
    /// Negated [`Comparison::ArnLike`].
    ArnNotLike,
    /// Whether the key is absent.
    Null,
}

impl Comparison {
    /// Whether the operator is true exactly when no value of the policy fits: it then also holds for a missing key.
    #[must_use]
    pub fn is_negated(self) -> bool {
        matches!(
            self,
            Comparison::StringNotEquals
                | Comparison::StringNotEqualsIgnoreCase
                | Comparison::StringNotLike
                | Comparison::NumericNotEquals
                | Comparison::DateNotEquals
                | Comparison::NotIpAddress
                | Comparison::ArnNotEquals
                | Comparison::ArnNotLike
        )
    }

    /// Whether policy variables are filled in in the policy's values.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>
    pub(crate) fn takes_variables(self) -> bool {
        let name = self.name();
        self == Comparison::Bool || name.starts_with("String") || name.starts_with("Arn")
    }
}

impl Operator {
    /// What is compared.
    #[must_use]
    pub fn comparison(self) -> Comparison {
        self.comparison
    }

    /// How several values are treated, when the operator says so.
    #[must_use]
    pub fn quantifier(self) -> Option<Quantifier> {
        self.quantifier
    }

    /// Whether a missing key satisfies the condition.
    #[must_use]
    pub fn is_if_exists(self) -> bool {
        self.if_exists
    }

    /// The same operator with `IfExists`. `Null` stays as it is: it has no such form.
    #[must_use]
    pub fn if_exists(mut self) -> Operator {
        self.if_exists = self.comparison != Comparison::Null;
        self
    }

    /// The same operator with `ForAllValues:`.
    #[must_use]
    pub fn for_all_values(mut self) -> Operator {
        self.quantifier = Some(Quantifier::ForAllValues);
        self
    }

    /// The same operator with `ForAnyValue:`.
    #[must_use]
    pub fn for_any_value(mut self) -> Operator {
        self.quantifier = Some(Quantifier::ForAnyValue);
        self
    }
}

impl Operator {
    /// As [`Operator::from_str`], but in any case: documents in the wild say `ARNLike` for `ArnLike`.
    pub(crate) fn parse_ignoring_case(text: &str) -> Result<Operator, UnknownOperator> {
        let (quantifier, rest) = if let Some(rest) = without_prefix(text, "ForAllValues:") {
            (Some(Quantifier::ForAllValues), rest)
        } else if let Some(rest) = without_prefix(text, "ForAnyValue:") {
            (Some(Quantifier::ForAnyValue), rest)
        } else {
            (None, text)
        };
        let (name, if_exists) = match rest.len().checked_sub("IfExists".len()).and_then(|at| rest.split_at_checked(at))
        {
            Some((name, suffix)) if suffix.eq_ignore_ascii_case("IfExists") => (name, true),
            _ => (rest, false),
        };
        let comparison =
            Comparison::ALL.iter().copied().find(|comparison| comparison.name().eq_ignore_ascii_case(name));
        match comparison {
            Some(Comparison::Null) if if_exists => Err(UnknownOperator(text.to_owned())),
            Some(comparison) => Ok(Operator { quantifier, comparison, if_exists }),
            None => Err(UnknownOperator(text.to_owned())),
        }
    }
}

fn without_prefix<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

impl From<Comparison> for Operator {
    fn from(comparison: Comparison) -> Operator {
        Operator { quantifier: None, comparison, if_exists: false }
    }
}

impl FromStr for Operator {
    type Err = UnknownOperator;

    fn from_str(text: &str) -> Result<Operator, UnknownOperator> {
        let operator = Operator::parse_ignoring_case(text)?;
        if operator.to_string() == text { Ok(operator) } else { Err(UnknownOperator(text.to_owned())) }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = match self.quantifier {
            Some(Quantifier::ForAllValues) => "ForAllValues:",
            Some(Quantifier::ForAnyValue) => "ForAnyValue:",
            None => "",
        };
        let suffix = if self.if_exists { "IfExists" } else { "" };
        write!(f, "{prefix}{}{suffix}", self.comparison.name())
    }
}

impl Serialize for Operator {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
