//! What is deployed is protected: every resource in the Terraform modules and in the stack has a name or a tag by which the
//! boundaries of all tiers refuse to touch it. A resource of a new kind fails here until somebody has said which.

#![expect(clippy::unwrap_used, clippy::panic, reason = "this whole program is test code")]

use std::fs;
use std::path::{Path, PathBuf};

use daypass_vending::guard::protected_names;
use serde_json::Value;

/// How a kind of resource is protected.
#[derive(Clone, Copy, Debug)]
enum Protection {
    /// By its name: the service, what stands before the name in the ARN, and the argument that has it.
    Named(&'static str, &'static str, &'static str),
    /// The same for what cannot have tags.
    NamedOnly(&'static str, &'static str, &'static str),
    /// It has an ARN that nobody chooses, and so only its tag.
    Tagged,
    /// It is changed by calls on another resource, which is protected.
    PartOf(&'static str),
}

use Protection::{Named, NamedOnly, PartOf, Tagged};

const KINDS: [(&str, Protection); 38] = [
    ("aws_apigatewayv2_api", Tagged),
    ("aws_apigatewayv2_api_mapping", PartOf("aws_apigatewayv2_domain_name")),
    ("aws_apigatewayv2_domain_name", Tagged),
    ("aws_apigatewayv2_integration", PartOf("aws_apigatewayv2_api")),
    ("aws_apigatewayv2_route", PartOf("aws_apigatewayv2_api")),
    ("aws_apigatewayv2_stage", Tagged),
    ("aws_cloudformation_stack_set", Named("cloudformation", "stackset/", "name")),
    ("aws_cloudformation_stack_set_instance", PartOf("aws_cloudformation_stack_set")),
    ("aws_cloudwatch_dashboard", NamedOnly("cloudwatch", "dashboard/", "dashboard_name")),
    ("aws_cloudwatch_event_bus", Named("events", "event-bus/", "name")),
    ("aws_cloudwatch_event_bus_policy", PartOf("aws_cloudwatch_event_bus")),
    ("aws_cloudwatch_event_rule", Named("events", "rule/", "name")),
    ("aws_cloudwatch_event_target", PartOf("aws_cloudwatch_event_rule")),
    ("aws_cloudwatch_log_group", Named("logs", "log-group:", "name")),
    ("aws_cloudwatch_metric_alarm", Named("cloudwatch", "alarm:", "alarm_name")),
    ("aws_dynamodb_table", Named("dynamodb", "table/", "name")),
    ("aws_iam_policy", Named("iam", "policy", "path")),
    ("aws_iam_role", Named("iam", "role/", "name")),
    ("aws_iam_role_policy", PartOf("aws_iam_role")),
    ("aws_kms_alias", NamedOnly("kms", "", "name")),
    ("aws_kms_key", Tagged),
    ("aws_lambda_function", Named("lambda", "function:", "function_name")),
    ("aws_lambda_function_event_invoke_config", PartOf("aws_lambda_function")),
    ("aws_lambda_permission", PartOf("aws_lambda_function")),
    ("aws_s3_bucket", Named("s3", "", "bucket")),
    ("aws_s3_bucket_lifecycle_configuration", PartOf("aws_s3_bucket")),
    ("aws_s3_bucket_logging", PartOf("aws_s3_bucket")),
    ("aws_s3_bucket_ownership_controls", PartOf("aws_s3_bucket")),
    ("aws_s3_bucket_policy", PartOf("aws_s3_bucket")),
    ("aws_s3_bucket_public_access_block", PartOf("aws_s3_bucket")),
    ("aws_s3_bucket_server_side_encryption_configuration", PartOf("aws_s3_bucket")),
    ("aws_s3_bucket_versioning", PartOf("aws_s3_bucket")),
    ("aws_s3_object", PartOf("aws_s3_bucket")),
    ("aws_sns_topic", Named("sns", "", "name")),
    ("aws_sns_topic_policy", PartOf("aws_sns_topic")),
    // A subscription's ARN begins with its topic's.
    ("aws_sns_topic_subscription", PartOf("aws_sns_topic")),
    ("AWS::IAM::ManagedPolicy", NamedOnly("iam", "policy", "Path")),
    ("AWS::IAM::Role", Named("iam", "role/", "RoleName")),
];

fn protection(kind: &str) -> Protection {
    let known = KINDS.iter().find(|(known, _)| *known == kind);
    known.unwrap_or_else(|| panic!("`{kind}` is new: say in KINDS how boundaries protect it")).1
}

/// A resource in a Terraform file, as `terraform fmt` lays it out.
struct Resource {
    file: PathBuf,
    kind: String,
    body: String,
}

impl Resource {
    /// The value of an argument of the block itself, as it is written.
    fn argument(&self, name: &str) -> Option<&str> {
        let lines = self.body.lines().filter_map(|line| line.strip_prefix("  "));
        let mut values = lines.filter_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix('='));
        values.next().map(str::trim)
    }
}

/// Every resource of the Terraform files in this folder and below.
fn resources(folder: &Path) -> Vec<Resource> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(resources(&path));
        } else if path.extension().is_some_and(|ending| ending == "tf") {
            found.extend(resources_of(&path));
        }
    }
    found
}

