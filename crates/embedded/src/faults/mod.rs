//! Injected faults: decorators that make any port fail at a chosen call, so that every saga can be tried with each of its
//! steps failing, each outcome unknown, and the process dying in between.
//!
//! All decorators of one test share a [`FaultScript`]. It counts calls over all of them, decides which fail and how, and
//! keeps a log. The decorators know nothing of what they wrap: the simulated account today, AWS tomorrow.

mod cloud;
mod hold;
mod random;
mod script;
mod store;

pub use cloud::FaultyCloud;
pub use hold::Hold;
pub use random::Chances;
pub use script::{CallKind, CallRecord, Counted, Fault, FaultScript, Outcome, Refusal};
pub use store::FaultyStore;

use std::future::Future;

use script::{Begun, Verdict};

/// How an injected fault looks as the error of a port.
pub(crate) trait Injected {
    /// The call was refused or never sent; nothing happened.
    fn refused(refusal: Refusal) -> Self;

    /// The call was sent, and happened; no answer came.
    fn lost() -> Self;

    /// The process that made the call is no longer there.
    fn dead() -> Self;
}

/// Run `effect`, or not, as the script says.
pub(crate) async fn guarded<T, E: Injected>(
    script: &FaultScript,
    name: &'static str,
    kind: CallKind,
    subject: String,
    effect: impl Future<Output = Result<T, E>> + Send,
) -> Result<T, E> {
    let Begun { number, verdict, held } = script.begin(name, kind, subject);
    if let Some(held) = held {
        held.wait().await;
    }
    match verdict {
        Verdict::Go => {
            let result = effect.await;
            script.end(number, if result.is_ok() { Outcome::Done } else { Outcome::Failed });
            result
        }
        Verdict::Refuse(refusal) => Err(E::refused(refusal)),
        Verdict::Dead => Err(E::dead()),
        Verdict::Lose { crash } => {
            // Whether it worked is what the caller is not told; the log is.
            let outcome = if effect.await.is_ok() { Outcome::Lost } else { Outcome::Failed };
            script.end(number, outcome);
            if crash {
                script.crash();
            }
            Err(E::lost())
        }
    }
}
