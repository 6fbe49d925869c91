//! What a plan puts into AWS: names, documents and their limits, judged by the policy core.

#![expect(clippy::unwrap_used, reason = "this whole file is test code")]

use std::collections::{BTreeMap, BTreeSet};

use daypass_policy::{
    Action, Answer, Context, Layers, PolicyDocument, PolicyKind, PreparedPolicy, Principal, Request, ResourceKind,
    evaluate,
};
use daypass_vending::identity::{Evidence, Method};
use daypass_vending::ids::{ProjectId, SessionId, UserId};
use daypass_vending::plan::{self, Change, Plan, PlanError, PlanInputs, quota, trust_document};
use daypass_vending::request::{Delivery, PassDuration, SessionRequest};
use daypass_vending::secret::{ExternalId, Sealed};
use daypass_vending::settings::{Networks, Project, Projects, Settings};
use daypass_vending::template::Partition;
use daypass_vending::tier::{Tier, Tiers};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

/// The IAM user whom AWS has vouched for.
const CARLA: &str = "arn:aws:iam::444455556666:user/people/carla";

const BROKER: &str = "arn:aws:iam::444455556666:role/daypass-broker";

fn settings() -> Settings {
    Settings {
        deployment: "test".parse().unwrap(),
        partition: Partition::Aws,
        broker_arn: BROKER.to_owned(),
        networks: Networks::new(vec!["192.0.2.0/24".parse().unwrap(), "2001:db8::/32".parse().unwrap()]).unwrap(),
        projects: Projects::default(),
        consistency_window: SignedDuration::from_secs(15),
        reserved_roles: 10,
        approval_time: SignedDuration::from_hours(24),
    }
}

fn request(project: &str, tier: &Tier) -> SessionRequest {
    SessionRequest {
        project: project.parse().unwrap(),
        account: "111122223333".parse().unwrap(),
        tier: tier.name.clone(),
        duration: PassDuration::from_hours(1).unwrap(),
        reason: "look into the nightly job".parse().unwrap(),
        incident: None,
        delivery: Delivery::Brokered,
    }
}

fn plan_of(tier: &Tier, project: &str, user: &str, bits: [u8; 16], expires_at: Timestamp) -> Plan {
    planned(&request(project, tier), tier, user, bits, expires_at, &settings()).unwrap()
}

fn planned(
    request: &SessionRequest,
    tier: &Tier,
    user: &str,
    bits: [u8; 16],
    expires_at: Timestamp,
    settings: &Settings,
) -> Result<Plan, PlanError> {
    let inputs = PlanInputs {
        session: &SessionId::from_random(bits),
        user: &user.parse::<UserId>().unwrap(),
        evidence: &Evidence {
            method: Method::AwsSignature,
            ..Evidence::bare(CARLA.to_owned(), "192.0.2.7".parse().unwrap(), expires_at)
        },
        expires_at,
        tier,
        external_id: &Sealed("sealed".to_owned()),
    };
    plan::plan(request, inputs, settings)
}

