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
    text(&mut fields, "action", &body.action, LONGEST_ACTION);
    if body.action.parse::<daypass_policy::Action>().is_err() {
        fields.wrong("action", "must be a service and an action, such as `s3:GetObject`");
    }
    text(&mut fields, "resource", &body.resource, LONGEST_TEXT);
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
    text(fields, "context", key, LONGEST_ACTION);
    match value {
        ContextValues::One(value) => {
            text(fields, "context", &value, LONGEST_TEXT);
            ContextValue::Single(value)
        }
        ContextValues::Many(values) => {
            if values.len() > MOST_VALUES {
                fields.wrong("context", format!("must have at most {MOST_VALUES} values for a key"));
            }
            values.iter().for_each(|value| text(fields, "context", value, LONGEST_TEXT));
            ContextValue::List(values)
        }
    }
}

fn text(fields: &mut Fields, field: &str, text: &str, longest: usize) {
    if !(1..=longest).contains(&text.len()) || text.chars().any(is_hidden) {
        fields.wrong(field, format!("must be 1 to {longest} bytes of text without control characters"));
    }
}

/// Control characters, and the invisible ones that change how a line reads.
fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
