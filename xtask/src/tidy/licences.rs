//! Every dependency comes from where we said and bears a licence we allow, by `deny.toml`.
//!
//! `cargo deny` checks the same and more; this runs on machines that do not have it.

use anyhow::{Context as _, Result};
use serde::Deserialize;
use spdx::{Expression, Licensee, ParseMode};

use super::finding::Finding;
use super::metadata::{Metadata, Package};
use super::tree::TextFile;

/// Check all packages that are not ours.
pub(crate) fn check(deny: &TextFile, metadata: &Metadata) -> Result<Vec<Finding>> {
    let policy = Policy::parse(deny)?;
    let foreign = metadata.packages.iter().filter_map(|package| Some((package, package.source.as_deref()?)));
    let problems = foreign.flat_map(|(package, source)| {
        [policy.source_problem(source), policy.licence_problem(package)].into_iter().flatten().map(move |what| {
            let what = format!("`{} {}` {what}", package.name, package.version);
            Finding::new(
                &deny.path,
                deny.line_of("[licenses]"),
                what,
                "choose another package, or allow it here with the reason",
            )
        })
    });
    Ok(problems.collect())
}

/// The part of `deny.toml` that is checked here.
struct Policy {
    allow: Vec<Licensee>,
    exceptions: Vec<(String, Vec<Licensee>)>,
    registries: Vec<String>,
}

impl Policy {
    fn parse(deny: &TextFile) -> Result<Self> {
        let file: DenyFile = toml::from_str(&deny.text).with_context(|| format!("cannot read `{}`", deny.path))?;
        let exceptions = file.licenses.exceptions.into_iter();
        Ok(Self {
            allow: licensees(&file.licenses.allow)?,
            exceptions: exceptions.map(|entry| Ok((entry.krate, licensees(&entry.allow)?))).collect::<Result<_>>()?,
            registries: file.sources.allow_registry,
        })
    }

    /// A source is written `registry+URL`.
    fn source_problem(&self, source: &str) -> Option<String> {
        let allowed =
            source.strip_prefix("registry+").is_some_and(|url| self.registries.iter().any(|known| known == url));
        (!allowed).then(|| format!("comes from `{source}`"))
    }

    fn licence_problem(&self, package: &Package) -> Option<String> {
        let Some(license) = &package.license else { return Some("does not name its licence".to_owned()) };
        let Ok(expression) = Expression::parse_mode(license, ParseMode::LAX) else {
            return Some(format!("has a licence nobody can read, `{license}`"));
        };
        let extra = self.exceptions.iter().filter(|(name, _)| *name == package.name).flat_map(|(_, allow)| allow);
        let allowed: Vec<_> = self.allow.iter().chain(extra).collect();
        let holds = expression.evaluate(|wanted| allowed.iter().any(|licensee| licensee.satisfies(wanted)));
        (!holds).then(|| format!("has the licence `{license}`"))
    }
}

fn licensees(names: &[String]) -> Result<Vec<Licensee>> {
    let parse = |name: &String| Licensee::parse(name).with_context(|| format!("`{name}` is no SPDX licence"));
    names.iter().map(parse).collect()
}

#[derive(Deserialize)]
struct DenyFile {
    licenses: Licenses,
    sources: Sources,
}

#[derive(Deserialize)]
struct Licenses {
    allow: Vec<String>,
    exceptions: Vec<Exception>,
}

#[derive(Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    krate: String,
    allow: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Sources {
    allow_registry: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const DENY: &str = "[licenses]\nallow = [\"MIT\", \"Apache-2.0\"]\n\
                        exceptions = [{ crate = \"weak\", allow = [\"MPL-2.0\"] }]\n\
                        [sources]\nallow-registry = [\"https://github.com/rust-lang/crates.io-index\"]\n";
    const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

    fn findings(name: &str, license: Option<&str>, source: Option<&str>) -> usize {
        let package = Package {
            name: name.into(),
            version: "1.0.0".into(),
            license: license.map(str::to_owned),
            source: source.map(str::to_owned),
            manifest_path: "/x/Cargo.toml".into(),
            dependencies: vec![],
        };
        let metadata = Metadata { packages: vec![package], workspace_root: "/ws".into() };
        check(&TextFile::new("deny.toml", DENY), &metadata).unwrap().len()
    }

    #[test]
    fn one_allowed_alternative_is_enough_but_every_part_of_a_conjunction_counts() {
        assert_eq!(findings("a", Some("MIT OR GPL-3.0-only"), Some(REGISTRY)), 0);
        assert_eq!(findings("a", Some("MIT/Apache-2.0"), Some(REGISTRY)), 0);
        assert_eq!(findings("a", Some("MIT AND GPL-3.0-only"), Some(REGISTRY)), 1);
        assert_eq!(findings("a", Some("Apache-2.0 WITH LLVM-exception"), Some(REGISTRY)), 1);
    }

    #[test]
    fn missing_and_unreadable_licences_are_findings() {
        assert_eq!(findings("a", None, Some(REGISTRY)), 1);
        assert_eq!(findings("a", Some("as you like"), Some(REGISTRY)), 1);
    }

    #[test]
    fn an_exception_is_for_its_package_only() {
        assert_eq!(findings("weak", Some("MPL-2.0"), Some(REGISTRY)), 0);
        assert_eq!(findings("other", Some("MPL-2.0"), Some(REGISTRY)), 1);
    }

    #[test]
    fn packages_from_elsewhere_are_findings_and_our_own_are_not_judged() {
        assert_eq!(findings("a", Some("MIT"), Some("git+https://github.com/x/a?branch=main#0")), 1);
        assert_eq!(findings("daypass-cli", None, None), 0);
    }

    #[test]
    fn the_committed_file_is_readable() {
        let text = include_str!("../../../deny.toml");
        assert!(Policy::parse(&TextFile::new("deny.toml", text)).is_ok());
    }
}
