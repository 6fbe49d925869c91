//! A call that is held up in the middle of a saga, so that a test can do something else meanwhile.

use tokio::sync::watch;

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

    /// Come back when the call has begun, and waits.
    pub async fn reached(&mut self) {
        // Only a script that was thrown away can fail here: then the call will never come, and waiting is over.
        let _ = self.reached.wait_for(|reached| *reached).await;
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
