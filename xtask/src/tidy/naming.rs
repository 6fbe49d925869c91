//! Which names may not be spoken where: the layers, as seen in the source text.
//!
//! Dependencies alone do not keep a layer pure: the standard library is always there.

use super::code::{Code, names};
use super::finding::Finding;
use super::tree::TextFile;

/// Words that must not be named in some part of the tree.
struct Rule {
    applies: fn(&str) -> bool,
    tests_too: bool,
    words: &'static [&'static str],
    mend: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        // The holder of credentials, in the tests of the whole system, is not ours and does as holders do.
        applies: |path| {
            !["crates/aws/", "tests/tests/aws_system/", "tests/Cargo.toml"].iter().any(|own| path.starts_with(own))
                && path.contains('/')
        },
        tests_too: true,
        words: &["aws_sdk_", "aws-sdk-"],
        mend: "only `crates/aws` speaks to AWS; put a verb into a port of `crates/vending` and implement it there",
    },
    Rule {
        applies: |path| path.starts_with("crates/policy/src/"),
        tests_too: false,
        words: &[
            "std::time",
            "std::env",
            "std::fs",
            "std::net::Tcp",
            "std::net::Udp",
            "std::process",
            "std::thread",
            "tokio",
            "async fn",
            "async move",
            "Timestamp::now",
            "Zoned::now",
        ],
        mend: "`policy` is pure: take the value as an argument and let a program find it out",
    },
    Rule {
        applies: |path| path.starts_with("crates/vending/src/"),
        tests_too: false,
        words: &[
            "reqwest",
            "axum",
            "rusqlite",
            "std::fs",
            "std::env",
            "std::net::Tcp",
            "tokio::time::sleep",
            "Timestamp::now",
            "Zoned::now",
            "SystemTime::now",
            "Instant::now",
        ],
        mend: "`vending` reaches the world through its ports only; ask one, or add one",
    },
    Rule {
        applies: |_| true,
        tests_too: true,
        words: &["todo!(", "unimplemented!(", "dbg!("],
        mend: "finish it, or take it out",
    },
];

pub(crate) fn check(file: &TextFile, code: &Code) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in RULES.iter().filter(|rule| (rule.applies)(&file.path)) {
        for word in rule.words {
            for line in lines_naming(file, code, word) {
                if rule.tests_too || !code.is_test(line) {
                    findings.push(Finding::new(&file.path, line, format!("names `{word}`"), rule.mend));
                }
            }
        }
    }
    findings
}

fn lines_naming(file: &TextFile, code: &Code, word: &str) -> Vec<usize> {
    if file.path.ends_with("Cargo.toml") {
        return file.lines().filter(|(_, line)| names(line, word)).map(|(number, _)| number).collect();
    }
    code.lines_naming(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> usize {
        let file = TextFile::new(path, text);
        check(&file, &Code::of(&file)).len()
    }

    #[test]
    fn the_aws_sdk_is_named_in_its_own_crate_only() {
        assert_eq!(findings("server/src/main.rs", "use aws_sdk_sts::Client;\n"), 1);
        assert_eq!(findings("server/Cargo.toml", "aws-sdk-sts.workspace = true\n"), 1);
        assert_eq!(findings("tests/src/lib.rs", "use aws_sdk_sts::Client;\n"), 1);
        assert_eq!(findings("crates/aws/src/sts.rs", "use aws_sdk_sts::Client;\n"), 0);
        assert_eq!(findings("tests/tests/aws_system/holder.rs", "use aws_sdk_s3::Client;\n"), 0);
        assert_eq!(findings("Cargo.toml", "aws-sdk-sts = \"1\"\n"), 0);
    }

    #[test]
    fn policy_never_learns_the_time_the_environment_or_async() {
        for line in [
            "use std::time::SystemTime;",
            "use std::{env, fmt};",
            "let now = jiff::Timestamp::now();",
            "pub async fn evaluate() {}",
            "use std::net::TcpStream;",
        ] {
            assert_eq!(findings("crates/policy/src/eval.rs", line), 1, "{line}");
        }
        assert_eq!(findings("crates/policy/src/eval.rs", "use std::net::IpAddr;"), 0);
        assert_eq!(findings("crates/policy/tests/samples.rs", "use std::fs;"), 0);
    }

    #[test]
    fn vending_reaches_the_world_through_ports() {
        for line in ["reqwest::get(url)", "use tokio::{sync::Mutex, time::sleep};", "let now = SystemTime::now();"] {
            assert_eq!(findings("crates/vending/src/run.rs", line), 1, "{line}");
        }
        assert_eq!(findings("crates/embedded/src/store.rs", "use rusqlite::Connection;"), 0);
    }

    #[test]
    fn unfinished_code_is_found_in_tests_too() {
        assert_eq!(findings("cli/src/main.rs", "todo!()"), 1);
        assert_eq!(findings("tests/tests/kill.rs", "dbg!(&answer);"), 1);
        assert_eq!(findings("cli/src/main.rs", "/// Replaces `todo!()`."), 0);
    }
}
