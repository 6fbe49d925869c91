//! Files that a command reads, `-` being standard input.

use std::convert::Infallible;
use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::exit::ExitStatus;
use crate::failure::Failure;

/// Where something is read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// Standard input, written `-`.
    Stdin,
    /// A file.
    File(PathBuf),
}

/// How much is read at a time.
const BUFFER: usize = 1 << 17;

impl Input {
    /// A reader of its lines.
    pub(crate) fn open(&self) -> Result<BufReader<Box<dyn Read>>, Failure> {
        let source: Box<dyn Read> = match self {
            Self::Stdin => Box::new(io::stdin()),
            Self::File(path) => Box::new(File::open(path).map_err(|error| self.unreadable(&error))?),
        };
        Ok(BufReader::with_capacity(BUFFER, source))
    }

    /// How many bytes there are, if that is known.
    pub(crate) fn size(&self) -> Option<u64> {
        match self {
            Self::Stdin => None,
            Self::File(path) => path.metadata().ok().filter(std::fs::Metadata::is_file).map(|file| file.len()),
        }
    }

    /// The failure to read it.
    pub(crate) fn unreadable(&self, error: &io::Error) -> Failure {
        let failure = Failure::new(ExitStatus::Unreadable, format!("cannot read {self}: {error}"));
        match self {
            Self::File(path) if error.kind() == io::ErrorKind::NotFound && path == Path::new("") => {
                failure.hint("a file name is missing")
            }
            _ => failure,
        }
    }
}

impl FromStr for Input {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(if text == "-" { Self::Stdin } else { Self::File(text.into()) })
    }
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdin => f.write_str("standard input"),
            Self::File(path) => write!(f, "`{}`", path.display()),
        }
    }
}
