//! The text that the policy crate embeds, in compressed form; `crates/policy/src/catalogue/decode.rs` reads it.
//!
//! A record a line, fields separated by tabs, the kind of record in the first character. Numbers count from 0.
//!
//! | record | fields |
//! |---|---|
//! | first line | `daypass iam-data 1`, version, date |
//! | `K` condition key | name; letter of the type, upper case for several values; `*` when global |
//! | `S` service | prefix, name, `r` when RCPs apply; what follows belongs to it |
//! | `R` resource type | name, ARN formats (`, ` between alternatives), numbers of its keys |
//! | `F` form of actions | letter of the access level, resource types, numbers of the keys |
//! | `A` action | name, number of its form |
//!
//! A resource type of a form is its number in the service, `!` when it is required, and `:` with the numbers of the keys
//! it has with these actions. Lists are separated by commas, resource types by semicolons.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context as _, Result, bail, ensure};

use super::package::{Action, Package, Service, plain};

pub(crate) fn text(package: &Package) -> Result<String> {
    let mut text = format!("daypass iam-data 1\t{}\t{}\n", package.version, package.date);
    let mut numbers = BTreeMap::new();
    for (number, (lower, key)) in package.keys.iter().enumerate() {
        numbers.insert(lower.as_str(), number);
        record(&mut text, 'K', &[&key.name, type_letter(&key.kind)?, if key.is_global { "*" } else { "" }])?;
    }
    for service in &package.services {
        write_service(&mut text, service, &numbers).with_context(|| format!("service `{}`", service.prefix))?;
    }
    Ok(text)
}

type KeyNumbers<'p> = BTreeMap<&'p str, usize>;

fn write_service(text: &mut String, service: &Service, numbers: &KeyNumbers<'_>) -> Result<()> {
    record(text, 'S', &[&service.prefix, &service.name, if service.supports_rcp { "r" } else { "" }])?;
    for resource_type in service.resource_types.values() {
        let keys = key_list(&resource_type.condition_keys, numbers)?;
        record(text, 'R', &[&resource_type.key, &resource_type.arn, &keys])?;
    }
    let mut forms: BTreeMap<String, usize> = BTreeMap::new();
    let mut actions = String::new();
    for (lower, action) in &service.actions {
        ensure!(*lower == action.name.to_ascii_lowercase(), "action `{}` is listed as `{lower}`", action.name);
        let form = form_of(action, service, numbers).with_context(|| format!("action `{}`", action.name))?;
        let next = forms.len();
        let number = *forms.entry(form.clone()).or_insert_with(|| {
            text.push_str(&form);
            next
        });
        record(&mut actions, 'A', &[&action.name, &number.to_string()])?;
    }
    text.push_str(&actions);
    Ok(())
}

fn form_of(action: &Action, service: &Service, numbers: &KeyNumbers<'_>) -> Result<String> {
    let mut resources = Vec::new();
    for used in &action.resource_types {
        let name = used.name.to_lowercase();
        let at = service.resource_types.keys().position(|key| *key == name);
        let at = at.with_context(|| format!("unknown resource type `{}`", used.name))?;
        let mark = if used.required { "!" } else { "" };
        resources.push(match key_list(&used.condition_keys, numbers)? {
            keys if keys.is_empty() => format!("{at}{mark}"),
            keys => format!("{at}{mark}:{keys}"),
        });
    }
    let mut form = String::new();
    let keys = key_list(&action.condition_keys, numbers)?;
    record(&mut form, 'F', &[access_letter(&action.access_level)?, &resources.join(";"), &keys])?;
    Ok(form)
}

fn key_list(keys: &[String], numbers: &KeyNumbers<'_>) -> Result<String> {
    let number = |key: &String| {
        let number = numbers.get(plain(key).to_lowercase().as_str());
        number.copied().with_context(|| format!("unknown condition key `{key}`"))
    };
    let mut found = keys.iter().map(number).collect::<Result<Vec<_>>>()?;
    found.sort_unstable();
    found.dedup();
    Ok(found.iter().map(usize::to_string).collect::<Vec<_>>().join(","))
}

/// The last access level named is the most telling one: `Tagging, Write` is what AWS calls tagging.
fn access_letter(level: &str) -> Result<&'static str> {
    let levels: Vec<&str> = level.split(", ").collect();
    [("Permissions management", "p"), ("Tagging", "t"), ("Write", "w"), ("Read", "r"), ("List", "l")]
        .into_iter()
        .find_map(|(name, letter)| levels.contains(&name).then_some(letter))
        .with_context(|| format!("unknown access level `{level}`"))
}

fn type_letter(kind: &str) -> Result<&'static str> {
    Ok(match kind {
        "String" => "s",
        "ArrayOfString" => "S",
        "ARN" => "a",
        "ArrayOfARN" => "A",
        "Bool" => "b",
        "ArrayOfBool" => "B",
        "Numeric" => "n",
        "Date" => "d",
        "IPAddress" => "i",
        other => bail!("unknown type `{other}` of condition keys"),
    })
}

fn record(text: &mut String, kind: char, fields: &[&str]) -> Result<()> {
    let fields = fields.join("\t");
    ensure!(!fields.contains('\n'), "a line break in `{fields}`");
    writeln!(text, "{kind}{}", fields.trim_end_matches('\t')).context("cannot write to memory")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::package::{Action, Key, Package, ResourceType, ResourceUse, Service};
    use super::text;

    fn action(name: &str, key: &str) -> (String, Action) {
        let resource_types =
            vec![ResourceUse { name: "Thing".into(), required: true, condition_keys: vec!["aws:TagKeys".into()] }];
        let action = Action {
            name: name.into(),
            access_level: "Tagging, Write".into(),
            resource_types,
            condition_keys: vec![key.into()],
        };
        (name.to_lowercase(), action)
    }

    fn package(actions: Vec<(String, Action)>) -> Package {
        let key = |name: &str, kind: &str, is_global| {
            (name.to_lowercase(), Key { name: name.into(), kind: kind.into(), is_global })
        };
        let thing = ResourceType { key: "thing".into(), arn: "arn:x".into(), condition_keys: Vec::new() };
        let service = Service {
            prefix: "x".into(),
            name: "Amazon X".into(),
            supports_rcp: true,
            resource_types: BTreeMap::from([("thing".to_owned(), thing)]),
            actions: actions.into_iter().collect(),
        };
        Package {
            version: "1".into(),
            date: "2026-01-02".into(),
            keys: BTreeMap::from([key("aws:TagKeys", "ArrayOfString", true), key("x:Tag/${TagKey}", "String", false)]),
            services: vec![service],
        }
    }

    #[test]
    fn actions_of_one_form_share_it() {
        let package = package(vec![action("TagIt", "x:Tag/<key>"), action("TagAll", "x:tag/tag-key")]);
        let expected = "daypass iam-data 1\t1\t2026-01-02\n\
            Kaws:TagKeys\tS\t*\nKx:Tag/${TagKey}\ts\n\
            Sx\tAmazon X\tr\nRthing\tarn:x\nFt\t0!:0\t1\nATagAll\t0\nATagIt\t0\n";
        assert_eq!(text(&package).unwrap(), expected);
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        assert!(text(&package(vec![action("TagIt", "x:Other")])).is_err());
        let (name, mut level) = action("TagIt", "aws:TagKeys");
        level.access_level = "Guess".into();
        assert!(text(&package(vec![(name.clone(), level)])).is_err());
        let (_, mut resource) = action("TagIt", "aws:TagKeys");
        resource.resource_types[0].name = "other".into();
        assert!(text(&package(vec![(name, resource)])).is_err());
    }
}
