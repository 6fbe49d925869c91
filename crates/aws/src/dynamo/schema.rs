//! The tables as data: keys, indexes, what expires. `init-tables` makes tables from it; Terraform's are checked against it.

use aws_sdk_dynamodb::types::{ProjectionType, ScalarAttributeType};

/// The names of a deployment's tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableNames {
    /// Sessions, by project and session.
    pub(crate) sessions: String,
    /// The trail, by chain and place.
    pub(crate) audit: String,
    /// What is found by its own name only: where a session is, chain heads, checkpoints, alerts, idempotency keys.
    pub(crate) records: String,
}

/// No table name can begin like this.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` cannot begin the name of a table: only up to 40 letters, digits, `-`, `_` and `.` can")]
pub struct InvalidPrefix(String);

impl TableNames {
    /// `<prefix>sessions`, `<prefix>audit` and `<prefix>records`.
    ///
    /// # Errors
    /// When DynamoDB would not take the names
    /// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html>).
    pub fn with_prefix(prefix: &str) -> Result<Self, InvalidPrefix> {
        let is_legal = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
        if prefix.len() > 40 || !prefix.chars().all(is_legal) {
            return Err(InvalidPrefix(prefix.to_owned()));
        }
        let named = |name: &str| format!("{prefix}{name}");
        Ok(Self { sessions: named("sessions"), audit: named("audit"), records: named("records") })
    }
}

/// A table as it must be. On demand, deletion protected, with point-in-time recovery: all of them alike.
pub(crate) struct Table<'a> {
    pub(crate) name: &'a str,
    pub(crate) key: Key,
    pub(crate) indexes: &'static [Index],
    /// Whether records disappear some time after the second that their attribute [`TTL`] names.
    pub(crate) expires: bool,
}

/// A global secondary index.
pub(crate) struct Index {
    pub(crate) name: &'static str,
    pub(crate) key: Key,
    pub(crate) projection: ProjectionType,
}

/// Partition key and sort key.
pub(crate) struct Key {
    pub(crate) partition: Attribute,
    pub(crate) sort: Attribute,
}

/// An attribute that is part of a key.
#[derive(Clone)]
pub(crate) struct Attribute {
    pub(crate) name: &'static str,
    pub(crate) kind: ScalarAttributeType,
}

/// When a record may be forgotten, in epoch seconds. Only idempotency keys have it: a session's record must outlive its
/// role, and a chain without its beginning cannot be verified.
pub(crate) const TTL: &str = "Ttl";

pub(crate) const BY_USER: &str = "by-user";
pub(crate) const BY_PROJECT: &str = "by-project";
pub(crate) const BY_STATUS: &str = "by-status";
pub(crate) const BY_DAY: &str = "by-day";
pub(crate) const BY_DUE: &str = "by-due";
pub(crate) const OUTBOX: &str = "outbox";

/// All tables of a deployment.
pub(crate) fn tables(names: &TableNames) -> [Table<'_>; 3] {
    [
        Table {
            name: &names.sessions,
            key: key(text("ProjectId"), text("SessionId")),
            indexes: SESSION_INDEXES,
            expires: false,
        },
        Table { name: &names.audit, key: key(text("ChainId"), number("Seq")), indexes: AUDIT_INDEXES, expires: false },
        Table { name: &names.records, key: key(text("Part"), text("Item")), indexes: RECORD_INDEXES, expires: true },
    ]
}

/// They hold keys only, which rarely change: a list reads the sessions themselves, as they are now. `by-status` and `by-due`
/// are sparse: a session that is over is in neither.
const SESSION_INDEXES: &[Index] = &[
    keys_only(BY_USER, text("UserId"), text("Place")),
    keys_only(BY_PROJECT, text("ProjectId"), text("Place")),
    keys_only(BY_DAY, text("Day"), text("Place")),
    keys_only(BY_STATUS, text("LiveStatus"), text("Place")),
    keys_only(BY_DUE, number("DueShard"), number("DueAt")),
];

/// Events never change, so that a copy of each costs one write and saves every read of the trail a second one.
const AUDIT_INDEXES: &[Index] =
    &[Index { name: BY_DAY, key: key(text("Day"), text("Place")), projection: ProjectionType::All }];

/// Sparse: only what is not delivered yet.
const RECORD_INDEXES: &[Index] =
    &[Index { name: OUTBOX, key: key(number("OutboxShard"), number("NextAt")), projection: ProjectionType::All }];

const fn keys_only(name: &'static str, partition: Attribute, sort: Attribute) -> Index {
    Index { name, key: key(partition, sort), projection: ProjectionType::KeysOnly }
}

const fn key(partition: Attribute, sort: Attribute) -> Key {
    Key { partition, sort }
}

const fn text(name: &'static str) -> Attribute {
    Attribute { name, kind: ScalarAttributeType::S }
}

const fn number(name: &'static str) -> Attribute {
    Attribute { name, kind: ScalarAttributeType::N }
}
