//! The other direction: every call that the adapters of `crates/aws` make is allowed by the documents that are deployed,
//! resource policies and trust policies included, in the circumstances in which AWS sees it.
//!
//! Beside each group stands the file that makes the calls. Whoever adds a call there adds it here, or is refused by AWS.

use daypass_policy::{Context, Layers, PolicyDocument, PreparedPolicy, Principal, Request, ResourceKind, evaluate};
use daypass_vending::plan::{TrustTerms, trust_document};
use daypass_vending::secret::ExternalId;

use crate::claim::{BROKER, CLEANUP, DEPLOYMENT, EXTERNAL_ID, KEY, MEMBER, SIGNING_KEY, hub, member};

const ROLE: &str = "dp-acme-web-5f0c6a52-0a51-4f0e-9d0a-6d1f6f2b8a11";
const VENDED: &str =
    "arn:aws:iam::444455556666:role/daypass/developer/dp-acme-web-5f0c6a52-0a51-4f0e-9d0a-6d1f6f2b8a11";
/// As IAM sees a role that is not there.
const GONE: &str = "arn:aws:iam::444455556666:role/dp-acme-web-5f0c6a52-0a51-4f0e-9d0a-6d1f6f2b8a11";
const VENDOR: &str = "arn:aws:iam::444455556666:role/daypass-vendor";
const TAG: &str = "aws:ResourceTag/DaypassDeployment";

/// Whose call it is.
struct Caller {
    principal: Principal,
    identity: Vec<PreparedPolicy>,
}

impl Caller {
    fn new(role: &str, documents: &[PolicyDocument]) -> Self {
        let (account, name) = (role.split(':').nth(4).unwrap(), role.rsplit('/').next().unwrap());
        let session = format!("arn:aws:sts::{account}:assumed-role/{name}/daypass-server");
        let principal = Principal::role_session(&session, role).unwrap();
        Self { principal, identity: documents.iter().map(PreparedPolicy::new).collect() }
    }

    fn broker() -> Self {
        Self::new(BROKER, &[hub("broker"), hub("api-function")])
    }

    fn cleanup() -> Self {
        Self::new(CLEANUP, &[hub("cleanup"), hub("cleanup-function")])
    }

    fn vendor() -> Self {
        Self::new(VENDOR, &[member("vendor")])
    }

    /// Whether a call goes through, with the policy of the resource if it has one.
    fn may(&self, action: &str, on: &str, context: Context, of: Option<(ResourceKind, &PolicyDocument)>) -> bool {
        let mut request = Request::new(self.principal.clone(), action.parse().unwrap(), on);
        request.context = context.with("aws:PrincipalArn", self.principal.role_arn().unwrap());
        let policy = of.map(|(kind, policy)| (kind, PreparedPolicy::new(policy)));
        let layers = Layers { resource_kind: Some(ResourceKind::Other), ..Layers::new(&self.identity) };
        let layers = match &policy {
            Some((kind, policy)) => layers.resource_of(*kind, policy),
            None => layers,
        };
        evaluate(&request, &layers).is_allowed()
    }

    fn must(&self, action: &str, on: &str, context: Context, of: Option<(ResourceKind, &PolicyDocument)>) {
        assert!(self.may(action, on, context, of), "{action} on {on} as {}", self.principal.as_str());
    }
}

fn tls() -> Context {
    Context::new().with("aws:SecureTransport", "true").with("s3:TlsVersion", "1.3")
}

fn entering() -> Context {
    let context = tls().with("sts:ExternalId", EXTERNAL_ID).with("sts:RoleSessionName", "daypass-prod");
    context.with("aws:ResourceAccount", MEMBER).with(TAG, DEPLOYMENT)
}

fn tagged() -> Context {
    entering().with("aws:RequestTag/DaypassDeployment", DEPLOYMENT).with_list("aws:TagKeys", ["DaypassDeployment"])
}

