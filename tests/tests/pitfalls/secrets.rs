//! External ids and credentials stay where they belong: in nobody's store, log or error (invariants 6 and 8).

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use daypass_embedded::database::Database;
use daypass_embedded::faults::{Fault, Refusal};
use daypass_tests::world::{World, WorldOptions, account, external_id_in};
use daypass_vending::reconcile::Scope;
use daypass_vending::request::PassDuration;
use jiff::SignedDuration;
use tracing::Level;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What must not be seen, and what was said while it was about.
#[derive(Default)]
struct Told {
    external_ids: Vec<String>,
    secrets: Vec<String>,
    /// Errors and answers as people and logs show them.
    said: Vec<String>,
}

impl Told {
    fn say(&mut self, answer: &impl std::fmt::Debug) {
        self.said.push(format!("{answer:?}"));
    }

    /// Take a session through a life in which much goes wrong.
    async fn live(&mut self, world: &World) {
        let (carla, session) = (world.person("carla"), world.request("carla", "read-only").await);
        world.fail_next("cloud.create_role", Fault::After);
        self.say(&world.vending.carry_on(session.id()).await);
        self.external_ids.push(external_id(world, &session).await);
        world.fail_next("cloud.assume_role", Fault::Before(Refusal::Refused("MalformedInput")));
        let refused = world.vending.credentials(&carla, session.id()).await;
        self.said.push(refused.as_ref().unwrap_err().to_string());
        self.say(&refused);
        let credentials = world.credentials("carla", &session).await;
        self.say(&credentials);
        self.secrets.push(credentials.secret_access_key.reveal().to_owned());
        self.secrets.push(credentials.session_token.reveal().to_owned());
        let by = PassDuration::from_hours(1).unwrap();
        world.fail_next("cloud.put_trust", Fault::Before(Refusal::Refused("MalformedPolicyDocument")));
        self.say(&world.vending.extend(&carla, session.id(), by, None).await);
        self.say(&world.vending.carry_on(session.id()).await);
        world.aws.plant_trust_policy(&account(), &session.role(), &self.open_trust()).await.unwrap();
        self.say(&world.vending.reconcile(Scope::Due, None).await);
        self.say(&world.stored(session.id()).await);
        self.say(&world.script.calls());
        world.pass(SignedDuration::from_mins(16));
        self.say(&world.vending.reconcile(Scope::Due, None).await);
    }

    /// A trust policy that a vandal made out of ours, with the external id in it.
    fn open_trust(&self) -> String {
        let id = self.external_ids.last().unwrap();
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole",
            "Condition":{{"StringEquals":{{"sts:ExternalId":"{id}"}}}}}}]}}"#
        )
    }
}

async fn external_id(world: &World, session: &daypass_vending::session::Session) -> String {
    let role = world.role_of(session).await.expect("a role");
    let id = external_id_in(&role.trust);
    assert_eq!(id.len(), 64, "256 bits in hexadecimal");
    id
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn no_secret_is_ever_stored_logged_or_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("daypass.sqlite");
    let log = Log::default();
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(Level::TRACE).with_writer(move || writer.clone()).finish();
    let mut told = Told::default();
    {
        let _logged = tracing::subscriber::set_default(subscriber);
        let world = World::on(Database::open(&path).unwrap(), WorldOptions::default()).await;
        // So that something goes wrong at the level of whole passes, and is logged.
        world.alerts.set_down(true);
        for _ in 0..3 {
            told.live(&world).await;
        }
        let living = world.active("carla", "read-only").await;
        told.external_ids.push(external_id(&world, &living).await);
        world.assert_trail("after the lives").await;
    }
    let log = log.0.lock().unwrap().clone();
    assert!(contains(&log, "could not deliver alert"), "the log was captured at all");
    let said = told.said.join("\n");
    for secret in told.external_ids.iter().chain(&told.secrets) {
        assert!(!contains(&log, secret), "in the log");
        assert!(!said.contains(secret), "in an answer or error");
    }
    let stored = bytes_of(folder.path());
    for secret in &told.secrets {
        assert!(!contains(&stored, secret), "not even the simulated AWS keeps credentials");
    }
    let living = told.external_ids.last().unwrap();
    assert!(contains(&stored, living), "the simulated AWS keeps trust policies, so looking finds what is there");
    forget_aws(&path);
    let stored = bytes_of(folder.path());
    for secret in &told.external_ids {
        assert!(!contains(&stored, secret), "an external id is in Daypass' own tables");
    }
    assert!(contains(&stored, "session.grant"), "Daypass' own tables are there");
    let ids: std::collections::BTreeSet<_> = told.external_ids.iter().collect();
    assert_eq!(ids.len(), 4, "each session has one of its own");
}

/// Everything in every file of a folder.
fn bytes_of(folder: &std::path::Path) -> Vec<u8> {
    let files = std::fs::read_dir(folder).unwrap();
    files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
}

/// Remove what AWS would keep, and leave no trace of it in free pages.
fn forget_aws(path: &std::path::Path) {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.execute_batch("DROP TABLE aws_objects; DROP TABLE aws_credentials; VACUUM;").unwrap();
    connection.pragma_update(None, "wal_checkpoint", "TRUNCATE").ok();
}
