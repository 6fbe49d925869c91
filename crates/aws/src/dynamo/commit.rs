//! Transitions and bookkeeping as items to write, and what it means when their conditions do not hold.

use daypass_vending::audit::EventDraft;
use daypass_vending::ids::SessionId;
use daypass_vending::ports::{CommitError, StoreError};
use daypass_vending::session::{Bookkeeping, IdempotentCall, Session, Status, Transition, Version};

use super::DynamoStore;
use super::calls::taken;
use super::days::Days;
use super::item::{Item, item, number, recorded, text};
use super::place::{Place, day, epoch_seconds};
use super::transaction::{Cancelled, Condition, Write};

/// How often an event is chained anew because another came before it.
const TRIES: u32 = 12;

/// In how many parts the sessions that the reconciler owes something are kept, so that no part is hot.
pub(super) const DUE_SHARDS: u8 = 16;

/// What an item of a change is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Call,
    Session,
    Trail,
    /// An alert or a life-cycle event.
    News,
}

/// The items of one change, and what each is for.
#[derive(Default)]
struct Change<'a> {
    roles: Vec<Role>,
    writes: Vec<Write<'a>>,
    /// The call that takes its key with this change.
    call: Option<&'a IdempotentCall>,
}

impl<'a> Change<'a> {
    fn add(&mut self, role: Role, writes: impl IntoIterator<Item = Write<'a>>) {
        for write in writes {
            self.roles.push(role);
            self.writes.push(write);
        }
    }
}

impl DynamoStore {
    /// Store a transition: key, session, event, alerts and life-cycle event in one transaction.
    pub(super) async fn store_transition(&self, transition: &Transition) -> Result<(), CommitError> {
        let session = transition.after();
        if transition.before() == Version::NEW {
            self.open_day(Days::Sessions, &day(session.facts().requested_at)).await?;
        }
        for tries in 1..=TRIES {
            let mut change = Change { call: transition.call(), ..Change::default() };
            if let Some(call) = transition.call() {
                change.add(Role::Call, [self.call(call, session.id(), transition.event().at)]);
            }
            change.add(Role::Session, self.session_items(transition.before(), session)?);
            change.add(Role::Trail, self.appended(transition.event()).await?);
            change.add(Role::News, self.alerts(session, transition.alerts())?);
            if let Some(event) = transition.life_event() {
                change.add(Role::News, [self.life_event(event)?]);
            }
            match self.store(change).await {
                Err(Refusal::Overtaken) => self.pause(tries).await,
                Err(Refusal::Commit(error)) => return Err(error),
                Ok(()) => return Ok(()),
            }
        }
        Err(too_busy().into())
    }

    /// Store bookkeeping: the session alone.
    pub(super) async fn store_bookkeeping(&self, bookkeeping: &Bookkeeping) -> Result<(), CommitError> {
        let mut change = Change::default();
        change.add(Role::Session, self.session_items(bookkeeping.before(), bookkeeping.after())?);
        match self.store(change).await {
            Err(Refusal::Overtaken) => Err(CommitError::Conflict),
            Err(Refusal::Commit(error)) => Err(error),
            Ok(()) => Ok(()),
        }
    }

    /// Append an event that belongs to no transition. In one process the events of a chain wait for each other, so that
    /// only other processes can come between.
    pub(super) async fn append(&self, draft: &EventDraft) -> Result<(), StoreError> {
        let _turn = self.turn(&draft.chain).await;
        for tries in 1..=TRIES {
            let mut change = Change::default();
            change.add(Role::Trail, self.appended(draft).await?);
            match self.store(change).await {
                Err(Refusal::Overtaken) => self.pause(tries).await,
                Err(Refusal::Commit(CommitError::Store(error))) => return Err(error),
                Err(Refusal::Commit(error)) => return Err(StoreError::Unavailable(error.to_string())),
                Ok(()) => return Ok(()),
            }
        }
        Err(too_busy())
    }

    async fn store(&self, change: Change<'_>) -> Result<(), Refusal> {
        match self.transact(change.writes).await {
            Ok(()) => Ok(()),
            Err(Cancelled::Store(error)) => Err(Refusal::Commit(error.into())),
            Err(Cancelled::Refused(refused)) => {
                let refused = refused.into_iter();
                let refused = refused.filter_map(|(place, item)| Some((*change.roles.get(place)?, item))).collect();
                Err(meaning(change.call, refused))
            }
        }
    }

