//! Sessions as people read them.

use daypass_api::{Delivery, EndCause, EndView, SessionView};
use jiff::Timestamp;

use crate::duration::human;
use crate::table::{Card, Table};

/// The part of an id that people type.
pub(crate) fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}

/// A time to the second.
pub(crate) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// Sessions, a line each.
pub(crate) fn list(sessions: &[SessionView], width: u16) -> String {
    let mut table = Table::new(["ID", "USER", "PROJECT", "ACCOUNT", "TIER", "STATUS", "LEFT", "REASON"], width);
    for session in sessions {
        table.row([
            short(&session.session_id),
            &session.user_id,
            &session.project_id,
            &session.account_id,
            &session.permission_tier,
            session.status.as_str(),
            &left(session),
            &session.reason,
        ]);
    }
    table.render()
}

/// One session with all there is to know.
pub(crate) fn details(session: &SessionView) -> String {
    let mut card = Card::default();
    card.line("session", &session.session_id);
    card.line("status", session.status.as_str());
    card.line("user", &session.user_id);
    card.line("project", &session.project_id);
    card.line("account", &session.account_id);
    card.line("tier", &session.permission_tier);
    card.optional(
        "delivery",
        (session.delivery == Delivery::Direct).then_some("direct: whoever holds it enters it as their own IAM user"),
    );
    card.line("reason", &session.reason);
    card.optional("incident", session.incident_id.as_ref());
    card.line("requested", time(session.requested_at));
    card.line("asked for", human(session.duration_seconds));
    card.optional("active since", session.activated_at.map(time));
    card.optional("ends", session.expires_at.map(|at| ends(session, at)));
    if let Some(extension) = &session.extension {
        card.line("being extended", format!("to {}", time(extension.expires_at)));
        card.optional("last error", extension.last_error.as_ref());
    }
    card.optional("role", session.role_arn.as_ref());
    match session.credentials_issued {
        0 => {}
        1 => card.line("credentials", "issued once"),
        times => card.line("credentials", format!("issued {times} times")),
    }
    decision_lines(&mut card, session);
    card.optional("failure", session.failure.as_ref());
    if let Some(end) = &session.end {
        end_lines(&mut card, end);
    }
    if let Some(stuck) = &session.stuck {
        card.line("stuck since", time(stuck.since));
        card.line("attempts", stuck.failed_attempts.to_string());
        card.optional("last error", stuck.last_error.as_ref());
        card.line("next attempt", time(stuck.next_attempt_at));
    }
    for alert in session.alerts.iter().flatten() {
        let delivered = if alert.delivered_at.is_some() { "delivered" } else { "on its way" };
        card.line("alert", format!("{} at {}, {delivered}", alert.occasion, time(alert.recorded_at)));
    }
    card.render()
}

/// What people have to say, and said.
fn decision_lines(card: &mut Card, session: &SessionView) {
    if let Some(approval) = &session.approval {
        let of = approval.approvers.as_ref().map(|group| format!(" of {group}")).unwrap_or_default();
        card.line("approvals", format!("{} of {} needed{of}", approval.given, approval.needed));
        for vote in &approval.approvals {
            let comment = vote.comment.as_ref().map(|comment| format!(": {comment}")).unwrap_or_default();
            card.line("  approved", format!("by {} at {}{comment}", vote.by, time(vote.at)));
        }
        card.optional("  denied by", approval.denied_by.as_ref());
        card.optional("  lapses", approval.lapses_at.map(time));
        card.line("  request", &approval.request_hash);
    }
    if let Some(review) = &session.review {
        match (&review.by, &review.findings) {
            (Some(by), Some(findings)) => card.line("review", format!("closed by {by}: {findings}")),
            _ if review.open => card.line("review", "open; somebody else has to say what came of it"),
            _ => card.line("review", "needed once it has ended"),
        }
    }
}

/// What was verified about sessions that were ended, and how long after the order.
pub(crate) fn ends_table(sessions: &[SessionView], width: u16) -> String {
    let headings = ["ID", "USER", "TIER", "STATUS", "DENIED", "TRUST CLOSED", "REFUSAL SEEN", "ROLE GONE"];
    let mut table = Table::new(headings, width).right(4).right(5).right(6).right(7);
    for session in sessions {
        let [denied, closed, refused, gone] = session.end.as_ref().map(milestones).unwrap_or_default();
        table.row([
            short(&session.session_id),
            &session.user_id,
            &session.permission_tier,
            session.status.as_str(),
            &denied,
            &closed,
            &refused,
            &gone,
        ]);
    }
    table.render()
}

