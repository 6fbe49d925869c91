//! Invariant 3: what is proved about tiers, and that what is broken is refused with a request that shows it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "this whole file is test code")]

use std::collections::{BTreeMap, BTreeSet};

use daypass_policy::{Layers, PreparedPolicy, ResourceKind, evaluate};
use daypass_vending::guard::{Breach, Evidence, GuardError, ProvedTiers, examine};
use daypass_vending::ids::SessionId;
use daypass_vending::template::{Partition, SlotValues};
use daypass_vending::tier::{Tier, Tiers};
use serde_json::{Value, json};

macro_rules! files {
    ($tier:literal) => {
        (
            $tier,
            [
                include_str!(concat!("../../../policy_templates/", $tier, "/tier.toml")),
                include_str!(concat!("../../../policy_templates/", $tier, "/permissions.json")),
                include_str!(concat!("../../../policy_templates/", $tier, "/boundary.json")),
            ],
        )
    };
}

const SHIPPED: [(&str, [&str; 3]); 4] =
    [files!("admin"), files!("break-glass"), files!("developer"), files!("read-only")];

/// A shipped tier after a change of its documents.
fn changed(tier: &str, change: impl FnOnce(&mut Value, &mut Value)) -> Tiers {
    let (_, [limits, permissions, boundary]) = SHIPPED.iter().find(|(name, _)| *name == tier).unwrap();
    let (mut permissions, mut boundary) =
        (serde_json::from_str(permissions).unwrap(), serde_json::from_str(boundary).unwrap());
    change(&mut permissions, &mut boundary);
    let (permissions, boundary) = (permissions.to_string(), boundary.to_string());
    let path = |file: &str| format!("{tier}/{file}");
    let paths = [path("tier.toml"), path("permissions.json"), path("boundary.json")];
    let files = paths.iter().map(String::as_str).zip([limits, permissions.as_str(), boundary.as_str()]);
    Tiers::from_files(files).unwrap()
}

fn statements(document: &mut Value) -> &mut Vec<Value> {
    document["Statement"].as_array_mut().unwrap()
}

fn only(tiers: &Tiers) -> &Tier {
    tiers.iter().next().unwrap()
}

/// The claims that are broken, with the file.
fn broken(tiers: &Tiers) -> Vec<Breach> {
    examine(only(tiers)).unwrap().into_iter().filter_map(|verdict| verdict.breach).collect()
}

#[test]
fn every_shipped_tier_keeps_every_claim() {
    let proved = ProvedTiers::shipped().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(proved.iter().count(), SHIPPED.len());
    for tier in proved.iter() {
        let verdicts = examine(tier).unwrap();
        assert!(verdicts.iter().all(|verdict| verdict.breach.is_none()));
        let claims: BTreeSet<&str> = verdicts.iter().map(|verdict| verdict.claim).collect();
        assert_eq!(
            claims.into_iter().collect::<Vec<_>>(),
            [
                "boundary-changes",
                "daypass-by-name",
                "daypass-by-tag",
                "daypass-tags",
                "iam-writes",
                "other-roles",
                "pass-role",
                "role-changes",
                "standing-identities",
                "trail",
                "unvended-roles"
            ]
        );
    }
}

/// The witness of a breach, after the evaluator has allowed it on the document as an example session has it.
fn confirmed(tiers: &Tiers, breach: &Breach) -> (String, String) {
    let Evidence::Request(witness) = &breach.evidence else { panic!("no witness: {breach}") };
    let values = SlotValues {
        project: &"acme-web".parse().unwrap(),
        account: &"111122223333".parse().unwrap(),
        partition: Partition::Aws,
        session: &SessionId::from_random([9; 16]),
        user: &"carla".parse().unwrap(),
    };
    let tier = only(tiers);
    let template = if breach.file == "boundary.json" { &tier.boundary } else { &tier.permissions };
    let document = [PreparedPolicy::new(&template.compile(&values).unwrap())];
    let mut request = witness.request.clone();
    request.resource_account = request.principal.account().map(str::to_owned);
    let layers = Layers { resource_kind: Some(ResourceKind::Other), ..Layers::new(&document) };
    assert!(evaluate(&request, &layers).is_allowed(), "{breach}");
    (request.action.as_str().to_owned(), witness.statement.clone())
}

