//! Credentials in the forms that shells and AWS tools take. Output for `eval` holds exactly what has to be evaluated and
//! nothing else.

use daypass_api::Masked;
use jiff::Timestamp;
use serde::Serialize;

/// A form of credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// `export` lines for sh, bash and zsh: `eval "$(daypass creds ID)"`.
    Env,
    /// `$env:` lines for PowerShell: `daypass creds ID --format powershell | Out-String | iex`.
    Powershell,
    /// `set -gx` lines for fish: `daypass creds ID --format fish | source`.
    Fish,
    /// A JSON object.
    Json,
    /// A section for `~/.aws/credentials`; see `--profile` and `--write`.
    AwsConfig,
    /// What `credential_process` in `~/.aws/config` has to print.
    CredentialProcess,
}

/// Credentials that can be printed. INVARIANT: every field is visible ASCII, so that no quoting can be left by them.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    access_key_id: String,
    secret_access_key: Masked,
    session_token: Masked,
    region: String,
    expires_at: Timestamp,
}

/// Credentials hold a character that no AWS credentials hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {0} that the server sent is not visible ASCII; nothing was printed")]
pub(crate) struct Unprintable(&'static str);

impl Keys {
    /// Check credentials.
    pub(crate) fn new(
        access_key_id: &str,
        secret_access_key: &Masked,
        session_token: &Masked,
        region: &str,
        expires_at: Timestamp,
    ) -> Result<Self, Unprintable> {
        for (what, text) in [
            ("access key id", access_key_id),
            ("secret access key", secret_access_key.reveal()),
            ("session token", session_token.reveal()),
            ("region", region),
        ] {
            if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(Unprintable(what));
            }
        }
        Ok(Self {
            access_key_id: access_key_id.to_owned(),
            secret_access_key: secret_access_key.clone(),
            session_token: session_token.clone(),
            region: region.to_owned(),
            expires_at,
        })
    }

    /// The credentials in a form, ending with a line break. `profile` names the section of `aws-config`.
    pub(crate) fn render(&self, format: Format, profile: &str) -> String {
        match format {
            Format::Env => self.lines(|name, value| format!("export {name}={}\n", for_sh(value))),
            Format::Powershell => self.lines(|name, value| format!("$env:{name} = '{}'\n", value.replace('\'', "''"))),
            Format::Fish => self.lines(|name, value| format!("set -gx {name} {}\n", for_fish(value))),
            Format::Json => self.json(),
            Format::AwsConfig => format!("[{profile}]\n{}", self.settings()),
            Format::CredentialProcess => self.credential_process(),
        }
    }

    /// The settings of a section of an AWS credentials file
    /// (<https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html>).
    pub(crate) fn settings(&self) -> String {
        format!(
            "aws_access_key_id = {}\naws_secret_access_key = {}\naws_session_token = {}\nregion = {}\n",
            self.access_key_id,
            self.secret_access_key.reveal(),
            self.session_token.reveal(),
            self.region
        )
    }

    /// A line for each environment variable that AWS tools read
    /// (<https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html>).
    fn lines(&self, line: impl Fn(&str, &str) -> String) -> String {
        [
            ("AWS_ACCESS_KEY_ID", self.access_key_id.as_str()),
            ("AWS_SECRET_ACCESS_KEY", self.secret_access_key.reveal()),
            ("AWS_SESSION_TOKEN", self.session_token.reveal()),
            ("AWS_DEFAULT_REGION", &self.region),
        ]
        .map(|(name, value)| line(name, value))
        .concat()
    }

    fn json(&self) -> String {
        pretty(&JsonKeys {
            access_key_id: &self.access_key_id,
            secret_access_key: self.secret_access_key.reveal(),
            session_token: self.session_token.reveal(),
            region: &self.region,
            expiration: self.expires_at,
        })
    }

    /// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html>
    fn credential_process(&self) -> String {
        pretty(&ProcessKeys {
            version: 1,
            access_key_id: &self.access_key_id,
            secret_access_key: self.secret_access_key.reveal(),
            session_token: self.session_token.reveal(),
            expiration: self.expires_at,
        })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct JsonKeys<'a> {
    access_key_id: &'a str,
    secret_access_key: &'a str,
    session_token: &'a str,
    region: &'a str,
    expiration: Timestamp,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ProcessKeys<'a> {
    version: u8,
    access_key_id: &'a str,
    secret_access_key: &'a str,
    session_token: &'a str,
    expiration: Timestamp,
}

fn pretty(document: &impl Serialize) -> String {
    // Texts, a number and a time: there is nothing in them that JSON cannot say.
    serde_json::to_string_pretty(document).unwrap_or_default() + "\n"
}

/// A word for a POSIX shell. What AWS makes needs no quotes; anything else gets them.
fn for_sh(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_/+=.:,@%-".contains(&byte);
    // zsh expands a leading `=`.
    if value.bytes().all(plain) && !value.starts_with('=') {
        value.to_owned()
    } else {
        format!("'{}'", value.replace('\'', r"'\''"))
    }
}

/// A word for fish, whose single quotes know two escapes.
fn for_fish(value: &str) -> String {
    format!("'{}'", value.replace('\\', r"\\").replace('\'', r"\'"))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::process::Command;

    use super::*;

    pub(crate) fn keys(secret: &str) -> Keys {
        let secret_of = |text: &str| Masked::new(text);
        let expires_at = "2026-01-02T03:04:05Z".parse().unwrap();
        Keys::new("ASIAEXAMPLE0000000000", &secret_of(secret), &secret_of("IQoJ/token+=="), "us-east-1", expires_at)
            .unwrap()
    }

    fn check(format: Format, secret: &str, text: &str) {
        assert_eq!(keys(secret).render(format, "default"), text);
    }

    #[test]
    fn env_is_four_export_lines_and_nothing_else() {
        check(
            Format::Env,
            "abc/DEF+123",
            "export AWS_ACCESS_KEY_ID=ASIAEXAMPLE0000000000\nexport AWS_SECRET_ACCESS_KEY=abc/DEF+123\n\
             export AWS_SESSION_TOKEN=IQoJ/token+==\nexport AWS_DEFAULT_REGION=us-east-1\n",
        );
    }

    #[test]
    fn powershell_doubles_quotes() {
        check(
            Format::Powershell,
            "a'b$c`d",
            "$env:AWS_ACCESS_KEY_ID = 'ASIAEXAMPLE0000000000'\n$env:AWS_SECRET_ACCESS_KEY = 'a''b$c`d'\n\
             $env:AWS_SESSION_TOKEN = 'IQoJ/token+=='\n$env:AWS_DEFAULT_REGION = 'us-east-1'\n",
        );
    }

    #[test]
    fn fish_escapes_quotes_and_backslashes() {
        check(
            Format::Fish,
            r"a'b\c",
            "set -gx AWS_ACCESS_KEY_ID 'ASIAEXAMPLE0000000000'\nset -gx AWS_SECRET_ACCESS_KEY 'a\\'b\\\\c'\n\
             set -gx AWS_SESSION_TOKEN 'IQoJ/token+=='\nset -gx AWS_DEFAULT_REGION 'us-east-1'\n",
        );
    }

    #[test]
    fn json_has_exactly_these_keys() {
        check(
            Format::Json,
            "abc",
            r#"{
  "AccessKeyId": "ASIAEXAMPLE0000000000",
  "SecretAccessKey": "abc",
  "SessionToken": "IQoJ/token+==",
  "Region": "us-east-1",
  "Expiration": "2026-01-02T03:04:05Z"
}
"#,
        );
    }

    #[test]
    fn credential_process_has_exactly_these_keys() {
        check(
            Format::CredentialProcess,
            "abc",
            r#"{
  "Version": 1,
  "AccessKeyId": "ASIAEXAMPLE0000000000",
  "SecretAccessKey": "abc",
  "SessionToken": "IQoJ/token+==",
  "Expiration": "2026-01-02T03:04:05Z"
}
"#,
        );
    }

    #[test]
    fn aws_config_is_one_section() {
        check(
            Format::AwsConfig,
            "abc",
            "[default]\naws_access_key_id = ASIAEXAMPLE0000000000\naws_secret_access_key = abc\n\
             aws_session_token = IQoJ/token+==\nregion = us-east-1\n",
        );
    }

    #[test]
    fn a_shell_that_evaluates_the_output_has_the_very_secret_and_runs_nothing() {
        for secret in
            ["abc/DEF+123", "$(touch${IFS}pwned)", "`id`", "a'b\"c", r"back\slash", "=ls", "~root", "a;b&c|d", "*"]
        {
            let script = "eval \"$DAYPASS_OUTPUT\"; printf '%s|%s' \"$AWS_SECRET_ACCESS_KEY\" \"$AWS_SESSION_TOKEN\"";
            let output = Command::new("sh")
                .args(["-eu", "-c", script])
                .env("DAYPASS_OUTPUT", keys(secret).render(Format::Env, "default"))
                .output()
                .unwrap();
            assert!(output.status.success() && output.stderr.is_empty(), "{secret}: {output:?}");
            assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("{secret}|IQoJ/token+=="));
        }
    }

    #[test]
    fn what_could_leave_a_line_is_not_printed_at_all() {
        let good = Masked::new("abc");
        for evil in ["a\nexport LD_PRELOAD=x", "", "a b", "\u{2019}; id; \u{2018}", "nul\0"] {
            let evil = Masked::new(evil);
            let error = Keys::new("ASIA", &evil, &good, "us-east-1", Timestamp::UNIX_EPOCH).unwrap_err();
            assert_eq!(error, Unprintable("secret access key"));
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?}", keys("hunter2"));
        assert!(!shown.contains("hunter2") && !shown.contains("IQoJ"), "{shown}");
    }
}
