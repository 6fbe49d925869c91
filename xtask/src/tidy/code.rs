//! A rough reading of Rust, enough for rules about names: what is code, what is comment, what is test, and which
//! paths a `use` brings in.
//!
//! Rough on purpose. It reads what rustfmt writes, so that no parser has to be compiled before the first check.

use std::ops::RangeInclusive;

use super::tree::TextFile;

/// The code of a file, line by line, without comments. Empty for files that are not Rust.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Code {
    /// Line number and code, tests included.
    pub(crate) lines: Vec<(usize, String)>,
    /// Whole paths out of `use` declarations with braces, at the line where the declaration begins.
    imports: Vec<(usize, String)>,
    /// The lines that are only compiled for tests.
    tests: Vec<RangeInclusive<usize>>,
}

impl Code {
    pub(crate) fn of(file: &TextFile) -> Self {
        if !file.is_rust() {
            return Self::default();
        }
        let lines: Vec<_> = file.lines().map(|(number, line)| (number, without_comment(line).to_owned())).collect();
        let tests = if is_test_path(&file.path) { vec![1..=lines.len()] } else { test_items(&lines) };
        Self { imports: imports(&lines), lines, tests }
    }

    /// Whether `line` is only compiled for tests.
    pub(crate) fn is_test(&self, line: usize) -> bool {
        self.tests.iter().any(|range| range.contains(&line))
    }

    /// How many lines the file has besides its tests.
    pub(crate) fn length(&self) -> usize {
        self.lines.iter().filter(|(number, _)| !self.is_test(*number)).count()
    }

    /// Where `name` is spelled or imported; each line once.
    pub(crate) fn lines_naming(&self, name: &str) -> Vec<usize> {
        let spelled = self.lines.iter().chain(&self.imports).filter(|(_, code)| names(code, name));
        let mut found: Vec<usize> = spelled.map(|(number, _)| *number).collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// Whether `code` holds `name` with no letter, digit or underscore before it.
pub(crate) fn names(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let before = code.get(..at).and_then(|before| before.chars().next_back());
        !before.is_some_and(|character| character.is_alphanumeric() || character == '_')
    })
}

/// Cut a comment off: from `//` on, unless that is part of a word, as in `https://`.
fn without_comment(line: &str) -> &str {
    if line.trim_start().starts_with("//") {
        return "";
    }
    line.split_once(" // ").map_or(line, |(code, _)| code)
}

/// Files that only hold tests or what tests stand on. Benchmarks measure, so they need clocks as tests do.
fn is_test_path(path: &str) -> bool {
    let is_test = |part: &str| matches!(part, "tests" | "benches" | "tests.rs");
    path.split('/').any(is_test)
}

/// From each `#[cfg(test)]` to the end of the item it stands before.
fn test_items(lines: &[(usize, String)]) -> Vec<RangeInclusive<usize>> {
    let attributes = lines.iter().enumerate().filter(|(_, (_, line))| line.trim() == "#[cfg(test)]");
    attributes.map(|(at, (number, _))| *number..=end_of_item(lines.get(at..).unwrap_or_default())).collect()
}

/// The last line of the item that begins with the attribute in the first line: the one with the closing brace, which
/// rustfmt indents as it indents the attribute, or the item's only line.
fn end_of_item(lines: &[(usize, String)]) -> usize {
    let mut rest = lines.iter().skip_while(|(_, line)| line.trim().is_empty() || line.trim().starts_with("#["));
    let Some((number, item)) = rest.next() else { return 0 };
    if !item.trim_end().ends_with('{') {
        return *number;
    }
    let indent = item.len() - item.trim_start().len();
    let closing = format!("{}}}", item.get(..indent).unwrap_or_default());
    let end = rest.find(|(_, line)| line.trim_end() == closing).or(lines.last());
    end.map_or(*number, |(number, _)| *number)
}

