//! What Terraform makes in real accounts: the broker in the hub, and in each member account the vendor role and the
//! boundaries.

use std::collections::{BTreeMap, BTreeSet};

use aws_config::SdkConfig;
use daypass_aws::iam::{AwsCloud, CloudOptions, Pace, VendorRole};
use daypass_vending::ids::AccountId;
use daypass_vending::plan::tag;
use daypass_vending::secret::Secret;
use daypass_vending::template::Partition;
use serde_json::json;

use super::{Call, Key, Ministack, fresh_account};

/// The vendor role's name, with a path of its own beside that of vended roles.
pub const VENDOR: &str = "security/daypass-vendor";

/// Which installation may enter.
pub const DEPLOYMENT: &str = "test";

/// What the vendor role asks for.
pub const VENDOR_EXTERNAL_ID: &str = "the-external-id-of-the-vendor-role";

/// The account that Daypass runs in.
#[derive(Clone, Debug)]
pub struct Hub {
    /// The emulator.
    pub ministack: Ministack,
    /// The account.
    pub account: AccountId,
    /// The broker's ARN.
    pub broker_arn: String,
    /// The broker's credentials.
    pub broker: Key,
}

impl Hub {
    /// A new hub. Its broker is a user, because the emulator has nobody else whose credentials do not end.
    pub async fn new(ministack: Ministack) -> Self {
        let (account, user) = (fresh_account(), ("UserName", "daypass-broker"));
        let root = Key::root(&account);
        ministack.must(&root, &Call::iam("CreateUser", &[user])).await;
        let rights = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Action": [
                "sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession", "kms:*", "sns:*", "events:PutEvents",
                "organizations:List*", "s3:GetObject", "s3:GetObjectVersion", "s3:ListBucketVersions"
            ],
            "Resource": "*"
        }]});
        let policy = [user, ("PolicyName", "broker"), ("PolicyDocument", &rights.to_string())];
        ministack.must(&root, &Call::iam("PutUserPolicy", &policy)).await;
        let key = ministack.must(&root, &Call::iam("CreateAccessKey", &[user])).await;
        let broker_arn = format!("arn:aws:iam::{account}:user/daypass-broker");
        Self { ministack, account, broker_arn, broker: key.key() }
    }

    /// The adapter, acting as the broker, at this pace.
    ///
    /// # Panics
    /// When there is no region.
    pub async fn cloud(&self, pace: Pace) -> AwsCloud {
        self.cloud_with(self.ministack.configuration(&self.broker).await, pace)
    }

    /// Likewise, with clients made from this configuration.
    ///
    /// # Panics
    /// When there is no region.
    #[must_use]
    pub fn cloud_with(&self, configuration: SdkConfig, pace: Pace) -> AwsCloud {
        self.cloud_of(DEPLOYMENT, configuration, pace)
    }

    /// Likewise, for this deployment.
    ///
    /// # Panics
    /// When there is no region.
    #[must_use]
    pub fn cloud_of(&self, deployment: &str, configuration: SdkConfig, pace: Pace) -> AwsCloud {
        let external_id = Some(Secret::new(VENDOR_EXTERNAL_ID.to_owned()));
        let options = CloudOptions {
            partition: Partition::Aws,
            deployment: deployment.parse().expect("a deployment"),
            session_name: "daypass-test".to_owned(),
            vendor_role: VendorRole { name: VENDOR.to_owned(), external_id, pace },
            exceptions: BTreeMap::new(),
            incident_tiers: BTreeSet::from(["break-glass".parse().expect("a tier")]),
        };
        AwsCloud::new(configuration, options).expect("a cloud")
    }
}

impl Hub {
    /// What the adapter enters this account with.
    ///
    /// # Panics
    /// When the vendor role does not let the broker in.
    pub async fn vendor(&self, account: &AccountId) -> Key {
        let role = format!("arn:aws:iam::{account}:role/{VENDOR}");
        let parameters = [
            ("RoleArn", role.as_str()),
            ("RoleSessionName", "daypass-test"),
            ("ExternalId", VENDOR_EXTERNAL_ID),
            ("Tags.member.1.Key", tag::DEPLOYMENT),
            ("Tags.member.1.Value", DEPLOYMENT),
        ];
        self.ministack.must(&self.broker, &Call::query("sts", "2011-06-15", "AssumeRole", &parameters)).await.key()
    }
}

/// A new account with a vendor role that this hub's broker may assume.
///
/// The role's rights are wider than those that are shipped: the emulator does not match role ARNs with a path.
pub async fn member(hub: &Hub) -> AccountId {
    let account = fresh_account();
    let root = Key::root(&account);
    let (path, name) = VENDOR.split_once('/').expect("a path");
    let (broker, whose) = (json!({"AWS": hub.broker_arn}), format!("aws:RequestTag/{}", tag::DEPLOYMENT));
    let entering = json!({"StringEquals": {"sts:ExternalId": VENDOR_EXTERNAL_ID, &whose: DEPLOYMENT}});
    let tagging = json!({
        "StringEquals": {&whose: DEPLOYMENT},
        "ForAllValues:StringEquals": {"aws:TagKeys": tag::DEPLOYMENT}
    });
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": broker, "Action": "sts:AssumeRole", "Condition": entering},
        {"Effect": "Allow", "Principal": broker, "Action": "sts:TagSession", "Condition": tagging}
    ]});
    let rights = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:*","Resource":"*"}]}"#;
    let role = ("RoleName", name);
    let creation = [role, ("Path", &format!("/{path}/")), ("AssumeRolePolicyDocument", &trust.to_string())];
    hub.ministack.must(&root, &Call::iam("CreateRole", &creation)).await;
    let policy = [role, ("PolicyName", "vendor"), ("PolicyDocument", rights)];
    hub.ministack.must(&root, &Call::iam("PutRolePolicy", &policy)).await;
    account
}

impl Ministack {
    /// A person who may enter roles: an IAM user, on this path, and their key.
    pub async fn user(&self, account: &AccountId, path: &str, name: &str) -> Key {
        let (root, user) = (Key::root(account), ("UserName", name));
        let rights = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"], "Resource": "*"}
        ]})
        .to_string();
        self.must(&root, &Call::iam("CreateUser", &[user, ("Path", path)])).await;
        self.must(&root, &Call::iam("PutUserPolicy", &[user, ("PolicyName", "enter"), ("PolicyDocument", &rights)]))
            .await;
        self.must(&root, &Call::iam("CreateAccessKey", &[user])).await.key()
    }

    /// Make a managed policy of this ARN in its account.
    ///
    /// # Panics
    /// When the ARN is not one of a managed policy.
    pub async fn put_managed_policy(&self, account: &AccountId, arn: &str, document: &str) {
        let path_and_name = arn.split_once(":policy").expect("a policy").1;
        let (path, name) = path_and_name.rsplit_once('/').expect("a path");
        let parameters = [("PolicyName", name), ("Path", &format!("{path}/")), ("PolicyDocument", document)];
        self.must(&Key::root(account), &Call::iam("CreatePolicy", &parameters)).await;
    }
}
