//! From the domain to the wire, by hand: what is not named here does not leave the server.

use std::fmt::Display;

use daypass_api::{
    AccessAnswer, ActorView, AlertView, ApprovalView, AuditReport, CapacityReport, CapacityView, CredentialsView,
    Decision, Delivery, EndCause, EndView, EntryView, EventView, ExtensionView, Masked, OutcomeView, ReviewView,
    RolesView, SessionStatus, SessionView, StatementView, StuckView, TierView, VoteView,
};
use daypass_policy::{Answer, Layer, StatementRef};
use daypass_vending::audit::{Actor, Event, Outcome};
use daypass_vending::capacity::{self, Forecast, Load};
use daypass_vending::ports::OutboxEntry;
use daypass_vending::request;
use daypass_vending::secret::Credentials;
use daypass_vending::service::{AccountCapacity, Entry};
use daypass_vending::session::{self, KillReport, Session, State, Status, Teardown};
use daypass_vending::settings::Settings;
use daypass_vending::tier::Tier;
use jiff::Timestamp;

/// A session as it is seen at `now`.
pub(crate) fn session(session: &Session, settings: &Settings, now: Timestamp) -> SessionView {
    let (facts, state) = (session.facts(), session.state());
    let asked = &facts.request;
    let live_until = match state {
        State::Active(active) => Some(active.plan.expires_at),
        _ => None,
    };
    SessionView {
        session_id: facts.id.to_string(),
        project_id: asked.project.to_string(),
        user_id: facts.user.to_string(),
        account_id: asked.account.to_string(),
        permission_tier: asked.tier.to_string(),
        delivery: match asked.delivery {
            request::Delivery::Brokered => Delivery::Brokered,
            request::Delivery::Direct => Delivery::Direct,
        },
        status: status(session.status()),
        requested_at: facts.requested_at,
        duration_seconds: asked.duration.seconds(),
        reason: asked.reason.to_string(),
        incident_id: asked.incident.as_ref().map(ToString::to_string),
        activated_at: state.usage().activated_at,
        expires_at: session.expires_at(),
        time_remaining_seconds: live_until.map_or(0, |end| end.duration_since(now).as_secs().max(0)),
        role_arn: state.plan().map(|plan| plan.role_arn(settings)),
        credentials_issued: state.usage().credentials_issued,
        extension: extension(state),
        approval: approval(session),
        review: review(session),
        end: end(state),
        failure: match state {
            State::Refused(refused) => Some(refused.why.clone()),
            State::Denied(denied) => Some(denied.why.clone()),
            State::Failed(failed) => Some(failed.why.clone()),
            _ => None,
        },
        stuck: match state {
            State::Stuck(stuck) => Some(StuckView {
                since: stuck.since,
                failed_attempts: stuck.teardown.attempts.failed,
                last_error: stuck.teardown.attempts.last_error.clone(),
                next_attempt_at: stuck.teardown.attempts.next_at,
            }),
            _ => None,
        },
        alerts: None,
    }
}

/// What people have to say before a session is granted, and what they said.
fn approval(session: &Session) -> Option<ApprovalView> {
    let (facts, said) = (session.facts(), session.said());
    let pending = match session.state() {
        State::PendingApproval(pending) => Some(pending),
        _ => None,
    };
    let demanded = pending.map_or(&facts.obligations, |pending| &pending.demanded);
    if demanded.approvals == 0 {
        return None;
    }
    let votes = said.approvals.iter();
    let given = votes.clone().filter(|vote| Some(&vote.group) == demanded.approvers.as_ref()).count();
    Some(ApprovalView {
        needed: demanded.approvals,
        given: u32::try_from(given).unwrap_or(u32::MAX),
        approvers: demanded.approvers.as_ref().map(ToString::to_string),
        request_hash: facts.request_hash().to_string(),
        lapses_at: pending.map(|pending| pending.lapses_at),
        approvals: votes
            .map(|vote| VoteView {
                by: vote.by.to_string(),
                at: vote.at,
                comment: vote.comment.as_ref().map(ToString::to_string),
            })
            .collect(),
        denied_by: match session.state() {
            State::Denied(denied) => Some(denied.by.to_string()),
            _ => None,
        },
    })
}

/// Whether a session's end is to be reviewed, and what came of that.
fn review(session: &Session) -> Option<ReviewView> {
    let review = session.said().review.as_ref();
    session.facts().review_required.then(|| ReviewView {
        open: session.owes_review(),
        by: review.map(|review| review.by.to_string()),
        at: review.map(|review| review.at),
        findings: review.map(|review| review.findings.to_string()),
    })
}

