//! A request and the policies that have a say in it, from flags or from a file.

use std::collections::BTreeMap;

use daypass_policy::Request;
use daypass_policy::cases::{CasePolicies, EvaluationCase, parse_request};
use serde_json::json;

use super::check::parse_pair;
use super::input::{Input, Source, stdin_once};
use crate::exit::ExitStatus;
use crate::failure::Failure;

/// The arguments that describe a request and its policies.
#[derive(Debug, clap::Args)]
pub(crate) struct Question {
    /// Who asks: the ARN of a user, role or session, a service such as lambda.amazonaws.com, or anonymous
    #[arg(long, value_name = "ARN", help_heading = "The request")]
    principal: Option<String>,
    /// What for, such as s3:GetObject
    #[arg(long, value_name = "ACTION", help_heading = "The request")]
    action: Option<String>,
    /// On what
    #[arg(long, value_name = "ARN", default_value = "*", help_heading = "The request")]
    resource: String,
    /// The account that owns the resource, when its ARN does not say and it is not the caller's
    #[arg(long, value_name = "ID", help_heading = "The request")]
    resource_account: Option<String>,
    /// A condition key of the request; given more than once, the key has several values
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_pair, help_heading = "The request")]
    context: Vec<(String, String)>,
    /// A policy of the user or role; may be given several times
    #[arg(long, value_name = "FILE", help_heading = "The policies, as files; - is standard input")]
    identity: Vec<Input>,
    /// The policy of the resource: bucket policy, key policy, trust policy
    #[arg(long, value_name = "FILE", help_heading = "The policies, as files; - is standard input")]
    resource_policy: Option<Input>,
    /// The permissions boundary
    #[arg(long, value_name = "FILE", help_heading = "The policies, as files; - is standard input")]
    boundary: Option<Input>,
    /// A policy passed when the session was made; may be given several times
    #[arg(long, value_name = "FILE", help_heading = "The policies, as files; - is standard input")]
    session_policy: Vec<Input>,
    /// The service control policies of one level, separated by commas; once per level, root first
    #[arg(
        long,
        value_name = "FILE,…",
        value_parser = parse_level,
        help_heading = "The policies, as files; - is standard input"
    )]
    scp: Vec<Level>,
    /// The resource control policies of one level, in the same way
    #[arg(
        long,
        value_name = "FILE,…",
        value_parser = parse_level,
        help_heading = "The policies, as files; - is standard input"
    )]
    rcp: Vec<Level>,
    /// A policy of the VPC endpoint; may be given several times
    #[arg(long, value_name = "FILE", help_heading = "The policies, as files; - is standard input")]
    endpoint: Vec<Input>,
    /// The whole question as one JSON object, in the format of --batch
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["principal", "action", "resource_account", "context", "identity", "resource_policy",
            "boundary", "session_policy", "scp", "rcp", "endpoint"]
    )]
    case: Option<Input>,
}

/// The policies of one level of an organisation.
#[derive(Clone, Debug)]
struct Level(Vec<Input>);

/// A request with the texts of its policies.
pub(crate) struct Asked {
    pub(crate) request: Request,
    pub(crate) policies: CasePolicies<Source>,
}

impl Question {
    /// Read everything.
    pub(crate) fn read(&self) -> Result<Asked, Failure> {
        match &self.case {
            Some(file) => read_case(file),
            None => Ok(Asked { request: self.request()?, policies: self.policies()? }),
        }
    }

    fn request(&self) -> Result<Request, Failure> {
        for (value, flag) in [(&self.principal, "--principal"), (&self.action, "--action")] {
            if value.is_none() {
                let failure = Failure::usage(format!("`{flag}` is missing"));
                return Err(failure.hint("`--case FILE` takes the whole question from a file; `--help` has examples"));
            }
        }
        let mut context: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (key, value) in &self.context {
            context.entry(key).or_default().push(value);
        }
        let context: serde_json::Map<_, _> = context
            .into_iter()
            .map(|(key, values)| (key.to_owned(), if let [only] = *values { json!(only) } else { json!(values) }))
            .collect();
        let request = json!({
            "principal": self.principal,
            "action": self.action,
            "resource": {"arn": self.resource, "accountId": self.resource_account},
            "context": context,
        });
        parse_request(&request.to_string()).map_err(|error| Failure::usage(error.reason))
    }

    fn policies(&self) -> Result<CasePolicies<Source>, Failure> {
        let levels = self.scp.iter().chain(&self.rcp).flat_map(|level| &level.0);
        let single = self.resource_policy.iter().chain(&self.boundary);
        stdin_once(self.identity.iter().chain(&self.session_policy).chain(&self.endpoint).chain(single).chain(levels))?;
        let named = CasePolicies {
            identity: self.identity.clone(),
            resource: self.resource_policy.clone(),
            boundary: self.boundary.clone(),
            session: self.session_policy.clone(),
            scps: self.scp.iter().map(|level| level.0.clone()).collect(),
            rcps: self.rcp.iter().map(|level| level.0.clone()).collect(),
            endpoint: self.endpoint.clone(),
        };
        named.try_map(|_, input| Source::read(input))
    }
}

fn read_case(file: &Input) -> Result<Asked, Failure> {
    let text = file.read()?;
    let unreadable = |reason: &str| Failure::new(ExitStatus::Unreadable, format!("{}: {reason}", file.name()));
    let case = EvaluationCase::parse(text.trim()).map_err(|error| {
        let failure = unreadable(&error.reason);
        match text.trim().lines().count() > 1 && error.reason.contains("trailing characters") {
            true => failure.hint("for a file of many cases, one a line, there is `simulate --batch`"),
            false => failure,
        }
    })?;
    let policies = case.policies.try_map(|place, text| -> Result<Source, Failure> {
        Ok(Source { name: place.to_string(), text: text.clone().into_owned() })
    })?;
    Ok(Asked { request: case.request, policies })
}

fn parse_level(text: &str) -> Result<Level, String> {
    let files: Vec<Input> = text.split(',').filter(|name| !name.is_empty()).map(Input::of).collect();
    if files.is_empty() { Err("name at least one file".to_owned()) } else { Ok(Level(files)) }
}
