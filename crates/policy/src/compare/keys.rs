//! Types and cardinality of condition keys, as AWS documents them.
//!
//! Requests keep to them, and some comparisons are decided by nothing else: `Bool` with `true` and with `false` are all
//! there is only for a key that holds nothing else.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>

use crate::catalogue::{KeyType as KnownType, catalogue};

/// What values of a key are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyType {
    /// Text, ARNs included: a malformed one is text all the same.
    Text,
    Bool,
    Number,
    Instant,
    Address,
}

/// How many values a request may have for a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cardinality {
    One,
    Many,
}

/// What is documented about a key, given in lower case. What the catalogue says about one of a service's own keys is
/// believed, except that a condition for several values is taken to mean that there can be several.
pub(super) fn documented(key: &str, has_quantifier: bool) -> (Option<KeyType>, Cardinality) {
    if let Some((kind, cardinality)) = global(key) {
        return (Some(kind), cardinality);
    }
    let known = catalogue().key(key);
    let is_many = has_quantifier || known.is_some_and(|known| known.is_multi_valued());
    let kind = known.map(|known| match known.key_type() {
        KnownType::Bool => KeyType::Bool,
        KnownType::Numeric => KeyType::Number,
        KnownType::Date => KeyType::Instant,
        KnownType::IpAddress => KeyType::Address,
        _ => KeyType::Text,
    });
    (kind, if is_many { Cardinality::Many } else { Cardinality::One })
}

/// Keys that every service knows.
fn global(key: &str) -> Option<(KeyType, Cardinality)> {
    use Cardinality::{Many, One};
    let name = key.strip_prefix("aws:")?;
    Some(match name {
        "calledvia"
        | "principalorgpaths"
        | "principalservicenameslist"
        | "resourceorgpaths"
        | "sourceorgpaths"
        | "tagkeys"
        | "vpceorgpaths" => (KeyType::Text, Many),
        "currenttime" | "tokenissuetime" => (KeyType::Instant, One),
        "multifactorauthage" => (KeyType::Number, One),
        "assumedroot" | "multifactorauthpresent" | "principalisawsservice" | "securetransport" | "viaawsservice" => {
            (KeyType::Bool, One)
        }
        "sourceip" | "vpcsourceip" => (KeyType::Address, One),
        "calledviafirst"
        | "calledvialast"
        | "chatbotsourcearn"
        | "ec2instancesourceprivateipv4"
        | "ec2instancesourcevpc"
        | "federatedprovider"
        | "principalaccount"
        | "principalarn"
        | "principalorgid"
        | "principalservicename"
        | "principaltype"
        | "referer"
        | "requestedregion"
        | "resourceaccount"
        | "resourceorgid"
        | "signaturetype"
        | "sourceaccount"
        | "sourcearn"
        | "sourceidentity"
        | "sourceorgid"
        | "sourcevpc"
        | "sourcevpcarn"
        | "sourcevpce"
        | "useragent"
        | "userid"
        | "username"
        | "vpceaccount"
        | "vpceorgid" => (KeyType::Text, One),
        _ if ["principaltag/", "requesttag/", "resourcetag/"].iter().any(|tag| name.starts_with(tag)) => {
            (KeyType::Text, One)
        }
        _ => return None,
    })
}