/// `iam/vendor.rs`.
#[test]
fn both_roles_enter_a_member_account() {
    let trust = member("vendor-trust");
    let trust = Some((ResourceKind::Trust, &trust));
    for caller in [Caller::broker(), Caller::cleanup()] {
        caller.must("sts:AssumeRole", VENDOR, tagged(), trust);
        caller.must("sts:TagSession", VENDOR, tagged(), trust);
        assert!(!caller.may("sts:AssumeRole", VENDOR, entering(), trust), "without saying for which deployment");
        assert!(!caller.may("sts:AssumeRole", VENDOR, tagged().with("sts:ExternalId", "guessed"), trust));
    }
    let stranger = Caller::new("arn:aws:iam::111122223333:role/other", &[hub("broker")]);
    assert!(!stranger.may("sts:AssumeRole", VENDOR, tagged(), trust));
}

/// `iam/assume.rs`.
#[test]
fn the_broker_becomes_what_it_vends_in_the_persons_name() {
    let external_id = ExternalId::from_random(&[7; 32]);
    let end = "2030-01-01T12:00:00Z".parse().unwrap();
    let terms =
        TrustTerms { principal: BROKER.to_owned(), user: "carla".parse().unwrap(), expires_at: end, holder: None };
    let trust = trust_document(&terms, &external_id);
    let trust = Some((ResourceKind::Trust, &trust));
    let context = || {
        tls()
            .with("sts:ExternalId", external_id.reveal())
            .with("sts:RoleSessionName", "carla")
            .with("sts:SourceIdentity", "carla")
            .with("aws:CurrentTime", "2030-01-01T11:00:00Z")
            .with("aws:ResourceAccount", MEMBER)
    };
    for told in [context(), context().with(TAG, DEPLOYMENT)] {
        Caller::broker().must("sts:AssumeRole", VENDED, told.clone(), trust);
        Caller::broker().must("sts:SetSourceIdentity", VENDED, told, trust);
    }
    assert!(!Caller::cleanup().may("sts:AssumeRole", VENDED, context(), trust));
    assert!(!Caller::broker().may("sts:AssumeRole", VENDED, context().with(TAG, "staging"), trust));
}

fn making() -> Context {
    tls()
        .with("iam:PermissionsBoundary", "arn:aws:iam::444455556666:policy/daypass/boundary/developer")
        .with("aws:RequestTag/DaypassDeployment", DEPLOYMENT)
        .with("aws:RequestTag/DaypassTier", "developer")
        .with_list(
            "aws:TagKeys",
            ["DaypassDeployment", "DaypassProject", "DaypassSession", "DaypassTier", "DaypassUser"],
        )
        .with("aws:PrincipalTag/DaypassDeployment", DEPLOYMENT)
}

/// `iam/cloud.rs`: making.
#[test]
fn the_vendor_role_makes_a_role_with_its_tags_and_boundary() {
    let vendor = Caller::vendor();
    vendor.must("iam:CreateRole", VENDED, making(), None);
    vendor.must("iam:TagRole", VENDED, making(), None);
    let without = making().with("iam:PermissionsBoundary", "arn:aws:iam::444455556666:policy/daypass/boundary/admin");
    assert!(!vendor.may("iam:CreateRole", VENDED, without, None), "another tier's boundary");
    assert!(!vendor.may("iam:CreateRole", GONE, making(), None), "outside the path");
}

/// `iam/cloud.rs`, `iam/state.rs`: everything about a role that is there, whether IAM tells its tags already or not, and
/// whether somebody took its boundary off or not.
#[test]
fn the_vendor_role_checks_changes_and_removes_a_role() {
    let vendor = Caller::vendor();
    for action in [
        "iam:DeleteRole",
        "iam:DeleteRolePolicy",
        "iam:DetachRolePolicy",
        "iam:GetRole",
        "iam:GetRolePolicy",
        "iam:ListAttachedRolePolicies",
        "iam:ListInstanceProfilesForRole",
        "iam:ListRolePolicies",
        "iam:PutRolePolicy",
        "iam:UpdateAssumeRolePolicy",
    ] {
        vendor.must(action, VENDED, tls().with(TAG, DEPLOYMENT), None);
        vendor.must(action, VENDED, tls(), None);
        let changes = !(action.starts_with("iam:Get") || action.starts_with("iam:List"));
        assert_eq!(vendor.may(action, VENDED, tls().with(TAG, "staging"), None), !changes, "{action}");
    }
    let profile = "arn:aws:iam::444455556666:instance-profile/web/servers";
    vendor.must("iam:RemoveRoleFromInstanceProfile", profile, tls(), None);
}

