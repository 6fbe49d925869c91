//! Every member looks alike: a README, the shared lints, versions from the one table, and no version nobody uses.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use toml::{Table, Value};

use super::finding::Finding;
use super::tree::{TextFile, named};

/// Check the manifests of the members in `folders` and the version table in the root's.
pub(crate) fn check(files: &[TextFile], folders: &[String]) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let mut used = BTreeSet::new();
    for folder in folders {
        let manifest = named(files, &format!("{folder}/Cargo.toml"))?;
        let readme = format!("{folder}/README.md");
        if !files.iter().any(|file| file.path == readme) {
            let mend = "say in it what the crate is for, and use it as the crate's documentation";
            findings.push(Finding::new(&manifest.path, 1, format!("there is no `{readme}`"), mend));
        }
        findings.extend(of_member(manifest, &parse(manifest)?, &mut used));
    }
    let root = named(files, "Cargo.toml")?;
    findings.extend(unused(root, &parse(root)?, &used));
    Ok(findings)
}

/// What is wrong with one member's manifest; adds the dependencies it takes from the table to `used`.
fn of_member(manifest: &TextFile, table: &Table, used: &mut BTreeSet<String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !table.get("lints").is_some_and(is_inherited) {
        let what = "does not share the workspace's lints";
        findings.push(Finding::new(&manifest.path, 1, what, "add `[lints]` with `workspace = true`"));
    }
    for (name, dependency) in dependencies(table) {
        if is_inherited(dependency) {
            used.insert(name.to_owned());
        } else {
            let line = entry_line(manifest, name);
            let what = format!("`{name}` has a version of its own");
            let mend = format!("put it into the root's table and write `{name}.workspace = true`");
            findings.push(Finding::new(&manifest.path, line, what, mend));
        }
    }
    findings
}

/// Entries of the version table that no member takes.
fn unused(root: &TextFile, table: &Table, used: &BTreeSet<String>) -> Vec<Finding> {
    let versions = table.get("workspace").and_then(|workspace| workspace.get("dependencies")).and_then(Value::as_table);
    let names = versions.into_iter().flat_map(Table::keys).filter(|name| !used.contains(*name));
    names
        .map(|name| {
            let what = format!("no member uses `{name}`");
            Finding::new(&root.path, entry_line(root, name), what, "take it out of the table")
        })
        .collect()
}

/// The line where the entry `name` begins, whether written `name = …` or `name.workspace = …`.
fn entry_line(file: &TextFile, name: &str) -> usize {
    let begins = |line: &str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '=', '.']));
    file.lines().find(|(_, line)| begins(line)).map_or(1, |(number, _)| number)
}

/// All dependencies of a manifest: ordinary, for tests, for the build script, and those of single platforms.
fn dependencies(table: &Table) -> Vec<(&str, &Value)> {
    let platforms = table.get("target").and_then(Value::as_table);
    let platforms = platforms.into_iter().flat_map(Table::values).filter_map(Value::as_table);
    let mut found = Vec::new();
    for table in std::iter::once(table).chain(platforms) {
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let section = table.get(section).and_then(Value::as_table);
            found.extend(section.into_iter().flatten().map(|(name, value)| (name.as_str(), value)));
        }
    }
    found
}

fn is_inherited(value: &Value) -> bool {
    value.get("workspace").and_then(Value::as_bool) == Some(true)
}

fn parse(file: &TextFile) -> Result<Table> {
    file.text.parse().with_context(|| format!("cannot read `{}`", file.path))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "[workspace.dependencies]\nserde = \"1\"\nuuid = \"1\"\n";
    const GOOD: &str = "[dependencies]\nserde.workspace = true\n[target.'cfg(unix)'.dev-dependencies]\n\
                        uuid = { workspace = true }\n[lints]\nworkspace = true\n";

    fn findings(member: &str, readme: Option<&str>) -> Vec<String> {
        let mut files = vec![TextFile::new("Cargo.toml", ROOT), TextFile::new("cli/Cargo.toml", member)];
        files.extend(readme.map(|text| TextFile::new("cli/README.md", text)));
        check(&files, &["cli".to_owned()]).unwrap().into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn a_member_like_all_others_has_no_findings() {
        assert_eq!(findings(GOOD, Some("# cli")), Vec::<String>::new());
    }

    #[test]
    fn a_member_needs_a_readme_and_the_lints() {
        assert_eq!(findings(GOOD, None), ["there is no `cli/README.md`"]);
        let without = GOOD.replace("[lints]\nworkspace = true\n", "");
        assert_eq!(findings(&without, Some("# cli")), ["does not share the workspace's lints"]);
    }

    #[test]
    fn versions_are_said_once_and_only_while_used() {
        let own = GOOD.replace("serde.workspace = true", "serde = \"1\"");
        assert_eq!(findings(&own, Some("# cli")), ["`serde` has a version of its own", "no member uses `serde`"]);
    }

    #[test]
    fn an_unused_version_is_found_at_its_line() {
        let root = TextFile::new("Cargo.toml", ROOT);
        let found = unused(&root, &parse(&root).unwrap(), &BTreeSet::from(["serde".to_owned()]));
        assert_eq!(found.iter().map(|finding| finding.line).collect::<Vec<_>>(), [3]);
    }
}
