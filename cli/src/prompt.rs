//! Asking a person. Where there is none, what was to be asked must be given in another way, and the error says how.

use std::io::{self, IsTerminal as _, Write as _};

use daypass_api::Masked;

use crate::failure::{Failure, While as _};

/// Ask for a secret, which is not shown while it is typed.
pub(crate) async fn secret(question: String, otherwise: &str) -> Result<Masked, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::usage("there is no terminal to ask for the password").hint(otherwise));
    }
    blocking(move || rpassword::prompt_password(question)).await.map(Masked::new)
}

/// Ask for a line, if there is a terminal.
pub(crate) async fn line(question: String) -> Result<Option<String>, Failure> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Ok(None);
    }
    let answer = blocking(move || {
        let mut stderr = io::stderr();
        stderr.write_all(question.as_bytes())?;
        stderr.flush()?;
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        Ok(answer)
    });
    Ok(Some(answer.await?.trim().to_owned()))
}

/// Ask whether to go on; anything but `y` or `yes` means no. `None` when nobody can be asked.
pub(crate) async fn confirmed(question: String) -> Result<Option<bool>, Failure> {
    let answer = line(question).await?;
    Ok(answer.map(|answer| matches!(answer.to_ascii_lowercase().as_str(), "y" | "yes")))
}

/// Waiting for a person must not keep the rest of the program from running.
async fn blocking(ask: impl FnOnce() -> io::Result<String> + Send + 'static) -> Result<String, Failure> {
    tokio::task::spawn_blocking(ask).await?.context("cannot ask")
}
