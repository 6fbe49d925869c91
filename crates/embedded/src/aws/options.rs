//! How the simulated accounts behave, and who the broker is.

use std::net::{IpAddr, Ipv4Addr};

use daypass_policy::{PolicyDocument, PreparedPolicy, Principal, Statement};
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

/// The ARN cannot be the broker's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither an IAM role nor an IAM user")]
pub struct BrokerError(String);

impl Broker {
    /// The broker of this ARN, a role's or a user's, calling from the machine itself. Its own policy lets it assume
    /// vended roles and name the person behind them, as the deployed one's does.
    ///
    /// # Errors
    /// When the ARN is neither a role's nor a user's.
    pub fn new(arn: &str) -> Result<Self, BrokerError> {
        let wrong = |_| BrokerError(arn.to_owned());
        let principal = match role_parts(arn) {
            Some((partition, account, role)) => {
                let session = format!("arn:{partition}:sts::{account}:assumed-role/{role}/daypass");
                Principal::role_session(&session, arn).map_err(wrong)?
            }
            None => arn.parse().map_err(wrong)?,
        };
        if principal.role_arn().is_none() && !arn.contains(":user/") {
            return Err(BrokerError(arn.to_owned()));
        }
        let entity_arn = principal.role_arn().unwrap_or(arn).to_owned();
        let permissions = PolicyDocument::from_statements(vec![
            Statement::allow()
                .actions(["sts:AssumeRole", "sts:SetSourceIdentity"])
                .resources([format!("arn:*:iam::*:role{ROLE_PATH}*").as_str()]),
        ]);
        Ok(Self {
            principal,
            arn: entity_arn,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broker_is_a_role_a_session_of_it_or_a_user() {
        let of = |arn| Broker::new(arn).map(|broker| (broker.is_role(), broker.arn));
        let role = "arn:aws:iam::444455556666:role/tools/daypass";
        assert_eq!(of(role), Ok((true, role.to_owned())));
        let session = "arn:aws:sts::444455556666:assumed-role/daypass/i-0123";
        assert_eq!(of(session), Ok((true, "arn:aws:iam::444455556666:role/daypass".to_owned())));
        let user = "arn:aws:iam::444455556666:user/daypass";
        assert_eq!(of(user), Ok((false, user.to_owned())));
        for arn in ["anonymous", "ec2.amazonaws.com", "arn:aws:iam::444455556666:root", "arn:aws:iam::4:role/x", ""] {
            assert_eq!(of(arn), Err(BrokerError(arn.to_owned())), "{arn}");
        }
    }
}
