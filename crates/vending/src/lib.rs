#![doc = include_str!("../README.md")]

pub mod alert;
pub mod audit;
pub mod guard;
pub mod identity;
pub mod ids;
pub mod plan;
pub mod ports;
pub mod reconcile;
pub mod request;
pub mod saga;
pub mod secret;
pub mod service;
pub mod session;
pub mod settings;
pub mod template;
pub mod tier;
