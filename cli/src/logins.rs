//! The logins that are remembered: one for each server, with what renews it, in a file that only its owner can read.

use std::collections::BTreeMap;
use std::path::Path;

use daypass_api::Masked;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::login::renewal::Renewal;
use crate::private_file;
use crate::server_url::ServerUrl;

/// All logins.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Logins {
    /// The server that was logged in to last: the one that commands mean when none is named.
    current: Option<ServerUrl>,
    servers: BTreeMap<ServerUrl, Login>,
}

/// One login.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Login {
    /// Who.
    pub(crate) user: String,
    /// What proves it.
    pub(crate) token: Masked,
    /// Until when.
    pub(crate) expires_at: Timestamp,
    /// Whether a second factor was shown.
    pub(crate) second_factor: bool,
    /// What the next token can be had with, where an identity provider gave the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) renewal: Option<Renewal>,
}

impl Logins {
    /// The logins in the file at `path`.
    pub(crate) fn load(path: &Path) -> Result<Self, Failure> {
        let Some(content) = private_file::read(path)? else { return Ok(Self::default()) };
        if private_file::is_exposed(path) {
            let message = format!("`{}` can be read by others; the tokens in it are not used", path.display());
            let hint =
                format!("run `chmod 600 {}` if nobody else uses this machine, else log in again", path.display());
            return Err(Failure::plain(message).hint(hint));
        }
        parse(path, &content)
    }

    /// Remember a login, and that its server is the one that is meant from now on.
    pub(crate) fn remember(path: &Path, server: &ServerUrl, login: Login) -> Result<(), Failure> {
        change(path, |logins| {
            logins.current = Some(server.clone());
            logins.servers.insert(server.clone(), login);
        })
    }

    /// Put a renewed login in the place of the one it renews. Where that is gone or another by now, nothing changes: a logout
    /// or a new login meanwhile is what the person wants.
    pub(crate) fn replace(path: &Path, server: &ServerUrl, old: &Login, new: Login) -> Result<(), Failure> {
        change(path, |logins| {
            if let Some(kept) = logins.servers.get_mut(server).filter(|kept| *kept == old) {
                *kept = new;
            }
        })
    }

    /// Forget the login to one server; the one there was.
    pub(crate) fn forget(path: &Path, server: &ServerUrl) -> Result<Option<Login>, Failure> {
        let mut known = None;
        change(path, |logins| {
            known = logins.servers.remove(server);
            if logins.current.as_ref() == Some(server) {
                logins.current = None;
            }
        })?;
        Ok(known)
    }

    /// The server that was logged in to last.
    pub(crate) fn current(&self) -> Option<&ServerUrl> {
        self.current.as_ref()
    }

    /// The login to a server.
    pub(crate) fn to(&self, server: &ServerUrl) -> Option<&Login> {
        self.servers.get(server)
    }
}

fn change(path: &Path, change: impl FnOnce(&mut Logins)) -> Result<(), Failure> {
    private_file::update(path, |content| {
        let mut logins = content.map_or_else(|| Ok(Logins::default()), |content| parse(path, content))?;
        change(&mut logins);
        Ok(serde_json::to_string_pretty(&logins)? + "\n")
    })
}

fn parse(path: &Path, content: &str) -> Result<Logins, Failure> {
    // The parser's message could quote a token; its place suffices.
    serde_json::from_str(content).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        Failure::plain(format!("`{}` is damaged at {place}", path.display()))
            .hint("remove the file and log in again with `daypass login`")
    })
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn login(user: &str) -> Login {
        Login {
            user: user.to_owned(),
            token: Masked::new("eyJ.secret.token"),
            expires_at: Timestamp::UNIX_EPOCH,
            second_factor: true,
            renewal: None,
        }
    }

    fn url(text: &str) -> ServerUrl {
        text.parse().unwrap()
    }

    #[test]
    fn the_server_of_the_last_login_is_meant_until_it_is_forgotten() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("state/logins.json");
        let (here, there) = (url("http://127.0.0.1:1"), url("https://example.com"));
        Logins::remember(&path, &here, login("carla")).unwrap();
        Logins::remember(&path, &there, login("otto")).unwrap();
        let logins = Logins::load(&path).unwrap();
        assert_eq!(logins.current(), Some(&there));
        assert_eq!(logins.to(&here).map(|login| login.user.as_str()), Some("carla"));
        assert_eq!(logins.to(&there).map(|login| login.token.reveal()), Some("eyJ.secret.token"));

        assert_eq!(Logins::forget(&path, &there).unwrap(), Some(login("otto")));
        assert_eq!(Logins::forget(&path, &there).unwrap(), None);
        let logins = Logins::load(&path).unwrap();
        assert_eq!(logins.current(), None);
        assert!(logins.to(&there).is_none() && logins.to(&here).is_some());
        assert!(!fs::read_to_string(&path).unwrap().contains("otto"));
    }

    #[test]
    fn a_renewal_replaces_what_it_renews_and_revives_nothing() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("logins.json");
        let (server, renewed) = (ServerUrl::local(), Login { token: Masked::new("next"), ..login("carla") });
        Logins::remember(&path, &server, login("carla")).unwrap();
        Logins::replace(&path, &server, &login("carla"), renewed.clone()).unwrap();
        assert_eq!(Logins::load(&path).unwrap().to(&server), Some(&renewed));
        // Somebody else logged in meanwhile, then somebody logged out.
        Logins::remember(&path, &server, login("otto")).unwrap();
        Logins::replace(&path, &server, &renewed, login("carla")).unwrap();
        assert_eq!(Logins::load(&path).unwrap().to(&server), Some(&login("otto")));
        Logins::forget(&path, &server).unwrap();
        Logins::replace(&path, &server, &login("otto"), renewed).unwrap();
        assert_eq!(Logins::load(&path).unwrap().to(&server), None);
    }

    #[test]
    fn a_file_that_others_can_read_is_not_used() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("logins.json");
        Logins::remember(&path, &ServerUrl::local(), login("carla")).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(Logins::load(&path).unwrap_err().message.contains("read by others"));
    }

    #[test]
    fn neither_debug_nor_a_damaged_file_shows_a_token() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("logins.json");
        Logins::remember(&path, &ServerUrl::local(), login("carla")).unwrap();
        assert!(!format!("{:?}", Logins::load(&path).unwrap()).contains("secret"));
        let damaged = fs::read_to_string(&path).unwrap().replace("\"token\": ", "\"token\": 1");
        private_file::write(&path, &damaged).unwrap();
        let failure = Logins::load(&path).unwrap_err();
        assert!(
            failure.message.contains("damaged at line") && !format!("{failure:?}").contains("secret"),
            "{failure:?}"
        );
    }
}
