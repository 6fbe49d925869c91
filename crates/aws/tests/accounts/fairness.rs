//! Accounts do not wait for each other.

use std::num::NonZeroU32;
use std::sync::Arc;

use daypass_aws::iam::{AwsCloud, Pace};
use daypass_vending::ids::AccountId;
use daypass_vending::ports::Cloud;
use futures::future::join_all;

use crate::stub::{FAR, Stub, credentials, error, success};
use crate::{account, options, role};

#[tokio::test]
async fn one_throttling_account_holds_up_none_of_the_others() {
    let stub = Stub::start(|call| match call.action.as_str() {
        "AssumeRole" => credentials(call, FAR),
        _ if call.access_key_id == "ASIA111122223333" => error(400, "Throttling"),
        "GetRole" => error(404, "NoSuchEntity"),
        _ => success("DeleteRole", ""),
    })
    .await;
    let mut options = options();
    let mut vendor = options.vendor_role.clone();
    vendor.pace = Pace { writes_per_second: NonZeroU32::MIN, burst: NonZeroU32::MIN };
    options.exceptions.insert(account(), vendor);
    let cloud = Arc::new(AwsCloud::new(stub.configuration().await, options).unwrap());

    let throttled = tokio::spawn({
        let cloud = Arc::clone(&cloud);
        async move {
            let (account, role) = (account(), role());
            let calls = (0..20)
                .map(|_| async { (cloud.role(&account, &role).await, cloud.delete_role(&account, &role).await) });
            join_all(calls).await
        }
    });
    while stub.seen("GetRole").len() < 20 {
        tokio::task::yield_now().await;
    }
    let role = role();
    let accounts: Vec<AccountId> = (0..19).map(|number| format!("4444555566{number:02}").parse().unwrap()).collect();
    let calls = accounts.iter().map(|account| async {
        for _ in 0..10 {
            assert_eq!(cloud.role(account, &role).await, Ok(None));
            assert_eq!(cloud.delete_role(account, &role).await, Ok(()));
        }
    });
    join_all(calls).await;
    assert!(!throttled.is_finished(), "the others were through before the throttled account gave up");
    throttled.abort();
}
