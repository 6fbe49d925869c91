# The configuration and the tiers. Every version is kept: each session names the one it was made from.

resource "aws_s3_bucket" "templates" {
  #checkov:skip=CKV_AWS_144:the files are in the repository they are deployed from; another region needs no copy
  #checkov:skip=CKV_AWS_18:reading is logged where access_log_bucket says; a bucket only for that log is not this module's to make
  #checkov:skip=CKV2_AWS_62:nobody waits for changes; the functions read the version they are told
  bucket = "${local.name}-${local.account_id}-templates"
  tags   = local.tags
}

resource "aws_s3_bucket_versioning" "templates" {
  bucket = aws_s3_bucket.templates.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "templates" {
  bucket = aws_s3_bucket.templates.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.main.arn
    }
  }
}

resource "aws_s3_bucket_public_access_block" "templates" {
  bucket                  = aws_s3_bucket.templates.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "templates" {
  bucket = aws_s3_bucket.templates.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "templates" {
  bucket = aws_s3_bucket.templates.id

  rule {
    id     = "unfinished-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

resource "aws_s3_bucket_logging" "templates" {
  count = var.access_log_bucket == null ? 0 : 1

  bucket        = aws_s3_bucket.templates.id
  target_bucket = var.access_log_bucket
  target_prefix = "${local.name}/templates/"
}

resource "aws_s3_bucket_policy" "templates" {
  bucket = aws_s3_bucket.templates.id
  policy = templatefile("${local.policies}/bucket.json.tftpl", merge(local.blanks, local.roles))

  depends_on = [aws_s3_bucket_public_access_block.templates]
}

locals {
  tiers_directory = coalesce(var.tiers_directory, "${path.module}/../../policy_templates")
  tier_files      = fileset(local.tiers_directory, "*/{tier.toml,permissions.json,boundary.json}")
}

resource "aws_s3_object" "configuration" {
  for_each = var.configuration_files

  bucket      = aws_s3_bucket.templates.id
  key         = each.key
  content     = each.value
  source_hash = sha256(each.value)
  kms_key_id  = aws_kms_key.main.arn
  tags        = local.tags

  depends_on = [aws_s3_bucket_versioning.templates]
}

resource "aws_s3_object" "tiers" {
  for_each = local.tier_files

  bucket      = aws_s3_bucket.templates.id
  key         = "templates/${each.key}"
  source      = "${local.tiers_directory}/${each.key}"
  source_hash = filesha256("${local.tiers_directory}/${each.key}")
  kms_key_id  = aws_kms_key.main.arn
  tags        = local.tags

  depends_on = [aws_s3_bucket_versioning.templates]
}

resource "aws_s3_object" "vendor_external_id" {
  bucket      = aws_s3_bucket.templates.id
  key         = "vendor.id"
  content     = var.vendor_external_id
  source_hash = sha256(var.vendor_external_id)
  kms_key_id  = aws_kms_key.main.arn
  tags        = local.tags

  depends_on = [aws_s3_bucket_versioning.templates]
}
