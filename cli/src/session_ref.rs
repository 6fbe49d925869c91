//! Naming a session: by its whole id, or by enough of its beginning.

use std::str::FromStr;

use daypass_api::{Client, SessionQuery};
use daypass_vending::ids::SessionId;

use crate::exit::ExitStatus;
use crate::failure::Failure;

/// How few characters may stand for an id.
const LEAST: usize = 4;

/// A session as a person names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SessionRef {
    /// By its whole id.
    Whole(SessionId),
    /// By the beginning of its id, in lower case.
    Beginning(String),
}

impl FromStr for SessionRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.to_ascii_lowercase();
        if let Ok(id) = text.parse() {
            return Ok(Self::Whole(id));
        }
        let legal = text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        if legal && (LEAST..36).contains(&text.len()) {
            Ok(Self::Beginning(text))
        } else {
            Err(format!("a session is named by its id, or by at least the first {LEAST} characters of it"))
        }
    }
}

impl SessionRef {
    /// The id of the one visible session that is meant.
    pub(crate) async fn resolve(&self, client: &Client) -> Result<String, Failure> {
        match self {
            Self::Whole(id) => Ok(id.to_string()),
            Self::Beginning(beginning) => find(client, beginning).await,
        }
    }
}

impl SessionRef {
    /// The one of these ids that begins like this.
    pub(crate) fn among(beginning: &str, ids: impl Iterator<Item = String>) -> Result<String, Failure> {
        one_of(beginning, &ids.filter(|id| id.starts_with(beginning)).collect::<Vec<_>>())
    }
}

async fn find(client: &Client, beginning: &str) -> Result<String, Failure> {
    let mut query = SessionQuery { limit: Some(200), ..SessionQuery::default() };
    let mut found: Vec<String> = Vec::new();
    loop {
        let page = client.sessions(&query).await?;
        found
            .extend(page.sessions.into_iter().map(|session| session.session_id).filter(|id| id.starts_with(beginning)));
        query.cursor = page.next_cursor;
        if query.cursor.is_none() {
            break;
        }
    }
    one_of(beginning, &found)
}

fn one_of(beginning: &str, found: &[String]) -> Result<String, Failure> {
    match found {
        [id] => Ok(id.clone()),
        [] => Err(Failure::new(ExitStatus::NotFound, format!("no session that you may see begins with `{beginning}`"))
            .hint("`daypass list --all-pages` shows them")),
        several => Err(Failure::usage(format!("{} sessions begin with `{beginning}`", several.len()))
            .hint(format!("name one of them: {}", several.iter().take(5).cloned().collect::<Vec<_>>().join(", ")))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_named_by_its_id_or_its_beginning() {
        let id = "5f0c6a52-0a51-4f0e-9d0a-6d1f6f2b8a11";
        assert_eq!(id.parse(), Ok(SessionRef::Whole(id.parse().unwrap())));
        assert_eq!(id.to_uppercase().parse(), Ok(SessionRef::Whole(id.parse().unwrap())));
        assert_eq!("5F0C".parse(), Ok(SessionRef::Beginning("5f0c".to_owned())));
        assert_eq!("5f0c6a52-0a".parse(), Ok(SessionRef::Beginning("5f0c6a52-0a".to_owned())));
        for bad in ["", "5f0", "xyzw", "../../v1", "5f0c6a52-0a51-4f0e-9d0a-6d1f6f2b8a111"] {
            assert!(bad.parse::<SessionRef>().is_err(), "{bad}");
        }
    }
}
