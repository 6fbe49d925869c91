//! Reading the tree: which files there are, and their text.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::process::Workspace;

/// A file that is text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TextFile {
    /// From the root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl TextFile {
    pub(crate) fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into() }
    }

    /// The lines with their numbers, counted from one, without their line ends.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.split('\n').enumerate().map(|(at, line)| (at + 1, line))
    }

    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    pub(crate) fn is_snapshot(&self) -> bool {
        self.path.ends_with(".snap")
    }

    /// The line that says `needle`, or the first: where to point for a fact about the whole file.
    pub(crate) fn line_of(&self, needle: &str) -> usize {
        self.lines().find(|(_, line)| line.contains(needle)).map_or(1, |(number, _)| number)
    }
}

/// All text files that git tracks or would track, sorted by path.
pub(crate) fn text_files(workspace: &Workspace) -> Result<Vec<TextFile>> {
    let mut paths = match git_files(workspace.root()) {
        Ok(paths) => paths,
        // An unpacked archive has no repository; what is left out here is what `.gitignore` names.
        Err(_) => walk(workspace.root(), "")?,
    };
    paths.sort();
    paths.dedup();
    let mut files = Vec::new();
    for path in paths {
        let full = workspace.root().join(&path);
        // Git lists what was deleted but not committed, and links to folders.
        if !full.is_file() {
            continue;
        }
        let bytes = fs::read(&full).with_context(|| format!("cannot read `{path}`"))?;
        if let Ok(text) = String::from_utf8(bytes) {
            files.push(TextFile::new(path, text));
        }
    }
    Ok(files)
}

/// The file at `path`, which every checkout has.
pub(crate) fn named<'a>(files: &'a [TextFile], path: &str) -> Result<&'a TextFile> {
    files.iter().find(|file| file.path == path).with_context(|| format!("there is no `{path}`"))
}

fn git_files(root: &Path) -> Result<Vec<String>> {
    let mut git = Command::new("git");
    // A checkout that belongs to another user, as in containers, may be listed all the same: nothing of it is run.
    git.args(["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let output = git.current_dir(root).output().context("cannot start git")?;
    anyhow::ensure!(output.status.success(), "git ended with {}", output.status);
    let list = String::from_utf8(output.stdout).context("git lists a name that is not UTF-8")?;
    Ok(list.split_terminator('\0').map(str::to_owned).collect())
}

fn walk(root: &Path, folder: &str) -> Result<Vec<String>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(root.join(folder)).with_context(|| format!("cannot list `{folder}`"))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        if name == ".git" || path == "target" {
            continue;
        }
        if entry.file_type()?.is_dir() {
            paths.extend(walk(root, &path)?);
        } else {
            paths.push(path);
        }
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_count_from_one_and_a_missing_needle_points_to_the_first() {
        let file = TextFile::new("a.toml", "[package]\nname = \"a\"\n");
        assert_eq!(file.line_of("name"), 2);
        assert_eq!(file.line_of("version"), 1);
    }

    #[test]
    fn walking_finds_files_in_folders_but_not_what_git_ignores() {
        let root = std::env::temp_dir().join(format!("xtask-walk-{}", std::process::id()));
        for folder in [".ci", ".git", "target/debug", "crates/policy/src"] {
            fs::create_dir_all(root.join(folder)).unwrap();
            fs::write(root.join(folder).join("file"), "").unwrap();
        }
        let mut paths = walk(&root, "").unwrap();
        paths.sort();
        fs::remove_dir_all(&root).unwrap();
        assert_eq!(paths, [".ci/file", "crates/policy/src/file"]);
    }
}
