//! The identity providers that a suite needs: installed under `target/`, as `tests/identity_providers/package-lock.json` pins
//! them. Each test starts its own, on a port that the system chooses.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::npm;
use crate::process::Workspace;

/// Where the suite finds them: a folder with scripts that `node` runs.
const FOLDER: &str = "DAYPASS_TEST_IDENTITY_PROVIDERS";

/// What is installed, and what runs.
const SOURCE: &str = "tests/identity_providers";
const SCRIPTS: [&str; 2] = ["strict.mjs", "any_claims.mjs"];

/// Installed identity providers.
pub(crate) struct IdentityProviders {
    /// The variable by which tests find them.
    pub(crate) environment: Vec<(&'static str, String)>,
}

impl IdentityProviders {
    /// Install what is missing.
    pub(crate) fn installed(workspace: &Workspace) -> Result<Self> {
        let (source, folder) = (workspace.root().join(SOURCE), workspace.root().join("target/identity-providers"));
        npm::install_locked(&source, &folder)?;
        for script in SCRIPTS {
            copy(&source.join(script), &folder.join(script))?;
        }
        let is_there = Command::new("node").arg("--version").output().is_ok();
        ensure!(is_there, "`node` is not on the path");
        let folder = folder.to_str().context("the workspace's path is no text")?.to_owned();
        Ok(Self { environment: vec![(FOLDER, folder)] })
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).map(drop).with_context(|| format!("cannot copy {}", from.display()))
}
