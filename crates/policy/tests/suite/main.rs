//! The policy core from outside: AWS' pages as tables, laws on random input, a slow evaluator beside the fast one, and
//! the sample cases. One binary, because linking many is what takes the time.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod attempts;
mod cases;
mod differences;
mod documentation;
mod documents;
mod explanations;
mod fuzzing;
mod generate;
mod hostile;
mod inclusion;
mod inclusion_by_trying;
mod inclusion_of_layers;
mod inclusion_of_versions;
mod inclusion_refuted;
mod large;
mod laws;
mod layers;
mod lint;
mod operators;
mod oracle;
mod samples;
mod shapes;
mod statements;
