//! The emulator, under one name.

pub(crate) use daypass_tests::emulated::{Answer, Call, Hub, Key, Ministack, OFFICE, REGION, member};
