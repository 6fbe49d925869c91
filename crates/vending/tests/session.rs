//! The life of a session: what each transition stores, when the reconciler is owed something, and what survives storage.

#![expect(clippy::unwrap_used, reason = "this whole file is test code")]

use std::net::{IpAddr, Ipv4Addr};

use daypass_vending::alert::Occasion;
use daypass_vending::audit::{Actor, Outcome};
use daypass_vending::identity::{Evidence, Method, Standing};
use daypass_vending::ids::SessionId;
use daypass_vending::plan::{PlanInputs, plan};
use daypass_vending::request::{Delivery, PassDuration, SessionRequest};
use daypass_vending::secret::Sealed;
use daypass_vending::session::{
    Active, Approval, Approved, Attempts, EndCause, Expiring, Facts, Issued, KillReport, Obligations, PendingApproval,
    Provisioning, Requested, Requester, Revoking, RulingRecord, Session, Stage, Status, Stuck, TeardownFailure,
    Transition, Version,
};
use daypass_vending::settings::{Networks, Projects, Settings};
use daypass_vending::template::Partition;
use daypass_vending::tier::Tiers;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

fn now() -> Timestamp {
    "2026-03-01T11:00:00Z".parse().unwrap()
}

fn after(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

fn issued() -> Issued<'static> {
    Issued::Credentials { access_key_id: "ASIAEXAMPLE", until: after(3600) }
}

fn ada() -> Requester {
    Requester { user: "ada".parse().unwrap(), address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 9)), method: Method::Token }
}

fn facts(alerts: Vec<Occasion>) -> Facts {
    Facts {
        id: SessionId::from_random([5; 16]),
        user: "carla".parse().unwrap(),
        request: SessionRequest {
            project: "acme-web".parse().unwrap(),
            account: "111122223333".parse().unwrap(),
            tier: "break-glass".parse().unwrap(),
            duration: PassDuration::from_hours(1).unwrap(),
            reason: "the checkout is down".parse().unwrap(),
            incident: Some("INC-4711".parse().unwrap()),
            delivery: Delivery::Brokered,
        },
        requested_at: now(),
        evidence: Evidence {
            issuer: "https://issuer.example".to_owned(),
            method: Method::Token,
            authenticated_at: now(),
            mfa_at: Some(now()),
            address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7)),
            request: None,
        },
        ruling: RulingRecord { policies: vec!["break-glass".to_owned()], rules_hash: "ab12".to_owned() },
        obligations: Obligations::default(),
        alerts,
        max: PassDuration::from_hours(1).unwrap(),
        review_required: false,
    }
}

fn requested() -> Session<Requested> {
    Session::request(facts(vec![Occasion::Grant, Occasion::FirstCredentials, Occasion::Extend, Occasion::End]))
}

fn provisioned() -> Transition {
    let (requested, tiers) = (requested(), Tiers::shipped().unwrap());
    let settings = Settings {
        deployment: "test".parse().unwrap(),
        partition: Partition::Aws,
        broker_arn: "arn:aws:iam::444455556666:role/daypass-broker".to_owned(),
        networks: Networks::new(vec!["192.0.2.0/24".parse().unwrap()]).unwrap(),
        projects: Projects::default(),
        consistency_window: SignedDuration::from_secs(15),
        reserved_roles: 0,
        approval_time: SignedDuration::from_hours(24),
    };
    let inputs = PlanInputs {
        session: &requested.id(),
        user: &requested.facts().user,
        evidence: &requested.facts().evidence,
        expires_at: after(3600),
        tier: tiers.get(&requested.facts().request.tier).unwrap(),
        external_id: &Sealed("sealed".to_owned()),
    };
    let plan = plan(&requested.facts().request, inputs, &settings).unwrap();
    requested.approve(now()).provision(plan, now())
}

fn demanded(approvals: u32) -> Obligations {
    Obligations { approvals, approvers: Some("platform-leads".parse().unwrap()) }
}

