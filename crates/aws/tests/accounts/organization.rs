//! Organizations when it goes on over pages, refuses, or has accounts that cannot be entered.

use daypass_aws::organization::{Organization, OrganizationError};
use daypass_vending::ids::AccountId;
use serde_json::{Value, json};

use crate::stub::{Reply, Seen, Stub};

fn accounts(ids: &[&str]) -> Vec<AccountId> {
    ids.iter().map(|id| id.parse().unwrap()).collect()
}

fn parameter(call: &Seen, name: &str) -> Option<String> {
    let body: Value = serde_json::from_str(&call.body).unwrap();
    body[name].as_str().map(str::to_owned)
}

fn says(body: &Value) -> Reply {
    Reply::Answer(200, body.to_string())
}

fn refuses(code: &str) -> Reply {
    Reply::Answer(400, json!({"__type": code, "message": "because"}).to_string())
}

async fn organization(stub: &Stub) -> Organization {
    Organization::new(&stub.configuration().await)
}

#[tokio::test]
async fn only_active_accounts_of_all_pages_count() {
    let stub = Stub::start(|call| match parameter(call, "NextToken").as_deref() {
        None => says(&json!({"NextToken": "more", "Accounts": [
            {"Id": "111122223333", "State": "ACTIVE", "Status": "SUSPENDED"},
            {"Id": "222233334444", "State": "SUSPENDED", "Status": "ACTIVE"},
            {"Id": "333344445555", "State": "PENDING_CLOSURE"},
        ]})),
        // An empty page is not the last one
        // (<https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html>).
        Some("more") => says(&json!({"NextToken": "last", "Accounts": []})),
        _ => says(&json!({"Accounts": [
            {"Id": "444455556666", "Status": "ACTIVE"},
            {"Id": "555566667777"},
        ]})),
    })
    .await;
    let found = organization(&stub).await.accounts().await.unwrap();
    assert_eq!(found.into_iter().collect::<Vec<_>>(), accounts(&["111122223333", "444455556666"]));
    assert_eq!(stub.seen("ListAccounts").len(), 3);
}

#[tokio::test]
async fn a_unit_has_the_accounts_of_the_units_below_it() {
    let stub = Stub::start(|call| {
        let parent = parameter(call, "ParentId").unwrap();
        match (call.action.as_str(), parent.as_str()) {
            ("ListAccountsForParent", "ou-ab12-below") => {
                says(&json!({"Accounts": [{"Id": "222233334444", "State": "ACTIVE"}]}))
            }
            ("ListAccountsForParent", _) => says(&json!({"Accounts": [{"Id": "111122223333", "State": "ACTIVE"}]})),
            (_, "ou-ab12-above") => says(&json!({"OrganizationalUnits": [{"Id": "ou-ab12-below"}]})),
            _ => says(&json!({"OrganizationalUnits": []})),
        }
    })
    .await;
    let found = organization(&stub).await.accounts_under("ou-ab12-above").await.unwrap();
    assert_eq!(found.into_iter().collect::<Vec<_>>(), accounts(&["111122223333", "222233334444"]));
}

#[tokio::test]
async fn units_in_a_circle_come_to_an_end() {
    let stub = Stub::start(|call| match call.action.as_str() {
        "ListAccountsForParent" => says(&json!({"Accounts": [{"Id": "111122223333", "State": "ACTIVE"}]})),
        _ => says(&json!({"OrganizationalUnits": [{"Id": "ou-ab12-again"}]})),
    })
    .await;
    let found = organization(&stub).await.accounts_under("ou-ab12-again").await.unwrap();
    assert_eq!(found.into_iter().collect::<Vec<_>>(), accounts(&["111122223333"]));
}

#[tokio::test]
async fn accounts_come_by_the_value_of_their_tag() {
    let stub = Stub::start(|call| match call.action.as_str() {
        "ListAccounts" => {
            let account = |id: &str| json!({"Id": id, "State": "ACTIVE"});
            says(&json!({"Accounts": [account("111122223333"), account("222233334444"), account("333344445555")]}))
        }
        _ => match parameter(call, "ResourceId").as_deref() {
            Some("333344445555") => says(&json!({"Tags": [{"Key": "CostCenter", "Value": "acme-web"}]})),
            _ => says(&json!({"Tags": [{"Key": "DaypassProject", "Value": "acme-web"}]})),
        },
    })
    .await;
    let found = organization(&stub).await.accounts_by_tag("DaypassProject").await.unwrap();
    let found: Vec<_> = found.into_iter().map(|(value, ids)| (value, ids.into_iter().collect::<Vec<_>>())).collect();
    assert_eq!(found, [("acme-web".to_owned(), accounts(&["111122223333", "222233334444"]))]);
}

#[tokio::test]
async fn a_failure_is_told_and_never_an_empty_organisation() {
    for (code, hint) in [
        ("AccessDeniedException", "delegated administrator"),
        ("AWSOrganizationsNotInUseException", "by hand"),
        ("ParentNotFoundException", "look the unit's id up"),
        ("InvalidInputException", "look the unit's id up"),
    ] {
        let stub = Stub::start(move |_| refuses(code)).await;
        let error = organization(&stub).await.accounts_under("ou-ab12-none").await.unwrap_err();
        assert!(error.hint().contains(hint), "{code}: {error}: {}", error.hint());
    }
    let stub = Stub::start(|call| match call.before {
        0 => says(&json!({"NextToken": "more", "Accounts": [{"Id": "111122223333", "State": "ACTIVE"}]})),
        _ => refuses("AccessDeniedException"),
    })
    .await;
    let error = organization(&stub).await.accounts().await.unwrap_err();
    assert!(matches!(error, OrganizationError::Refused(_)), "half of an organisation is none: {error}");
}
