//! What a refused person would have needed. Found by asking the same rules again about changed facts, so that the answer
//! cannot drift from the rules; nothing is reported that was not seen to turn the answer. How often the rules are asked is
//! bounded, however many there are.

use std::collections::BTreeSet;

use cedar_policy::EntityUid;
use daypass_vending::identity::{Method, Nature};
use daypass_vending::ports::Subject;

use crate::cedar::{Answer, Engine};
use crate::groups::Groups;
use crate::rules::ActionRules;
use crate::situation::{Situation, Wish};
use crate::words::{length, name};

const NO_RULE: &str = "a rule that allows it";

/// For a question that is allowed: the rules changed between the refusal and its explanation.
const NOTHING: &str = "another try: the rules have just changed";

/// An incident as one could have named it.
const SOME_INCIDENT: &str = "INC-1";

/// The shortest session there is, in seconds: the least a person can ask for.
pub(crate) const SHORTEST_SECONDS: i64 = 15 * 60;

/// A second factor that counts when this old, in seconds, counts at any age: no login lives that long.
const ANY_AGE_SECONDS: i64 = 31 * 24 * 3600;

/// What would have to be different, in words; never empty.
pub(crate) fn explain(engine: &Engine, rules: &ActionRules, situation: &Situation<'_>) -> Vec<String> {
    let search = Search { engine, rules, situation };
    let words = search.remedy().unwrap_or_else(|| vec![NO_RULE.to_owned()]);
    if words.is_empty() { vec![NOTHING.to_owned()] } else { words }
}

/// Something the person can do themself. Of two that would do, the earlier one is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    SecondFactor,
    Incident,
    Review,
    Duration,
    Account,
    Login,
}

/// A set of changes that together turn the answer.
struct Remedy {
    groups: Vec<EntityUid>,
    changes: Vec<Change>,
}

struct Search<'a> {
    engine: &'a Engine,
    rules: &'a ActionRules,
    situation: &'a Situation<'a>,
}

impl Change {
    const ALL: [Self; 6] =
        [Self::SecondFactor, Self::Incident, Self::Review, Self::Duration, Self::Account, Self::Login];

    /// Whether this would change anything.
    fn is_open(self, situation: &Situation<'_>) -> bool {
        let wish = situation.wish;
        match self {
            Self::SecondFactor => {
                situation.question.who.nature == Nature::Person && situation.mfa_age_seconds != Some(0)
            }
            Self::Incident => wish.is_some_and(|wish| wish.incident.is_none()),
            Self::Review => wish.is_some_and(|wish| wish.open_reviews > 0),
            Self::Duration => wish.is_some_and(|wish| wish.seconds > SHORTEST_SECONDS),
            Self::Account => wish.is_some_and(|wish| !wish.account_in_project),
            Self::Login => situation.method == Method::EmergencyKey,
        }
    }

    fn apply(self, situation: &mut Situation<'_>) {
        match self {
            Self::SecondFactor => situation.mfa_age_seconds = Some(0),
            Self::Login => situation.method = Method::Token,
            _ => {}
        }
        let Some(wish) = &mut situation.wish else { return };
        match self {
            Self::Incident => wish.incident = Some(SOME_INCIDENT),
            Self::Review => wish.open_reviews = 0,
            Self::Duration => wish.seconds = SHORTEST_SECONDS,
            Self::Account => wish.account_in_project = true,
            Self::SecondFactor | Self::Login => {}
        }
    }
}

impl<'a> Search<'a> {
    /// The smallest remedy, in words. What a person can do alone comes before any group, one group before two.
    fn remedy(&self) -> Option<Vec<String>> {
        if let Some(words) = self.best(&[vec![]]) {
            return Some(words);
        }
        let good = self.changed(&[], &self.open_changes());
        let groups = Groups::that_could_help(self.engine, self.rules, &good);
        self.best(&groups.singles).or_else(|| self.best(&groups.pairs))
    }

    /// The smallest remedy among these choices of groups; of equal ones that take one group, all.
    fn best(&self, choices: &[Vec<EntityUid>]) -> Option<Vec<String>> {
        let remedies: Vec<Remedy> = choices.iter().filter_map(|groups| self.smallest_with(groups)).collect();
        let best = remedies.iter().min_by_key(|remedy| remedy.changes.len())?;
        let changed = self.changed(&best.groups, &best.changes);
        let told = best.changes.iter().filter(|change| **change != Change::Account || best.groups.is_empty());
        let mut words: Vec<String> = told.map(|change| self.in_words(*change, &changed)).collect();
        match best.groups.as_slice() {
            [_] => {
                let equal = remedies.iter().filter(|remedy| remedy.changes == best.changes);
                words.push(self.membership_of(&equal.flat_map(|remedy| &remedy.groups).collect::<Vec<_>>()));
            }
            groups => words.extend(groups.iter().map(|group| self.membership_of(&[group]))),
        }
        Some(words)
    }

