//! What slots stand for in a proof: anything at all, or the values of one example.
//!
//! In a proof a slot becomes the policy variable that has the slot's value in each session of the tier, because vending tags
//! the role with it. The comparer follows such a variable as one unknown text, the same wherever it stands, of which it
//! knows nothing but what the value's type says; what it proves so holds for every typed value. Partitions are three, and
//! accounts are gone through by case. That a role is tagged with what its slots are filled with is a test
//! (`vending/tests/guard.rs`).

use std::collections::BTreeSet;
use std::sync::LazyLock;

use daypass_policy::compare::{Shape, Shapes};
use daypass_policy::{Comparison, PolicyDocument, Statement, Version};

use crate::ids::{AccountId, ProjectId, SessionId, UserId};
use crate::plan::tag;
use crate::settings::RESERVED;
use crate::template::{Partition, SlotValues, Template, TemplateError};
use crate::tier::Tier;

/// All partitions: the one slot that has so few values that each is tried.
const PARTITIONS: [Partition; 3] = [Partition::Aws, Partition::China, Partition::GovCloud];

/// What a session's documents are filled with.
#[derive(Clone, Debug)]
pub(super) struct Slots {
    pub(super) partition: Partition,
    values: Values,
}

#[derive(Clone, Debug)]
enum Values {
    /// Whatever a session in this account may have.
    Any { account: String },
    /// These.
    Example(Box<Example>),
}

#[derive(Clone, Debug)]
struct Example {
    project: ProjectId,
    account: AccountId,
    session: SessionId,
    user: UserId,
}

impl Example {
    fn new(project: Option<ProjectId>) -> Option<Self> {
        Some(Self {
            project: project.map_or_else(|| EXAMPLE_PROJECT.parse().ok(), Some)?,
            account: EXAMPLE_ACCOUNT.parse().ok()?,
            session: SessionId::from_random([9; 16]),
            user: EXAMPLE_USER.parse().ok()?,
        })
    }
}

/// The key that has the account of a session's role.
pub(super) const ACCOUNT_KEY: &str = "aws:PrincipalAccount";

const EXAMPLE_PROJECT: &str = "acme-web";
const EXAMPLE_ACCOUNT: &str = "111122223333";
const EXAMPLE_USER: &str = "carla";

/// A slot, and the condition key that has its value in every request of a session.
struct Standing {
    slot: &'static str,
    key: String,
}

impl Slots {
    /// Any values, case by case: every partition, and every account that the tier's documents tell apart.
    pub(super) fn cases(tier: &Tier) -> Vec<Self> {
        let texts = [tier.permissions.text(), tier.boundary.text()];
        let accounts = accounts_told_apart(&texts);
        let all = PARTITIONS.iter().flat_map(|partition| accounts.iter().map(move |account| (*partition, account)));
        all.map(|(partition, account)| Self { partition, values: Values::Any { account: account.clone() } }).collect()
    }

    /// The values of an example session: of this project, or of one as good as any.
    pub(super) fn example(partition: Partition, project: Option<ProjectId>) -> Self {
        let example = Example::new(project);
        let any = || Values::Any { account: EXAMPLE_ACCOUNT.to_owned() };
        Self { partition, values: example.map_or_else(any, |example| Values::Example(Box::new(example))) }
    }

    /// The document that every session shares, filled in.
    pub(super) fn fill(&self, template: &Template) -> Result<PolicyDocument, TemplateError> {
        match &self.values {
            Values::Any { .. } => {
                let document = template.compile_generic(&|slot| self.text(slot))?;
                // Elsewhere variables are ordinary text, and would not stand for anything.
                if document.version() == Some(Version::V2012) { Ok(document) } else { Err(TemplateError::OldVersion) }
            }
            Values::Example(example) => {
                let Example { project, account, session, user } = &**example;
                template.compile(&SlotValues { project, account, partition: self.partition, session, user })
            }
        }
    }

    /// `statement` for requests that a session of these values makes: each has the keys that its role's tags and account
    /// bring.
    pub(super) fn assume(&self, statement: Statement) -> Statement {
        let statement = statement.condition(Comparison::StringEquals, ACCOUNT_KEY, [self.account()]);
        standings().into_iter().fold(statement, |statement, standing| match &self.values {
            Values::Any { .. } => statement.condition(Comparison::Null, standing.key, ["false"]),
            Values::Example(_) => {
                statement.condition(Comparison::StringEquals, standing.key, [self.text(standing.slot)])
            }
        })
    }

    /// The account, as it stands in a policy.
    pub(super) fn account(&self) -> String {
        self.text("accountId")
    }

    /// The project, as it stands in a policy.
    pub(super) fn project(&self) -> String {
        self.text("projectId")
    }

    fn text(&self, slot: &str) -> String {
        if slot == "partition" {
            return self.partition.as_str().to_owned();
        }
        let slot = if slot == "resourcePrefix" { "projectId" } else { slot };
        match (&self.values, slot) {
            (Values::Example(example), "projectId") => example.project.to_string(),
            (Values::Example(example), "accountId") => example.account.to_string(),
            (Values::Any { account }, "accountId") => account.clone(),
            (Values::Example(example), "sessionId") => example.session.to_string(),
            (Values::Example(example), "userId") => example.user.to_string(),
            _ => {
                let standing = standings().into_iter().find(|standing| standing.slot == slot);
                standing.map_or_else(String::new, |standing| format!("${{{}}}", standing.key))
            }
        }
    }
}

/// What the values look like, as the types of [`crate::ids`] and the rules of [`crate::settings::Projects`] have it.
pub(super) fn shapes() -> &'static Shapes {
    static SHAPES: LazyLock<Shapes> = LazyLock::new(all_shapes);
    &SHAPES
}

fn all_shapes() -> Shapes {
    const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
    const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const DIGITS: &str = "0123456789";
    let looks = |slot: &str| match slot {
        "projectId" => Shape::of(&format!("{LOWER}{DIGITS}-"), EXAMPLE_PROJECT)
            .never(RESERVED)
            .never_begins(RESERVED.map(|reserved| format!("{reserved}-"))),
        "sessionId" => Shape::of(&format!("abcdef{DIGITS}-"), "09090909-0909-4909-8909-090909090909"),
        _ => Shape::of(&format!("{LOWER}{UPPER}{DIGITS}+=.@_-"), EXAMPLE_USER),
    };
    standings().into_iter().fold(Shapes::new(), |shapes, Standing { slot, key }| shapes.with(&key, looks(slot)))
}

fn standings() -> [Standing; 3] {
    let tag = |slot, tag| Standing { slot, key: format!("aws:PrincipalTag/{tag}") };
    [tag("projectId", tag::PROJECT), tag("sessionId", tag::SESSION), tag("userId", tag::USER)]
}

/// An account for each case that documents tell apart: those they name, and one that stands for all others. AWS takes no
/// variable in an ARN before the resource, so the account cannot be followed as one; but a document that names accounts
/// only as a whole treats all it does not name alike. [`Template::compile_generic`] refuses those that do not.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-wheretouse>
fn accounts_told_apart(documents: &[String]) -> Vec<String> {
    let runs = documents.iter().flat_map(|text| text.split(|char: char| !char.is_ascii_digit()));
    let named: BTreeSet<&str> = runs.filter(|run| run.len() == 12).collect();
    let others = (0..=named.len())
        .map(|number| format!("{:012}", 111_122_223_333_u64 + u64::try_from(number).unwrap_or_default()));
    let other = others.filter(|account| !named.contains(account.as_str())).take(1);
    other.chain(named.iter().map(|account| (*account).to_owned())).collect()
}
