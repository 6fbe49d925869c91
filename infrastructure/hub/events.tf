# Life-cycle events for whoever listens, and the clock of the cleanup function.

resource "aws_cloudwatch_event_bus" "main" {
  name = local.name
  tags = local.tags
}

resource "aws_cloudwatch_event_bus_policy" "main" {
  event_bus_name = aws_cloudwatch_event_bus.main.name
  policy         = templatefile("${local.policies}/bus.json.tftpl", merge(local.blanks, local.roles))
}

resource "aws_cloudwatch_event_rule" "cleanup" {
  name                = "${local.name}-cleanup"
  description         = "Every minute: what is due, half done or not ours any more."
  schedule_expression = "rate(1 minute)"
  tags                = local.tags
}

resource "aws_cloudwatch_event_target" "cleanup" {
  rule = aws_cloudwatch_event_rule.cleanup.name
  arn  = aws_lambda_function.cleanup.arn
}

resource "aws_lambda_permission" "cleanup" {
  statement_id   = "schedule"
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.cleanup.function_name
  principal      = "events.amazonaws.com"
  source_arn     = aws_cloudwatch_event_rule.cleanup.arn
  source_account = local.account_id
}
