//! What is proved about the documents, by the policy core, for the documents that are deployed.
//!
//! A claim says what a document must not allow. It is proved for every request, and then the document is loosened in one
//! place after the other: each time the proof has to fail with a request that the evaluator allows. A claim that nothing
//! can break would prove nothing.

#![expect(clippy::unwrap_used, clippy::panic, reason = "this whole program is test code")]

mod boundaries;
mod calls;
mod claim;
mod gate;
mod hub;
mod keys;
mod resources;
mod vendor;
