//! Where a call came from. Who calls is for `daypass-identity` to say.

mod address;

pub(crate) use address::client_address;
