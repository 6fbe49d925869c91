//! Tiers from a directory.

use std::fs;
use std::path::{Path, PathBuf};

use daypass_vending::guard::GuardError;
use daypass_vending::tier::Tiers;

/// Why a directory of tiers cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A file or folder cannot be read.
    #[error("cannot read `{}`", path.display())]
    Unreadable {
        /// Which one.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The tiers cannot be used.
    #[error("the tiers cannot be used")]
    Tiers(#[from] GuardError),
}

/// Read a directory of tiers: one folder each, with the files that make it. Nothing is proved about them yet.
///
/// # Errors
/// [`ReadError`]; the first thing that is wrong.
pub fn read_tiers(directory: &Path) -> Result<Tiers, ReadError> {
    let mut files = Vec::new();
    for folder in entries(directory)?.into_iter().filter(|path| path.is_dir()) {
        for path in entries(&folder)? {
            let text = fs::read_to_string(&path);
            let text = text.map_err(|source| ReadError::Unreadable { path: path.clone(), source })?;
            let name = path.strip_prefix(directory).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            files.push((name, text));
        }
    }
    let tiers = Tiers::from_files(files.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    Ok(tiers.map_err(GuardError::from)?)
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>, ReadError> {
    let unreadable = |source| ReadError::Unreadable { path: directory.to_owned(), source };
    let entries = fs::read_dir(directory).map_err(unreadable)?;
    entries.map(|entry| Ok(entry.map_err(unreadable)?.path())).collect()
}
