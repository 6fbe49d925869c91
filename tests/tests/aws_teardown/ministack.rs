//! The emulator, under one name.

pub(crate) use daypass_tests::emulated::{
    Answer, Call, Hub, Key, Ministack, REGION, install_boundaries, member, person, settings,
};
