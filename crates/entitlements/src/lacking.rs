//! What a refused person would have needed. Found by asking the same rules again about changed facts, so that the answer
//! cannot drift from the rules; nothing is reported that was not seen to turn the answer.

use cedar_policy::{Decision, Effect, EntityUid, Policy, PolicyId, PolicySet};
use daypass_vending::ports::Subject;

use crate::cedar::Engine;
use crate::rules::ActionRules;
use crate::situation::{Situation, Wish};

const NO_RULE: &str = "a rule that allows it";

/// An incident as one could have named it.
const SOME_INCIDENT: &str = "INC-1";

/// The shortest session there is, in seconds: the least a person can ask for.
const SHORTEST_SECONDS: i64 = 15 * 60;

/// A second factor that counts when this old, in seconds, counts at any age: no login lives that long.
const ANY_AGE_SECONDS: i64 = 31 * 24 * 3600;

/// Up to this many groups are tried one by one and in pairs. It bounds what a refusal costs.
const FEW_GROUPS: usize = 16;

/// What would have to be different, in words; never empty.
pub(crate) fn explain(engine: &Engine, rules: &ActionRules, situation: &Situation<'_>) -> Vec<String> {
    let search = Search::new(engine, rules, situation);
    search.remedy().unwrap_or_else(|| vec![NO_RULE.to_owned()])
}

/// Something the person can do themself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    SecondFactor,
    Incident,
    Duration,
    Account,
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
    /// All forbids, and the permits that some change could satisfy. With fewer permits than there are, what these allow
    /// all rules allow.
    policies: PolicySet,
    /// Groups that could matter and the person is not in.
    groups: Vec<EntityUid>,
}

impl Change {
    const ALL: [Self; 4] = [Self::SecondFactor, Self::Incident, Self::Duration, Self::Account];

    /// Whether this would change anything.
    fn is_open(self, situation: &Situation<'_>) -> bool {
        let wish = situation.wish;
        match self {
            Self::SecondFactor => situation.mfa_age_seconds != Some(0),
            Self::Incident => wish.is_some_and(|wish| wish.incident.is_none()),
            Self::Duration => wish.is_some_and(|wish| wish.seconds > SHORTEST_SECONDS),
            Self::Account => wish.is_some_and(|wish| !wish.account_in_project),
        }
    }

    fn apply(self, situation: &mut Situation<'_>) {
        if self == Self::SecondFactor {
            situation.mfa_age_seconds = Some(0);
        }
        let Some(wish) = &mut situation.wish else { return };
        match self {
            Self::SecondFactor => {}
            Self::Incident => wish.incident = Some(SOME_INCIDENT),
            Self::Duration => wish.seconds = SHORTEST_SECONDS,
            Self::Account => wish.account_in_project = true,
        }
    }
}

impl<'a> Search<'a> {
    fn new(engine: &'a Engine, rules: &'a ActionRules, situation: &'a Situation<'a>) -> Self {
        let all = Self { engine, rules, situation, policies: rules.permits.clone(), groups: vec![] };
        let helpful = all.helpful(&all.missing_groups(rules.named.iter().cloned()));
        let policies = rules.only(|policy| policy.effect() == Effect::Forbid || helpful.contains(policy.id()));
        let groups = all.missing_groups(policies.policies().flat_map(Policy::entity_literals));
        Self { policies, groups, ..all }
    }

    /// The permits that are satisfied when all else is as good as can be: without these groups, in all of them, in one,
    /// and in all but one, since permits may also make exceptions for groups.
    fn helpful(&self, groups: &[EntityUid]) -> Vec<PolicyId> {
        let mut trials = vec![vec![], groups.to_vec()];
        if groups.len() <= FEW_GROUPS {
            trials.extend(groups.iter().map(|group| vec![group.clone()]));
            let but_one = |left_out| groups.iter().filter(|group| *group != left_out).cloned().collect();
            trials.extend(groups.iter().map(but_one));
        }
        let changes = self.open_changes();
        let answers = trials.iter().filter_map(|groups| {
            let changed = self.changed(groups, &changes);
            self.engine.ask(self.rules, &self.rules.permits, &changed).ok()
        });
        answers.flat_map(|answer| answer.diagnostics().reason().cloned().collect::<Vec<_>>()).collect()
    }

    /// The group of the project that is asked for.
    fn own_group(&self) -> Option<EntityUid> {
        match self.situation.question.subject {
            Subject::RequestSession { project, .. } => Some(self.engine.vocabulary().group(project.group.as_str())),
            _ => None,
        }
    }

    /// Membership of any of these groups, in words. The project's own group is not named: its name would tell a stranger
    /// which of two projects exists.
    fn membership_of(&self, groups: &[&EntityUid]) -> String {
        let own = self.own_group();
        let (own, others): (Vec<&EntityUid>, Vec<&EntityUid>) =
            groups.iter().partition(|group| own.as_ref() == Some(**group));
        let others = others.into_iter().map(name).collect::<Vec<_>>().join(" or ");
        let others = (!others.is_empty()).then(|| format!("group {others}"));
        let own = (!own.is_empty()).then(|| "the project's group".to_owned());
        format!("membership of {}", own.into_iter().chain(others).collect::<Vec<_>>().join(" or "))
    }

