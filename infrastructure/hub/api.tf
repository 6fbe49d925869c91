# The HTTP API in front of the API function. Who somebody is, the server finds out from evidence; nothing here vouches.

resource "aws_apigatewayv2_api" "main" {
  name                         = local.name
  description                  = "Daypass ${var.deployment}"
  protocol_type                = "HTTP"
  disable_execute_api_endpoint = var.domain != null
  tags                         = local.tags
}

resource "aws_apigatewayv2_integration" "main" {
  api_id                 = aws_apigatewayv2_api.main.id
  integration_type       = "AWS_PROXY"
  integration_uri        = aws_lambda_function.api.invoke_arn
  payload_format_version = "2.0"
  timeout_milliseconds   = 30000
}

resource "aws_apigatewayv2_route" "main" {
  #checkov:skip=CKV_AWS_309:the server authenticates every request itself, from tokens and signed identities; health and documents are for everybody
  api_id    = aws_apigatewayv2_api.main.id
  route_key = "$default"
  target    = "integrations/${aws_apigatewayv2_integration.main.id}"
}

resource "aws_cloudwatch_log_group" "api_access" {
  name              = "/daypass/${var.deployment}/api-access"
  retention_in_days = var.log_retention_days
  kms_key_id        = aws_kms_key.main.arn
  tags              = local.tags
}

resource "aws_apigatewayv2_stage" "main" {
  api_id      = aws_apigatewayv2_api.main.id
  name        = "$default"
  auto_deploy = true
  tags        = local.tags

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.api_access.arn

    # Neither query strings nor headers: both can carry secrets.
    format = jsonencode({
      at               = "$context.requestTime"
      request          = "$context.requestId"
      address          = "$context.identity.sourceIp"
      method           = "$context.httpMethod"
      path             = "$context.path"
      status           = "$context.status"
      bytes            = "$context.responseLength"
      milliseconds     = "$context.responseLatency"
      integrationError = "$context.integrationErrorMessage"
    })
  }

  default_route_settings {
    throttling_rate_limit  = var.api_throttle.rate
    throttling_burst_limit = var.api_throttle.burst
  }
}

resource "aws_lambda_permission" "api" {
  statement_id   = "api"
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.api.function_name
  principal      = "apigateway.amazonaws.com"
  source_arn     = "${aws_apigatewayv2_api.main.execution_arn}/*/$default"
  source_account = local.account_id
}

resource "aws_apigatewayv2_domain_name" "main" {
  count = var.domain == null ? 0 : 1

  domain_name = var.domain.name
  tags        = local.tags

  domain_name_configuration {
    certificate_arn = var.domain.certificate_arn
    endpoint_type   = "REGIONAL"
    security_policy = "TLS_1_2"
  }
}

resource "aws_apigatewayv2_api_mapping" "main" {
  count = var.domain == null ? 0 : 1

  api_id      = aws_apigatewayv2_api.main.id
  domain_name = aws_apigatewayv2_domain_name.main[0].id
  stage       = aws_apigatewayv2_stage.main.id
}
