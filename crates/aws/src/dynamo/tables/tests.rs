//! Tables that somebody else made.

use serde_json::json;

use super::*;
use crate::loopback::{Loopback, Reply};

/// What DynamoDB tells of a table of sessions with this key and these indexes.
fn told(key: [&str; 2], indexes: &str) -> Reply {
    let [hash, range] = key;
    let table = format!(
        r#"{{"Table":{{"TableName":"t-sessions","TableStatus":"ACTIVE","KeySchema":[
            {{"AttributeName":"{hash}","KeyType":"HASH"}},{{"AttributeName":"{range}","KeyType":"RANGE"}}],
            "GlobalSecondaryIndexes":[{indexes}]}}}}"#
    );
    Reply::Sends(200, table)
}

fn index(name: &str, hash: &str, projection: &str) -> String {
    format!(
        r#"{{"IndexName":"{name}","Projection":{{"ProjectionType":"{projection}"}},"KeySchema":[
            {{"AttributeName":"{hash}","KeyType":"HASH"}},{{"AttributeName":"Place","KeyType":"RANGE"}}]}}"#
    )
}

#[tokio::test]
async fn a_table_that_is_another_one_is_not_taken() {
    let own = ["ProjectId", "SessionId"];
    for (told, expected) in [
        (told(["SessionId", "ProjectId"], ""), "its key is not ProjectId and SessionId"),
        (told(own, ""), "it has no index `by-user`"),
        (told(own, &index("by-user", "User", "KEYS_ONLY")), "its index `by-user` is another one"),
        (told(own, &index("by-user", "UserId", "ALL")), "its index `by-user` is another one"),
        (told(own, &index("by-user", "UserId", "KEYS_ONLY")), "it has no index `by-project`"),
    ] {
        let client = Loopback::start(vec![told]).await.client(1);
        let refused = check_tables(&client, &TableNames::with_prefix("t-").unwrap()).await;
        let table = "t-sessions".to_owned();
        assert_eq!(refused, Err(TableError::Differs { table, what: expected.to_owned() }));
    }
}

/// What Terraform makes tables from says the same as the schema, in both directions.
#[test]
fn terraform_makes_the_tables_of_the_schema() {
    let text = include_str!("../../../../../infrastructure/hub/tables.json");
    let told: serde_json::Value = serde_json::from_str(text).unwrap();
    let attribute = |attribute: &Attribute| json!({"name": attribute.name, "type": attribute.kind.as_str()});
    let index = |index: &Index| {
        json!({
            "name": index.name,
            "partition": attribute(&index.key.partition),
            "sort": attribute(&index.key.sort),
            "projection": index.projection.as_str()
        })
    };
    let table = |table: Table<'_>| {
        let indexes: Vec<serde_json::Value> = table.indexes.iter().map(index).collect();
        let told = json!({
            "partition": attribute(&table.key.partition),
            "sort": attribute(&table.key.sort),
            "expires_by": table.expires.then_some(TTL),
            "indexes": indexes
        });
        (table.name.to_owned(), told)
    };
    let names = TableNames::with_prefix("").unwrap();
    let schema: serde_json::Map<String, serde_json::Value> = tables(&names).into_iter().map(table).collect();
    assert_eq!(told, serde_json::Value::Object(schema));
}

#[test]
fn prefixes_that_no_table_can_have_are_refused() {
    for prefix in ["", "daypass-", "a.b_c-9"] {
        assert!(TableNames::with_prefix(prefix).is_ok(), "{prefix}");
    }
    for prefix in ["day pass", "daypass/", "d\u{e4}ypass", &"x".repeat(41)] {
        assert!(TableNames::with_prefix(prefix).is_err(), "{prefix}");
    }
}
