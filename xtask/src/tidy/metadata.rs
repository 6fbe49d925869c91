//! What cargo knows about packages (the Cargo book, "cargo metadata").

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::process::{Workspace, output_of};

#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) packages: Vec<Package>,
    pub(crate) workspace_root: PathBuf,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// An SPDX expression; some packages have none.
    pub(crate) license: Option<String>,
    /// Where it comes from; nothing for our own.
    pub(crate) source: Option<String>,
    pub(crate) manifest_path: PathBuf,
    pub(crate) dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    /// Nothing for ordinary ones.
    pub(crate) kind: Option<Kind>,
    /// Only for packages of the workspace.
    pub(crate) path: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Dev,
    Build,
}

impl Metadata {
    /// The package's folder, from the root.
    pub(crate) fn folder_of(&self, package: &Package) -> String {
        self.relative(package.manifest_path.parent().unwrap_or(Path::new("")))
    }

    /// All folders that hold a package, from the root.
    pub(crate) fn folders(&self) -> Vec<String> {
        self.packages.iter().map(|package| self.folder_of(package)).collect()
    }

    pub(crate) fn relative(&self, path: &Path) -> String {
        path.strip_prefix(&self.workspace_root).unwrap_or(path).to_string_lossy().replace('\\', "/")
    }
}

/// The members alone; needs no network and no lock file.
pub(crate) fn of_members(workspace: &Workspace) -> Result<Metadata> {
    read(workspace, &["metadata", "--format-version", "1", "--no-deps", "--offline"])
}

/// Members and everything in Cargo.lock, for all platforms; cargo fetches what was never downloaded.
pub(crate) fn of_all_packages(workspace: &Workspace) -> Result<Metadata> {
    read(workspace, &["metadata", "--format-version", "1", "--all-features", "--locked"])
}

fn read(workspace: &Workspace, arguments: &[&str]) -> Result<Metadata> {
    let output = output_of(&mut workspace.cargo(arguments))?;
    serde_json::from_slice(&output).context("cannot read what `cargo metadata` says")
}
