//! Writing documents: fields in the order of AWS' grammar, values in the form they were given.

use serde::ser::{Error as _, SerializeMap};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::{ConditionBlock, ConditionValue, Conditions, Match, PolicyDocument, Principals, Statement};

impl Serialize for PolicyDocument {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(version) = self.version {
            map.serialize_entry("Version", version.as_str())?;
        }
        if let Some(id) = &self.id {
            map.serialize_entry("Id", id)?;
        }
        map.serialize_entry("Statement", &self.statements)?;
        map.end()
    }
}

impl Serialize for Statement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(sid) = &self.sid {
            map.serialize_entry("Sid", sid)?;
        }
        map.serialize_entry("Effect", &self.effect)?;
        if let Some(principal) = &self.principal {
            map.serialize_entry(element(principal, "Principal", "NotPrincipal"), principal.listed())?;
        }
        map.serialize_entry(element(&self.action, "Action", "NotAction"), self.action.listed())?;
        if let Some(resource) = &self.resource {
            map.serialize_entry(element(resource, "Resource", "NotResource"), resource.listed())?;
        }
        if let Some(conditions) = &self.conditions {
            map.serialize_entry("Condition", conditions)?;
        }
        map.end()
    }
}

impl Serialize for Principals {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Principals::Everyone => serializer.serialize_str("*"),
            Principals::Typed(groups) => {
                serializer.collect_map(groups.iter().map(|(kind, names)| (kind.as_str(), names)))
            }
        }
    }
}

impl Serialize for Conditions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.blocks().iter().map(|block| (block.operator(), block)))
    }
}

impl Serialize for ConditionBlock {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.keys().iter().map(|(key, values)| (key, values)))
    }
}

impl Serialize for ConditionValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            ConditionValue::Text(text) => serializer.serialize_str(text),
            ConditionValue::Bool(value) => serializer.serialize_bool(*value),
            ConditionValue::Number(number) => {
                RawValue::from_string(number.as_str().to_owned()).map_err(S::Error::custom)?.serialize(serializer)
            }
        }
    }
}

fn element<T>(value: &Match<T>, plain: &'static str, negated: &'static str) -> &'static str {
    if value.is_negated() { negated } else { plain }
}
