//! What has to be so for a rule to apply, as far as its text says so plainly: its scope, and the first of the conditions that
//! are joined by `&&`. A decision leaves out the rules of which something necessary is not so, and explaining a refusal sees
//! which groups a rule wants.
//!
//! Left out or asked, a rule must come to the same, its errors included. Cedar evaluates from left to right and stops at the
//! first condition that does not hold, so a condition counts only if nothing before it can fail. The law in
//! `tests/indexed.rs` compares the two ways over random rules.

use cedar_policy::{EntityId, EntityTypeName, EntityUid, Policy};
use serde_json::Value;

/// What rules speak about, such as `context.tier`: the ones that every question answers at once.
pub(crate) type Path = &'static str;

pub(crate) const PRINCIPAL: Path = "principal";
pub(crate) const RESOURCE: Path = "resource";

/// The paths that conditions are read about. All others are left to Cedar.
const PATHS: [Path; 14] = [
    PRINCIPAL,
    "principal.id",
    "principal.issuer",
    "principal.department",
    "principal.repository",
    "principal.reference",
    "principal.environment",
    RESOURCE,
    "resource.owner",
    "resource.tier",
    "resource.account",
    "context.tier",
    "context.account",
    "context.identity",
];

/// The groups that are no literals, but known from the resource.
const OWN_GROUPS: [Path; 2] = ["resource.group", "resource.approvers"];

/// The operators that cannot fail in a rule that fits the schema: everything but arithmetic and calculations with time.
const SAFE: [&str; 28] = [
    "Value",
    "Var",
    "Set",
    "Record",
    "!",
    "==",
    "!=",
    "in",
    "<",
    "<=",
    ">",
    ">=",
    "&&",
    "||",
    ".",
    "has",
    "like",
    "is",
    "if-then-else",
    "contains",
    "containsAll",
    "containsAny",
    "isEmpty",
    "ip",
    "isInRange",
    "isIpv4",
    "isIpv6",
    "isLoopback",
];

/// Something that is so or not in a situation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Fact {
    /// It is this entity.
    Is(Path, EntityUid),
    /// It is this entity or belongs to it.
    In(Path, EntityUid),
    /// It is an entity of this type.
    Kind(Path, EntityTypeName),
    /// It is this text.
    Text(Path, String),
    /// The principal is in the group that the resource names there.
    Own(Path),
}

/// Facts of which one has to be so.
pub(crate) type Clause = Vec<Fact>;

/// All that is plainly necessary for a policy to apply.
pub(crate) fn clauses(policy: &Policy) -> Vec<Clause> {
    // A policy that cannot be written as JSON is one about which nothing is known, so it is always asked.
    let Ok(json) = policy.to_json() else { return vec![] };
    let mut clauses = Vec::new();
    for part in [PRINCIPAL, RESOURCE] {
        scope(part, at(&json, part), &mut clauses);
    }
    for condition in at(&json, "conditions").as_array().into_iter().flatten() {
        let (is_when, body) = (at(condition, "kind") == "when", at(condition, "body"));
        let is_read = if is_when { conjuncts(body, &mut clauses) } else { is_safe(body) };
        if !is_read {
            break;
        }
    }
    clauses
}

/// Whether a policy has no conditions besides its scope, so that its clauses say all there is.
pub(crate) fn is_unconditional(policy: &Policy) -> bool {
    policy.to_json().is_ok_and(|json| at(&json, "conditions").as_array().is_none_or(Vec::is_empty))
}

/// The whole numbers in a policy.
pub(crate) fn numbers(policy: &Policy) -> Vec<i64> {
    let mut found = Vec::new();
    let mut left: Vec<Value> = policy.to_json().into_iter().collect();
    while let Some(json) = left.pop() {
        match json {
            Value::Number(number) => found.extend(number.as_i64()),
            Value::Array(members) => left.extend(members),
            Value::Object(members) => left.extend(members.into_iter().map(|(_, member)| member)),
            Value::Null | Value::Bool(_) | Value::String(_) => {}
        }
    }
    found
}

/// What the head of a rule demands of the principal or the resource.
fn scope(part: Path, json: &Value, clauses: &mut Vec<Clause>) {
    let named = entity(at(json, "entity"));
    match (at(json, "op").as_str(), named) {
        (Some("=="), Some(entity)) => clauses.push(vec![Fact::Is(part, entity)]),
        (Some("in"), Some(entity)) => clauses.push(vec![Fact::In(part, entity)]),
        (Some("is"), _) => {
            clauses.extend(kind(at(json, "entity_type")).map(|kind| vec![Fact::Kind(part, kind)]));
            clauses.extend(entity(at(at(json, "in"), "entity")).map(|within| vec![Fact::In(part, within)]));
        }
        _ => {}
    }
}