/// For each claim, an Allow that breaks it in the permissions of a narrow tier.
#[test]
fn a_permission_that_breaks_a_claim_is_refused_with_a_request_that_the_evaluator_allows() {
    let on_all = |action: &str| json!({"Sid": "Broken", "Effect": "Allow", "Action": action, "Resource": "*"});
    let on = |action: &str, resource: &str| json!({"Sid": "Broken", "Effect": "Allow", "Action": action, "Resource": resource});
    let cases = [
        ("boundary-changes", on_all("iam:*RolePermissionsBoundary")),
        ("boundary-changes", on_all("iam:SetDefaultPolicyVersion")),
        (
            "role-changes",
            on("iam:UpdateAssumeRolePolicy", "arn:${partition}:iam::${accountId}:role/${resourcePrefix}-*"),
        ),
        ("standing-identities", on("iam:CreateAccessKey", "arn:*:iam::*:user/x")),
        ("standing-identities", on_all("sso:CreateAccountAssignment")),
        ("other-roles", on("sts:AssumeRole", "arn:aws:iam::444455556666:role/x")),
        ("pass-role", on("iam:PassRole", "arn:${partition}:iam::${accountId}:role/${resourcePrefix}*")),
        (
            "pass-role",
            json!({"Sid": "Broken", "Effect": "Allow", "Action": "iam:Pass*",
            "NotResource": "arn:${partition}:iam::${accountId}:role/${resourcePrefix}-*"}),
        ),
        ("daypass-by-name", on("dynamodb:DeleteItem", "arn:${partition}:dynamodb:*:${accountId}:table/*")),
        ("daypass-by-name", on("lambda:UpdateEventSourceMapping", "*")),
        ("daypass-by-name", on("sns:Publish", "arn:${partition}:sns:*:${accountId}:day*")),
        ("trail", on_all("cloudtrail:StopLogging")),
        ("trail", on("s3:PutLifecycleConfiguration", "arn:${partition}:s3:::*")),
        ("iam-writes", on_all("iam:CreateSAMLProvider")),
        ("iam-writes", on_all("iam:DeleteServerCertificate")),
    ];
    for (claim, statement) in cases {
        let tiers = changed("developer", |permissions, _| statements(permissions).push(statement.clone()));
        let found = broken(&tiers);
        let breach = found.iter().find(|breach| breach.claim == claim);
        let breach = breach.unwrap_or_else(|| panic!("{statement} does not break {claim}: {found:?}"));
        assert_eq!(breach.file, "permissions.json");
        let (_, sid) = confirmed(&tiers, breach);
        assert_eq!(sid, "Broken", "{breach}");
        assert!(matches!(tiers.prove(), Err(GuardError::Broken { .. })));
    }
}

/// Every Deny of every document in turn: what is lost without it is noticed, unless nothing of invariant 3 is.
#[test]
fn a_denial_that_is_taken_away_is_missed() {
    let mut unnoticed: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (tier, [_, permissions, boundary]) in SHIPPED {
        for (file, text) in [("permissions", permissions), ("boundary", boundary)] {
            let document: Value = serde_json::from_str(text).unwrap();
            for (at, statement) in document["Statement"].as_array().unwrap().iter().enumerate() {
                if statement["Effect"] != "Deny" {
                    continue;
                }
                let tiers = changed(tier, |permissions, boundary| {
                    statements(if file == "permissions" { permissions } else { boundary }).remove(at);
                });
                let found = broken(&tiers);
                found
                    .iter()
                    .filter(|breach| breach.file.starts_with(file))
                    .for_each(|breach| drop(confirmed(&tiers, breach)));
                if found.is_empty() {
                    let sid = statement["Sid"].as_str().unwrap().to_owned();
                    unnoticed.entry(format!("{tier}/{file}")).or_default().push(sid);
                }
            }
        }
    }
    let expected: BTreeMap<String, Vec<String>> = UNNOTICED
        .iter()
        .map(|(document, sids)| ((*document).to_owned(), sids.iter().map(|sid| (*sid).to_owned()).collect()))
        .collect();
    assert_eq!(unnoticed, expected);
}

/// Every name that is protected, too: without its pattern the boundary that allows most is refused.
#[test]
fn a_protected_name_that_is_forgotten_is_missed() {
    let (_, [_, _, boundary]) = SHIPPED.iter().find(|(tier, _)| *tier == "admin").unwrap();
    let document: Value = serde_json::from_str(boundary).unwrap();
    let own = |document: &Value| {
        let statements = document["Statement"].as_array().unwrap();
        statements.iter().position(|statement| statement["Sid"] == "DenyDaypassItself").unwrap()
    };
    let patterns = document["Statement"][own(&document)]["Resource"].as_array().unwrap();
    for (at, pattern) in patterns.iter().enumerate() {
        let tiers = changed("admin", |_, boundary| {
            let statement = own(boundary);
            boundary["Statement"][statement]["Resource"].as_array_mut().unwrap().remove(at);
        });
        let Err(GuardError::Broken { first, .. }) = tiers.prove() else { panic!("{pattern} is not missed") };
        assert_eq!((first.claim, first.file), ("daypass-by-name", "boundary.json"), "{pattern}");
    }
}

