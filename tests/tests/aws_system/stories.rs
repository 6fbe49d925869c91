//! What people do with Daypass, over HTTP, with credentials tried for real.

use daypass_api::{
    Call, Client, ClientError, CredentialsView, Delivery, EndCause, NewSession, ProblemCode, SessionQuery,
    SessionStatus, SessionView,
};
use daypass_vending::ids::AccountId;
use daypass_vending::ports::Clock;
use jiff::SignedDuration;

use crate::deployment::Deployment;
use crate::hand::{Behind, Hand, HandOptions};
use crate::holder::Tried;
use crate::people::PROJECT;

const EVERYBODY: &[&str] = &["carla", "olga", "ada", "adam"];

/// What is asked for over HTTP.
pub(crate) fn wish(account: &AccountId, tier: &str) -> NewSession {
    NewSession {
        project_id: PROJECT.to_owned(),
        account_id: account.to_string(),
        permission_tier: tier.to_owned(),
        duration_seconds: Some(3600),
        reason: "look into the nightly job".to_owned(),
        incident_id: (tier == "break-glass").then(|| "INC-4711".to_owned()),
        delivery: Delivery::Brokered,
    }
}

/// A session that works.
pub(crate) async fn active(client: &Client, wish: &NewSession) -> (SessionView, CredentialsView) {
    let session = client.request_session(wish, &Call::new().waiting(30)).await.unwrap();
    assert_eq!(session.status, SessionStatus::Active, "{session:?}");
    let credentials = client.credentials(&session.session_id).await.unwrap();
    (session, credentials)
}

fn code_of<T: std::fmt::Debug>(answer: Result<T, ClientError>) -> ProblemCode {
    answer.unwrap_err().problem().expect("a problem").code
}

#[tokio::test]
async fn a_contractor_asks_works_prolongs_and_gives_back() {
    let at = Deployment::new(1, EVERYBODY).await;
    let account = at.account();
    at.buckets(account).await;
    let (server, carla) = (at.start().await, at.client("carla"));
    let (session, credentials) = active(&carla, &wish(account, "read-only")).await;
    let holder = at.holder(&credentials, account).await;
    assert_eq!(holder.read().await, Tried::Works, "what the tier is for");
    assert!(holder.write().await.is_refused(), "reading only");
    assert!(holder.read_others().await.is_refused(), "another project's");
    assert!(at.thief(&credentials, account).await.read().await.is_refused(), "from elsewhere");

    let before = session.expires_at.unwrap();
    let extended = carla.extend(&session.session_id, 1800, &Call::new().waiting(30)).await.unwrap();
    assert_eq!(extended.expires_at.unwrap().duration_since(before), SignedDuration::from_mins(30));
    assert_eq!(holder.read().await, Tried::Works, "the same credentials");

    let released = carla.end_session(&session.session_id, None, &Call::new().waiting(30)).await.unwrap();
    assert_eq!((released.status, released.end.unwrap().cause), (SessionStatus::Revoked, EndCause::Released));
    assert!(holder.read().await.is_refused(), "dead after release");
    assert_eq!(code_of(carla.credentials(&session.session_id).await), ProblemCode::WrongState);
    server.stop().await;
}

#[tokio::test]
async fn an_administrator_kills_and_sees_that_it_is_dead() {
    let at = Deployment::new(1, EVERYBODY).await;
    let account = at.account();
    at.buckets(account).await;
    let (server, carla, ada) = (at.start().await, at.client("carla"), at.client("ada"));
    let (session, credentials) = active(&carla, &wish(account, "read-only")).await;
    let (bystander, others) = active(&carla, &wish(account, "read-only")).await;
    let holder = at.holder(&credentials, account).await;
    assert_eq!(holder.read().await, Tried::Works);

    let reason = "the laptop was lost";
    let killed = ada.end_session(&session.session_id, Some(reason), &Call::new().waiting(30)).await.unwrap();
    assert_eq!(killed.status, SessionStatus::Revoked);
    assert!(holder.read().await.is_refused(), "dead");
    let end = killed.end.unwrap();
    assert_eq!((end.cause, end.by.as_deref(), end.reason.as_deref()), (EndCause::Revoked, Some("ada"), Some(reason)));
    let steps = [Some(end.started_at), end.denied_at, end.trust_closed_at, end.refusal_seen_at, end.role_gone_at];
    assert!(steps.iter().all(Option::is_some), "each step has its time, the seen refusal too: {end:?}");
    assert!(steps.is_sorted(), "{end:?}");
    assert_eq!(at.holder(&others, account).await.read().await, Tried::Works, "nobody else is hurt");

    let live = SessionQuery { status: Some("active".to_owned()), ..SessionQuery::default() };
    let live: Vec<_> = ada.sessions(&live).await.unwrap().sessions.into_iter().map(|live| live.session_id).collect();
    assert_eq!(live, [bystander.session_id]);
    assert_eq!(
        code_of(carla.end_session("00000000-0000-4000-8000-000000000000", None, &Call::new()).await),
        ProblemCode::NotFound
    );
    for reader in ["ada", "adam"] {
        let report = at.client(reader).verify_audit().await.unwrap();
        assert!(report.intact && report.findings.is_empty() && report.events > 6, "{report:?}");
    }
    assert_eq!(code_of(carla.verify_audit().await), ProblemCode::Refused);
    server.stop().await;
}