/// Read what is joined by `&&`, in the order in which it is evaluated. False when something met on the way can fail: nothing
/// after it counts.
fn conjuncts(json: &Value, clauses: &mut Vec<Clause>) -> bool {
    if let Some(both) = json.get("&&") {
        return conjuncts(at(both, "left"), clauses) && conjuncts(at(both, "right"), clauses);
    }
    if let Some(typed) = json.get("is").filter(|typed| typed.get("in").is_some()) {
        let part = path(at(typed, "left"));
        let kind = part.zip(kind(at(typed, "entity_type"))).map(|(part, kind)| vec![Fact::Kind(part, kind)]);
        clauses.extend(kind);
        clauses.extend(within(at(typed, "left"), at(typed, "in")));
        return is_safe(json);
    }
    match alternatives(json) {
        Some(clause) => {
            clauses.push(clause);
            true
        }
        None => is_safe(json),
    }
}

/// One condition as facts of which one has to be so; `None` if it is about something else.
fn alternatives(json: &Value) -> Option<Clause> {
    let (operator, body) = json.as_object()?.iter().next()?;
    match operator.as_str() {
        "||" => Some([alternatives(at(body, "left"))?, alternatives(at(body, "right"))?].concat()),
        "==" => equal(at(body, "left"), at(body, "right")).or_else(|| equal(at(body, "right"), at(body, "left"))),
        "in" => within(at(body, "left"), at(body, "right")),
        "is" if body.get("in").is_none() => {
            Some(vec![Fact::Kind(path(at(body, "left"))?, kind(at(body, "entity_type"))?)])
        }
        _ => None,
    }
}

fn equal(left: &Value, right: &Value) -> Option<Clause> {
    let part = path(left)?;
    let value = right.get("Value")?;
    let fact = match value.as_str() {
        Some(text) => Fact::Text(part, text.to_owned()),
        None => Fact::Is(part, entity(value)?),
    };
    Some(vec![fact])
}

fn within(left: &Value, right: &Value) -> Option<Clause> {
    let part = path(left)?;
    if let Some(own) = dotted(right).and_then(|dotted| OWN_GROUPS.into_iter().find(|own| *own == dotted)) {
        return (part == PRINCIPAL).then(|| vec![Fact::Own(own)]);
    }
    let one = |value: &Value| entity(value).map(|entity| Fact::In(part, entity));
    if let Some(members) = right.get("Set").and_then(Value::as_array) {
        return members.iter().map(|member| one(member.get("Value")?)).collect();
    }
    match right.get("Value")? {
        Value::Array(members) => members.iter().map(one).collect(),
        value => Some(vec![one(value)?]),
    }
}

/// Whether evaluating this cannot be an error.
fn is_safe(json: &Value) -> bool {
    let Some(expression) = json.as_object() else { return true };
    expression.iter().all(|(operator, body)| match operator.as_str() {
        "Value" | "Var" => true,
        operator if !SAFE.contains(&operator) => false,
        "." | "has" | "like" | "is" => body.get("left").is_none_or(is_safe) && body.get("in").is_none_or(is_safe),
        "Record" => body.as_object().into_iter().flatten().all(|(_, value)| is_safe(value)),
        _ => match body {
            Value::Array(members) => members.iter().all(is_safe),
            Value::Object(operands) => operands.values().all(is_safe),
            _ => true,
        },
    })
}

fn at<'a>(json: &'a Value, key: &str) -> &'a Value {
    json.get(key).unwrap_or(&Value::Null)
}

fn path(json: &Value) -> Option<Path> {
    let dotted = dotted(json)?;
    PATHS.into_iter().find(|path| *path == dotted)
}

/// A variable or an attribute of one, as it is written.
fn dotted(json: &Value) -> Option<String> {
    if let Some(variable) = json.get("Var") {
        return Some(variable.as_str()?.to_owned());
    }
    let access = json.get(".")?;
    Some(format!("{}.{}", at(access, "left").get("Var")?.as_str()?, at(access, "attr").as_str()?))
}

fn entity(json: &Value) -> Option<EntityUid> {
    let json = json.get("__entity").unwrap_or(json);
    Some(EntityUid::from_type_name_and_id(kind(json.get("type")?)?, EntityId::new(json.get("id")?.as_str()?)))
}

fn kind(json: &Value) -> Option<EntityTypeName> {
    json.as_str()?.parse().ok()
}
