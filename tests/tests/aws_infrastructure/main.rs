//! The CloudFormation stack of a member account, deployed to the `ministack` emulator: it stands as it was generated, and lets
//! in whom it should. Run by `cargo xtask test --suite aws`.
//!
//! The emulator checks trust, external ids, session tags and identity policies as AWS does. What it does not: it wrongly
//! refuses `iam:CreateRole` with a condition on `iam:PermissionsBoundary`, and does not match role ARNs with a path as
//! resources. So nothing can be vended through this role here; that each call is allowed by AWS' rules is shown with the
//! policy core, in `infrastructure/tests/proofs/calls.rs`.

#![expect(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "this whole program is test code")]

mod deployment;
mod entering;
mod standing;
