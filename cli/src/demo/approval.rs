//! The story of two people: administration of an account takes somebody else's yes, to exactly what was asked for.

use daypass_api::{Approve, Call, Delivery, NewSession, ProblemCode, SessionStatus};

use super::contractor::call;
use super::recorder::Recorder;
use super::stage::{ACCOUNT, LEAD, PROJECT, REVIEWER, Stage};
use crate::failure::Failure;
use crate::wait;

/// The permit that is given a condition: it ships without one, since not every company has two leads.
const PERMIT: &str = "@id(\"platform-requests-admin\")";

/// What only administration may.
const INSTANCE: &str = "arn:aws:ec2:us-east-1:111122223333:instance/i-0123456789abcdef0";

pub(crate) async fn play(stage: &Stage, recorder: &mut Recorder) -> Result<(), Failure> {
    stage.change_rules(PERMIT, &format!("@approvals(\"1\")\n@approvers(\"platform-leads\")\n{PERMIT}")).await;
    let lead = stage.log_in(LEAD).await?;
    let waiting = lead.request_session(&wish(), &Call::new()).await?;
    let id = waiting.session_id.clone();
    let approval = waiting.approval.as_ref();
    let ok = waiting.status == SessionStatus::PendingApproval && waiting.role_arn.is_none();
    let detail = approval.and_then(|approval| Some(format!("one of {} has to approve", approval.approvers.as_ref()?)));
    recorder.expect("what the rules want approved waits; no role exists", ok, &detail.unwrap_or_default())?;
    let nothing = lead.credentials(&id).await;
    recorder.expect_refusal("there are no credentials for it", ProblemCode::WrongState, nothing)?;

    let exactly = Approve {
        request_hash: approval.map(|approval| approval.request_hash.clone()).unwrap_or_default(),
        comment: Some("the instance is gone from the pool".to_owned()),
    };
    let own = lead.approve(&id, &exactly, &Call::new()).await;
    let step = "the requester is a lead as well, and cannot approve their own request";
    recorder.expect_refusal(step, ProblemCode::Refused, own)?;

    let other = stage.log_in(REVIEWER).await?;
    let elsewhere = Approve { request_hash: "0".repeat(64), comment: None };
    let changed = other.approve(&id, &elsewhere, &Call::new()).await;
    let step = "a yes to another request than the one that waits does not count";
    recorder.expect_refusal(step, ProblemCode::RequestChanged, changed)?;

    other.approve(&id, &exactly, &Call::new()).await?;
    let granted = wait::until(&lead, &id, |session| session.status.is_resting()).await?;
    let detail = format!("{} approved {}", REVIEWER, granted.permission_tier);
    recorder.expect("another lead says yes, and there is a role", granted.status == SessionStatus::Active, &detail)?;
    let credentials = wait::credentials(&lead, &id).await?;
    let answer = stage.anybody().aws_call(&call(&credentials, "ec2:TerminateInstances", INSTANCE, None)).await?;
    recorder.expect_aws("its credentials do what was asked for", true, &answer)?;
    lead.end_session(&id, None, &Call::new()).await?;
    Ok(())
}

fn wish() -> NewSession {
    NewSession {
        project_id: PROJECT.to_owned(),
        account_id: ACCOUNT.to_owned(),
        permission_tier: "admin".to_owned(),
        duration_seconds: None,
        reason: "replace the instance that does not answer".to_owned(),
        incident_id: None,
        delivery: Delivery::Brokered,
    }
}
