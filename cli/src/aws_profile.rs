//! One profile in `~/.aws/credentials`. The file is the person's own: what Daypass did not write stays byte for byte.

use std::fmt;
use std::str::FromStr;

use crate::credentials::Keys;

/// The first line of each section that Daypass wrote; a section without it is never touched.
const MARK: &str = "# written by daypass; replaced by the next `daypass creds --write`";

/// The name of a profile. INVARIANT: it can stand between brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Profile(String);

impl Profile {
    /// The name as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Profile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"_.@/+=,-".contains(&byte);
        if (1..=64).contains(&text.len()) && text.bytes().all(legal) {
            Ok(Self(text.to_owned()))
        } else {
            Err("a profile name is 1 to 64 letters, digits and `_.@/+=,-`".to_owned())
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The profile exists and somebody else wrote it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the profile `{0}` exists and was not written by daypass; it was left as it is")]
pub(crate) struct Foreign(Profile);

/// The file's content with this profile in it: in the place of the one that Daypass wrote before, or at the end.
///
/// # Errors
/// When the profile is somebody else's.
pub(crate) fn put(content: &str, profile: &Profile, keys: &Keys) -> Result<String, Foreign> {
    check(content, profile)?;
    let section = format!("[{profile}]\n{MARK}\n{}", keys.settings());
    let mut result = String::with_capacity(content.len() + section.len());
    let mut placed = false;
    for part in sections(content) {
        if name_of(part) != Some(profile.as_str()) {
            result.push_str(part);
        } else if !placed {
            placed = true;
            result.push_str(&section);
            result.push_str(after_settings(part));
        }
    }
    if !placed {
        if !result.is_empty() {
            result.push_str(if result.ends_with('\n') { "\n" } else { "\n\n" });
        }
        result.push_str(&section);
    }
    Ok(result)
}

/// Whether the profile may be put into a file of this content.
///
/// # Errors
/// When the profile is somebody else's.
pub(crate) fn check(content: &str, profile: &Profile) -> Result<(), Foreign> {
    let parts = sections(content);
    let mut namesakes = parts.iter().filter(|part| name_of(part) == Some(profile.as_str()));
    if namesakes.all(|part| part.lines().nth(1) == Some(MARK)) { Ok(()) } else { Err(Foreign(profile.clone())) }
}

/// A setting of a profile; where it is said twice, the last one counts. Names are read in any case.
pub(crate) fn setting<'c>(content: &'c str, profile: &str, name: &str) -> Option<&'c str> {
    let of_profile = sections(content).into_iter().filter(|part| name_of(part) == Some(profile));
    let lines = of_profile.flat_map(|part| part.lines().skip(1));
    let settings =
        lines.filter(|line| !line.trim_start().starts_with(['#', ';'])).filter_map(|line| line.split_once('='));
    settings.filter(|(key, _)| key.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).last()
}

/// The content cut before each section's head. What stands before the first head is a part of its own.
fn sections(content: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut at) = (0, 0);
    for line in content.split_inclusive('\n') {
        if line.trim_start().starts_with('[') && at > start {
            parts.extend(content.get(start..at));
            start = at;
        }
        at += line.len();
    }
    parts.extend(content.get(start..).filter(|rest| !rest.is_empty()));
    parts
}

fn name_of(section: &str) -> Option<&str> {
    let head = section.lines().next()?.trim_start().strip_prefix('[')?;
    head.split_once(']').map(|(name, _)| name.trim())
}

/// What follows the settings in a section that we wrote: blank lines and comments that belong to the next one.
fn after_settings(section: &str) -> &str {
    let mut end = 0;
    let mut at = 0;
    for line in section.split_inclusive('\n') {
        at += line.len();
        let line = line.trim();
        if line == MARK || !(line.is_empty() || line.starts_with(['#', ';'])) {
            end = at;
        }
    }
    section.get(end..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::tests::keys;

    fn profile(name: &str) -> Profile {
        name.parse().unwrap()
    }

    #[test]
    fn a_new_profile_goes_to_the_end_and_the_rest_stays() {
        let before = "; mine\n[default]\naws_access_key_id = AKIA\r\n\n[work]\nregion=eu-west-1";
        let after = put(before, &profile("pass"), &keys("abc")).unwrap();
        let section = after.strip_prefix(before).unwrap();
        assert_eq!(section, format!("\n\n[pass]\n{MARK}\n{}", keys("abc").settings()));
    }

    #[test]
    fn an_empty_file_gets_the_section_alone() {
        assert!(put("", &profile("pass"), &keys("abc")).unwrap().starts_with("[pass]\n"));
    }

    #[test]
    fn our_own_profile_is_replaced_in_its_place() {
        let first = put("[a]\nx = 1\n", &profile("pass"), &keys("old")).unwrap();
        let longer = format!("{first}\n# about z\n[z]\ny = 2\n");
        let second = put(&longer, &profile("pass"), &keys("new")).unwrap();
        assert_eq!(second, longer.replace("= old", "= new"));
    }

    #[test]
    fn writing_twice_is_writing_once() {
        let once = put("[a]\nx = 1\n", &profile("pass"), &keys("abc")).unwrap();
        assert_eq!(put(&once, &profile("pass"), &keys("abc")).unwrap(), once);
    }

    #[test]
    fn somebody_elses_profile_is_never_touched() {
        for before in [
            "[default]\naws_access_key_id = AKIA\n",
            "  [ default ]  # comment\naws_access_key_id = AKIA\n",
            "[default]",
            "[x]\n[default]\n[y]\n",
        ] {
            assert_eq!(put(before, &profile("default"), &keys("abc")), Err(Foreign(profile("default"))), "{before}");
        }
    }

    #[test]
    fn a_profile_name_cannot_leave_its_brackets() {
        for bad in ["", "a]b", "a\nb", "a b", "[x", &"x".repeat(65)] {
            assert!(bad.parse::<Profile>().is_err(), "{bad:?}");
        }
    }
}
