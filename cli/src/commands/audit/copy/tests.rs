use daypass_vending::audit::{Actor, ChainId, EventDraft, Outcome};

use super::*;

/// Three events of one chain, as an export has them.
fn exported() -> Vec<EventView> {
    let mut events: Vec<Event> = Vec::new();
    for number in 0..3 {
        let actor = Actor::Person { user: "carla".parse().unwrap(), address: [192, 0, 2, 7].into() };
        let at = jiff::Timestamp::from_second(1_700_000_000 + number).unwrap();
        let draft = EventDraft::new(ChainId::named("session:one"), at, actor, "test.happen", Outcome::Done);
        let event = draft.with("number", number).chained(events.last().map(Event::head).as_ref());
        events.push(event);
    }
    events.iter().map(view).collect()
}

fn view(event: &Event) -> EventView {
    EventView {
        chain: event.draft.chain.as_str().to_owned(),
        seq: event.seq,
        at: event.draft.at,
        actor: ActorView::Person { user_id: "carla".to_owned(), address: "192.0.2.7".to_owned() },
        action: event.draft.action.clone(),
        outcome: OutcomeView::Done,
        detail: event.draft.detail.clone(),
        previous: event.previous.to_string(),
        hash: event.hash.to_string(),
    }
}

fn copy(events: Vec<EventView>) -> Copy {
    let mut copy = Copy { chains: BTreeMap::new(), findings: vec![] };
    events.into_iter().for_each(|event| copy.add(event));
    copy
}

#[test]
fn an_honest_export_is_intact_also_when_it_begins_in_the_middle_and_says_things_twice() {
    let report = copy(exported()).verify();
    assert!(report.intact && report.events == 3 && report.chains == 1, "{report:?}");
    let mut late = exported().split_off(1);
    late.extend(late.clone());
    assert!(copy(late).verify().intact);
}

#[test]
fn every_edit_of_an_export_is_found() {
    type Edit = fn(&mut Vec<EventView>);
    let edits: [Edit; 6] = [
        |events| events[1].action = "test.nothing".to_owned(),
        |events| events[2].actor = ActorView::Reconciler,
        |events| events[0].detail.clear(),
        |events| drop(events.remove(1)),
        |events| events[1].hash = "zz".to_owned(),
        |events| {
            let mut other = events[1].clone();
            other.outcome = OutcomeView::Refused;
            events.push(other);
        },
    ];
    for (number, edit) in edits.into_iter().enumerate() {
        let mut events = exported();
        edit(&mut events);
        assert!(!copy(events).verify().intact, "edit {number}");
    }
}

#[test]
fn what_is_no_event_is_named_by_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trail.jsonl");
    let line = serde_json::to_string(&exported()[0]).unwrap();
    std::fs::write(&path, format!("{line}\n\n{{\"chain\":1}}\n")).unwrap();
    let failure = Copy::read(&path).map(|_| ()).unwrap_err();
    assert!(failure.message.contains("line 3") && failure.hint.is_some(), "{failure:?}");
}
