//! Rules that can be changed while the server runs.

use std::sync::{Arc, PoisonError, RwLock};

use daypass_vending::ports::{Authorizer, Question, Ruling};

use crate::CedarAuthorizer;

/// The rules in force. Whoever decides takes the set as it is at that moment and keeps it to the end of the decision.
#[derive(Debug)]
pub struct LiveRules(RwLock<Arc<CedarAuthorizer>>);

impl LiveRules {
    /// These rules, for now.
    #[must_use]
    pub fn new(rules: CedarAuthorizer) -> Self {
        Self(RwLock::new(Arc::new(rules)))
    }

    /// The rules in force.
    #[must_use]
    pub fn current(&self) -> Arc<CedarAuthorizer> {
        // Nothing that holds the lock can panic half way: a set is exchanged whole.
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Put others in force.
    pub fn replace(&self, rules: CedarAuthorizer) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(rules);
    }
}

impl Authorizer for LiveRules {
    fn decide(&self, question: &Question<'_>) -> Ruling {
        self.current().decide(question)
    }

    fn lacking(&self, question: &Question<'_>) -> Vec<String> {
        self.current().lacking(question)
    }
}