/// An approval of [`requested`].
fn vote(by: &str) -> Approval {
    Approval {
        by: by.parse().unwrap(),
        at: now(),
        group: "platform-leads".parse().unwrap(),
        request_hash: requested().facts().request_hash(),
        evidence: Evidence::bare("https://issuer.example".to_owned(), IpAddr::V4(Ipv4Addr::LOCALHOST), now()),
        comment: Some("as discussed".parse().unwrap()),
    }
}

fn stage<S: Stage + std::fmt::Debug>(session: &Session) -> Session<S> {
    // Every session used below has been through its stored form.
    let stored = serde_json::to_string(session).unwrap();
    let read: Session = serde_json::from_str(&stored).unwrap();
    assert_eq!(&read, session);
    read.narrow().unwrap()
}

fn active() -> Session<Active> {
    stage(stage::<Provisioning>(provisioned().after()).activate(Actor::Broker, now()).after())
}

fn revoking() -> Session<Revoking> {
    let cause = EndCause::Revoked { by: "ada".parse().unwrap(), reason: "the laptop was lost".to_owned() };
    stage(active().revoke(cause, ada().into(), after(60)).after())
}

/// A line for each transition: what it stores. Reviewed as one table.
fn line(name: &str, transition: &Transition) -> String {
    let alerts: Vec<_> = transition.alerts().iter().map(|alert| alert.occasion.as_str()).collect();
    let due = transition
        .after()
        .due_at()
        .map_or("never".to_owned(), |at| format!("+{} s", at.duration_since(now()).as_secs()));
    format!(
        "{name:<34} {:>2} → {:>2}  {:<16} due {due:<9} {:<22} {:?}  alerts: {}",
        transition.before().get(),
        transition.after().version().get(),
        transition.after().status().as_str(),
        transition.event().action,
        transition.event().outcome,
        alerts.join(", ")
    )
}

