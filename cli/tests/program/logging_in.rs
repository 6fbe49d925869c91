//! `daypass login` and `daypass emergency-key` where nobody has to be there: what is refused, what is asked for, what is kept.
//! Real identity providers are in the suite `identity`.

use std::fs;

use crate::support::{Home, Puppet, mode, restrict, transcript};

/// A server that offers this.
fn offering(options: serde_json::Value) -> Puppet {
    Puppet::start(move |_, _| Some(options.to_string()))
}

#[test]
fn without_a_terminal_nobody_is_asked_for_anything() {
    let server = offering(serde_json::json!({"deployment": "acme", "development": true}));
    for (line, says) in [("login --user carla", "DAYPASS_PASSWORD"), ("login", "--user NAME")] {
        let shown = transcript(&mut Home::new().daypass(&format!("{line} --server {}", server.url)));
        assert!(shown.starts_with("exit code: 2\n") && shown.contains(says), "{line}: {shown}");
    }
}

#[test]
fn what_the_server_does_not_offer_is_refused_with_what_it_offers() {
    let server = offering(serde_json::json!({
        "deployment": "acme",
        "oidc": [{"issuer": "https://id.example.com", "client_id": "daypass-cli", "scopes": ["openid"], "token": "id"}],
    }));
    let home = Home::new();
    for line in ["login --aws", "login --user carla", "login --issuer https://other.example.com"] {
        let shown = transcript(&mut home.daypass(&format!("{line} --server {}", server.url)));
        assert!(shown.starts_with("exit code: 2\n"), "{line}: {shown}");
        assert!(
            shown.contains("hint: what it takes: `daypass login --issuer https://id.example.com`"),
            "{line}: {shown}"
        );
    }
}

#[test]
fn an_identity_provider_without_encryption_is_not_asked() {
    let server = offering(serde_json::json!({
        "deployment": "acme",
        "oidc": [{"issuer": "http://id.example.com", "client_id": "daypass-cli", "scopes": ["openid"], "token": "id"}],
    }));
    let shown = transcript(&mut Home::new().daypass(&format!("login --no-browser --server {}", server.url)));
    assert!(shown.starts_with("exit code: 1\n") && shown.contains("must be an `https` URL"), "{shown}");
}

#[test]
fn nothing_is_signed_for_the_name_of_another_server() {
    let server = offering(serde_json::json!({
        "deployment": "acme",
        "aws": {"server_id": "daypass.example.com", "sts_url": "https://sts.eu-central-1.amazonaws.com/", "region": "eu-central-1"},
    }));
    let mut login = Home::new().daypass(&format!("login --aws --server {}", server.url));
    login.env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE").env("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI");
    let shown = transcript(&mut login);
    assert!(shown.starts_with("exit code: 1\n") && shown.contains("nothing was signed for it"), "{shown}");
    assert_eq!(server.asked.try_iter().count(), 1, "how to log in, and nothing after that");
}

#[test]
fn an_emergency_key_is_its_owners_alone_and_is_never_replaced() {
    let home = Home::new();
    let make = format!("emergency-key new --user olga --deployment acme --out {}", home.path("olga.key").display());
    let shown = transcript(&mut home.daypass(&make));
    assert!(shown.contains("[[emergency_keys]]\nuser = \"olga\"\ngroups = [\"on-call\"]\npublic_key = \""), "{shown}");
    let key = fs::read_to_string(home.path("olga.key")).unwrap();
    let secret = key.split("\"private_key\": \"").nth(1).unwrap().split('"').next().unwrap();
    assert!(secret.len() == 44 && !shown.contains(secret), "{shown}");
    assert_eq!(mode(&home.path("olga.key")), 0o600);
    let again = transcript(&mut home.daypass(&make));
    assert!(again.starts_with("exit code: 1\n--- stdout\n--- stderr\nerror: cannot write"), "{again}");
    assert_eq!(fs::read_to_string(home.path("olga.key")).unwrap(), key);
}

#[test]
fn the_glass_is_broken_with_a_private_key_for_this_deployment_by_somebody_who_means_it() {
    let home = Home::new();
    let key = home.path("olga.key").display().to_string();
    home.daypass(&format!("emergency-key new --user olga --deployment acme --out {key}")).assert().success();
    let server = |deployment: &str| {
        offering(serde_json::json!({"deployment": deployment, "emergency": {"audience": deployment}}))
    };
    let login = |server: &Puppet, words: Option<&str>| {
        let mut login = home.daypass(&format!("login --server {} --emergency-key {key}", server.url));
        login.args(words.map(|words| ["--confirm", words]).into_iter().flatten());
        transcript(&mut login)
    };
    let (ours, another) = (server("acme"), server("zeta"));
    let shown = login(&ours, None);
    assert!(shown.starts_with("exit code: 2\n") && shown.contains("is alerted at once"), "{shown}");
    assert!(shown.contains("give `--confirm 'everybody is alerted'`"), "{shown}");
    assert!(login(&ours, Some("yes")).contains("nothing was done"));
    assert!(login(&another, Some("everybody is alerted")).contains("the key is for `acme`"));
    restrict(&home.path("olga.key"), 0o640);
    assert!(login(&ours, Some("everybody is alerted")).contains("can be read by others"));
    assert!(!home.path(".local/state/daypass/logins.json").exists());
}