    /// The groups among these entities, and the project's own, without those the person is in.
    fn missing_groups(&self, named: impl Iterator<Item = EntityUid>) -> Vec<EntityUid> {
        let words = self.engine.vocabulary();
        let question = self.situation.question;
        let own = self.own_group();
        let named = named.filter(|entity| words.is_group(entity));
        let held: Vec<_> = question.who.groups.iter().map(|group| words.group(group.as_str())).collect();
        let mut groups: Vec<_> = own.into_iter().chain(named).filter(|group| !held.contains(group)).collect();
        groups.sort_unstable_by(|a, b| a.id().unescaped().cmp(b.id().unescaped()));
        groups.dedup();
        groups
    }

    /// The smallest remedy, in words. What a person can do alone comes before any group, one group before two.
    fn remedy(&self) -> Option<Vec<String>> {
        let singles = self.groups.iter().map(|group| vec![group.clone()]);
        let few = if self.groups.len() <= FEW_GROUPS { self.groups.as_slice() } else { &[] };
        let pairs = few
            .iter()
            .enumerate()
            .flat_map(|(at, first)| few.iter().skip(at + 1).map(|second| vec![first.clone(), second.clone()]));
        let alone = self.best(std::iter::once(vec![]));
        alone.or_else(|| self.best(singles)).or_else(|| self.best(pairs))
    }

    /// The smallest remedy among these choices of groups; of equal ones that take one group, all.
    fn best(&self, choices: impl Iterator<Item = Vec<EntityUid>>) -> Option<Vec<String>> {
        let remedies: Vec<Remedy> = choices.filter_map(|groups| self.smallest_with(groups)).collect();
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

    /// The fewest changes that do, if the person were in these groups.
    fn smallest_with(&self, groups: Vec<EntityUid>) -> Option<Remedy> {
        let open = self.open_changes();
        if !self.allows(&self.changed(&groups, &open)) {
            return None;
        }
        let changes = subsets(&open).into_iter().find(|changes| self.allows(&self.changed(&groups, changes)))?;
        Some(Remedy { groups, changes })
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
        let answer = self.engine.ask(self.rules, &self.policies, situation);
        answer.is_ok_and(|answer| answer.decision() == Decision::Allow)
    }

    fn allows_with(&self, situation: &Situation<'a>, change: impl FnOnce(&mut Situation<'a>)) -> bool {
        let mut trial = situation.clone();
        change(&mut trial);
        self.allows(&trial)
    }

    /// What to tell about a change, given everything else the remedy changes: the widest value that would do.
    fn in_words(&self, change: Change, changed: &Situation<'a>) -> String {
        match change {
            Change::SecondFactor => {
                let allows = |age| self.allows_with(changed, |trial| trial.mfa_age_seconds = Some(age));
                if allows(ANY_AGE_SECONDS) {
                    return "a second factor".to_owned();
                }
                format!("a second factor not older than {}", length(largest(0, ANY_AGE_SECONDS, allows)))
            }
            Change::Incident => "an incident id".to_owned(),
            Change::Duration => {
                let with = |seconds| changed.wish.map(|wish| Wish { seconds, ..wish });
                let allows = |seconds| self.allows_with(changed, |trial| trial.wish = with(seconds));
                let asked = self.situation.wish.map_or(SHORTEST_SECONDS, |wish| wish.seconds);
                format!("at most {}", length(largest(SHORTEST_SECONDS, asked, allows)))
            }
            Change::Account => "an account of the project".to_owned(),
        }
    }
}

/// All subsets, smaller ones first; of equal size, the ones with earlier members first.
fn subsets(changes: &[Change]) -> Vec<Vec<Change>> {
    let mut masks: Vec<u32> = (0..1 << changes.len()).collect();
    masks.sort_by_key(|mask| mask.count_ones());
    let chosen = |mask: u32| changes.iter().enumerate().filter(move |(bit, _)| mask & (1 << bit) != 0);
    masks.into_iter().map(|mask| chosen(mask).map(|(_, change)| *change).collect()).collect()
}

/// The largest value that is good, between one that is good and one that is not.
fn largest(mut good: i64, mut bad: i64, is_good: impl Fn(i64) -> bool) -> i64 {
    while bad - good > 1 {
        let middle = good + (bad - good) / 2;
        if is_good(middle) { good = middle } else { bad = middle }
    }
    good
}

fn name(group: &EntityUid) -> &str {
    group.id().unescaped()
}

/// A number of seconds as people say it; what is not even is rounded down, so that it still would do.
fn length(seconds: i64) -> String {
    match seconds {
        7200.. if seconds % 3600 == 0 => format!("{} hours", seconds / 3600),
        120.. => format!("{} minutes", seconds / 60),
        _ => format!("{seconds} seconds"),
    }
}
