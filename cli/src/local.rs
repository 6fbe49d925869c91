//! The sample users of a Daypass on this machine: how they log in, kept where only whoever runs it can read it.

use std::path::{Path, PathBuf};

use daypass_api::Masked;
use daypass_embedded::clock::SystemClock;
use daypass_vending::ports::Clock as _;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use totp_rs::{Algorithm, Builder, Secret};

use crate::exit::ExitStatus;
use crate::failure::{Failure, While as _};
use crate::private_file;

/// RFC 6238: a code stands for half a minute.
const STEP_SECONDS: u64 = 30;

/// All sample users.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SampleUsers {
    pub(crate) users: Vec<SampleUser>,
}

/// How one of them logs in.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SampleUser {
    /// The name to log in with.
    pub(crate) user: String,
    /// Who that is.
    pub(crate) name: String,
    /// The password.
    pub(crate) password: Masked,
    /// What an authenticator app is fed with, in base 32.
    pub(crate) totp_secret: Masked,
    /// The last half minute whose code was shown: each code counts once.
    #[serde(default)]
    shown_step: u64,
}

impl SampleUser {
    pub(crate) fn new(user: &str, name: &str, password: &str, totp_secret: &str) -> Self {
        Self {
            user: user.to_owned(),
            name: name.to_owned(),
            password: Masked::new(password),
            totp_secret: Masked::new(totp_secret),
            shown_step: 0,
        }
    }

    /// The code of a half minute.
    fn code(&self, step: u64) -> Option<String> {
        let builder = Builder::new().with_algorithm(Algorithm::SHA1).with_digits(6);
        let secret = Secret::try_from_base32(self.totp_secret.reveal()).ok()?;
        let totp = builder.with_step_duration(STEP_SECONDS).with_secret(secret).build().ok()?;
        Some(totp.generate(step * STEP_SECONDS).to_string())
    }
}

impl SampleUsers {
    /// Keep them in a data directory.
    pub(crate) fn keep(&self, data_dir: &Path) -> Result<PathBuf, Failure> {
        let path = file_in(data_dir);
        private_file::write(&path, &(serde_json::to_string_pretty(self)? + "\n"))?;
        Ok(path)
    }

    /// Play the authenticator app of `user` at a time, in seconds since 1970: the current code; the next one, which counts
    /// half a minute early, when the current one was shown before.
    pub(crate) fn next_code(data_dir: &Path, user: &str, now: u64) -> Result<String, Failure> {
        let mut code = None;
        let path = file_in(data_dir);
        private_file::update(&path, |content| {
            let content = content.ok_or_else(|| no_users(data_dir))?;
            let mut users: Self =
                serde_json::from_str(content).context(format_args!("`{}` is damaged", path.display()))?;
            let names: Vec<String> = users.users.iter().map(|user| user.user.clone()).collect();
            let known = users.users.iter_mut().find(|known| known.user == user);
            let known = known.ok_or_else(|| unknown(user, &names))?;
            let current = now / STEP_SECONDS;
            known.shown_step = if known.shown_step >= current { current + 1 } else { current };
            code = known.code(known.shown_step);
            Ok(serde_json::to_string_pretty(&users)? + "\n")
        })?;
        code.ok_or_else(|| Failure::plain("the sample user's secret is damaged"))
    }
}

/// Now, by the machine's clock.
pub(crate) fn now() -> Timestamp {
    SystemClock.now()
}

fn file_in(data_dir: &Path) -> PathBuf {
    data_dir.join("sample-users.json")
}

fn no_users(data_dir: &Path) -> Failure {
    Failure::new(ExitStatus::NotFound, format!("there are no sample users in `{}`", data_dir.display()))
        .hint("`daypass dev` makes them; if it runs with another `--data-dir`, name it here too")
}

fn unknown(user: &str, names: &[String]) -> Failure {
    Failure::new(ExitStatus::NotFound, format!("there is no sample user `{user}`"))
        .hint(format!("there are {}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        // The secret of RFC 6238, appendix B: the ASCII text `12345678901234567890`.
        let carla = SampleUser::new("carla", "Carla", "password", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        SampleUsers { users: vec![carla] }.keep(folder.path()).unwrap();
        folder
    }

    #[test]
    fn codes_are_those_of_the_rfc() {
        let folder = kept();
        // The appendix has eight digits; six are the last of them.
        for (now, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (2_000_000_000, "279037")]
        {
            assert_eq!(SampleUsers::next_code(folder.path(), "carla", now).unwrap(), code);
        }
    }

    #[test]
    fn a_code_that_was_shown_is_followed_by_the_next_one_which_already_counts() {
        let folder = kept();
        let next = |now| SampleUsers::next_code(folder.path(), "carla", now).unwrap();
        let first = next(1_111_111_109);
        let second = next(1_111_111_109);
        assert_ne!(first, second);
        assert_eq!(next(1_111_111_109), second, "the one after would not count yet");
    }

    #[test]
    fn who_is_unknown_is_told_who_is_not() {
        let folder = kept();
        let failure = SampleUsers::next_code(folder.path(), "mallory", 0).unwrap_err();
        assert_eq!((failure.status, failure.hint.as_deref()), (ExitStatus::NotFound, Some("there are carla")));
        let empty = tempfile::tempdir().unwrap();
        assert!(SampleUsers::next_code(empty.path(), "carla", 0).unwrap_err().message.contains("no sample users"));
        assert!(
            std::fs::read_dir(empty.path())
                .unwrap()
                .all(|entry| { entry.unwrap().file_name().to_string_lossy().ends_with("daypass-lock") })
        );
    }
}
