//! A call that is held up in the middle of a saga, so that a test can do something else meanwhile.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

/// How long a call may take to come. A test whose call never comes should fail, not hang.
const PATIENCE: Duration = Duration::from_secs(20);

/// Holds one call up. Dropping it lets the call go on.
#[derive(Debug)]
pub struct Hold {
    reached: watch::Receiver<bool>,
    go: watch::Sender<bool>,
}

/// The call's side of a [`Hold`].
#[derive(Debug)]
pub(super) struct Held {
    reached: watch::Sender<bool>,
    go: watch::Receiver<bool>,
}

impl Hold {
    pub(super) fn new() -> (Self, Held) {
        let ((reached, has_reached), (go, may_go)) = (watch::channel(false), watch::channel(false));
        (Self { reached: has_reached, go }, Held { reached, go: may_go })
    }

    /// Come back when the call has begun, and waits; false when it does not come.
    #[must_use]
    pub async fn reached(&mut self) -> bool {
        let reached = timeout(PATIENCE, self.reached.wait_for(|reached| *reached)).await;
        matches!(reached, Ok(Ok(_)))
    }

    /// Let the call go on.
    pub fn release(self) {
        let _ = self.go.send(true);
    }
}

impl Held {
    /// Say that the call is here, and wait.
    pub(super) async fn wait(mut self) {
        let _ = self.reached.send(true);
        let _ = self.go.wait_for(|go| *go).await;
    }
}
