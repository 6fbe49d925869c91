//! A hub with its two roles, and a member account with the stack.

use std::time::Duration;

use daypass_infrastructure::blank::Values;
use daypass_infrastructure::documents;
use daypass_policy::PolicyDocument;
use daypass_tests::emulated::{Call, Key, Ministack, REGION, fresh_account};
use daypass_vending::ids::AccountId;
use daypass_vending::tier::Tiers;
use serde_json::json;

pub(crate) const DEPLOYMENT: &str = "prod";
pub(crate) const EXTERNAL_ID: &str = "f3a1c9d27b6e4f0db8a2c5e8";

/// The template as it is in the repository.
const TEMPLATE: &str = include_str!("../../../infrastructure/member/cloudformation.json");

/// How long the emulator may take for the stack.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Deployment {
    pub(crate) ministack: Ministack,
    pub(crate) hub: AccountId,
    pub(crate) member: AccountId,
    values: Values,
}

impl Deployment {
    /// The hub's roles, with the policies that are deployed, and the stack.
    pub(crate) async fn new() -> Self {
        let (ministack, hub, member) = (Ministack::of_this_run(), fresh_account(), fresh_account());
        let values = Values::default()
            .with("account_id", member.as_str())
            .with("broker_arn", &role_arn(&hub, "daypass-prod-broker"))
            .with("cleanup_arn", &role_arn(&hub, "daypass-prod-cleanup"))
            .with("deployment", DEPLOYMENT)
            .with("dns_suffix", "amazonaws.com")
            .with("external_id", EXTERNAL_ID)
            .with("key_arn", &format!("arn:aws:kms:{REGION}:{hub}:key/11111111-2222-4333-8444-555555555555"))
            .with("partition", "aws")
            .with("region", REGION)
            .with("scope_key", "aws:ResourceAccount")
            .with_list("scope_values[]", &[member.as_str()])
            .with("signing_key_arn", &format!("arn:aws:kms:{REGION}:{hub}:key/99999999-2222-4333-8444-555555555555"))
            .with("vendor_role", "daypass-vendor");
        let deployment = Self { ministack, hub, member, values };
        for name in ["broker", "cleanup", "other"] {
            deployment.make_role(name).await;
        }
        deployment.deploy().await;
        deployment
    }

    /// A document as it should stand in the member account.
    pub(crate) fn document(&self, name: &str) -> PolicyDocument {
        let documents = documents(&Tiers::shipped().unwrap()).unwrap();
        let document = documents.iter().find(|document| document.name == name);
        document.unwrap_or_else(|| panic!("there is no {name}")).filled(&self.values).unwrap()
    }

    /// A role of the hub. `other` has the broker's policy and is nobody whom members trust.
    async fn make_role(&self, name: &str) {
        let root = Key::root(&self.hub);
        let role = format!("daypass-prod-{name}");
        let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": {"AWS": format!("arn:aws:iam::{}:root", self.hub)}}]});
        let creation = [("RoleName", role.as_str()), ("AssumeRolePolicyDocument", &trust.to_string())];
        self.ministack.must(&root, &Call::iam("CreateRole", &creation)).await;
        let rights = self.document(if name == "cleanup" { "cleanup" } else { "broker" }).to_json();
        let policy = [("RoleName", role.as_str()), ("PolicyName", "own"), ("PolicyDocument", &rights)];
        self.ministack.must(&root, &Call::iam("PutRolePolicy", &policy)).await;
    }

    async fn deploy(&self) {
        let root = Key::root(&self.member);
        let stack = ("StackName", "daypass-member");
        let (broker, cleanup) =
            (role_arn(&self.hub, "daypass-prod-broker"), role_arn(&self.hub, "daypass-prod-cleanup"));
        let parameters = [
            stack,
            ("TemplateBody", TEMPLATE),
            ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
            ("Parameters.member.1.ParameterKey", "Deployment"),
            ("Parameters.member.1.ParameterValue", DEPLOYMENT),
            ("Parameters.member.2.ParameterKey", "BrokerArn"),
            ("Parameters.member.2.ParameterValue", &broker),
            ("Parameters.member.3.ParameterKey", "CleanupArn"),
            ("Parameters.member.3.ParameterValue", &cleanup),
            ("Parameters.member.4.ParameterKey", "ExternalId"),
            ("Parameters.member.4.ParameterValue", EXTERNAL_ID),
        ];
        self.ministack.must(&root, &cloudformation("CreateStack", &parameters)).await;
        let ready = async {
            loop {
                let answer = self.ministack.must(&root, &cloudformation("DescribeStacks", &[stack])).await;
                let status = answer.text("StackStatus");
                if !status.ends_with("_IN_PROGRESS") {
                    break status;
                }
            }
        };
        let status = tokio::time::timeout(PATIENCE, ready).await.expect("the stack in time");
        assert_eq!(status, "CREATE_COMPLETE");
    }

    /// A session of a role of the hub.
    pub(crate) async fn hub_session(&self, name: &str) -> Key {
        let role = role_arn(&self.hub, &format!("daypass-prod-{name}"));
        let call = assume(&role, &[("RoleSessionName", "daypass-prod")]);
        self.ministack.must(&Key::root(&self.hub), &call).await.key()
    }

    /// A session of the vendor role, as the adapter asks for it.
    pub(crate) async fn vendor_session(&self) -> Key {
        let broker = self.hub_session("broker").await;
        let call = self.enter(Some(EXTERNAL_ID), &[("DaypassDeployment", DEPLOYMENT)]);
        self.ministack.must(&broker, &call).await.key()
    }

    /// The call that enters the member account.
    pub(crate) fn enter(&self, external_id: Option<&str>, tags: &[(&str, &str)]) -> Call {
        let mut parameters = vec![("RoleSessionName".to_owned(), "daypass-prod".to_owned())];
        parameters.extend(external_id.map(|id| ("ExternalId".to_owned(), id.to_owned())));
        for (at, (key, value)) in (1..).zip(tags) {
            parameters.push((format!("Tags.member.{at}.Key"), (*key).to_owned()));
            parameters.push((format!("Tags.member.{at}.Value"), (*value).to_owned()));
        }
        let parameters: Vec<(&str, &str)> = parameters.iter().map(|(name, value)| (&**name, &**value)).collect();
        assume(&role_arn(&self.member, "daypass-vendor"), &parameters)
    }
}

pub(crate) fn role_arn(account: &AccountId, name: &str) -> String {
    format!("arn:aws:iam::{account}:role/{name}")
}

pub(crate) fn assume(role: &str, parameters: &[(&str, &str)]) -> Call {
    Call::query("sts", "2011-06-15", "AssumeRole", &[&[("RoleArn", role)], parameters].concat())
}

fn cloudformation(action: &str, parameters: &[(&str, &str)]) -> Call {
    Call::query("cloudformation", "2010-05-15", action, parameters)
}
