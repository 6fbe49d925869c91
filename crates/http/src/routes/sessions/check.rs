//! `POST /v1/sessions/{session_id}/check`.

use axum::extract::State;
use daypass_api::{AccessAnswer, AccessCheck, ContextValues, Problem};
use daypass_policy::ContextValue;
use daypass_vending::service;

use crate::app::App;
use crate::extract::{Caller, Json, SessionPath};
use crate::problem::{ApiError, Fields};
use crate::views;

/// Bounds of a question. AWS names and ARNs are shorter.
const LONGEST_ACTION: usize = 128;
const LONGEST_TEXT: usize = 2048;
const MOST_KEYS: usize = 50;
const MOST_VALUES: usize = 50;

/// Ask what a session may do
///
/// Answers as AWS would for a call with the session's credentials, with the deciding statements. Nothing is called.
#[utoipa::path(
    post, path = "/sessions/{session_id}/check", tag = "sessions", request_body = AccessCheck,
    params(("session_id" = String, Path, description = "The session")), security(("bearer" = [])),
    responses(
        (status = 200, description = "The answer", body = AccessAnswer),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn check(
    State(app): State<App>,
    Caller(who): Caller,
    SessionPath(id): SessionPath,
    body: Json<AccessCheck>,
) -> Result<axum::Json<AccessAnswer>, ApiError> {
    let answer = app.vending.check_access(&who, id, parsed(body.value)?).await?;
    Ok(axum::Json(views::access(answer.as_ref())))
}

fn parsed(body: AccessCheck) -> Result<service::AccessCheck, ApiError> {
    let mut fields = Fields::default();
    fields.text("action", &body.action, LONGEST_ACTION);
    if body.action.parse::<daypass_policy::Action>().is_err() {
        fields.wrong("action", "must be a service and an action, such as `s3:GetObject`");
    }
    fields.text("resource", &body.resource, LONGEST_TEXT);
    let source_ip = body.source_ip.as_deref().and_then(|address| {
        address.parse().map_err(|_| fields.wrong("source_ip", "must be an IPv4 or IPv6 address")).ok()
    });
    if body.context.len() > MOST_KEYS {
        fields.wrong("context", format!("must have at most {MOST_KEYS} keys"));
    }
    let context = body.context.into_iter().take(MOST_KEYS).map(|(key, value)| {
        let value = context_value(&mut fields, &key, value);
        (key, value)
    });
    let context = context.collect();
    let check = service::AccessCheck { action: body.action, resource: body.resource, at: body.at, source_ip, context };
    fields.finish(Some(check))
}

fn context_value(fields: &mut Fields, key: &str, value: ContextValues) -> ContextValue {
    fields.text("context", key, LONGEST_ACTION);
    match value {
        ContextValues::One(value) => {
            fields.text("context", &value, LONGEST_TEXT);
            ContextValue::Single(value)
        }
        ContextValues::Many(values) => {
            if values.len() > MOST_VALUES {
                fields.wrong("context", format!("must have at most {MOST_VALUES} values for a key"));
            }
            values.iter().for_each(|value| fields.text("context", value, LONGEST_TEXT));
            ContextValue::List(values)
        }
    }
}
