output "api_url" {
  description = "Where the API answers."
  value       = var.domain == null ? aws_apigatewayv2_api.main.api_endpoint : "https://${var.domain.name}"
}

output "api_domain_target" {
  description = "Where a DNS record for your domain has to point, and its hosted zone."
  value = one([for domain in aws_apigatewayv2_domain_name.main : {
    name    = domain.domain_name_configuration[0].target_domain_name
    zone_id = domain.domain_name_configuration[0].hosted_zone_id
  }])
}

output "broker_arn" {
  description = "The server's role: what member accounts trust, and broker_arn in the configuration."
  value       = aws_iam_role.broker.arn
}

output "cleanup_arn" {
  description = "The cleanup function's role: what member accounts trust, too."
  value       = aws_iam_role.cleanup.arn
}

output "table_prefix" {
  description = "How the tables' names begin: store.table_prefix in the configuration."
  value       = "${local.name}-"
}

output "kms_key_arn" {
  description = "The key for secrets: aws.kms_key in the configuration."
  value       = aws_kms_key.main.arn
}

output "kms_signing_key_arn" {
  description = "The key for checkpoints: aws.kms_signing_key in the configuration."
  value       = aws_kms_key.signing.arn
}

output "alerts_topic_arn" {
  description = "The topic: aws.alerts_topic_arn in the configuration."
  value       = aws_sns_topic.alerts.arn
}

output "event_bus_arn" {
  description = "The bus with life-cycle events; add rules of your own to it."
  value       = aws_cloudwatch_event_bus.main.arn
}

output "template_bucket" {
  description = "The bucket with configuration and tiers."
  value       = aws_s3_bucket.templates.id
}
