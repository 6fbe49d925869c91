//! The shipped templates, slots filled, under the linter.

use std::fs;
use std::path::Path;

use daypass_policy::PolicyKind;
use daypass_policy::lint::lint;

/// Slots and what stands in for them.
const SLOTS: &[(&str, &str)] = &[
    ("${projectId}", "acme"),
    ("${resourcePrefix}", "acme"),
    ("${accountId}", "111122223333"),
    ("${partition}", "aws"),
    ("${sessionId}", "01890a5d-ac96-774b-bcce-b302099a8057"),
    ("${userId}", "ana"),
];

fn filled(tier: &str, file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policy_templates").join(tier).join(file);
    let text = fs::read_to_string(path).unwrap();
    SLOTS.iter().fold(text, |text, (slot, value)| text.replace(slot, value))
}

/// What is found and meant: the broad tiers allow all that their Denies do not take back, `ForAllValues` on target groups is
/// for groups without any, and Denies that others cover exist for the Sid that people are shown.
const MEANT: &[(&str, &str, &str)] = &[
    ("admin", "permissions.json", "full-access"),
    ("break-glass", "permissions.json", "full-access"),
    ("developer", "permissions.json", "for-all-values-with-allow"),
    ("developer", "boundary.json", "shadowed-statement"),
    ("read-only", "boundary.json", "shadowed-statement"),
];

#[test]
fn the_shipped_templates_have_no_findings_but_those_that_are_meant() {
    let mut found = Vec::new();
    for tier in ["read-only", "developer", "admin", "break-glass"] {
        for (file, kind) in [("permissions.json", PolicyKind::Identity), ("boundary.json", PolicyKind::Boundary)] {
            for finding in lint(&filled(tier, file), kind) {
                let place = (tier, file, finding.check.code);
                assert!(MEANT.contains(&place), "{tier}/{file}:{finding}");
                found.push(place);
            }
        }
    }
    for meant in MEANT {
        assert!(found.contains(meant), "{meant:?} is not found any more");
    }
}
