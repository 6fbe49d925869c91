//! Reading the files of the package into what of them is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// What is kept of the package.
pub(crate) struct Package {
    pub(crate) version: String,
    /// The day the data was compiled, as `2026-09-26`.
    pub(crate) date: String,
    /// Condition keys by their name in lower case, those of every service and the global ones.
    pub(crate) keys: BTreeMap<String, Key>,
    /// In the order of `prefix:`, which is the order of their actions' full names.
    pub(crate) services: Vec<Service>,
}

pub(crate) struct Key {
    /// As AWS writes it, variable parts as `${Name}`.
    pub(crate) name: String,
    /// `String`, `ARN`, …, or `ArrayOf` one of them.
    pub(crate) kind: String,
    /// In every service's requests, or in those of sessions of a certain kind.
    pub(crate) is_global: bool,
}

pub(crate) struct Service {
    pub(crate) prefix: String,
    pub(crate) name: String,
    pub(crate) supports_rcp: bool,
    /// By name in lower case.
    pub(crate) resource_types: BTreeMap<String, ResourceType>,
    /// By name in lower case.
    pub(crate) actions: BTreeMap<String, Action>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ResourceType {
    pub(crate) key: String,
    /// Alternatives are separated by `, `.
    pub(crate) arn: String,
    #[serde(default)]
    pub(crate) condition_keys: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Action {
    pub(crate) name: String,
    pub(crate) access_level: String,
    pub(crate) resource_types: Vec<ResourceUse>,
    pub(crate) condition_keys: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ResourceUse {
    pub(crate) name: String,
    pub(crate) required: bool,
    pub(crate) condition_keys: Vec<String>,
}

#[derive(Deserialize)]
struct WrittenKey {
    key: String,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    version: String,
    updated_at: String,
}

impl Package {
    pub(crate) fn read(folder: &Path) -> Result<Package> {
        let manifest: Manifest = json(folder, "package.json")?;
        let prefixes: Vec<String> = json(folder, "data/services.json")?;
        let names: BTreeMap<String, String> = json(folder, "data/serviceNames.json")?;
        let with_rcp: BTreeSet<String> = json(folder, "data/rcpSupportedServices.json")?;
        let mut package = Package {
            version: manifest.version,
            date: manifest.updated_at.get(..10).context("`updatedAt` is not a date")?.to_owned(),
            keys: BTreeMap::new(),
            services: Vec::new(),
        };
        for prefix in prefixes {
            let keys: BTreeMap<String, WrittenKey> = json(folder, &format!("data/conditionKeys/{prefix}.json"))?;
            keys.into_values().for_each(|key| package.add_key(key, &prefix));
            package.services.push(Service {
                name: names.get(&prefix).with_context(|| format!("service `{prefix}` has no name"))?.clone(),
                supports_rcp: with_rcp.contains(&prefix),
                resource_types: json(folder, &format!("data/resourceTypes/{prefix}.json"))?,
                actions: json(folder, &format!("data/actions/{prefix}.json"))?,
                prefix,
            });
        }
        package.services.sort_by_key(|service| format!("{}:", service.prefix));
        let global_keys = "dist/esm/globalConditionKeys.js";
        for key in global_keys_in(&text(folder, global_keys)?).with_context(|| format!("in `{global_keys}`"))? {
            let name = plain(&key.key);
            let known = Key { name: name.clone(), kind: key.kind, is_global: true };
            package.keys.insert(name.to_lowercase(), known);
        }
        Ok(package)
    }

    /// Services repeat the keys they share. Where they disagree on the type, the service that owns the key is right.
    fn add_key(&mut self, key: WrittenKey, service: &str) {
        let name = plain(&key.key);
        let lower = name.to_lowercase();
        let is_owner = lower.split(':').next() == Some(service);
        if is_owner || !self.keys.contains_key(&lower) {
            self.keys.insert(lower, Key { name, kind: key.kind, is_global: false });
        }
    }
}

/// A key with its variable part written as `${…}`, whichever of its four ways AWS' page has chosen.
pub(super) fn plain(key: &str) -> String {
    let key = key.strip_suffix("tag-key").or_else(|| key.strip_suffix("<key>")).unwrap_or(key);
    if key.ends_with('/') { format!("{key}${{TagKey}}") } else { key.to_owned() }
}

/// The global keys stand in a JavaScript list of objects, a field a line. They are read, not run.
fn global_keys_in(script: &str) -> Result<Vec<WrittenKey>> {
    let mut keys = Vec::new();
    let mut open: Option<String> = None;
    for line in script.lines().map(str::trim) {
        let quoted = |field: &str| Some(line.strip_prefix(field)?.trim_start().strip_prefix('\'')?.split_once('\'')?.0);
        if let Some(key) = quoted("key:") {
            ensure!(open.replace(key.to_owned()).is_none(), "`{key}` follows a key without a type");
        } else if let Some(kind) = quoted("type:") {
            let Some(key) = open.take() else { bail!("type `{kind}` belongs to no key") };
            keys.push(WrittenKey { key, kind: kind.to_owned() });
        }
    }
    ensure!(open.is_none() && keys.len() > 40, "only {} keys were understood", keys.len());
    Ok(keys)
}

fn json<T: DeserializeOwned>(folder: &Path, name: &str) -> Result<T> {
    serde_json::from_str(&text(folder, name)?).with_context(|| format!("`{name}` is not what was expected"))
}

fn text(folder: &Path, name: &str) -> Result<String> {
    fs::read_to_string(folder.join(name)).with_context(|| format!("cannot read `{name}`"))
}

#[cfg(test)]
mod tests {
    use super::{global_keys_in, plain};

    #[test]
    fn variable_parts_are_written_one_way() {
        for (written, expected) in [
            ("aws:PrincipalTag/tag-key", "aws:PrincipalTag/${TagKey}"),
            ("s3:ExistingObjectTag/<key>", "s3:ExistingObjectTag/${TagKey}"),
            ("sagemaker:ResourceTag/", "sagemaker:ResourceTag/${TagKey}"),
            ("aws:RequestTag/${TagKey}", "aws:RequestTag/${TagKey}"),
            ("s3:prefix", "s3:prefix"),
        ] {
            assert_eq!(plain(written), expected);
        }
    }

    #[test]
    fn a_script_of_another_shape_is_refused() {
        let script = |fields: &str| format!("{{\n{fields}\n}},\n").repeat(50);
        assert_eq!(global_keys_in(&script("key: 'aws:A',\ntype: 'String', // or so")).unwrap().len(), 50);
        assert!(global_keys_in(&script("key: 'aws:A',")).is_err());
        assert!(global_keys_in(&script("type: 'String',")).is_err());
        assert!(global_keys_in("key: 'aws:A',\ntype: 'String',").is_err());
    }
}
