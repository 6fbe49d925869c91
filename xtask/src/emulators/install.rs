//! Installing, once: what is there in the right version is taken as it is.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::process::{Workspace, forget_own_package};

/// From crates.io, MIT or Apache-2.0. It cannot be linked into our workspace: it needs another version of SQLite.
const DYNOXIDE: &str = "3.2.0";

/// From PyPI, MIT.
const MINISTACK: &str = "1.5.33";

/// Compile quickly: by default its profile optimises for size over the whole program, which takes minutes.
const QUICK: &[(&str, &str)] = &[
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
    ("CARGO_PROFILE_RELEASE_LTO", "false"),
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
];

/// The program that emulates DynamoDB.
pub(crate) fn dynoxide(workspace: &Workspace) -> Result<PathBuf> {
    let root = folder(workspace, &format!("dynoxide-{DYNOXIDE}"));
    let program = root.join("bin/dynoxide");
    if !program.exists() {
        // `--locked` builds it with the versions its own Cargo.lock pins.
        let mut command = workspace.cargo(&["install", "dynoxide-rs", "--version", DYNOXIDE, "--locked", "--quiet"]);
        command.args(["--no-default-features", "--features", "native-sqlite,http-server,cli"]);
        command.arg("--root").arg(&root).arg("--target-dir").arg(folder(workspace, "build"));
        run(command.envs(QUICK.iter().copied()))?;
    }
    Ok(program)
}

/// The program that emulates IAM, STS, KMS and SNS.
pub(crate) fn ministack(workspace: &Workspace) -> Result<PathBuf> {
    let root = folder(workspace, &format!("ministack-{MINISTACK}"));
    python(&root, &workspace.root().join("tests/emulators/requirements.txt"))?;
    Ok(root.join("bin/ministack"))
}

/// A virtual environment of Python with exactly these packages from PyPI.
pub(crate) fn python(root: &Path, requirements: &Path) -> Result<()> {
    let wanted = fs::read(requirements).with_context(|| format!("cannot read {}", requirements.display()))?;
    // A virtual environment cannot be moved, so that a mark says when it is whole, and of what.
    let whole = root.join("whole");
    if fs::read(&whole).ok().as_ref() != Some(&wanted) {
        let mut venv = Command::new("python3");
        run(venv.args(["-m", "venv", "--clear"]).arg(root))?;
        let mut pip = Command::new(root.join("bin/pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:", "--requirement"]);
        run(pip.arg(requirements))?;
        fs::write(&whole, &wanted).with_context(|| format!("cannot write {}", whole.display()))?;
    }
    Ok(())
}

fn folder(workspace: &Workspace, name: &str) -> PathBuf {
    workspace.root().join("target/emulators").join(name)
}

fn run(command: &mut Command) -> Result<()> {
    forget_own_package(command);
    eprintln!("installing: {command:?}");
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("cannot start `{program}`"))?;
    anyhow::ensure!(status.success(), "`{program}` ended with {status}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pinned_version_is_the_one_that_is_installed() {
        let requirements = include_str!("../../../tests/emulators/requirements.txt");
        assert!(requirements.lines().any(|line| line == format!("ministack=={MINISTACK}")));
    }
}
