//! AWS error codes as the port's errors.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html>

use daypass_policy::ParseError;
use daypass_vending::ports::CloudError;

/// A parameter breaks a rule that the API reference states with it.
pub(super) fn validation(message: impl Into<String>) -> CloudError {
    refused("ValidationError", message)
}

/// A parameter is well-formed and yet cannot be taken.
pub(super) fn invalid_input(message: impl Into<String>) -> CloudError {
    refused("InvalidInput", message)
}

/// A document is no policy of its kind.
pub(super) fn malformed(error: &ParseError) -> CloudError {
    refused("MalformedPolicyDocument", error.to_string())
}

/// A quota is used up; `quota` is its name in AWS' own message.
pub(super) fn over_quota(quota: &str, limit: usize) -> CloudError {
    refused("LimitExceeded", format!("Cannot exceed quota for {quota}: {limit}"))
}

/// Something has to go first.
pub(super) fn conflict(message: impl Into<String>) -> CloudError {
    refused("DeleteConflict", message)
}

/// Not allowed, or not there: STS does not say which.
pub(super) fn access_denied(principal: &str, action: &str, resource: &str) -> CloudError {
    refused("AccessDenied", format!("User: {principal} is not authorized to perform: {action} on resource: {resource}"))
}

fn refused(code: &str, message: impl Into<String>) -> CloudError {
    CloudError::Refused { code: code.to_owned(), message: message.into() }
}
