//! Everything about a role, from answers that come in pages.

use daypass_vending::ids::{RoleName, SessionId, UserId};
use daypass_vending::plan::Change;
use daypass_vending::ports::{Assumption, Cloud, CloudError, PageToken, RoleQuota};
use daypass_vending::secret::ExternalId;

use crate::stub::{FAR, Reply, Seen, Stub, credentials, error, success};
use crate::{account, cloud, creation, role, role_xml};

fn answer(call: &Seen) -> Reply {
    let action = call.action.as_str();
    let page = |first: &str, second: &str| match call.parameters.get("Marker").map(String::as_str) {
        None => success(action, &format!("{first}<IsTruncated>true</IsTruncated><Marker>m-1</Marker>")),
        Some(_) => success(action, &format!("{second}<IsTruncated>false</IsTruncated>")),
    };
    match action {
        "AssumeRole" => credentials(call, FAR),
        "GetRole" => success(action, &role_xml("dp-acme-web-1")),
        "ListRolePolicies" => {
            page("<PolicyNames><member>one</member></PolicyNames>", "<PolicyNames><member>two</member></PolicyNames>")
        }
        "GetRolePolicy" => {
            let name = &call.parameters["PolicyName"];
            let document = format!("%7B%22Sid%22%3A%22{name}%22%7D");
            let result = format!(
                "<RoleName>r</RoleName><PolicyName>{name}</PolicyName><PolicyDocument>{document}</PolicyDocument>"
            );
            success(action, &result)
        }
        "ListAttachedRolePolicies" => page(&attached("a"), &attached("b")),
        "ListInstanceProfilesForRole" => page(&profile("p"), &profile("q")),
        "ListRoles" => page(&listed("dp-x-1"), &listed("dp-x-2")),
        _ => error(400, "InvalidAction"),
    }
}

fn attached(name: &str) -> String {
    format!(
        "<AttachedPolicies><member><PolicyName>{name}</PolicyName>\
         <PolicyArn>arn:aws:iam::aws:policy/{name}</PolicyArn></member></AttachedPolicies>"
    )
}

fn profile(name: &str) -> String {
    format!(
        "<InstanceProfiles><member><Path>/x/</Path><InstanceProfileName>{name}</InstanceProfileName>\
         <InstanceProfileId>AIPA1</InstanceProfileId><Arn>arn</Arn><CreateDate>2026-03-01T09:00:00Z</CreateDate>\
         <Roles></Roles></member></InstanceProfiles>"
    )
}

fn listed(name: &str) -> String {
    let member = role_xml(name).replace("<Role>", "<member>").replace("</Role>", "</member>");
    format!("<Roles>{member}</Roles>")
}