    /// Changes of which none can be left out, if the person were in these groups.
    fn smallest_with(&self, groups: &[EntityUid]) -> Option<Remedy> {
        let mut changes = self.open_changes();
        if !self.allows(&self.changed(groups, &changes)) {
            return None;
        }
        for change in Change::ALL.into_iter().rev() {
            let fewer: Vec<Change> = changes.iter().copied().filter(|kept| *kept != change).collect();
            if fewer.len() < changes.len() && self.allows(&self.changed(groups, &fewer)) {
                changes = fewer;
            }
        }
        Some(Remedy { groups: groups.to_vec(), changes })
    }

    fn open_changes(&self) -> Vec<Change> {
        Change::ALL.into_iter().filter(|change| change.is_open(self.situation)).collect()
    }

    fn changed(&self, groups: &[EntityUid], changes: &[Change]) -> Situation<'a> {
        let mut situation = self.situation.clone();
        situation.further_groups = groups.to_vec();
        for change in changes {
            change.apply(&mut situation);
        }
        situation
    }

    fn allows(&self, situation: &Situation<'_>) -> bool {
        matches!(self.engine.ask(self.rules, situation), Ok(Answer::Allowed { .. }))
    }

    fn allows_with(&self, situation: &Situation<'a>, change: impl FnOnce(&mut Situation<'a>)) -> bool {
        let mut trial = situation.clone();
        change(&mut trial);
        self.allows(&trial)
    }

    /// Membership of any of these groups, in words. The project's own group is not named: its name would tell a stranger
    /// which of two projects exists.
    fn membership_of(&self, groups: &[&EntityUid]) -> String {
        let own = self.situation.own_group(self.engine.vocabulary());
        let (own, others): (BTreeSet<&EntityUid>, BTreeSet<&EntityUid>) =
            groups.iter().partition(|group| own.as_ref() == Some(**group));
        let others = others.into_iter().map(name).collect::<Vec<_>>().join(" or ");
        let others = (!others.is_empty()).then(|| format!("group {others}"));
        let own = (!own.is_empty()).then(|| "the project's group".to_owned());
        format!("membership of {}", own.into_iter().chain(others).collect::<Vec<_>>().join(" or "))
    }

    /// What to tell about a change, given everything else the remedy changes: the widest value that would do.
    fn in_words(&self, change: Change, changed: &Situation<'a>) -> String {
        match change {
            Change::SecondFactor => {
                let allows = |age| self.allows_with(changed, |trial| trial.mfa_age_seconds = Some(age));
                if allows(ANY_AGE_SECONDS) {
                    return "a second factor".to_owned();
                }
                let age = largest(0, ANY_AGE_SECONDS, &self.limits(), allows);
                format!("a second factor not older than {}", length(age))
            }
            Change::Incident => "an incident id".to_owned(),
            Change::Review => "a review of your last emergency".to_owned(),
            Change::Duration => {
                let with = |seconds| changed.wish.map(|wish| Wish { seconds, ..wish });
                let allows = |seconds| self.allows_with(changed, |trial| trial.wish = with(seconds));
                let asked = self.situation.wish.map_or(SHORTEST_SECONDS, |wish| wish.seconds);
                format!("at most {}", length(largest(SHORTEST_SECONDS, asked, &self.limits(), allows)))
            }
            Change::Account => "an account of the project".to_owned(),
            Change::Login => "a login without the emergency key".to_owned(),
        }
    }

    /// The numbers at which an answer can turn, as far as they are known: the tier's limits, and what the rules name.
    fn limits(&self) -> Vec<i64> {
        let mut limits = self.engine.numbers(self.rules, self.situation);
        if let Subject::RequestSession { limits: tier, .. } = self.situation.question.subject {
            limits.extend([i64::from(tier.mfa_max_age_minutes) * 60, tier.max.seconds()]);
        }
        limits.sort_unstable();
        limits.dedup();
        limits
    }
}

/// The largest value that is good, between one that is good and one that is not. The likely ones are tried first, since each
/// trial asks the rules.
fn largest(mut good: i64, mut bad: i64, likely: &[i64], is_good: impl Fn(i64) -> bool) -> i64 {
    let mut narrow = |value: i64| {
        if value <= good || value >= bad {
            return;
        }
        if is_good(value) { good = value } else { bad = value }
    };
    for value in likely.iter().take(MOST_LIKELY) {
        narrow(*value);
        narrow(value.saturating_add(1));
    }
    while bad - good > 1 {
        let middle = good + (bad - good) / 2;
        if is_good(middle) { good = middle } else { bad = middle }
    }
    good
}

/// Up to this many likely values are tried; more of them would take longer than halving.
const MOST_LIKELY: usize = 6;
