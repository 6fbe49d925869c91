//! Boundaries: what stands in the accounts is what the server compiles of its tiers. What a boundary keeps to is proved of
//! the same tiers in `crates/vending/tests/guard.rs`.

use daypass_vending::plan::quota;
use daypass_vending::template::Partition;
use daypass_vending::tier::Tiers;

use crate::claim::{MEMBER, member};

#[test]
fn each_boundary_is_the_one_that_the_server_compiles() {
    let tiers = Tiers::shipped().unwrap();
    assert_eq!(tiers.iter().count(), 4);
    for tier in tiers.iter() {
        let compiled = tier.boundary.compile_shared(&MEMBER.parse().unwrap(), Partition::Aws).unwrap();
        assert_eq!(member(&format!("boundary-{}", tier.name)).to_json(), compiled.to_json(), "{}", tier.name);
    }
}

#[test]
fn each_boundary_fits_into_a_managed_policy_wherever_it_stands() {
    for tier in Tiers::shipped().unwrap().iter() {
        let longest = tier.boundary.compile_shared(&MEMBER.parse().unwrap(), Partition::GovCloud).unwrap();
        assert!(longest.size() <= quota::MANAGED_POLICY, "{}: {}", tier.name, longest.size());
    }
}
