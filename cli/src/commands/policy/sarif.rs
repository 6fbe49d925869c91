//! Findings in SARIF 2.1.0, which code scanning services read.
//!
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use daypass_policy::lint::{CHECKS, Check, Finding, Severity};
use serde_json::{Value, json};

use super::lint::Linted;

/// The whole log: one run with all rules and all results.
pub(crate) fn log(linted: &[Linted]) -> Value {
    let results = linted.iter().flat_map(|linted| {
        let uri = uri(&linted.source.name);
        linted.findings.iter().map(move |finding| result(finding, &uri))
    });
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "daypass",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": CHECKS.iter().map(|check| rule(check)).collect::<Vec<_>>(),
            }},
            // Columns count characters, not UTF-16 units.
            "columnKind": "unicodeCodePoints",
            "results": results.collect::<Vec<_>>(),
        }],
    })
}

fn rule(check: &Check) -> Value {
    json!({
        "id": check.code,
        "shortDescription": {"text": check.about},
        "help": {"text": format!("{} See {}", check.about, check.page)},
        "helpUri": check.page,
        "defaultConfiguration": {"level": level(check.severity)},
        "properties": {"tags": ["iam", check.severity.as_str()]},
    })
}

fn result(finding: &Finding, uri: &str) -> Value {
    json!({
        "ruleId": finding.check.code,
        "ruleIndex": CHECKS.iter().position(|check| *check == finding.check),
        "level": level(finding.check.severity),
        "message": {"text": format!("{}; {}", finding.message, finding.fix)},
        "locations": [{
            "physicalLocation": {
                "artifactLocation": {"uri": uri},
                "region": {"startLine": finding.line, "startColumn": finding.column},
            },
            "logicalLocations": [{"fullyQualifiedName": finding.pointer}],
        }],
    })
}

/// SARIF has three levels.
fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::SecurityWarning | Severity::Warning => "warning",
        Severity::Suggestion => "note",
    }
}

/// A file name as a URI reference (RFC 3986), relative if the name is.
fn uri(name: &str) -> String {
    let mut uri = if name.starts_with('/') { "file://".to_owned() } else { String::new() };
    for byte in name.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn file_names_become_uri_references() {
        for (name, expected) in [
            ("policies/read.json", "policies/read.json"),
            ("/tmp/a b.json", "file:///tmp/a%20b.json"),
            ("c:d#e?é.json", "c%3Ad%23e%3F%C3%A9.json"),
            ("<stdin>", "%3Cstdin%3E"),
        ] {
            assert_eq!(uri(name), expected);
        }
    }
}