/// Carla's plan where she enters by herself and AWS looks at her department.
fn direct() -> Plan {
    let project = Project {
        id: "acme-web".parse().unwrap(),
        accounts: BTreeSet::from(["111122223333".parse().unwrap()]),
        group: "acme-web-team".parse().unwrap(),
        departments: BTreeSet::from(["payments".parse().unwrap(), "web shop".parse().unwrap()]),
    };
    let settings = Settings { projects: Projects::new(vec![project]).unwrap(), ..settings() };
    let request = SessionRequest { delivery: Delivery::Direct, ..request("acme-web", &read_only()) };
    planned(&request, &read_only(), "carla", [1; 16], end(), &settings).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn end() -> Timestamp {
    at("2026-03-01T12:00:00Z")
}

fn read_only() -> Tier {
    Tiers::shipped().unwrap().get(&"read-only".parse().unwrap()).unwrap().clone()
}

fn sample() -> Plan {
    plan_of(&read_only(), "acme-web", "carla", [1; 16], end())
}

/// The proofs about tiers ([`daypass_vending::guard`]) have a policy variable for each slot. They hold because a role is
/// tagged with exactly what its slots are filled with.
#[test]
fn a_role_is_tagged_with_what_its_slots_are_filled_with() {
    let limits = "description = \"x\"\nmax_hours = 1\ndefault_hours = 1\nincident_required = false\nalerts = []\nmfa_max_age_minutes = 60\n";
    let slots = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":[
        "arn:aws:s3:::${projectId}","arn:aws:s3:::${resourcePrefix}","arn:aws:s3:::${sessionId}","arn:aws:s3:::${userId}"]}]}"#;
    let boundary = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let files = [("x-1/tier.toml", limits), ("x-1/permissions.json", slots), ("x-1/boundary.json", boundary)];
    let tiers = Tiers::from_files(files).unwrap();
    let plan = plan_of(tiers.iter().next().unwrap(), "acme-web", "carla", [7; 16], end());
    let document = PolicyDocument::parse_as(&plan.permissions, PolicyKind::Identity).unwrap();
    let filled = document.statements().first().unwrap().resource().unwrap().listed().as_slice();
    let tag = |key: &str| format!("arn:aws:s3:::{}", plan.tags.get(key).unwrap());
    let project = tag("DaypassProject");
    assert_eq!(filled, [project.clone(), project, tag("DaypassSession"), tag("DaypassUser")]);
}

#[test]
fn the_whole_of_a_plan_for_review() {
    let plan = sample();
    let trust = trust_document(&plan.trust, &ExternalId::from_random(&[0xab; 32]));
    let permissions = PolicyDocument::parse(&plan.permissions).unwrap();
    let limits: Vec<_> = permissions.statements().iter().rev().take(2).rev().cloned().collect();
    let whole = serde_json::json!({
        "role": plan.role,
        "path": plan.path,
        "arn": plan.role_arn(&settings()),
        "boundary": plan.boundary_arn,
        "tags": plan.tags,
        "trust": serde_json::from_str::<serde_json::Value>(&trust.to_json()).unwrap(),
        "what a session adds to its tier": PolicyDocument::from_statements(limits),
    });
    insta::assert_snapshot!(serde_json::to_string_pretty(&whole).unwrap());
}

#[test]
fn the_role_is_created_with_everything_that_protects_it_in_one_call() {
    let plan = sample();
    let [create, permissions] = plan.vend(&ExternalId::from_random(&[7; 32]));
    let Change::CreateRole { path, boundary_arn, tags, trust, .. } = create else { panic!("{create:?}") };
    assert_eq!(path, "/daypass/read-only/");
    assert_eq!(boundary_arn, "arn:aws:iam::111122223333:policy/daypass/boundary/read-only");
    assert_eq!(tags.len(), 5);
    assert!(trust.contains(&"07".repeat(32)));
    assert!(matches!(permissions, Change::PutPermissions { .. }));
}

