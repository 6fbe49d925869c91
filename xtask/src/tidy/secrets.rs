//! What must not leave somebody's machine: account ids, access keys, and paths that tell where it was written.

use super::code::Code;
use super::finding::Finding;
use super::tree::TextFile;

/// What a line of a test says when a key in it was made up.
const MARK: &str = "test data";

/// Account ids of AWS' documentation that do not repeat their digits.
const DOCUMENTED: &[&str] = &["123456789012", "210987654321"];

/// Folders that exist on one machine only.
const MACHINE_FOLDERS: &[&str] = &["/root/", "/home/", "/work/", "/Users/"];

/// Twelve digits that stand alone and are no id of AWS' documentation.
pub(crate) fn account_ids(file: &TextFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in file.lines() {
        for (at, word) in words(line) {
            let is_id = word.len() == 12 && word.bytes().all(|byte| byte.is_ascii_digit());
            if is_id && !is_documented(word) && !ends_uuid(line, at) && !is_fraction(line, at) {
                let what = format!("`{word}` may be an account's id");
                let mend = "use 111122223333 or 444455556666; write other long numbers with `_`";
                findings.push(Finding::new(&file.path, number, what, mend));
            }
        }
    }
    findings
}

/// Paths that begin in somebody's home.
pub(crate) fn machine_paths(file: &TextFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in file.lines() {
        for folder in MACHINE_FOLDERS {
            if line.match_indices(folder).any(|(at, _)| begins_path(line, at)) {
                let what = format!("names the path `{folder}`");
                findings.push(Finding::new(&file.path, number, what, "say it relative to the workspace"));
            }
        }
    }
    findings
}

/// AWS access key ids: `AKIA` or `ASIA` and sixteen more. AWS' own examples end with `EXAMPLE`; a test may make one
/// up where it says so on the same line.
pub(crate) fn access_keys(file: &TextFile, code: &Code) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in file.lines() {
        let marked = code.is_test(number) && line.contains(MARK);
        for (_, word) in words(line) {
            if is_access_key(word) && !word.ends_with("EXAMPLE") && !marked {
                let what = "what looks like an access key id";
                let mend = format!("use AKIAIOSFODNN7EXAMPLE; in a test, say `{MARK}` on the line");
                findings.push(Finding::new(&file.path, number, what, mend));
            }
        }
    }
    findings
}

fn is_access_key(word: &str) -> bool {
    let upper = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    word.len() == 20 && (word.starts_with("AKIA") || word.starts_with("ASIA")) && word.bytes().all(upper)
}

/// AWS' examples repeat a digit in each third, as in 111122223333.
fn is_documented(id: &str) -> bool {
    let same = |third: &[u8]| third.iter().all(|byte| Some(byte) == third.first());
    DOCUMENTED.contains(&id) || id.as_bytes().chunks(4).all(same)
}

/// Whether the word at `at` is the last part of a UUID: after a hyphen, four hexadecimal digits and a hyphen.
fn ends_uuid(line: &str, at: usize) -> bool {
    let before = line.as_bytes().get(..at).unwrap_or_default();
    matches!(before, [.., b'-', a, b, c, d, b'-'] if [a, b, c, d].iter().all(|byte| byte.is_ascii_hexdigit()))
}

/// Whether the word at `at` is what follows a decimal point.
fn is_fraction(line: &str, at: usize) -> bool {
    let before = line.as_bytes().get(..at).unwrap_or_default();
    matches!(before, [.., digit, b'.'] if digit.is_ascii_digit())
}

/// Whether a path begins at `at`, other than in the middle of one, as in `arn:aws:s3:::bucket/home/`.
fn begins_path(line: &str, at: usize) -> bool {
    let before = line.get(..at).and_then(|before| before.chars().next_back());
    !before.is_some_and(|character| character.is_alphanumeric() || "_-.*?$}])~".contains(character))
}

/// The runs of letters, digits and underscores, with where they begin.
fn words(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let within = |character: char| character.is_alphanumeric() || character == '_';
    let mut next_at = 0;
    line.split_inclusive(move |character| !within(character)).map(move |piece| {
        let at = next_at;
        next_at += piece.len();
        (at, piece.trim_end_matches(|character| !within(character)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rust(line: &str) -> (TextFile, Code) {
        let file = TextFile::new("cli/src/main.rs", line);
        let code = Code::of(&file);
        (file, code)
    }

    #[test]
    fn account_ids_other_than_the_documented_ones_are_found() {
        let real = format!("arn:aws:iam::{}{}:role/x", "93847", "1029384");
        assert_eq!(account_ids(&TextFile::new("a.md", real)).len(), 1);
        for fine in [
            "arn:aws:iam::111122223333:role/x",
            "123456789012 000000000000 444455556666",
            "1234567890123 12345678901",
            "0b2ff1f4-0000-4000-8000-000000000001",
            "0.482910384756",
            "100_000_000_000",
            "checksum = \"ab123456789013\"",
        ] {
            assert_eq!(account_ids(&TextFile::new("a.md", fine)), [], "{fine}");
        }
    }

    #[test]
    fn an_id_after_letters_of_several_bytes_is_found_where_it_is() {
        let line = format!("„ä“ 7f3a-{}{}", "93847", "1029384");
        assert_eq!(account_ids(&TextFile::new("a.md", line)).len(), 1);
    }

    #[test]
    fn paths_of_a_machine_are_found_but_not_paths_in_a_bucket() {
        for path in ["see /root/notes", "\"/home/ann/x\"", "file:///work/main"] {
            assert_eq!(machine_paths(&TextFile::new("a.md", path)).len(), 1, "{path}");
        }
        for fine in ["arn:aws:s3:::bucket/home/${aws:username}", "${bucket}/home/*", "~/work/x", "at work/home"] {
            assert_eq!(machine_paths(&TextFile::new("a.md", fine)), [], "{fine}");
        }
    }

    #[test]
    fn access_keys_are_found_unless_documented_or_marked_in_a_test() {
        let key = format!("let key = \"AKIA{}\";", "Q3EGRTK5A7ZB2MPL");
        let found = |(file, code): (TextFile, Code)| access_keys(&file, &code).len();
        assert_eq!(found(rust(&key)), 1);
        assert_eq!(found(rust(&format!("{key} // test data"))), 1, "marks count in tests only");
        assert_eq!(found(rust(&format!("#[cfg(test)]\nmod tests {{\n{key} // test data\n}}"))), 0);
        assert_eq!(found(rust("AKIAIOSFODNN7EXAMPLE")), 0);
    }
}
