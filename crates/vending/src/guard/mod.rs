//! Guards: invariant 3, by proof. Before a tier is used at all, it is shown that its permissions and its boundary, each on
//! its own, refuse every request of every claim, whatever typed values a session has. What cannot be shown is refused: with
//! a request that gets through, or with the reason why nothing could be shown.
//!
//! - `slots`: what slots stand for while something is proved for all their values;
//! - `claims`: the ways that matter, as requests; `actions` and `own` say which actions and resources these are;
//! - `breach`: a claim that does not hold, with a request for an example session.
//!
//! What a proof takes for granted is what the comparer does ([`daypass_policy::compare`]), and that a session's requests carry
//! the tags of its role and come from the role's account.

mod actions;
mod breach;
mod claims;
mod own;
mod slots;

use std::ops::Deref;
use std::sync::OnceLock;
use std::thread;

use daypass_policy::compare::disjoint_given;
use daypass_policy::{PolicyDocument, Statement};

pub use breach::{Breach, Evidence, Witness};

use crate::ids::TierName;
use crate::template::{Template, TemplateError};
use crate::tier::{Tier, TierError, Tiers};
use claims::{Claim, claims};
use slots::{Slots, shapes};

/// Tiers for which every claim was proved. There is no other way to one than [`Tiers::prove`].
#[derive(Clone, Debug)]
pub struct ProvedTiers(Tiers);

impl ProvedTiers {
    /// No tiers: for whoever finishes what others vended, and vends nothing.
    #[must_use]
    pub fn none() -> Self {
        Self(Tiers::default())
    }

    /// The tiers that ship with Daypass, proved once in the life of the process.
    ///
    /// # Errors
    /// When a shipped file is broken or breaks a claim; a test keeps it from happening.
    pub fn shipped() -> Result<Self, GuardError> {
        static PROVED: OnceLock<ProvedTiers> = OnceLock::new();
        match PROVED.get() {
            Some(proved) => Ok(proved.clone()),
            None => {
                let proved = Tiers::shipped()?.prove()?;
                Ok(PROVED.get_or_init(|| proved).clone())
            }
        }
    }
}

impl Deref for ProvedTiers {
    type Target = Tiers;

    fn deref(&self) -> &Tiers {
        &self.0
    }
}

/// Why tiers are refused.
#[derive(Debug, thiserror::Error)]
pub enum GuardError {
    /// They cannot even be read.
    #[error("the tiers cannot be used")]
    Tiers(#[from] TierError),
    /// A document is written so that nothing can be proved for all values of its slots.
    #[error("nothing can be proved about `{tier}/{file}`")]
    Unprovable {
        /// Which tier.
        tier: TierName,
        /// Which file.
        file: &'static str,
        /// What is in the way.
        #[source]
        source: TemplateError,
    },
    /// A claim does not hold.
    #[error("{first}{}", more(*others))]
    Broken {
        /// The first one.
        first: Box<Breach>,
        /// How many more there are.
        others: usize,
    },
}

impl GuardError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &str {
        match self {
            Self::Broken { first, .. } => first.hint,
            Self::Unprovable { .. } => {
                "write slots into `Resource`, `NotResource` and the values of `String…` and `Arn…` conditions"
            }
            Self::Tiers(_) => "a tier is a folder with `tier.toml`, `permissions.json` and `boundary.json`",
        }
    }
}

fn more(others: usize) -> String {
    if others == 0 { String::new() } else { format!(" (and {others} more)") }
}

/// One claim about one document of a tier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The tier.
    pub tier: TierName,
    /// The claim's name, such as `iam-writes`.
    pub claim: &'static str,
    /// What nobody may do with a session of the tier.
    pub forbids: &'static str,
    /// The document: `permissions.json` or `boundary.json`.
    pub file: &'static str,
    /// How it does not hold; nothing when it is proved.
    pub breach: Option<Breach>,
}

impl Tiers {
    /// Prove every claim about every tier.
    ///
    /// # Errors
    /// See [`GuardError`]; the first tier that is refused, by name.
    pub fn prove(self) -> Result<ProvedTiers, GuardError> {
        let proved: Vec<Result<(), GuardError>> = thread::scope(|scope| {
            let running: Vec<_> = self.iter().map(|tier| (tier, scope.spawn(move || prove(tier)))).collect();
            // A proof that did not come to its end is none; trying again says why.
            running.into_iter().map(|(tier, proof)| proof.join().unwrap_or_else(|_| prove(tier))).collect()
        });
        proved.into_iter().collect::<Result<(), _>>()?;
        Ok(ProvedTiers(self))
    }
}

