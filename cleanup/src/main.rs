//! `daypass-teardown`. Everything is in the library, where tests reach it.

use std::process::ExitCode;

fn main() -> ExitCode {
    daypass_teardown::main()
}
