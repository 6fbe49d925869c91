//! The key file: made once, for its owner alone, and never changed.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use daypass_vending::ports::{Entropy, StoreError};
use zeroize::Zeroizing;

use crate::private_file;

const HEADING: &str = "daypass key file 1; whoever has it can read the database's secrets and sign its trail";

/// Why the key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// Others on this machine may read it, or write it.
    #[error(
        "others may open the key file `{path}`; if nobody did, run `chmod 600 {path}`, else replace it and the database",
        path = .0.display()
    )]
    OpenToOthers(PathBuf),
    /// It is not a key file, or not a whole one.
    #[error("`{}` is not a key file of this version of Daypass, or was damaged", .0.display())]
    Malformed(PathBuf),
    /// The database's secrets were sealed with other keys.
    #[error("the database was written with another key file; put that one back, or start with a new database")]
    OtherDatabase,
    /// The database could not be asked whose it is.
    #[error("cannot find out which key file the database belongs to")]
    Database(#[source] StoreError),
    /// The file system refused.
    #[error("cannot use the key file `{}`", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
}

/// The keys in it.
pub(super) struct KeyFile {
    /// For sealing.
    pub(super) encryption: Zeroizing<[u8; 32]>,
    /// The seed of the key that signs checkpoints.
    pub(super) audit: Zeroizing<[u8; 32]>,
    /// The seed of the key that signs the development issuer's tokens.
    pub(super) issuer: Zeroizing<[u8; 32]>,
}

impl KeyFile {
    /// New keys.
    pub(super) fn generate(entropy: &dyn Entropy) -> Self {
        let key = || Zeroizing::new(entropy.bytes());
        Self { encryption: key(), audit: key(), issuer: key() }
    }

    /// Read the file; make it first when it is not there.
    pub(super) fn open_or_create(path: &Path, entropy: &dyn Entropy) -> Result<Self, KeyFileError> {
        let io = |source| KeyFileError::Io { path: path.to_owned(), source };
        if !path.try_exists().map_err(io)? {
            Self::generate(entropy).create(path, entropy).map_err(io)?;
        }
        if private_file::is_open_to_others(path).map_err(io)? {
            return Err(KeyFileError::OpenToOthers(path.to_owned()));
        }
        let text = Zeroizing::new(fs::read_to_string(path).map_err(io)?);
        Self::parse(&text).ok_or_else(|| KeyFileError::Malformed(path.to_owned()))
    }

    /// Write the file whole or not at all, and never over another one: somebody else may have been faster.
    fn create(&self, path: &Path, entropy: &dyn Entropy) -> io::Result<()> {
        private_file::create_parent(path)?;
        let mut temporary = path.as_os_str().to_owned();
        temporary.push(format!(".{}.new", hex::encode(entropy.bytes::<8>())));
        let mut file = private_file::create_new(Path::new(&temporary))?;
        let written = file.write_all(self.to_text().as_bytes()).and_then(|()| file.sync_all());
        let linked = written.and_then(|()| fs::hard_link(&temporary, path));
        fs::remove_file(&temporary)?;
        match linked {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => private_file::sync_parent(path),
        }
    }

    fn to_text(&self) -> Zeroizing<String> {
        let hex = |key: &[u8; 32]| Zeroizing::new(hex::encode(key));
        let (encryption, audit, issuer) = (hex(&self.encryption), hex(&self.audit), hex(&self.issuer));
        Zeroizing::new(format!("{HEADING}\nencryption {}\naudit {}\nissuer {}\n", *encryption, *audit, *issuer))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        lines.next().filter(|line| *line == HEADING)?;
        let mut key = |name: &str| {
            let mut bytes = Zeroizing::new([0; 32]);
            let digits = lines.next()?.strip_prefix(name)?.strip_prefix(' ')?;
            hex::decode_to_slice(digits, bytes.as_mut_slice()).ok()?;
            Some(bytes)
        };
        let file = Self { encryption: key("encryption")?, audit: key("audit")?, issuer: key("issuer")? };
        lines.next().is_none().then_some(file)
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::entropy::SystemEntropy;

    fn open(path: &Path) -> Result<KeyFile, KeyFileError> {
        KeyFile::open_or_create(path, &SystemEntropy)
    }

    #[test]
    fn the_file_is_made_once_and_stays() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("new/daypass.key");
        let first = open(&path).unwrap();
        let again = open(&path).unwrap();
        assert_eq!(*first.to_text(), *again.to_text());
        assert!(first.encryption != first.audit && first.audit != first.issuer);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing else is left behind");
        KeyFile::generate(&SystemEntropy).create(&path, &SystemEntropy).unwrap();
        assert_eq!(*open(&path).unwrap().to_text(), *first.to_text(), "the first one wins");
    }

    #[test]
    fn a_damaged_file_is_refused() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("daypass.key");
        open(&path).unwrap();
        let whole = fs::read_to_string(&path).unwrap();
        for damaged in [
            String::new(),
            whole[..whole.len() - 2].to_owned(),
            whole.replace("file 1", "file 2"),
            whole.replace("audit", "other"),
            format!("{whole}more\n"),
        ] {
            fs::write(&path, damaged).unwrap();
            assert!(matches!(open(&path), Err(KeyFileError::Malformed(_))));
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_open_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("daypass.key");
        open(&path).unwrap();
        for mode in [0o640, 0o604, 0o602] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = open(&path).err().unwrap();
            assert!(error.to_string().contains("chmod 600"), "{error}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        open(&path).unwrap();
    }
}
