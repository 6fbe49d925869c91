//! KMS and SNS when they do not do as told.

use std::collections::BTreeMap;

use daypass_aws::kms::{KmsKeyNames, KmsKeys};
use daypass_aws::sns::SnsAlerts;
use daypass_vending::alert::{Alert, Occasion};
use daypass_vending::ids::SessionId;
use daypass_vending::ports::{AlertChannel, KeyError, Keys};
use daypass_vending::secret::{Sealed, Secret};
use jiff::Timestamp;

use crate::stub::{Reply, Stub, error, success};

const SEALED: &str = "kms:1:Y2lwaGVydGV4dA==";

async fn keys(stub: &Stub) -> KmsKeys {
    let names = KmsKeyNames { encryption: "alias/daypass".to_owned(), signing: "alias/daypass-sign".to_owned() };
    KmsKeys::new(&stub.configuration().await, names)
}

fn kms_error(code: &str) -> Reply {
    Reply::Answer(400, format!(r#"{{"__type":"{code}","message":"because"}}"#))
}

#[tokio::test]
async fn what_kms_refuses_to_open_does_not_belong_here_and_other_trouble_is_trouble() {
    for (code, is_mismatch) in [
        ("InvalidCiphertextException", true),
        ("IncorrectKeyException", true),
        ("AccessDeniedException", false),
        ("DisabledException", false),
        ("KMSInvalidStateException", false),
    ] {
        let stub = Stub::start(move |_| kms_error(code)).await;
        let opened = keys(&stub).await.open("session a", &Sealed(SEALED.to_owned())).await;
        assert_eq!(opened == Err(KeyError::Mismatch), is_mismatch, "{code}: {opened:?}");
    }
}

#[tokio::test]
async fn a_plaintext_that_kms_should_not_have_let_through_is_found_out() {
    let plaintext = "Z2FyYmFnZSBnYXJiYWdlIGdhcmJhZ2UgZ2FyYmFnZSBnYXJiYWdl";
    let stub = Stub::start(move |_| Reply::Answer(200, format!(r#"{{"Plaintext":"{plaintext}"}}"#))).await;
    let opened = keys(&stub).await.open("session a", &Sealed(SEALED.to_owned())).await;
    assert_eq!(opened, Err(KeyError::Mismatch));
}

#[tokio::test]
async fn kms_gets_the_context_and_the_hash_of_what_is_signed() {
    let stub = Stub::start(|call| match call.action.as_str() {
        "Encrypt" => Reply::Answer(200, r#"{"CiphertextBlob":"Y2lwaGVydGV4dA=="}"#.to_owned()),
        "Sign" => Reply::Answer(200, r#"{"Signature":"c2lnbmF0dXJl"}"#.to_owned()),
        _ => kms_error("KMSInvalidSignatureException"),
    })
    .await;
    let keys = keys(&stub).await;
    let sealed = keys.seal("session a", &Secret::new("correct horse".to_owned())).await.unwrap();
    assert_eq!(sealed, Sealed(SEALED.to_owned()));
    let call: serde_json::Value = serde_json::from_str(&stub.seen("Encrypt")[0].body).unwrap();
    assert_eq!(call["EncryptionContext"], serde_json::json!({"daypass": "session a"}));
    let message = vec![b'x'; 100_000];
    let signature = keys.sign(&message).await.unwrap();
    assert_eq!(signature, "ecdsa-sha256:alias/daypass-sign:c2lnbmF0dXJl");
    let call: serde_json::Value = serde_json::from_str(&stub.seen("Sign")[0].body).unwrap();
    assert_eq!((&call["MessageType"], &call["SigningAlgorithm"]), (&"DIGEST".into(), &"ECDSA_SHA_256".into()));
    assert_eq!(call["Message"].as_str().unwrap().len(), 44, "32 bytes in base64");
    assert_eq!(keys.verify(&message, &signature).await, Ok(false));
    assert_eq!(keys.verify(&message, &signature.replace("alias", "another")).await, Ok(false));
    assert_eq!(stub.seen("Verify").len(), 1, "another key's signature is none of ours");
}

pub(crate) fn alert() -> Alert {
    Alert {
        session: SessionId::from_random([7; 16]),
        occasion: Occasion::Grant,
        at: Timestamp::UNIX_EPOCH,
        subject: "Daypass break-glass grant: olga".to_owned(),
        facts: BTreeMap::from([("incident".to_owned(), "INC-4711".to_owned())]),
    }
}

#[tokio::test]
async fn an_alert_is_a_message_with_subject_body_and_attributes() {
    let stub = Stub::start(|_| success("Publish", "<MessageId>m-1</MessageId>")).await;
    let topic = "arn:aws:sns:eu-central-1:111122223333:daypass-alerts".to_owned();
    SnsAlerts::new(&stub.configuration().await, topic.clone()).deliver(&alert()).await.unwrap();
    let parameters = &stub.seen("Publish")[0].parameters;
    assert_eq!((&parameters["TopicArn"], &parameters["Subject"]), (&topic, &alert().subject));
    let body: serde_json::Value = serde_json::from_str(&parameters["Message"]).unwrap();
    assert_eq!((&body["occasion"], &body["facts"]["incident"]), (&"grant".into(), &"INC-4711".into()));
    let attributes: Vec<_> = parameters.iter().filter(|(name, _)| name.ends_with("StringValue")).collect();
    assert_eq!(attributes.len(), 2, "{attributes:?}");
}

#[tokio::test]
async fn an_alert_that_is_refused_says_why() {
    let stub = Stub::start(|_| error(404, "NotFound")).await;
    let alerts = SnsAlerts::new(&stub.configuration().await, "arn:aws:sns:eu-central-1:111122223333:none".to_owned());
    let error = alerts.deliver(&alert()).await.unwrap_err();
    assert!(error.0.contains("NotFound") && error.0.contains("r-1"), "{error}");
}