/// `iam/state.rs`, `saga/teardown.rs`: `NoSuchEntity` is the end of a session, and only who may ask is told.
#[test]
fn the_vendor_role_hears_that_a_role_is_gone() {
    assert!(GONE.ends_with(ROLE) && VENDED.ends_with(ROLE));
    for action in ["iam:GetRole", "iam:PutRolePolicy"] {
        Caller::vendor().must(action, GONE, tls(), None);
        assert!(!Caller::vendor().may(action, GONE, tls().with(TAG, DEPLOYMENT), None), "{action}");
        assert!(!Caller::vendor().may(action, "arn:aws:iam::444455556666:role/dp-tools", tls(), None), "{action}");
    }
}

/// `iam/cloud.rs`, `iam/census.rs`: what is asked of the account.
#[test]
fn the_vendor_role_counts_lists_and_reads_boundaries() {
    let vendor = Caller::vendor();
    vendor.must("iam:GetAccountSummary", "*", tls(), None);
    vendor.must("iam:ListRoles", "*", tls(), None);
    vendor.must("iam:ListRoles", "arn:aws:iam::444455556666:role/daypass/", tls(), None);
    let boundary = "arn:aws:iam::444455556666:policy/daypass/boundary/developer";
    for action in ["iam:GetPolicy", "iam:GetPolicyVersion"] {
        vendor.must(action, boundary, tls(), None);
    }
}

/// `kms.rs`, and DynamoDB, S3 and SNS on our behalf.
#[test]
fn keys_do_what_the_roles_need() {
    let (key, signing) = (hub("key"), hub("signing-key"));
    let (key, signing) = (Some((ResourceKind::Key, &key)), Some((ResourceKind::Key, &signing)));
    let sealing = || Context::new().with("kms:EncryptionContext:daypass", "session/5f0c6a52");
    Caller::broker().must("kms:Encrypt", KEY, sealing(), key);
    assert!(!Caller::cleanup().may("kms:Encrypt", KEY, sealing(), key));
    for caller in [Caller::broker(), Caller::cleanup()] {
        caller.must("kms:Decrypt", KEY, sealing(), key);
        assert!(!caller.may("kms:Decrypt", KEY, Context::new(), key));
        for action in ["kms:Sign", "kms:Verify"] {
            caller.must(action, SIGNING_KEY, Context::new().with("kms:SigningAlgorithm", "ECDSA_SHA_256"), signing);
        }
        for service in ["dynamodb", "s3", "sns"] {
            let through = || Context::new().with("kms:ViaService", format!("{service}.eu-central-1.amazonaws.com"));
            caller.must("kms:Decrypt", KEY, through(), key);
            caller.must("kms:GenerateDataKey", KEY, through(), key);
        }
    }
}

/// `dynamo/`.
#[test]
fn records_are_kept() {
    let table = |name: &str| format!("arn:aws:dynamodb:eu-central-1:111122223333:table/daypass-prod-{name}");
    for caller in [Caller::broker(), Caller::cleanup()] {
        for name in ["sessions", "audit", "records"] {
            for action in ["BatchGetItem", "DescribeTable", "GetItem", "PutItem", "Query"] {
                caller.must(&format!("dynamodb:{action}"), &table(name), tls(), None);
            }
        }
        for action in ["dynamodb:DeleteItem", "dynamodb:UpdateItem"] {
            caller.must(action, &table("records"), tls(), None);
        }
        for index in [
            "sessions/index/by-user",
            "sessions/index/by-project",
            "sessions/index/by-day",
            "sessions/index/by-status",
            "sessions/index/by-due",
            "audit/index/by-day",
            "records/index/outbox",
        ] {
            caller.must("dynamodb:Query", &table(index), tls(), None);
        }
        assert!(!caller.may("dynamodb:DeleteItem", &table("audit"), tls(), None));
        assert!(!caller.may("dynamodb:GetItem", &table("sessions").replace("prod", "prod-2"), tls(), None));
    }
}

