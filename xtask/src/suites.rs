//! Which suites there are. A new one is a line in [`SUITES`].

use anyhow::Result;

use crate::process::Workspace;
use crate::test::build::TestProgram;
use crate::{Verdict, infrastructure};

/// One part of `cargo xtask test` that can be run alone.
pub(crate) struct Suite {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) runs: Runs,
}

/// What a suite consists of.
pub(crate) enum Runs {
    /// Each check counts as one test.
    Checks(&'static [Check]),
    /// The test programs that `select` names, and the examples in the documentation if asked.
    Programs { select: fn(&TestProgram) -> bool, doc_examples: bool },
    /// Test programs of [`SYSTEM_TESTS`] that are built on request only, beside running emulators of AWS.
    Emulated { programs: &'static [&'static str] },
    /// Likewise, with identity providers that the tests start.
    Identified { programs: &'static [&'static str] },
}

/// A static check.
pub(crate) struct Check {
    pub(crate) name: &'static str,
    pub(crate) action: Action,
}

pub(crate) enum Action {
    Cargo {
        arguments: &'static [&'static str],
        environment: &'static [(&'static str, &'static str)],
    },
    Tidy,
    /// Something that is written here.
    Own(fn(&Workspace) -> Result<Verdict>),
}

/// In the order they run: what answers fastest comes first.
pub(crate) const SUITES: &[Suite] = &[
    Suite { name: "lint", about: "formatting, tidy, clippy, documentation", runs: Runs::Checks(CHECKS) },
    Suite {
        name: "infrastructure",
        about: "Terraform and CloudFormation: schema, checkov, cfn-lint",
        runs: INFRASTRUCTURE,
    },
    Suite { name: "unit", about: "each crate's own tests and documentation examples", runs: UNIT },
    Suite { name: "system", about: "whole programs: real binaries, sockets and files", runs: SYSTEM },
    Suite { name: "identity", about: "logging in with real identity providers, which it installs", runs: IDENTITY },
    Suite { name: "aws", about: "the AWS adapters against emulators, which it installs and starts", runs: AWS },
];

/// The documents' proofs are unit tests of `daypass-infrastructure`.
const INFRASTRUCTURE: Runs = Runs::Checks(&[
    Check { name: "terraform fmt", action: Action::Own(infrastructure::formatting) },
    Check { name: "arguments against the provider's schema", action: Action::Own(infrastructure::arguments) },
    Check { name: "terraform validate", action: Action::Own(infrastructure::validation) },
    Check { name: "cfn-lint", action: Action::Own(infrastructure::cfn_lint) },
    Check { name: "checkov", action: Action::Own(infrastructure::checkov) },
    Check { name: "reasons of skipped checks", action: Action::Own(infrastructure::skips) },
]);

const UNIT: Runs = Runs::Programs { select: |program| program.package != SYSTEM_TESTS, doc_examples: true };
const SYSTEM: Runs = Runs::Programs { select: |program| program.package == SYSTEM_TESTS, doc_examples: false };

/// Its manifest says `test = false`, so that plain `cargo test` needs no npm.
const IDENTITY: Runs = Runs::Identified { programs: &["identity"] };

/// Their manifest says `test = false`, so that plain `cargo test` needs neither network nor emulator.
const AWS: Runs = Runs::Emulated {
    programs: &[
        "aws_store",
        "aws_accounts",
        "aws_identity",
        "aws_infrastructure",
        "aws_system",
        "aws_functions",
        "aws_login",
        "aws_teardown",
    ],
};

/// The package in `tests/`.
const SYSTEM_TESTS: &str = "daypass-tests";

const CHECKS: &[Check] = &[
    Check { name: "format", action: cargo(&["fmt", "--all", "--check"]) },
    Check { name: "tidy", action: Action::Tidy },
    Check { name: "clippy", action: cargo(&["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"]) },
    // `--all-targets` leaves out what `cargo test` leaves out: the tests that need something installed. Of the whole workspace,
    // because one package alone has other features, and the AWS SDK would be checked twice.
    Check {
        name: "clippy of the tests that need something installed",
        action: cargo(&["clippy", "--workspace", "--test", "aws_*", "--test", "identity", "--", "--deny", "warnings"]),
    },
    Check {
        name: "documentation",
        action: Action::Cargo {
            arguments: &["doc", "--workspace", "--no-deps"],
            environment: &[("RUSTDOCFLAGS", "--deny warnings")],
        },
    },
];

const fn cargo(arguments: &'static [&'static str]) -> Action {
    Action::Cargo { arguments, environment: &[] }
}
