//! The adapters for accounts, keys and alerts against a stand-in that answers what no emulator does.

#![expect(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "this whole program is test code")]

mod endpoints;
mod events;
mod fairness;
mod keys_and_alerts;
mod lives;
mod objects;
mod organization;
mod outcomes;
mod probing;
mod reading;
mod schema;
mod stored_tiers;
mod stub;
mod vendor;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use daypass_aws::iam::{AwsCloud, CloudOptions, Pace, VendorRole};
use daypass_vending::ids::{AccountId, RoleName};
use daypass_vending::plan::Change;
use daypass_vending::secret::Secret;
use daypass_vending::template::Partition;

use stub::Stub;

pub(crate) const VENDOR_EXTERNAL_ID: &str = "vendor-external-id";

pub(crate) fn account() -> AccountId {
    "111122223333".parse().unwrap()
}

pub(crate) fn role() -> RoleName {
    RoleName::found("dp-acme-web-1")
}

pub(crate) fn options() -> CloudOptions {
    let number = |number| NonZeroU32::new(number).unwrap();
    let pace = Pace { writes_per_second: number(10_000), burst: number(10_000) };
    CloudOptions {
        partition: Partition::Aws,
        deployment: "test".parse().unwrap(),
        session_name: "daypass-test".to_owned(),
        vendor_role: VendorRole {
            name: "daypass-vendor".to_owned(),
            external_id: Some(Secret::new(VENDOR_EXTERNAL_ID.to_owned())),
            pace,
        },
        exceptions: BTreeMap::new(),
        incident_tiers: BTreeSet::from(["break-glass".parse().unwrap()]),
    }
}

pub(crate) async fn cloud(stub: &Stub) -> AwsCloud {
    AwsCloud::new(stub.configuration().await, options()).unwrap()
}

pub(crate) fn creation(tier: &str) -> Change {
    Change::CreateRole {
        role: role(),
        path: format!("/daypass/{tier}/"),
        boundary_arn: format!("arn:aws:iam::111122223333:policy/daypass/boundary/{tier}"),
        tags: BTreeMap::from([("DaypassTier".to_owned(), tier.to_owned())]),
        trust: "{}".to_owned(),
    }
}

/// What `CreateRole` and `GetRole` tell of a role.
pub(crate) fn role_xml(name: &str) -> String {
    format!(
        "<Role><Path>/daypass/read-only/</Path><RoleName>{name}</RoleName><RoleId>AROA1</RoleId>\
         <Arn>arn:aws:iam::111122223333:role/daypass/read-only/{name}</Arn>\
         <CreateDate>2026-03-01T09:00:00Z</CreateDate>\
         <AssumeRolePolicyDocument>%7B%22Version%22%3A%222012-10-17%22%7D</AssumeRolePolicyDocument>\
         <PermissionsBoundary><PermissionsBoundaryType>PermissionsBoundaryPolicy</PermissionsBoundaryType>\
         <PermissionsBoundaryArn>arn:aws:iam::111122223333:policy/b</PermissionsBoundaryArn></PermissionsBoundary>\
         <Tags><member><Key>DaypassTier</Key><Value>read-only</Value></member></Tags></Role>"
    )
}
