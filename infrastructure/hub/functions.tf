# The two functions. Both read the configuration from the bucket; what Terraform knows stands over it.

locals {
  # A variable that nobody reads is an error to the programs; a test compares these with what they read.
  environment = {
    DAYPASS_CONFIG                      = "s3://${aws_s3_bucket.templates.id}/daypass.toml"
    DAYPASS_TEMPLATES                   = "s3://${aws_s3_bucket.templates.id}/templates"
    DAYPASS_DEPLOYMENT                  = var.deployment
    DAYPASS_BROKER_ARN                  = aws_iam_role.broker.arn
    DAYPASS_STORE_KIND                  = "dynamodb"
    DAYPASS_STORE_TABLE_PREFIX          = "${local.name}-"
    DAYPASS_AWS_VENDOR_ROLE             = var.vendor_role_name
    DAYPASS_AWS_VENDOR_EXTERNAL_ID_FILE = "s3://${aws_s3_bucket.templates.id}/${aws_s3_object.vendor_external_id.key}"
    DAYPASS_AWS_KMS_KEY                 = aws_kms_key.main.arn
    DAYPASS_AWS_KMS_SIGNING_KEY         = aws_kms_key.signing.arn
    DAYPASS_AWS_ALERTS_TOPIC_ARN        = aws_sns_topic.alerts.arn
    DAYPASS_AWS_EVENT_BUS               = aws_cloudwatch_event_bus.main.name
  }

  # A new configuration is read by new copies of a function only, and a change of its environment makes new ones.
  configuration_version = sha256(jsonencode([
    { for name, object in aws_s3_object.configuration : name => object.version_id },
    { for name, object in aws_s3_object.tiers : name => object.version_id },
    aws_s3_object.vendor_external_id.version_id,
  ]))
}

resource "aws_cloudwatch_log_group" "api" {
  name              = "/aws/lambda/${local.name}-api"
  retention_in_days = var.log_retention_days
  kms_key_id        = aws_kms_key.main.arn
  tags              = local.tags
}

resource "aws_cloudwatch_log_group" "cleanup" {
  name              = "/aws/lambda/${local.name}-cleanup"
  retention_in_days = var.log_retention_days
  kms_key_id        = aws_kms_key.main.arn
  tags              = local.tags
}

resource "aws_lambda_function" "api" {
  #checkov:skip=CKV_AWS_50:the server's own log and metrics say more than a trace, and traces would carry names of people to another service
  #checkov:skip=CKV_AWS_116:called by API Gateway, which waits for the answer; there is no event that could be lost
  #checkov:skip=CKV_AWS_117:it speaks to AWS' public endpoints only; a network of its own would add standing cost and protect nothing
  #checkov:skip=CKV_AWS_173:the environment says where things are and holds no secret; those are in the bucket under our key
  #checkov:skip=CKV_AWS_272:packages are built by whoever deploys them; a signing profile is theirs to add
  function_name                  = "${local.name}-api"
  description                    = "The Daypass API."
  role                           = aws_iam_role.broker.arn
  runtime                        = "provided.al2023"
  handler                        = "bootstrap"
  architectures                  = [var.architecture]
  filename                       = var.api_package
  source_code_hash               = filebase64sha256(var.api_package)
  memory_size                    = 512
  timeout                        = 29
  reserved_concurrent_executions = var.api_concurrency
  tags                           = local.tags

  environment {
    variables = merge(local.environment, { CONFIGURATION_VERSION = local.configuration_version })
  }

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.api.name
  }

  depends_on = [aws_iam_role_policy.broker, aws_iam_role_policy.api_function]
}

resource "aws_lambda_function" "cleanup" {
  #checkov:skip=CKV_AWS_50:the structured result and the metrics say more than a trace
  #checkov:skip=CKV_AWS_116:the next minute does what this one did not; an event that is lost loses nothing, and an alarm tells
  #checkov:skip=CKV_AWS_117:it speaks to AWS' public endpoints only; a network of its own would add standing cost and protect nothing
  #checkov:skip=CKV_AWS_173:the environment says where things are and holds no secret; those are in the bucket under our key
  #checkov:skip=CKV_AWS_272:packages are built by whoever deploys them; a signing profile is theirs to add
  function_name                  = "${local.name}-cleanup"
  description                    = "The Daypass reconciler, once a minute."
  role                           = aws_iam_role.cleanup.arn
  runtime                        = "provided.al2023"
  handler                        = "bootstrap"
  architectures                  = [var.architecture]
  filename                       = var.cleanup_package
  source_code_hash               = filebase64sha256(var.cleanup_package)
  memory_size                    = 256
  timeout                        = 300
  reserved_concurrent_executions = var.cleanup_concurrency
  tags                           = local.tags

  environment {
    variables = merge(local.environment, { CONFIGURATION_VERSION = local.configuration_version })
  }

  # Text: the lines of the embedded metric format have to stand alone.
  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.cleanup.name
  }

  depends_on = [aws_iam_role_policy.cleanup, aws_iam_role_policy.cleanup_function]
}

# The schedule calls again in a minute; repeating an old call would only stand in its way.
resource "aws_lambda_function_event_invoke_config" "cleanup" {
  function_name                = aws_lambda_function.cleanup.function_name
  maximum_event_age_in_seconds = 60
  maximum_retry_attempts       = 0
}
