//! `cargo xtask bench policy --instructions`: the main paths in instructions, which are the same on a busy machine as on
//! a quiet one, against the recorded numbers.
//!
//! callgrind counts a run with some passes and one with twice as many: the difference is the passes alone, without the
//! start of the program. Numbers differ a little between compilers and machines, so that only what is clearly worse fails.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use crate::Verdict;
use crate::process::{Workspace, output_of};

/// The recorded numbers.
const RECORD: &str = "crates/policy/benches/instructions.toml";
const HEADER: &str = "# Instructions per operation, counted by callgrind over the sample cases. Written by\n\
    # `cargo xtask bench policy --instructions --record`; without `--record` a tenth more than this fails.\n\n";

/// How many percent of the recorded number are still borne.
const BORNE_PERCENT: u64 = 110;

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Record {
    /// The compiler that the numbers are from.
    compiler: String,
    instructions: BTreeMap<String, u64>,
}

/// An operation that the program knows, and how often one pass does it.
struct Operation {
    name: String,
    count: u64,
}

pub(super) fn run(workspace: &Workspace, program: &Path, is_recording: bool) -> Result<Verdict> {
    ensure!(
        Command::new("valgrind").arg("--version").output().is_ok_and(|output| output.status.success()),
        "`valgrind` is not on the path: instructions are counted with its callgrind"
    );
    let mut counted = BTreeMap::new();
    for operation in operations(workspace, program)? {
        eprintln!("counting {}", operation.name);
        counted.insert(operation.name.clone(), per_operation(workspace, program, &operation)?);
    }
    let compiler = String::from_utf8(output_of(Command::new("rustc").arg("--version"))?)?.trim().to_owned();
    let now = Record { compiler, instructions: counted };
    let path = workspace.root().join(RECORD);
    if is_recording {
        fs::write(&path, format!("{HEADER}{}", toml::to_string(&now)?))
            .with_context(|| format!("cannot write `{RECORD}`"))?;
        println!("{RECORD} is written anew");
        return Ok(Verdict::Good);
    }
    let recorded =
        fs::read_to_string(&path).with_context(|| format!("cannot read `{RECORD}`; `--record` writes it"))?;
    let recorded: Record = toml::from_str(&recorded).with_context(|| format!("`{RECORD}` cannot be read"))?;
    Ok(report(&now, &recorded))
}

fn operations(workspace: &Workspace, program: &Path) -> Result<Vec<Operation>> {
    let listed = String::from_utf8(output_of(workspace.command(program).arg("operations"))?)?;
    let operation = |line: &str| {
        let (name, count) = line.split_once(' ')?;
        Some(Operation { name: name.to_owned(), count: count.parse().ok()? })
    };
    listed.lines().map(|line| operation(line).with_context(|| format!("`{line}` is no operation"))).collect()
}

fn per_operation(workspace: &Workspace, program: &Path, operation: &Operation) -> Result<u64> {
    let once = count(workspace, program, &operation.name, 1)?;
    let twice = count(workspace, program, &operation.name, 2)?;
    Ok(twice.saturating_sub(once) / operation.count.max(1))
}

fn count(workspace: &Workspace, program: &Path, operation: &str, passes: usize) -> Result<u64> {
    let output = workspace
        .command(Path::new("valgrind"))
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args(["repeat", operation, &passes.to_string()])
        .output()
        .context("cannot start `valgrind`")?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!("callgrind ended with {}:\n{said}", output.status);
    }
    // "==123== Collected : 456789"
    let collected = said.lines().find_map(|line| line.split_once("Collected :")).context("callgrind says no number")?;
    collected.1.trim().parse().context("callgrind says something else than a number")
}

fn report(now: &Record, recorded: &Record) -> Verdict {
    if now.compiler != recorded.compiler {
        println!("recorded with {}, counted with {}\n", recorded.compiler, now.compiler);
    }
    println!("{:<16}{:>14}{:>14}{:>9}", "operation", "instructions", "recorded", "change");
    let mut verdict = Verdict::Good;
    for (name, counted) in &now.instructions {
        let Some(before) = recorded.instructions.get(name) else {
            println!("{name:<16}{counted:>14}{:>14}{:>9}  not recorded", "", "");
            verdict = Verdict::Bad;
            continue;
        };
        let is_worse = counted * 100 > before * BORNE_PERCENT;
        let change = change_percent(*counted, *before);
        println!("{name:<16}{counted:>14}{before:>14}{change:>+8.1}%{}", if is_worse { "  WORSE" } else { "" });
        if is_worse {
            verdict = Verdict::Bad;
        }
    }
    verdict
}

#[expect(clippy::cast_precision_loss, reason = "rounded to a tenth of a percent when it is shown")]
fn change_percent(now: u64, before: u64) -> f64 {
    (now as f64 / before.max(1) as f64 - 1.0) * 100.0
}

#[cfg(test)]
mod tests {
    use super::{Record, report};
    use crate::Verdict;

    fn record(numbers: &[(&str, u64)]) -> Record {
        let instructions = numbers.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        Record { compiler: "rustc 1".to_owned(), instructions }
    }

    #[test]
    fn a_tenth_more_is_borne_and_anything_above_fails() {
        let recorded = record(&[("parse", 1_000), ("lint", 1_000)]);
        for (parse, expected) in [(500, Verdict::Good), (1_100, Verdict::Good), (1_101, Verdict::Bad)] {
            assert_eq!(report(&record(&[("parse", parse), ("lint", 1_000)]), &recorded), expected, "{parse}");
        }
    }

    #[test]
    fn an_operation_without_a_recorded_number_fails() {
        assert_eq!(report(&record(&[("parse", 1), ("new", 1)]), &record(&[("parse", 1)])), Verdict::Bad);
    }

    #[test]
    fn the_record_survives_being_written() {
        let written = record(&[("parse", 1), ("parse-evaluate", 2)]);
        let read: Record = toml::from_str(&format!("{}{}", super::HEADER, toml::to_string(&written).unwrap())).unwrap();
        assert_eq!(read, written);
    }
}
