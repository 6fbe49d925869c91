//! `cargo xtask tidy`: what must hold in the tree and what neither compiler nor clippy looks at.
//!
//! Every rule is a plain function from text or metadata to findings; only this file and the two readers, `tree` and
//! `metadata`, touch the machine. Rules must spell what they forbid, so rules about names leave this file and its folder
//! alone.

mod code;
mod finding;
mod layers;
mod leftovers;
mod licences;
mod manifests;
mod metadata;
mod naming;
mod secrets;
mod tree;

use anyhow::{Context as _, Result};

use self::code::Code;
use self::finding::Finding;
use self::tree::TextFile;
use crate::Verdict;
use crate::process::Workspace;

/// How the paths of this file and its folder begin.
const OWN_FILES: &str = "xtask/src/tidy";

/// Check everything and print all findings, in the order of the files.
pub(crate) fn run(workspace: &Workspace) -> Result<Verdict> {
    let files = tree::text_files(workspace)?;
    let members = metadata::of_members(workspace)?;
    let mut findings: Vec<Finding> = files.iter().flat_map(in_file).collect();
    findings.extend(layers::check(&members));
    findings.extend(manifests::check(&files, &members.folders())?);
    // The only check that may need the network; without it, the others still have their say.
    let licences = licences_of(workspace, &files);
    findings.extend(licences.as_deref().unwrap_or_default().iter().cloned());
    findings.sort();
    for finding in &findings {
        println!("{finding}");
    }
    eprintln!("tidy: {} files, {} findings", files.len(), findings.len());
    licences.context("cannot check the licences")?;
    Ok(if findings.is_empty() { Verdict::Good } else { Verdict::Bad })
}

fn licences_of(workspace: &Workspace, files: &[TextFile]) -> Result<Vec<Finding>> {
    licences::check(tree::named(files, "deny.toml")?, &metadata::of_all_packages(workspace)?)
}

/// What one file's text can tell.
fn in_file(file: &TextFile) -> Vec<Finding> {
    let code = Code::of(file);
    let mut findings = leftovers::blanks(file);
    findings.extend(leftovers::pending_snapshot(file));
    findings.extend(leftovers::long_file(file, &code));
    findings.extend(secrets::account_ids(file));
    if !file.path.starts_with(OWN_FILES) {
        findings.extend(naming::check(file, &code));
        findings.extend(leftovers::unfinished(file));
        findings.extend(secrets::machine_paths(file));
        findings.extend(secrets::access_keys(file, &code));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_naming_rules_leave_their_own_files_alone_and_nothing_else() {
        let text = "fn later() { todo!() }\n";
        assert_eq!(in_file(&TextFile::new("xtask/src/tidy/naming.rs", text)), []);
        assert_eq!(in_file(&TextFile::new("xtask/src/tidy.rs", text)), []);
        assert_eq!(in_file(&TextFile::new("xtask/src/test.rs", text)).len(), 1);
    }
}
