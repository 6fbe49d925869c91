variable "deployment" {
  description = "The deployment's id, as in the hub."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.deployment)) && length(var.deployment) >= 2 && length(var.deployment) <= 31
    error_message = "2 to 31 lower-case letters, digits and single hyphens, starting with a letter."
  }
}

variable "broker_arn" {
  description = "The hub's output broker_arn."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$", var.broker_arn))
    error_message = "The ARN of a role."
  }
}

variable "cleanup_arn" {
  description = "The hub's output cleanup_arn."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$", var.cleanup_arn))
    error_message = "The ARN of a role."
  }
}

variable "external_id" {
  description = "The hub's vendor_external_id."
  type        = string
  sensitive   = true

  validation {
    condition     = can(regex("^[A-Za-z0-9+=,.@:/-]{22,128}$", var.external_id))
    error_message = "22 to 128 of the characters that STS takes in external ids."
  }
}

variable "vendor_role_name" {
  description = "The vendor role's name, as in the hub."
  type        = string
  default     = "daypass-vendor"

  validation {
    condition     = can(regex("^daypass-[A-Za-z0-9-]{1,56}$", var.vendor_role_name))
    error_message = "Boundaries protect names that begin with daypass-."
  }
}

variable "create_boundaries" {
  description = "Whether the boundaries are made here. Only one deployment of those that share an account makes them."
  type        = bool
  default     = true
}

variable "create_gate_role" {
  description = "Whether IAM users of this account prove their second factor here."
  type        = bool
  default     = true
}

variable "tags" {
  description = "More tags for everything. DaypassDeployment is always there."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key in keys(var.tags) : !startswith(key, "Daypass")])
    error_message = "Tags that begin with Daypass are Daypass' own."
  }
}
