//! The files that are made of the documents: templates for Terraform, and the stack for CloudFormation.
//!
//! `cargo xtask infrastructure` writes them, and a test fails when those on disk are others.

use daypass_vending::template::TemplateError;
use daypass_vending::tier::Tiers;
use serde_json::Value;

use crate::blank::{Piece, list_name, pieces};
use crate::document::{Document, documents};
use crate::stack;

/// A file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// From `infrastructure/`, with `/`.
    pub path: String,
    /// All of it.
    pub text: String,
}

/// Where the templates for Terraform are.
pub const POLICIES: &str = "policies";

/// How the templates' names end, as Terraform recommends.
pub const ENDING: &str = ".json.tftpl";

/// Every file, for a deployment with these tiers.
///
/// # Errors
/// When a tier's boundary has slots that a shared document cannot have.
pub fn files(tiers: &Tiers) -> Result<Vec<File>, TemplateError> {
    let documents = documents(tiers)?;
    let template =
        |document: &Document| File { path: format!("{POLICIES}/{}{ENDING}", document.name), text: terraform(document) };
    let mut files: Vec<File> = documents.iter().map(template).collect();
    files.push(File { path: "member/cloudformation.json".to_owned(), text: compact(&stack::template(&documents)) });
    Ok(files)
}

/// For `templatefile`: blanks as `${account_id}`, lists as `${jsonencode(services)}`, and what begins like a template in the
/// document itself with its first character doubled.
/// <https://developer.hashicorp.com/terraform/language/expressions/strings#escape-sequences-1>
fn terraform(document: &Document) -> String {
    let text = pretty(&mapped(&document.json(), &|text| match list_name(text) {
        Some(_) => text.to_owned(),
        None => pieces(text).into_iter().map(terraform_piece).collect(),
    }));
    // A list is no text, and so loses its quotes.
    crate::blank::BLANKS
        .iter()
        .filter_map(|(name, _)| Some((*name, name.strip_suffix("[]")?)))
        .fold(text, |text, (name, list)| text.replace(&format!("\"<{name}>\""), &format!("${{jsonencode({list})}}")))
}

fn terraform_piece(piece: Piece<'_>) -> String {
    match piece {
        Piece::Text(text) => text.replace("${", "$${").replace("%{", "%%{"),
        Piece::Blank(name) => format!("${{{name}}}"),
    }
}

/// The value with every text of it mapped, names of fields included.
fn mapped(value: &Value, map: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(map(text)),
        Value::Array(items) => Value::Array(items.iter().map(|item| mapped(item, map)).collect()),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, field)| (map(name), mapped(field, map))).collect())
        }
        other => other.clone(),
    }
}

/// Indented by one blank, so that the stack stays below the 51,200 bytes that CloudFormation takes without a bucket.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
fn compact(value: &Value) -> String {
    let wide = pretty(value);
    let lines = wide.lines().map(|line| {
        let text = line.trim_start();
        format!("{}{text}\n", " ".repeat((line.len() - text.len()) / 2))
    });
    lines.collect()
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}
