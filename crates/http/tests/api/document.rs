//! The OpenAPI document is committed, so that a change of the API is seen in review.

use std::path::Path;

use serde_json::Value;

use crate::support::{CARLA, Server};

/// Set `DAYPASS_WRITE_OPENAPI` to write the document anew; then look at the difference.
#[test]
fn the_committed_document_is_the_generated_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let generated = serde_json::to_string_pretty(&daypass_http::document()).unwrap() + "\n";
    if std::env::var_os("DAYPASS_WRITE_OPENAPI").is_some() {
        std::fs::write(&path, &generated).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).unwrap_or_default() == generated,
        "openapi.json is old: run this test with DAYPASS_WRITE_OPENAPI=1 and review the difference"
    );
}

#[test]
fn every_operation_is_described_and_says_who_may_call_it() {
    let document = daypass_http::document();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["summary"].is_string(), "{method} {path}");
            assert!(!operation.to_string().contains("null"), "{method} {path}");
            assert_eq!(operation["security"].is_array(), path.starts_with("/v1/"), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn the_page_loads_nothing_from_elsewhere() {
    let server = Server::new().await;
    let page = server.ask(CARLA, "GET", "/docs/", None).await;
    assert_eq!(page.status, 200);
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
    let html = String::from_utf8(page.body).unwrap();
    assert!(!html.contains("http://") && !html.contains("https://"), "{html}");
    // The policy forbids scripts that stand in the page itself.
    assert!(!html.contains("<script>"), "{html}");
    for part in html.split(['"', '\'']).filter(|part| part.starts_with("./")) {
        let file = server.ask(CARLA, "GET", &format!("/docs/{}", part.trim_start_matches("./")), None).await;
        assert_eq!(file.status, 200, "{part}");
    }
    let document: Value = server.ask(CARLA, "GET", "/openapi.json", None).await.json();
    assert!(document["paths"]["/v1/sessions"].is_object());
    assert!(document["paths"]["/v1/dev/login"].is_null());
}
