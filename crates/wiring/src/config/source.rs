//! Where a configuration is kept: in a file, or in an object of S3, where functions find it. What it names is beside it,
//! unless it is named with its whole path or address.

use std::convert::Infallible;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use daypass_aws::client::{Place, configuration};
use daypass_aws::s3::{ObjectAddress, Objects};

use super::ConfigError;

/// The variable that names the configuration of a function.
pub const CONFIG_VARIABLE: &str = "DAYPASS_CONFIG";

/// More than any configuration has, in bytes: accounts by the thousand are some hundred kilobytes.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// The name of a file: a path, or an address that begins with `s3://`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source(PathBuf);

impl Source {
    /// What `DAYPASS_CONFIG` names.
    ///
    /// # Errors
    /// [`ConfigError::Unnamed`].
    pub fn from_environment() -> Result<Self, ConfigError> {
        let named = std::env::var_os(CONFIG_VARIABLE).filter(|named| !named.is_empty());
        named.map(|named| Self(named.into())).ok_or(ConfigError::Unnamed)
    }

    /// The name as a path; addresses are none.
    pub(super) fn as_path(&self) -> &Path {
        &self.0
    }

    /// What this name means in the file that has it.
    pub(super) fn beside(&self, name: &Path) -> PathBuf {
        if name.is_absolute() || in_s3(name).is_some() {
            return name.to_owned();
        }
        match in_s3(&self.0) {
            Some(address) => {
                let folder = address.rsplit_once('/').map_or(address, |(folder, _)| folder);
                PathBuf::from(format!("{folder}/{}", name.display()))
            }
            None => self.0.parent().unwrap_or(Path::new("")).join(name),
        }
    }
}

impl From<&Path> for Source {
    fn from(path: &Path) -> Self {
        Self(path.to_owned())
    }
}

impl FromStr for Source {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.into()))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.display().fmt(f)
    }
}

/// The text of a file.
///
/// # Errors
/// [`ConfigError::Unreadable`], or why S3 cannot be read.
pub(super) async fn text(name: &Path) -> Result<String, ConfigError> {
    let Some(address) = in_s3(name) else {
        return std::fs::read_to_string(name)
            .map_err(|source| ConfigError::Unreadable { path: name.to_owned(), source });
    };
    let address: ObjectAddress = address.parse()?;
    let objects = Objects::new(&configuration(&Place::default()).await?, None);
    Ok(objects.read(&address, MOST_BYTES).await?.text()?.to_owned())
}

fn in_s3(name: &Path) -> Option<&str> {
    name.to_str().filter(|name| ObjectAddress::is_meant_by(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_configuration_names_is_beside_it() {
        for (source, name, expected) in [
            ("daypass.toml", "jwks.json", "jwks.json"),
            ("/etc/daypass/daypass.toml", "keys/jwks.json", "/etc/daypass/keys/jwks.json"),
            ("/etc/daypass/daypass.toml", "/run/jwks.json", "/run/jwks.json"),
            ("/etc/daypass/daypass.toml", "s3://keys/jwks.json", "s3://keys/jwks.json"),
            ("s3://daypass-prod/daypass.toml", "jwks.json", "s3://daypass-prod/jwks.json"),
            ("s3://daypass-prod/config/daypass.toml", "jwks.json", "s3://daypass-prod/config/jwks.json"),
            ("s3://daypass-prod/config/daypass.toml", "/var/task/jwks.json", "/var/task/jwks.json"),
        ] {
            let source: Source = source.parse().unwrap();
            assert_eq!(source.beside(Path::new(name)), Path::new(expected), "{name} beside {source}");
        }
    }
}
