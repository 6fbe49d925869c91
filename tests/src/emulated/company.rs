//! The sample company that works on the emulators: its project, its people, and what an installation for it is told.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use daypass_aws::iam::Pace;
use daypass_vending::guard::ProvedTiers;
use daypass_vending::identity::Identity;
use daypass_vending::ids::AccountId;
use daypass_vending::plan::boundary_arn;
use daypass_vending::settings::{Networks, Project, Projects, Settings};
use daypass_vending::template::Partition;
use jiff::{SignedDuration, Timestamp};

use super::{Hub, OFFICE};

/// Its one project.
pub const PROJECT: &str = "acme-web";

/// The emulator has no rates that we would have to keep to.
///
/// # Panics
/// Never: the number is not zero.
#[must_use]
pub fn unhurried() -> Pace {
    let many = NonZeroU32::new(10_000).expect("not zero");
    Pace { writes_per_second: many, burst: many }
}

/// What a deployment of this name is told that vends in these accounts. The emulator tells everybody at once.
///
/// # Panics
/// When a name is not valid.
#[must_use]
pub fn settings(hub: &Hub, accounts: &[AccountId], deployment: &str) -> Settings {
    let project = Project {
        id: PROJECT.parse().expect("a project"),
        accounts: accounts.iter().cloned().collect(),
        group: "acme-web-team".parse().expect("a group"),
        departments: BTreeSet::new(),
    };
    Settings {
        deployment: deployment.parse().expect("a deployment"),
        partition: Partition::Aws,
        broker_arn: hub.broker_arn.clone(),
        networks: Networks::new(vec![OFFICE.into()]).expect("a network"),
        projects: Projects::new(vec![project]).expect("projects"),
        consistency_window: SignedDuration::ZERO,
        reserved_roles: 5,
        approval_time: SignedDuration::from_hours(24),
    }
}

/// Make every shipped tier's boundary in these accounts.
///
/// # Panics
/// When it cannot be made.
pub async fn install_boundaries(hub: &Hub, settings: &Settings, accounts: &[AccountId]) {
    let tiers = ProvedTiers::shipped().expect("tiers");
    for (account, tier) in accounts.iter().flat_map(|account| tiers.iter().map(move |tier| (account, tier))) {
        let document = tier.boundary.compile_shared(account, Partition::Aws).expect("a boundary").to_json();
        // The emulator knows no policy variables; this is what the boundary says to the one project.
        let document = document.replace("${aws:PrincipalTag/DaypassProject}", PROJECT);
        // And it takes the session's ARN for `aws:PrincipalArn`, which on AWS is that of the role.
        let role = format!("iam::{account}:role/daypass/{}/*", tier.name);
        let document = document.replace(&role, &format!("sts::{account}:assumed-role/dp-*"));
        hub.ministack.put_managed_policy(account, &boundary_arn(settings, account, &tier.name), &document).await;
    }
}

/// A person in these groups who has just logged in with a second factor, from the office.
///
/// # Panics
/// When a name is not valid.
#[must_use]
pub fn person(name: &str, groups: &[&str], now: Timestamp) -> Identity {
    Identity {
        groups: groups.iter().map(|group| group.parse().expect("a group")).collect(),
        mfa_at: Some(now),
        ..Identity::bare(
            name.parse().expect("a name"),
            "https://issuer.example".to_owned(),
            OFFICE,
            now,
            now + SignedDuration::from_hours(8),
        )
    }
}