/// The review that has to follow comes with approvals; what is there to be reviewed is asked for here.
#[tokio::test]
async fn an_engineer_on_call_breaks_the_glass_and_everybody_is_told() {
    let at = Deployment::new(1, EVERYBODY).await;
    let account = at.account();
    at.buckets(account).await;
    let (server, olga, ada) = (at.start().await, at.client("olga"), at.client("ada"));
    let without = NewSession { incident_id: None, ..wish(account, "break-glass") };
    assert_eq!(code_of(olga.request_session(&without, &Call::new()).await), ProblemCode::InvalidInput);
    let (session, credentials) = active(&olga, &wish(account, "break-glass")).await;
    let holder = at.holder(&credentials, account).await;
    assert_eq!(holder.write().await, Tried::Works, "access now");
    olga.end_session(&session.session_id, None, &Call::new().waiting(30)).await.unwrap();
    assert!(holder.write().await.is_refused(), "dead after release");
    // What is told while the server stops is told, too.
    server.stop().await;

    let told: Vec<_> = at.inbox.messages().await.iter().map(Told::of).collect();
    assert!(told.iter().all(|told| told.session == session.session_id && told.user == "olga"), "{told:?}");
    let mut occasions: Vec<_> = told.iter().map(|told| told.occasion.as_str()).collect();
    occasions.dedup();
    assert_eq!(occasions, ["grant", "first-credentials", "end"], "in this order");

    let server = at.start().await;
    let reviewed = ada.session(&session.session_id, 0).await.unwrap();
    assert_eq!(reviewed.incident_id.as_deref(), Some("INC-4711"));
    assert!(reviewed.alerts.unwrap().iter().all(|alert| alert.delivered_at.is_some()));
    let query = daypass_api::AuditQuery { session: Some(session.session_id), ..Default::default() };
    let events = ada.audit(&query).await.unwrap().events;
    let actions: Vec<_> = events.iter().map(|event| event.action.as_str()).collect();
    for action in ["session.grant", "session.activate", "credentials.issue", "session.revoke", "session.revoked"] {
        assert!(actions.contains(&action), "{action} in {actions:?}");
    }
    server.stop().await;
}

/// What a message says.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) occasion: String,
    pub(crate) session: String,
    pub(crate) user: String,
}

impl Told {
    pub(crate) fn of(message: &serde_json::Value) -> Self {
        let body: serde_json::Value = serde_json::from_str(message["Message"].as_str().unwrap()).unwrap();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let occasion = text(&message["MessageAttributes"]["occasion"]["Value"]);
        Self { occasion, session: text(&body["session"]), user: text(&body["facts"]["user"]) }
    }
}

/// The machine's clock cannot be moved, and no session is shorter than a quarter of an hour. So a Daypass whose clock is late
/// grants the session in the same records, and it ends a few seconds later: the server and AWS go by the right time.
#[tokio::test]
async fn credentials_die_at_the_end_by_themselves_and_then_the_server_cleans_up() {
    const LEFT: SignedDuration = SignedDuration::from_secs(8);
    let at = Deployment::new(1, EVERYBODY).await;
    let account = at.account();
    at.buckets(account).await;
    let (mut server, carla) = (at.launch(), at.client("carla"));
    server.until_ready().await;
    let late = Behind(SignedDuration::from_secs(900) - LEFT);
    let past = at.hand(HandOptions::with_clock(std::sync::Arc::new(late))).await;
    let session = past.active("carla", Hand::wish(account, "read-only", 900)).await;
    let (id, end) = (session.id().to_string(), session.expires_at().unwrap());
    let credentials = carla.credentials(&id).await.unwrap();
    let holder = at.holder(&credentials, account).await;
    assert_eq!(holder.read().await, Tried::Works);
    // Nothing of ours is there to end it.
    server.kill().await;
    let clock = daypass_embedded::clock::SystemClock;
    loop {
        let before = clock.now();
        match holder.read().await {
            Tried::Works => assert!(before < end, "alive at {before}, past {end}"),
            refused => {
                assert!(refused.is_refused() && clock.now() >= end, "{refused:?} before {end}");
                break;
            }
        }
    }
    let server = at.start().await;
    let ended = loop {
        let found = carla.session(&id, 5).await.unwrap();
        if found.status.is_over() {
            break found;
        }
    };
    assert_eq!((ended.status, ended.end.unwrap().cause), (SessionStatus::Expired, EndCause::Expired));
    assert!(past.role_of(&session).await.is_none());
    assert!(holder.read().await.is_refused());
    server.stop().await;
}
