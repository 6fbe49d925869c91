//! One contract per port: what the domain relies on, told as checks that any adapter can be put through. A contract asks
//! only through the port, works beside whatever the adapter already holds, and fails at the clause that does not hold.

mod alerts;
mod cloud;
mod events;
mod keys;
mod sample;
mod short_memory;
mod store;
mod trail;

pub use alerts::outbox_contract;
pub use cloud::{CloudUnderTest, cloud_contract};
pub use events::events_contract;
pub use keys::keys_contract;
pub use sample::Sample;
pub use short_memory::short_memory_contract;
pub use store::session_store_contract;
pub use trail::audit_log_contract;
