//! Who may call what: every route, as everybody. The snapshot is reviewed like code; a change of it is a change of the
//! rules.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::support::{ADA, CARL, CARLA, OLGA, Person, Server, wish};

/// Every route with a request that is right for Carla's session.
fn routes(id: &str) -> Vec<(&'static str, String, Option<Value>)> {
    let session = |suffix: &str| format!("/v1/sessions/{id}{suffix}");
    vec![
        ("GET", "/healthz".to_owned(), None),
        ("GET", "/readyz".to_owned(), None),
        ("GET", "/metrics".to_owned(), None),
        ("GET", "/openapi.json".to_owned(), None),
        ("GET", "/docs/".to_owned(), None),
        ("GET", "/v1/whoami".to_owned(), None),
        ("GET", "/v1/tiers".to_owned(), None),
        ("POST", "/v1/sessions".to_owned(), Some(wish("read-only"))),
        ("POST", "/v1/sessions".to_owned(), Some(wish("developer"))),
        ("POST", "/v1/sessions".to_owned(), Some(wish("admin"))),
        ("POST", "/v1/sessions".to_owned(), Some(wish("break-glass"))),
        ("POST", "/v1/explain".to_owned(), Some(without_reason("developer"))),
        ("POST", "/v1/explain".to_owned(), Some(without_reason("break-glass"))),
        ("GET", "/v1/sessions".to_owned(), None),
        ("GET", "/v1/sessions?user=carla".to_owned(), None),
        ("GET", session(""), None),
        ("POST", session("/check"), Some(json!({"action": "s3:GetObject", "resource": "*"}))),
        ("POST", session("/credentials"), None),
        ("POST", session("/extend"), Some(json!({"seconds": 900}))),
        ("GET", "/v1/capacity".to_owned(), None),
        ("GET", "/v1/audit".to_owned(), None),
        ("GET", "/v1/audit/verify".to_owned(), None),
        ("DELETE", session(""), Some(json!({"reason": "the contract has ended"}))),
        ("POST", "/v1/revocations".to_owned(), Some(json!({"all": true, "reason": "incident INC-4711"}))),
    ]
}

/// The same wish as a dry run has it.
fn without_reason(tier: &str) -> Value {
    let mut wish = wish(tier);
    wish.as_object_mut().unwrap().remove("reason");
    wish
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_answers_everybody_as_reviewed() {
    let people: [(&str, Option<Person>); 10] = [
        ("nobody", None),
        ("holder", Some(CARLA)),
        ("no-mfa", Some(Person { has_mfa: false, ..CARLA })),
        ("other", Some(CARL)),
        ("on-call", Some(OLGA)),
        ("approver", Some(Person { user: "lea", groups: &["platform-leads"], has_mfa: true })),
        ("reviewer", Some(Person { user: "rita", groups: &["break-glass-reviewers"], has_mfa: true })),
        ("auditor", Some(Person { user: "audrey", groups: &["auditors"], has_mfa: true })),
        ("admin", Some(ADA)),
        ("admin-no-mfa", Some(Person { has_mfa: false, ..ADA })),
    ];
    let heads: String = people.iter().map(|(name, _)| format!(" {name:>12}")).collect();
    let mut lines = vec![format!("{:42}{heads}", "")];
    for place in 0..routes("").len() {
        // Everybody meets a server of their own, so that no call depends on another.
        let cells = people.map(|(_, who)| tokio::spawn(cell(place, who)));
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
async fn cell(place: usize, who: Option<Person>) -> (String, String) {
    let server = Server::new().await;
    let id = server.active(CARLA, "read-only").await;
    let (method, path, body) = routes(&id).swap_remove(place);
    let tier = body.as_ref().and_then(|body| body["permission_tier"].as_str()).unwrap_or_default().to_owned();
    let answer = match who {
        Some(who) => server.ask(who, method, &path, body).await,
        None => {
            let request = Request::builder().method(method).uri(&path).header("content-type", "application/json");
            let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
            server.send(request.body(body).unwrap()).await
        }
    };
    let said = serde_json::from_slice::<Value>(&answer.body).unwrap_or_default();
    let seen = said["sessions"].as_array().map(|sessions| format!(" sees {}", sessions.len()));
    let granted = said["granted"].as_bool().map(|granted| if granted { " yes" } else { " no" });
    let seen = seen.or(granted.map(str::to_owned));
    let route = format!("{method:6} {} {tier}", path.replace(&id, "{id}"));
    (route, format!("{}{}", answer.status.as_u16(), seen.unwrap_or_default()))
}
