//! Getting into an account, and credentials of vended roles.

use std::collections::BTreeSet;

use daypass_aws::iam::{AwsCloud, VendorRole};
use daypass_vending::ids::{SessionId, UserId};
use daypass_vending::ports::{Assumption, Cloud, CloudError};
use daypass_vending::secret::{ExternalId, Secret};
use futures::future::join_all;

use crate::stub::{FAR, Reply, Stub, credentials, error, success};
use crate::{VENDOR_EXTERNAL_ID, account, cloud, options, role};

fn answer(call: &crate::stub::Seen, expiration: &str) -> Reply {
    match call.action.as_str() {
        "AssumeRole" => credentials(call, expiration),
        _ => success("DeleteRole", ""),
    }
}

#[tokio::test]
async fn an_account_is_entered_once_for_many_calls_with_its_external_id() {
    let stub = Stub::start(|call| answer(call, FAR)).await;
    let (cloud, account, role) = (cloud(&stub).await, account(), role());
    let outcomes = join_all((0..50).map(|_| cloud.delete_role(&account, &role))).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    let entered = stub.seen("AssumeRole");
    let [entered] = entered.as_slice() else { panic!("entered {} times", entered.len()) };
    assert_eq!(entered.access_key_id, "AKIDBROKER");
    let parameters = &entered.parameters;
    assert_eq!(parameters["RoleArn"], "arn:aws:iam::111122223333:role/daypass-vendor");
    assert_eq!(parameters["ExternalId"], VENDOR_EXTERNAL_ID);
    assert_eq!(parameters["RoleSessionName"], "daypass-test");
    assert_eq!(parameters["DurationSeconds"], "3600");
    let tags: Vec<_> = parameters.iter().filter(|(name, _)| name.contains("Tag")).collect();
    let expected = [("Tags.member.1.Key", "DaypassDeployment"), ("Tags.member.1.Value", "test")];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(tags, expected.each_ref().map(|(name, value)| (name, value)), "one tag, and not for roles beyond");
    let signers: BTreeSet<_> = stub.seen("DeleteRole").into_iter().map(|call| call.access_key_id).collect();
    assert_eq!(signers, BTreeSet::from(["ASIA111122223333".to_owned()]), "changes are made as the vendor role");
}

#[tokio::test]
async fn credentials_are_renewed_before_they_end() {
    let soon = jiff::Timestamp::from_second(now() + 120).unwrap().to_string();
    let stub = Stub::start(move |call| answer(call, &soon)).await;
    let cloud = cloud(&stub).await;
    for _ in 0..2 {
        cloud.delete_role(&account(), &role()).await.unwrap();
    }
    assert_eq!(stub.seen("AssumeRole").len(), 2, "two minutes are too little for the next call");
}

#[expect(clippy::disallowed_methods, reason = "the SDK compares with the machine's clock")]
fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

#[tokio::test]
async fn an_account_that_does_not_let_us_in_is_unavailable_and_the_reason_holds_no_secret() {
    let stub = Stub::start(|_| error(403, "AccessDenied")).await;
    let error = cloud(&stub).await.delete_role(&account(), &role()).await.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(matches!(error, CloudError::Unavailable(_)), "tried again later, not given up: {text}");
    assert!(text.contains("role/daypass-vendor") && text.contains("AccessDenied") && text.contains("r-1"), "{text}");
    assert!(!text.contains(VENDOR_EXTERNAL_ID) && !text.contains("broker-secret"), "{text}");
    assert!(stub.seen("DeleteRole").is_empty());
}

#[tokio::test]
async fn an_account_can_have_a_role_of_its_own() {
    let stub = Stub::start(|call| answer(call, FAR)).await;
    let mut options = options();
    let name = "security/vendor".to_owned();
    options.exceptions.insert(account(), VendorRole { name, external_id: None, pace: options.vendor_role.pace });
    let cloud = AwsCloud::new(stub.configuration().await, options).unwrap();
    cloud.delete_role(&account(), &role()).await.unwrap();
    cloud.delete_role(&"444455556666".parse().unwrap(), &role()).await.unwrap();
    let entered = stub.seen("AssumeRole");
    assert_eq!(entered[0].parameters["RoleArn"], "arn:aws:iam::111122223333:role/security/vendor");
    assert!(!entered[0].parameters.contains_key("ExternalId"));
    assert_eq!(entered[1].parameters["RoleArn"], "arn:aws:iam::444455556666:role/daypass-vendor");
}

#[tokio::test]
async fn a_vended_role_is_assumed_by_the_broker_in_the_persons_name() {
    let stub = Stub::start(|call| answer(call, FAR)).await;
    let (external_id, user) = (ExternalId::from_random(&[7; 32]), "carla".parse::<UserId>().unwrap());
    let role = role();
    let mut assumption = Assumption {
        role: &role,
        path: "/daypass/read-only/",
        external_id: &external_id,
        user: &user,
        session: SessionId::from_random([7; 16]),
        duration_seconds: 900,
    };
    let cloud = cloud(&stub).await;
    let found = cloud.assume_role(&account(), &assumption).await.unwrap();
    assert_eq!(found.secret_access_key, Secret::new("secret-half".to_owned()));
    assert_eq!(found.expires_at.to_string(), FAR);
    let call = &stub.seen("AssumeRole")[0];
    assert_eq!(call.access_key_id, "AKIDBROKER");
    let keys: BTreeSet<_> = call.parameters.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let expected = [
        ("Action", "AssumeRole"),
        ("DurationSeconds", "900"),
        ("ExternalId", external_id.reveal()),
        ("RoleArn", "arn:aws:iam::111122223333:role/daypass/read-only/dp-acme-web-1"),
        ("RoleSessionName", "carla"),
        ("SourceIdentity", "carla"),
        ("Version", "2011-06-15"),
    ];
    // No session tags: the trust policies do not allow `sts:TagSession`, and a tagged call would be refused.
    assert_eq!(keys, BTreeSet::from(expected));
    for seconds in [899, 3_601] {
        assumption.duration_seconds = seconds;
        let refused = cloud.assume_role(&account(), &assumption).await;
        assert!(matches!(refused, Err(CloudError::Refused { .. })), "{seconds}: {refused:?}");
    }
    assert_eq!(stub.seen("AssumeRole").len(), 1, "refused before it is sent");
}

#[tokio::test]
async fn a_refused_assumption_is_access_denied_and_holds_no_external_id() {
    let stub = Stub::start(|_| error(403, "AccessDenied")).await;
    let (external_id, user) = (ExternalId::from_random(&[7; 32]), "carla".parse::<UserId>().unwrap());
    let role = role();
    let (path, session) = ("/daypass/read-only/", SessionId::from_random([7; 16]));
    let assumption =
        Assumption { role: &role, path, external_id: &external_id, user: &user, session, duration_seconds: 900 };
    let error = cloud(&stub).await.assume_role(&account(), &assumption).await.unwrap_err();
    assert!(error.is_access_denied(), "{error:?}");
    assert!(!format!("{error} {error:?}").contains(external_id.reveal()));
}

#[test]
fn options_do_not_show_external_ids() {
    assert!(!format!("{:?}", options()).contains(VENDOR_EXTERNAL_ID));
}
