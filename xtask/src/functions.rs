//! `cargo xtask functions`: the programs that run in AWS Lambda, built for `provided.al2023` and packed.
//!
//! `cargo lambda` links against the system libraries that Lambda has, with zig, whatever this machine has. Both come from
//! PyPI, pinned, into a virtual environment under `target/`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};

use crate::Verdict;
use crate::process::{Workspace, forget_own_package, output_of};

/// What is installed: whole lines of `pip`'s requirements.
const TOOLS: &str = "cargo-lambda==1.9.2\nziglang==0.15.2\n";

/// The programs, by package.
const FUNCTIONS: &[(&str, &str)] =
    &[("daypass-lambda-cleanup", "daypass-cleanup"), ("daypass-server", "daypass-server")];

#[derive(Args)]
pub(crate) struct Arguments {
    /// Build for this processor alone; for both when absent, as far as Rust has them
    #[arg(long, value_enum)]
    processor: Option<Processor>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Processor {
    /// Graviton, which costs a fifth less
    Arm64,
    #[value(name = "x86_64")]
    X86,
}

impl Processor {
    /// As Terraform and Lambda name it.
    fn name(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::X86 => "x86_64",
        }
    }

    fn target(self) -> &'static str {
        match self {
            Self::Arm64 => "aarch64-unknown-linux-gnu",
            Self::X86 => "x86_64-unknown-linux-gnu",
        }
    }

    fn flag(self) -> &'static str {
        match self {
            Self::Arm64 => "--arm64",
            Self::X86 => "--x86-64",
        }
    }
}

/// Build and pack. What was asked for by name and cannot be built is a failure; what was not is told.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<Verdict> {
    let wanted = arguments.processor.map_or_else(|| vec![Processor::X86, Processor::Arm64], |one| vec![one]);
    let mut verdict = Verdict::Good;
    for processor in wanted {
        if !has_standard_library(workspace, processor)? {
            let target = processor.target();
            println!("{}: NOT BUILT: Rust has no standard library for {target} here", processor.name());
            println!("  `rustup target add {target}` gets it; then run this again");
            if arguments.processor.is_some() {
                verdict = Verdict::Bad;
            }
            continue;
        }
        build(workspace, processor)?;
        for path in packed(workspace, processor) {
            let size = fs::metadata(&path).with_context(|| format!("cannot find {}", path.display()))?.len();
            println!("{}: {} ({:.1} MB)", processor.name(), path.display(), size as f64 / 1e6);
        }
    }
    Ok(verdict)
}

fn build(workspace: &Workspace, processor: Processor) -> Result<()> {
    let tools = tools(workspace)?;
    let mut command = workspace.command(&tools.join("cargo-lambda"));
    command.args(["lambda", "build", "--locked", "--profile", "function", "--output-format", "zip"]);
    command.arg(processor.flag()).arg("--lambda-dir").arg(folder(workspace, processor));
    for (package, program) in FUNCTIONS {
        command.args(["--package", package, "--bin", program]);
    }
    // It looks for zig, and for python as the way to it, by name.
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths([tools].into_iter().chain(env::split_paths(&path))).context("an odd PATH")?;
    run_command(command.env("PATH", path))
}

/// Where the tools are, which are installed when they are not.
fn tools(workspace: &Workspace) -> Result<PathBuf> {
    let root = workspace.root().join("target/functions/venv");
    // A mark says when it is whole, and of what.
    let whole = root.join("whole");
    if fs::read_to_string(&whole).ok().as_deref() != Some(TOOLS) {
        let mut venv = Command::new("python3");
        run_command(forgetting(venv.args(["-m", "venv", "--clear"]).arg(&root)))?;
        let mut pip = Command::new(root.join("bin/pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:"]);
        run_command(forgetting(pip.args(TOOLS.lines())))?;
        fs::write(&whole, TOOLS).with_context(|| format!("cannot write {}", whole.display()))?;
    }
    Ok(root.join("bin"))
}

fn has_standard_library(workspace: &Workspace, processor: Processor) -> Result<bool> {
    let mut command = workspace.command(Path::new("rustc"));
    let folder = output_of(command.args(["--print", "target-libdir", "--target", processor.target()]))?;
    let folder = String::from_utf8(folder).context("a path that is no text")?;
    Ok(Path::new(folder.trim()).is_dir())
}

fn folder(workspace: &Workspace, processor: Processor) -> PathBuf {
    workspace.root().join("target/lambda").join(processor.name())
}

fn packed(workspace: &Workspace, processor: Processor) -> Vec<PathBuf> {
    let folder = folder(workspace, processor);
    FUNCTIONS.iter().map(|(_, program)| folder.join(program).join("bootstrap.zip")).collect()
}

fn forgetting(command: &mut Command) -> &mut Command {
    forget_own_package(command);
    command
}

fn run_command(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("cannot start `{program}`"))?;
    anyhow::ensure!(status.success(), "`{program}` ended with {status}");
    Ok(())
}
