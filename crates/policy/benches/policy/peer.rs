//! The peer: another evaluator in a process of its own, which does one pass over the sample cases when it is told to.
//! Its script, `peer.mjs`, lies beside this file and is put into the folder where the peer is installed.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::Deserialize;

use crate::Result;
use crate::rounds::count;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples/policy-eval.jsonl");

/// A running peer.
pub(crate) struct Peer {
    process: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
    pub(crate) cases: usize,
    /// How many it decides rather than refusing the input.
    pub(crate) decided: usize,
    /// How many it decides as expected.
    pub(crate) agreeing: usize,
}

#[derive(Deserialize)]
struct Ready {
    cases: usize,
    decided: usize,
    agreeing: usize,
}

#[derive(Deserialize)]
struct Pass {
    seconds: f64,
}

impl Peer {
    pub(crate) fn start(folder: &str) -> Result<Peer> {
        let mut process = Command::new("node")
            .args(["peer.mjs", CASES])
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start `node`: {error}"))?;
        let orders = process.stdin.take().ok_or("no way to tell the peer anything")?;
        let mut answers = BufReader::new(process.stdout.take().ok_or("no way to hear the peer")?);
        let Ready { cases, decided, agreeing } = answer(&mut answers)?;
        Ok(Peer { process, orders, answers, cases, decided, agreeing })
    }

    /// Decided cases per second, over one pass.
    pub(crate) fn rate(&mut self) -> Result<f64> {
        writeln!(self.orders, "pass")?;
        let Pass { seconds } = answer(&mut self.answers)?;
        Ok(count(self.decided) / seconds)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn answer<T: serde::de::DeserializeOwned>(answers: &mut impl BufRead) -> Result<T> {
    let mut line = String::new();
    answers.read_line(&mut line)?;
    serde_json::from_str(&line).map_err(|error| format!("the peer does not answer: {error}").into())
}
