//! `infrastructure/`: its policy documents are written by the package that proves them, and its files are checked with
//! Terraform and with tools from PyPI.
//!
//! Terraform is on no registry that a build machine can be sure to reach. Where there is none, two of the checks say so
//! and count as ignored, and what they would have found about resources and arguments the check against the provider's
//! schema finds all the same.

mod tools;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::Verdict;
use crate::process::Workspace;
use tools::Tools;

/// What is checked.
const FOLDER: &str = "infrastructure";

/// Where Terraform starts from: modules, and examples that use them.
const ROOTS: [&str; 4] = ["hub", "member", "examples/hub", "examples/organization"];

/// The stack for member accounts.
const STACK: &str = "infrastructure/member/cloudformation.json";

/// A resource that the provider does not have: what finds nothing here finds nothing anywhere.
const BROKEN: &str = "resource \"aws_sns_topic\" \"broken\" {\n  topic = \"x\"\n}\n";

/// Write every generated file anew.
pub(crate) fn generate(workspace: &Workspace) -> Result<Verdict> {
    let mut command = workspace.cargo(&["run", "--quiet", "--package", "daypass-infrastructure", "--", FOLDER]);
    verdict(&mut command)
}

/// `terraform fmt`.
pub(crate) fn formatting(workspace: &Workspace) -> Result<Verdict> {
    let Some(terraform) = terraform() else { return Ok(not_checked("whether the Terraform files are formatted")) };
    verdict(workspace.command(&terraform).args(["fmt", "-check", "-diff", "-recursive", FOLDER]))
}

/// Every resource and argument against the provider's schema.
pub(crate) fn arguments(workspace: &Workspace) -> Result<Verdict> {
    let tools = Tools::installed(workspace)?;
    let broken = tools.folder("broken")?;
    fs::write(broken.join("main.tf"), BROKEN).context("cannot write the broken file")?;
    let check = |folder: &Path| {
        let mut command = tools.python("arguments.py");
        command.arg(&tools.archive).arg(folder);
        command
    };
    let output = check(&broken).output().context("cannot start python")?;
    let told = String::from_utf8_lossy(&output.stdout);
    ensure!(told.contains("there is no argument `topic`"), "the check does not see a broken file: {told}");
    verdict(&mut check(&workspace.root().join(FOLDER)))
}

/// `terraform validate`: references, types, modules and what they are told, on the provider's schema.
pub(crate) fn validation(workspace: &Workspace) -> Result<Verdict> {
    let Some(terraform) = terraform() else {
        return Ok(not_checked("types and references in the Terraform files, with `terraform validate`"));
    };
    let tools = Tools::installed(workspace)?;
    let stand_in = tools.stand_in(&workspace.root().join(FOLDER))?;
    let mut all = Verdict::Good;
    for root in ROOTS {
        let data = tools.folder(&format!("terraform/{}", root.replace('/', "-")))?;
        let prepared = |argument: &[&str]| {
            let mut command = workspace.command(&terraform);
            command.current_dir(workspace.root().join(FOLDER).join(root)).args(argument);
            command.env("TF_DATA_DIR", &data).env("CHECKPOINT_DISABLE", "1").envs(stand_in.iter().cloned());
            command
        };
        // Modules of our own only: nothing is fetched.
        verdict(prepared(&["get"]).stdout(std::process::Stdio::null()))?;
        println!("{FOLDER}/{root}");
        if verdict(&mut prepared(&["validate", "-no-color"]))? != Verdict::Good {
            all = Verdict::Bad;
        }
    }
    Ok(all)
}

/// checkov, on Terraform and on the stack. What it is told to skip says why, beside the resource.
pub(crate) fn checkov(workspace: &Workspace) -> Result<Verdict> {
    let tools = Tools::installed(workspace)?;
    let mut command = tools.program("checkov");
    command.args(["--directory", FOLDER, "--framework", "terraform", "cloudformation", "--skip-download"]);
    verdict(command.args(["--compact", "--quiet"]))
}

/// cfn-lint, on the stack.
pub(crate) fn cfn_lint(workspace: &Workspace) -> Result<Verdict> {
    verdict(Tools::installed(workspace)?.program("cfn-lint").args(["--non-zero-exit-code", "warning", STACK]))
}

/// Every skipped check has a reason.
pub(crate) fn skips(workspace: &Workspace) -> Result<Verdict> {
    let mut all = Verdict::Good;
    for module in ["hub", "member"] {
        let folder = workspace.root().join(FOLDER).join(module);
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
            let path = entry?.path();
            let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            for line in text.lines().filter(|line| is_unexplained(line)) {
                println!("{}: a skip without a reason: {}", path.display(), line.trim());
                all = Verdict::Bad;
            }
        }
    }
    Ok(all)
}

fn is_unexplained(line: &str) -> bool {
    let Some((_, skip)) = line.split_once("checkov:skip=") else { return false };
    skip.split_once(':').is_none_or(|(_, reason)| reason.trim().len() < 20)
}

/// The Terraform of this machine.
fn terraform() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join("terraform")).find(|program| program.is_file())
}

fn not_checked(what: &str) -> Verdict {
    println!("NOT CHECKED: {what}: there is no `terraform` (1.6 or newer) on the path of this machine");
    Verdict::NotChecked
}

fn verdict(command: &mut Command) -> Result<Verdict> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("cannot start `{program}`"))?;
    Ok(if status.success() { Verdict::Good } else { Verdict::Bad })
}

#[cfg(test)]
mod tests {
    use super::is_unexplained;

    #[test]
    fn a_skip_has_to_say_why() {
        assert!(is_unexplained("  #checkov:skip=CKV_AWS_50"));
        assert!(is_unexplained("  #checkov:skip=CKV_AWS_50:no"));
        assert!(!is_unexplained("  #checkov:skip=CKV_AWS_50:the log says more than a trace"));
        assert!(!is_unexplained("resource \"aws_sns_topic\" \"alerts\" {"));
    }
}
