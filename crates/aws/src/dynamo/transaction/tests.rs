//! What no emulator does: transactions that meet each other, and an attempt that is still at work.

use super::super::item::{item, text};
use super::*;
use crate::loopback::{Loopback, Reply};

/// Numbers in a row are chance enough.
struct Counting(std::sync::atomic::AtomicU8);

impl Entropy for Counting {
    fn fill(&self, buffer: &mut [u8]) {
        let next = self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        buffer.fill(next);
    }
}

fn cancelled(codes: &[&str]) -> Reply {
    let reasons: Vec<String> = codes.iter().map(|code| format!(r#"{{"Code":"{code}"}}"#)).collect();
    let kind = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
    let reasons = reasons.join(",");
    Reply::Sends(400, format!(r#"{{"__type":"{kind}","Message":"cancelled","CancellationReasons":[{reasons}]}}"#))
}

fn done() -> Reply {
    Reply::Sends(200, "{}".to_owned())
}

/// How a transaction of two items ends that meets these replies, and the tokens of its tries.
async fn end(replies: Vec<Reply>) -> (Result<(), Cancelled>, Vec<String>) {
    let loopback = Loopback::start(replies).await;
    let one = |name: &str| Write {
        table: "records",
        item: item([("Part", text(name)), ("Item", text(name))]),
        condition: Condition::Absent("Part"),
    };
    let end = write(&loopback.client(1), &Counting(0.into()), vec![one("one"), one("two")]).await;
    let token = |body: &String| {
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        body["ClientRequestToken"].as_str().unwrap().to_owned()
    };
    (end, loopback.bodies().iter().map(token).collect())
}

#[tokio::test]
async fn who_meets_others_tries_again_as_a_new_change() {
    for reason in ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"] {
        let (end, tokens) = end(vec![cancelled(&["None", reason]), done()]).await;
        assert!(end.is_ok(), "{reason}: {end:?}");
        assert!(matches!(tokens.as_slice(), [one, two] if one != two), "{tokens:?}");
    }
}

#[tokio::test]
async fn who_meets_an_own_attempt_asks_for_it_by_its_token() {
    let (end, tokens) = end(vec![Reply::Says(400, "TransactionInProgressException"), done()]).await;
    assert!(end.is_ok(), "{end:?}");
    assert!(matches!(tokens.as_slice(), [one, two] if one == two), "{tokens:?}");
}

#[tokio::test]
async fn a_condition_that_does_not_hold_ends_it_whatever_else_was_met() {
    let (end, tokens) = end(vec![cancelled(&["TransactionConflict", "ConditionalCheckFailed"])]).await;
    assert!(matches!(end, Err(Cancelled::Refused(refused)) if matches!(refused.as_slice(), [(1, None)])));
    assert_eq!(tokens.len(), 1);
}

#[tokio::test]
async fn a_busy_item_is_given_up_at_last_and_nothing_happened() {
    let (end, tokens) = end(vec![cancelled(&["TransactionConflict", "None"]); 8]).await;
    assert!(matches!(end, Err(Cancelled::Store(StoreError::Unavailable(_)))), "{end:?}");
    assert_eq!(tokens.len(), 8);
}

#[tokio::test]
async fn other_reasons_are_told_and_not_tried_again() {
    let (end, tokens) = end(vec![cancelled(&["ValidationError", "None"])]).await;
    assert!(matches!(end, Err(Cancelled::Store(StoreError::Unavailable(_)))), "{end:?}");
    assert_eq!(tokens.len(), 1);
}

#[tokio::test]
async fn more_items_than_dynamodb_takes_are_refused_before_they_are_sent() {
    let loopback = Loopback::start(vec![]).await;
    let one = || Write { table: "records", item: item([]), condition: Condition::Absent("Part") };
    let end = write(&loopback.client(1), &Counting(0.into()), (0..101).map(|_| one()).collect()).await;
    assert!(matches!(end, Err(Cancelled::Store(StoreError::Unavailable(why))) if why.contains("101")));
}
