//! Random lives: requests, extensions, releases, kills, credentials, vandals, crashes, clock jumps and reconcilers, several
//! at once and in any order, while calls fail, lose their answers or take the process down. After each step the invariants
//! hold that must always hold; after each pause for breath also those that the reconciler restores.
//!
//! A failure prints its seed and step. Chance repeats itself with the seed; the order in which concurrent calls are
//! answered does not quite, so run a failing seed several times.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "this whole file is test code")]

use std::collections::BTreeMap;

use daypass_embedded::entropy::SeededEntropy;
use daypass_embedded::faults::{Chances, FaultScript};
use daypass_tests::world::{World, WorldOptions, account, request};
use daypass_vending::alert::Occasion;
use daypass_vending::ids::{Reason, SessionId};
use daypass_vending::plan::tag;
use daypass_vending::ports::{Cloud, Entropy, SessionFilter};
use daypass_vending::reconcile::Scope;
use daypass_vending::request::PassDuration;
use daypass_vending::secret::Credentials;
use daypass_vending::service::{Requested, Vending};
use daypass_vending::session::{Session, State, Status};
use jiff::SignedDuration;

/// Steps over all seeds: at least the ten thousand that the design asks for.
const STEPS_PER_SEED: usize = 2_600;

/// After so many steps everything comes to rest and is looked at.
const BREATH: usize = 50;

#[derive(Clone, Copy, Debug)]
enum Deed {
    Request,
    CarryOn,
    Credentials,
    Extend,
    Release,
    Revoke,
    RevokeProject,
    Reconcile,
    Vandalise,
    Advance,
    Alerts,
    Crash,
}

/// Weighted: what happens often stands often.
const DEEDS: [Deed; 24] = [
    Deed::Request,
    Deed::Request,
    Deed::Request,
    Deed::Request,
    Deed::CarryOn,
    Deed::CarryOn,
    Deed::CarryOn,
    Deed::CarryOn,
    Deed::CarryOn,
    Deed::Credentials,
    Deed::Credentials,
    Deed::Credentials,
    Deed::Credentials,
    Deed::Extend,
    Deed::Extend,
    Deed::Release,
    Deed::Revoke,
    Deed::RevokeProject,
    Deed::Reconcile,
    Deed::Reconcile,
    Deed::Vandalise,
    Deed::Advance,
    Deed::Alerts,
    Deed::Crash,
];

const PEOPLE: [(&str, &str); 4] =
    [("carla", "read-only"), ("carla", "developer"), ("olga", "break-glass"), ("ada", "admin")];

struct Model {
    world: World,
    chance: SeededEntropy,
    seed: u64,
    step: usize,
    /// Every session whose request was answered with yes, and who holds it.
    granted: BTreeMap<SessionId, &'static str>,
    handed_out: Vec<(SessionId, Credentials)>,
    ended: BTreeMap<SessionId, Status>,
}

/// What a deed brought.
enum Gain {
    Nothing,
    Session(SessionId, &'static str),
    Credentials(SessionId, Credentials),
}

impl Model {
    async fn new(seed: u64) -> Self {
        let world = World::with(WorldOptions { seed, ..WorldOptions::default() }).await;
        Self {
            world,
            chance: SeededEntropy::new(seed ^ 0xDA7_9A55),
            seed,
            step: 0,
            granted: BTreeMap::new(),
            handed_out: Vec::new(),
            ended: BTreeMap::new(),
        }
    }

    fn roll(&self, sides: usize) -> usize {
        let mut bits = [0; 8];
        self.chance.fill(&mut bits);
        usize::try_from(u64::from_le_bytes(bits) % u64::try_from(sides).unwrap()).unwrap()
    }

    fn about(&self) -> String {
        format!("seed {}, step {}", self.seed, self.step)
    }

    /// A session that is likely to be alive: one of the last ones.
    fn some_session(&self) -> Option<(SessionId, &'static str)> {
        let recent = self.granted.len().min(12);
        let skip = self.granted.len() - recent;
        // Session ids are random, so the map's order has nothing to do with age; any will do.
        let at = skip + self.roll(recent.max(1));
        self.granted.iter().nth(at).map(|(id, holder)| (*id, *holder))
    }

    fn faults(&self) -> FaultScript {
        let chances = match self.roll(3) {
            0 => Chances::default(),
            1 => Chances { before: 30, after: 30, crash: 0 },
            _ => Chances { before: 15, after: 15, crash: 8 },
        };
        FaultScript::random(self.seed.wrapping_mul(1_000_003) + u64::try_from(self.step).unwrap(), chances)
    }

