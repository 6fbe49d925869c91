//! Building the workspace once, and learning from cargo where everything went.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::process::{Workspace, for_each_line};

/// What one build of the whole workspace left behind.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Built {
    /// In cargo's order.
    pub(crate) tests: Vec<TestProgram>,
    /// By name.
    pub(crate) binaries: BTreeMap<String, PathBuf>,
}

/// A test program: a crate's unit tests, or one file of integration tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TestProgram {
    /// The package it belongs to, as in `daypass-policy`.
    pub(crate) package: String,
    /// The library, binary or file under test.
    pub(crate) target: String,
    /// The package's folder, where cargo would run it.
    pub(crate) folder: PathBuf,
    pub(crate) executable: PathBuf,
}

/// Build every binary and every test program; `None` when something does not compile, which cargo has then shown.
pub(crate) fn build(workspace: &Workspace) -> Result<Option<Built>> {
    run(&mut workspace.cargo(&["build", "--workspace", "--bins", "--tests"]))
}

/// Build every binary and these test programs, which [`build`] leaves out. The same selection of packages has the same
/// features, so that nothing is compiled twice.
pub(crate) fn build_programs(workspace: &Workspace, names: &[&str]) -> Result<Option<Built>> {
    let mut command = workspace.cargo(&["build", "--workspace", "--bins"]);
    for name in names {
        command.args(["--test", name]);
    }
    run(&mut command)
}

fn run(command: &mut Command) -> Result<Option<Built>> {
    command.arg("--message-format=json-render-diagnostics");
    let mut messages = Vec::new();
    let status = for_each_line(command, |line| messages.push(line.to_owned()))?;
    if !status.success() {
        return Ok(None);
    }
    let mut built = Built::default();
    for message in &messages {
        built.note(message)?;
    }
    built.tests.sort_by(|one, other| (&one.package, &one.target).cmp(&(&other.package, &other.target)));
    Ok(Some(built))
}

impl Built {
    /// Take note of one of cargo's messages (the Cargo book, "External tools", "Artifact messages").
    fn note(&mut self, message: &str) -> Result<()> {
        // A message we cannot read might have been a test program; better to stop than to leave it out unseen.
        let message = serde_json::from_str(message).context("cannot read what `cargo build` says")?;
        let Message::Artifact(artifact) = message else { return Ok(()) };
        let Some(executable) = artifact.executable else { return Ok(()) };
        if artifact.profile.test {
            let folder = artifact.manifest_path.parent().context("a manifest outside of any folder")?.to_owned();
            let package = package_name(&artifact.package_id).to_owned();
            self.tests.push(TestProgram { package, target: artifact.target.name, folder, executable });
        } else if artifact.target.kind.iter().any(|kind| kind == "bin") {
            self.binaries.insert(artifact.target.name, executable);
        }
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(tag = "reason")]
enum Message {
    #[serde(rename = "compiler-artifact")]
    Artifact(Artifact),
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Artifact {
    package_id: String,
    manifest_path: PathBuf,
    target: Target,
    profile: Profile,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

#[derive(Deserialize)]
struct Profile {
    test: bool,
}

/// The name in a package id: `path+file:///x/cli#daypass-cli@0.1.0`, or `path+file:///x/xtask#0.1.0` where the
/// folder bears the name (the Cargo book, "Package ID specifications").
fn package_name(id: &str) -> &str {
    let (url, fragment) = id.rsplit_once('#').unwrap_or((id, ""));
    match fragment.split_once('@') {
        Some((name, _)) => name,
        None => url.rsplit('/').next().unwrap_or(url),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn artifact(name: &str, kind: &str, test: bool) -> String {
        serde_json::json!({
            "reason": "compiler-artifact",
            "package_id": "path+file:///x/cli#daypass-cli@0.1.0",
            "manifest_path": "/x/cli/Cargo.toml",
            "target": { "name": name, "kind": [kind] },
            "profile": { "test": test },
            "executable": "/x/target/debug/it",
        })
        .to_string()
    }

    #[test]
    fn tests_and_binaries_are_told_apart() {
        let mut built = Built::default();
        built.note(&artifact("daypass", "bin", false)).unwrap();
        built.note(&artifact("daypass", "bin", true)).unwrap();
        built.note(r#"{"reason":"build-finished","success":true}"#).unwrap();
        assert_eq!(built.binaries.keys().collect::<Vec<_>>(), ["daypass"]);
        let expected = TestProgram {
            package: "daypass-cli".into(),
            target: "daypass".into(),
            folder: "/x/cli".into(),
            executable: "/x/target/debug/it".into(),
        };
        assert_eq!(built.tests, [expected]);
    }

    #[test]
    fn both_forms_of_package_id_give_the_name() {
        assert_eq!(package_name("path+file:///x/cli#daypass-cli@0.1.0"), "daypass-cli");
        assert_eq!(package_name("path+file:///x/xtask#0.1.0"), "xtask");
    }
}
