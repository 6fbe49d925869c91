//! Rules that change while the server runs.

use daypass_entitlements::{CedarAuthorizer, LiveRules};

use crate::app::App;

/// Put other rules in force, if they can be used; else those in force stay. Either is logged, and is on the trail before it is
/// so. What is being decided meanwhile is decided by the set it began with.
pub async fn reload(app: &App, rules: &LiveRules, text: Result<String, String>) {
    let before = rules.current().rules_hash().to_owned();
    let (hash, taken) = match text {
        Ok(text) => {
            let taken = CedarAuthorizer::new(&text).map_err(|error| error.to_string());
            (CedarAuthorizer::hash_of(&text), taken)
        }
        Err(reason) => ("unknown".to_owned(), Err(reason)),
    };
    let refused = taken.as_ref().err().map(String::as_str);
    if let Err(error) = app.vending.record_rules(&before, &hash, refused).await {
        tracing::error!(%error, "the rules stay as they are: that they change cannot be recorded");
        return;
    }
    match taken {
        Ok(taken) => {
            tracing::info!(rules.hash = hash, rules.hash_before = before, "{} rules are in force", taken.count());
            rules.replace(taken);
        }
        Err(reason) => {
            tracing::error!(rules.hash = before, reason, "the rules stay as they are: the new ones cannot be used");
        }
    }
}
