//! One contract per port.
