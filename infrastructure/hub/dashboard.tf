# One page: is anything left over, does it run, do people get in.

locals {
  deployment_metrics = { for metric in ["StuckSessions", "UndeliveredAlerts", "ReconcilerFailures", "OldestDueSeconds", "Settled", "Reconciled", "CutShort"] :
    metric => ["Daypass", metric, "Deployment", var.deployment]
  }

  widgets = [
    {
      title   = "Left over"
      stat    = "Maximum"
      metrics = [for metric in ["StuckSessions", "UndeliveredAlerts", "ReconcilerFailures"] : local.deployment_metrics[metric]]
    },
    {
      title   = "Oldest session that is due, in seconds"
      stat    = "Maximum"
      metrics = [local.deployment_metrics["OldestDueSeconds"]]
    },
    {
      title   = "Passes, sessions settled, passes cut short"
      stat    = "Sum"
      metrics = [for metric in ["Reconciled", "Settled", "CutShort"] : local.deployment_metrics[metric]]
    },
    {
      title   = "Functions: errors and throttles"
      stat    = "Sum"
      metrics = flatten([for name in values(local.functions) : [for metric in ["Errors", "Throttles"] : [["AWS/Lambda", metric, "FunctionName", name]]]])
    },
    {
      title   = "Functions: duration, 99th percentile"
      stat    = "p99"
      metrics = [for name in values(local.functions) : ["AWS/Lambda", "Duration", "FunctionName", name]]
    },
    {
      title   = "API: calls and errors"
      stat    = "Sum"
      metrics = [for metric in ["Count", "4xx", "5xx"] : ["AWS/ApiGateway", metric, "ApiId", aws_apigatewayv2_api.main.id]]
    },
  ]
}

resource "aws_cloudwatch_dashboard" "main" {
  dashboard_name = local.name

  dashboard_body = jsonencode({
    widgets = [for at, widget in local.widgets : {
      type   = "metric"
      x      = (at % 3) * 8
      y      = floor(at / 3) * 6
      width  = 8
      height = 6
      properties = {
        title   = widget.title
        region  = local.region
        stat    = widget.stat
        period  = 60
        view    = "timeSeries"
        metrics = widget.metrics
      }
    }]
  })
}