    /// One step: one to four deeds at once.
    async fn advance(&mut self) {
        self.step += 1;
        if self.world.script.is_dead() || self.step % 10 == 1 {
            let script = self.faults();
            self.world.restart_with(script);
        }
        let deeds: Vec<Deed> = (0..=self.roll(4)).map(|_| DEEDS[self.roll(DEEDS.len())]).collect();
        // Processes are several, as servers and the cleanup function are: each deed has one of its own.
        let work = deeds.iter().map(|deed| self.perform(*deed, self.world.another()));
        let gains = futures::future::join_all(work).await;
        for gain in gains {
            match gain {
                Gain::Nothing => {}
                Gain::Session(id, holder) => {
                    self.granted.insert(id, holder);
                }
                Gain::Credentials(id, credentials) => self.handed_out.push((id, credentials)),
            }
        }
        self.check_always().await;
        if self.step.is_multiple_of(BREATH) {
            self.breathe().await;
        }
    }

    async fn perform(&self, deed: Deed, vending: Vending) -> Gain {
        let world = &self.world;
        let reason = || -> Reason { "because the model says so".parse().unwrap() };
        let session = self.some_session();
        match (deed, session) {
            (Deed::Request, _) => {
                let (who, tier) = PEOPLE[self.roll(PEOPLE.len())];
                match vending.request(&world.person(who), request(tier, 1), None).await {
                    Ok(Requested::New(session) | Requested::Replayed(session)) => {
                        let id = session.id();
                        // Most servers carry on at once; some die first.
                        if self.roll(4) > 0 {
                            vending.carry_on(id).await.ok();
                        }
                        Gain::Session(id, who)
                    }
                    Err(_) => Gain::Nothing,
                }
            }
            (Deed::CarryOn, Some((id, _))) => {
                vending.carry_on(id).await.ok();
                Gain::Nothing
            }
            (Deed::Credentials, Some((id, holder))) => match vending.credentials(&world.person(holder), id).await {
                Ok(credentials) => Gain::Credentials(id, credentials),
                Err(_) => Gain::Nothing,
            },
            (Deed::Extend, Some((id, holder))) => {
                let by = PassDuration::from_seconds(900 * (1 + i64::try_from(self.roll(4)).unwrap())).unwrap();
                if vending.extend(&world.person(holder), id, by, None).await.is_ok() && self.roll(4) > 0 {
                    vending.carry_on(id).await.ok();
                }
                Gain::Nothing
            }
            (Deed::Release, Some((id, holder))) => {
                if vending.release(&world.person(holder), id).await.is_ok() && self.roll(4) > 0 {
                    vending.carry_on(id).await.ok();
                }
                Gain::Nothing
            }
            (Deed::Revoke, Some((id, _))) => {
                if vending.revoke(&world.person("ada"), id, reason()).await.is_ok() && self.roll(4) > 0 {
                    vending.carry_on(id).await.ok();
                }
                Gain::Nothing
            }
            (Deed::RevokeProject, _) => {
                let filter = SessionFilter { project: Some("acme-web".parse().unwrap()), ..SessionFilter::default() };
                if let Ok(ordered) = vending.revoke_many(&world.person("ada"), filter, reason()).await {
                    let kills = ordered.iter().map(|session| vending.carry_on(session.id()));
                    futures::future::join_all(kills).await;
                }
                Gain::Nothing
            }
            (Deed::Reconcile, _) => {
                vending.reconcile(Scope::Due, None).await;
                Gain::Nothing
            }
            (Deed::Vandalise, Some((id, _))) => {
                self.vandalise(id).await;
                Gain::Nothing
            }
            (Deed::Advance, _) => {
                let seconds = [1, 60, 301, 1800, 3600][self.roll(5)];
                world.pass(SignedDuration::from_secs(seconds));
                Gain::Nothing
            }
            (Deed::Alerts, _) => {
                world.alerts.set_down(self.roll(2) == 0);
                Gain::Nothing
            }
            // The whole machine goes down at some point of the others' work.
            (Deed::Crash, _) => {
                let next = world.script.count(daypass_embedded::faults::Counted::All) + 1 + self.roll(6);
                let counted = daypass_embedded::faults::Counted::All;
                world.script.add(counted, next, daypass_embedded::faults::Fault::CrashAfter);
                Gain::Nothing
            }
            (_, None) => Gain::Nothing,
        }
    }

    /// Somebody with rights in the account does something to a role.
    async fn vandalise(&self, id: SessionId) {
        let (aws, session) = (&self.world.aws, self.world.stored(id).await);
        let (account, role) = (account(), session.role());
        let allow_all = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
        // The role may be gone; then there is nothing to spoil.
        match self.roll(4) {
            0 => aws.delete_role_boundary(&account, &role).await.ok(),
            1 => aws.plant_role_policy(&account, &role, "extra", allow_all).await.ok(),
            2 => aws.tag_role(&account, &role, tag::PROJECT, Some("zeta")).await.ok(),
            _ => aws.put_role_policy(&account, &role, "daypass-session", allow_all).await.ok(),
        };
    }

