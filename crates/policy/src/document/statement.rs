//! One statement, and the way to write one in code.

use serde::Serialize;

use super::{ConditionValue, Conditions, OneOrMany, PrincipalType, Principals};
use crate::operator::Operator;

/// What a statement does when it applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Effect {
    /// Grants, unless something denies.
    Allow,
    /// Refuses, whatever grants.
    Deny,
}

/// An element that exists in a plain and a `Not…` form, such as `Action` and `NotAction`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match<T> {
    /// Applies to what is listed.
    Listed(T),
    /// Applies to everything but what is listed.
    NotListed(T),
}

impl<T> Match<T> {
    /// What is listed, whichever the form.
    #[must_use]
    pub fn listed(&self) -> &T {
        match self {
            Match::Listed(value) | Match::NotListed(value) => value,
        }
    }

    /// Whether this is the `Not…` form.
    #[must_use]
    pub fn is_negated(&self) -> bool {
        matches!(self, Match::NotListed(_))
    }
}

/// One statement of a policy document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    pub(super) sid: Option<String>,
    pub(super) effect: Effect,
    pub(super) principal: Option<Match<Principals>>,
    pub(super) action: Match<OneOrMany<String>>,
    pub(super) resource: Option<Match<OneOrMany<String>>>,
    pub(super) conditions: Option<Conditions>,
}

/// A statement that does not yet say which actions it is about; only with actions does it become a [`Statement`].
#[derive(Clone, Debug)]
pub struct StatementDraft {
    sid: Option<String>,
    effect: Effect,
    principal: Option<Match<Principals>>,
}

impl StatementDraft {
    fn new(effect: Effect) -> StatementDraft {
        StatementDraft { sid: None, effect, principal: None }
    }

    /// Name the statement.
    #[must_use]
    pub fn sid(mut self, sid: impl Into<String>) -> StatementDraft {
        self.sid = Some(sid.into());
        self
    }

    /// About everybody: `"Principal": "*"`.
    #[must_use]
    pub fn principal_everyone(mut self) -> StatementDraft {
        self.principal = Some(Match::Listed(Principals::Everyone));
        self
    }

    /// About these accounts, users, roles or role sessions. Principals of other types stay.
    #[must_use]
    pub fn principal_aws(self, names: impl IntoIterator<Item = impl Into<String>>) -> StatementDraft {
        self.add_principals(PrincipalType::Aws, names)
    }

    /// About these AWS services. Principals of other types stay.
    #[must_use]
    pub fn principal_service(self, names: impl IntoIterator<Item = impl Into<String>>) -> StatementDraft {
        self.add_principals(PrincipalType::Service, names)
    }

    /// About these identity providers. Principals of other types stay.
    #[must_use]
    pub fn principal_federated(self, names: impl IntoIterator<Item = impl Into<String>>) -> StatementDraft {
        self.add_principals(PrincipalType::Federated, names)
    }

    /// About these actions, such as `s3:GetObject` or `s3:Get*`.
    #[must_use]
    pub fn actions(self, actions: impl IntoIterator<Item = impl Into<String>>) -> Statement {
        self.with_action(Match::Listed(texts(actions)))
    }

    /// About every action but these.
    #[must_use]
    pub fn not_actions(self, actions: impl IntoIterator<Item = impl Into<String>>) -> Statement {
        self.with_action(Match::NotListed(texts(actions)))
    }

    fn add_principals(
        mut self,
        kind: PrincipalType,
        names: impl IntoIterator<Item = impl Into<String>>,
    ) -> StatementDraft {
        let names = names.into_iter().map(Into::into).collect();
        match &mut self.principal {
            Some(Match::Listed(principals) | Match::NotListed(principals)) => principals.add(kind, names),
            None => self.principal = Some(Match::Listed(Principals::Typed(vec![(kind, OneOrMany::shortest(names))]))),
        }
        self
    }

    fn with_action(self, action: Match<OneOrMany<String>>) -> Statement {
        Statement {
            sid: self.sid,
            effect: self.effect,
            principal: self.principal,
            action,
            resource: None,
            conditions: None,
        }
    }
}

impl Statement {
    /// Start a statement that grants.
    #[must_use]
    pub fn allow() -> StatementDraft {
        StatementDraft::new(Effect::Allow)
    }

    /// Start a statement that refuses.
    #[must_use]
    pub fn deny() -> StatementDraft {
        StatementDraft::new(Effect::Deny)
    }

    /// Name the statement.
    #[must_use]
    pub fn sid(mut self, sid: impl Into<String>) -> Statement {
        self.sid = Some(sid.into());
        self
    }

    /// On these resources, replacing what was set before.
    #[must_use]
    pub fn resources(mut self, resources: impl IntoIterator<Item = impl Into<String>>) -> Statement {
        self.resource = Some(Match::Listed(texts(resources)));
        self
    }

    /// On every resource but these, replacing what was set before.
    #[must_use]
    pub fn not_resources(mut self, resources: impl IntoIterator<Item = impl Into<String>>) -> Statement {
        self.resource = Some(Match::NotListed(texts(resources)));
        self
    }

    /// Only when `key` compares to one of `values`. Conditions add up; values of the same operator and key are
    /// alternatives.
    #[must_use]
    pub fn condition(
        mut self,
        operator: impl Into<Operator>,
        key: impl Into<String>,
        values: impl IntoIterator<Item = impl Into<String>>,
    ) -> Statement {
        let values = values.into_iter().map(|value| ConditionValue::Text(value.into())).collect();
        self.conditions.get_or_insert_default().add(operator.into(), key.into(), values);
        self
    }

    /// With another `Action` or `NotAction` element.
    #[must_use]
    pub(crate) fn with_action(mut self, action: Match<OneOrMany<String>>) -> Statement {
        self.action = action;
        self
    }

    /// With another `Principal` or `NotPrincipal` element, or none.
    #[must_use]
    pub(crate) fn with_principal(mut self, principal: Option<Match<Principals>>) -> Statement {
        self.principal = principal;
        self
    }

    /// With another `Resource` or `NotResource` element, or none.
    #[must_use]
    pub(crate) fn with_resource(mut self, resource: Option<Match<OneOrMany<String>>>) -> Statement {
        self.resource = resource;
        self
    }

    /// With these conditions and no others.
    #[must_use]
    pub(crate) fn with_conditions(mut self, blocks: Vec<super::ConditionBlock>) -> Statement {
        self.conditions = Some(Conditions::new(blocks));
        self
    }

    /// The name given to the statement.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.sid.as_deref()
    }

    /// Whether it grants or refuses.
    #[must_use]
    pub fn effect(&self) -> Effect {
        self.effect
    }

    /// `Principal` or `NotPrincipal`.
    #[must_use]
    pub fn principal(&self) -> Option<&Match<Principals>> {
        self.principal.as_ref()
    }

    /// `Action` or `NotAction`.
    #[must_use]
    pub fn action(&self) -> &Match<OneOrMany<String>> {
        &self.action
    }

    /// `Resource` or `NotResource`.
    #[must_use]
    pub fn resource(&self) -> Option<&Match<OneOrMany<String>>> {
        self.resource.as_ref()
    }

    /// The conditions; none when the element is missing or empty.
    #[must_use]
    pub fn conditions(&self) -> &[super::ConditionBlock] {
        self.conditions.as_ref().map_or(&[], Conditions::blocks)
    }
}

fn texts(values: impl IntoIterator<Item = impl Into<String>>) -> OneOrMany<String> {
    OneOrMany::shortest(values.into_iter().map(Into::into).collect())
}
