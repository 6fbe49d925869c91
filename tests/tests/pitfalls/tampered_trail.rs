//! Somebody has the records in hand, and edits one thing in the trail of a whole life: every event, in every way.

use daypass_embedded::database::Database;
use daypass_tests::world::{World, WorldOptions};
use daypass_vending::audit::{Event, Head};
use daypass_vending::reconcile::Scope;
use daypass_vending::session::Status;
use rusqlite::{Connection, params};

/// What is done to one event.
#[derive(Clone, Copy, Debug)]
enum Edit {
    /// Its content is changed.
    Changed,
    /// Its content is changed, and every hash after it and the recorded head are made to fit.
    Rewritten,
    /// It is taken out.
    Removed,
    /// It changes places with the one after it.
    Moved,
    /// Its copy is put behind the last one.
    Inserted,
    /// Its whole chain is taken out, and the recorded head with it.
    ChainGone,
}

const EDITS: [Edit; 6] = [Edit::Changed, Edit::Rewritten, Edit::Removed, Edit::Moved, Edit::Inserted, Edit::ChainGone];

/// The file, and what was in it.
struct Tampering {
    file: Connection,
    /// Every event, by number, as it was written.
    events: Vec<(i64, Event)>,
}

impl Tampering {
    fn with(file: Connection) -> Self {
        let events = file
            .prepare("SELECT number, document FROM events WHERE chain <> 'person:ada' ORDER BY number")
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))
            .unwrap()
            .map(|row| row.map(|(number, document)| (number, serde_json::from_str(&document).unwrap())).unwrap())
            .collect();
        Self { file, events }
    }

    /// Do it; `false` where it cannot be done to this event.
    fn apply(&self, edit: Edit, event: &Event) -> bool {
        let (chain, seq) = (event.draft.chain.as_str(), event.seq);
        let rest: Vec<&(i64, Event)> = self
            .events
            .iter()
            .filter(|(_, other)| other.draft.chain == event.draft.chain && other.seq >= seq)
            .collect();
        let run = |sql: &str| assert!(self.file.execute(sql, params![chain, integer(seq)]).unwrap() > 0, "{sql}");
        match edit {
            Edit::Changed => {
                let sql = "UPDATE events SET document = json_set(document, '$.action', 'nothing.happened')
                           WHERE chain = ?1 AND seq = ?2";
                run(sql);
            }
            Edit::Rewritten => self.rewrite(event.before(), &rest),
            Edit::Removed => run("DELETE FROM events WHERE chain = ?1 AND seq = ?2"),
            Edit::Moved => {
                let [this, next, ..] = rest.as_slice() else { return false };
                self.put(this.0, &next.1);
                self.put(next.0, &this.1);
            }
            Edit::Inserted => run("INSERT INTO events (chain, seq, document)
                SELECT ?1, (SELECT max(seq) + 1 FROM events WHERE chain = ?1), document FROM events
                WHERE chain = ?1 AND seq = ?2"),
            Edit::ChainGone => {
                self.file.execute("DELETE FROM events WHERE chain = ?1", [chain]).unwrap();
                self.file.execute("DELETE FROM heads WHERE chain = ?1", [chain]).unwrap();
            }
        }
        true
    }

    /// Write the first of these anew, and let the others follow from it.
    fn rewrite(&self, before: Option<Head>, rest: &[&(i64, Event)]) {
        let mut head = before;
        for (place, (number, event)) in rest.iter().enumerate() {
            let mut draft = event.draft.clone();
            if place == 0 {
                draft = draft.with("reason", "somebody else did it");
            }
            let event = draft.chained(head.as_ref());
            self.put(*number, &event);
            head = Some(event.head());
        }
        let head = head.unwrap();
        let values = params![head.chain.as_str(), head.hash.to_string()];
        self.file.execute("UPDATE heads SET hash = ?2 WHERE chain = ?1", values).unwrap();
    }

    fn put(&self, number: i64, event: &Event) {
        let document = serde_json::to_string(event).unwrap();
        let written = self.file.execute("UPDATE events SET document = ?2 WHERE number = ?1", params![number, document]);
        assert_eq!(written.unwrap(), 1);
    }

    /// As if nothing had happened.
    fn undo(&self) {
        self.file.execute("DELETE FROM events WHERE chain <> 'person:ada'", []).unwrap();
        for (number, event) in &self.events {
            let document = serde_json::to_string(event).unwrap();
            let chain = event.draft.chain.as_str();
            let sql = "INSERT INTO events (number, chain, seq, document) VALUES (?1, ?2, ?3, ?4)";
            self.file.execute(sql, params![number, chain, integer(event.seq), document]).unwrap();
            let sql = "INSERT OR REPLACE INTO heads (chain, seq, hash) VALUES (?1, ?2, ?3)";
            self.file.execute(sql, params![chain, integer(event.seq), event.hash.to_string()]).unwrap();
        }
    }
}

fn integer(seq: u64) -> i64 {
    seq.try_into().unwrap()
}

#[tokio::test]
async fn t29_every_single_edit_of_a_real_trail_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("daypass.sqlite");
    let world = World::on(Database::open(&path).unwrap(), WorldOptions::default()).await;
    let session = world.active("carla", "read-only").await;
    world.vending.credentials(&world.person("carla"), session.id()).await.unwrap();
    world.vending.request(&world.person("mallory"), daypass_tests::world::request("admin", 1), None).await.unwrap_err();
    world.vending.revoke(&world.person("ada"), session.id(), "the laptop was lost".parse().unwrap()).await.unwrap();
    assert_eq!(world.vending.carry_on(session.id()).await.unwrap().status(), Status::Revoked);
    // The pass signs where all chains stand.
    world.vending.reconcile(Scope::Due, None).await;
    world.assert_trail("untouched").await;

    let tampering = Tampering::with(Connection::open(&path).unwrap());
    assert!(tampering.events.len() >= 5, "a life leaves more than {} events", tampering.events.len());
    let mut tried = 0;
    for edit in EDITS {
        for (_, event) in &tampering.events {
            if tampering.apply(edit, event) {
                let report = world.vending.verify_audit(&world.person("ada")).await.unwrap();
                let (chain, seq) = (event.draft.chain.as_str(), event.seq);
                let named = report.findings.iter().any(|finding| finding.chain() == Some(chain));
                assert!(named, "{edit:?} of event {seq} of {chain}: {:?}", report.findings);
                tried += 1;
            }
            tampering.undo();
        }
    }
    assert!(tried > 5 * EDITS.len(), "{tried} edits were tried");
    world.assert_trail("as it was again").await;
}
