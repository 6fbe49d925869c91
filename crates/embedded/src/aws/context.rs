//! The request context that AWS would make: who calls is filled in from the session and cannot be given; how the call
//! travels has defaults and can.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>

use std::net::IpAddr;

use daypass_policy::Context;
use jiff::Timestamp;

/// What is true of any call unless somebody says otherwise.
pub(super) fn of_call(at: Timestamp, source_ip: IpAddr, resource: &str) -> Context {
    let context = Context::new()
        .with("aws:SecureTransport", "true")
        .with("aws:SourceIp", source_ip.to_string())
        .with("aws:ViaAWSService", "false");
    let context = with_time(context, at);
    match arn_part(resource, 3) {
        Some(region) => context.with("aws:RequestedRegion", region),
        None => context,
    }
}

/// The time, in both forms.
pub(super) fn with_time(context: Context, at: Timestamp) -> Context {
    context.with("aws:CurrentTime", at.to_string()).with("aws:EpochTime", at.as_second().to_string())
}

/// The part of an ARN at this place, counted from 0; `None` when it is empty or a pattern.
pub(super) fn arn_part(arn: &str, place: usize) -> Option<&str> {
    let mut parts = arn.strip_prefix("arn:").map(|_| arn.splitn(6, ':'))?;
    parts.nth(place).filter(|part| !part.is_empty() && !part.contains('*'))
}
