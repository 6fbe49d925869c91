# The broker is the server, wherever it runs; the cleanup function is somebody else, who cannot become what is vended.

resource "aws_iam_role" "broker" {
  name                 = "${local.name}-broker"
  description          = "The Daypass server: enters member accounts and becomes what it vends."
  assume_role_policy   = templatefile("${local.policies}/service-trust.json.tftpl", { services = var.broker_services })
  max_session_duration = 3600
  permissions_boundary = var.permissions_boundary
  tags                 = local.tags

  lifecycle {
    precondition {
      condition     = (length(var.accounts) > 0) != (var.organization_id != null)
      error_message = "Say either accounts or organization_id."
    }

    precondition {
      condition     = var.hub_is_member || !contains(var.accounts, local.account_id)
      error_message = "The hub account is among the accounts: set hub_is_member if that is meant."
    }
  }
}

resource "aws_iam_role" "cleanup" {
  name                 = "${local.name}-cleanup"
  description          = "The Daypass cleanup function: finishes what is under way and ends what is over."
  assume_role_policy   = templatefile("${local.policies}/service-trust.json.tftpl", { services = ["lambda.amazonaws.com"] })
  max_session_duration = 3600
  permissions_boundary = var.permissions_boundary
  tags                 = local.tags
}

resource "aws_iam_role_policy" "broker" {
  name   = "broker"
  role   = aws_iam_role.broker.id
  policy = templatefile("${local.policies}/broker.json.tftpl", merge(local.blanks, local.keys))
}

resource "aws_iam_role_policy" "cleanup" {
  name   = "cleanup"
  role   = aws_iam_role.cleanup.id
  policy = templatefile("${local.policies}/cleanup.json.tftpl", merge(local.blanks, local.keys))
}

resource "aws_iam_role_policy" "api_function" {
  name   = "function"
  role   = aws_iam_role.broker.id
  policy = templatefile("${local.policies}/api-function.json.tftpl", local.blanks)
}

resource "aws_iam_role_policy" "cleanup_function" {
  name   = "function"
  role   = aws_iam_role.cleanup.id
  policy = templatefile("${local.policies}/cleanup-function.json.tftpl", local.blanks)
}

resource "aws_iam_role_policy" "discovery" {
  for_each = var.discover_accounts ? { broker = aws_iam_role.broker.id, cleanup = aws_iam_role.cleanup.id } : {}

  name   = "discovery"
  role   = each.value
  policy = templatefile("${local.policies}/discovery.json.tftpl", {})
}
