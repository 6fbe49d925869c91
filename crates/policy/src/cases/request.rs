//! Requests as cases write them.

use std::borrow::Cow;

use serde::ser::{SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::raw::{Fields, Wrong, entries, one_or_many, text};
use crate::arn::Arn;
use crate::catalogue::catalogue;
use crate::context::{Context, ContextValue};
use crate::principal::Principal;
use crate::request::Request;

/// `{"principal", "action", "resource": {"arn", "accountId"} | "arn", "context": {key: value | [value]}}`
pub(super) fn read(value: &RawValue) -> Result<Request, Wrong> {
    let fields = Fields::read("request", value)?;
    let context = fields.optional("context").map(read_context).transpose()?.unwrap_or_default();
    let principal = principal(&text("principal", fields.required("principal")?)?, &context)?;
    let action = text("action", fields.required("action")?)?;
    let action = action.parse().map_err(|error| Wrong::new(format!("`action`: {error}")))?;
    let mut request = Request { principal, action, resource: "*".to_owned(), resource_account: None, context };
    if let Some(resource) = fields.optional("resource") {
        read_resource(resource, &mut request)?;
    }
    Ok(request)
}

/// In the form that [`super::EvaluationCase::parse`] reads.
impl Serialize for Request {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut request = serializer.serialize_struct("Request", 4)?;
        request.serialize_field("principal", self.principal.as_str())?;
        request.serialize_field("action", &self.action)?;
        request.serialize_field("resource", &Resource { arn: &self.resource, account: self.owner() })?;
        request.serialize_field("context", &self.context)?;
        request.end()
    }
}

/// An object, keys as AWS writes them.
impl Serialize for Context {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in self.iter() {
            map.serialize_entry(&display_key(key), value)?;
        }
        map.end()
    }
}

#[derive(Serialize)]
struct Resource<'r> {
    arn: &'r str,
    #[serde(rename = "accountId")]
    account: Option<&'r str>,
}

/// A condition key in AWS' spelling, if the catalogue has it: `aws:principaltag/team` is `aws:PrincipalTag/team`.
#[must_use]
pub fn display_key(key: &str) -> Cow<'_, str> {
    let Some(known) = catalogue().key(key) else { return Cow::Borrowed(key) };
    let (fixed, variable) = known.name().split_once("${").map_or((known.name(), ""), |(fixed, rest)| (fixed, rest));
    match key.get(fixed.len()..) {
        Some("") => Cow::Borrowed(fixed),
        // Only a variable part at the very end is known to be just the rest of the key.
        Some(rest) if variable.ends_with('}') && !variable.contains("${") => Cow::Owned(format!("{fixed}{rest}")),
        _ => Cow::Borrowed(key),
    }
}

fn read_resource(value: &RawValue, request: &mut Request) -> Result<(), Wrong> {
    if value.get().starts_with('"') {
        request.resource = text("resource", value)?.into_owned();
        return Ok(());
    }
    let fields = Fields::read("resource", value)?;
    if let Some(arn) = fields.optional("arn") {
        request.resource = text("resource.arn", arn)?.into_owned();
    }
    let account = fields.optional("accountId").map(|value| text("resource.accountId", value)).transpose()?;
    request.resource_account = account.filter(|account| !account.is_empty()).map(Cow::into_owned);
    Ok(())
}

fn read_context(value: &RawValue) -> Result<Context, Wrong> {
    let entries = entries("context", value)?.into_iter();
    let present = entries.filter(|(_, value)| value.get() != "null");
    present.map(|(key, value)| read_value(&key, value).map(|value| (key, value))).collect()
}

fn read_value(key: &str, value: &RawValue) -> Result<ContextValue, Wrong> {
    if !value.get().starts_with('[') {
        return Ok(ContextValue::Single(text(key, value)?.into_owned()));
    }
    let items = one_or_many(key, value)?.into_iter().map(|item| text(key, item).map(Cow::into_owned));
    Ok(ContextValue::List(items.collect::<Result<_, _>>()?))
}

/// A role stands for some session of it.
fn principal(written: &str, context: &Context) -> Result<Principal, Wrong> {
    let session = Arn::split(written).and_then(|arn| {
        let path = arn.resource.strip_prefix("role/").filter(|_| arn.service == "iam")?;
        let name = path.rsplit('/').next()?;
        let session = format!("arn:{}:sts::{}:assumed-role/{name}/session", arn.partition, arn.account);
        Principal::role_session(&session, written).ok()
    });
    match session {
        Some(session) => Ok(session),
        None => Principal::parse_in(written, context).map_err(|error| Wrong::new(format!("`principal`: {error}"))),
    }
}
