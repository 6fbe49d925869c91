output "vendor_role_arn" {
  description = "The role that the hub enters."
  value       = aws_iam_role.vendor.arn
}

output "boundary_arns" {
  description = "The boundaries, by tier."
  value       = { for tier, policy in aws_iam_policy.boundary : tier => policy.arn }
}

output "gate_role_arn" {
  description = "The role that proves a second factor."
  value       = one(aws_iam_role.gate[*].arn)
}
