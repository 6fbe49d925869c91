//! What is left behind by accident, and what has grown too long.

use super::code::Code;
use super::finding::Finding;
use super::tree::TextFile;

/// The longest a file may be, tests not counted. The aim is 90 to 300.
const MOST_LINES: usize = 600;

/// Blanks at the end of a line, carriage returns included. Snapshots hold what a program printed, so they are exempt.
pub(crate) fn blanks(file: &TextFile) -> Vec<Finding> {
    if file.is_snapshot() {
        return vec![];
    }
    let ends_blank = |line: &str| line.ends_with([' ', '\t', '\r']);
    let mend = "cut them off";
    let lines = file.lines().filter(|(_, line)| ends_blank(line));
    lines.map(|(number, _)| Finding::new(&file.path, number, "blanks at the end of the line", mend)).collect()
}

/// Notes to oneself.
pub(crate) fn unfinished(file: &TextFile) -> Vec<Finding> {
    let mend = "mend it, or write an issue";
    let lines = file.lines().filter(|(_, line)| line.contains("FIXME"));
    lines.map(|(number, _)| Finding::new(&file.path, number, "says `FIXME`", mend)).collect()
}

/// A snapshot that nobody has looked at.
pub(crate) fn pending_snapshot(file: &TextFile) -> Option<Finding> {
    let pending = file.path.ends_with(".snap.new") || file.path.ends_with(".pending-snap");
    pending.then(|| Finding::new(&file.path, 1, "a snapshot that waits for review", "`cargo insta review`"))
}

/// A file of Rust that has become too long to know.
pub(crate) fn long_file(file: &TextFile, code: &Code) -> Option<Finding> {
    let length = code.length();
    (length > MOST_LINES).then(|| {
        let what = format!("{length} lines without tests, more than {MOST_LINES}");
        Finding::new(&file.path, 1, what, "split it along what its parts are for")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_at_the_end_are_found_with_their_line() {
        let found = blanks(&TextFile::new("README.md", "one\ntwo \nthree\t\nfour\r\n"));
        assert_eq!(found.iter().map(|finding| finding.line).collect::<Vec<_>>(), [2, 3, 4]);
        assert_eq!(blanks(&TextFile::new("a.snap", "two \n")), []);
    }

    #[test]
    fn notes_to_oneself_are_found_in_any_text() {
        assert_eq!(unfinished(&TextFile::new("a.md", "FIXME: soon\n")).len(), 1);
    }

    #[test]
    fn unreviewed_snapshots_are_found() {
        assert!(pending_snapshot(&TextFile::new("tests/snapshots/a.snap.new", "")).is_some());
        assert!(pending_snapshot(&TextFile::new("tests/snapshots/a.snap", "")).is_none());
    }

    #[test]
    fn only_lines_before_the_tests_make_a_file_long() {
        let long = |path: &str, text: &str| {
            let file = TextFile::new(path, text);
            long_file(&file, &Code::of(&file)).is_some()
        };
        let (short, tests) = ("fn f() {}\n".repeat(300), "#[cfg(test)]\nmod tests {\n");
        assert!(!long("a.rs", &format!("{short}{tests}{short}{short}}}\n")));
        assert!(long("a.rs", &short.repeat(3)));
        assert!(!long("tests/tests/kill.rs", &short.repeat(3)));
        assert!(!long("a.json", &short.repeat(3)));
    }
}