fn assume(plan: &Plan, external_id: &ExternalId, caller: &str, context: &[(&str, &str)], action: &str) -> bool {
    let mut all = BTreeMap::from([
        ("aws:CurrentTime", "2026-03-01T11:00:00Z"),
        ("sts:ExternalId", "0101010101010101010101010101010101010101010101010101010101010101"),
        ("sts:RoleSessionName", "carla"),
        ("sts:SourceIdentity", "carla"),
        ("aws:PrincipalArn", caller),
    ]);
    all.extend(context.iter().copied());
    let context = all
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .fold(Context::new(), |context, (key, value)| context.with(key, *value));
    let principal = match caller.contains(":user/") {
        true => caller.parse().unwrap(),
        false => {
            let session = format!("{}/server", caller.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/"));
            Principal::role_session(&session, caller).unwrap()
        }
    };
    let mut request = Request::new(principal, action.parse::<Action>().unwrap(), plan.role_arn(&settings()));
    request.context = context;
    let broker = PolicyDocument::parse(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sts:AssumeRole","sts:SetSourceIdentity"],"Resource":"*"}]}"#,
    );
    let identity = [PreparedPolicy::new(&broker.unwrap())];
    let trust = PreparedPolicy::new(&trust_document(&plan.trust, external_id));
    evaluate(&request, &Layers::new(&identity).resource_of(ResourceKind::Trust, &trust)).is_allowed()
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-user_externalid.html>
#[test]
fn only_the_broker_with_the_external_id_for_this_person_until_the_end() {
    let (plan, right) = (sample(), ExternalId::from_random(&[1; 32]));
    for action in ["sts:AssumeRole", "sts:SetSourceIdentity"] {
        assert!(assume(&plan, &right, BROKER, &[], action), "{action}");
        assert!(!assume(&plan, &right, BROKER, &[("aws:CurrentTime", "2026-03-01T12:00:00Z")], action), "{action}");
    }
    let refused: [&[(&str, &str)]; 4] = [
        &[("sts:ExternalId", "guess")],
        &[("sts:ExternalId", "")],
        &[("sts:RoleSessionName", "somebody-else")],
        &[("aws:CurrentTime", "2027-01-01T00:00:00Z")],
    ];
    for context in refused {
        assert!(!assume(&plan, &right, BROKER, context, "sts:AssumeRole"), "{context:?}");
    }
    assert!(!assume(&plan, &right, BROKER, &[("sts:SourceIdentity", "ada")], "sts:SetSourceIdentity"));
    assert!(!assume(&plan, &right, "arn:aws:iam::444455556666:role/other", &[], "sts:AssumeRole"));
    assert!(!assume(&plan, &right, BROKER, &[], "sts:TagSession"), "tags are rights: nobody may add some");
}

/// Row T6 of the checklist: every condition, one by one, there, wrong and absent. AWS' own words:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html>
#[test]
fn t6_direct_delivery_lets_in_its_holder_with_everything_that_aws_can_ask_of_a_person() {
    let (plan, right) = (direct(), ExternalId::from_random(&[1; 32]));
    let proved = [
        ("aws:MultiFactorAuthPresent", "true"),
        ("aws:MultiFactorAuthAge", "0"),
        ("aws:SourceIp", "192.0.2.7"),
        ("aws:PrincipalTag/Department", "payments"),
    ];
    let enters = |changed: &[(&str, &str)], caller: &str, action: &str| {
        let context: Vec<_> = proved.iter().chain(changed).copied().collect();
        assume(&plan, &right, caller, &context, action)
    };
    let max_age = read_only().limits.mfa_max_age_minutes * 60;
    let (oldest, older) = (max_age.to_string(), (max_age + 1).to_string());
    let accepted: [&[(&str, &str)]; 4] = [
        &[],
        &[("aws:MultiFactorAuthAge", &oldest)],
        &[("aws:SourceIp", "2001:db8::7")],
        &[("aws:PrincipalTag/Department", "web shop")],
    ];
    for context in accepted {
        assert!(enters(context, CARLA, "sts:AssumeRole"), "{context:?}");
    }
    let refused: [&[(&str, &str)]; 14] = [
        &[("aws:MultiFactorAuthPresent", "false")],
        &[("aws:MultiFactorAuthPresent", "")],
        &[("aws:MultiFactorAuthAge", &older)],
        &[("aws:MultiFactorAuthAge", "")],
        &[("aws:SourceIp", "198.51.100.7")],
        &[("aws:SourceIp", "")],
        &[("aws:PrincipalTag/Department", "legal")],
        &[("aws:PrincipalTag/Department", "")],
        &[("sts:ExternalId", "guess")],
        &[("sts:ExternalId", "")],
        &[("sts:RoleSessionName", "ada")],
        &[("sts:RoleSessionName", "")],
        &[("aws:CurrentTime", "2026-03-01T12:00:00Z")],
        &[("aws:CurrentTime", "2027-01-01T00:00:00Z")],
    ];
    for context in refused {
        assert!(!enters(context, CARLA, "sts:AssumeRole"), "{context:?}");
    }
    for other in [BROKER, "arn:aws:iam::444455556666:user/carla", "arn:aws:iam::111122223333:user/people/carla"] {
        assert!(!enters(&[], other, "sts:AssumeRole"), "{other}");
    }
    assert!(enters(&[], CARLA, "sts:SetSourceIdentity"));
    assert!(!enters(&[("sts:SourceIdentity", "ada")], CARLA, "sts:SetSourceIdentity"));
    assert!(!enters(&[], CARLA, "sts:TagSession"), "tags are rights: nobody may add some");
}

#[test]
fn a_role_for_nobody_is_not_planned() {
    let request = SessionRequest { delivery: Delivery::Direct, ..request("acme-web", &read_only()) };
    let (session, user) = (SessionId::from_random([1; 16]), "carla".parse().unwrap());
    let evidence = Evidence::bare(CARLA.to_owned(), "192.0.2.7".parse().unwrap(), end());
    let (tier, sealed) = (read_only(), Sealed("sealed".to_owned()));
    let inputs = PlanInputs {
        session: &session,
        user: &user,
        evidence: &evidence,
        expires_at: end(),
        tier: &tier,
        external_id: &sealed,
    };
    let refused = plan::plan(&request, inputs, &settings());
    assert!(matches!(refused, Err(PlanError::NobodyEnters)), "{refused:?}");
}

fn call(plan: &Plan, context: &[(&str, &str)]) -> Answer {
    let mut all = BTreeMap::from([
        ("aws:CurrentTime", "2026-03-01T11:59:59Z"),
        ("aws:SourceIp", "192.0.2.7"),
        ("aws:ViaAWSService", "false"),
    ]);
    all.extend(context.iter().copied());
    let context = all
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .fold(Context::new(), |context, (key, value)| context.with(key, *value));
    let session = format!("arn:aws:sts::111122223333:assumed-role/{}/carla", plan.role);
    let principal = Principal::role_session(&session, &plan.role_arn(&settings())).unwrap();
    let mut request = Request::new(principal, "ec2:DescribeRegions".parse().unwrap(), "*");
    request.context = context;
    let identity = [PreparedPolicy::new(&PolicyDocument::parse(&plan.permissions).unwrap())];
    evaluate(&request, &Layers::new(&identity))
}

fn denied_by(answer: &Answer) -> Option<&str> {
    answer.deciding.first().filter(|_| !answer.is_allowed()).and_then(|statement| statement.sid.as_deref())
}

#[test]
fn a_role_ends_by_itself_and_works_from_its_networks_only() {
    let plan = sample();
    assert!(call(&plan, &[]).is_allowed());
    assert!(call(&plan, &[("aws:SourceIp", "2001:db8::1")]).is_allowed());
    let service = [("aws:SourceIp", "198.51.100.1"), ("aws:ViaAWSService", "true")];
    assert!(call(&plan, &service).is_allowed(), "a service that works for the holder has an address of its own");
    for (context, sid) in [
        (("aws:CurrentTime", "2026-03-01T12:00:00Z"), "DenyAfterEnd"),
        (("aws:CurrentTime", "2030-01-01T00:00:00Z"), "DenyAfterEnd"),
        (("aws:SourceIp", "198.51.100.1"), "DenyOutsideNetworks"),
        (("aws:SourceIp", "2001:db9::1"), "DenyOutsideNetworks"),
        (("aws:SourceIp", ""), "DenyOutsideNetworks"),
    ] {
        assert_eq!(denied_by(&call(&plan, &[context])), Some(sid), "{context:?}");
    }
    let unknown_way = [("aws:SourceIp", "198.51.100.1"), ("aws:ViaAWSService", "")];
    assert_eq!(denied_by(&call(&plan, &unknown_way)), Some("DenyOutsideNetworks"));
}

#[test]
fn moving_the_end_changes_nothing_but_the_end() {
    let plan = sample();
    let later = at("2026-03-01T14:00:00Z");
    let moved = plan.with_end(later).unwrap();
    assert!(call(&moved, &[("aws:CurrentTime", "2026-03-01T13:59:59Z")]).is_allowed());
    assert_eq!(denied_by(&call(&moved, &[("aws:CurrentTime", "2026-03-01T14:00:00Z")])), Some("DenyAfterEnd"));
    assert_eq!(moved.with_end(end()).unwrap().trust, plan.trust);
    let back = PolicyDocument::parse(&moved.with_end(end()).unwrap().permissions).unwrap();
    let mut sorted: Vec<String> = back.statements().iter().map(|s| format!("{s:?}")).collect();
    let original = PolicyDocument::parse(&plan.permissions).unwrap();
    let mut expected: Vec<String> = original.statements().iter().map(|s| format!("{s:?}")).collect();
    sorted.sort();
    expected.sort();
    assert_eq!(sorted, expected);
}

#[test]
fn every_shipped_tier_fits_with_the_longest_names_there_are() {
    let (project, user) = (format!("a{}", "b".repeat(23)), "u".repeat(64));
    for tier in Tiers::shipped().unwrap().iter() {
        let plan = plan_of(tier, &project, &user, [0xff; 16], end());
        let size = PolicyDocument::parse(&plan.permissions).unwrap().size();
        assert!(size < quota::INLINE_POLICIES, "{}: {size}", tier.name);
        assert!(plan.role.as_str().len() <= 64);
    }
}

#[test]
fn a_tier_too_large_for_iam_is_refused_before_anything_exists() {
    let statement = |number: usize| {
        format!(
            r#"{{"Sid":"S{number}","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::${{projectId}}-{number}-{}"}}"#,
            "x".repeat(200)
        )
    };
    let statements: Vec<String> = (0..50).map(statement).collect();
    let permissions = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","));
    let boundary = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let limits = "description = \"large\"\nmax_hours = 1\ndefault_hours = 1\nincident_required = false\nalerts = []\nmfa_max_age_minutes = 60\n";
    let files = [
        ("large/tier.toml", limits),
        ("large/permissions.json", permissions.as_str()),
        ("large/boundary.json", boundary),
    ];
    let tiers = Tiers::from_files(files).unwrap();
    let tier = tiers.iter().next().unwrap();
    let request = request("acme-web", tier);
    let error = planned(&request, tier, "carla", [1; 16], end(), &settings()).unwrap_err();
    assert!(error.to_string().contains("IAM allows"), "{error}");
}

