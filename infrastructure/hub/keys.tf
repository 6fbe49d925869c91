# Two keys: one encrypts, one signs. Keys have no names that could protect them; their tag does.

resource "aws_kms_key" "main" {
  description             = "Daypass ${var.deployment}: secrets of sessions, tables, topic, templates, logs."
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy                  = templatefile("${local.policies}/key.json.tftpl", merge(local.blanks, local.roles))
  tags                    = local.tags
}

resource "aws_kms_alias" "main" {
  name          = "alias/${local.name}"
  target_key_id = aws_kms_key.main.key_id
}

resource "aws_kms_key" "signing" {
  description              = "Daypass ${var.deployment}: signs checkpoints of the trail."
  key_usage                = "SIGN_VERIFY"
  customer_master_key_spec = "ECC_NIST_P256"
  deletion_window_in_days  = 30
  policy                   = templatefile("${local.policies}/signing-key.json.tftpl", merge(local.blanks, local.roles))
  tags                     = local.tags
}

resource "aws_kms_alias" "signing" {
  name          = "alias/${local.name}-signing"
  target_key_id = aws_kms_key.signing.key_id
}
