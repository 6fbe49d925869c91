//! `GET /v1/sessions`.

use axum::Json;
use axum::extract::State;
use daypass_api::{Problem, SessionPage, SessionQuery};
use daypass_vending::ports::SessionFilter;
use daypass_vending::session::Status;

use super::page_view;
use crate::app::App;
use crate::extract::{Caller, Query};
use crate::problem::{ApiError, Fields};
use crate::routes::page;

/// List sessions
///
/// Newest request first. Who may see everybody's sessions sees them; everybody else sees their own.
#[utoipa::path(
    get, path = "/sessions", tag = "sessions", params(SessionQuery), security(("bearer" = [])),
    responses(
        (status = 200, description = "One page", body = SessionPage),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    Caller(who): Caller,
    Query(query): Query<SessionQuery>,
) -> Result<Json<SessionPage>, ApiError> {
    let filter = filter(&query)?;
    let page = app.vending.sessions(&who, filter, &page(query.cursor, query.limit)?).await?;
    Ok(Json(page_view(&app, page)))
}

fn filter(query: &SessionQuery) -> Result<SessionFilter, ApiError> {
    let mut fields = Fields::default();
    let mut statuses = Vec::new();
    for name in query.status.iter().flat_map(|names| names.split(',')) {
        match Status::ALL.iter().find(|status| status.as_str() == name) {
            Some(status) => statuses.push(*status),
            None => {
                let known: Vec<_> = Status::ALL.iter().map(|status| status.as_str()).collect();
                fields.wrong("status", format!("must be of {}, separated by commas", known.join(", ")));
                break;
            }
        }
    }
    let filter = SessionFilter {
        user: fields.parse_optional("user", query.user.as_deref()),
        project: fields.parse_optional("project", query.project.as_deref()),
        account: fields.parse_optional("account", query.account.as_deref()),
        tier: fields.parse_optional("tier", query.tier.as_deref()),
        statuses,
        owing_review: false,
    };
    fields.finish(Some(filter))
}
