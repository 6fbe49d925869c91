# A hub for a whole organisation, with the member accounts as a stack set: every account that is or comes under the given
# organisational units has the vendor role, the boundaries and the gate role without anybody doing anything.
#
# Run it in a delegated administrator account for CloudFormation StackSets, which is also the hub.

terraform {
  required_version = ">= 1.6"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.0, < 7.0"
    }
  }
}

provider "aws" {
  region = "eu-central-1"

  default_tags {
    tags = { Service = "daypass" }
  }
}

variable "organization_id" {
  description = "The organisation, such as o-a1b2c3d4e5."
  type        = string
}

variable "organizational_units" {
  description = "The units whose accounts become members."
  type        = list(string)
}

variable "vendor_external_id" {
  description = "From `openssl rand -hex 16`; pass it as TF_VAR_vendor_external_id."
  type        = string
  sensitive   = true
}

locals {
  deployment = "prod"
}

module "hub" {
  source = "../../hub"

  deployment         = local.deployment
  organization_id    = var.organization_id
  discover_accounts  = true
  vendor_external_id = var.vendor_external_id
  api_package        = "${path.module}/../../../target/lambda/arm64/daypass-server/bootstrap.zip"
  cleanup_package    = "${path.module}/../../../target/lambda/arm64/daypass-cleanup/bootstrap.zip"

  configuration_files = {
    "daypass.toml" = file("${path.module}/../hub/daypass.toml")
    "jwks.json"    = file("${path.module}/../hub/jwks.json")
  }
}

# The name and the tag are what boundaries protect the stacks by.
resource "aws_cloudformation_stack_set" "member" {
  name             = "daypass-${local.deployment}-member"
  description      = "Daypass in member accounts."
  permission_model = "SERVICE_MANAGED"
  call_as          = "DELEGATED_ADMIN"
  capabilities     = ["CAPABILITY_NAMED_IAM"]
  template_body    = file("${path.module}/../../member/cloudformation.json")
  tags             = { DaypassDeployment = local.deployment }

  parameters = {
    Deployment = local.deployment
    BrokerArn  = module.hub.broker_arn
    CleanupArn = module.hub.cleanup_arn
    ExternalId = var.vendor_external_id
  }

  auto_deployment {
    enabled                          = true
    retain_stacks_on_account_removal = false
  }

  operation_preferences {
    max_concurrent_percentage    = 25
    failure_tolerance_percentage = 5
  }

  lifecycle {
    # StackSets fill it in by themselves for accounts that they manage.
    ignore_changes = [administration_role_arn]
  }
}

resource "aws_cloudformation_stack_set_instance" "member" {
  stack_set_name            = aws_cloudformation_stack_set.member.name
  stack_set_instance_region = "eu-central-1"
  call_as                   = "DELEGATED_ADMIN"

  deployment_targets {
    organizational_unit_ids = var.organizational_units
  }
}

output "api_url" {
  description = "Where the API answers."
  value       = module.hub.api_url
}