/// What people were told about a session.
pub(crate) fn alert(entry: &OutboxEntry) -> AlertView {
    AlertView {
        occasion: entry.alert.occasion.as_str().to_owned(),
        recorded_at: entry.alert.at,
        delivered_at: entry.delivered_at,
    }
}

/// Credentials: the one place where they are revealed to their holder.
pub(crate) fn credentials(session: &SessionView, credentials: &Credentials, role_arn: String) -> CredentialsView {
    CredentialsView {
        session_id: session.session_id.clone(),
        account_id: session.account_id.clone(),
        role_arn,
        access_key_id: credentials.access_key_id.clone(),
        secret_access_key: Masked::new(credentials.secret_access_key.reveal()),
        session_token: Masked::new(credentials.session_token.reveal()),
        expires_at: credentials.expires_at,
    }
}

/// What a holder enters their role with: the one place where the external id is revealed to them.
pub(crate) fn entry(session: &SessionView, entry: &Entry) -> EntryView {
    EntryView {
        session_id: session.session_id.clone(),
        account_id: session.account_id.clone(),
        role_arn: entry.role_arn.clone(),
        role_session_name: entry.user.to_string(),
        external_id: Masked::new(entry.external_id.reveal()),
        duration_seconds: entry.duration_seconds,
        expires_at: entry.expires_at,
    }
}

/// A tier.
pub(crate) fn tier(tier: &Tier) -> TierView {
    let limits = &tier.limits;
    TierView {
        name: tier.name.to_string(),
        description: limits.description.clone(),
        max_duration_seconds: limits.max.seconds(),
        default_duration_seconds: limits.default.seconds(),
        incident_required: limits.incident_required,
        mfa_max_age_seconds: i64::from(limits.mfa_max_age_minutes) * 60,
        alerts: limits.alerts.iter().map(|occasion| occasion.as_str().to_owned()).collect(),
        review_required: limits.review_required,
        template_hash: tier.hash.to_string(),
    }
}

/// How full the accounts are, as seen at `now`.
pub(crate) fn capacity(accounts: &[AccountCapacity], now: Timestamp) -> CapacityReport {
    let view = |account: &AccountCapacity| CapacityView {
        account: account.account.to_string(),
        sessions: account.sessions,
        roles: account.load.as_ref().ok().map(|load| roles(load, now)),
        trouble: account.load.as_ref().err().map(ToString::to_string),
    };
    CapacityReport { window_seconds: capacity::WINDOW.as_secs(), accounts: accounts.iter().map(view).collect() }
}

fn roles(load: &Load, now: Timestamp) -> RolesView {
    RolesView {
        used: load.quota.used,
        quota: load.quota.limit,
        reserved: load.reserved,
        free: load.free(),
        granted: u32::try_from(load.granted.len()).unwrap_or(u32::MAX),
        mean_duration_seconds: load.mean_duration().map(|mean| mean.as_secs()),
        full_at: match load.forecast(now) {
            Forecast::Never => None,
            Forecast::Full => Some(now),
            Forecast::At(at) => Some(at),
        },
    }
}

/// An event of the trail.
pub(crate) fn event(event: &Event) -> EventView {
    let draft = &event.draft;
    EventView {
        chain: draft.chain.as_str().to_owned(),
        seq: event.seq,
        at: draft.at,
        actor: actor(&draft.actor),
        action: draft.action.clone(),
        outcome: match draft.outcome {
            Outcome::Done => OutcomeView::Done,
            Outcome::Refused => OutcomeView::Refused,
            Outcome::Failed => OutcomeView::Failed,
        },
        detail: draft.detail.clone(),
        previous: event.previous.to_string(),
        hash: event.hash.to_string(),
    }
}

/// The outcome of a verification.
pub(crate) fn audit_report(report: &daypass_vending::service::AuditReport) -> AuditReport {
    AuditReport {
        intact: report.findings.is_empty(),
        chains: u64::try_from(report.chains).unwrap_or(u64::MAX),
        events: report.events,
        checkpoint: report.checkpoint,
        findings: report.findings.iter().map(ToString::to_string).collect(),
    }
}

