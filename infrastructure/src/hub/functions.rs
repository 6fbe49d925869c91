//! What the functions need besides their roles' work: their own log group and the configuration.

use daypass_policy::{PolicyKind, Statement};

use super::names;
use crate::document::Document;

/// The API function's own.
#[must_use]
pub fn api() -> Document {
    own("api-function", "api")
}

/// The cleanup function's own.
#[must_use]
pub fn cleanup() -> Document {
    own("cleanup-function", "cleanup")
}

fn own(name: &str, function: &str) -> Document {
    let logs = format!("{}:*", names::function_logs(function));
    let statements = [
        // Terraform makes the group; a function that could would make one that is kept for ever.
        Statement::allow().sid("OwnLog").actions(["logs:CreateLogStream", "logs:PutLogEvents"]).resources([logs]),
        Statement::allow()
            .sid("ConfigurationAndTiers")
            .actions(["s3:GetObject", "s3:GetObjectVersion"])
            .resources([format!("{}/*", names::bucket())]),
        // Which version of a tier is the newest; and without `ListBucket` S3 says of what is not there that it is forbidden.
        Statement::allow()
            .sid("FindTiers")
            .actions(["s3:ListBucket", "s3:ListBucketVersions"])
            .resources([names::bucket()]),
    ];
    Document::new(name, PolicyKind::Identity, statements)
}
