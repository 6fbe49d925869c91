//! What must be so once a killed server runs again, seen through HTTP and in its records.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use daypass_api::{
    AwsCall, Call, Client, ClientError, CredentialsView, ProblemCode, Revocation, SessionQuery, SessionStatus,
    SessionView,
};
use daypass_embedded::aws::{AwsOptions, Broker, SimulatedAws};
use daypass_embedded::clock::SystemClock;
use daypass_embedded::database::Database;
use daypass_embedded::entropy::SystemEntropy;
use daypass_embedded::store::SqliteStore;
use daypass_vending::plan::{KILL_POLICY, ROLE_PATH, SESSION_POLICY};
use daypass_vending::ports::{Cloud, PageRequest, RoleState, SessionFilter, SessionStore};
use daypass_vending::session::{Session, Status};

use crate::load::Ledger;
use crate::program::Installation;

/// How long whatever is unfinished may take: a kill waits out its window of a second, and the reconciler comes every ten.
const REST: Duration = Duration::from_secs(25);

const ACCOUNTS: [&str; 2] = ["111122223333", "444455556666"];

/// Nothing stays unfinished.
pub(crate) async fn comes_to_rest(ada: &Client, about: &str) {
    let started = Instant::now();
    loop {
        let unfinished = sessions(ada, Some("provisioning,revoking,expiring,stuck")).await;
        if unfinished.is_empty() {
            return;
        }
        assert!(started.elapsed() < REST, "{about}: {unfinished:#?}");
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
}

/// Every session there is comes to be in this state.
pub(crate) async fn are_all(ada: &Client, status: SessionStatus, about: &str) {
    let started = Instant::now();
    loop {
        let others: Vec<_> = sessions(ada, None).await.into_values().filter(|found| found.status != status).collect();
        if others.is_empty() {
            return;
        }
        assert!(started.elapsed() < REST, "{about}: {others:#?}");
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
}

/// Whatever was answered is so.
pub(crate) async fn nothing_is_lost(ada: &Client, ledger: &Ledger, about: &str) {
    let found = sessions(ada, None).await;
    let report = patiently(|| ada.verify_audit()).await;
    assert!(report.intact && report.findings.is_empty(), "{about}: {report:?}");
    let entries = ledger.entries();
    for (id, owner) in &entries.accepted {
        let session = found.get(id).unwrap_or_else(|| panic!("{about}: session {id} of {owner} is lost"));
        assert_eq!(session.user_id, *owner, "{about}");
    }
    for id in &entries.ended {
        let session = found.get(id).unwrap_or_else(|| panic!("{about}: session {id} is lost"));
        assert!(session.status.is_over(), "{about}: the end of {id} was answered, and it is {}", session.status);
    }
}

/// Credentials of live sessions work, all others are refused.
pub(crate) async fn credentials_work_exactly_while_sessions_live(ada: &Client, ledger: &Ledger, about: &str) {
    let live = sessions(ada, Some("active")).await;
    let credentials = std::mem::take(&mut ledger.entries().credentials);
    let mut alive = Vec::new();
    for credentials in credentials {
        let is_live = live.contains_key(&credentials.session_id);
        let id = &credentials.session_id;
        assert_eq!(works(ada, &credentials).await, is_live, "{about}: credentials of {id}, live: {is_live}");
        if is_live {
            alive.push(credentials);
        }
    }
    // What was seen to be dead stays so: its role was deleted.
    ledger.entries().credentials = alive;
}

/// An administrator ends everything, and then there is nothing.
pub(crate) async fn everything_can_be_ended(ada: &Client) {
    let revocation = Revocation { all: true, reason: "the day is over".to_owned(), ..Revocation::default() };
    let call = Call::new().waiting(30);
    patiently(|| ada.revoke_many(&revocation, &call)).await;
    comes_to_rest(ada, "after ending everything").await;
    let all = sessions(ada, None).await;
    assert!(all.values().all(|session| session.status.is_over() && session.status != SessionStatus::Failed));
}

/// Ask again for as long as the server says that this was too often: what was spent before a restart is spent after it.
async fn patiently<T, F: Future<Output = Result<T, ClientError>>>(ask: impl Fn() -> F) -> T {
    loop {
        match ask().await {
            Ok(answer) => return answer,
            Err(ClientError::Problem { problem, retry_after_seconds }) if problem.code == ProblemCode::RateLimited => {
                tokio::time::sleep(Duration::from_secs(retry_after_seconds.unwrap_or(1))).await;
            }
            Err(error) => panic!("{error}"),
        }
    }
}

async fn works(client: &Client, credentials: &CredentialsView) -> bool {
    let call = AwsCall {
        access_key_id: credentials.access_key_id.clone(),
        secret_access_key: credentials.secret_access_key.clone(),
        session_token: credentials.session_token.clone(),
        action: "ec2:DescribeRegions".to_owned(),
        resource: "*".to_owned(),
        source_ip: None,
    };
    client.aws_call(&call).await.unwrap().allowed
}

async fn sessions(ada: &Client, status: Option<&str>) -> BTreeMap<String, SessionView> {
    let (mut found, mut cursor) = (BTreeMap::new(), None);
    loop {
        let status = status.map(str::to_owned);
        let query = SessionQuery { status, cursor, limit: Some(200), ..SessionQuery::default() };
        let page = patiently(|| ada.sessions(&query)).await;
        found.extend(page.sessions.into_iter().map(|session| (session.session_id.clone(), session)));
        match page.next_cursor {
            Some(next) => cursor = Some(next),
            None => return found,
        }
    }
}

/// The records and the simulated accounts of a server that does not run.
pub(crate) struct Records {
    store: SqliteStore,
    aws: SimulatedAws,
}

impl Records {
    pub(crate) async fn open(installation: &Installation) -> Self {
        let database = Database::open(&installation.data().join("daypass.sqlite")).unwrap();
        let broker = Broker::new("arn:aws:iam::111122223333:role/daypass-broker").unwrap();
        let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
        let aws = SimulatedAws::new(database.clone(), clock, entropy, AwsOptions::new(broker));
        Self { store: SqliteStore::new(database), aws }
    }

    /// The state of a session.
    pub(crate) async fn status(&self, id: &str) -> &'static str {
        self.store.session(&id.parse().unwrap()).await.unwrap().expect("the session is lost").status().as_str()
    }

    /// No role without a live session, no live session without its role, and each live role is as it was made.
    pub(crate) async fn assert_roles_are_those_of_live_sessions(&self, about: &str) {
        let sessions = self.sessions().await;
        let unfinished: Vec<_> = sessions.iter().filter(|session| is_unfinished(session)).collect();
        assert!(unfinished.is_empty(), "{about}: {unfinished:#?}");
        let live: BTreeSet<String> =
            sessions.iter().filter(|s| s.status() == Status::Active).map(|s| s.role().to_string()).collect();
        let roles = self.roles().await;
        let names: BTreeSet<String> = roles.iter().map(|role| role.name.to_string()).collect();
        assert_eq!(names, live, "{about}: roles in AWS against live sessions");
        for role in roles {
            assert!(role.boundary_arn.is_some(), "{about}: {role:?}");
            let policies: Vec<_> = role.inline_policies.keys().map(String::as_str).collect();
            assert_eq!(policies, [SESSION_POLICY], "{about}: a live role is not denied by `{KILL_POLICY}`");
        }
    }

    /// Every role in all accounts.
    pub(crate) async fn roles(&self) -> Vec<RoleState> {
        let mut roles = Vec::new();
        for account in ACCOUNTS {
            let (account, mut page) = (account.parse().unwrap(), None);
            loop {
                let listed = self.aws.roles(&account, ROLE_PATH, page).await.unwrap();
                for role in listed.roles {
                    roles.extend(self.aws.role(&account, &role.name).await.unwrap());
                }
                match listed.next {
                    Some(next) => page = Some(next),
                    None => break,
                }
            }
        }
        roles
    }

    async fn sessions(&self) -> Vec<Session> {
        let (mut sessions, mut cursor) = (Vec::new(), None);
        loop {
            let request = PageRequest { cursor, limit: 500 };
            let page = self.store.sessions(&SessionFilter::default(), &request).await.unwrap();
            sessions.extend(page.items);
            match page.next {
                Some(next) => cursor = Some(next),
                None => return sessions,
            }
        }
    }
}

fn is_unfinished(session: &Session) -> bool {
    matches!(session.status(), Status::Provisioning | Status::Revoking | Status::Expiring | Status::Stuck)
}