#[tokio::test]
async fn a_role_is_read_whole_however_many_pages_it_takes() {
    let stub = Stub::start(answer).await;
    let found = cloud(&stub).await.role(&account(), &role()).await.unwrap().unwrap();
    assert_eq!(found.name, role());
    assert_eq!(found.path, "/daypass/read-only/");
    assert_eq!(found.created_at.to_string(), "2026-03-01T09:00:00Z");
    assert_eq!(found.boundary_arn.as_deref(), Some("arn:aws:iam::111122223333:policy/b"));
    assert_eq!(found.trust, r#"{"Version":"2012-10-17"}"#);
    assert_eq!(found.tags["DaypassTier"], "read-only");
    let inline: Vec<_> = found.inline_policies.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    assert_eq!(inline, [("one", r#"{"Sid":"one"}"#), ("two", r#"{"Sid":"two"}"#)]);
    assert_eq!(found.attached_policies, ["arn:aws:iam::aws:policy/a", "arn:aws:iam::aws:policy/b"]);
    assert_eq!(found.instance_profiles, ["p", "q"]);
}

#[tokio::test]
async fn lists_tell_where_they_go_on() {
    let stub = Stub::start(answer).await;
    let cloud = cloud(&stub).await;
    let first = cloud.roles(&account(), "/daypass/", None).await.unwrap();
    assert_eq!(first.roles[0].name, RoleName::found("dp-x-1"));
    assert_eq!(first.next, Some(PageToken("m-1".to_owned())));
    let second = cloud.roles(&account(), "/daypass/", first.next).await.unwrap();
    assert_eq!((second.roles[0].name.as_str(), second.next), ("dp-x-2", None));
    let calls = stub.seen("ListRoles");
    assert!(calls.iter().all(|call| call.parameters["PathPrefix"] == "/daypass/"));
}

#[tokio::test]
async fn a_role_is_absent_only_when_get_role_says_so() {
    let stub = Stub::start(|call| match call.action.as_str() {
        "AssumeRole" => credentials(call, FAR),
        _ => error(404, "NoSuchEntity"),
    })
    .await;
    assert_eq!(cloud(&stub).await.role(&account(), &role()).await, Ok(None));
    for hidden in ["ListRolePolicies", "GetRolePolicy", "ListAttachedRolePolicies", "ListInstanceProfilesForRole"] {
        let stub =
            Stub::start(move |call| if call.action == hidden { error(404, "NoSuchEntity") } else { answer(call) });
        let found = cloud(&stub.await).await.role(&account(), &role()).await;
        assert!(matches!(found, Err(CloudError::Unavailable(_))), "{hidden}: {found:?}");
    }
}

#[tokio::test]
async fn the_quota_is_asked_for_once_and_counts_our_own_roles() {
    let stub = Stub::start(|call| match call.action.as_str() {
        "AssumeRole" => credentials(call, FAR),
        "CreateRole" => success("CreateRole", &role_xml("dp-acme-web-1")),
        "DeleteRole" => success("DeleteRole", ""),
        _ => success(
            "GetAccountSummary",
            "<SummaryMap><entry><key>Roles</key><value>7</value></entry>\
             <entry><key>RolesQuota</key><value>1000</value></entry></SummaryMap>",
        ),
    })
    .await;
    let (cloud, account) = (cloud(&stub).await, account());
    assert_eq!(cloud.role_quota(&account).await, Ok(RoleQuota { used: 7, limit: 1_000 }));
    cloud.apply(&account, &creation("read-only")).await.unwrap();
    assert_eq!(cloud.role_quota(&account).await.unwrap().used, 8);
    cloud.delete_role(&account, &role()).await.unwrap();
    assert_eq!(cloud.role_quota(&account).await.unwrap().used, 7);
    assert_eq!(stub.seen("GetAccountSummary").len(), 1);
}

/// What stands between a grant and its credentials; the account is entered and counted beside it, once in a while.
#[tokio::test]
async fn a_vend_is_three_calls() {
    let stub = Stub::start(|call| match call.action.as_str() {
        "AssumeRole" => credentials(call, FAR),
        "CreateRole" => success("CreateRole", &role_xml("dp-acme-web-1")),
        "PutRolePolicy" => success("PutRolePolicy", ""),
        _ => success(
            "GetAccountSummary",
            "<SummaryMap><entry><key>Roles</key><value>7</value></entry>\
             <entry><key>RolesQuota</key><value>1000</value></entry></SummaryMap>",
        ),
    })
    .await;
    let (cloud, account, role) = (cloud(&stub).await, account(), role());
    let (external_id, user) = (ExternalId::from_random(&[7; 32]), "carla".parse::<UserId>().unwrap());
    for _ in 0..10 {
        cloud.role_quota(&account).await.unwrap();
        cloud.apply(&account, &creation("read-only")).await.unwrap();
        let policy = Change::PutPermissions { role: role.clone(), document: "{}".to_owned() };
        cloud.apply(&account, &policy).await.unwrap();
        let assumption = Assumption {
            role: &role,
            path: "/daypass/read-only/",
            external_id: &external_id,
            user: &user,
            session: SessionId::from_random([7; 16]),
            duration_seconds: 900,
        };
        cloud.assume_role(&account, &assumption).await.unwrap();
    }
    let count = |action| stub.seen(action).len();
    assert_eq!((count("CreateRole"), count("PutRolePolicy")), (10, 10));
    assert_eq!((count("AssumeRole"), count("GetAccountSummary")), (10 + 1, 1));
}