/// `sns.rs`, and the adapters of events and templates.
#[test]
fn alerts_events_and_templates_go_through() {
    let (topic, bus, bucket) = (hub("topic"), hub("bus"), hub("bucket"));
    for caller in [Caller::broker(), Caller::cleanup()] {
        let alerts = "arn:aws:sns:eu-central-1:111122223333:daypass-prod-alerts";
        caller.must("sns:Publish", alerts, tls(), Some((ResourceKind::Other, &topic)));
        assert!(!caller.may("sns:Publish", &alerts.replace("prod", "prod-2"), tls(), None));
        let events = "arn:aws:events:eu-central-1:111122223333:event-bus/daypass-prod";
        let told = tls()
            .with_list("events:source", ["daypass.session", "daypass.session"])
            .with("events:detail-type", "Session Granted");
        caller.must("events:PutEvents", events, told, Some((ResourceKind::Other, &bus)));
        let objects = "arn:aws:s3:::daypass-prod-111122223333-templates";
        let bucket = Some((ResourceKind::Bucket, &bucket));
        for action in ["s3:GetObject", "s3:GetObjectVersion"] {
            caller.must(action, &format!("{objects}/templates/developer/tier.toml"), tls(), bucket);
            caller.must(action, &format!("{objects}/daypass.toml"), tls(), bucket);
        }
        for action in ["s3:ListBucket", "s3:ListBucketVersions"] {
            caller.must(action, objects, tls(), bucket);
        }
        let plain = tls().with("aws:SecureTransport", "false");
        assert!(!caller.may("s3:GetObject", &format!("{objects}/daypass.toml"), plain, bucket));
    }
    let group = "arn:aws:logs:eu-central-1:111122223333:log-group:/aws/lambda/daypass-prod-";
    for (caller, name) in [(Caller::broker(), "api"), (Caller::cleanup(), "cleanup")] {
        for action in ["logs:CreateLogStream", "logs:PutLogEvents"] {
            caller.must(action, &format!("{group}{name}:log-stream:2030/01/01/[$LATEST]0"), tls(), None);
        }
    }
}

/// `organization.rs`.
#[test]
fn accounts_are_found_where_that_is_switched_on() {
    let discovering = Caller::new(BROKER, &[hub("broker"), hub("discovery")]);
    let unit = "arn:aws:organizations::111122223333:ou/o-a1b2c3d4e5/ou-ab12-cd34ef56";
    discovering.must("organizations:ListAccounts", "*", tls(), None);
    discovering.must("organizations:ListAccountsForParent", unit, tls(), None);
    discovering.must("organizations:ListOrganizationalUnitsForParent", unit, tls(), None);
    let account = "arn:aws:organizations::111122223333:account/o-a1b2c3d4e5/444455556666";
    discovering.must("organizations:ListTagsForResource", account, tls(), None);
    assert!(!Caller::broker().may("organizations:ListAccounts", "*", tls(), None));
}

/// A person with an IAM user enters the gate, and signs the one call.
#[test]
fn a_person_passes_the_gate_with_a_second_factor() {
    let trust = member("gate-trust");
    let gate = "arn:aws:iam::444455556666:role/daypass-gate";
    let own = PolicyDocument::parse(
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}}"#,
    );
    let identity = [PreparedPolicy::new(&own.unwrap())];
    let enters = |session: &str, present: &str, age: &str| {
        let user = "arn:aws:iam::444455556666:user/carla".parse().unwrap();
        let mut request = Request::new(user, "sts:AssumeRole".parse().unwrap(), gate);
        request.context = tls()
            .with("aws:username", "carla")
            .with("aws:PrincipalArn", "arn:aws:iam::444455556666:user/carla")
            .with("sts:RoleSessionName", session)
            .with("aws:MultiFactorAuthPresent", present)
            .with("aws:MultiFactorAuthAge", age);
        let trust = PreparedPolicy::new(&trust);
        evaluate(&request, &Layers::new(&identity).resource_of(ResourceKind::Trust, &trust)).is_allowed()
    };
    assert!(enters("carla", "true", "0"));
    assert!(!enters("dora", "true", "0"));
    assert!(!enters("carla", "false", "0"));
    assert!(!enters("carla", "true", "901"));
    let holder = Caller::new(gate, &[member("gate")]);
    holder.must("sts:GetCallerIdentity", "*", tls(), None);
    assert!(!holder.may("sts:AssumeRole", VENDED, tls(), None));
}
