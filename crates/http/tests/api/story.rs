//! The everyday story: ask, use, look, prolong, end.

use serde_json::json;

use crate::support::{ADA, CARL, CARLA, OLGA, Person, Server, wish};

#[tokio::test]
async fn a_session_is_lent_used_and_killed() {
    let server = Server::new().await;
    let id = server.active(CARLA, "read-only").await;
    let path = format!("/v1/sessions/{id}");

    let credentials = server.ask(CARLA, "POST", &format!("{path}/credentials"), None).await;
    assert_eq!(credentials.status, 200, "{credentials:?}");
    assert!(credentials.json()["access_key_id"].as_str().unwrap().starts_with("ASIA"));
    assert_eq!(credentials.headers["cache-control"], "no-store");

    let check = format!("{path}/check");
    for (action, allowed) in [("s3:GetObject", true), ("s3:PutObject", false)] {
        let question = json!({"action": action, "resource": "arn:aws:s3:::acme-web-data/report.csv"});
        let answer = server.ask(CARLA, "POST", &check, Some(question)).await.json();
        assert_eq!(answer["allowed"], allowed, "{action}: {answer}");
    }

    let listed = server.ask(ADA, "GET", "/v1/sessions?status=active,provisioning", None).await.json();
    assert_eq!(listed["sessions"][0]["session_id"], id.as_str(), "{listed}");
    let revoked = server.ask(ADA, "DELETE", &path, Some(json!({"reason": "the contract has ended"}))).await;
    assert_eq!(revoked.status, 200, "{revoked:?}");
    let revoked = revoked.json();
    assert_eq!(revoked["status"], "revoked");
    assert_eq!(revoked["end"]["by"], "ada");
    assert!(revoked["end"]["role_gone_at"].is_string(), "{revoked}");

    let again = server.ask(CARLA, "POST", &format!("{path}/credentials"), None).await;
    assert_eq!(again.status, 409, "{again:?}");
    let report = server.ask(ADA, "GET", "/v1/audit/verify", None).await.json();
    assert_eq!(report["intact"], true, "{report}");
}

#[tokio::test]
async fn the_accounts_tell_how_full_they_are() {
    let server = Server::new().await;
    let account = async || {
        let report = server.ask(ADA, "GET", "/v1/capacity", None).await.json();
        assert_eq!(report["window_seconds"], 86_400, "{report}");
        report["accounts"][0].clone()
    };
    let before = account().await;
    let id = server.active(CARLA, "developer").await;
    let with = account().await;
    assert_eq!((before["sessions"].as_u64(), with["sessions"].as_u64()), (Some(0), Some(1)), "{with}");
    let number = |view: &serde_json::Value, name| view["roles"][name].as_u64().unwrap();
    assert_eq!(number(&with, "used"), number(&before, "used") + 1);
    assert_eq!(number(&with, "free"), number(&before, "free") - 1);
    assert_eq!(number(&with, "granted"), 1);
    assert!(with["roles"]["full_at"].is_null(), "one session a day fills nothing: {with}");
    assert_eq!(server.ask(CARLA, "DELETE", &format!("/v1/sessions/{id}"), None).await.status, 200);
    let after = account().await;
    assert_eq!(
        (after["sessions"].as_u64(), number(&after, "granted")),
        (Some(0), 1),
        "given back, and granted all the same"
    );
}

#[tokio::test]
async fn a_holder_prolongs_and_gives_back() {
    let server = Server::new().await;
    let id = server.active(CARLA, "developer").await;
    let path = format!("/v1/sessions/{id}");
    let before = server.ask(CARLA, "GET", &path, None).await.json();
    let extended = server.ask(CARLA, "POST", &format!("{path}/extend"), Some(json!({"seconds": 3600}))).await;
    assert_eq!(extended.status, 200, "{extended:?}");
    assert_ne!(extended.json()["expires_at"], before["expires_at"]);
    let beyond = server.ask(CARLA, "POST", &format!("{path}/extend"), Some(json!({"seconds": 8 * 3600}))).await;
    assert_eq!(beyond.status, 422, "{beyond:?}");
    assert_eq!(beyond.wrong_fields(), ["seconds"]);
    let released = server.ask(CARLA, "DELETE", &path, None).await;
    assert_eq!((released.status.as_u16(), released.json()["end"]["cause"].clone()), (200, json!("released")));
    let repeated = server.ask(CARLA, "DELETE", &path, None).await;
    assert_eq!(repeated.status, 200, "giving back twice is no error");
}

