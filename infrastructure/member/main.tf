# A member account: the role that makes roles, the boundaries it makes them with, and the gate.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  policies = "${path.module}/../policies"
  tags     = merge(var.tags, { DaypassDeployment = var.deployment })

  # The tiers are those that documents were made for.
  tiers = toset([for file in fileset(local.policies, "boundary-*.json.tftpl") : trimsuffix(trimprefix(file, "boundary-"), ".json.tftpl")])

  # What the documents leave blank. Each takes what it needs.
  blanks = {
    account_id  = data.aws_caller_identity.current.account_id
    partition   = data.aws_partition.current.partition
    deployment  = var.deployment
    broker_arn  = var.broker_arn
    cleanup_arn = var.cleanup_arn
    external_id = var.external_id
  }
}

resource "aws_iam_role" "vendor" {
  name                 = var.vendor_role_name
  description          = "Makes, checks and removes the roles of sessions."
  assume_role_policy   = templatefile("${local.policies}/vendor-trust.json.tftpl", local.blanks)
  max_session_duration = 3600
  tags                 = local.tags
}

resource "aws_iam_role_policy" "vendor" {
  name   = "daypass-vendor"
  role   = aws_iam_role.vendor.id
  policy = templatefile("${local.policies}/vendor.json.tftpl", local.blanks)
}

resource "aws_iam_policy" "boundary" {
  for_each = var.create_boundaries ? local.tiers : toset([])

  name        = each.key
  path        = "/daypass/boundary/"
  description = "What no session of the tier ${each.key} may ever do."
  policy      = templatefile("${local.policies}/boundary-${each.key}.json.tftpl", local.blanks)
  tags        = local.tags
}

resource "aws_iam_role" "gate" {
  count = var.create_gate_role ? 1 : 0

  name                 = "daypass-gate"
  description          = "Proves a second factor; may do nothing."
  assume_role_policy   = templatefile("${local.policies}/gate-trust.json.tftpl", local.blanks)
  max_session_duration = 3600
  tags                 = local.tags
}

resource "aws_iam_role_policy" "gate" {
  count = var.create_gate_role ? 1 : 0

  name   = "daypass-gate"
  role   = aws_iam_role.gate[0].id
  policy = templatefile("${local.policies}/gate.json.tftpl", local.blanks)
}
