//! What Terraform puts into the functions' environment is what programs read: a variable that nobody reads is an error, and
//! the function would not start.

use daypass_wiring::config::VARIABLES;

/// Read before the others, since it says where the file is that they override.
const CONFIG: &str = "DAYPASS_CONFIG";

#[test]
fn every_variable_of_the_functions_is_read() {
    let text = include_str!("../../../infrastructure/hub/functions.tf");
    let set = text.lines().map(str::trim).filter(|line| line.starts_with("DAYPASS_"));
    let set: Vec<&str> = set.map(|line| line.split_once(' ').unwrap().0).collect();
    assert!(set.len() > 5 && set.contains(&CONFIG), "{set:?}");
    for name in set.into_iter().filter(|name| *name != CONFIG) {
        assert!(VARIABLES.iter().any(|variable| variable.name == name), "nobody reads `{name}`");
    }
}