    /// The session, and on its first transition also where it is.
    fn session_items(&self, before: Version, session: &Session) -> Result<Vec<Write<'_>>, StoreError> {
        let condition = match before {
            Version::NEW => Condition::Absent("SessionId"),
            stored => Condition::Still("Version", stored.get()),
        };
        let mut writes = vec![Write { table: &self.names.sessions, item: session_item(session)?, condition }];
        if before == Version::NEW {
            let item = item([
                ("Part", text(session_part(&session.id()))),
                ("Item", text(POINTER)),
                ("ProjectId", text(session.facts().request.project.as_str())),
            ]);
            writes.push(Write { table: &self.names.records, item, condition: Condition::Absent("Part") });
        }
        Ok(writes)
    }
}

/// The item that says in which project a session is.
pub(super) const POINTER: &str = "session";

/// Where that item is.
pub(super) fn session_part(session: &SessionId) -> String {
    format!("session#{session}")
}

/// Why a change was not stored.
enum Refusal {
    /// Another event came first; the change itself may still be right.
    Overtaken,
    /// For good.
    Commit(CommitError),
}

/// A repeated call comes before a lost race, because its first run is what won the race.
fn meaning(call: Option<&IdempotentCall>, refused: Vec<(Role, Option<Item>)>) -> Refusal {
    let found = |role| refused.iter().find(|(refused, _)| *refused == role);
    if let (Some((_, stored)), Some(call)) = (found(Role::Call), call) {
        return Refusal::Commit(taken(stored.as_ref(), call));
    }
    if found(Role::Session).is_some() {
        return Refusal::Commit(CommitError::Conflict);
    }
    if found(Role::Trail).is_some() {
        return Refusal::Overtaken;
    }
    Refusal::Commit(StoreError::Corrupt("an alert or event of this change is stored already".to_owned()).into())
}

fn too_busy() -> StoreError {
    StoreError::Unavailable("too many events at once in one chain of the trail".to_owned())
}

fn session_item(session: &Session) -> Result<Item, StoreError> {
    let facts = session.facts();
    let mut item = recorded(
        session,
        [
            ("ProjectId", text(facts.request.project.as_str())),
            ("SessionId", text(facts.id.to_string())),
            ("UserId", text(facts.user.as_str())),
            ("Status", text(session.status().as_str())),
            ("Version", number(session.version().get())),
            ("Day", text(day(facts.requested_at))),
            ("Place", text(Place::new(facts.requested_at, facts.id).as_str())),
        ],
    )?;
    if is_live(session.status()) {
        item.insert("LiveStatus".to_owned(), text(session.status().as_str()));
    } else if session.owes_review() {
        item.insert("LiveStatus".to_owned(), text(OWES_REVIEW));
    }
    if let Some(due_at) = session.due_at() {
        item.insert("DueShard".to_owned(), number(due_shard(session)));
        item.insert("DueAt".to_owned(), number(epoch_seconds(due_at)));
    }
    Ok(item)
}

/// Where the index by status has the sessions that are over and wait for a review. No state has this name.
pub(super) const OWES_REVIEW: &str = "owes_review";

/// Whether anything can still happen to a session in this state. Only these are in the index by status: they stay few.
pub(super) fn is_live(status: Status) -> bool {
    match status {
        Status::Requested
        | Status::PendingApproval
        | Status::Approved
        | Status::Provisioning
        | Status::Active
        | Status::Revoking
        | Status::Expiring
        | Status::Stuck => true,
        Status::Refused | Status::Denied | Status::Lapsed | Status::Revoked | Status::Expired | Status::Failed => false,
    }
}

/// Ids are random, and so one of their digits is as good as any hash.
fn due_shard(session: &Session) -> u8 {
    let id = session.id().to_string();
    let digit = id.chars().next().and_then(|digit| digit.to_digit(16)).unwrap_or(0);
    u8::try_from(digit).unwrap_or(0) % DUE_SHARDS
}
