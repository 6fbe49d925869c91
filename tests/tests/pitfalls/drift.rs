//! Somebody with rights in the account changes a live role: it is no longer what was granted, so people are told and it is
//! killed.

use daypass_tests::world::{World, WorldOptions, account};
use daypass_vending::alert::Occasion;
use daypass_vending::plan::{SESSION_POLICY, tag};
use daypass_vending::ports::Cloud;
use daypass_vending::reconcile::Scope;
use daypass_vending::session::{EndCause, Session, State, Status};
use jiff::SignedDuration;

const ALLOW_ALL: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
const TRUST_ALL: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"sts:AssumeRole"}]}"#;
const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

/// One deed of a vandal.
#[derive(Clone, Copy, Debug)]
enum Deed {
    RemoveBoundary,
    AddInlinePolicy,
    ReplacePolicy,
    DeletePolicy,
    ReplaceTrust,
    Attach,
    PutIntoInstanceProfile,
    ChangeTag(&'static str),
    RemoveTag(&'static str),
    DeleteRole,
}

impl Deed {
    /// Do it, and say what the finding has to name.
    async fn run(self, world: &World, session: &Session) -> &'static str {
        let (aws, account, role) = (&world.aws, &account(), &session.role());
        match self {
            Self::RemoveBoundary => aws.delete_role_boundary(account, role).await.unwrap(),
            Self::AddInlinePolicy => aws.plant_role_policy(account, role, "extra", ALLOW_ALL).await.unwrap(),
            Self::ReplacePolicy => aws.plant_role_policy(account, role, SESSION_POLICY, ALLOW_ALL).await.unwrap(),
            Self::DeletePolicy => aws.delete_role_policy(account, role, SESSION_POLICY).await.unwrap(),
            Self::ReplaceTrust => aws.plant_trust_policy(account, role, TRUST_ALL).await.unwrap(),
            Self::Attach => aws.attach_role_policy(account, role, ADMINISTRATOR).await.unwrap(),
            Self::PutIntoInstanceProfile => {
                let profile = format!("profile-of-{}", session.id().short());
                aws.create_instance_profile(account, &profile, role).await.unwrap();
            }
            Self::ChangeTag(key) => aws.tag_role(account, role, key, Some("zeta")).await.unwrap(),
            Self::RemoveTag(key) => aws.tag_role(account, role, key, None).await.unwrap(),
            Self::DeleteRole => {
                aws.delete_role_policy(account, role, SESSION_POLICY).await.unwrap();
                aws.delete_role(account, role).await.unwrap();
            }
        }
        match self {
            Self::RemoveBoundary => "its boundary is gone",
            Self::AddInlinePolicy => "further inline policy \"extra\"",
            Self::ReplacePolicy => "its policy was changed",
            Self::DeletePolicy => "its policy is gone",
            Self::ReplaceTrust => "its trust policy was changed",
            Self::Attach => "AdministratorAccess is attached",
            Self::PutIntoInstanceProfile => "instance profile \"profile-of-",
            Self::ChangeTag(key) | Self::RemoveTag(key) => key,
            Self::DeleteRole => "its role is gone",
        }
    }
}

fn all_deeds() -> Vec<Deed> {
    let mut deeds = vec![
        Deed::RemoveBoundary,
        Deed::AddInlinePolicy,
        Deed::ReplacePolicy,
        Deed::DeletePolicy,
        Deed::ReplaceTrust,
        Deed::Attach,
        Deed::PutIntoInstanceProfile,
        Deed::DeleteRole,
    ];
    for key in [tag::DEPLOYMENT, tag::PROJECT, tag::SESSION, tag::TIER, tag::USER] {
        deeds.extend([Deed::ChangeTag(key), Deed::RemoveTag(key)]);
    }
    deeds
}

#[tokio::test]
async fn every_kind_of_drift_is_told_and_kills_the_session() {
    let world = World::new().await;
    for deed in all_deeds() {
        let bystander = world.active("carla", "developer").await;
        let session = world.active("carla", "read-only").await;
        let credentials = world.credentials("carla", &session).await;
        let named = deed.run(&world, &session).await;
        world.pass(SignedDuration::from_secs(1));
        let report = world.vending.reconcile(Scope::Due, None).await;
        assert_eq!((report.drifted, report.errors), (1, vec![]), "{deed:?}");
        let killed = world.stored(session.id()).await;
        let State::Revoked(revoked) = killed.state() else { panic!("{deed:?}: {:?}", killed.status()) };
        let EndCause::Drifted { findings } = &revoked.cause else { panic!("{deed:?}: {:?}", revoked.cause) };
        assert!(findings.iter().any(|finding| finding.contains(named)), "{deed:?}: {findings:?}");
        assert!(!world.works(&credentials).await, "{deed:?}");
        let alerts = world.alerts.all();
        let told = alerts.iter().filter(|alert| alert.session == session.id() && alert.occasion == Occasion::Drift);
        let told: Vec<_> = told.collect();
        assert_eq!(told.len(), 1, "{deed:?}");
        assert!(told[0].facts["findings"].contains(named), "{deed:?}");
        assert_eq!(world.stored(bystander.id()).await.status(), Status::Active, "{deed:?}");
        world.assert_at_rest(&format!("{deed:?}")).await;
        world.order_kill(&bystander).await;
        world.vending.carry_on(bystander.id()).await.unwrap();
    }
}

#[tokio::test]
async fn a_role_that_another_list_shows_late_is_not_taken_for_deleted() {
    let (window, delay) = (SignedDuration::from_secs(30), SignedDuration::from_secs(10));
    let options = WorldOptions { consistency_window: window, consistency_delay: delay, ..WorldOptions::default() };
    let world = World::with(options).await;
    let session = world.active("carla", "read-only").await;
    for _ in 0..3 {
        let report = world.vending.reconcile(Scope::Due, None).await;
        assert_eq!((report.drifted, report.errors), (0, vec![]));
        world.pass(delay);
    }
    assert_eq!(world.stored(session.id()).await.status(), Status::Active);
}

#[tokio::test]
async fn documents_that_aws_writes_differently_are_no_drift() {
    let world = World::new().await;
    let session = world.active("carla", "read-only").await;
    let role = world.role_of(&session).await.unwrap();
    let spread = |document: &str| {
        let document: serde_json::Value = serde_json::from_str(document).unwrap();
        serde_json::to_string_pretty(&document).unwrap()
    };
    let policy = spread(&role.inline_policies[SESSION_POLICY]);
    world.aws.plant_role_policy(&account(), &role.name, SESSION_POLICY, &policy).await.unwrap();
    world.aws.plant_trust_policy(&account(), &role.name, &spread(&role.trust)).await.unwrap();
    let report = world.vending.reconcile(Scope::Due, None).await;
    assert_eq!((report.drifted, report.errors), (0, vec![]));
}

#[tokio::test]
async fn both_ends_are_right_while_an_extension_is_written() {
    let world = World::new().await;
    let session = world.active("carla", "read-only").await;
    let by = daypass_vending::request::PassDuration::from_hours(1).unwrap();
    world.vending.extend(&world.person("carla"), session.id(), by, None).await.unwrap();
    let mut hold = world.hold_next("cloud.put_trust");
    let sweep = async {
        assert!(hold.reached().await);
        let report = world.another().reconcile(Scope::Due, None).await;
        assert_eq!((report.drifted, report.errors), (0, vec![]), "the new policy stands beside the old trust");
        hold.release();
    };
    let (extended, ()) = tokio::join!(world.vending.carry_on(session.id()), sweep);
    assert_eq!(extended.unwrap().expires_at(), session.expires_at().map(|end| end + by.get()));
    let report = world.vending.reconcile(Scope::Due, None).await;
    assert_eq!((report.drifted, report.errors), (0, vec![]));
}
