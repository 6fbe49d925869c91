variable "deployment" {
  description = "The deployment's id, as in the server's configuration. Part of every name, and the value of the tag DaypassDeployment."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.deployment)) && length(var.deployment) >= 2 && length(var.deployment) <= 31
    error_message = "2 to 31 lower-case letters, digits and single hyphens, starting with a letter: table names begin with at most 40 characters."
  }

  # The signing key's alias is daypass-<deployment>-signing, which must not be another deployment's first key.
  validation {
    condition     = !endswith(var.deployment, "-signing")
    error_message = "A deployment's id cannot end in -signing."
  }
}

variable "accounts" {
  description = "The member accounts. Leave it empty if they are all the accounts of organization_id."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for account in var.accounts : can(regex("^[0-9]{12}$", account))])
    error_message = "Each account is twelve digits."
  }

  # The broker's policy names each; with more, IAM would not take it.
  validation {
    condition     = length(var.accounts) <= 150
    error_message = "For more than 150 accounts say organization_id instead."
  }
}

variable "organization_id" {
  description = "The organisation that the member accounts are in, such as o-a1b2c3d4e5. Only if accounts is empty."
  type        = string
  default     = null

  validation {
    condition     = var.organization_id == null || can(regex("^o-[a-z0-9]{10,32}$", var.organization_id))
    error_message = "An organisation's id looks like o-a1b2c3d4e5."
  }
}

variable "discover_accounts" {
  description = "Whether the functions may list the organisation's accounts. The hub has to be the management account or a delegated administrator then."
  type        = bool
  default     = false
}

variable "hub_is_member" {
  description = "Whether passes are vended in the hub account, too. An administrator's pass could then reach the HTTP API, which no name protects; keep the hub apart if you can."
  type        = bool
  default     = false
}

variable "vendor_role_name" {
  description = "The vendor roles' name in every member account."
  type        = string
  default     = "daypass-vendor"

  validation {
    condition     = can(regex("^daypass-[A-Za-z0-9-]{1,56}$", var.vendor_role_name))
    error_message = "Boundaries protect names that begin with daypass-."
  }
}

variable "vendor_external_id" {
  description = "What the vendor roles ask for: at least 128 random bits, for example from `openssl rand -hex 16`."
  type        = string
  sensitive   = true

  validation {
    condition     = can(regex("^[A-Za-z0-9+=,.@:/-]{22,128}$", var.vendor_external_id))
    error_message = "22 to 128 of the characters that STS takes in external ids."
  }
}

variable "configuration_files" {
  description = "What the server reads, by name: daypass.toml and what it mentions, such as jwks.json. What Terraform knows it sets by itself, over what stands there."
  type        = map(string)

  validation {
    condition     = contains(keys(var.configuration_files), "daypass.toml")
    error_message = "There has to be a daypass.toml."
  }
}

variable "tiers_directory" {
  description = "The directory of tiers that the deployment has. The documents in policies/ are made for the shipped ones; for others run `cargo run -p daypass-infrastructure`."
  type        = string
  default     = null
}

variable "api_package" {
  description = "The zip of the API function, as `cargo xtask functions` makes it."
  type        = string
}

variable "cleanup_package" {
  description = "The zip of the cleanup function, as `cargo xtask functions` makes it."
  type        = string
}

variable "architecture" {
  description = "What the packages were built for."
  type        = string
  default     = "arm64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "arm64 or x86_64."
  }
}

variable "broker_services" {
  description = "The services that may run a server as the broker. Lambda, unless the server runs in containers or on machines of your own."
  type        = list(string)
  default     = ["lambda.amazonaws.com"]
  nullable    = false

  validation {
    condition     = length(var.broker_services) > 0 && alltrue([for service in var.broker_services : contains(["lambda.amazonaws.com", "ecs-tasks.amazonaws.com", "ec2.amazonaws.com"], service)])
    error_message = "At least one of lambda.amazonaws.com, ecs-tasks.amazonaws.com and ec2.amazonaws.com."
  }
}

variable "alert_subscriptions" {
  description = "Who hears alerts and alarms, by any name: protocol (email, https, sqs, lambda, sms), endpoint, and a filter on the attributes of alerts as JSON if not everything is to be heard."
  type = map(object({
    protocol      = string
    endpoint      = string
    filter_policy = optional(string)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for subscription in values(var.alert_subscriptions) : contains(["email", "email-json", "https", "sqs", "lambda", "sms"], subscription.protocol)])
    error_message = "The protocols are email, email-json, https, sqs, lambda and sms; http is not, since alerts name people."
  }
}

variable "log_retention_days" {
  description = "How long logs are kept. The trail itself is in DynamoDB and is kept for ever."
  type        = number
  default     = 365

  validation {
    condition     = contains([90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "One of the periods of CloudWatch Logs, from 90 days on."
  }
}

variable "api_throttle" {
  description = "Calls a second that the HTTP API lets through in the long run, and at once. Each person has a limit of their own in the server."
  type = object({
    rate  = number
    burst = number
  })
  default = {
    rate  = 50
    burst = 100
  }

  validation {
    condition     = var.api_throttle.rate >= 1 && var.api_throttle.burst >= 1
    error_message = "At least one."
  }
}

variable "api_concurrency" {
  description = "How many copies of the API function may run at once; -1 for as many as the account allows. Reserved: nobody else's function can take them, and it cannot take more."
  type        = number
  default     = 20

  validation {
    condition     = var.api_concurrency == -1 || var.api_concurrency >= 1
    error_message = "-1 or at least 1."
  }
}

variable "cleanup_concurrency" {
  description = "1: a pass that takes longer than a minute is not overtaken by the next one. Two at once are safe, so -1 is, too, in an account whose quota leaves nothing to reserve."
  type        = number
  default     = 1

  validation {
    condition     = contains([-1, 1, 2], var.cleanup_concurrency)
    error_message = "1, 2, or -1."
  }
}

variable "oldest_due_alarm_seconds" {
  description = "How late the end of a session may be before people are told. The session's own policy ended it on time all the same."
  type        = number
  default     = 600

  validation {
    condition     = var.oldest_due_alarm_seconds >= 120
    error_message = "A pass begins every minute; less than two of them is noise."
  }
}

variable "domain" {
  description = "A domain of your own for the API, with its ACM certificate of the same region."
  type = object({
    name            = string
    certificate_arn = string
  })
  default = null
}

variable "access_log_bucket" {
  description = "A bucket for the access log of the template bucket, if you have one."
  type        = string
  default     = null
}

variable "deletion_protection" {
  description = "Whether tables refuse to be deleted. Switch it off before `terraform destroy`; daypass-teardown does so itself."
  type        = bool
  default     = true
}

variable "permissions_boundary" {
  description = "The ARN of a boundary for the hub's own roles, if your organisation demands one."
  type        = string
  default     = null
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
