//! Who may call what: every route, as everybody. The snapshot is reviewed like code; a change of it is a change of the
//! rules.

use std::collections::BTreeSet;

use daypass_http::local::Tokens;
use daypass_identity::{EmergencyKey, GitHubActions, IssuerSettings, KeySource, Kind, Sources};
use jsonwebtoken::{Algorithm, Header};
use serde_json::{Value, json};

use crate::support::{
    ADA, AUDIENCE, CARL, CARLA, OLGA, Person, Server, issuer, public_jwk, public_keys, request, sign, wish,
};

/// Dora's requests for admin wait for one of the platform's leads.
const DORA: Person = Person { user: "dora", groups: &["asks-for-admin", "acme-web"], has_mfa: true };

const SHIPPED: &str = include_str!("../../../entitlements/policies/default.cedar");

/// What companies add to the shipped rules: an approval, and the deployments of a repository, as `default.cedar` has it in a
/// comment.
const ADDED: &str = r#"
@id("admin-on-approval")
@approvals("1")
@approvers("platform-leads")
permit (principal is User in Group::"asks-for-admin", action == Action::"RequestSession", resource)
when { context.tier == Tier::"admin" };

@id("acme-web-deploys")
@max_hours("1")
permit (principal is Workload, action == Action::"RequestSession", resource == Project::"acme-web")
when
{
  principal.repository == "acme/web" && principal.reference == "refs/heads/main" && context.tier == Tier::"developer"
};
"#;

/// Who calls.
#[derive(Clone, Copy)]
enum Caller {
    Nobody,
    Person(Person),
    /// Olga, who signs with a key of hers because the identity provider is down.
    EmergencyKey,
    /// A job of GitHub Actions.
    Job,
}

/// Whose session a route is about. It stands in the path.
const ACTIVE: &str = "{id}";
const PENDING: &str = "{pending}";
const EMERGENCY: &str = "{emergency}";

/// Every route with a request that is right for the session it is about: Carla's, which works; Dora's, which waits for an
/// approval; or Olga's emergency, which is over and waits for a review.
fn routes() -> Vec<(&'static str, String, Option<Value>)> {
    let session = |suffix: &str| format!("/v1/sessions/{ACTIVE}{suffix}");
    let pending = |suffix: &str| format!("/v1/sessions/{PENDING}{suffix}");
    let reason = json!({"reason": "the contract has ended"});
    vec![
        ("GET", "/healthz".to_owned(), None),
        ("GET", "/readyz".to_owned(), None),
        ("GET", "/metrics".to_owned(), None),
        ("GET", "/openapi.json".to_owned(), None),
        ("GET", "/docs/".to_owned(), None),
        ("GET", "/v1/login".to_owned(), None),
        ("GET", "/v1/whoami".to_owned(), None),
        ("GET", "/v1/tiers".to_owned(), None),
        ("POST", "/v1/sessions".to_owned(), Some(for_an_hour("read-only"))),
        ("POST", "/v1/sessions".to_owned(), Some(for_an_hour("developer"))),
        ("POST", "/v1/sessions".to_owned(), Some(for_an_hour("admin"))),
        ("POST", "/v1/sessions".to_owned(), Some(for_an_hour("break-glass"))),
        ("POST", "/v1/explain".to_owned(), Some(without_reason("developer"))),
        ("POST", "/v1/explain".to_owned(), Some(without_reason("break-glass"))),
        ("GET", "/v1/sessions".to_owned(), None),
        ("GET", "/v1/sessions?user=carla".to_owned(), None),
        ("GET", session(""), None),
        ("POST", session("/check"), Some(json!({"action": "s3:GetObject", "resource": "*"}))),
        ("POST", session("/credentials"), None),
        ("POST", session("/entry"), None),
        ("POST", session("/extend"), Some(json!({"seconds": 900}))),
        ("DELETE", session(""), Some(reason.clone())),
        ("GET", pending(""), None),
        ("POST", pending("/approve"), Some(json!({}))),
        ("POST", pending("/deny"), Some(reason.clone())),
        ("DELETE", pending(""), Some(reason)),
        ("GET", "/v1/reviews".to_owned(), None),
        ("GET", format!("/v1/sessions/{EMERGENCY}"), None),
        ("POST", format!("/v1/sessions/{EMERGENCY}/review"), Some(json!({"findings": "as the runbook says"}))),
        ("GET", "/v1/capacity".to_owned(), None),
        ("GET", "/v1/audit".to_owned(), None),
        ("GET", "/v1/audit/verify".to_owned(), None),
        ("POST", "/v1/revocations".to_owned(), Some(json!({"all": true, "reason": "incident INC-4711"}))),
    ]
}

/// A wish of as many hours as a job may have.
fn for_an_hour(tier: &str) -> Value {
    let mut wish = wish(tier);
    wish["duration_seconds"] = json!(3600);
    wish
}