/// The names that the boundaries of all tiers protect: for each service, what the resource of an ARN may be like. Whatever
/// Daypass deploys has one of them, or is protected by its tag alone.
pub fn protected_names() -> impl Iterator<Item = (&'static str, &'static str)> {
    own::names()
}

/// Every claim about a tier, proved or broken, in the order of importance.
///
/// # Errors
/// When a document is written so that nothing can be proved about it.
pub fn examine(tier: &Tier) -> Result<Vec<Verdict>, GuardError> {
    let cases = Slots::cases(tier);
    let filled = cases.iter().map(|slots| Filled::new(tier, slots)).collect::<Result<Vec<_>, _>>()?;
    let Some(first) = filled.first() else { return Ok(Vec::new()) };
    let mut verdicts = Vec::new();
    for (at, claim) in first.claims.iter().enumerate() {
        for document in [Document::Permissions, Document::Boundary] {
            if document.requests(claim).is_empty() {
                continue;
            }
            let breach = filled.iter().find_map(|filled| filled.breach(tier, document, filled.claims.get(at)?));
            let (claim, forbids) = (claim.name, claim.forbids);
            verdicts.push(Verdict { tier: tier.name.clone(), claim, forbids, file: document.file(), breach });
        }
    }
    Ok(verdicts)
}

/// All claims at once are proved as quickly as one; only what is broken is taken apart.
fn prove(tier: &Tier) -> Result<(), GuardError> {
    for slots in Slots::cases(tier) {
        let filled = Filled::new(tier, &slots)?;
        let holds = |document: Document| {
            let requests = filled.claims.iter().flat_map(|claim| document.requests(claim)).cloned().collect();
            filled.refuses(document, requests).is_none()
        };
        if !holds(Document::Permissions) || !holds(Document::Boundary) {
            let mut breaches = examine(tier)?.into_iter().filter_map(|verdict| verdict.breach);
            return match breaches.next() {
                Some(first) => Err(GuardError::Broken { first: Box::new(first), others: breaches.count() }),
                None => Ok(()),
            };
        }
    }
    Ok(())
}

/// One of a tier's two documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Document {
    Permissions,
    Boundary,
}

impl Document {
    fn file(self) -> &'static str {
        match self {
            Self::Permissions => "permissions.json",
            Self::Boundary => "boundary.json",
        }
    }

    fn template(self, tier: &Tier) -> &Template {
        match self {
            Self::Permissions => &tier.permissions,
            Self::Boundary => &tier.boundary,
        }
    }

    fn requests(self, claim: &Claim) -> &[Statement] {
        match self {
            Self::Permissions => &claim.of_permissions,
            Self::Boundary => &claim.of_boundary,
        }
    }
}

/// A tier and its claims for sessions of certain values.
struct Filled<'s> {
    slots: &'s Slots,
    permissions: PolicyDocument,
    boundary: PolicyDocument,
    claims: Vec<Claim>,
}

impl<'s> Filled<'s> {
    fn new(tier: &Tier, slots: &'s Slots) -> Result<Self, GuardError> {
        let fill = |document: Document| {
            let unprovable = |source| GuardError::Unprovable { tier: tier.name.clone(), file: document.file(), source };
            slots.fill(document.template(tier)).map_err(unprovable)
        };
        let (permissions, boundary) = (fill(Document::Permissions)?, fill(Document::Boundary)?);
        Ok(Self { slots, permissions, boundary, claims: claims(tier, slots) })
    }

    fn document(&self, document: Document) -> &PolicyDocument {
        match document {
            Document::Permissions => &self.permissions,
            Document::Boundary => &self.boundary,
        }
    }

    /// Nothing when a document alone refuses all these requests; else what stands against it.
    fn refuses(&self, document: Document, mut requests: Vec<Statement>) -> Option<Evidence> {
        requests.push(own::no_arn(self.slots));
        let requests = PolicyDocument::from_statements(requests);
        Evidence::of(disjoint_given(self.document(document), &requests, shapes()), self.document(document))
    }

    fn breach(&self, tier: &Tier, document: Document, claim: &Claim) -> Option<Breach> {
        let evidence = self.refuses(document, document.requests(claim).to_vec())?;
        let example = breach::example_for(self.slots.partition, &evidence);
        let concrete = Filled::new(tier, &example).ok().and_then(|concrete| {
            let claim = concrete.claims.iter().find(|known| known.name == claim.name)?;
            concrete.refuses(document, document.requests(claim).to_vec())
        });
        let concrete = concrete.filter(|concrete| matches!(concrete, Evidence::Request(_)));
        Some(Breach {
            tier: tier.name.clone(),
            file: document.file(),
            claim: claim.name,
            forbids: claim.forbids,
            hint: claim.hint,
            evidence: concrete.unwrap_or(evidence),
        })
    }
}
