//! Dependencies point one way: programs, adapters, `vending`, `policy` (design, section 3).

use super::finding::Finding;
use super::metadata::{Kind, Metadata, Package};

/// A member, by its folder, and the members it may depend on.
struct Layer {
    folder: &'static str,
    may_use: MayUse,
}

enum MayUse {
    Anything,
    Only(&'static [&'static str]),
}

const LAYERS: &[Layer] = &[
    layer("crates/policy", &[]),
    layer("crates/guardrails", &["crates/policy"]),
    layer("crates/vending", &["crates/policy"]),
    layer("crates/api", &["crates/vending", "crates/policy"]),
    layer("crates/aws", &["crates/vending", "crates/policy"]),
    layer("crates/embedded", &["crates/vending", "crates/policy"]),
    layer("crates/entitlements", &["crates/vending", "crates/policy"]),
    layer("crates/webhook", &["crates/vending", "crates/policy", "crates/embedded"]),
    layer("crates/identity", &["crates/embedded", "crates/vending", "crates/policy"]),
    // No `crates/aws`: whoever embeds a server, as the CLI does, should not compile the AWS SDK.
    layer(
        "crates/http",
        &["crates/api", "crates/embedded", "crates/entitlements", "crates/identity", "crates/vending", "crates/policy"],
    ),
    // No `crates/http`: whoever answers nobody, as the cleanup function does, should not carry a server.
    layer(
        "crates/wiring",
        &[
            "crates/aws",
            "crates/embedded",
            "crates/entitlements",
            "crates/identity",
            "crates/webhook",
            "crates/vending",
            "crates/policy",
        ],
    ),
    layer(
        "server",
        &[
            "crates/http",
            "crates/api",
            "crates/identity",
            "crates/wiring",
            "crates/embedded",
            "crates/vending",
            "crates/policy",
        ],
    ),
    layer(
        "cli",
        &[
            "crates/http",
            "crates/api",
            "crates/embedded",
            "crates/entitlements",
            "crates/guardrails",
            "crates/vending",
            "crates/policy",
        ],
    ),
    layer("lambda_cleanup", &["crates/wiring", "crates/embedded", "crates/vending", "crates/policy"]),
    layer("cleanup", &["crates/aws", "crates/embedded", "crates/vending", "crates/policy"]),
    // Documents are data: what a program needs to know of them, it reads where they are deployed.
    layer("infrastructure", &["crates/vending", "crates/policy"]),
    Layer { folder: TESTS, may_use: MayUse::Anything },
    layer("xtask", &[]),
];

/// The contracts every adapter must meet live here, so any member may use it for its own tests.
const TESTS: &str = "tests";

const fn layer(folder: &'static str, may_use: &'static [&'static str]) -> Layer {
    Layer { folder, may_use: MayUse::Only(may_use) }
}

/// Every dependency between members that the table does not allow, and every member it does not know.
pub(crate) fn check(members: &Metadata) -> Vec<Finding> {
    members.packages.iter().flat_map(|package| of_member(members, package)).collect()
}

fn of_member(members: &Metadata, package: &Package) -> Vec<Finding> {
    let folder = members.folder_of(package);
    let manifest = format!("{folder}/Cargo.toml");
    let Some(layer) = LAYERS.iter().find(|layer| layer.folder == folder) else {
        let mend = "say in `xtask/src/tidy/layers.rs` what it may depend on";
        return vec![Finding::new(manifest, 1, format!("`{folder}` is no known layer"), mend)];
    };
    let mut findings = Vec::new();
    for dependency in &package.dependencies {
        let Some(used) = dependency.path.as_deref().map(|path| members.relative(path)) else { continue };
        let down = match layer.may_use {
            MayUse::Anything => true,
            MayUse::Only(list) => list.contains(&used.as_str()),
        };
        let contracts = used == TESTS && dependency.kind == Some(Kind::Dev);
        if !down && !contracts {
            let what = format!("`{folder}` depends on `{used}`, against the direction of the layers");
            let mend = "put a port between them; `xtask/src/tidy/layers.rs` has the table";
            findings.push(Finding::new(&manifest, 1, what, mend));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::metadata::Dependency;
    use super::*;

    fn findings(folder: &str, used: &str, kind: Option<Kind>) -> usize {
        let package = Package {
            name: folder.replace('/', "-"),
            version: "0.1.0".into(),
            license: None,
            source: None,
            manifest_path: format!("/ws/{folder}/Cargo.toml").into(),
            dependencies: vec![Dependency { kind, path: Some(format!("/ws/{used}").into()) }],
        };
        check(&Metadata { packages: vec![package], workspace_root: "/ws".into() }).len()
    }

    #[test]
    fn dependencies_down_are_allowed_and_up_or_sideways_are_not() {
        assert_eq!(findings("crates/vending", "crates/policy", None), 0);
        assert_eq!(findings("server", "crates/embedded", None), 0);
        assert_eq!(findings("crates/policy", "crates/vending", None), 1);
        assert_eq!(findings("crates/embedded", "crates/aws", None), 1);
        assert_eq!(findings("server", "cli", None), 1);
        assert_eq!(findings("crates/http", "crates/aws", None), 1);
        assert_eq!(findings("crates/wiring", "crates/http", None), 1);
        assert_eq!(findings("cli", "crates/wiring", None), 1);
        assert_eq!(findings("xtask", "crates/policy", None), 1);
    }

    #[test]
    fn a_dependency_for_tests_points_the_same_way_except_to_the_contracts() {
        assert_eq!(findings("crates/embedded", "tests", Some(Kind::Dev)), 0);
        assert_eq!(findings("crates/embedded", "tests", None), 1);
        assert_eq!(findings("crates/policy", "crates/vending", Some(Kind::Dev)), 1);
        assert_eq!(findings("tests", "cli", None), 0);
    }

    #[test]
    fn an_unknown_member_is_a_finding() {
        assert_eq!(findings("crates/extra", "crates/policy", None), 1);
    }
}
