//! What whoever removes a deployment may do with its records: end sessions and read, and nothing else. That they may at all
//! is decided by AWS, which lets them remove the tables themselves; the rules of the deployment know nobody who could.

use daypass_vending::ports::{Authorizer, Question, Ruling, Subject};
use daypass_vending::session::{Obligations, RulingRecord};

/// The rule, as it stands in the trail.
const RULE: &str = "daypass-teardown";

/// Allows the operator to end all sessions.
#[derive(Clone, Copy, Debug)]
pub(super) struct MayEndAndRead;

impl Authorizer for MayEndAndRead {
    fn decide(&self, question: &Question<'_>) -> Ruling {
        let allowed = matches!(
            question.subject,
            Subject::RevokeMany | Subject::RevokeSession(_) | Subject::ReadSession(_) | Subject::ListAllSessions
        );
        let record = RulingRecord { policies: vec![RULE.to_owned()], rules_hash: "none".to_owned() };
        Ruling { allowed, record, obligations: Obligations::default(), max: None }
    }

    fn lacking(&self, _: &Question<'_>) -> Vec<String> {
        vec!["a teardown ends sessions and does nothing else".to_owned()]
    }
}