proptest! {
    /// Invariant 4: whatever is asked for, the documents have the structure of their templates.
    #[test]
    fn no_request_changes_the_structure_of_a_role(
        project in "[a-z][a-z0-9]{1,11}(-[a-z0-9]{1,11})?",
        user in "[A-Za-z0-9+=.@_-]{2,64}",
        bits: [u8; 16],
        seconds in 1_700_000_000_i64..4_000_000_000,
    ) {
        let skeleton = |plan: &Plan| {
            let document = PolicyDocument::parse_as(&plan.permissions, PolicyKind::Identity).unwrap();
            document.statements().iter().map(|statement| {
                let resources = statement.resource().map(|resource| resource.listed().as_slice().len());
                (statement.name().map(str::to_owned), statement.effect(), format!("{:?}", statement.action()), resources,
                 statement.conditions().len())
            }).collect::<Vec<_>>()
        };
        for tier in Tiers::shipped().unwrap().iter() {
            let plan = plan_of(tier, &project, &user, bits, Timestamp::from_second(seconds).unwrap());
            let reference = plan_of(tier, "acme-web", "carla", [1; 16], end());
            prop_assert_eq!(skeleton(&plan), skeleton(&reference));
        }
    }
}

#[test]
fn a_project_id_that_is_a_policy_is_no_project_id() {
    assert!(r#"x-*"]},{"Effect":"Allow","Action":"*","Resource":["*"#.parse::<ProjectId>().is_err());
}
