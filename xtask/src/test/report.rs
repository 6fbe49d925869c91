//! What the person reads: headings between the suites, and the summary at the end.

use std::time::Duration;

use super::tally::Tally;
use crate::Verdict;

/// Announce a part of the run; on standard error, where cargo reports its progress too.
pub(crate) fn heading(what: &str) {
    eprintln!("\n== {what}");
}

/// Show why a check could not be made, and count it as not passed.
pub(crate) fn trouble(error: anyhow::Error) -> Verdict {
    eprintln!("error: {error:#}");
    Verdict::Bad
}

/// One line per suite, then every failure by name, and the totals alone on the last line.
pub(crate) fn summary(tallies: &[(&str, Tally, Duration)]) -> String {
    let mut text = String::from("\nsuite            passed   failed  ignored   seconds\n");
    for (suite, tally, took) in tallies {
        let (passed, failed, ignored) = (tally.passed, tally.failed, tally.ignored);
        text.push_str(&format!("{suite:<14} {passed:>8} {failed:>8} {ignored:>8} {:>9.1}\n", took.as_secs_f64()));
    }
    for (suite, tally, _) in tallies {
        for failure in &tally.failures {
            text.push_str(&format!("failed: {suite}: {failure}\n"));
        }
    }
    for (suite, tally, _) in tallies {
        for what in &tally.unchecked {
            text.push_str(&format!("NOT CHECKED here: {suite}: {what}\n"));
        }
    }
    let passed: u64 = tallies.iter().map(|(_, tally, _)| tally.passed).sum();
    let failed: u64 = tallies.iter().map(|(_, tally, _)| tally.failed).sum();
    text.push_str(&format!("\n{passed} passed, {failed} failed\n"));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_is_the_totals_alone() {
        let unit = Tally { passed: 7, ..Tally::default() };
        let system = Tally { passed: 2, failed: 1, failures: vec!["kill: survives".into()], ..Tally::default() };
        let terraform = Tally::of_unchecked("terraform fmt");
        let text = summary(&[
            ("unit", unit, Duration::from_millis(1500)),
            ("system", system, Duration::from_secs(20)),
            ("infrastructure", terraform, Duration::from_secs(1)),
        ]);
        assert_eq!(
            text.lines().collect::<Vec<_>>(),
            [
                "",
                "suite            passed   failed  ignored   seconds",
                "unit                  7        0        0       1.5",
                "system                2        1        0      20.0",
                "infrastructure        0        0        1       1.0",
                "failed: system: kill: survives",
                "NOT CHECKED here: infrastructure: terraform fmt",
                "",
                "9 passed, 1 failed",
            ]
        );
    }
}