/// The same wish as a dry run has it.
fn without_reason(tier: &str) -> Value {
    let mut wish = for_an_hour(tier);
    wish.as_object_mut().unwrap().remove("reason");
    wish
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_answers_everybody_as_reviewed() {
    let of_group = |user, groups| Caller::Person(Person { user, groups, has_mfa: true });
    let callers = [
        ("nobody", Caller::Nobody),
        ("holder", Caller::Person(CARLA)),
        ("no-mfa", Caller::Person(Person { has_mfa: false, ..CARLA })),
        ("other", Caller::Person(CARL)),
        ("on-call", Caller::Person(OLGA)),
        ("key", Caller::EmergencyKey),
        ("job", Caller::Job),
        ("asker", Caller::Person(DORA)),
        ("approver", of_group("lea", &["platform-leads"])),
        ("reviewer", of_group("rita", &["break-glass-reviewers"])),
        ("auditor", of_group("audrey", &["auditors"])),
        ("admin", Caller::Person(ADA)),
        ("admin-no-mfa", Caller::Person(Person { has_mfa: false, ..ADA })),
    ];
    let heads: String = callers.iter().map(|(name, _)| format!(" {name:>12}")).collect();
    let mut lines = vec![format!("{:42}{heads}", "")];
    for place in 0..routes().len() {
        // Everybody meets a server of their own, so that no call depends on another.
        let cells = callers.map(|(_, caller)| tokio::spawn(cell(place, caller)));
        let mut line = String::new();
        for cell in cells {
            let (route, said) = cell.await.unwrap();
            if line.is_empty() {
                line = format!("{route:42}");
            }
            line.push_str(&format!(" {said:>12}"));
        }
        lines.push(line);
    }
    insta::assert_snapshot!(lines.join("\n"));
}

/// The name of a route, and what somebody is told there.
async fn cell(place: usize, caller: Caller) -> (String, String) {
    let server = server().await;
    let active = server.active(CARLA, "read-only").await;
    let (method, template, mut body) = routes().swap_remove(place);
    let mut path = template.replace(ACTIVE, &active);
    if path.contains(PENDING) {
        let pending = server.ask(DORA, "POST", "/v1/sessions", Some(wish("admin"))).await.json();
        path = path.replace(PENDING, pending["session_id"].as_str().unwrap());
        if path.ends_with("/approve") {
            body = Some(json!({"request_hash": pending["approval"]["request_hash"]}));
        }
    }
    if path.contains(EMERGENCY) || path.ends_with("/reviews") {
        path = path.replace(EMERGENCY, &emergency_that_is_over(&server).await);
    }
    let tier = body.as_ref().and_then(|body| body["permission_tier"].as_str()).unwrap_or_default().to_owned();
    let token = caller.token(&server);
    let answer = server.send(request(token.as_deref(), method, &path, body)).await;
    let said = serde_json::from_slice::<Value>(&answer.body).unwrap_or_default();
    let seen = said["sessions"].as_array().map(|sessions| format!(" sees {}", sessions.len()));
    let granted = said["granted"].as_bool().map(|granted| if granted { " yes" } else { " no" });
    let waits = (said["status"] == "pending_approval").then(|| " waits".to_owned());
    let seen = seen.or(granted.map(str::to_owned)).or(waits);
    (format!("{method:6} {template} {tier}"), format!("{}{}", answer.status.as_u16(), seen.unwrap_or_default()))
}

async fn emergency_that_is_over(server: &Server) -> String {
    let id = server.active(OLGA, "break-glass").await;
    let ended = server.ask(OLGA, "DELETE", &format!("/v1/sessions/{id}"), None).await;
    assert_eq!(ended.json()["review"]["open"], true, "{ended:?}");
    id
}

/// A server that knows people, the jobs of `acme`, and Olga's key.
async fn server() -> Server {
    let jobs = GitHubActions {
        user_prefix: GitHubActions::PREFIX.to_owned(),
        owners: BTreeSet::from(["acme".to_owned()]),
        owner_ids: BTreeSet::new(),
    };
    let jobs = IssuerSettings {
        url: GitHubActions::ISSUER.parse().unwrap(),
        audience: AUDIENCE.to_owned(),
        clients: BTreeSet::new(),
        keys: KeySource::Fixed(public_keys()),
        kind: Kind::GitHubActions(jobs),
    };
    let key = serde_json::to_value(public_jwk()).unwrap();
    let key = EmergencyKey {
        user: OLGA.user.parse().unwrap(),
        groups: OLGA.groups.iter().map(|group| group.parse().unwrap()).collect(),
        public_key: key["x"].as_str().unwrap().parse().unwrap(),
    };
    let sources = Sources { emergency_keys: vec![key], ..Sources::of(vec![issuer(), jobs]) };
    let mut rules = None;
    let server = Server::with(|options| {
        options.tokens = Tokens::Of(Box::new(sources));
        rules = Some(options.rules.clone());
    })
    .await;
    daypass_http::reload(&server.local.app, &rules.unwrap(), Ok(format!("{SHIPPED}{ADDED}"))).await;
    server
}

impl Caller {
    fn token(self, server: &Server) -> Option<String> {
        let now = server.now().as_second();
        let claims = match self {
            Self::Nobody => return None,
            Self::Person(person) => return Some(server.token(person)),
            Self::EmergencyKey => json!({
                "iss": "daypass-emergency", "aud": "development", "sub": OLGA.user,
                "iat": now, "exp": now + 600, "jti": "4711",
            }),
            Self::Job => json!({
                "iss": GitHubActions::ISSUER, "aud": AUDIENCE, "sub": "repo:acme/web:ref:refs/heads/main",
                "repository": "acme/web", "repository_owner": "acme", "ref": "refs/heads/main",
                "iat": now, "exp": now + 600,
            }),
        };
        Some(sign(&Header::new(Algorithm::EdDSA), &claims))
    }
}
