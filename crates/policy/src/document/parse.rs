//! From JSON to a document. The first thing that is wrong is reported with its place.

use std::collections::HashSet;

use super::condition::JsonNumber;
use super::json::{self, Node, Value};
use super::kind::Presence;
use super::reading::{Fields, Lists, Place, Read, Wrong, one_or_many, read_text, text, unique_members};
use super::{
    ConditionBlock, ConditionValue, Conditions, Effect, OneOrMany, PolicyDocument, PolicyKind, PrincipalType,
    Principals, Statement, Version,
};
use crate::operator::Operator;

/// What is wrong with a document, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} (line {line}, column {column}{})", at_pointer(.pointer))]
pub struct ParseError {
    /// Line of the offending text, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// JSON pointer (RFC 6901) to the offending value, such as `/Statement/0/Acton`; empty for the whole document and
    /// for text that is not JSON at all.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
}

pub(super) fn document(text: &str, kind: Option<PolicyKind>) -> Result<PolicyDocument, ParseError> {
    let found = match json::read(text) {
        Ok(node) => read_document(&node, kind),
        Err(syntax) => Err(Wrong {
            offset: syntax.offset,
            pointer: String::new(),
            message: format!("not valid JSON: {}", syntax.message),
        }),
    };
    found.map_err(|wrong| wrong.located_in(text))
}

fn read_document(node: &Node<'_>, kind: Option<PolicyKind>) -> Read<PolicyDocument> {
    let place = &Place::Root;
    let fields = Fields::read(node, place, &["Version", "Id", "Statement"])?;
    let version = fields.optional("Version", read_version)?;
    let id = fields.optional("Id", read_text)?;
    let statements = fields.required("Statement", |node, place| {
        let statements = one_or_many(node, place, &|node, place| read_statement(node, place, kind))?;
        if kind.is_some() {
            if statements.as_slice().is_empty() {
                return Err(place.wrong(node.offset, "a policy needs at least one statement"));
            }
            unique_sids(node, place, statements.as_slice())?;
        }
        Ok(statements)
    })?;
    Ok(PolicyDocument::new(version, id, statements))
}

