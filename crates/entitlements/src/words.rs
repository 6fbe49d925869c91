//! Names and lengths as people say them.

use cedar_policy::EntityUid;

/// A group's name.
pub(crate) fn name(group: &EntityUid) -> &str {
    group.id().unescaped()
}

/// A number of seconds as people say it; what is not even is rounded down, so that it still would do.
pub(crate) fn length(seconds: i64) -> String {
    match seconds {
        7200.. if seconds % 3600 == 0 => format!("{} hours", seconds / 3600),
        120.. => format!("{} minutes", seconds / 60),
        _ => format!("{seconds} seconds"),
    }
}
