//! The member account as a CloudFormation stack, for StackSets over many accounts. The same documents as the Terraform
//! module's, under the same names.

use serde_json::{Map, Value, json};

use crate::blank::{Piece, pieces};
use crate::document::Document;
use crate::member::vendor::camel;

/// The template.
pub(crate) fn template(documents: &[Document]) -> Value {
    let document = |name: &str| documents.iter().find(|document| document.name == name).map(substituted);
    let mut resources = Map::new();
    resources.insert(
        "VendorRole".to_owned(),
        role(
            "Makes, checks and removes the roles of sessions.",
            &json!({"Ref": "VendorRoleName"}),
            "daypass-vendor",
            document("vendor"),
            document("vendor-trust"),
        ),
    );
    for boundary in documents {
        if let Some(tier) = boundary.name.strip_prefix("boundary-") {
            resources.insert(format!("Boundary{}", camel(tier)), managed_policy(tier, boundary));
        }
    }
    let name = json!("daypass-gate");
    let purpose = "Proves a second factor; may do nothing.";
    let mut gate = role(purpose, &name, "daypass-gate", document("gate"), document("gate-trust"));
    if let Some(gate) = gate.as_object_mut() {
        gate.insert("Condition".to_owned(), json!("HasGateRole"));
    }
    resources.insert("GateRole".to_owned(), gate);
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Daypass in a member account: the vendor role, the boundaries of all tiers, the gate role.",
        "Parameters": parameters(),
        "Conditions": {"HasGateRole": {"Fn::Equals": [{"Ref": "CreateGateRole"}, "true"]}},
        "Resources": resources,
        "Outputs": {
            "VendorRoleArn": {
                "Description": "The role that the hub enters.",
                "Value": {"Fn::GetAtt": ["VendorRole", "Arn"]}
            },
            "GateRoleArn": {
                "Condition": "HasGateRole",
                "Description": "The role that proves a second factor.",
                "Value": {"Fn::GetAtt": ["GateRole", "Arn"]}
            }
        }
    })
}

/// What the stack is told. The patterns are those of Daypass' own types.
fn parameters() -> Value {
    let role = "^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$";
    json!({
        "Deployment": {
            "Type": "String",
            "Description": "The deployment's id, as in the server's configuration.",
            "AllowedPattern": "^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
            "MinLength": 2,
            "MaxLength": 31
        },
        "BrokerArn": {
            "Type": "String",
            "Description": "The hub's role daypass-<deployment>-broker.",
            "AllowedPattern": role
        },
        "CleanupArn": {
            "Type": "String",
            "Description": "The hub's role daypass-<deployment>-cleanup.",
            "AllowedPattern": role
        },
        "ExternalId": {
            "Type": "String",
            "NoEcho": true,
            "Description": "What the vendor role asks for: the content of the hub's vendor_external_id_file.",
            "AllowedPattern": "^[A-Za-z0-9+=,.@:/-]+$",
            "MinLength": 22,
            "MaxLength": 128
        },
        "VendorRoleName": {
            "Type": "String",
            "Default": "daypass-vendor",
            "Description": "The vendor role's name. Boundaries protect names that begin with daypass-.",
            "AllowedPattern": "^daypass-[A-Za-z0-9-]+$",
            "MaxLength": 64
        },
        "CreateGateRole": {
            "Type": "String",
            "Default": "true",
            "AllowedValues": ["true", "false"],
            "Description": "Whether IAM users of this account prove their second factor here."
        }
    })
}

fn role(purpose: &str, name: &Value, policy: &str, permissions: Option<Value>, trust: Option<Value>) -> Value {
    json!({
        "Type": "AWS::IAM::Role",
        "Properties": {
            "RoleName": name,
            "Description": purpose,
            "MaxSessionDuration": 3600,
            "AssumeRolePolicyDocument": trust,
            "Policies": [{"PolicyName": policy, "PolicyDocument": permissions}],
            "Tags": [{"Key": daypass_vending::plan::tag::DEPLOYMENT, "Value": {"Ref": "Deployment"}}]
        }
    })
}

/// Why checkov's rules about grants are not for boundaries.
const GRANTS_NOTHING: &str = "a boundary grants nothing; what it lets through is proved in crates/vending/src/guard";

fn managed_policy(tier: &str, boundary: &Document) -> Value {
    json!({
        "Type": "AWS::IAM::ManagedPolicy",
        "Metadata": {"checkov": {"skip": [
            {"id": "CKV_AWS_109", "comment": GRANTS_NOTHING},
            {"id": "CKV_AWS_111", "comment": GRANTS_NOTHING}
        ]}},
        "Properties": {
            "ManagedPolicyName": tier,
            "Path": format!("{}boundary/", daypass_vending::plan::ROLE_PATH),
            "Description": format!("What no session of the tier {tier} may ever do."),
            "PolicyDocument": substituted(boundary)
        }
    })
}

/// The document with its blanks as CloudFormation has them: `Fn::Sub`, and only where there is a blank, so that variables of
/// IAM elsewhere need no escape.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-sub.html>
fn substituted(document: &Document) -> Value {
    substituted_value(&document.json())
}

fn substituted_value(value: &Value) -> Value {
    match value {
        Value::String(text) => {
            let pieces = pieces(text);
            if pieces.iter().all(|piece| matches!(piece, Piece::Text(_))) {
                return value.clone();
            }
            json!({"Fn::Sub": pieces.into_iter().map(substituted_piece).collect::<String>()})
        }
        Value::Array(items) => Value::Array(items.iter().map(substituted_value).collect()),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, field)| (name.clone(), substituted_value(field))).collect())
        }
        other => other.clone(),
    }
}

fn substituted_piece(piece: Piece<'_>) -> String {
    match piece {
        Piece::Text(text) => text.replace("${", "${!"),
        Piece::Blank("account_id") => "${AWS::AccountId}".to_owned(),
        Piece::Blank("dns_suffix") => "${AWS::URLSuffix}".to_owned(),
        Piece::Blank("partition") => "${AWS::Partition}".to_owned(),
        Piece::Blank("region") => "${AWS::Region}".to_owned(),
        Piece::Blank(name) => format!("${{{}}}", camel(&name.replace('_', "-"))),
    }
}
