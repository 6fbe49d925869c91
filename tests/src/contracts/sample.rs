//! Sessions to store: made by the domain itself, so that they are as real ones are.

use std::net::{IpAddr, Ipv4Addr};

use daypass_vending::alert::Occasion;
use daypass_vending::audit::Actor;
use daypass_vending::identity::{Evidence, Method};
use daypass_vending::ids::SessionId;
use daypass_vending::plan::{PlanInputs, plan};
use daypass_vending::ports::Entropy;
use daypass_vending::request::{Delivery, PassDuration, SessionRequest};
use daypass_vending::secret::Sealed;
use daypass_vending::session::{
    Active, Facts, Obligations, Provisioning, Requester, RulingRecord, Session, Stage, Transition,
};
use daypass_vending::settings::{Networks, Projects, Settings};
use daypass_vending::template::Partition;
use daypass_vending::tier::Tiers;
use jiff::{SignedDuration, Timestamp};

/// Makes sessions whose people, projects and ids belong to one run of a contract only, so that a contract can run on a
/// store that is not empty.
pub struct Sample<'a> {
    entropy: &'a dyn Entropy,
    tiers: Tiers,
    /// Where the sample's time starts.
    pub start: Timestamp,
    /// Marks this run.
    pub mark: String,
}

impl<'a> Sample<'a> {
    /// A new run.
    #[must_use]
    pub fn new(entropy: &'a dyn Entropy) -> Self {
        Self {
            entropy,
            tiers: Tiers::shipped().expect("the shipped tiers"),
            start: "2026-03-01T09:00:00Z".parse().expect("a time"),
            mark: SessionId::from_random(entropy.bytes()).short(),
        }
    }

    /// `seconds` after the start.
    #[must_use]
    pub fn after(&self, seconds: i64) -> Timestamp {
        self.start + SignedDuration::from_secs(seconds)
    }

    /// A person of this run.
    #[must_use]
    pub fn person(&self, name: &str) -> Requester {
        let user = format!("{name}-{}", self.mark).parse().expect("a user id");
        Requester { user, address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7)), method: Method::Token }
    }

    /// What somebody of this run asks for.
    #[must_use]
    pub fn facts(&self, name: &str, tier: &str, seconds: i64) -> Facts {
        let requester = self.person(name);
        Facts {
            id: SessionId::from_random(self.entropy.bytes()),
            user: requester.user,
            request: SessionRequest {
                project: format!("p{}", self.mark).parse().expect("a project id"),
                account: "111122223333".parse().expect("an account id"),
                tier: tier.parse().expect("a tier"),
                duration: PassDuration::from_hours(1).expect("a duration"),
                reason: "look into the nightly job — “now”".parse().expect("a reason"),
                incident: Some("INC-4711".parse().expect("an incident id")),
                delivery: Delivery::Brokered,
            },
            requested_at: self.after(seconds),
            evidence: Evidence {
                issuer: "https://issuer.example".to_owned(),
                method: Method::Token,
                authenticated_at: self.start,
                mfa_at: Some(self.start),
                address: requester.address,
                request: None,
            },
            ruling: RulingRecord { policies: vec!["sample".to_owned()], rules_hash: "ab12".to_owned() },
            obligations: Obligations::default(),
            alerts: vec![Occasion::Grant, Occasion::FirstCredentials, Occasion::End],
            max: PassDuration::from_hours(8).expect("a duration"),
            review_required: false,
        }
    }

    /// A request that was granted: the transition that opens the session, with its alert.
    ///
    /// # Panics
    /// When the tier is not shipped.
    #[must_use]
    pub fn granted(&self, name: &str, tier: &str, seconds: i64) -> Transition {
        let facts = self.facts(name, tier, seconds);
        let settings = settings();
        let inputs = PlanInputs {
            session: &facts.id,
            user: &facts.user,
            evidence: &facts.evidence,
            expires_at: self.after(seconds + 3600),
            tier: self.tiers.get(&facts.request.tier).expect("a shipped tier"),
            external_id: &Sealed("sealed".to_owned()),
        };
        let plan = plan(&facts.request, inputs, &settings).expect("a plan");
        let at = self.after(seconds);
        Session::request(facts).approve(at).provision(plan, at)
    }

    /// What follows on [`Sample::granted`].
    ///
    /// # Panics
    /// When the session is in another state.
    #[must_use]
    pub fn activated(&self, session: &Session, seconds: i64) -> Transition {
        narrow::<Provisioning>(session).activate(Actor::Broker, self.after(seconds))
    }
}

/// The session in the state it is known to be in.
///
/// # Panics
/// When it is in another.
#[must_use]
pub(super) fn narrow<S: Stage>(session: &Session) -> Session<S> {
    session.clone().narrow().unwrap_or_else(|other| panic!("the session is {}", other.status().as_str()))
}

pub(super) fn active(session: &Session) -> Session<Active> {
    narrow(session)
}

/// Settings for plans: where the sample's roles would live.
#[must_use]
pub(super) fn settings() -> Settings {
    Settings {
        deployment: "test".parse().expect("a deployment id"),
        partition: Partition::Aws,
        broker_arn: crate::world::BROKER.to_owned(),
        networks: Networks::new(vec!["192.0.2.0/24".parse().expect("a network")]).expect("a network"),
        projects: Projects::default(),
        consistency_window: SignedDuration::ZERO,
        reserved_roles: 0,
        approval_time: SignedDuration::from_hours(24),
    }
}
