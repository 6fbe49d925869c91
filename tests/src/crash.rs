//! Crash safety: for every call that vending, revoking, extending and expiring make, the process is killed before it and
//! after it, the answer is lost, and the call is refused, throttled or unreachable. After a restart and one pass of the
//! reconciler no role lives without a live session, no session is lost, and no credential works past its end.

use daypass_embedded::faults::{Counted, Fault, FaultScript, Refusal};
use daypass_vending::reconcile::Scope;
use daypass_vending::request::PassDuration;
use daypass_vending::secret::Credentials;
use daypass_vending::session::{Session, Status};
use jiff::SignedDuration;

use crate::world::{World, request};

/// What is done to a session, call by call. Whatever goes wrong inside is the point, and so is not looked at.
#[derive(Clone, Copy, Debug)]
pub enum Deed {
    /// Ask for a session, and have its role made.
    Vend,
    /// Take credentials.
    Credentials,
    /// Have it killed by an administrator.
    Revoke,
    /// Give it back.
    Release,
    /// Move its end.
    Extend,
    /// Let its time be up.
    Expire,
}

impl Deed {
    /// Do it; a crash in the middle leaves it where it was.
    async fn run(self, world: &World, session: Option<&Session>) -> Option<Session> {
        let vending = &world.vending;
        let id = session.map(Session::id);
        match (self, id) {
            (Self::Vend, _) => {
                use daypass_vending::service::Requested;
                let requested = vending.request(&world.person("carla"), request("read-only", 1), None).await;
                let Ok(Requested::New(session)) = requested else { return None };
                vending.carry_on(session.id()).await.ok();
                Some(session)
            }
            (Self::Credentials, Some(id)) => {
                vending.credentials(&world.person("carla"), id).await.ok();
                None
            }
            (Self::Revoke, Some(id)) => {
                let reason = "the laptop was lost".parse().expect("a reason");
                if vending.revoke(&world.person("ada"), id, reason).await.is_ok() {
                    vending.carry_on(id).await.ok();
                }
                None
            }
            (Self::Release, Some(id)) => {
                if vending.release(&world.person("carla"), id).await.is_ok() {
                    vending.carry_on(id).await.ok();
                }
                None
            }
            (Self::Extend, Some(id)) => {
                let by = PassDuration::from_hours(1).expect("a duration");
                if vending.extend(&world.person("carla"), id, by, None).await.is_ok() {
                    vending.carry_on(id).await.ok();
                }
                None
            }
            (Self::Expire, Some(_)) => {
                vending.reconcile(Scope::Due, None).await;
                None
            }
            (_, None) => unreachable!("only vending starts from nothing"),
        }
    }

    /// What the deed starts from.
    async fn prepare(self, world: &World) -> Option<(Session, Credentials)> {
        if matches!(self, Self::Vend) {
            return None;
        }
        let session = world.active("carla", "read-only").await;
        let credentials = world.vending.credentials(&world.person("carla"), session.id()).await.expect("credentials");
        assert!(world.works(&credentials).await);
        if matches!(self, Self::Expire) {
            world.pass(SignedDuration::from_secs(3601));
        }
        Some((session, credentials))
    }
}

/// When the reconciler comes after the crash.
#[derive(Clone, Copy, Debug)]
pub enum Aftermath {
    /// At once, when the sole process starts again.
    AtStart,
    /// From another process, once what is unfinished is due.
    WhenDue,
}

async fn settle(world: &mut World, aftermath: Aftermath) {
    world.restart();
    let scope = match aftermath {
        Aftermath::AtStart => Scope::Abandoned,
        Aftermath::WhenDue => {
            world.pass(SignedDuration::from_mins(6));
            Scope::Due
        }
    };
    let report = world.vending.reconcile(scope, None).await;
    assert_eq!(report.errors, Vec::<String>::new());
}

/// What may go wrong, and who comes afterwards.
#[derive(Clone, Copy, Debug)]
pub struct Matrix {
    /// What each call meets.
    pub faults: &'static [Fault],
    /// When the reconciler comes.
    pub aftermaths: &'static [Aftermath],
}

impl Matrix {
    /// Everything.
    pub const WHOLE: Self = Self {
        faults: &[
            Fault::CrashBefore,
            Fault::CrashAfter,
            Fault::After,
            Fault::Before(Refusal::Throttled),
            Fault::Before(Refusal::Unavailable),
            Fault::Before(Refusal::Refused("LimitExceeded")),
        ],
        aftermaths: &[Aftermath::AtStart, Aftermath::WhenDue],
    };

    /// What differs where records are shared: whoever comes is another process, and what was stored is found by indexes.
    pub const SHARED: Self =
        Self { faults: &[Fault::CrashBefore, Fault::CrashAfter, Fault::After], aftermaths: &[Aftermath::WhenDue] };
}

/// Put every fault at every call of a deed, and see after each that a pass of the reconciler leaves nothing behind.
///
/// # Panics
/// When something is.
pub async fn survive(deed: Deed, mut world: World, matrix: Matrix) {
    let calls = {
        let prepared = deed.prepare(&world).await;
        let before = world.script.count(Counted::All);
        deed.run(&world, prepared.as_ref().map(|(session, _)| session)).await;
        world.script.count(Counted::All) - before
    };
    assert!(calls >= 3, "{deed:?} makes only {calls} calls");
    settle(&mut world, Aftermath::AtStart).await;
    for &aftermath in matrix.aftermaths {
        for number in 1..=calls {
            for &fault in matrix.faults {
                let about = format!("{deed:?}, call {number} of {calls}, {fault:?}, {aftermath:?}");
                let prepared = deed.prepare(&world).await;
                world.restart_with(FaultScript::new().with(Counted::All, number, fault));
                let made = deed.run(&world, prepared.as_ref().map(|(session, _)| session)).await;
                assert!(world.script.calls().iter().any(|call| call.fault.is_some()), "{about}: no fault was met");
                settle(&mut world, aftermath).await;
                world.assert_at_rest(&about).await;
                if let Some(made) = made {
                    world.stored(made.id()).await;
                }
                if let Some((session, credentials)) = prepared {
                    let is_live = world.stored(session.id()).await.status() == Status::Active;
                    assert_eq!(world.works(&credentials).await, is_live, "{about}: old credentials");
                    // Leave as few live sessions behind as possible: every pass looks after each of them.
                    if is_live {
                        world.vending.release(&world.person("carla"), session.id()).await.expect("an end");
                        world.vending.carry_on(session.id()).await.expect("an end");
                    }
                }
            }
        }
    }
}
