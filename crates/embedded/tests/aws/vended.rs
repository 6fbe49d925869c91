//! A role as Daypass makes it, in an account as an administrator prepares it.

use daypass_embedded::aws::SignedWith;
use daypass_vending::identity::Evidence;
use daypass_vending::ids::SessionId;
use daypass_vending::plan::{KILL_POLICY, Plan, PlanInputs, boundary_arn, closed_trust_document, kill_document, plan};
use daypass_vending::ports::{Assumption, Cloud, Liveness};
use daypass_vending::request::{Delivery, PassDuration, SessionRequest};
use daypass_vending::secret::{Credentials, Sealed};
use daypass_vending::settings::{Networks, Projects, Settings};
use daypass_vending::template::Partition;
use daypass_vending::tier::Tiers;
use jiff::SignedDuration;

use crate::world::{BROKER, World, address, call, code, external_id};

fn settings() -> Settings {
    Settings {
        deployment: "test".parse().unwrap(),
        partition: Partition::Aws,
        broker_arn: BROKER.to_owned(),
        networks: Networks::new(vec!["192.0.2.0/24".parse().unwrap(), "127.0.0.0/8".parse().unwrap()]).unwrap(),
        projects: Projects::default(),
        consistency_window: SignedDuration::from_secs(60),
        reserved_roles: 0,
        approval_time: SignedDuration::from_hours(24),
    }
}

/// Two hours of this tier for carla and project acme, vended.
async fn vend(world: &World, tier: &str) -> Plan {
    let (settings, tiers) = (settings(), Tiers::shipped().unwrap());
    world.aws.install_boundaries(&world.account, &tiers, &settings).await.unwrap();
    let request = SessionRequest {
        project: "acme".parse().unwrap(),
        account: world.account.clone(),
        tier: tier.parse().unwrap(),
        duration: PassDuration::from_hours(2).unwrap(),
        reason: "look into the nightly job".parse().unwrap(),
        incident: None,
        delivery: Delivery::Brokered,
    };
    let inputs = PlanInputs {
        session: &SessionId::from_random([3; 16]),
        user: &"carla".parse().unwrap(),
        evidence: &Evidence::bare("https://issuer.example".to_owned(), [192, 0, 2, 7].into(), world.in_seconds(0)),
        expires_at: world.in_seconds(7_200),
        tier: tiers.get(&request.tier).unwrap(),
        external_id: &Sealed("sealed".to_owned()),
    };
    let plan = plan(&request, inputs, &settings).unwrap();
    for change in plan.vend(&external_id(7)) {
        world.aws.apply(&world.account, &change).await.unwrap();
    }
    plan
}

async fn credentials(world: &World, plan: &Plan) -> Result<Credentials, daypass_vending::ports::CloudError> {
    let assumption = Assumption {
        role: &plan.role,
        path: &plan.path,
        external_id: &external_id(7),
        user: &"carla".parse().unwrap(),
        session: SessionId::from_random([3; 16]),
        duration_seconds: 3_600,
    };
    world.aws.assume_role(&world.account, &assumption).await
}

#[tokio::test]
async fn every_shipped_tier_can_be_vended_probed_and_killed() {
    let tiers = Tiers::shipped().unwrap();
    for tier in tiers.iter() {
        let world = World::new();
        let plan = vend(&world, tier.name.as_str()).await;
        let arn = boundary_arn(&settings(), &world.account, &tier.name);
        assert!(world.aws.managed_policy(&world.account, &arn).await.unwrap().is_some());
        let carla = credentials(&world, &plan).await.unwrap();
        assert_eq!(world.aws.probe(&carla).await.unwrap(), Liveness::Alive, "{}", tier.name);
        let (kill, closed) = (kill_document().to_json(), closed_trust_document().to_json());
        world.aws.put_role_policy(&plan.account, &plan.role, KILL_POLICY, &kill).await.unwrap();
        world.aws.put_trust_policy(&plan.account, &plan.role, &closed).await.unwrap();
        assert_eq!(world.aws.probe(&carla).await.unwrap(), Liveness::Dead, "{}", tier.name);
        assert_eq!(code(credentials(&world, &plan).await), "AccessDenied", "{}", tier.name);
    }
}

#[tokio::test]
async fn a_session_ends_by_itself_and_works_from_its_networks_only() {
    let world = World::new();
    let plan = vend(&world, "developer").await;
    let carla = credentials(&world, &plan).await.unwrap();
    let mut outside = call("ec2:DescribeRegions", "*");
    outside.source_ip = address("198.51.100.1");
    let outcome = world.make(&carla, outside).await;
    assert!(outcome.to_string().contains("`DenyOutsideNetworks`"), "{outcome}");
    world.pass(3_600);
    assert_eq!(world.call(&carla, "ec2:DescribeRegions", "*").await.code(), Some("ExpiredToken"));
    let carla = credentials(&world, &plan).await.unwrap();
    world.pass(3_599);
    assert!(world.call(&carla, "ec2:DescribeRegions", "*").await.is_allowed());
    // The credentials have a second left; the session has none after it either.
    let mut late = call("ec2:DescribeRegions", "*");
    late.at = Some(world.in_seconds(1));
    assert!(!world.aws.call(SignedWith::from(&carla), late).await.unwrap().is_allowed());
    world.pass(1);
    assert_eq!(code(credentials(&world, &plan).await), "AccessDenied", "after the end nobody gets new ones");
}

#[tokio::test]
async fn whatever_is_planted_on_a_role_the_boundary_holds() {
    let world = World::new();
    let plan = vend(&world, "developer").await;
    let administrator = "arn:aws:iam::aws:policy/AdministratorAccess";
    world.aws.attach_role_policy(&world.account, &plan.role, administrator).await.unwrap();
    let carla = credentials(&world, &plan).await.unwrap();
    let own = format!("arn:aws:iam::111122223333:role{}{}", plan.path, plan.role);
    for (action, resource) in [
        ("iam:CreateUser", "arn:aws:iam::111122223333:user/back-door"),
        ("iam:DeleteRolePermissionsBoundary", own.as_str()),
        ("iam:PutRolePolicy", own.as_str()),
        ("sts:AssumeRole", own.as_str()),
        ("iam:PassRole", "arn:aws:iam::111122223333:role/other-role"),
    ] {
        let outcome = world.call(&carla, action, resource).await;
        assert_eq!(outcome.code(), Some("AccessDenied"), "{action}");
        assert!(outcome.to_string().contains("of the boundary"), "{action}: {outcome}");
    }
    assert!(world.call(&carla, "iam:PassRole", "arn:aws:iam::111122223333:role/acme-app").await.is_allowed());
}

#[tokio::test]
async fn boundaries_are_brought_up_to_date_when_installed_again() {
    let world = World::new();
    let arn = boundary_arn(&settings(), &world.account, &"read-only".parse().unwrap());
    let tiers = Tiers::shipped().unwrap();
    world.aws.install_boundaries(&world.account, &tiers, &settings()).await.unwrap();
    let shipped = world.aws.managed_policy(&world.account, &arn).await.unwrap().unwrap();
    let old = crate::world::allow("s3:*", "*").to_string();
    world.aws.put_managed_policy(&world.account, &arn, &old).await.unwrap();
    world.aws.install_boundaries(&world.account, &tiers, &settings()).await.unwrap();
    assert_eq!(world.aws.managed_policy(&world.account, &arn).await.unwrap(), Some(shipped.clone()));
    assert!(shipped.contains("111122223333") && !shipped.contains("${accountId}"));
}
