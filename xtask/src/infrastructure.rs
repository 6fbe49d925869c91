//! The policy documents of `infrastructure/`: written by the package that proves them.

use anyhow::{Context as _, Result};

use crate::Verdict;
use crate::process::Workspace;

/// Write every generated file anew.
pub(crate) fn generate(workspace: &Workspace) -> Result<Verdict> {
    let mut command =
        workspace.cargo(&["run", "--quiet", "--package", "daypass-infrastructure", "--", "infrastructure"]);
    let status = command.status().context("cannot start cargo")?;
    Ok(if status.success() { Verdict::Good } else { Verdict::Bad })
}
