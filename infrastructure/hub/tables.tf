# The three tables, with keys and indexes as tables.json has them, which a test compares with crates/aws/src/dynamo/schema.rs.

locals {
  tables = jsondecode(file("${path.module}/tables.json"))

  # Every attribute that is part of a key, once, with its type.
  table_attributes = {
    for table, it in local.tables : table => merge([
      for key in concat([it.partition, it.sort], it.indexes[*].partition, it.indexes[*].sort) : { (key.name) = key.type }
    ]...)
  }
}

resource "aws_dynamodb_table" "main" {
  for_each = local.tables

  name                        = "${local.name}-${each.key}"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = each.value.partition.name
  range_key                   = each.value.sort.name
  deletion_protection_enabled = var.deletion_protection
  tags                        = local.tags

  dynamic "attribute" {
    for_each = local.table_attributes[each.key]

    content {
      name = attribute.key
      type = attribute.value
    }
  }

  dynamic "global_secondary_index" {
    for_each = { for index in each.value.indexes : index.name => index }

    content {
      name            = global_secondary_index.key
      hash_key        = global_secondary_index.value.partition.name
      range_key       = global_secondary_index.value.sort.name
      projection_type = global_secondary_index.value.projection
    }
  }

  dynamic "ttl" {
    for_each = compact([each.value.expires_by])

    content {
      enabled        = true
      attribute_name = ttl.value
    }
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = aws_kms_key.main.arn
  }
}
