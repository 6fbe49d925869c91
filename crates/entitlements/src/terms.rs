//! The terms of a permit: the annotations `@approvals`, `@approvers` and `@max_hours`. They say what Cedar cannot say by yes
//! and no, and are read when rules are taken, so that a number nobody understands never meets a request.

use cedar_policy::{Effect, Policy};
use daypass_vending::request::PassDuration;
use daypass_vending::session::Obligations;

/// More people than this are not in an approver group, so the number is a slip.
const MOST_APPROVALS: u32 = 20;

/// On which terms a permit allows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Terms {
    /// What has to happen first.
    pub(crate) obligations: Obligations,
    /// The longest session it allows.
    pub(crate) max: Option<PassDuration>,
}

impl Terms {
    /// The terms of a policy.
    ///
    /// # Errors
    /// In words, which annotation is wrong and why.
    pub(crate) fn of(policy: &Policy) -> Result<Self, String> {
        if let Some((name, _)) = policy.annotations().find(|(name, _)| !KNOWN.contains(name)) {
            return Err(format!("the annotation `@{name}` means nothing here"));
        }
        let has_terms = policy.annotations().any(|(name, _)| name != "id");
        if has_terms && policy.effect() == Effect::Forbid {
            return Err("a `forbid` has no obligations: what it forbids is not to be had by approvals".to_owned());
        }
        let approvals = policy.annotation("approvals").map(approvals).transpose()?;
        let approvers = policy
            .annotation("approvers")
            .map(|group| group.parse().map_err(|_| format!("`@approvers(\"{group}\")` is not the name of a group")));
        let obligations = match (approvals, approvers.transpose()?) {
            (Some(approvals), Some(approvers)) => Obligations { approvals, approvers: Some(approvers) },
            (None, None) => Obligations::default(),
            (Some(_), None) => return Err("`@approvals` needs `@approvers(\"GROUP\")`: who may approve?".to_owned()),
            (None, Some(_)) => return Err("`@approvers` needs `@approvals(\"N\")`: how many of them?".to_owned()),
        };
        Ok(Self { obligations, max: policy.annotation("max_hours").map(max_hours).transpose()? })
    }

    /// Whether the permit has any terms at all.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the permit counts for a session of this many seconds.
    pub(crate) fn allows(&self, seconds: Option<i64>) -> bool {
        self.max.is_none_or(|max| seconds.is_none_or(|seconds| seconds <= max.seconds()))
    }
}

/// The annotations that mean something.
const KNOWN: [&str; 4] = ["id", "approvals", "approvers", "max_hours"];

fn approvals(number: &str) -> Result<u32, String> {
    let wrong = || format!("`@approvals(\"{number}\")` is not a number from 1 to {MOST_APPROVALS}");
    plain(number)
        .and_then(|number| u32::try_from(number).ok())
        .filter(|n| (1..=MOST_APPROVALS).contains(n))
        .ok_or_else(wrong)
}

fn max_hours(number: &str) -> Result<PassDuration, String> {
    let wrong = || format!("`@max_hours(\"{number}\")` is not a number of whole hours from 1 to 36");
    plain(number).and_then(|hours| PassDuration::from_hours(hours).ok()).ok_or_else(wrong)
}

/// Digits and nothing else: `+1` and ` 1` are slips, too.
fn plain(number: &str) -> Option<i64> {
    let is_plain = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if is_plain { number.parse().ok() } else { None }
}