/// Denials that no claim needs, because they keep to what a tier is for and not to invariant 3: money, keys, detectors, the
/// organisation, secrets, ways out and other projects' things. The reviewed vectors keep them.
const UNNOTICED: &[(&str, &[&str])] = &[
    ("admin/boundary", ACCOUNT_WIDE),
    ("admin/permissions", ACCOUNT_WIDE),
    ("break-glass/boundary", &["DenyLeavingOrganization"]),
    ("break-glass/permissions", &["DenyLeavingOrganization"]),
    (
        "developer/boundary",
        &[
            "DenyWaysOut",
            "DenyTriggersByOutsiders",
            "DenyUserDataInLists",
            "DenyForeignBuckets",
            "DenyOtherProjectsByTag",
            "DenyForeignTags",
            "DenyEc2OutsideProject",
            "DenyTagThenAct",
        ],
    ),
    ("developer/permissions", &["DenyOpeningTheProject"]),
    (
        "read-only/boundary",
        &[
            // The last statement, which denies all but looking, denies the same.
            "DenyIamAndOtherRoles",
            "DenySecrets",
            "DenyContentsOutsideProject",
            "DenyForeignBuckets",
            "DenyOtherProjectsByTag",
            "DenyDecryptOutsideProject",
            "DenyDecryptOtherThanObjects",
        ],
    ),
    ("read-only/permissions", &["DenyUserDataAndKeys"]),
];

const ACCOUNT_WIDE: &[&str] =
    &["DenyAccountAndBilling", "DenyLongCommitments", "DenyKeyDestruction", "DenyBlindingDetection"];

#[test]
fn what_cannot_be_proved_is_refused() {
    let cases = [
        (
            json!({"Sid": "S", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::x", "Condition":
            {"NumericEquals": {"s3:max-keys": "${accountId}"}}}),
            "slot `${accountId}`",
        ),
        (json!({"Sid": "S", "Effect": "Allow", "Action": "${projectId}:x", "Resource": "*"}), "slot `${projectId}`"),
        (
            json!({"Sid": "S", "Effect": "Allow", "Action": "s3:x", "Resource": "arn:aws:${projectId}:::*"}),
            "slot `${projectId}`",
        ),
        (
            json!({"Sid": "S", "Effect": "Allow", "Action": "s3:x", "Resource": "arn:aws:sns:*:1111*:x"}),
            "part of an account",
        ),
    ];
    for (statement, expected) in cases {
        let tiers = changed("developer", |permissions, _| statements(permissions).push(statement.clone()));
        let error = tiers.prove().unwrap_err();
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(cause.contains(expected), "{cause}");
    }
    let tiers = changed("developer", |_, boundary| boundary["Version"] = json!("2008-10-17"));
    assert!(std::error::Error::source(&tiers.prove().unwrap_err()).unwrap().to_string().contains("2012-10-17"));
}

/// A document that names an account treats that account apart, and so does the proof.
#[test]
fn an_account_that_a_document_names_is_gone_through_too() {
    let tiers = changed("developer", |permissions, _| {
        statements(permissions).push(json!({"Sid": "Broken", "Effect": "Allow", "Action": "dynamodb:DeleteItem",
            "Resource": "arn:aws:dynamodb:*:444455556666:table/*"}));
    });
    let found = broken(&tiers);
    assert_eq!(found.iter().map(|breach| breach.claim).collect::<Vec<_>>(), ["daypass-by-name"]);
}

#[test]
fn the_error_says_tier_file_claim_statement_and_request() {
    let tiers = changed("read-only", |permissions, _| {
        statements(permissions)
            .push(json!({"Sid": "Oops", "Effect": "Allow", "Action": "iam:CreateUser", "Resource": "*"}));
    });
    let error = tiers.prove().unwrap_err();
    let text = error.to_string();
    for expected in
        ["`read-only/permissions.json`", "`standing-identities`", "`Oops`", "iam:CreateUser on ", "(and 1 more"]
    {
        assert!(text.contains(expected), "{expected} not in {text}");
    }
    assert!(error.hint().contains("users"), "{}", error.hint());
}
