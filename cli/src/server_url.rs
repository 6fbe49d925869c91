//! Which server to talk to. A token must not travel where others can read it, so that plain HTTP is for this machine only.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// The address of a server. INVARIANT: HTTPS, or HTTP to a loopback address; no user, query or fragment; no slash at the
/// end, so that one server has one spelling.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct ServerUrl(String);

impl ServerUrl {
    /// Where `daypass dev` listens when nobody says otherwise.
    pub(crate) const LOCAL: &str = "http://127.0.0.1:8420";

    /// The server that `daypass dev` runs on this machine.
    pub(crate) fn local() -> Self {
        Self(Self::LOCAL.to_owned())
    }

    /// The address as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The host, with its port where it is not the usual one: how a server is known to whoever talks to it.
    pub(crate) fn authority(&self) -> &str {
        let rest = self.0.split_once("://").map_or(self.0.as_str(), |(_, rest)| rest);
        rest.split('/').next().unwrap_or(rest)
    }
}

/// Whether nobody on the way can read what is sent there: HTTPS, or HTTP that does not leave this machine.
pub(crate) fn keeps_secrets(url: &Url) -> bool {
    match (url.scheme(), url.host()) {
        ("https", Some(_)) => true,
        ("http", Some(host)) => is_loopback(&host),
        _ => false,
    }
}

impl FromStr for ServerUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| format!("it is not a URL: {error}; write `{}`", Self::LOCAL))?;
        if !url.has_host() {
            return Err(format!("it names no host; write `{}`", Self::LOCAL));
        }
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
            return Err("it must be scheme, host, port and path only".to_owned());
        }
        match url.scheme() {
            _ if keeps_secrets(&url) => {}
            "http" => {
                return Err("a token must not travel unencrypted: use `https`, or `http` to this machine".to_owned());
            }
            _ => return Err("use `https`, or `http` to this machine".to_owned()),
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }
}

impl TryFrom<String> for ServerUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<ServerUrl> for String {
    fn from(url: ServerUrl) -> Self {
        url.0
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `localhost` counts: RFC 6761, section 6.3, has it resolve to loopback addresses only.
fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => name.eq_ignore_ascii_case("localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_has_one_spelling() {
        for (text, url) in [
            ("https://daypass.example.com/", "https://daypass.example.com"),
            ("https://Example.com:443/daypass", "https://example.com/daypass"),
            ("http://127.0.0.1:8420", "http://127.0.0.1:8420"),
            ("http://localhost:1/", "http://localhost:1"),
            ("http://[::1]:8420", "http://[::1]:8420"),
        ] {
            assert_eq!(text.parse::<ServerUrl>().as_ref().map(ServerUrl::as_str), Ok(url));
        }
        assert_eq!(ServerUrl::LOCAL.parse(), Ok(ServerUrl::local()));
    }

    #[test]
    fn a_server_is_known_by_its_host_and_port() {
        for (url, authority) in [
            ("https://daypass.example.com", "daypass.example.com"),
            ("https://example.com:8443/daypass", "example.com:8443"),
            ("http://[::1]:8420", "[::1]:8420"),
        ] {
            assert_eq!(url.parse::<ServerUrl>().unwrap().authority(), authority);
        }
    }

    #[test]
    fn no_token_travels_unencrypted_to_another_machine() {
        for text in [
            "http://daypass.example.com",
            "http://127.0.0.1.example.com",
            "http://localhost.example.com",
            "http://10.0.0.1",
            "http://0.0.0.0:8420",
            "http://[::ffff:10.0.0.1]",
            "http://127.0.0.1@example.com",
        ] {
            assert!(text.parse::<ServerUrl>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_no_server_says_what_would_be() {
        for text in
            ["", "daypass", "127.0.0.1:8420", "ftp://x", "https://u:p@x", "https://x?y", "https://x#y", "file:///x"]
        {
            assert!(text.parse::<ServerUrl>().is_err(), "{text}");
        }
    }
}
