//! Running checks, test programs and documentation examples, with their output passed on as it comes.

use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

use super::build::{Built, TestProgram};
use super::report;
use super::tally::{Listener, Tally};
use crate::process::{Workspace, for_each_line, forget_own_package};
use crate::suites::{Action, Check};
use crate::{Verdict, tidy};

/// Which variables tell test programs where ours are.
const PROGRAMS: [(&str, &str); 3] = [
    ("DAYPASS_BIN", "daypass"),
    ("DAYPASS_SERVER_BIN", "daypass-server"),
    ("DAYPASS_TEARDOWN_BIN", "daypass-teardown"),
];

/// Run every check, also after one has failed.
pub(crate) fn checks(workspace: &Workspace, checks: &[Check]) -> Result<Tally> {
    let mut tally = Tally::default();
    for check in checks {
        report::heading(check.name);
        // Trouble in finding out is a failure like any other: the suites after it still run.
        let verdict = match check.action {
            Action::Tidy => tidy::run(workspace).unwrap_or_else(report::trouble),
            Action::Own(check) => check(workspace).unwrap_or_else(report::trouble),
            Action::Cargo { arguments, environment } => {
                let mut command = workspace.cargo(arguments);
                command.envs(environment.iter().copied());
                let status = command.status().context("cannot start cargo")?;
                if status.success() { Verdict::Good } else { Verdict::Bad }
            }
        };
        tally.add(match verdict {
            Verdict::Good => Tally::of_pass(),
            Verdict::Bad => Tally::of_failure(check.name),
            Verdict::NotChecked => Tally::of_unchecked(check.name),
        });
    }
    Ok(tally)
}

/// Run the test programs that `select` names, one after the other: each uses all processors by itself.
pub(crate) fn programs(
    workspace: &Workspace,
    built: &Built,
    select: fn(&TestProgram) -> bool,
    environment: &[(&str, String)],
) -> Result<Tally> {
    let mut tally = Tally::default();
    for program in built.tests.iter().filter(|program| select(program)) {
        let name = format!("{} {}", program.package, program.target);
        report::heading(&name);
        let mut command = command_for(workspace, built, program);
        tally.add(listen(&name, command.envs(environment.iter().map(|(name, value)| (name, value))))?);
    }
    Ok(tally)
}

/// Run the examples in the documentation of every library, in the same selection of packages as the build.
pub(crate) fn doc_examples(workspace: &Workspace) -> Result<Tally> {
    report::heading("documentation examples");
    listen("documentation examples", &mut workspace.cargo(&["test", "--workspace", "--doc", "--no-fail-fast"]))
}

/// The program as `cargo test` would start it: in its package's folder, which its variables name too.
fn command_for(workspace: &Workspace, built: &Built, program: &TestProgram) -> Command {
    let mut command = Command::new(&program.executable);
    forget_own_package(&mut command);
    command.current_dir(&program.folder).stdin(Stdio::null());
    command.env("CARGO_MANIFEST_DIR", &program.folder).env("CARGO_PKG_NAME", &program.package);
    // Saves insta from asking cargo, once per program, where the snapshots are.
    command.env("INSTA_WORKSPACE_ROOT", workspace.root());
    for (variable, binary) in PROGRAMS {
        if let Some(built) = built.binaries.get(binary) {
            command.env(variable, built);
        }
    }
    command
}

fn listen(name: &str, command: &mut Command) -> Result<Tally> {
    let mut listener = Listener::new(name);
    let status = for_each_line(command, |line| {
        println!("{line}");
        listener.hear(line);
    })?;
    Ok(listener.close(status.success()))
}
