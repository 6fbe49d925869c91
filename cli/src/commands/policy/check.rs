//! `daypass policy check`: what a session's credentials would be allowed to do, and which statement decides.

use std::collections::BTreeMap;
use std::net::IpAddr;

use daypass_api::{AccessAnswer, AccessCheck, ContextValues, Decision, StatementView};
use jiff::Timestamp;

use crate::arguments::Global;
use crate::connection;
use crate::escape::escape;
use crate::exit::ExitStatus;
use crate::failure::Outcome;
use crate::printer::{BAD, DIM, GOOD, OutputFormat, Printer};
use crate::session_ref::SessionRef;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exits with 0 when the call would be allowed and with 6 when it would be denied.

Examples:
  daypass policy check --session 5f0c s3:GetObject arn:aws:s3:::acme-web-assets/index.html
  daypass policy check --session 5f0c ec2:DescribeInstances --ip 203.0.113.9
  daypass policy check --session 5f0c ec2:DescribeInstances --at 2026-01-02T03:04:05Z
  daypass policy check --session 5f0c kms:Decrypt \"$KEY_ARN\" --context kms:ViaService=s3.amazonaws.com")]
pub(crate) struct CheckArgs {
    /// The session: its id, or at least the first 4 characters of it
    #[arg(long, value_name = "ID", alias = "session-id")]
    session: SessionRef,
    /// The action, such as s3:GetObject
    action: String,
    /// The ARN of the resource
    #[arg(default_value = "*", value_name = "ARN")]
    resource: String,
    /// When; now when absent
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    /// From where; your own address when absent
    #[arg(long, value_name = "ADDRESS")]
    ip: Option<IpAddr>,
    /// A condition key of the call; given more than once, the key has several values
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_pair)]
    context: Vec<(String, String)>,
}

pub(crate) async fn command(global: &Global, arguments: CheckArgs, printer: &Printer) -> Outcome {
    let client = connection::open(global).await?.client;
    let id = arguments.session.resolve(&client).await?;
    let check = AccessCheck {
        action: arguments.action,
        resource: arguments.resource,
        source_ip: arguments.ip.map(|address| address.to_string()),
        at: arguments.at,
        context: gather(arguments.context),
    };
    let answer = client.check(&id, &check).await?;
    match printer.format() {
        OutputFormat::Json => printer.json(&answer)?,
        OutputFormat::Table => printer.data(text(&check, &answer))?,
    }
    Ok(if answer.allowed { ExitStatus::Ok } else { ExitStatus::PolicyDenied })
}

fn text(check: &AccessCheck, answer: &AccessAnswer) -> String {
    let verdict = match answer.decision {
        Decision::Allowed => format!("{GOOD}allowed{GOOD:#}"),
        Decision::ImplicitlyDenied => format!("{BAD}denied{BAD:#} (nothing allows it)"),
        Decision::ExplicitlyDenied => format!("{BAD}denied{BAD:#} (a Deny applies)"),
    };
    let mut text = format!("{verdict}: {} on {}\n", escape(&check.action), escape(&check.resource));
    for statement in &answer.deciding {
        text.push_str(&format!("  decided by {}\n", escape(&place(statement))));
    }
    if let Some(layer) = &answer.stopped_by {
        text.push_str(&format!("  lacking: an Allow in the {} policy\n", escape(layer)));
    }
    if !answer.missing_keys.is_empty() {
        text.push_str(&format!("  not given, but asked for: {}\n", escape(&answer.missing_keys.join(", "))));
    }
    if answer.deciding.is_empty() {
        text.push_str(&format!("  {DIM}{}{DIM:#}\n", escape(&answer.explanation)));
    }
    text
}

/// A statement by its `Sid`, else by its place, counted from 1 as people do.
fn place(statement: &StatementView) -> String {
    let StatementView { layer, policy, statement, sid } = statement;
    match sid {
        Some(sid) => format!("statement {sid} of the {layer} policy"),
        None => format!("statement {} of {layer} policy {}", statement + 1, policy + 1),
    }
}

pub(crate) fn parse_pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("write it as KEY=VALUE, such as aws:SourceVpc=vpc-123".to_owned()),
    }
}

fn gather(pairs: Vec<(String, String)>) -> BTreeMap<String, ContextValues> {
    let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (key, value) in pairs {
        values.entry(key).or_default().push(value);
    }
    let one_or_many = |mut values: Vec<String>| match (values.len(), values.pop()) {
        (1, Some(value)) => ContextValues::One(value),
        (_, last) => ContextValues::Many(values.into_iter().chain(last).collect()),
    };
    values.into_iter().map(|(key, values)| (key, one_or_many(values))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_given_twice_has_two_values() {
        let pairs = ["a=1", "b=x=y", "a=2", "c="].map(|pair| parse_pair(pair).unwrap());
        let one = |value: &str| ContextValues::One(value.to_owned());
        let expected = BTreeMap::from([
            ("a".to_owned(), ContextValues::Many(vec!["1".to_owned(), "2".to_owned()])),
            ("b".to_owned(), one("x=y")),
            ("c".to_owned(), one("")),
        ]);
        assert_eq!(gather(pairs.to_vec()), expected);
        assert!(parse_pair("no-value").is_err() && parse_pair("=x").is_err());
    }
}
