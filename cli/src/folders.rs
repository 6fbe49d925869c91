//! Where Daypass keeps its files: the XDG base directories
//! (<https://specifications.freedesktop.org/basedir-spec/latest/>), also on macOS, where command line tools do the same.

use std::path::PathBuf;

use etcetera::BaseStrategy as _;
use etcetera::base_strategy::choose_base_strategy;

use crate::failure::{Failure, While as _};

/// Where logins are remembered.
pub(crate) fn logins() -> Result<PathBuf, Failure> {
    Ok(state()?.join("logins.json"))
}

/// Where `daypass dev` keeps its database, keys and sample users.
pub(crate) fn development() -> Result<PathBuf, Failure> {
    Ok(state()?.join("dev"))
}

/// The credentials file that AWS tools read
/// (<https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html>).
pub(crate) fn aws_credentials() -> Result<PathBuf, Failure> {
    match std::env::var_os("AWS_SHARED_CREDENTIALS_FILE") {
        Some(path) if !path.is_empty() => Ok(path.into()),
        _ => Ok(etcetera::home_dir().context("cannot find the home directory")?.join(".aws/credentials")),
    }
}

fn state() -> Result<PathBuf, Failure> {
    let folders = choose_base_strategy().context("cannot find the home directory")?;
    // Windows knows no folder for state; there, data is the nearest.
    Ok(folders.state_dir().unwrap_or_else(|| folders.data_dir()).join("daypass"))
}
