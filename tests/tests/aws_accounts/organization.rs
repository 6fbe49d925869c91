//! The accounts of an organisation. The emulator has all of it in one page; pages are tested beside it.

use daypass_aws::organization::Organization;
use daypass_vending::ids::AccountId;
use serde_json::{Value, json};

use daypass_tests::emulated::{Call, Hub, Key, Ministack};

struct Company {
    hub: Hub,
}

impl Company {
    async fn new() -> Self {
        Self { hub: Hub::new(Ministack::of_this_run()).await }
    }

    async fn call(&self, action: &str, body: Value) -> Value {
        let call = Call::json("organizations", &format!("AWSOrganizationsV20161128.{action}"), &body);
        self.hub.ministack.must(&Key::root(&self.hub.account), &call).await.json()
    }

    async fn root(&self) -> String {
        self.call("ListRoots", json!({})).await["Roots"][0]["Id"].as_str().unwrap().to_owned()
    }

    async fn unit(&self, parent: &str, name: &str) -> String {
        let made = self.call("CreateOrganizationalUnit", json!({"ParentId": parent, "Name": name})).await;
        made["OrganizationalUnit"]["Id"].as_str().unwrap().to_owned()
    }

    async fn account(&self, name: &str, unit: &str) -> AccountId {
        let email = format!("{name}@example.com");
        let made = self.call("CreateAccount", json!({"AccountName": name, "Email": email})).await;
        let id = made["CreateAccountStatus"]["AccountId"].as_str().unwrap().to_owned();
        let parents = self.call("ListParents", json!({"ChildId": id})).await;
        let from = parents["Parents"][0]["Id"].as_str().unwrap();
        self.call("MoveAccount", json!({"AccountId": id, "SourceParentId": from, "DestinationParentId": unit})).await;
        id.parse().unwrap()
    }
}

#[tokio::test]
async fn accounts_are_found_by_unit_and_by_tag_and_closed_ones_are_not() {
    let company = Company::new().await;
    let root = company.root().await;
    let work = company.unit(&root, "work").await;
    let (web, attic) = (company.unit(&work, "web").await, company.unit(&root, "attic").await);
    let one = company.account("one", &work).await;
    let two = company.account("two", &web).await;
    let closed = company.account("closed", &web).await;
    let three = company.account("three", &attic).await;
    company.call("CloseAccount", json!({"AccountId": closed.as_str()})).await;
    for account in [&two, &three, &closed] {
        let tags = json!([{"Key": "DaypassProject", "Value": "acme-web"}]);
        company.call("TagResource", json!({"ResourceId": account.as_str(), "Tags": tags})).await;
    }
    let organization = Organization::new(&company.hub.ministack.configuration(&company.hub.broker).await);
    let all = organization.accounts().await.unwrap();
    assert!(all.contains(&one) && all.contains(&three) && !all.contains(&closed), "{all:?}");
    assert_eq!(organization.accounts_under(&work).await.unwrap(), [one, two.clone()].into());
    let tagged = organization.accounts_by_tag("DaypassProject").await.unwrap();
    assert_eq!(tagged, [("acme-web".to_owned(), [two, three].into())].into());
}