/// Spread `use std::{fs, env::{self, var}};` out into `std::fs`, `std::env`, `std::env::var`.
fn imports(lines: &[(usize, String)]) -> Vec<(usize, String)> {
    let mut imports = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (number, line) in lines {
        let line = line.trim();
        let (start, mut declaration) = match open.take() {
            Some(begun) => begun,
            None => match use_declaration(line) {
                Some(_) => (*number, String::new()),
                None => continue,
            },
        };
        declaration.push_str(use_declaration(line).unwrap_or(line));
        match declaration.split_once(';') {
            Some((tree, _)) => imports.extend(spread(tree).into_iter().map(|path| (start, path))),
            None => open = Some((start, declaration)),
        }
    }
    imports
}

fn use_declaration(line: &str) -> Option<&str> {
    let line = line.strip_prefix("pub ").or_else(|| line.strip_prefix("pub(crate) ")).unwrap_or(line);
    line.strip_prefix("use ")
}

/// All paths of a `use` tree.
fn spread(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some((prefix, rest)) = tree.split_once('{') else {
        return if tree.is_empty() { vec![] } else { vec![tree.to_owned()] };
    };
    let inside = rest.trim_end().strip_suffix('}').unwrap_or(rest);
    let mut paths = Vec::new();
    for branch in branches(inside) {
        paths.extend(spread(branch).into_iter().map(|path| match path.as_str() {
            "self" => prefix.trim_end_matches("::").to_owned(),
            _ => format!("{prefix}{path}"),
        }));
    }
    paths
}

/// Split at the commas that no brace encloses.
fn branches(list: &str) -> Vec<&str> {
    let mut depth = 0_i32;
    list.split(|character| {
        depth += i32::from(character == '{') - i32::from(character == '}');
        character == ',' && depth == 0
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(path: &str, text: &str) -> Code {
        Code::of(&TextFile::new(path, text))
    }

    #[test]
    fn comments_are_not_code_but_addresses_are() {
        let code = code("a.rs", "//! std::fs\n    /// std::fs\nlet a = b; // std::fs\nlet url = \"https://x\";\n");
        assert_eq!(code.lines_naming("std::fs"), Vec::<usize>::new());
        assert_eq!(code.lines_naming("x\""), [4]);
    }

    #[test]
    fn a_name_within_a_longer_name_does_not_count() {
        assert!(!names("my_dbg!(x)", "dbg!("));
        assert!(names("(dbg!(x))", "dbg!("));
    }

    #[test]
    fn imports_are_spread_over_braces_and_lines() {
        let code =
            code("a.rs", "use std::{\n    collections::{BTreeMap, BTreeSet},\n    env::{self, var},\n    fs,\n};\n");
        for path in ["std::collections::BTreeSet", "std::env", "std::env::var", "std::fs"] {
            assert_eq!(code.lines_naming(path).first(), Some(&1), "{path}");
        }
        assert_eq!(code.lines_naming("std::time"), Vec::<usize>::new());
    }

    #[test]
    fn a_test_module_is_test_and_what_surrounds_it_is_not() {
        let code = code("a.rs", "fn f() {}\n\n#[cfg(test)]\nmod tests {\n    fn g() {\n    }\n}\n\nfn h() {}");
        let tests: Vec<usize> = (1..=9).filter(|line| code.is_test(*line)).collect();
        assert_eq!((tests, code.length()), (vec![3, 4, 5, 6, 7], 4));
    }

    #[test]
    fn a_single_item_for_tests_does_not_turn_the_rest_into_tests() {
        assert!(!code("a.rs", "#[cfg(test)]\nmod model;\n\nfn f() {}\n").is_test(4));
        assert!(!code("a.rs", "#[cfg(test)]\n#[derive(Debug)]\nstruct A {\n}\nfn f() {}\n").is_test(5));
    }

    #[test]
    fn files_of_tests_are_test_from_the_first_line() {
        for path in
            ["crates/policy/tests/eval.rs", "tests/src/lib.rs", "crates/policy/benches/eval.rs", "x/src/tests.rs"]
        {
            assert!(code(path, "fn f() {}\n").is_test(1), "{path}");
        }
        assert!(!code("crates/policy/src/testing.rs", "fn f() {}\n").is_test(1));
    }
}