/// What was verified about a session's end, in a line.
pub(crate) fn milestones_of(session: &SessionView) -> String {
    let Some(end) = &session.end else { return "nothing is known of its end".to_owned() };
    let [denied, closed, refused, gone] = milestones(end);
    format!("denied {denied}, trust closed {closed}, refusal seen {refused}, role gone {gone} after the order")
}

fn left(session: &SessionView) -> String {
    if session.time_remaining_seconds > 0 { human(session.time_remaining_seconds) } else { "-".to_owned() }
}

fn ends(session: &SessionView, at: Timestamp) -> String {
    match session.time_remaining_seconds {
        seconds if seconds > 0 => format!("{}, in {}", time(at), human(seconds)),
        _ => time(at),
    }
}

fn end_lines(card: &mut Card, end: &EndView) {
    let why = match end.cause {
        EndCause::Expired => "its time was up",
        EndCause::Released => "given back by its holder",
        EndCause::Revoked => "revoked",
        EndCause::Drifted => "its role was changed in AWS",
    };
    let by = end.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
    let reason = end.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    card.line("ended", format!("{}, {why}{by}{reason}", time(end.started_at)));
    let [denied, closed, refused, gone] = milestones(end);
    card.line("  denied", denied);
    card.line("  trust closed", closed);
    card.line("  refusal seen", refused);
    card.line("  role gone", gone);
}

/// Denied, trust closed, refusal seen, role gone: how long after the order.
fn milestones(end: &EndView) -> [String; 4] {
    [end.denied_at, end.trust_closed_at, end.refusal_seen_at, end.role_gone_at].map(|at| match at {
        Some(at) => format!("+{} ms", at.duration_since(end.started_at).as_millis()),
        None => "-".to_owned(),
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use daypass_api::SessionStatus;

    use super::*;

    pub(crate) fn session(status: SessionStatus) -> SessionView {
        serde_json::from_value(serde_json::json!({
            "session_id": "5f0c6a52-0a51-4f0e-9d0a-6d1f6f2b8a11",
            "project_id": "acme",
            "user_id": "carla",
            "account_id": "111122223333",
            "permission_tier": "read-only",
            "status": status,
            "requested_at": "2026-01-02T03:04:05.123Z",
            "duration_seconds": 14400,
            "reason": "evil \u{1b}]0;title\u{7}",
            "time_remaining_seconds": 7500,
            "expires_at": "2026-01-02T07:04:05Z",
            "credentials_issued": 2,
        }))
        .unwrap()
    }

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn a_list_spells_out_what_would_drive_the_terminal() {
        let shown = plain(&list(&[session(SessionStatus::Active)], u16::MAX));
        insta::assert_snapshot!(shown, @r"
        ID        USER   PROJECT  ACCOUNT       TIER       STATUS  LEFT        REASON
        5f0c6a52  carla  acme     111122223333  read-only  active  2 h 05 min  evil \u{1b}]0;title\u{7}
        ");
    }

    #[test]
    fn an_ended_session_shows_what_was_verified_when() {
        let mut ended = session(SessionStatus::Revoked);
        ended.time_remaining_seconds = 0;
        ended.end = Some(
            serde_json::from_value(serde_json::json!({
                "cause": "revoked",
                "by": "ada",
                "reason": "laptop was stolen",
                "started_at": "2026-01-02T04:00:00Z",
                "denied_at": "2026-01-02T04:00:00.007Z",
                "trust_closed_at": "2026-01-02T04:00:00.019Z",
                "role_gone_at": "2026-01-02T04:00:01.5Z",
            }))
            .unwrap(),
        );
        insta::assert_snapshot!(plain(&details(&ended)), @r"
        session         5f0c6a52-0a51-4f0e-9d0a-6d1f6f2b8a11
        status          revoked
        user            carla
        project         acme
        account         111122223333
        tier            read-only
        reason          evil \u{1b}]0;title\u{7}
        requested       2026-01-02 03:04:05 UTC
        asked for       4 h
        ends            2026-01-02 07:04:05 UTC
        credentials     issued 2 times
        ended           2026-01-02 04:00:00 UTC, revoked by ada: laptop was stolen
          denied        +7 ms
          trust closed  +19 ms
          refusal seen  -
          role gone     +1500 ms
        ");
        insta::assert_snapshot!(plain(&ends_table(&[ended], u16::MAX)), @r"
        ID        USER   TIER       STATUS   DENIED  TRUST CLOSED  REFUSAL SEEN  ROLE GONE
        5f0c6a52  carla  read-only  revoked   +7 ms        +19 ms             -   +1500 ms
        ");
    }
}
