//! What can be done to a resource on its way out. One verb is one kind of call, so that a test can fail each of them.

/// A change to one resource. Each succeeds when there is nothing left for it to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Nothing new begins by it: a rule is switched off, a function gets no more runs, an API no more requests.
    Stop,
    /// Take what it holds, so that it can be deleted: a rule's targets, a bucket's versions and delete markers, a table's
    /// protection, a role's policies and profiles, a policy's other versions, a key's aliases.
    Clear,
    /// Delete it; of a key, order its deletion.
    Delete,
}

/// How far one call came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// There is nothing left to do.
    Done,
    /// So many parts were done, and there is more: do it again.
    More(u64),
}
