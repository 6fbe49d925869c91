//! The person's own AWS keys, from where every AWS tool has them: the environment and the shared credentials file
//! (<https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>).

use daypass_api::Masked;

use crate::aws_profile;
use crate::escape::escape;
use crate::failure::Failure;
use crate::folders;
use crate::private_file;

/// A key that signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Keys {
    pub(crate) id: String,
    pub(crate) secret: Masked,
    /// Of temporary credentials.
    pub(crate) token: Option<Masked>,
}

impl Keys {
    /// A profile that is named on the command line, else the environment, else the profile that the environment names.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn find(profile: Option<&str>) -> Result<Self, Failure> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        if let (None, Some(id), Some(secret)) =
            (profile, variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"))
        {
            let token = variable("AWS_SESSION_TOKEN").map(Masked::new);
            return Ok(Self { id, secret: Masked::new(secret), token });
        }
        let profile = profile.map(str::to_owned).or(variable("AWS_PROFILE")).unwrap_or_else(|| "default".to_owned());
        let path = folders::aws_credentials()?;
        let content = private_file::read(&path)?.unwrap_or_default();
        Self::in_file(&content, &profile).ok_or_else(|| {
            let (profile, path) = (escape(&profile), path.display());
            Failure::plain(format!(
                "there are no AWS keys: neither in the environment nor as `[{profile}]` in `{path}`"
            ))
            .hint("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile with `--profile NAME`")
        })
    }

    fn in_file(content: &str, profile: &str) -> Option<Self> {
        let setting = |name: &str| aws_profile::setting(content, profile, name).filter(|value| !value.is_empty());
        Some(Self {
            id: setting("aws_access_key_id")?.to_owned(),
            secret: Masked::new(setting("aws_secret_access_key")?),
            token: setting("aws_session_token").map(Masked::new),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_has_its_own_keys() {
        let content = "# mine\n[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key=one\n\n\
             [ work ]\n AWS_ACCESS_KEY_ID=ASIAIOSFODNN7EXAMPLE\n; old\n#aws_secret_access_key = no\n\
             aws_secret_access_key = a=b/c+d \naws_session_token = t\n[half]\naws_access_key_id = x\n";
        let default = Keys::in_file(content, "default").unwrap();
        assert_eq!(
            (default.id.as_str(), default.secret.reveal(), default.token),
            ("AKIAIOSFODNN7EXAMPLE", "one", None)
        );
        let work = Keys::in_file(content, "work").unwrap();
        assert_eq!((work.secret.reveal(), work.token), ("a=b/c+d", Some(Masked::new("t"))));
        assert_eq!(Keys::in_file(content, "half"), None);
        assert_eq!(Keys::in_file(content, "other"), None);
    }
}
