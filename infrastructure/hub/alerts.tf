# One topic for alerts of Daypass and alarms about it.

resource "aws_sns_topic" "alerts" {
  name              = "${local.name}-alerts"
  kms_master_key_id = aws_kms_key.main.arn
  tags              = local.tags
}

resource "aws_sns_topic_policy" "alerts" {
  arn    = aws_sns_topic.alerts.arn
  policy = templatefile("${local.policies}/topic.json.tftpl", local.blanks)
}

resource "aws_sns_topic_subscription" "alerts" {
  for_each = var.alert_subscriptions

  topic_arn           = aws_sns_topic.alerts.arn
  protocol            = each.value.protocol
  endpoint            = each.value.endpoint
  filter_policy       = each.value.filter_policy
  filter_policy_scope = each.value.filter_policy == null ? null : "MessageAttributes"
}
