# The account that Daypass runs in. What is called what stands here once; the policy documents have the same names, and a
# test compares.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.region
  name       = "daypass-${var.deployment}"
  policies   = "${path.module}/../policies"

  # Boundaries protect by this tag what has no name, so it stands on everything and does not wait for default_tags.
  tags = merge(var.tags, { DaypassDeployment = var.deployment })

  by_organization = length(var.accounts) == 0

  # What the documents leave blank. Each takes what it needs.
  blanks = {
    account_id   = local.account_id
    deployment   = var.deployment
    dns_suffix   = data.aws_partition.current.dns_suffix
    partition    = local.partition
    region       = local.region
    scope_key    = local.by_organization ? "aws:ResourceOrgID" : "aws:ResourceAccount"
    scope_values = local.by_organization ? compact([var.organization_id]) : var.accounts
    vendor_role  = var.vendor_role_name
  }

  roles = {
    broker_arn  = aws_iam_role.broker.arn
    cleanup_arn = aws_iam_role.cleanup.arn
  }

  keys = {
    key_arn         = aws_kms_key.main.arn
    signing_key_arn = aws_kms_key.signing.arn
  }
}
