//! How much work a comparison may take. The question is hard in general; giving up is an answer, running on is none.

/// Steps left.
#[derive(Debug)]
pub(super) struct Budget(u64);

/// The budget is used up.
#[derive(Debug)]
pub(super) struct Exhausted;

impl Budget {
    /// About a second's work.
    pub(super) fn new() -> Budget {
        Budget(1_500_000)
    }

    pub(super) fn spend(&mut self, steps: u64) -> Result<(), Exhausted> {
        self.0 = self.0.checked_sub(steps).ok_or(Exhausted)?;
        Ok(())
    }
}
