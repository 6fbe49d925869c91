# Alarms, each with what to do about it. What the cleanup function says about itself cannot tell that it says nothing: that is
# the first one.

locals {
  alarms = {
    missing-passes = {
      description = "The cleanup function has not finished a pass for five minutes. Look into its log; sessions still end by their own policies, but roles stay."
      metric      = "Reconciled"
      statistic   = "Sum"
      comparison  = "LessThanThreshold"
      threshold   = 1
      periods     = 5
      missing     = "breaching"
    }
    stuck-sessions = {
      description = "A session's role could not be removed in six attempts. `daypass list --status stuck` says which and why."
      metric      = "StuckSessions"
      statistic   = "Maximum"
      comparison  = "GreaterThanThreshold"
      threshold   = 0
      periods     = 1
      missing     = "ignore"
    }
    undelivered-alerts = {
      description = "Alerts have been waiting for ten minutes. Look whether the topic takes them; they are repeated until it does."
      metric      = "UndeliveredAlerts"
      statistic   = "Minimum"
      comparison  = "GreaterThanThreshold"
      threshold   = 0
      periods     = 10
      missing     = "ignore"
    }
    reconciler-failures = {
      description = "Parts of passes have been failing for five minutes, such as an account that cannot be entered. The log says which."
      metric      = "ReconcilerFailures"
      statistic   = "Minimum"
      comparison  = "GreaterThanThreshold"
      threshold   = 0
      periods     = 5
      missing     = "ignore"
    }
    oldest-due = {
      description = "A session is due for longer than it should be. Its own policy has ended it; its role still stands."
      metric      = "OldestDueSeconds"
      statistic   = "Maximum"
      comparison  = "GreaterThanThreshold"
      threshold   = var.oldest_due_alarm_seconds
      periods     = 2
      missing     = "ignore"
    }
    cut-short = {
      description = "Passes do not finish before the function's time is up. There is more to do than one function can; look for an account that throttles."
      metric      = "CutShort"
      statistic   = "Minimum"
      comparison  = "GreaterThanThreshold"
      threshold   = 0
      periods     = 5
      missing     = "ignore"
    }
  }

  functions = {
    api     = aws_lambda_function.api.function_name
    cleanup = aws_lambda_function.cleanup.function_name
  }
}

resource "aws_cloudwatch_metric_alarm" "passes" {
  for_each = local.alarms

  alarm_name          = "${local.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = "Daypass"
  metric_name         = each.value.metric
  dimensions          = { Deployment = var.deployment }
  statistic           = each.value.statistic
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  period              = 60
  evaluation_periods  = each.value.periods
  datapoints_to_alarm = each.value.periods
  treat_missing_data  = each.value.missing
  alarm_actions       = [aws_sns_topic.alerts.arn]
  ok_actions          = [aws_sns_topic.alerts.arn]
  tags                = local.tags
}

resource "aws_cloudwatch_metric_alarm" "function_errors" {
  for_each = local.functions

  alarm_name          = "${local.name}-${each.key}-errors"
  alarm_description   = "The function ${each.value} fails: it ran out of time or memory, or does not start. Its log says why."
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = each.value }
  statistic           = "Sum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 60
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alerts.arn]
  ok_actions          = [aws_sns_topic.alerts.arn]
  tags                = local.tags
}

resource "aws_cloudwatch_metric_alarm" "api_failures" {
  alarm_name          = "${local.name}-api-5xx"
  alarm_description   = "The API answers with errors of its own. Nobody may be able to get or give back access."
  namespace           = "AWS/ApiGateway"
  metric_name         = "5xx"
  dimensions          = { ApiId = aws_apigatewayv2_api.main.id }
  statistic           = "Sum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 2
  period              = 60
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alerts.arn]
  ok_actions          = [aws_sns_topic.alerts.arn]
  tags                = local.tags
}
