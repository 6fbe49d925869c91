//! Rules under test: a file of cases says who asks for what and what the rules are to answer. Whoever changes rules writes
//! down what they are for, and CI finds the change that breaks it. Nothing here needs a server.

mod file;
mod run;

pub use file::{CaseFile, CaseFileError};
pub use run::{CaseResult, run};
