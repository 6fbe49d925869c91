//! Sessions: ask for one, look at them, use one, end one.

pub(crate) mod approve;
pub(crate) mod check;
pub(crate) mod create;
pub(crate) mod credentials;
pub(crate) mod deny;
pub(crate) mod end;
pub(crate) mod entry;
pub(crate) mod extend;
pub(crate) mod list;
pub(crate) mod review;
pub(crate) mod show;

use std::time::Duration;

use daypass_api::{SessionPage, SessionView};
use daypass_vending::ports::Page;
use daypass_vending::saga::SagaError;
use daypass_vending::session::{Session, State};
use tokio::time::Instant;

use crate::app::App;
use crate::problem::ApiError;
use crate::views;

/// How often a session that somebody else carries on is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// The session as the wire shows it now.
pub(crate) fn view(app: &App, session: &Session) -> SessionView {
    views::session(session, app.vending.settings(), app.clock.now())
}

/// A page of sessions as the wire shows it now.
pub(crate) fn page_view(app: &App, page: Page<Session>) -> SessionPage {
    let sessions = page.items.iter().map(|session| view(app, session)).collect();
    SessionPage { sessions, next_cursor: page.next }
}

/// Have a session carried on, and wait up to `patience` for it to come to rest. The work goes on in any case.
async fn carried_on(app: &App, session: Session, patience: Duration) -> Session {
    if is_resting(&session) {
        return session;
    }
    let carried = app.work.carry_on(session.id(), patience);
    if patience.is_zero() {
        return session;
    }
    let until = Instant::now() + patience;
    match tokio::time::timeout_at(until, carried).await {
        Ok(Ok(Ok(after))) => after,
        // The reconciler or another server was first: it is theirs to finish, and ours to wait for.
        Ok(Ok(Err(SagaError::Overtaken))) => {
            let left = until.duration_since(Instant::now());
            rested(app, session.clone(), left).await.unwrap_or(session)
        }
        // Out of patience, or left to the reconciler: whoever asks later sees what became of it.
        Ok(Ok(Err(_)) | Err(_)) | Err(_) => session,
    }
}

/// Wait up to `patience` for a session that others carry on to come to rest. The caller was allowed to see it just now, so
/// looking again asks the store alone and leaves no further trace in the trail.
async fn rested(app: &App, mut session: Session, patience: Duration) -> Result<Session, ApiError> {
    let (id, until) = (session.id(), Instant::now() + patience);
    while !is_resting(&session) && Instant::now() < until {
        tokio::time::sleep_until(until.min(Instant::now() + LOOK_EVERY)).await;
        session = app.store.session(&id).await?.unwrap_or(session);
    }
    Ok(session)
}

/// Whether nothing more happens to a session by itself for now.
fn is_resting(session: &Session) -> bool {
    let is_extending = matches!(session.state(), State::Active(active) if active.extension.is_some());
    views::status(session.status()).is_resting() && !is_extending
}
