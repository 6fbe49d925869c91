//! Requests that wait for people: what an approval is bound to, which approvals count, and where enough of them lead.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Approved, Denied, Facts, Lapsed, Obligations, PendingApproval, Provisioning, Requested, Requester, Session,
    Transition,
};
use crate::alert::Occasion;
use crate::audit::{Actor, Digest256, Outcome};
use crate::identity::{Evidence, Standing};
use crate::ids::{Comment, GroupName, UserId};
use crate::life_event::Milestone;
use crate::plan::Plan;
use crate::request::SessionRequest;

/// One person's yes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Who.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
    /// As a member of which group.
    pub group: GroupName,
    /// To exactly which request.
    pub request_hash: Digest256,
    /// How we knew who it was.
    pub evidence: Evidence,
    /// What they had to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<Comment>,
}

/// Whether two user ids are of one person, for refusing what nobody may do for themself. By the subject alone: issuer and
/// e-mail address make nobody somebody else. Case does not either, since AWS' user names have none
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>).
#[must_use]
pub fn same_person(one: &UserId, other: &UserId) -> bool {
    one.as_str().eq_ignore_ascii_case(other.as_str())
}

impl Facts {
    /// What an approval is bound to (invariant 9): the digest of the exact request, of whose it is and of what the rules
    /// demanded. Recomputed whenever it counts, so that a record that was changed meanwhile is noticed.
    #[must_use]
    pub fn request_hash(&self) -> Digest256 {
        let SessionRequest { project, account, tier, duration, reason, incident, delivery } = &self.request;
        let Obligations { approvals, approvers } = &self.obligations;
        let bound = serde_json::json!([
            "daypass request 2",
            self.id,
            self.user,
            project,
            account,
            tier,
            duration.seconds(),
            reason,
            incident,
            delivery,
            self.requested_at,
            approvals,
            approvers,
        ]);
        Digest256::of(bound.to_string().as_bytes())
    }
}

impl Session<Requested> {
    /// The rules demand that people approve. Those who may are told, whatever the tier says.
    #[must_use]
    pub fn await_approval(self, standing: Standing, lapses_at: Timestamp, now: Timestamp) -> Transition {
        let (request_hash, demanded) = (self.facts().request_hash(), self.facts().obligations.clone());
        let approvers = demanded.approvers.as_ref().map(ToString::to_string).unwrap_or_default();
        let event = self
            .asked("session.await-approval", Outcome::Done, now)
            .with("lapses_at", lapses_at)
            .with("approvals", demanded.approvals)
            .with("approvers", &approvers)
            .with("request_hash", request_hash);
        let hours = self.facts().request.duration.get();
        let more = [
            ("approve_with", format!("daypass approve {}", self.id())),
            ("approvals", demanded.approvals.to_string()),
            ("approvers", approvers),
            ("duration", format!("{hours:#}")),
            ("lapses_at", lapses_at.to_string()),
        ];
        let alerts = self.alerts(Occasion::ApprovalRequested, now, more);
        let pending = PendingApproval { lapses_at, request_hash, standing, demanded };
        Transition::new(&self, Milestone::Requested, pending, event, alerts)
    }
}

impl Session<PendingApproval> {
    /// Whether the request still is what was asked for, and what an approver saw.
    #[must_use]
    pub fn is_request(&self, seen: &Digest256) -> bool {
        let computed = self.facts().request_hash();
        computed == self.state().request_hash && computed == *seen
    }

    /// How many approvals count towards what is demanded.
    #[must_use]
    pub fn counted(&self, demanded: &Obligations) -> u32 {
        count(&self.said().approvals, &self.state().request_hash, demanded)
    }

    /// Whether somebody's approval counts already.
    #[must_use]
    pub fn has_vote_of(&self, user: &UserId, demanded: &Obligations) -> bool {
        let votes = &self.said().approvals;
        votes.iter().any(|vote| same_person(&vote.by, user) && counts(vote, &self.state().request_hash, demanded))
    }