#[test]
fn every_transition_for_review() {
    let pending =
        || stage::<PendingApproval>(requested().await_approval(Standing::bare(now()), after(600), now()).after());
    let approved: Session<Approved> = stage(pending().approve(vote("lea"), demanded(1), now()).after());
    let plan = active().state().plan.clone();
    let provisioning = || stage::<Provisioning>(provisioned().after());
    let later = plan.with_end(after(5400)).unwrap();
    let extended = active().extend(later, ada(), after(10));
    let extending: Session<Active> = stage(extended.after());
    let extension = extending.state().extension.clone().unwrap();
    let expiring: Session<Expiring> = stage(active().expire(after(3600)).after());
    let drifted = EndCause::Drifted { findings: vec!["its boundary is gone".to_owned()] };
    let gone = KillReport { role_gone_at: Some(after(70)), ..KillReport::default() };
    let lines = [
        line("requested, refused", &requested().refuse("no rule allows this".to_owned(), now())),
        line("requested, to be approved", &requested().await_approval(Standing::bare(now()), after(600), now())),
        line("pending, approved", &pending().approve(vote("lea"), demanded(1), now())),
        line("pending, one of two approvals", &pending().approve(vote("lea"), demanded(2), now())),
        line("pending, withdrawn", &pending().withdraw(ada(), "withdrawn by the requester".to_owned(), now())),
        line("pending, denied", &pending().deny(ada(), "not today".to_owned(), now())),
        line("pending, lapsed", &pending().lapse(after(600))),
        line("approved later, provisioned", &approved.provision(plan, now())),
        line("approved at once, provisioned", &provisioned()),
        line("provisioning, active", &provisioning().activate(Actor::Broker, now())),
        line("provisioning, failed", &provisioning().fail("LimitExceeded".to_owned(), Actor::Broker, now())),
        line("provisioning, released", &provisioning().revoke(EndCause::Released, ada().into(), now())),
        line("active, first credentials", &active().issue(issued(), ada(), after(5))),
        line("active, extension intended", &extended),
        line("active, extension written", &extending.clone().extended(extension, Actor::Broker, after(11))),
        line("active, extension abandoned", &extending.extension_abandoned("refused", Actor::Broker, after(11))),
        line("active, released", &active().revoke(EndCause::Released, ada().into(), after(60))),
        line("active, drifted", &active().revoke(drifted, Actor::Reconciler, after(60))),
        line("active, time is up", &active().expire(after(3600))),
        line("revoking, role gone", &revoking().gone(gone.clone(), Actor::Broker, after(70))),
        line("expiring, role gone", &expiring.gone(gone, Actor::Reconciler, after(3610))),
    ];
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_grant_that_must_alert_carries_its_alert() {
    let transition = provisioned();
    let [alert] = transition.alerts() else { panic!("{:?}", transition.alerts()) };
    assert_eq!(alert.occasion, Occasion::Grant);
    assert_eq!(alert.subject, "Daypass break-glass grant: carla");
    assert_eq!(alert.facts["incident"], "INC-4711");
    assert!(alert.subject.len() <= 99 && alert.subject.is_ascii());
    assert_eq!(transition.before(), Version::NEW);
    assert_eq!(transition.event().outcome, Outcome::Done);
}

#[test]
fn only_the_first_credentials_alert() {
    let first = active().issue(issued(), ada(), after(5));
    assert_eq!(first.alerts().len(), 1);
    let second = stage::<Active>(first.after()).issue(issued(), ada(), after(6));
    assert_eq!(second.alerts().len(), 0);
}

#[test]
fn a_kill_that_fails_six_times_is_stuck_and_alarms_once() {
    let mut session = revoking();
    for attempt in 1..Attempts::LIMIT {
        match session.failed_teardown(KillReport::default(), "throttled", 7, after(60)) {
            TeardownFailure::Retry(retry) => session = stage(retry.after()),
            TeardownFailure::Stuck(_) => panic!("stuck after {attempt}"),
        }
    }
    let TeardownFailure::Stuck(stuck) = session.failed_teardown(KillReport::default(), "throttled", 7, after(60))
    else {
        panic!("not stuck");
    };
    assert_eq!(stuck.after().status(), Status::Stuck);
    assert_eq!(stuck.alerts().first().unwrap().occasion, Occasion::Stuck);
    let stuck: Session<Stuck> = stage(stuck.after());
    let TeardownFailure::Retry(again) = stuck.failed_teardown(KillReport::default(), "throttled", 7, after(60)) else {
        panic!("stuck twice");
    };
    assert_eq!(again.after().due_at(), Some(after(60) + Stuck::RETRY));
    let done = stage::<Stuck>(again.after()).gone(KillReport::default(), Actor::Reconciler, after(99));
    assert_eq!(done.after().status(), Status::Revoked, "a stuck session still ends as what it was ended for");
}

#[test]
fn the_old_end_counts_until_the_new_one_is_written() {
    let plan = active().state().plan.with_end(after(5400)).unwrap();
    let extending: Session<Active> = stage(active().extend(plan, ada(), after(10)).after());
    assert!(extending.is_usable(after(3599)));
    assert!(!extending.is_usable(after(3600)));
    assert_eq!(extending.widen().expires_at(), Some(after(3600)));
}

#[test]
fn what_was_known_of_a_request_is_never_lost() {
    let ended = revoking().gone(KillReport::default(), Actor::Broker, after(70));
    assert_eq!(ended.after().facts(), provisioned().after().facts());
    assert_eq!(ended.after().expires_at(), Some(after(3600)));
    assert_eq!(ended.after().state().usage(), active().state().usage());
}

proptest! {
    #[test]
    fn retries_back_off_within_bounds(failures in 1_u32..20, jitter: u64) {
        let mut attempts = Attempts::fresh(now());
        for _ in 0..failures {
            attempts = attempts.failed(now(), "throttled", jitter);
        }
        let wait = attempts.next_at.duration_since(now()).as_secs();
        let base = 10 * 2_i64.pow(failures.min(Attempts::LIMIT));
        prop_assert!((base / 2..=base * 3 / 2).contains(&wait), "{wait} s after {failures}");
    }

    #[test]
    fn an_error_is_kept_short(error in "\\PC{0,600}") {
        let kept = Attempts::fresh(now()).failed(now(), &error, 0).last_error.unwrap();
        prop_assert!(kept.chars().count() <= 240);
    }
}
