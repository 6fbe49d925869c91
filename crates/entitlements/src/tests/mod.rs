//! What the shipped rules say, as a table and as laws; what rule sets are not taken; what a decision costs is measured by
//! `examples/decide.rs`.

mod explained;
mod files;
mod indexed;
mod laws;
mod matrix;
mod people;
mod taken;
mod terms;
