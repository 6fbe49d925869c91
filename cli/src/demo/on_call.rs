//! The third story: break-glass never waits and never goes unnoticed, and it ends by itself: first by the date in the
//! role, which needs nobody, then by the reconciler, which cleans up.

use daypass_api::{Call, Client, Delivery, NewSession, ProblemCode, ReviewQuery, SessionStatus};

use super::contractor::{active, call};
use super::recorder::Recorder;
use super::stage::{ACCOUNT, ON_CALL, PROJECT, REVIEWER, Stage};
use crate::failure::Failure;
use crate::wait;

const INCIDENT: &str = "INC-4711";

/// How many minutes the session is to live. Credentials are asked for when half of it is over, so that STS' least lifetime,
/// 15 minutes, reaches beyond the session's end: what happens then is up to the role.
const LENGTH: i64 = 20;
const FIRST_PART: i64 = 10;
const SECOND_PART: i64 = 11;

/// What an incident may need gone.
const INSTANCE: &str = "arn:aws:ec2:us-east-1:111122223333:instance/i-0123456789abcdef0";

/// Returns the id of the session.
pub(crate) async fn play(stage: &Stage, recorder: &mut Recorder, admin: &Client) -> Result<String, Failure> {
    let on_call = stage.log_in(ON_CALL).await?;
    let refused = on_call.request_session(&wish(None), &Call::new()).await.map(drop);
    let refused_as = match &refused {
        // Either layer may be the one that notices.
        Err(error) if error.problem().is_some_and(|problem| problem.code == ProblemCode::InvalidInput) => {
            ProblemCode::InvalidInput
        }
        _ => ProblemCode::Refused,
    };
    recorder.expect_refusal("without an incident id the glass stays whole", refused_as, refused)?;

    let session = active(&on_call, &wish(Some(INCIDENT))).await?;
    let id = session.session_id.clone();
    let ok = session.status == SessionStatus::Active;
    recorder.expect("with one, access is there without anybody's approval", ok, &session.permission_tier)?;
    alert(recorder, &on_call, &id).await?;

    stage.let_pass(FIRST_PART).await?;
    let credentials = wait::credentials(&on_call, &id).await?;
    let terminate = call(&credentials, "ec2:TerminateInstances", INSTANCE, None);
    let answer = stage.anybody().aws_call(&terminate).await?;
    recorder.expect_aws("10 minutes later, credentials do what an incident needs", true, &answer)?;

    stage.let_pass(SECOND_PART).await?;
    let answer = stage.anybody().aws_call(&terminate).await?;
    recorder.expect_aws("past the end the role itself refuses, before anybody cleans up", false, &answer)?;
    let status = admin.session(&id, 0).await?.status;
    let detail = format!("its record still says {status}");
    recorder.expect("nothing of Daypass had to act for that", status == SessionStatus::Active, &detail)?;

    let ended = stage.reconcile(&on_call, &id).await?;
    let gone =
        ended.status == SessionStatus::Expired && ended.end.as_ref().is_some_and(|end| end.role_gone_at.is_some());
    recorder.expect("the reconciler comes by: the role is gone", gone, &format!("the session is {}", ended.status))?;
    let answer = stage.anybody().aws_call(&terminate).await?;
    recorder.expect_aws("and with it the credentials", false, &answer)?;
    let fresh = on_call.credentials(&id).await;
    recorder.expect_refusal("there are no new ones", ProblemCode::WrongState, fresh)?;
    review(stage, recorder, &id).await?;
    Ok(id)
}

/// Somebody else looks at it before the same person may break the glass again.
async fn review(stage: &Stage, recorder: &mut Recorder, id: &str) -> Result<(), Failure> {
    let on_call = stage.log_in(ON_CALL).await?;
    let again = on_call.request_session(&wish(Some("INC-4712")), &Call::new()).await;
    let step = "the next glass stays whole until somebody has looked at this one";
    recorder.expect_refusal(step, ProblemCode::Refused, again)?;
    let own = on_call.close_review(id, "it was all in order, believe me").await;
    recorder.expect_refusal("and not the one who broke it", ProblemCode::Refused, own)?;

    let reviewer = stage.log_in(REVIEWER).await?;
    let open = reviewer.reviews(&ReviewQuery::default()).await?.sessions;
    let ok = open.iter().any(|session| session.session_id == id);
    recorder.expect("the reviewer sees what is to be looked at", ok, &format!("{} open", open.len()))?;
    reviewer.close_review(id, "one instance was terminated, as the incident demanded").await?;
    let session = on_call.request_session(&wish(Some("INC-4712")), &Call::new().waiting(5)).await?;
    let ok = !session.status.is_over();
    recorder.expect("after the review the glass can be broken again", ok, &format!("it is {}", session.status))?;
    on_call.end_session(&session.session_id, None, &Call::new()).await?;
    Ok(())
}

/// The alert must be on record when nobody can have used the access yet.
async fn alert(recorder: &mut Recorder, on_call: &Client, id: &str) -> Result<(), Failure> {
    let session = on_call.session(id, 0).await?;
    let grant = session.alerts.iter().flatten().find(|alert| alert.occasion == "grant");
    let before = |at| session.activated_at.is_some_and(|active| at <= active) && session.credentials_issued == 0;
    let lead = grant.and_then(|alert| Some(session.activated_at?.duration_since(alert.recorded_at).as_millis()));
    let detail = lead.map(|lead| format!("the alert was on record {lead} ms before the role worked"));
    let ok = grant.is_some_and(|alert| before(alert.recorded_at));
    recorder.expect("everybody was alerted before there were credentials", ok, &detail.unwrap_or_default())
}

fn wish(incident: Option<&str>) -> NewSession {
    NewSession {
        project_id: PROJECT.to_owned(),
        account_id: ACCOUNT.to_owned(),
        permission_tier: "break-glass".to_owned(),
        duration_seconds: Some(LENGTH * 60),
        reason: "the site is down, payments fail".to_owned(),
        incident_id: incident.map(str::to_owned),
        delivery: Delivery::Brokered,
    }
}