    /// Somebody says yes, when the rules demand this: the last approval that is needed leads on. A person's earlier approval
    /// that no longer counts is replaced.
    #[must_use]
    pub fn approve(self, vote: Approval, demanded: Obligations, now: Timestamp) -> Transition {
        let mut said = self.said().clone();
        said.approvals.retain(|earlier| !same_person(&earlier.by, &vote.by));
        let by = Requester::known_by(&vote.by, &vote.evidence);
        let (group, comment) = (vote.group.clone(), vote.comment.clone());
        said.approvals.push(vote);
        let given = count(&said.approvals, &self.state().request_hash, &demanded);
        let mut event = self
            .event("session.approve", Outcome::Done, by.into(), now)
            .with("request_hash", self.state().request_hash)
            .with("approvers", group)
            .with("approvals", format!("{given} of {}", demanded.approvals));
        if let Some(comment) = comment {
            event = event.with("comment", comment);
        }
        if given >= demanded.approvals {
            return Transition::new(&self, Milestone::Approved, Approved { at: now }, event, vec![]).saying(said);
        }
        let pending = PendingApproval { demanded, ..self.state().clone() };
        Transition::new(&self, Milestone::ApprovalGiven, pending, event, vec![]).saying(said)
    }

    /// Somebody said no.
    #[must_use]
    pub fn deny(self, by: Requester, why: String, now: Timestamp) -> Transition {
        self.denied("session.deny", by, why, now)
    }

    /// The requester, or an administrator, takes the request back. Nobody had access.
    #[must_use]
    pub fn withdraw(self, by: Requester, why: String, now: Timestamp) -> Transition {
        self.denied("session.withdraw", by, why, now)
    }

    /// Nobody decided in time.
    #[must_use]
    pub fn lapse(self, now: Timestamp) -> Transition {
        let event = self.event("session.lapse", Outcome::Refused, Actor::Reconciler, now);
        Transition::new(&self, Milestone::Lapsed, Lapsed { at: now }, event, vec![])
    }
}

impl Session<Approved> {
    /// Intend to make the role. Grants that must alert carry their alert in this very transition (invariant 7).
    #[must_use]
    pub fn provision(self, plan: Plan, now: Timestamp) -> Transition {
        let mut event = self
            .asked("session.grant", Outcome::Done, now)
            .with("role", &plan.role)
            .with("expires_at", plan.expires_at)
            .with("template_hash", plan.template_hash);
        if let Some(versions) = &plan.template_versions {
            event = event.with("template_versions", versions);
        }
        let approvers: Vec<_> = self.said().approvals.iter().map(|approval| approval.by.as_str()).collect();
        if !approvers.is_empty() {
            event = event.with("approved_by", approvers.join(" "));
        }
        let alerts = self.alerts(Occasion::Grant, now, [("expires_at", plan.expires_at.to_string())]);
        let provisioning = Provisioning::new(plan, now);
        Transition::new(&self, Milestone::Granted, provisioning, event, alerts)
    }

    /// It was approved, and yet cannot be granted any more.
    #[must_use]
    pub fn fail(self, why: String, actor: Actor, now: Timestamp) -> Transition {
        self.failed(why, actor, now)
    }

    /// The requester, or an administrator, takes the request back before anything was made.
    #[must_use]
    pub fn withdraw(self, by: Requester, why: String, now: Timestamp) -> Transition {
        self.denied("session.withdraw", by, why, now)
    }
}

impl<S> Session<S> {
    fn denied(&self, action: &str, by: Requester, why: String, now: Timestamp) -> Transition {
        let denied = Denied { at: now, by: by.user.clone(), why };
        let event = self.event(action, Outcome::Refused, by.into(), now).with("why", &denied.why);
        Transition::new(self, Milestone::Denied, denied, event, vec![])
    }
}

fn count(votes: &[Approval], request_hash: &Digest256, demanded: &Obligations) -> u32 {
    let counting = votes.iter().filter(|vote| counts(vote, request_hash, demanded)).count();
    u32::try_from(counting).unwrap_or(u32::MAX)
}

/// An approval counts for the request it was given to, and as long as its group is the one that has to approve.
fn counts(vote: &Approval, request_hash: &Digest256, demanded: &Obligations) -> bool {
    vote.request_hash == *request_hash && demanded.approvers.as_ref() == Some(&vote.group)
}
