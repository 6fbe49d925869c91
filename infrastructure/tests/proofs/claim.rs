//! Claims, and the values that the documents are filled in with.

use daypass_infrastructure::blank::Values;
use daypass_infrastructure::documents;
use daypass_policy::compare::{Emptiness, disjoint};
use daypass_policy::{PolicyDocument, Statement};
use daypass_vending::tier::Tiers;
use serde_json::Value;

pub(crate) const HUB: &str = "111122223333";
pub(crate) const MEMBER: &str = "444455556666";
pub(crate) const OTHER_MEMBER: &str = "777788889999";
pub(crate) const DEPLOYMENT: &str = "prod";
pub(crate) const BROKER: &str = "arn:aws:iam::111122223333:role/daypass-prod-broker";
pub(crate) const CLEANUP: &str = "arn:aws:iam::111122223333:role/daypass-prod-cleanup";
pub(crate) const KEY: &str = "arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-4333-8444-555555555555";
pub(crate) const SIGNING_KEY: &str = "arn:aws:kms:eu-central-1:111122223333:key/99999999-2222-4333-8444-555555555555";
pub(crate) const EXTERNAL_ID: &str = "f3a1c9d27b6e4f0db8a2c5e8";

/// What is filled in for a document that stands in this account.
pub(crate) fn values(account: &str) -> Values {
    Values::default()
        .with("account_id", account)
        .with("broker_arn", BROKER)
        .with("cleanup_arn", CLEANUP)
        .with("deployment", DEPLOYMENT)
        .with("dns_suffix", "amazonaws.com")
        .with("external_id", EXTERNAL_ID)
        .with("key_arn", KEY)
        .with("partition", "aws")
        .with("region", "eu-central-1")
        .with("scope_key", "aws:ResourceAccount")
        .with_list("scope_values[]", &[MEMBER, OTHER_MEMBER])
        .with_list("services[]", &["lambda.amazonaws.com"])
        .with("signing_key_arn", SIGNING_KEY)
        .with("vendor_role", "daypass-vendor")
}

/// A document of the hub.
pub(crate) fn hub(name: &str) -> PolicyDocument {
    filled(name, HUB)
}

/// A document of a member account.
pub(crate) fn member(name: &str) -> PolicyDocument {
    filled(name, MEMBER)
}

fn filled(name: &str, account: &str) -> PolicyDocument {
    let documents = documents(&Tiers::shipped().unwrap()).unwrap();
    let document = documents.iter().find(|document| document.name == name);
    document.unwrap_or_else(|| panic!("there is no {name}")).filled(&values(account)).unwrap()
}

/// Requests of a kind: the start of a forbidden statement.
pub(crate) fn any() -> daypass_policy::StatementDraft {
    Statement::allow()
}

/// What a document must not allow.
pub(crate) struct Claim {
    /// What it means.
    pub(crate) says: &'static str,
    pub(crate) document: PolicyDocument,
    /// The requests that must be refused.
    pub(crate) forbidden: Vec<Statement>,
}

/// A change of a document that breaks a claim.
pub(crate) type Loosening = (&'static str, fn(&mut Value));

impl Claim {
    /// Prove it; then see it broken by each of these changes.
    pub(crate) fn holds_until(self, loosenings: &[Loosening]) {
        let forbidden = PolicyDocument::from_statements(self.forbidden);
        assert_eq!(disjoint(&self.document, &forbidden), Emptiness::Empty, "{}", self.says);
        assert!(!loosenings.is_empty(), "{}: nothing breaks it", self.says);
        for (change, loosen) in loosenings {
            let mut document = serde_json::to_value(&self.document).unwrap();
            let before = document.clone();
            loosen(&mut document);
            assert_ne!(document, before, "{}: `{change}` changes nothing", self.says);
            let loosened = PolicyDocument::parse(&document.to_string()).unwrap();
            let found = disjoint(&loosened, &forbidden);
            assert!(matches!(found, Emptiness::Witness(_)), "{}: `{change}` is not seen: {found:?}", self.says);
        }
    }
}

/// The statement of this name.
pub(crate) fn statement<'d>(document: &'d mut Value, sid: &str) -> &'d mut Value {
    let statements = document["Statement"].as_array_mut().unwrap();
    statements.iter_mut().find(|statement| statement["Sid"] == sid).unwrap_or_else(|| panic!("there is no {sid}"))
}

/// Add a statement.
pub(crate) fn add(document: &mut Value, statement: Value) {
    document["Statement"].as_array_mut().unwrap().push(statement);
}

/// Take a condition off a statement: an operator and a key.
pub(crate) fn forget(document: &mut Value, sid: &str, operator: &str, key: &str) {
    let condition = &mut statement(document, sid)["Condition"];
    condition[operator].as_object_mut().unwrap().remove(key).unwrap_or_else(|| panic!("{sid} has no {key}"));
    if condition[operator].as_object().unwrap().is_empty() {
        condition.as_object_mut().unwrap().remove(operator);
    }
}

/// Take a statement away.
pub(crate) fn drop_statement(document: &mut Value, sid: &str) {
    let statements = document["Statement"].as_array_mut().unwrap();
    statements.retain(|statement| statement["Sid"] != sid);
}
