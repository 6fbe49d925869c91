//! The sample cases, read but not yet compiled: each operation compiles what it needs before it is measured.

use daypass_policy::cases::{EvaluationCase, InclusionCase};
use daypass_policy::{Layer, PolicyDocument, PolicyKind};

use crate::Result;

const CASES: &str = include_str!("../../tests/samples/policy-eval.jsonl");
const PAIRS: &str = include_str!("../../tests/samples/policy-inclusion.jsonl");
const VERSIONS: &str = include_str!("../../tests/samples/policy-versions.jsonl");

/// Everything the operations are done on.
pub(crate) struct Workload {
    pub(crate) lines: Vec<&'static str>,
    pub(crate) cases: Vec<EvaluationCase<'static>>,
    /// Each policy of each case.
    pub(crate) policies: Vec<(String, PolicyKind)>,
    pub(crate) documents: Vec<PolicyDocument>,
    pub(crate) pairs: Vec<InclusionCase>,
}

impl Workload {
    pub(crate) fn read() -> Result<Workload> {
        let lines: Vec<&str> = CASES.lines().collect();
        let cases = lines.iter().map(|line| EvaluationCase::parse(line)).collect::<std::result::Result<Vec<_>, _>>()?;
        let mut policies = Vec::new();
        for case in &cases {
            case.policies.try_map(|place, text| {
                policies.push((text.clone().into_owned(), kind_of(place.layer)));
                Ok::<(), std::convert::Infallible>(())
            })?;
        }
        let documents = policies.iter().map(|(text, _)| PolicyDocument::parse(text));
        let documents = documents.collect::<std::result::Result<Vec<_>, _>>()?;
        Ok(Workload { lines, cases, policies, documents, pairs: read_pairs(PAIRS)? })
    }
}

/// Consecutive versions of AWS' own managed policies.
pub(crate) fn versions() -> Result<Vec<InclusionCase>> {
    read_pairs(VERSIONS)
}

fn read_pairs(text: &str) -> Result<Vec<InclusionCase>> {
    Ok(text.lines().map(InclusionCase::parse).collect::<std::result::Result<_, _>>()?)
}

fn kind_of(layer: Layer) -> PolicyKind {
    match layer {
        Layer::Identity => PolicyKind::Identity,
        Layer::Resource(_) => PolicyKind::Resource,
        Layer::Boundary => PolicyKind::Boundary,
        Layer::Session => PolicyKind::Session,
        Layer::Scp(_) => PolicyKind::Scp,
        Layer::Rcp(_) => PolicyKind::Rcp,
        Layer::Endpoint => PolicyKind::Endpoint,
    }
}
