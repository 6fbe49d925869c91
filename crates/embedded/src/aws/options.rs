//! How the simulated accounts behave, and who the broker is.

use std::net::{IpAddr, Ipv4Addr};

use daypass_policy::{PolicyDocument, PreparedPolicy, Principal, PrincipalError, Statement};
use daypass_vending::plan::ROLE_PATH;
use daypass_vending::template::Partition;
use jiff::SignedDuration;

use super::throttle::Throttle;

/// How the simulated accounts behave. Eventual consistency and throttling are off unless asked for.
#[derive(Clone, Debug)]
pub struct AwsOptions {
    /// The part of AWS the accounts live in.
    pub partition: Partition,
    /// Who assumes the vended roles.
    pub broker: Broker,
    /// How many roles an account may have
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>: 1,000 by default).
    pub role_quota: u32,
    /// How long a change of IAM stays invisible to AssumeRole and to the services
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency>).
    pub consistency_delay: SignedDuration,
    /// How many IAM writes an account takes.
    pub throttle: Option<Throttle>,
}

impl AwsOptions {
    /// Accounts of the commercial partition that answer at once and without limits other than AWS' default quotas.
    #[must_use]
    pub fn new(broker: Broker) -> Self {
        Self {
            partition: Partition::Aws,
            broker,
            role_quota: 1_000,
            consistency_delay: SignedDuration::ZERO,
            throttle: None,
        }
    }
}

/// The identity that Daypass itself has in AWS.
#[derive(Clone, Debug)]
pub struct Broker {
    /// The caller: a session when the broker is a role.
    pub(super) principal: Principal,
    /// `aws:PrincipalArn`: the user's, or that of the role behind the session.
    pub(super) arn: String,
    /// Where it calls from.
    pub(super) address: IpAddr,
    /// What its own policies let it do.
    pub(super) permissions: Vec<PreparedPolicy>,
}

impl Broker {
    /// The broker of this ARN, a role's or a user's, calling from the machine itself. Its own policy lets it assume
    /// vended roles and name the person behind them, as the deployed one's does.
    ///
    /// # Errors
    /// When the ARN is neither a role's nor a user's.
    pub fn new(arn: &str) -> Result<Self, PrincipalError> {
        let principal = match role_parts(arn) {
            Some((partition, account, role)) => {
                Principal::role_session(&format!("arn:{partition}:sts::{account}:assumed-role/{role}/daypass"), arn)?
            }
            None => arn.parse()?,
        };
        let permissions = PolicyDocument::from_statements(vec![
            Statement::allow()
                .actions(["sts:AssumeRole", "sts:SetSourceIdentity"])
                .resources([format!("arn:*:iam::*:role{ROLE_PATH}*").as_str()]),
        ]);
        Ok(Self {
            principal,
            arn: arn.to_owned(),
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            permissions: vec![PreparedPolicy::new(&permissions)],
        })
    }

    /// Calling from this address.
    #[must_use]
    pub fn at(mut self, address: IpAddr) -> Self {
        self.address = address;
        self
    }

    /// With this policy instead of the usual one.
    #[must_use]
    pub fn with_permissions(mut self, document: &PolicyDocument) -> Self {
        self.permissions = vec![PreparedPolicy::new(document)];
        self
    }

    /// Whether the broker is a role itself, so that assuming another one is chaining
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining>).
    pub(super) fn is_role(&self) -> bool {
        self.principal.role_arn().is_some()
    }
}

/// Partition, account and name of a role's ARN.
fn role_parts(arn: &str) -> Option<(&str, &str, &str)> {
    let mut parts = arn.splitn(6, ':');
    let (_, partition, service) = (parts.next()?, parts.next()?, parts.next()?);
    let (_, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
    let name = resource.strip_prefix("role/")?.rsplit('/').next()?;
    (service == "iam").then_some((partition, account, name))
}
