//! The seeds of the fuzzers go through what the fuzzers do, so that the fuzzers cannot rot. See `CONTRIBUTING.md`.

use std::fs;
use std::path::Path;

#[path = "../../../../fuzz/targets.rs"]
mod targets;

fn replay(name: &str, target: fn(&str)) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(name);
    let seeds: Vec<String> =
        fs::read_dir(&folder).unwrap().map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap()).collect();
    assert!(seeds.len() >= 16, "{} seeds in {}", seeds.len(), folder.display());
    for seed in &seeds {
        target(seed);
        // Broken in the middle, a seed is what fuzzers begin with.
        let half = seed.char_indices().nth(seed.chars().count() / 2).map_or(0, |(at, _)| at);
        target(&seed[..half]);
        target(&seed.replace("Allow", "Deny"));
        target(&seed.replace('*', "**?"));
    }
}

#[test]
fn seeds_of_the_parser_hold() {
    replay("parser", targets::parser);
}

#[test]
fn seeds_of_the_evaluator_hold() {
    replay("evaluator", targets::evaluator);
}

#[test]
fn seeds_of_the_comparer_hold() {
    replay("comparer", targets::comparer);
}

#[test]
fn seeds_of_the_lint_hold() {
    replay("lint", targets::lint);
}
