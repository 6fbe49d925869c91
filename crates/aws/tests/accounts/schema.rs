//! As much of JSON Schema (draft 2020-12) as ours use. A keyword that is not known here fails the test that uses it, so
//! that nothing stands in a schema that nobody checks.

use serde_json::Value;

/// What is wrong with a value, in words; nothing when it is as the schema says.
pub(crate) fn violations(schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(schema, value, "$", &mut found);
    found
}

fn check(schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    for (keyword, rule) in schema.as_object().unwrap() {
        let wrong = match keyword.as_str() {
            "$schema" | "title" | "description" | "then" => false,
            "const" => value != rule,
            "enum" => !rule.as_array().unwrap().contains(value),
            "type" => !is_type(rule.as_str().unwrap(), value),
            "minimum" => value.as_u64() < rule.as_u64(),
            "minLength" => letters(value) < rule.as_u64(),
            "maxLength" => letters(value) > rule.as_u64(),
            "format" => !is_format(rule.as_str().unwrap(), value.as_str().unwrap_or_default()),
            "required" => {
                let missing =
                    rule.as_array().unwrap().iter().filter(|name| value.get(name.as_str().unwrap()).is_none());
                found.extend(missing.map(|name| format!("{at} lacks {name}")));
                false
            }
            "properties" => {
                for (name, schema) in rule.as_object().unwrap() {
                    if let Some(value) = value.get(name) {
                        check(schema, value, &format!("{at}.{name}"), found);
                    }
                }
                false
            }
            "additionalProperties" => {
                assert_eq!(rule, &Value::Bool(false));
                let known = schema["properties"].as_object().unwrap();
                value.as_object().unwrap().keys().any(|name| !known.contains_key(name))
            }
            "allOf" => {
                rule.as_array().unwrap().iter().for_each(|schema| check(schema, value, at, found));
                false
            }
            "if" => {
                if violations(rule, value).is_empty() {
                    check(&schema["then"], value, at, found);
                }
                false
            }
            other => panic!("nobody checks `{other}`"),
        };
        if wrong {
            found.push(format!("{at} is {value}, against {keyword} {rule}"));
        }
    }
}

fn is_type(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        other => panic!("nobody checks the type {other}"),
    }
}

fn is_format(name: &str, text: &str) -> bool {
    match name {
        "uuid" => text.parse::<daypass_vending::ids::SessionId>().is_ok(),
        "date-time" => text.parse::<jiff::Timestamp>().is_ok(),
        other => panic!("nobody checks the format {other}"),
    }
}

fn letters(value: &Value) -> Option<u64> {
    Some(value.as_str()?.chars().count() as u64)
}
