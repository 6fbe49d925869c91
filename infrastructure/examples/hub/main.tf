# A hub, and two member accounts that are managed from the same place. Each account has a provider of its own.

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
  region              = "eu-central-1"
  allowed_account_ids = ["111122223333"]

  default_tags {
    tags = { Service = "daypass" }
  }
}

provider "aws" {
  alias               = "web"
  region              = "eu-central-1"
  allowed_account_ids = ["444455556666"]

  assume_role {
    role_arn = "arn:aws:iam::444455556666:role/terraform"
  }

  default_tags {
    tags = { Service = "daypass" }
  }
}

provider "aws" {
  alias               = "data"
  region              = "eu-central-1"
  allowed_account_ids = ["777788889999"]

  assume_role {
    role_arn = "arn:aws:iam::777788889999:role/terraform"
  }

  default_tags {
    tags = { Service = "daypass" }
  }
}

variable "vendor_external_id" {
  description = "From `openssl rand -hex 16`; pass it as TF_VAR_vendor_external_id."
  type        = string
  sensitive   = true
}

module "hub" {
  source = "../../hub"

  deployment         = "prod"
  accounts           = ["444455556666", "777788889999"]
  vendor_external_id = var.vendor_external_id
  api_package        = "${path.module}/../../../target/lambda/arm64/daypass-server/bootstrap.zip"
  cleanup_package    = "${path.module}/../../../target/lambda/arm64/daypass-cleanup/bootstrap.zip"

  configuration_files = {
    "daypass.toml" = file("${path.module}/daypass.toml")
    "jwks.json"    = file("${path.module}/jwks.json")
  }

  alert_subscriptions = {
    on-call = { protocol = "email", endpoint = "on-call@example.com" }
  }
}

module "web" {
  source    = "../../member"
  providers = { aws = aws.web }

  deployment  = "prod"
  broker_arn  = module.hub.broker_arn
  cleanup_arn = module.hub.cleanup_arn
  external_id = var.vendor_external_id
}

module "data" {
  source    = "../../member"
  providers = { aws = aws.data }

  deployment  = "prod"
  broker_arn  = module.hub.broker_arn
  cleanup_arn = module.hub.cleanup_arn
  external_id = var.vendor_external_id
}

output "api_url" {
  description = "Where the API answers."
  value       = module.hub.api_url
}
