//! The contracts of the ports, unchanged.

use crate::unique_roles::UniqueRoles;
use daypass_aws::kms::KmsKeys;
use daypass_embedded::clock::SystemClock;
use daypass_embedded::entropy::SystemEntropy;
use daypass_tests::contracts::{CloudUnderTest, cloud_contract, keys_contract};
use daypass_tests::emulated::{Hub, Ministack, key_names, member, unhurried};
use daypass_vending::ports::{Cloud, CloudError};

const ALLOW_ALL: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

#[tokio::test]
async fn iam_is_a_cloud() {
    let hub = Hub::new(Ministack::of_this_run()).await;
    let account = member(&hub).await;
    let boundary_arn = format!("arn:aws:iam::{account}:policy/daypass/boundary/contract");
    hub.ministack.put_managed_policy(&account, &boundary_arn, ALLOW_ALL).await;
    let cloud = UniqueRoles::new(hub.cloud(unhurried()).await);
    cloud_contract(&CloudUnderTest {
        cloud: &cloud,
        account,
        boundary_arn,
        broker_arn: hub.broker_arn.clone(),
        entropy: &SystemEntropy,
        clock: &SystemClock,
    })
    .await;
}

#[tokio::test]
async fn an_account_lets_in_its_own_deployment_only() {
    let hub = Hub::new(Ministack::of_this_run()).await;
    let account = member(&hub).await;
    assert!(hub.cloud(unhurried()).await.role_quota(&account).await.is_ok());
    let configuration = hub.ministack.configuration(&hub.broker).await;
    let refused = hub.cloud_of("another", configuration, unhurried()).role_quota(&account).await;
    assert!(matches!(&refused, Err(CloudError::Unavailable(why)) if why.contains("vendor role")), "{refused:?}");
}

#[tokio::test]
async fn kms_is_keys() {
    let hub = Hub::new(Ministack::of_this_run()).await;
    keys_contract(&keys(&hub).await).await;
}

/// Two new keys of the hub.
pub(crate) async fn keys(hub: &Hub) -> KmsKeys {
    KmsKeys::new(&hub.ministack.configuration(&hub.broker).await, key_names(hub).await)
}
