//! The first story: a contractor gets exactly as much as was asked for, and not without a second factor.

use daypass_api::{
    AwsCall, Call, Client, CredentialsView, Delivery, NewSession, ProblemCode, SessionStatus, SessionView,
};

use super::recorder::Recorder;
use super::stage::{ACCOUNT, CONTRACTOR, PROJECT, Stage};
use crate::failure::Failure;
use crate::show::time;
use crate::wait;

/// A pass in somebody's hands.
pub(crate) struct Pass {
    /// Its holder.
    pub(crate) holder: Client,
    /// Its id.
    pub(crate) id: String,
    /// Credentials that were issued for it.
    pub(crate) credentials: CredentialsView,
}

/// A project id that would rewrite a policy made by pasting text together.
const HOSTILE_PROJECT: &str = r#"x-*"]},{"Effect":"Allow","Action":"*","Resource":["*"#;

/// An address outside of every allowed network (RFC 5737).
const ELSEWHERE: &str = "203.0.113.9";

pub(crate) async fn play(stage: &Stage, recorder: &mut Recorder) -> Result<Pass, Failure> {
    let password_only = stage.log_in_without_second_factor(CONTRACTOR).await?;
    let refused = password_only.request_session(&wish(PROJECT), &Call::new()).await;
    recorder.expect_refusal("without a second factor the request is refused", ProblemCode::Refused, refused)?;

    let holder = stage.log_in(CONTRACTOR).await?;
    let hostile = holder.request_session(&wish(HOSTILE_PROJECT), &Call::new()).await;
    recorder.expect_refusal(
        "a project id that would rewrite the policy is refused",
        ProblemCode::InvalidInput,
        hostile,
    )?;

    let session = active(&holder, &wish(PROJECT)).await?;
    let ok = session.status == SessionStatus::Active;
    let role = session.role_arn.clone().unwrap_or_default();
    recorder.expect("with one, read-only access is there: a role made for this session alone", ok, &role)?;

    let credentials = wait::credentials(&holder, &session.session_id).await?;
    let detail = format!("{} until {}", credentials.access_key_id, time(credentials.expires_at));
    let short = credentials.expires_at.duration_since(session.requested_at).as_secs() <= 3660;
    recorder.expect("credentials are issued, for an hour at most", short, &detail)?;

    use_them(stage, recorder, &credentials).await?;
    Ok(Pass { holder, id: session.session_id, credentials })
}

async fn use_them(stage: &Stage, recorder: &mut Recorder, with: &CredentialsView) -> Result<(), Failure> {
    let own = "arn:aws:s3:::acme-web-assets/index.html";
    let other = "arn:aws:s3:::zeta-web-assets/index.html";
    for (step, allowed, action, resource, address) in [
        ("they read an object of the project", true, "s3:GetObject", own, None),
        ("they do not write one", false, "s3:PutObject", own, None),
        ("they do not read one of another project", false, "s3:GetObject", other, None),
        ("they do not work from another address", false, "s3:GetObject", own, Some(ELSEWHERE)),
    ] {
        let answer = stage.anybody().aws_call(&call(with, action, resource, address)).await?;
        let step = format!("{step}: {action}");
        recorder.expect_aws(&step, allowed, &answer)?;
    }
    Ok(())
}

/// A call to AWS with these credentials.
pub(crate) fn call(with: &CredentialsView, action: &str, resource: &str, address: Option<&str>) -> AwsCall {
    AwsCall {
        access_key_id: with.access_key_id.clone(),
        secret_access_key: with.secret_access_key.clone(),
        session_token: with.session_token.clone(),
        action: action.to_owned(),
        resource: resource.to_owned(),
        source_ip: address.map(str::to_owned),
    }
}

/// Ask, and wait until the session rests.
pub(crate) async fn active(holder: &Client, wish: &NewSession) -> Result<SessionView, Failure> {
    let session = holder.request_session(wish, &Call::new().waiting(5)).await?;
    Ok(wait::until(holder, &session.session_id, |session| session.status.is_resting()).await?)
}

fn wish(project: &str) -> NewSession {
    NewSession {
        project_id: project.to_owned(),
        account_id: ACCOUNT.to_owned(),
        permission_tier: "read-only".to_owned(),
        duration_seconds: None,
        reason: "look into the failing nightly job".to_owned(),
        incident_id: None,
        delivery: Delivery::Brokered,
    }
}
