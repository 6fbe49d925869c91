//! The sample company: one project, or two, and what its people ask for.

use std::collections::BTreeSet;

use daypass_vending::ids::AccountId;
use daypass_vending::request::{Delivery, PassDuration, SessionRequest};
use daypass_vending::settings::{Networks, Project, Projects, Settings};
use daypass_vending::template::Partition;
use jiff::SignedDuration;

use super::{ACCOUNT, BROKER, WorldOptions};

/// The account that everything happens in.
#[must_use]
pub fn account() -> AccountId {
    ACCOUNT.parse().expect("an account id")
}

/// A request of the sample company's project.
#[must_use]
pub fn request(tier: &str, hours: i64) -> SessionRequest {
    SessionRequest {
        project: "acme-web".parse().expect("a project id"),
        account: account(),
        tier: tier.parse().expect("a tier"),
        duration: PassDuration::from_hours(hours).expect("a duration"),
        reason: "look into the nightly job".parse().expect("a reason"),
        incident: (tier == "break-glass").then(|| "INC-4711".parse().expect("an incident id")),
        delivery: Delivery::Brokered,
    }
}

pub(super) fn settings(options: &WorldOptions) -> Settings {
    let project = |id: &str, group: &str| Project {
        id: id.parse().expect("a project id"),
        accounts: options.accounts.clone(),
        group: group.parse().expect("a group"),
        departments: BTreeSet::new(),
    };
    let projects = vec![project("acme-web", "acme-web-team"), project("zeta", "zeta-team")];
    Settings {
        deployment: "test".parse().expect("a deployment id"),
        partition: Partition::Aws,
        broker_arn: BROKER.to_owned(),
        networks: Networks::new(vec!["192.0.2.0/24".parse().expect("a network")]).expect("a network"),
        projects: Projects::new(projects).expect("projects"),
        consistency_window: options.consistency_window,
        reserved_roles: options.reserved_roles,
        approval_time: SignedDuration::from_hours(24),
    }
}

/// The external id that a trust policy of ours asks for.
///
/// # Panics
/// When it asks for none.
#[must_use]
pub fn external_id_in(trust: &str) -> String {
    let trust: serde_json::Value = serde_json::from_str(trust).expect("a trust policy");
    let id = &trust["Statement"][0]["Condition"]["StringEquals"]["sts:ExternalId"];
    id.as_str().or_else(|| id[0].as_str()).expect("an external id").to_owned()
}
