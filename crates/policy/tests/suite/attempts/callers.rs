//! Callers: whoever two policies name, and others near by.

use daypass_policy::{PolicyDocument, Principal, PrincipalType, Principals};

/// Whoever is named, and others near by.
pub(super) fn around(policies: &[&PolicyDocument]) -> Vec<Principal> {
    let mut texts: Vec<(String, Option<String>)> = Vec::new();
    let mut roles: Vec<String> = Vec::new();
    let statements = policies.iter().flat_map(|policy| policy.statements());
    for groups in statements.filter_map(|statement| match statement.principal()?.listed() {
        Principals::Typed(groups) => Some(groups),
        Principals::Everyone => None,
    }) {
        for (kind, name) in
            groups.iter().flat_map(|(kind, names)| names.as_slice().iter().map(move |name| (kind, name)))
        {
            texts.push((name.clone(), None));
            let account = name.split(':').nth(4).unwrap_or(name);
            if *kind == PrincipalType::Aws {
                for rest in ["user/x", "root", "user/dir/y"] {
                    texts.push((format!("arn:aws:iam::{account}:{rest}"), None));
                }
                texts.push((format!("arn:aws:sts::{account}:assumed-role/x/s"), None));
                texts.push((format!("arn:aws:sts::{account}:federated-user/x"), None));
            }
            roles.extend(name.contains(":role/").then(|| name.clone()));
            if let Some((account, role)) = name.split_once(":role/") {
                let role = role.rsplit('/').next().unwrap();
                let session = account.replace(":iam:", ":sts:");
                texts.push((format!("{session}:assumed-role/{role}/s"), None));
            }
            if let Some((account, user)) = name.split_once(":user/") {
                let session = account.replace(":iam:", ":sts:");
                texts.push((format!("{session}:federated-user/{user}"), None));
            }
        }
    }
    for text in [
        "arn:aws:iam::999988887777:user/z",
        "arn:aws:sts::111122223333:assumed-role/z/s",
        "z.amazonaws.com",
        "z.example.com",
        "anonymous",
    ] {
        texts.push((text.to_owned(), None));
    }
    let sessions: Vec<String> =
        texts.iter().map(|(text, _)| text.clone()).filter(|text| text.contains(":assumed-role/")).collect();
    for role in roles {
        texts.extend(sessions.iter().map(|session| (session.clone(), Some(role.clone()))));
    }
    texts
        .iter()
        .filter_map(|(text, role)| match role {
            Some(role) => Principal::role_session(text, role).ok(),
            None => text.parse().ok(),
        })
        .collect()
}
