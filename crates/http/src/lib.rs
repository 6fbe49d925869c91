#![doc = include_str!("../README.md")]

mod app;
mod extract;
mod identity;
mod layers;
mod limits;
pub mod local;
mod metrics;
mod one_by_one;
mod problem;
mod reconciler;
mod routes;
mod rules;
mod serve;
mod views;
mod work;

use ipnet::IpNet;

pub use app::{App, Options, Parts, router};
pub use one_by_one::OneByOne;
pub use routes::development::Development;
pub use routes::docs::document;
pub use rules::reload;
pub use serve::serve;
pub use work::Sagas;

/// The networks of the machine itself.
fn loopback() -> Vec<IpNet> {
    vec![
        IpNet::from(ipnet::Ipv4Net::new_assert([127, 0, 0, 0].into(), 8)),
        IpNet::from(std::net::IpAddr::from(std::net::Ipv6Addr::LOCALHOST)),
    ]
}
