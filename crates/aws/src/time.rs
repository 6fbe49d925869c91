//! Times as AWS sends them.

use aws_smithy_types::DateTime;
use jiff::Timestamp;

/// The same time; `None` when it is beyond what the domain can tell.
pub(crate) fn timestamp(time: &DateTime) -> Option<Timestamp> {
    Timestamp::new(time.secs(), i32::try_from(time.subsec_nanos()).ok()?).ok()
}
