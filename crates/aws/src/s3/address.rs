//! Addresses in S3, as people write them: `s3://bucket/key`.

use std::fmt;
use std::str::FromStr;

/// An object. INVARIANT: bucket and key are such as S3 allows and no tool rewrites, kept by `FromStr`, the only way in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ObjectAddress {
    bucket: String,
    key: String,
}

/// Everything whose key begins with a prefix, which is empty or ends with a slash. INVARIANT: as [`ObjectAddress`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct FolderAddress {
    bucket: String,
    prefix: String,
}

/// Not an address in S3.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an address in S3: {rule}")]
pub struct InvalidAddress {
    text: String,
    rule: &'static str,
}

impl ObjectAddress {
    /// Whether a text is meant to be an address in S3, right or wrong; anything else may be a path.
    #[must_use]
    pub fn is_meant_by(text: &str) -> bool {
        text.get(..SCHEME.len()).is_some_and(|start| start.eq_ignore_ascii_case(SCHEME))
    }

    /// The bucket.
    #[must_use]
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl FolderAddress {
    /// The bucket.
    #[must_use]
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// How keys begin: empty, or ending with a slash.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The object of this name in the folder; `None` when S3 would not take the key.
    #[must_use]
    pub fn object(&self, name: &str) -> Option<ObjectAddress> {
        let key = format!("{}{name}", self.prefix);
        key_rule(&key).is_none().then(|| ObjectAddress { bucket: self.bucket.clone(), key })
    }
}

impl FromStr for ObjectAddress {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        let invalid = |rule| InvalidAddress { text: text.to_owned(), rule };
        let (bucket, key) = parts(text).map_err(invalid)?;
        match key_rule(key) {
            Some(rule) => Err(invalid(rule)),
            None => Ok(Self { bucket: bucket.to_owned(), key: key.to_owned() }),
        }
    }
}

impl FromStr for FolderAddress {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        let invalid = |rule| InvalidAddress { text: text.to_owned(), rule };
        let (bucket, prefix) = parts(text).map_err(invalid)?;
        let name = prefix.strip_suffix('/').unwrap_or(prefix);
        if name.is_empty() && prefix.is_empty() {
            return Ok(Self { bucket: bucket.to_owned(), prefix: String::new() });
        }
        match key_rule(name) {
            Some(rule) => Err(invalid(rule)),
            None => Ok(Self { bucket: bucket.to_owned(), prefix: format!("{name}/") }),
        }
    }
}

impl TryFrom<String> for FolderAddress {
    type Error = InvalidAddress;

    fn try_from(text: String) -> Result<Self, InvalidAddress> {
        text.parse()
    }
}

impl fmt::Display for ObjectAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}/{}", self.bucket, self.key)
    }
}

impl fmt::Display for FolderAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}/{}", self.bucket, self.prefix)
    }
}

const SCHEME: &str = "s3://";

/// Bucket and the rest, of which only the bucket is checked.
fn parts(text: &str) -> Result<(&str, &str), &'static str> {
    let rest = text.strip_prefix(SCHEME).ok_or("it has the form `s3://bucket/key`")?;
    let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
    bucket_rule(bucket).map_or(Ok((bucket, key)), Err)
}

/// What general purpose buckets are called
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>). ARNs and aliases of access points are
/// none, and are not taken: an alias says nothing of whose bucket it is.
fn bucket_rule(bucket: &str) -> Option<&'static str> {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends_are_words = [bucket.bytes().next(), bucket.bytes().last()].iter().all(|byte| byte.is_some_and(is_word));
    if !(3..=63).contains(&bucket.len()) {
        Some("a bucket's name has 3 to 63 characters")
    } else if !ends_are_words || !bucket.bytes().all(|byte| is_word(byte) || b".-".contains(&byte)) {
        Some("a bucket's name is small letters, digits, `.` and `-`, and begins and ends with a letter or digit")
    } else if bucket.contains("..") || bucket.parse::<std::net::Ipv4Addr>().is_ok() {
        Some("a bucket's name has no two dots in a row and is not an IP address")
    } else if RESERVED.iter().any(|(start, end)| bucket.starts_with(start) && bucket.ends_with(end)) {
        Some("a bucket's name must not be of a form that S3 reserves")
    } else {
        None
    }
}

/// How no bucket's name begins and ends.
const RESERVED: [(&str, &str); 8] = [
    ("xn--", ""),
    ("sthree-", ""),
    ("amzn-s3-demo-", ""),
    ("", "-s3alias"),
    ("", "--ol-s3"),
    ("", ".mrap"),
    ("", "--x-s3"),
    ("", "--table-s3"),
];

/// What keys we take: those of S3 (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html>) but for
/// what proxies and tools rewrite: empty segments, `.` and `..`, and control characters.
fn key_rule(key: &str) -> Option<&'static str> {
    if key.is_empty() || key.len() > 1024 {
        Some("a key has 1 to 1024 bytes")
    } else if key.chars().any(char::is_control) {
        Some("a key has no control characters here")
    } else if key.split('/').any(|segment| ["", ".", ".."].contains(&segment)) {
        Some("a key has no empty segment here, nor `.` or `..`")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_a_bucket_and_a_key() {
        let address: ObjectAddress = "s3://daypass-prod.config/hub/daypass file+é.toml".parse().unwrap();
        assert_eq!((address.bucket(), address.key()), ("daypass-prod.config", "hub/daypass file+é.toml"));
        assert_eq!(address.to_string(), "s3://daypass-prod.config/hub/daypass file+é.toml");
    }

    #[test]
    fn a_folder_has_one_slash_at_its_end_or_is_the_whole_bucket() {
        for (text, prefix) in [("s3://abc", ""), ("s3://abc/", ""), ("s3://abc/t", "t/"), ("s3://abc/a/t/", "a/t/")] {
            let folder: FolderAddress = text.parse().unwrap();
            assert_eq!(folder.prefix(), prefix, "{text}");
            assert_eq!(folder.to_string().parse(), Ok(folder.clone()), "{text}");
            let key = format!("{prefix}read-only/tier.toml");
            assert_eq!(folder.object("read-only/tier.toml").unwrap().key(), key);
            assert_eq!(folder.object("../tier.toml"), None);
        }
    }

    #[test]
    fn what_s3_would_not_take_or_tools_would_rewrite_is_refused() {
        let long = format!("s3://abc/{}", "k".repeat(1025));
        for wrong in [
            "",
            "abc/key",
            "S3://abc/key",
            "https://abc/key",
            "s3://ab/key",
            "s3://Abc/key",
            "s3://a_bc/key",
            "s3://-abc/key",
            "s3://abc./key",
            "s3://a..bc/key",
            "s3://192.0.2.7/key",
            "s3://xn--abc/key",
            "s3://abc-s3alias/key",
            "s3://arn:aws:s3:eu-central-1:111122223333:accesspoint/x",
            "s3://abc",
            "s3://abc/",
            "s3://abc//key",
            "s3://abc/../key",
            "s3://abc/key/",
            "s3://abc/k\ney",
            &long,
        ] {
            assert!(wrong.parse::<ObjectAddress>().is_err(), "{wrong:?}");
        }
        for wrong in ["s3://abc//", "s3://abc/a//", "s3://abc/..", "s3://ab"] {
            assert!(wrong.parse::<FolderAddress>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn an_address_that_is_written_wrong_is_still_no_path() {
        assert!(ObjectAddress::is_meant_by("s3://abc/key") && ObjectAddress::is_meant_by("S3://"));
        assert!(!ObjectAddress::is_meant_by("/etc/daypass.toml") && !ObjectAddress::is_meant_by("s3:"));
    }
}
