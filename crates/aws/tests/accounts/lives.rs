//! One life-cycle event of every kind, made by the domain itself.

use std::net::{IpAddr, Ipv4Addr};

use daypass_vending::audit::Actor;
use daypass_vending::identity::{Evidence, Method, Standing};
use daypass_vending::ids::SessionId;
use daypass_vending::life_event::LifeEvent;
use daypass_vending::plan::{Plan, PlanInputs, plan};
use daypass_vending::request::{Delivery, PassDuration, SessionRequest};
use daypass_vending::secret::Sealed;
use daypass_vending::session::{
    Active, Approval, Attempts, EndCause, Expiring, Facts, Issued, KillReport, Obligations, PendingApproval,
    Provisioning, Requester, Review, Revoking, RulingRecord, Session, Stage, TeardownFailure, Transition,
};
use daypass_vending::settings::{Networks, Projects, Settings};
use daypass_vending::template::Partition;
use daypass_vending::tier::Tiers;
use jiff::{SignedDuration, Timestamp};

/// What no event may hold, though sessions have it.
pub(crate) const SECRET: &str = "the-sealed-external-id";

/// As long as errors of AWS can be.
pub(crate) fn long() -> String {
    "“long” ".repeat(2_000)
}

fn at(seconds: i64) -> Timestamp {
    "2026-03-01T09:00:00.25Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
}

fn person(name: &str) -> Requester {
    Requester { user: name.parse().unwrap(), address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7)), method: Method::Token }
}

fn facts() -> Facts {
    Facts {
        id: SessionId::from_random([7; 16]),
        user: "olga".parse().unwrap(),
        request: SessionRequest {
            project: "acme-web".parse().unwrap(),
            account: "111122223333".parse().unwrap(),
            tier: "break-glass".parse().unwrap(),
            duration: PassDuration::from_hours(1).unwrap(),
            reason: "look into the nightly job — “now”".parse().unwrap(),
            incident: Some("INC-4711".parse().unwrap()),
            delivery: Delivery::Brokered,
        },
        requested_at: at(0),
        evidence: Evidence {
            issuer: "https://issuer.example".to_owned(),
            method: Method::Token,
            authenticated_at: at(0),
            mfa_at: Some(at(0)),
            address: person("olga").address,
            request: None,
        },
        ruling: RulingRecord { policies: vec!["sample".to_owned()], rules_hash: "ab12".to_owned() },
        obligations: Obligations::default(),
        alerts: vec![],
        max: PassDuration::from_hours(8).unwrap(),
        review_required: true,
    }
}

fn plan_until(seconds: i64) -> Plan {
    let (facts, tiers) = (facts(), Tiers::shipped().unwrap());
    let settings = Settings {
        deployment: "test".parse().unwrap(),
        partition: Partition::Aws,
        broker_arn: "arn:aws:iam::444455556666:role/daypass-broker".to_owned(),
        networks: Networks::new(vec!["192.0.2.0/24".parse().unwrap()]).unwrap(),
        projects: Projects::default(),
        consistency_window: SignedDuration::ZERO,
        reserved_roles: 0,
        approval_time: SignedDuration::from_hours(24),
    };
    let inputs = PlanInputs {
        session: &facts.id,
        user: &facts.user,
        evidence: &facts.evidence,
        expires_at: at(seconds),
        tier: tiers.get(&facts.request.tier).unwrap(),
        external_id: &Sealed(SECRET.to_owned()),
    };
    plan(&facts.request, inputs, &settings).unwrap()
}

fn after<S: Stage>(transition: &Transition) -> Session<S> {
    transition.after().clone().narrow().unwrap_or_else(|other| panic!("{}", other.status().as_str()))
}

/// Every transition there is.
fn transitions() -> Vec<Transition> {
    let request = || Session::request(facts());
    let pending = request().await_approval(Standing::bare(at(0)), at(600), at(0));
    let waiting = || after::<PendingApproval>(&pending);
    let granted = request().approve(at(1)).provision(plan_until(3_600), at(1));
    let made = || after::<Provisioning>(&granted);
    let activated = made().activate(Actor::Broker, at(2));
    let active = || after::<Active>(&activated);
    let extended = active().extend(plan_until(7_200), person("olga"), at(3));
    let extending = || after::<Active>(&extended);
    let extension = extending().state().extension.clone().unwrap();
    let reason = EndCause::Revoked { by: "ada".parse().unwrap(), reason: "the laptop was lost".to_owned() };
    let revoking = active().revoke(reason, person("ada").into(), at(4));
    let expiring = active().expire(at(3_600));
    vec![
        request().refuse("nobody may".to_owned(), at(0)),
        waiting().approve(vote("lea"), demanded(1), at(1)),
        waiting().approve(vote("lea"), demanded(2), at(1)),
        waiting().withdraw(person("olga"), "withdrawn by the requester".to_owned(), at(1)),
        waiting().deny(person("ada"), "not today".to_owned(), at(1)),
        waiting().lapse(at(600)),
        active().issue(
            Issued::Credentials { access_key_id: "AKIAIOSFODNN7EXAMPLE", until: at(900) },
            person("olga"),
            at(3),
        ),
        extending().extended(extension, Actor::Broker, at(4)),
        extending().extension_abandoned(&long(), Actor::Broker, at(4)),
        made().fail(long(), Actor::Broker, at(2)),
        active().revoke(EndCause::Released, person("olga").into(), at(4)),
        active().revoke(
            EndCause::Drifted { findings: vec![long(), "its boundary is gone".to_owned()] },
            Actor::Broker,
            at(4),
        ),
        stuck(after::<Revoking>(&revoking)),
        after::<Revoking>(&revoking).gone(KillReport::default(), Actor::Broker, at(5)),
        reviewed(after::<Revoking>(&revoking).widen()),
        after::<Expiring>(&expiring).gone(KillReport::default(), Actor::Reconciler, at(3_700)),
        pending,
        granted,
        activated,
        extended,
        revoking,
        expiring,
    ]
}

fn demanded(approvals: u32) -> Obligations {
    Obligations { approvals, approvers: Some("platform-leads".parse().unwrap()) }
}

fn evidence() -> Evidence {
    Evidence::bare("https://issuer.example".to_owned(), IpAddr::V4(Ipv4Addr::new(192, 0, 2, 8)), at(0))
}

fn vote(by: &str) -> Approval {
    Approval {
        by: by.parse().unwrap(),
        at: at(1),
        group: "platform-leads".parse().unwrap(),
        request_hash: facts().request_hash(),
        evidence: evidence(),
        comment: None,
    }
}

fn reviewed(ended: Session) -> Transition {
    let findings = "the disk was full".parse().unwrap();
    let review = Review { by: "rita".parse().unwrap(), at: at(9), findings, evidence: evidence() };
    ended.owing().unwrap().close(review, at(9))
}

fn stuck(mut revoking: Session<Revoking>) -> Transition {
    for _ in 0..=Attempts::LIMIT {
        match revoking.failed_teardown(KillReport::default(), &long(), 1, at(5)) {
            TeardownFailure::Retry(kept) => revoking = kept.after().clone().narrow().unwrap(),
            TeardownFailure::Stuck(transition) => return *transition,
        }
    }
    panic!("it is not stuck yet")
}

/// The events of every transition there is.
pub(crate) fn events() -> Vec<LifeEvent> {
    transitions().into_iter().map(|transition| transition.announced().life_event().unwrap().clone()).collect()
}
