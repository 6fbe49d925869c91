//! Files that a command reads, `-` being standard input.

use std::convert::Infallible;
use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::PathBuf;
use std::str::FromStr;

use daypass_policy::{ParseError, PolicyDocument};

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
    /// What a command line means.
    pub(crate) fn of(text: &str) -> Self {
        if text == "-" { Self::Stdin } else { Self::File(text.into()) }
    }

    /// The whole text.
    pub(crate) fn read(&self) -> Result<String, Failure> {
        let mut text = String::new();
        self.open()?.read_to_string(&mut text).map_err(|error| self.unreadable(&error))?;
        Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
    }

    /// A reader of its lines.
    pub(crate) fn open(&self) -> Result<BufReader<Box<dyn Read>>, Failure> {
        let source: Box<dyn Read> = match self {
            Self::Stdin => Box::new(io::stdin()),
            Self::File(path) => Box::new(File::open(path).map_err(|error| self.unreadable(&error))?),
        };
        Ok(BufReader::with_capacity(BUFFER, source))
    }

    /// The file's name as it was given.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Stdin => "<stdin>".to_owned(),
            Self::File(path) => path.display().to_string(),
        }
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
        Failure::new(ExitStatus::Unreadable, format!("cannot read {self}: {error}"))
    }
}

/// A file that has been read.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// What messages call it.
    pub(crate) name: String,
    /// What it says.
    pub(crate) text: String,
}

impl Source {
    /// Read a file.
    pub(crate) fn read(input: &Input) -> Result<Self, Failure> {
        Ok(Self { name: input.name(), text: input.read()? })
    }

    /// The policy it holds.
    pub(crate) fn policy(&self) -> Result<PolicyDocument, Failure> {
        PolicyDocument::parse(&self.text).map_err(|error| not_a_policy(self, &error))
    }
}

impl AsRef<str> for Source {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

/// The policy in a file.
pub(crate) fn read_policy(input: &Input) -> Result<PolicyDocument, Failure> {
    Source::read(input)?.policy()
}

/// The failure to take a text for a policy.
pub(crate) fn not_a_policy(source: &Source, error: &ParseError) -> Failure {
    let ParseError { line, column, message, .. } = error;
    let failure = Failure::new(ExitStatus::Unreadable, format!("{}:{line}:{column}: {message}", source.name));
    // What the AWS CLI prints is a policy in a wrapping.
    let path = [("\"PolicyVersion\"", ".PolicyVersion.Document"), ("\"PolicyDocument\"", ".PolicyDocument")];
    match path.iter().find(|(field, _)| source.text.contains(field)) {
        Some((_, path)) => failure.hint(format!("the policy itself seems to be inside: try `jq {path}`")),
        None => failure,
    }
}

/// Standard input can be read once only.
pub(crate) fn stdin_once<'i>(inputs: impl IntoIterator<Item = &'i Input>) -> Result<(), Failure> {
    match inputs.into_iter().filter(|input| **input == Input::Stdin).count() {
        0 | 1 => Ok(()),
        _ => Err(Failure::usage("`-`, standard input, can be given once only")),
    }
}

impl FromStr for Input {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self::of(text))
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
