//! The second story: the kill switch, measured from the order to the first refused call.

use std::time::{Duration, Instant};

use daypass_api::{Call, Client, ProblemCode, Revocation, SessionQuery, SessionStatus};

use super::contractor::{Pass, call};
use super::recorder::Recorder;
use super::stage::{ADMINISTRATOR, OTHER_CONTRACTOR, Stage};
use crate::duration::measured;
use crate::failure::Failure;
use crate::wait;

/// How long credentials may stay alive after the order before the demo gives up waiting.
const PATIENCE: Duration = Duration::from_secs(5);

const OWN: &str = "arn:aws:s3:::acme-web-assets/index.html";

/// Returns the administrator, logged in.
pub(crate) async fn play(stage: &Stage, recorder: &mut Recorder, pass: &Pass) -> Result<Client, Failure> {
    strangers(stage, recorder, pass).await?;
    let admin = stage.log_in(ADMINISTRATOR).await?;
    let page = admin.sessions(&SessionQuery { status: Some("active".to_owned()), ..SessionQuery::default() }).await?;
    let seen = page.sessions.iter().find(|session| session.session_id == pass.id);
    let detail = seen.map(|session| {
        format!(
            "{} has {} on {} because: {}",
            session.user_id, session.permission_tier, session.project_id, session.reason
        )
    });
    recorder.expect(
        "the administrator sees the pass, and why it was given",
        seen.is_some(),
        &detail.unwrap_or_default(),
    )?;

    let died = kill(stage, &admin, pass).await?;
    let step = "revoked; the contractor's live credentials are dead after";
    recorder.expect(&format!("{step} {}", died.map_or_else(|| "never".to_owned(), measured)), died.is_some(), "")?;

    let session = wait::until(&admin, &pass.id, |session| session.status.is_resting()).await?;
    recorder.expect(
        "the server verified it too, step by step",
        session.status == SessionStatus::Revoked,
        &crate::show::milestones_of(&session),
    )?;

    let again = stage.anybody().aws_call(&call(&pass.credentials, "s3:GetObject", OWN, None)).await?;
    recorder.expect_aws("the same credentials stay dead", false, &again)?;
    let fresh = pass.holder.credentials(&pass.id).await;
    recorder.expect_refusal("there are no new ones", ProblemCode::WrongState, fresh)?;
    Ok(admin)
}

/// People without a say neither see the pass nor can do anything about others.
async fn strangers(stage: &Stage, recorder: &mut Recorder, pass: &Pass) -> Result<(), Failure> {
    let stranger = stage.log_in(OTHER_CONTRACTOR).await?;
    let page = stranger.sessions(&SessionQuery::default()).await?;
    let hidden = !page.sessions.iter().any(|session| session.session_id == pass.id);
    recorder.expect("another contractor does not see it in the list", hidden, "")?;
    let ended = stranger.end_session(&pass.id, Some("I would like it to be gone"), &Call::new()).await;
    recorder.expect_refusal("nor can end it, nor learn that it exists", ProblemCode::NotFound, ended)?;
    let everything = Revocation { all: true, reason: "I want to be alone here".to_owned(), ..Revocation::default() };
    let ended = pass.holder.revoke_many(&everything, &Call::new()).await;
    recorder.expect_refusal("the contractor cannot end everybody's passes", ProblemCode::Refused, ended)
}

/// Give the order, and call AWS with the pass's credentials until it refuses: how long that took, if it came to that.
async fn kill(stage: &Stage, admin: &Client, pass: &Pass) -> Result<Option<Duration>, Failure> {
    let ordered = Instant::now();
    let once = Call::new();
    let order = admin.end_session(&pass.id, Some("the laptop was stolen"), &once);
    let refusal = async {
        while ordered.elapsed() < PATIENCE {
            let answer = stage.anybody().aws_call(&call(&pass.credentials, "s3:GetObject", OWN, None)).await?;
            if !answer.allowed {
                return Ok(Some(ordered.elapsed()));
            }
        }
        Ok::<_, Failure>(None)
    };
    let (order, refusal) = tokio::join!(order, refusal);
    order?;
    refusal
}