/// The policy core's answer; `None` when there is no role to ask about any more.
pub(crate) fn access(answer: Option<&Answer>) -> AccessAnswer {
    let Some(answer) = answer else {
        return AccessAnswer {
            allowed: false,
            decision: Decision::ImplicitlyDenied,
            explanation: "not allowed: AWS has no role for this session".to_owned(),
            deciding: vec![],
            stopped_by: None,
            missing_keys: vec![],
        };
    };
    AccessAnswer {
        allowed: answer.is_allowed(),
        decision: match answer.decision {
            daypass_policy::Decision::Allowed => Decision::Allowed,
            daypass_policy::Decision::ImplicitlyDenied => Decision::ImplicitlyDenied,
            daypass_policy::Decision::ExplicitlyDenied => Decision::ExplicitlyDenied,
        },
        explanation: answer.to_string(),
        deciding: answer.deciding.iter().map(statement).collect(),
        stopped_by: answer.stopped_by.map(layer),
        missing_keys: answer.missing_keys.clone(),
    }
}

/// A state's name on the wire.
pub(crate) fn status(status: Status) -> SessionStatus {
    match status {
        Status::Requested => SessionStatus::Requested,
        Status::Refused => SessionStatus::Refused,
        Status::PendingApproval => SessionStatus::PendingApproval,
        Status::Denied => SessionStatus::Denied,
        Status::Lapsed => SessionStatus::Lapsed,
        Status::Approved => SessionStatus::Approved,
        Status::Provisioning => SessionStatus::Provisioning,
        Status::Active => SessionStatus::Active,
        Status::Revoking => SessionStatus::Revoking,
        Status::Expiring => SessionStatus::Expiring,
        Status::Revoked => SessionStatus::Revoked,
        Status::Expired => SessionStatus::Expired,
        Status::Failed => SessionStatus::Failed,
        Status::Stuck => SessionStatus::Stuck,
    }
}

fn extension(state: &State) -> Option<ExtensionView> {
    let State::Active(active) = state else { return None };
    active.extension.as_ref().map(|extension| ExtensionView {
        expires_at: extension.plan.expires_at,
        failed_attempts: extension.attempts.failed,
        last_error: extension.attempts.last_error.clone(),
    })
}

fn end(state: &State) -> Option<EndView> {
    let under_way = |cause, teardown: &Teardown| end_view(cause, teardown.started_at, &teardown.report);
    match state {
        State::Revoking(revoking) => Some(under_way(Some(&revoking.cause), &revoking.teardown)),
        State::Expiring(expiring) => Some(under_way(None, &expiring.teardown)),
        State::Stuck(stuck) => Some(under_way(stuck.cause.as_ref(), &stuck.teardown)),
        State::Revoked(revoked) => {
            Some(end_view(Some(&revoked.cause), revoked.ended.started_at, &revoked.ended.report))
        }
        State::Expired(expired) => Some(end_view(None, expired.ended.started_at, &expired.ended.report)),
        _ => None,
    }
}

fn end_view(cause: Option<&session::EndCause>, started_at: Timestamp, report: &KillReport) -> EndView {
    let (cause, by, reason) = match cause {
        None => (EndCause::Expired, None, None),
        Some(session::EndCause::Released) => (EndCause::Released, None, None),
        Some(session::EndCause::Revoked { by, reason }) => {
            (EndCause::Revoked, Some(by.to_string()), Some(reason.clone()))
        }
        Some(session::EndCause::Drifted { findings }) => (EndCause::Drifted, None, Some(findings.join("; "))),
    };
    EndView {
        cause,
        by,
        reason,
        started_at,
        denied_at: report.denied_at,
        trust_closed_at: report.trust_closed_at,
        refusal_seen_at: report.refusal_seen_at,
        role_gone_at: report.role_gone_at,
    }
}

fn actor(actor: &Actor) -> ActorView {
    let text = |value: &dyn Display| value.to_string();
    match actor {
        Actor::Person { user, address } => ActorView::Person { user_id: text(user), address: text(address) },
        Actor::Anonymous { address } => ActorView::Anonymous { address: text(address) },
        Actor::Broker => ActorView::Broker,
        Actor::Reconciler => ActorView::Reconciler,
    }
}

fn statement(statement: &StatementRef) -> StatementView {
    StatementView {
        layer: layer(statement.layer),
        policy: u64::try_from(statement.policy).unwrap_or(u64::MAX),
        statement: u64::try_from(statement.statement).unwrap_or(u64::MAX),
        sid: statement.sid.clone(),
    }
}

fn layer(layer: Layer) -> String {
    match layer {
        Layer::Identity => "identity",
        Layer::Resource(_) => "resource",
        Layer::Boundary => "boundary",
        Layer::Session => "session",
        Layer::Scp(_) => "scp",
        Layer::Rcp(_) => "rcp",
        Layer::Endpoint => "endpoint",
    }
    .to_owned()
}