#[tokio::test]
async fn without_a_second_factor_there_is_no_access() {
    let server = Server::new().await;
    let answer = server.ask(Person { has_mfa: false, ..CARLA }, "POST", "/v1/sessions", Some(wish("read-only"))).await;
    assert_eq!(answer.status, 403, "{answer:?}");
    assert_eq!(answer.json()["code"], "refused");
}

#[tokio::test]
async fn glass_is_broken_with_an_alert_on_record() {
    let server = Server::new().await;
    let id = server.active(OLGA, "break-glass").await;
    let session = server.ask(OLGA, "GET", &format!("/v1/sessions/{id}"), None).await.json();
    assert_eq!(session["alerts"][0]["occasion"], "grant", "{session}");
    let mut without = wish("break-glass");
    without.as_object_mut().unwrap().remove("incident_id");
    let answer = server.ask(OLGA, "POST", "/v1/sessions", Some(without)).await;
    assert_eq!((answer.status.as_u16(), answer.wrong_fields()), (400, vec!["incident_id".to_owned()]));
}

#[tokio::test]
async fn a_repeated_call_meets_its_own_session() {
    let server = Server::new().await;
    let call = |body: serde_json::Value| {
        let mut request = server.request(CARLA, "POST", "/v1/sessions", Some(body));
        request.headers_mut().insert("idempotency-key", "nightly-job-1".parse().unwrap());
        server.send(request)
    };
    let first = call(wish("read-only")).await;
    let second = call(wish("read-only")).await;
    assert_eq!((first.status.as_u16(), second.status.as_u16()), (201, 200));
    assert_eq!(first.json()["session_id"], second.json()["session_id"]);
    assert_eq!(second.headers["idempotency-replayed"], "true");
    let other = call(wish("developer")).await;
    assert_eq!((other.status.as_u16(), other.json()["code"].clone()), (422, json!("idempotency-key-reused")));
    assert_eq!(server.stored().await.0, 1);
}

#[tokio::test]
async fn many_sessions_end_at_one_word_and_never_by_accident() {
    let server = Server::new().await;
    let ids = [server.active(CARLA, "read-only").await, server.active(CARLA, "developer").await];
    let nothing = server.ask(ADA, "POST", "/v1/revocations", Some(json!({"reason": "incident INC-4711"}))).await;
    assert_eq!((nothing.status.as_u16(), nothing.wrong_fields()), (400, vec!["all".to_owned()]));
    let answer =
        server.ask(ADA, "POST", "/v1/revocations", Some(json!({"all": true, "reason": "incident INC-4711"}))).await;
    assert_eq!((answer.status.as_u16(), answer.json()["sessions"].as_array().unwrap().len()), (202, 2));
    for id in ids {
        let session = server.ask(ADA, "GET", &format!("/v1/sessions/{id}"), None).await.json();
        assert_eq!(session["status"], "revoked", "{session}");
    }
}

#[tokio::test]
async fn others_do_not_learn_that_a_session_exists() {
    let server = Server::new().await;
    let id = server.active(CARLA, "read-only").await;
    let unknown = "5f0c6a52-0a51-4f0e-9d0a-6d1f6f2b8a11";
    for (method, suffix, body) in [
        ("GET", "", None),
        ("DELETE", "", Some(json!({"reason": "none of my business"}))),
        ("POST", "/credentials", None),
        ("POST", "/extend", Some(json!({"seconds": 900}))),
        ("POST", "/check", Some(json!({"action": "s3:GetObject", "resource": "*"}))),
    ] {
        let theirs = server.ask(CARL, method, &format!("/v1/sessions/{id}{suffix}"), body.clone()).await;
        let nobodys = server.ask(CARL, method, &format!("/v1/sessions/{unknown}{suffix}"), body).await;
        let (mut theirs_said, mut nobodys_said) = (theirs.json(), nobodys.json());
        theirs_said["request_id"].take();
        nobodys_said["request_id"].take();
        assert_eq!((theirs.status.as_u16(), &theirs_said), (404, &nobodys_said), "{method} {suffix}");
    }
    let listed = server.ask(CARL, "GET", "/v1/sessions", None).await.json();
    assert_eq!(listed["sessions"], json!([]));
}
