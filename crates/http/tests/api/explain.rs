//! What would become of a request: told to whoever would ask, with nothing coming of it but a line in the trail.

use serde_json::{Value, json};

use crate::support::{ADA, CARL, CARLA, OLGA, Person, Server};

fn question(project: &str, account: &str, tier: &str) -> Value {
    json!({"project_id": project, "account_id": account, "permission_tier": tier})
}

async fn explained(server: &Server, who: Person, question: Value) -> Value {
    let answer = server.ask(who, "POST", "/v1/explain", Some(question)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

#[tokio::test]
async fn a_dry_run_says_which_rule_would_allow_and_what_would_be_needed() {
    let server = Server::new().await;
    let granted = explained(&server, CARLA, question("acme-web", "111122223333", "developer")).await;
    assert_eq!((&granted["granted"], &granted["policy"]), (&json!(true), &json!("members-request-everyday-tiers")));
    assert_eq!(granted["duration_seconds"], 4 * 3600, "the tier's default: {granted}");

    let without = Person { has_mfa: false, ..CARLA };
    let refused = explained(&server, without, question("acme-web", "111122223333", "developer")).await;
    assert_eq!((&refused["granted"], &refused["policy"]), (&json!(false), &Value::Null));
    assert_eq!(refused["needed"], json!(["a second factor not older than 4 hours"]));

    let mut long = question("acme-web", "111122223333", "break-glass");
    long["duration_seconds"] = json!(7200);
    let refused = explained(&server, OLGA, long).await;
    assert_eq!(refused["needed"], json!(["an incident id", "at most 60 minutes"]));
}

#[tokio::test]
async fn a_dry_run_changes_nothing_and_is_on_the_trail() {
    let server = Server::new().await;
    let before = server.stored().await;
    explained(&server, CARLA, question("acme-web", "111122223333", "developer")).await;
    explained(&server, CARL, question("acme-web", "111122223333", "developer")).await;
    let after = server.stored().await;
    assert_eq!((after.0, after.1), (before.0, before.1 + 2));
    let trail = server.ask(ADA, "GET", "/v1/audit", None).await.json();
    let events: Vec<&Value> =
        trail["events"].as_array().unwrap().iter().filter(|event| event["action"] == "explain").collect();
    assert_eq!(events.len(), 2, "{trail}");
    for event in events {
        let is_granted = event["actor"]["user_id"] == "carla";
        assert_eq!(event["outcome"], if is_granted { "done" } else { "refused" }, "{event}");
        assert_eq!(event["detail"]["project"], "acme-web", "{event}");
    }
}

#[tokio::test]
async fn a_dry_run_tells_a_stranger_nothing_about_projects() {
    let server = Server::new().await;
    for who in [CARL, Person { has_mfa: false, ..CARL }] {
        for tier in ["read-only", "developer", "admin", "break-glass"] {
            let real = explained(&server, who, question("acme-web", "111122223333", tier)).await;
            for (project, account) in [("acme-web", "444455556666"), ("no-such", "111122223333")] {
                assert_eq!(explained(&server, who, question(project, account, tier)).await, real, "{tier} {project}");
            }
        }
    }
}

#[tokio::test]
async fn rules_are_exchanged_while_the_server_runs_and_bad_ones_are_not() {
    let mut rules = None;
    let server = Server::with(|options| rules = Some(options.rules.clone())).await;
    let rules = rules.unwrap();
    let wanted = question("acme-web", "111122223333", "developer");
    let before = explained(&server, CARLA, wanted.clone()).await;
    assert_eq!(before["granted"], true);

    daypass_http::reload(&server.local.app, &rules, Ok("permit (principal, action, resource);".to_owned())).await;
    assert_eq!(explained(&server, CARLA, wanted.clone()).await, before, "rules without a name are not taken");

    let strict = "@id(\"ada-reads\") permit (principal == User::\"ada\", action == Action::\"ReadAudit\", resource);";
    daypass_http::reload(&server.local.app, &rules, Ok(strict.to_owned())).await;
    let after = explained(&server, CARLA, wanted).await;
    assert_eq!(after["granted"], false, "{after}");

    let trail = server.ask(ADA, "GET", "/v1/audit?chain=system", None).await.json();
    let reloads: Vec<&Value> =
        trail["events"].as_array().unwrap().iter().filter(|event| event["action"] == "rules.reload").collect();
    let told = |at: usize| (reloads[at]["outcome"].clone(), reloads[at]["detail"]["rules_hash_before"].clone());
    assert_eq!(reloads.len(), 2, "{trail}");
    assert_eq!(told(0), (json!("refused"), before["rules_hash"].clone()));
    assert!(reloads[0]["detail"]["why"].as_str().unwrap().contains("line 1, column 1"), "{trail}");
    assert_eq!(told(1), (json!("done"), before["rules_hash"].clone()));
    assert_eq!(reloads[1]["detail"]["rules_hash"], after["rules_hash"]);
}
