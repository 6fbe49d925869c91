//! The end: the trail of the break-glass session, and the proof that nobody edited it.

use daypass_api::AuditQuery;

use super::recorder::Recorder;
use super::stage::{ADMINISTRATOR, Stage};
use crate::commands::audit::chain_table;
use crate::failure::Failure;

pub(crate) async fn play(stage: &Stage, recorder: &mut Recorder, session: &str) -> Result<(), Failure> {
    let admin = stage.log_in(ADMINISTRATOR).await?;
    let query = AuditQuery { session: Some(session.to_owned()), limit: Some(50), ..AuditQuery::default() };
    let events = admin.audit(&query).await?.events;
    recorder.tell(&chain_table(&events))?;
    let linked = events.windows(2).all(|pair| matches!(pair, [one, next] if next.previous == one.hash));
    let complete = ["session.grant", "session.activate", "session.expired"];
    let complete = complete.iter().all(|action| events.iter().any(|event| event.action == *action));
    let detail = format!("{} events", events.len());
    recorder.expect("each event of the session carries the hash of the one before", linked && complete, &detail)?;

    let report = admin.verify_audit().await?;
    let detail = format!("{} events in {} chains{}", report.events, report.chains, list(&report.findings));
    recorder.expect("the whole trail is verified: nothing edited, removed or reordered", report.intact, &detail)
}

fn list(findings: &[String]) -> String {
    findings.iter().map(|finding| format!("; {finding}")).collect()
}
