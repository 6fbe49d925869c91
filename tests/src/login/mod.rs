//! Logging in with the real programs: somebody at a terminal, and a server with a simulated cloud.

mod server;
mod terminal;

pub use server::{CLIENT_ID, DEPLOYMENT, Server, trust_in};
pub use terminal::{Done, Person, Waiting};
