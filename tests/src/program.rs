//! Where the programs under test are.

use std::path::{Path, PathBuf};

/// The program of this name: the one that the variable names, as `cargo xtask test` does, else the one beside this test
/// program, built if need be.
///
/// # Panics
/// When it does not compile.
#[must_use]
pub fn program(name: &str, variable: &str) -> PathBuf {
    if let Some(named) = std::env::var_os(variable) {
        return named.into();
    }
    let this = std::env::current_exe().expect("a program that runs");
    let profile = this.ancestors().nth(2).expect("tests live in `target/<profile>/deps`");
    let program = profile.join(name);
    if !program.exists() {
        build(name, profile);
    }
    assert!(program.exists(), "{} was built", program.display());
    program
}

fn build(name: &str, profile: &Path) {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = std::process::Command::new(cargo);
    command.args(["build", "--offline", "--bin", name, "--target-dir"]);
    command.arg(profile.parent().expect("a target folder"));
    if profile.ends_with("release") {
        command.arg("--release");
    }
    assert!(command.status().expect("cargo").success(), "`{name}` does not compile");
}
