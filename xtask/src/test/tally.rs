//! Counting: what test programs print, and how they end.

/// How many tests passed, failed and were ignored, which failed, and which checks could not be made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) ignored: u64,
    pub(crate) failures: Vec<String>,
    pub(crate) unchecked: Vec<String>,
}

impl Tally {
    /// One failure that is not a test's.
    pub(crate) fn of_failure(what: impl Into<String>) -> Self {
        Self { failed: 1, failures: vec![what.into()], ..Self::default() }
    }

    /// One check that passed.
    pub(crate) fn of_pass() -> Self {
        Self { passed: 1, ..Self::default() }
    }

    /// One check that could not be made here.
    pub(crate) fn of_unchecked(what: impl Into<String>) -> Self {
        Self { ignored: 1, unchecked: vec![what.into()], ..Self::default() }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
        self.failures.extend(other.failures);
        self.unchecked.extend(other.unchecked);
    }

    /// A suite that ran nothing proves nothing.
    pub(crate) fn require_tests(&mut self) {
        if self.passed + self.failed == 0 {
            self.add(Self::of_failure("no test ran"));
        }
    }
}

/// Follows the output of one program that runs tests with Rust's own harness.
pub(crate) struct Listener<'a> {
    program: &'a str,
    tally: Tally,
    verdicts: u64,
}

impl<'a> Listener<'a> {
    pub(crate) fn new(program: &'a str) -> Self {
        Self { program, tally: Tally::default(), verdicts: 0 }
    }

    /// Take note of `line`: either `test NAME ... FAILED`, or the closing
    /// `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s`.
    pub(crate) fn hear(&mut self, line: &str) {
        if let Some(counts) = line.strip_prefix("test result: ") {
            self.verdicts += 1;
            self.tally.passed += count_before(counts, " passed");
            self.tally.failed += count_before(counts, " failed");
            self.tally.ignored += count_before(counts, " ignored");
        } else if let Some(name) = line.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ... FAILED")) {
            self.tally.failures.push(format!("{}: {name}", self.program));
        }
    }

    /// The tally, once the program has ended. A program that crashed, or that never closed its account, has failed.
    pub(crate) fn close(mut self, succeeded: bool) -> Tally {
        if self.verdicts == 0 {
            self.tally.add(Tally::of_failure(format!("{}: ended without a verdict", self.program)));
        } else if !succeeded && self.tally.failed == 0 {
            self.tally
                .add(Tally::of_failure(format!("{}: ended with a failure although no test failed", self.program)));
        }
        self.tally
    }
}

/// The number right before `unit`, or nought.
fn count_before(text: &str, unit: &str) -> u64 {
    let Some((before, _)) = text.split_once(unit) else { return 0 };
    let digits = before.rsplit(|character: char| !character.is_ascii_digit()).next().unwrap_or_default();
    digits.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(lines: &[&str], succeeded: bool) -> Tally {
        let mut listener = Listener::new("policy");
        for line in lines {
            listener.hear(line);
        }
        listener.close(succeeded)
    }

    #[test]
    fn closing_lines_are_summed() {
        let tally = heard(
            &[
                "running 4 tests",
                "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s",
                "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            ],
            true,
        );
        assert_eq!(tally, Tally { passed: 15, failed: 0, ignored: 1, ..Tally::default() });
    }

    #[test]
    fn failing_tests_are_named() {
        let tally = heard(
            &[
                "test parse::rejects ... FAILED",
                "test parse::accepts ... ok",
                "test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            ],
            false,
        );
        let failures = vec!["policy: parse::rejects".into()];
        assert_eq!(tally, Tally { passed: 1, failed: 1, failures, ..Tally::default() });
    }

    #[test]
    fn a_program_that_dies_has_failed() {
        assert_eq!(heard(&["running 4 tests"], false).failed, 1);
    }

    #[test]
    fn a_program_without_a_verdict_has_failed_even_if_it_says_it_succeeded() {
        assert_eq!(heard(&["hello"], true).failed, 1);
    }

    #[test]
    fn a_bad_exit_after_a_good_verdict_is_a_failure() {
        assert_eq!(heard(&["test result: ok. 1 passed; 0 failed; 0 ignored"], false).failed, 1);
    }

    #[test]
    fn a_suite_without_tests_has_failed() {
        let mut tally = Tally::default();
        tally.require_tests();
        assert_eq!(tally.failures, ["no test ran"]);
    }
}
