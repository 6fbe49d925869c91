//! Single objects in S3, answered as no emulator does.

use daypass_aws::s3::{Object, ObjectAddress, ObjectError, Objects};

use crate::stub::{Reply, Stub};

const LIMIT: usize = 1_000;

fn address() -> ObjectAddress {
    "s3://acme-config/hub/daypass.toml".parse().unwrap()
}

async fn read(stub: &Stub) -> Result<Object, ObjectError> {
    let owner = Some("444455556666".parse().unwrap());
    Objects::new(&stub.configuration().await, owner).read(&address(), LIMIT).await
}

fn head(more: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nconnection: close\r\netag: \"e-1\"\r\nx-amz-version-id: v-1\r\n{more}\r\n")
}

fn s3_error(status: u16, code: &str) -> Reply {
    let body = format!("<Error><Code>{code}</Code><Message>because</Message><RequestId>r-1</RequestId></Error>");
    Reply::Answer(status, body)
}

#[tokio::test]
async fn an_object_comes_with_its_version_from_the_expected_owner_only() {
    let stub = Stub::start(|_| Reply::Raw(format!("{}a = 1\n", head("content-length: 6\r\n")))).await;
    let object = read(&stub).await.unwrap();
    assert_eq!(object.text(), Ok("a = 1\n"));
    assert_eq!((object.etag.as_deref(), object.version.as_deref()), (Some("\"e-1\""), Some("v-1")));
    let call = &stub.seen("GetObject")[0];
    assert_eq!(call.target.split('?').next(), Some("/acme-config/hub/daypass.toml"), "the bucket is in the path");
    assert_eq!(call.header("x-amz-expected-bucket-owner").as_deref(), Some("444455556666"));
    assert!(!format!("{object:?}").contains("a = 1"), "contents may be secrets");
}

#[tokio::test]
async fn what_is_too_large_is_not_read_whatever_is_said_of_its_length() {
    let large = "x".repeat(LIMIT + 1);
    for length in [format!("content-length: {}\r\n", large.len()), String::new()] {
        let answer = format!("{}{large}", head(&length));
        let stub = Stub::start(move |_| Reply::Raw(answer.clone())).await;
        let error = read(&stub).await.unwrap_err();
        assert_eq!(error, ObjectError::TooLarge { what: address().to_string(), limit: LIMIT });
    }
    let just = format!("{}{}", head(&format!("content-length: {LIMIT}\r\n")), "x".repeat(LIMIT));
    let stub = Stub::start(move |_| Reply::Raw(just.clone())).await;
    assert_eq!(read(&stub).await.unwrap().bytes.len(), LIMIT);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_no_object() {
    let stub = Stub::start(|_| Reply::Raw(format!("{}only so mu", head("content-length: 100\r\n")))).await;
    let error = read(&stub).await.unwrap_err();
    assert!(matches!(error, ObjectError::Unavailable { .. }), "{error}");
}

#[tokio::test]
async fn bytes_that_are_no_text_are_said_to_be_none() {
    let object = Object { address: address(), bytes: vec![0xff], etag: None, version: None };
    assert_eq!(object.text(), Err(ObjectError::NotText { what: address().to_string() }));
}

#[tokio::test]
async fn every_refusal_says_what_to_do() {
    for (status, code, hint) in [
        (404, "NoSuchKey", "put it there"),
        (404, "NoSuchBucket", "put it there"),
        (403, "AccessDenied", "s3:GetObject"),
        (301, "PermanentRedirect", "another region"),
        (400, "AuthorizationHeaderMalformed", "another region"),
    ] {
        let stub = Stub::start(move |_| s3_error(status, code)).await;
        let error = read(&stub).await.unwrap_err();
        assert!(error.hint().contains(hint), "{code}: {error}, {}", error.hint());
        assert!(error.to_string().contains("s3://acme-config/hub/daypass.toml"), "{error}");
        assert!(format!("{error:?}").contains(code) && format!("{error:?}").contains("r-1"), "{error:?}");
        assert_eq!(matches!(error, ObjectError::NotFound { .. }), status == 404, "{error:?}");
    }
}
