//! What the domain needs of the world, in its own words. Adapters live elsewhere; each must pass the contract of its port
//! in the workspace's `tests/` crate, and so a team's DynamoDB and one machine's SQLite behave alike.

mod alerts;
mod authenticator;
mod authorizer;
mod clock;
mod cloud;
mod events;
mod keys;
mod store;

pub use alerts::{AlertChannel, AlertError};
pub use authenticator::{AuthenticationError, Authenticator, Presented};
pub use authorizer::{Authorizer, Question, Ruling, Subject};
pub use clock::{Clock, Entropy};
pub use cloud::{AccountPage, Assumption, Cloud, CloudError, Liveness, PageToken, RoleQuota, RoleState, RoleSummary};
pub use events::{EventBus, EventBusError};
pub use keys::{KeyError, Keys};
pub use store::{
    Allowance, AuditLog, CommitError, DueSession, Outbox, OutboxEntry, Page, PageRequest, Records, SessionFilter,
    SessionStore, ShortMemory, StoreError, WaitingEvent,
};
