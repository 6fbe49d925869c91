//! What stands in the account after the stack was deployed.

use daypass_policy::{PolicyDocument, PolicyKind};
use daypass_tests::emulated::{Call, Key};
use daypass_vending::tier::Tiers;

use crate::deployment::Deployment;

impl Deployment {
    /// The document in an element of what IAM says to the account's root.
    async fn found(&self, call: &Call, element: &str, kind: PolicyKind) -> PolicyDocument {
        let encoded = self.ministack.must(&Key::root(&self.member), call).await.text(element);
        // IAM sends documents percent-encoded; this is how forms are, too.
        let form = format!("document={encoded}");
        let (_, text) = form_urlencoded::parse(form.as_bytes()).next().expect("a document");
        let text = text.replace("&quot;", "\"");
        PolicyDocument::parse_as(&text, kind).unwrap_or_else(|error| panic!("{error}: {text}"))
    }
}

#[tokio::test]
async fn the_roles_stand_as_generated_conditions_included() {
    let deployment = Deployment::new().await;
    for (role, document) in [("daypass-vendor", "vendor"), ("daypass-gate", "gate")] {
        let name = ("RoleName", role);
        let trust = Call::iam("GetRole", &[name]);
        let found = deployment.found(&trust, "AssumeRolePolicyDocument", PolicyKind::Trust).await;
        assert_eq!(found, deployment.document(&format!("{document}-trust")), "{role}");
        let policy = Call::iam("GetRolePolicy", &[name, ("PolicyName", role)]);
        let found = deployment.found(&policy, "PolicyDocument", PolicyKind::Identity).await;
        assert_eq!(found, deployment.document(document), "{role}");

        let told = deployment.ministack.must(&Key::root(&deployment.member), &trust).await;
        assert_eq!((told.text("Path").as_str(), told.text("MaxSessionDuration").as_str()), ("/", "3600"));
        assert!(told.body.contains("<Key>DaypassDeployment</Key><Value>prod</Value>"), "{}", told.body);
        let attached = Call::iam("ListAttachedRolePolicies", &[name]);
        let attached = deployment.ministack.must(&Key::root(&deployment.member), &attached).await;
        assert!(!attached.body.contains("<PolicyArn>"), "{}", attached.body);
    }
}

#[tokio::test]
async fn the_boundaries_stand_where_the_server_looks_for_them() {
    let deployment = Deployment::new().await;
    let tiers = Tiers::shipped().unwrap();
    for tier in tiers.iter() {
        let arn = format!("arn:aws:iam::{}:policy/daypass/boundary/{}", deployment.member, tier.name);
        let version = Call::iam("GetPolicyVersion", &[("PolicyArn", &arn), ("VersionId", "v1")]);
        let found = deployment.found(&version, "Document", PolicyKind::Boundary).await;
        let compiled = tier.boundary.compile_shared(&deployment.member, Default::default()).unwrap();
        assert_eq!(found, compiled, "{}", tier.name);
    }
}
