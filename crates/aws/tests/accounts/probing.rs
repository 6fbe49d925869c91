//! Whether credentials are alive, over the wire.

use daypass_aws::iam::AwsCloud;
use daypass_vending::ports::{Cloud, CloudError, Liveness};
use daypass_vending::secret::{Credentials, Secret};
use jiff::Timestamp;
use tokio::net::TcpListener;

use crate::stub::{Reply, Stub, configuration_at};
use crate::{cloud, options, role};

fn credentials() -> Credentials {
    Credentials {
        access_key_id: "ASIASESSION".to_owned(),
        secret_access_key: Secret::new("secret-half".to_owned()),
        session_token: Secret::new("token-half".to_owned()),
        expires_at: Timestamp::MAX,
        role: role(),
    }
}

fn refusal(status: u16, code: &str) -> Reply {
    let errors = format!("<Errors><Error><Code>{code}</Code><Message>no</Message></Error></Errors>");
    Reply::Answer(status, format!("<Response>{errors}<RequestID>r-1</RequestID></Response>"))
}

#[tokio::test]
async fn the_probe_is_one_call_signed_with_the_credentials_in_question() {
    let stub = Stub::start(|_| Reply::Answer(200, "<DescribeRegionsResponse/>".to_owned())).await;
    assert_eq!(cloud(&stub).await.probe(&credentials()).await, Ok(Liveness::Alive));
    let calls = stub.seen("DescribeRegions");
    let [call] = calls.as_slice() else { panic!("{calls:?}") };
    assert_eq!(call.access_key_id, "ASIASESSION");
    assert_eq!(call.body, "Action=DescribeRegions&Version=2016-11-15");
    assert!(stub.seen("AssumeRole").is_empty(), "no account is entered for it");
}

#[tokio::test]
async fn refused_credentials_are_dead_and_trouble_is_not_death() {
    for (status, code, is_dead) in [
        (403, "UnauthorizedOperation", true),
        (401, "AuthFailure", true),
        (400, "RequestExpired", false),
        (403, "SignatureDoesNotMatch", false),
        (500, "InternalError", false),
        (503, "Unavailable", false),
    ] {
        let stub = Stub::start(move |_| refusal(status, code)).await;
        let found = cloud(&stub).await.probe(&credentials()).await;
        assert_eq!(found == Ok(Liveness::Dead), is_dead, "{code}: {found:?}");
        assert!(is_dead || matches!(found, Err(CloudError::Unavailable(_))), "{code}: {found:?}");
    }
}

#[tokio::test]
async fn no_answer_is_no_verdict_and_shows_no_secret() {
    let stub = Stub::start(|_| Reply::Reset).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let unreachable = AwsCloud::new(configuration_at(&nobody).await, options()).unwrap();
    for cloud in [cloud(&stub).await, unreachable] {
        let error = cloud.probe(&credentials()).await.unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(matches!(error, CloudError::Unavailable(_)), "{text}");
        assert!(!text.contains("secret-half") && !text.contains("token-half"), "{text}");
    }
}
