//! Tables for development.

use daypass_aws::dynamo::{TableNames, check_tables, create_tables};
use daypass_tests::emulated::{dynamodb, dynamodb_client};

#[tokio::test]
async fn tables_are_made_once() {
    let (client, names) = (dynamodb_client(dynamodb()).await, TableNames::with_prefix("once-").unwrap());
    let made = create_tables(&client, &names).await.unwrap();
    assert_eq!(made.tables, ["once-sessions", "once-audit", "once-records"]);
    assert_eq!(create_tables(&client, &names).await.unwrap().tables, Vec::<String>::new());
}

#[tokio::test]
async fn tables_are_protected_and_cost_nothing_when_idle() {
    let client = dynamodb_client(dynamodb()).await;
    create_tables(&client, &TableNames::with_prefix("kept-").unwrap()).await.unwrap();
    for name in ["kept-sessions", "kept-audit", "kept-records"] {
        let table = client.describe_table().table_name(name).send().await.unwrap().table.unwrap();
        assert_eq!(table.deletion_protection_enabled, Some(true), "{name}");
        let billing = table.billing_mode_summary.and_then(|summary| summary.billing_mode);
        assert_eq!(billing.map(|mode| mode.as_str().to_owned()).as_deref(), Some("PAY_PER_REQUEST"), "{name}");
    }
    let expiry = client.describe_time_to_live().table_name("kept-records").send().await.unwrap();
    let attribute = expiry.time_to_live_description.and_then(|expiry| expiry.attribute_name);
    assert_eq!(attribute.as_deref(), Some("Ttl"));
}

#[tokio::test]
async fn tables_that_are_not_there_are_not_found_whole() {
    let absent = check_tables(&dynamodb_client(dynamodb()).await, &TableNames::with_prefix("absent-").unwrap()).await;
    assert!(absent.unwrap_err().to_string().contains("absent-sessions"));
}

#[tokio::test]
async fn t30_records_have_the_keys_and_indexes_that_were_settled() {
    let client = dynamodb_client(dynamodb()).await;
    create_tables(&client, &TableNames::with_prefix("keyed-").unwrap()).await.unwrap();
    for (name, keys, indexes) in [
        ("keyed-sessions", ["ProjectId", "SessionId"], &["by-due", "by-status", "by-user"][..]),
        ("keyed-audit", ["ChainId", "Seq"], &["by-day"][..]),
    ] {
        let table = client.describe_table().table_name(name).send().await.unwrap().table.unwrap();
        let found: Vec<_> = table.key_schema.unwrap().into_iter().map(|key| key.attribute_name).collect();
        assert_eq!(found, keys, "{name}");
        let mut found: Vec<_> =
            table.global_secondary_indexes.unwrap().into_iter().filter_map(|index| index.index_name).collect();
        found.sort();
        for index in indexes {
            assert!(found.iter().any(|found| found == index), "{name} has no {index}: {found:?}");
        }
    }
}