    /// What holds at every moment, whatever is going on.
    async fn check_always(&mut self) {
        let about = self.about();
        // Loading a session fails where it is lost.
        let mut sessions = BTreeMap::new();
        for id in self.granted.keys() {
            sessions.insert(*id, self.world.stored(*id).await);
        }
        for session in sessions.values() {
            self.check_ended_stays_ended(session);
        }
        self.ended.extend(sessions.values().filter(|session| is_over(session)).map(|s| (s.id(), s.status())));
        for role in self.world.roles().await {
            let id: SessionId = role.name.as_str().split_at(role.name.as_str().len() - 36).1.parse().unwrap();
            let session = self.world.store.session(&id).await.unwrap();
            let is_known = session.is_some_and(|session| session.role() == role.name);
            assert!(is_known, "{about}: role {} has no session: an effect without an intent", role.name);
        }
        for (id, credentials) in &self.handed_out {
            let session = &sessions[id];
            if is_over(session) || latest_end(session).is_none_or(|end| end <= self.world.now()) {
                let works = self.world.works(credentials).await;
                assert!(!works || self.is_spoilt(session).await, "{about}: credentials of {id} work past its end");
            }
        }
    }

    fn check_ended_stays_ended(&self, session: &Session) {
        if let Some(ended) = self.ended.get(&session.id()) {
            assert_eq!(session.status(), *ended, "{}: session {} came back", self.about(), session.id());
        }
    }

    /// Whether a vandal replaced the policy that holds the role's own end. Then the reconciler is what ends it.
    async fn is_spoilt(&self, session: &Session) -> bool {
        let found = self.world.aws.role(&account(), &session.role()).await.unwrap();
        let plan = session.state().plan();
        found.is_some_and(|role| {
            !is_over(session) && role.inline_policies.get("daypass-session") != plan.map(|plan| &plan.permissions)
        })
    }

    /// Everybody pauses, nothing fails, time passes and the reconciler goes round: all must be well.
    async fn breathe(&mut self) {
        let about = format!("{}, at rest", self.about());
        self.world.restart();
        self.world.alerts.set_down(false);
        self.world.pass(SignedDuration::from_mins(16));
        for _ in 0..2 {
            let report = self.world.vending.reconcile(Scope::Due, None).await;
            assert_eq!(report.errors, Vec::<String>::new(), "{about}");
        }
        self.world.assert_at_rest(&about).await;
        let mut sessions = BTreeMap::new();
        for id in self.granted.keys() {
            sessions.insert(*id, self.world.stored(*id).await);
        }
        for (id, credentials) in &self.handed_out {
            if sessions[id].status() != Status::Active {
                assert!(!self.world.works(credentials).await, "{about}: credentials of {id} outlived it");
            }
        }
        self.check_alerts(&about, &sessions).await;
        assert!(self.world.store.undelivered(self.world.now(), 10).await.unwrap().is_empty(), "{about}: alerts wait");
        // What has ended is of no further interest; keeping it would make every step slower.
        self.handed_out.retain(|(id, _)| sessions[id].status() == Status::Active);
        self.granted.retain(|id, _| sessions[id].status() == Status::Active);
    }

    /// Nobody broke the glass unnoticed.
    async fn check_alerts(&self, about: &str, sessions: &BTreeMap<SessionId, Session>) {
        let broken = sessions.values().filter(|session| {
            session.facts().request.tier.as_str() == "break-glass" && self.granted.contains_key(&session.id())
        });
        for session in broken {
            let alerts = self.world.store.alerts_of(&session.id()).await.unwrap();
            let granted = alerts.iter().find(|entry| entry.alert.occasion == Occasion::Grant);
            assert!(
                granted.is_some_and(|entry| entry.delivered_at.is_some()),
                "{about}: {} went unnoticed",
                session.id()
            );
        }
    }
}

fn is_over(session: &Session) -> bool {
    matches!(session.status(), Status::Revoked | Status::Expired | Status::Failed)
}

/// The latest end that was granted, an extension on its way included.
fn latest_end(session: &Session) -> Option<jiff::Timestamp> {
    let extension = match session.state() {
        State::Active(active) => active.extension.as_ref().map(|extension| extension.plan.expires_at),
        // What was being extended when it was ended may have got its new end before it dies.
        State::Revoking(_) | State::Expiring(_) | State::Stuck(_) => return Some(jiff::Timestamp::MAX),
        _ => None,
    };
    extension.or_else(|| session.expires_at())
}

async fn live(seed: u64) {
    let mut model = Model::new(seed).await;
    for _ in 0..STEPS_PER_SEED {
        model.advance().await;
    }
    let (mut active, mut ended) = (0, 0);
    for session in model.world.sessions(&[]).await.values() {
        if is_over(session) { ended += 1 } else { active += 1 }
    }
    // A model in which nothing happens proves nothing.
    assert!(ended > 200, "seed {seed}: only {ended} sessions ended, {active} are active");
}

#[tokio::test]
async fn random_life_of_seed_one_keeps_the_invariants() {
    live(1).await;
}

#[tokio::test]
async fn random_life_of_seed_two_keeps_the_invariants() {
    live(2).await;
}

#[tokio::test]
async fn random_life_of_seed_three_keeps_the_invariants() {
    live(3).await;
}

#[tokio::test]
async fn random_life_of_seed_four_keeps_the_invariants() {
    live(4).await;
}
