//! `checklist.md` says which test shows what: every row is there, and so is every test that it names.

#![expect(clippy::panic, clippy::unwrap_used, reason = "this whole file is test code")]

use std::collections::BTreeMap;
use std::path::Path;

/// How many rows there are of each kind.
const ROWS: [(char, usize); 2] = [('T', 34), ('P', 20)];

/// What a row says is shown by.
struct Row {
    /// Tests, each with its file.
    tests: Vec<(String, String)>,
    /// What is left to another issue.
    is_later: bool,
}

#[test]
fn every_row_names_tests_that_exist_or_the_issue_that_brings_them() {
    let rows = rows(include_str!("checklist.md"));
    let expected = ROWS.iter().flat_map(|(kind, count)| (1..=*count).map(move |number| format!("{kind}{number}")));
    let missing: Vec<_> = expected.filter(|row| !rows.contains_key(row)).collect();
    assert_eq!(missing, Vec::<String>::new(), "rows that are missing");
    assert_eq!(rows.len(), ROWS.iter().map(|(_, count)| count).sum::<usize>(), "rows that are too many");
    let mut wrong = Vec::new();
    for (name, row) in &rows {
        if row.tests.is_empty() && !row.is_later {
            wrong.push(format!("{name}: shown by nothing"));
        }
        for (file, test) in &row.tests {
            if !is_there(file, test) {
                wrong.push(format!("{name}: there is no `{test}` in `{file}`"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// The rows of all tables, by their names.
fn rows(text: &str) -> BTreeMap<String, Row> {
    let mut rows = BTreeMap::new();
    for line in text.lines() {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let ["", name, _, shown_by, ""] = cells.as_slice() else { continue };
        if !name.chars().skip(1).all(|letter| letter.is_ascii_digit()) {
            continue;
        }
        let (now, later) = shown_by.split_once("later:").map_or((*shown_by, None), |(now, later)| (now, Some(later)));
        let row = Row { tests: tests(name, now), is_later: later.is_some() };
        assert!(rows.insert((*name).to_owned(), row).is_none(), "{name} is there twice");
    }
    rows
}

/// Words in backticks: a path, then tests in it.
fn tests(row: &str, text: &str) -> Vec<(String, String)> {
    let mut file = None;
    let mut tests = Vec::new();
    for word in text.split('`').skip(1).step_by(2) {
        if word.ends_with(".rs") {
            file = Some(word);
        } else {
            let file = file.unwrap_or_else(|| panic!("{row}: `{word}` is in no file"));
            tests.push((file.to_owned(), word.to_owned()));
        }
    }
    tests
}

/// Whether the file has a test of this name; a contract is one, run by the tests of its adapters.
fn is_there(file: &str, test: &str) -> bool {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let Ok(text) = std::fs::read_to_string(root.join(file)) else { return false };
    let is_contract = file.starts_with("tests/src/contracts/");
    let mut is_test = is_contract || text.contains("proptest!");
    for line in text.lines().map(str::trim) {
        is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
        let names = |prefix: &str| {
            let rest = line.strip_prefix(prefix).and_then(|rest| rest.strip_prefix(test));
            rest.is_some_and(|rest| rest.starts_with(['(', '<']))
        };
        if is_test && ["fn ", "async fn ", "pub async fn ", "pub fn "].into_iter().any(names) {
            return true;
        }
        // An attribute counts for the function after it.
        if line.ends_with('{') && !is_contract && !text.contains("proptest!") {
            is_test = false;
        }
    }
    false
}
