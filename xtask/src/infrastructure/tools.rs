//! The tools that check `infrastructure/`: installed once under `target/infrastructure`, pinned.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::emulators::install_python;
use crate::npm::{self, Pinned};
use crate::process::Workspace;

/// The AWS provider's schema, as the package that is made from it states it. MPL-2.0: read, and not kept in the repository.
const PROVIDER: Pinned = Pinned {
    name: "@cdktf/provider-aws",
    version: "21.22.1",
    integrity: "sha512-BuSHeaQFUL9l33pBzIMRT7cTQ69AM2mLtijjteCPhVQRmvuhuj9Lvfymf7knAMhYqAT6+Lrls9jiGVW/Us3zrQ==",
};

/// What is installed, and where.
pub(super) struct Tools {
    root: PathBuf,
    venv: PathBuf,
    scripts: PathBuf,
    workspace: PathBuf,
    /// The package with the provider's schema.
    pub(super) archive: PathBuf,
}

impl Tools {
    /// Install what is missing.
    pub(super) fn installed(workspace: &Workspace) -> Result<Self> {
        let root = workspace.root().join("target/infrastructure");
        let scripts = workspace.root().join("infrastructure/checks");
        let venv = root.join("venv");
        install_python(&venv, &scripts.join("requirements.txt"))?;
        let archive = npm::archive(&root, &PROVIDER)?;
        Ok(Self { root, venv, scripts, workspace: workspace.root().to_owned(), archive })
    }

    /// A folder to write into.
    pub(super) fn folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.root.join(name);
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(folder)
    }

    /// A program from PyPI, in the workspace's folder.
    pub(super) fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.venv.join("bin").join(name));
        command.current_dir(&self.workspace).env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }

    /// One of the scripts in `infrastructure/checks`.
    pub(super) fn python(&self, script: &str) -> Command {
        let mut command = self.program("python");
        command.arg(self.scripts.join(script));
        command
    }

    /// The stand-in for the AWS provider, ready for the Terraform files in `folder`: what Terraform has to be told in its
    /// environment.
    pub(super) fn stand_in(&self, folder: &Path) -> Result<Vec<(&'static str, PathBuf)>> {
        let (schema, bin, settings) = (self.root.join("schema"), self.folder("bin")?, self.root.join("terraformrc"));
        let status = self.python("provider.py").arg(&self.archive).arg(&schema).arg(folder).status();
        ensure!(status.context("cannot start python")?.success(), "the provider's schema cannot be read");
        let script = self.scripts.join("provider.py");
        let python = self.venv.join("bin/python");
        let start = format!("#!/bin/sh\nexec \"{}\" \"{}\" \"$@\"\n", python.display(), script.display());
        write_program(&bin.join("terraform-provider-aws"), &start)?;
        let overrides = format!(
            "provider_installation {{\n  dev_overrides {{ \"hashicorp/aws\" = \"{}\" }}\n  direct {{}}\n}}\n",
            bin.display()
        );
        fs::write(&settings, overrides).context("cannot write Terraform's settings")?;
        Ok(vec![("STAND_IN_SCHEMA", schema), ("TF_CLI_CONFIG_FILE", settings)])
    }
}

fn write_program(path: &Path, text: &str) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
        .with_context(|| format!("cannot mark {}", path.display()))
}
