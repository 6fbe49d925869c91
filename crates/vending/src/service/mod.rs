//! What people can ask of Daypass. Each verb authorises, decides, stores the intent with its place in the trail, and
//! returns; the work in AWS is then carried out by [`Vending::carry_on`], in a task of its own that no client can cancel.

mod announcing;
mod approve;
mod capacity;
mod check;
mod credentials;
mod end;
mod error;
mod explain;
mod extend;
mod gate;
mod read;
mod request;
mod review;
mod rules;
mod trail;

use std::sync::Arc;

pub use capacity::AccountCapacity;
pub use check::AccessCheck;
pub use credentials::Entry;
pub use error::{ActError, Refusal, RequestError};
pub use explain::Explained;
pub use request::Requested;
pub(crate) use request::seal_context;
pub use trail::AuditReport;

use crate::guard::ProvedTiers;
use crate::ports::{AlertChannel, AuditLog, Authorizer, Clock, Cloud, Entropy, EventBus, Keys, Outbox, SessionStore};
use crate::settings::Settings;
use crate::tier::Tiers;
use announcing::Announcing;

/// The adapters and data that an installation is made of.
pub struct Deps {
    /// Sessions.
    pub store: Arc<dyn SessionStore>,
    /// The trail.
    pub audit: Arc<dyn AuditLog>,
    /// Alerts on their way.
    pub outbox: Arc<dyn Outbox>,
    /// The accounts.
    pub cloud: Arc<dyn Cloud>,
    /// Encryption and signatures.
    pub keys: Arc<dyn Keys>,
    /// Where alerts go.
    pub alerts: Arc<dyn AlertChannel>,
    /// The rules.
    pub authorizer: Arc<dyn Authorizer>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
    /// The tiers. Nothing is vended of tiers that were not proved (invariant 3).
    pub tiers: ProvedTiers,
    /// Everything decided once.
    pub settings: Settings,
}

/// How often a lost race for the record is run again.
const RACES: usize = 8;

/// Daypass itself: the verbs of people and of the reconciler, over whatever adapters it was given.
#[derive(Clone)]
pub struct Vending {
    pub(crate) deps: Arc<Deps>,
    /// Where life-cycle events go. None are written without it.
    pub(crate) bus: Option<Arc<dyn EventBus>>,
}

impl Vending {
    /// Daypass over these adapters.
    #[must_use]
    pub fn new(deps: Deps) -> Self {
        Self { deps: Arc::new(deps), bus: None }
    }

    /// Daypass over these adapters, which tells this bus of everything that happens to sessions.
    #[must_use]
    pub fn announcing(deps: Deps, bus: Arc<dyn EventBus>) -> Self {
        let store = Arc::new(Announcing(deps.store));
        Self { deps: Arc::new(Deps { store, ..deps }), bus: Some(bus) }
    }

    /// The tiers of this installation.
    #[must_use]
    pub fn tiers(&self) -> &Tiers {
        &self.deps.tiers
    }

    /// The settings of this installation.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.deps.settings
    }

    /// The time by this installation's clock.
    #[must_use]
    pub fn now(&self) -> jiff::Timestamp {
        self.deps.clock.now()
    }
}
