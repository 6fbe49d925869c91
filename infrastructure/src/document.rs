//! The documents: what each is for, where it is used, and its statements with blanks.

use daypass_policy::{PolicyDocument, PolicyKind, Statement};
use daypass_vending::template::TemplateError;
use daypass_vending::tier::Tiers;
use serde_json::Value;

use crate::blank::{FillError, Values, fill};
use crate::{hub, member};

/// One policy document of a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its name: that of its file without the ending.
    pub name: String,
    /// What it is used as.
    pub kind: PolicyKind,
    /// What it says, with blanks.
    policy: PolicyDocument,
}

impl Document {
    pub(crate) fn new(name: &str, kind: PolicyKind, statements: impl IntoIterator<Item = Statement>) -> Self {
        let policy = PolicyDocument::from_statements(statements.into_iter().collect());
        Self { name: name.to_owned(), kind, policy }
    }

    /// The boundary of a tier, compiled as the server compiles it.
    pub(crate) fn boundary(name: String, policy: PolicyDocument) -> Self {
        Self { name, kind: PolicyKind::Boundary, policy }
    }

    /// As JSON, with blanks.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::to_value(&self.policy).unwrap_or_default()
    }

    /// With the blanks filled in.
    ///
    /// # Errors
    /// See [`FillError`].
    pub fn filled(&self, values: &Values) -> Result<PolicyDocument, FillError> {
        fill(&self.json(), self.kind, values)
    }
}

/// Every document, in the order of their names. The tiers are those that the deployment has: they say which boundaries
/// there are, and so what the vendor roles may make.
///
/// # Errors
/// When a tier's boundary has slots that a shared document cannot have.
pub fn documents(tiers: &Tiers) -> Result<Vec<Document>, TemplateError> {
    let mut all = vec![
        hub::roles::service_trust(),
        hub::roles::broker(),
        hub::roles::cleanup(),
        hub::roles::discovery(),
        hub::functions::api(),
        hub::functions::cleanup(),
        hub::keys::key(),
        hub::keys::signing_key(),
        hub::resources::topic(),
        hub::resources::bucket(),
        hub::resources::bus(),
        member::vendor::permissions(tiers),
        member::vendor::trust(),
        member::gate::permissions(),
        member::gate::trust(),
    ];
    for tier in tiers.iter() {
        all.push(member::boundary(tier)?);
    }
    all.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(all)
}