fn read_version(node: &Node<'_>, place: &Place<'_>) -> Read<Version> {
    let text = text(node, place)?;
    [Version::V2012, Version::V2008].into_iter().find(|version| version.as_str() == text).ok_or_else(|| {
        place.wrong(node.offset, format!("unknown version `{text}`; expected `2012-10-17` or `2008-10-17`"))
    })
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html>: unique within a policy. The empty
/// sid is none; the console writes it into trust policies.
fn unique_sids(node: &Node<'_>, place: &Place<'_>, statements: &[Statement]) -> Read<()> {
    let mut seen = HashSet::new();
    let sids = statements.iter().enumerate().filter_map(|(at, statement)| Some((at, statement.name()?)));
    let mut sids = sids.filter(|(_, sid)| !sid.is_empty());
    let Some((at, sid)) = sids.find(|(_, sid)| !seen.insert(*sid)) else { return Ok(()) };
    let offset = match &node.value {
        Value::List(items) => items.get(at).map_or(node.offset, |item| item.offset),
        _ => node.offset,
    };
    let item = Place::Item(place, at);
    Err(Place::Field(&item, "Sid").wrong(offset, format!("two statements have the sid `{sid}`")))
}

const STATEMENT_FIELDS: [&str; 9] =
    ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

fn read_statement(node: &Node<'_>, place: &Place<'_>, kind: Option<PolicyKind>) -> Read<Statement> {
    let fields = Fields::read(node, place, &STATEMENT_FIELDS)?;
    let lists = if kind.is_some() { Lists::NonEmpty } else { Lists::Any };
    let statement = Statement {
        sid: fields.optional("Sid", read_text)?,
        effect: fields.required("Effect", read_effect)?,
        principal: fields.either("Principal", "NotPrincipal", |node, place| read_principals(node, place, lists))?,
        action: fields
            .either("Action", "NotAction", |node, place| read_actions(node, place, lists))?
            .ok_or_else(|| place.wrong(node.offset, "missing field `Action` or `NotAction`"))?,
        resource: fields.either("Resource", "NotResource", |node, place| read_texts(node, place, lists))?,
        conditions: fields.optional("Condition", |node, place| read_conditions(node, place, kind.is_some()))?,
    };
    match kind {
        Some(kind) => check_kind(&statement, &fields, kind)?,
        None if statement.principal.is_none() && statement.resource.is_none() => {
            return Err(place.wrong(node.offset, "missing field `Resource` or `NotResource`"));
        }
        None => {}
    }
    Ok(statement)
}

fn check_kind(statement: &Statement, fields: &Fields<'_, '_>, kind: PolicyKind) -> Read<()> {
    let elements = [
        (kind.principal(), statement.principal.is_some(), "Principal", "NotPrincipal"),
        (kind.resource(), statement.resource.is_some(), "Resource", "NotResource"),
    ];
    for (presence, present, plain, negated) in elements {
        match presence {
            Presence::Required if !present => {
                return Err(fields.wrong(format!("missing field `{plain}`: {kind} must have it")));
            }
            Presence::Forbidden if present => {
                let name = if fields.find(plain).is_some() { plain } else { negated };
                return Err(fields.wrong_field(name, format!("{kind} cannot have `{name}`")));
            }
            Presence::Required | Presence::Optional | Presence::Forbidden => {}
        }
    }
    if !kind.takes_not_principal() && fields.find("NotPrincipal").is_some() {
        return Err(fields.wrong_field("NotPrincipal", format!("{kind} cannot have `NotPrincipal`")));
    }
    Ok(())
}

fn read_effect(node: &Node<'_>, place: &Place<'_>) -> Read<Effect> {
    match text(node, place)? {
        "Allow" => Ok(Effect::Allow),
        "Deny" => Ok(Effect::Deny),
        other => Err(place.wrong(node.offset, format!("unknown effect `{other}`; expected `Allow` or `Deny`"))),
    }
}

fn read_principals(node: &Node<'_>, place: &Place<'_>, lists: Lists) -> Read<Principals> {
    match &node.value {
        Value::Text(text) if *text == "*" => Ok(Principals::Everyone),
        Value::Text(text) => {
            Err(place.wrong(node.offset, format!("principal `{text}` needs a type; only `*` stands alone")))
        }
        _ => {
            let fields = Fields::read(node, place, &PrincipalType::ALL.map(PrincipalType::as_str))?;
            let groups = fields.members.iter().filter_map(|member| {
                let kind = PrincipalType::ALL.into_iter().find(|kind| kind.as_str() == member.key)?;
                Some(read_texts(&member.node, &Place::Field(place, &member.key), lists).map(|names| (kind, names)))
            });
            let groups: Vec<_> = groups.collect::<Result<_, _>>()?;
            match groups.is_empty() && lists == Lists::NonEmpty {
                true => Err(place.wrong(node.offset, "no principal is named")),
                false => Ok(Principals::Typed(groups)),
            }
        }
    }
}

fn read_actions(node: &Node<'_>, place: &Place<'_>, lists: Lists) -> Read<OneOrMany<String>> {
    lists.read(node, place, &|node, place| {
        let action = text(node, place)?;
        let prefixed = action.split_once(':').is_some_and(|(service, name)| !service.is_empty() && !name.is_empty());
        match prefixed || action == "*" {
            true => Ok(action.to_owned()),
            false => Err(place.wrong(node.offset, format!("action `{action}` has no service, as in `s3:GetObject`"))),
        }
    })
}

fn read_texts(node: &Node<'_>, place: &Place<'_>, lists: Lists) -> Read<OneOrMany<String>> {
    lists.read(node, place, &|node, place| match text(node, place)? {
        "" => Err(place.wrong(node.offset, "an empty string stands for nothing here")),
        text => Ok(text.to_owned()),
    })
}

fn read_conditions(node: &Node<'_>, place: &Place<'_>, exact_spelling: bool) -> Read<Conditions> {
    let mut seen = Vec::new();
    let blocks = unique_members(node, place)?.iter().map(|member| {
        let place = Place::Field(place, &member.key);
        let operator = match Operator::parse_ignoring_case(&member.key) {
            Ok(operator) if exact_spelling && operator.to_string() != member.key => {
                let message = format!("unknown condition operator `{}`; it is written `{operator}`", member.key);
                return Err(place.wrong(member.offset, message));
            }
            Ok(operator) => operator,
            Err(unknown) => return Err(place.wrong(member.offset, unknown)),
        };
        // There are not more than some 150 operators, however long the document.
        if seen.contains(&operator) {
            return Err(place.wrong(member.offset, format!("operator `{operator}` is given twice")));
        }
        seen.push(operator);
        let keys = unique_members(&member.node, &place)?.iter().map(|member| {
            let place = Place::Field(&place, &member.key);
            if member.key.is_empty() {
                return Err(place.wrong(member.offset, "a condition key cannot be empty"));
            }
            Ok((member.key.as_ref().to_owned(), one_or_many(&member.node, &place, &read_condition_value)?))
        });
        Ok(ConditionBlock::new(operator, keys.collect::<Result<_, _>>()?))
    });
    Ok(Conditions::new(blocks.collect::<Result<_, _>>()?))
}

fn read_condition_value(node: &Node<'_>, place: &Place<'_>) -> Read<ConditionValue> {
    match &node.value {
        Value::Text(text) => Ok(ConditionValue::Text(text.as_ref().to_owned())),
        Value::Bool(value) => Ok(ConditionValue::Bool(*value)),
        Value::Number(digits) => Ok(ConditionValue::Number(JsonNumber::from_reader(digits))),
        other => {
            Err(place.wrong(node.offset, format!("expected a string, a boolean or a number, not {}", other.name())))
        }
    }
}

fn at_pointer(pointer: &str) -> String {
    if pointer.is_empty() { String::new() } else { format!(", at `{pointer}`") }
}