fn resources_of(path: &Path) -> Vec<Resource> {
    let text = fs::read_to_string(path).unwrap();
    let blocks = text.split("\nresource \"").skip(1);
    let resource = |block: &str| {
        let (kind, rest) = block.split_once('"').unwrap();
        let body = rest.split_once("\n}").unwrap().0;
        Resource { file: path.to_owned(), kind: kind.to_owned(), body: body.to_owned() }
    };
    blocks.map(resource).collect()
}

/// A name with what Terraform would put into it. What is not known here stands for anything.
fn resolved(expression: &str) -> String {
    let name = match expression {
        "local.name" => "${local.name}",
        "var.vendor_role_name" => "daypass-vendor",
        literal => literal.trim_matches('"'),
    };
    let name = name.replace("${local.name}", "daypass-${var.deployment}");
    name.replace("${var.deployment}", "prod").replace("${local.deployment}", "prod")
}

/// Whether boundaries protect the resource by its name, whatever stands where the name has an expression.
fn is_protected(service: &str, resource: &str) -> bool {
    let known = resource.split("${").next().unwrap();
    protected_names().filter(|(named, _)| *named == service).any(|(_, pattern)| {
        let prefix = pattern.strip_suffix('*').unwrap_or_else(|| panic!("{pattern} has no end"));
        known.starts_with(prefix)
    })
}

#[test]
fn every_resource_has_a_name_or_a_tag_that_boundaries_protect() {
    let all = resources(Path::new(env!("CARGO_MANIFEST_DIR")));
    assert!(all.len() > 40, "only {} resources are found", all.len());
    for resource in &all {
        let Resource { file, kind, .. } = resource;
        let place = || format!("{kind} in {}", file.display());
        let check_name = |service, before, argument| {
            let name = resource.argument(argument).unwrap_or_else(|| panic!("{} has no {argument}", place()));
            let name = format!("{before}{}", resolved(name));
            assert!(is_protected(service, &name), "{}: no boundary protects {service} `{name}`", place());
        };
        let check_tag = || {
            let tags = resource.argument("tags").unwrap_or_else(|| panic!("{} has no tags", place()));
            assert!(tags.contains("local.tags") || tags.contains("DaypassDeployment"), "{}: {tags}", place());
        };
        match protection(kind) {
            Named(service, before, argument) => {
                check_name(service, before, argument);
                check_tag();
            }
            NamedOnly(service, before, argument) => check_name(service, before, argument),
            Tagged => check_tag(),
            PartOf(other) => assert!(!matches!(protection(other), PartOf(_)), "{other}"),
        }
    }
}

/// Both modules give their tags the one that protects, and nobody can override it.
#[test]
fn the_tag_that_protects_is_always_there() {
    for module in ["hub/main.tf", "member/main.tf"] {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(module)).unwrap();
        let tags = text.lines().find(|line| line.trim_start().starts_with("tags ")).unwrap();
        assert!(tags.ends_with("merge(var.tags, { DaypassDeployment = var.deployment })"), "{module}: {tags}");
    }
}

#[test]
fn names_that_people_choose_stay_within_what_is_protected() {
    for module in ["hub/variables.tf", "member/variables.tf"] {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(module)).unwrap();
        let (_, variable) = text.split_once("variable \"vendor_role_name\"").unwrap();
        assert!(variable.split_once("\n}").unwrap().0.contains("regex(\"^daypass-"), "{module}");
    }
}

#[test]
fn what_the_stack_makes_is_protected_by_name() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("member/cloudformation.json");
    let stack: Value = fs::read_to_string(file).unwrap().parse().unwrap();
    let resources = stack.get("Resources").and_then(Value::as_object).unwrap();
    for (name, resource) in resources {
        let (Named(service, before, property) | NamedOnly(service, before, property)) =
            protection(resource.get("Type").and_then(Value::as_str).unwrap())
        else {
            panic!("{name}");
        };
        let value = resource.pointer(&format!("/Properties/{property}")).unwrap();
        let chosen = || stack.pointer("/Parameters/VendorRoleName/Default").and_then(Value::as_str).unwrap();
        let value = value.as_str().unwrap_or_else(chosen);
        assert!(is_protected(service, &format!("{before}{value}")), "{name}: {before}{value}");
    }
}

#[test]
fn a_name_outside_is_seen() {
    assert!(is_protected("dynamodb", "table/daypass-prod-sessions"));
    assert!(!is_protected("dynamodb", "table/sessions"));
    assert!(!is_protected("logs", "log-group:/aws/apigateway/daypass-prod"));
    assert!(!is_protected("iam", "policy/boundary/"));
    assert!(!is_protected("sns", &resolved("\"${var.deployment}-alerts\"")));
    assert!(is_protected("sns", &resolved("\"${local.name}-alerts\"")));
}
