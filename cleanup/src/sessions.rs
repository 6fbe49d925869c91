//! Ending every session for good, in two ways that do not trust each other.
//!
//! *On record*: the verbs of `daypass-vending`, as an administrator would use them, over the deployment's own records: every
//! session that may have a role is revoked, its role denied, closed, deleted and seen to be gone, and the trail, which may
//! be kept, says when and by whom. *By what is there*: whatever roles with the deployment's tag and a session's are in the
//! accounts after that, on record or not, are killed and deleted in the same order, by [`roles`].

mod operator;
pub mod roles;

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use daypass_vending::guard::{GuardError, ProvedTiers};
use daypass_vending::identity::Identity;
use daypass_vending::ids::{AccountId, DeploymentId, InvalidId, Reason, UserId};
use daypass_vending::ports::{
    AlertChannel, Clock, Cloud, Entropy, Keys, Page, PageRequest, Records, SessionFilter, StoreError,
};
use daypass_vending::reconcile::Scope;
use daypass_vending::service::{Deps, Vending};
use daypass_vending::session::{Session, Status};
use daypass_vending::settings::{Networks, Projects, Settings};
use daypass_vending::template::Partition;
use futures::stream::{self, StreamExt};
use jiff::SignedDuration;

use crate::estate::{Ended, SessionsLeft};

/// How many sessions are ended at once.
const AT_ONCE: usize = 16;

/// How often the records are gone through: a request under way when everything was stopped may have stored its intent since.
const ROUNDS: usize = 3;

/// The states of sessions that may have a role.
pub const LIVE: [Status; 5] = [Status::Provisioning, Status::Active, Status::Revoking, Status::Expiring, Status::Stuck];

/// What ends sessions on record.
pub struct OnRecord {
    vending: Vending,
    records: Arc<dyn Records>,
    clock: Arc<dyn Clock>,
    operator: UserId,
}

/// What [`OnRecord`] is made from.
pub struct Parts {
    /// Whose sessions.
    pub deployment: DeploymentId,
    /// Where.
    pub partition: Partition,
    /// Their records.
    pub records: Arc<dyn Records>,
    /// The accounts.
    pub cloud: Arc<dyn Cloud>,
    /// The keys, for a last signature under the trail.
    pub keys: Arc<dyn Keys>,
    /// Where alerts that were not delivered yet go.
    pub alerts: Arc<dyn AlertChannel>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
    /// How old a denial must be before its role goes.
    pub consistency_window: SignedDuration,
    /// Who does this, as it stands in the trail.
    pub operator: UserId,
}

/// Why sessions cannot be ended on record.
#[derive(Debug, thiserror::Error)]
pub enum OnRecordError {
    /// The shipped tiers are broken; tests keep it from happening.
    #[error("the shipped tiers cannot be used")]
    Tiers(#[from] GuardError),
    /// A constant is not one; tests keep it from happening.
    #[error("a name is not valid")]
    Name(#[from] InvalidId),
}

impl OnRecord {
    /// Put it together. Ending sessions takes neither tiers nor projects nor networks: those are what beginning one takes.
    ///
    /// # Errors
    /// See [`OnRecordError`].
    pub fn new(parts: Parts) -> Result<Self, OnRecordError> {
        let Parts { deployment, partition, records, cloud, keys, alerts, clock, entropy, .. } = parts;
        let nowhere = Networks::new(vec![IpAddr::V4(Ipv4Addr::LOCALHOST).into()]);
        let Some(networks) = nowhere else { return Err(InvalidId { what: "network", rule: "one" }.into()) };
        let settings = Settings {
            deployment,
            partition,
            broker_arn: String::new(),
            networks,
            projects: Projects::default(),
            consistency_window: parts.consistency_window,
            reserved_roles: 0,
            approval_time: SignedDuration::from_hours(24),
        };
        let vending = Vending::new(Deps {
            store: records.clone(),
            audit: records.clone(),
            outbox: records.clone(),
            cloud,
            keys,
            alerts,
            authorizer: Arc::new(operator::MayEndAndRead),
            clock: clock.clone(),
            entropy,
            tiers: ProvedTiers::shipped()?,
            settings,
        });
        Ok(Self { vending, records, clock, operator: parts.operator })
    }

    /// End every session but those in accounts that are given up.
    ///
    /// # Errors
    /// When one may still live.
    pub async fn end_all(
        &self,
        given_up: &BTreeSet<AccountId>,
        tell: &(dyn Fn(String) + Send + Sync),
    ) -> Result<Ended, SessionsLeft> {
        let mut ended = Ended::default();
        for _ in 0..ROUNDS {
            let live = self.order_ends(given_up).await.map_err(left)?;
            if live.is_empty() {
                ended.remarks.extend(self.close_the_books().await);
                return Ok(ended);
            }
            tell(format!("{} sessions on record", live.len()));
            ended.sessions += self.carry_out(live, tell).await?;
        }
        Err(left("new sessions keep appearing: something still makes them; stop it and run this again"))
    }

    /// Revoke whatever is not ending yet, and list what may have a role.
    async fn order_ends(&self, given_up: &BTreeSet<AccountId>) -> Result<Vec<Session>, String> {
        let reason: Reason = "the deployment is being removed".parse().map_err(|error: InvalidId| error.to_string())?;
        let who = self.identity();
        let ordered = self.vending.revoke_many(&who, SessionFilter::default(), reason).await;
        ordered.map_err(|error| format!("the sessions on record cannot be revoked: {}", chain(&error)))?;
        let live = live(self.records.as_ref()).await;
        let mut live = live.map_err(|error| format!("the records cannot be read: {error}"))?;
        live.retain(|session| !given_up.contains(&session.facts().request.account));
        Ok(live)
    }

    /// Kill the roles of these sessions.
    async fn carry_out(
        &self,
        live: Vec<Session>,
        tell: &(dyn Fn(String) + Send + Sync),
    ) -> Result<usize, SessionsLeft> {
        let all = live.len();
        let kills = stream::iter(live).map(|session| async move {
            let (id, account) = (session.id(), session.facts().request.account.clone());
            match self.vending.carry_on(id).await {
                Ok(after) if !after.status().may_have_role() => Ok(()),
                Ok(after) => Err(format!("session {id} in account {account} is still {}", after.status().as_str())),
                Err(error) => Err(format!("session {id} in account {account}: {}", chain(&error))),
            }
        });
        let mut kills = kills.buffer_unordered(AT_ONCE);
        let (mut gone, mut troubles) = (0, Vec::new());
        while let Some(kill) = kills.next().await {
            match kill {
                Ok(()) => {
                    gone += 1;
                    tell(format!("{gone} of {all} sessions ended"));
                }
                Err(trouble) => troubles.push(trouble),
            }
        }
        if troubles.is_empty() { Ok(gone) } else { Err(SessionsLeft { troubles }) }
    }

    /// Deliver the last alerts, and sign where the trail ends. What does not work is told: it may take rights that whoever
    /// removes a deployment need not have, and no session lives because of it.
    async fn close_the_books(&self) -> Vec<String> {
        let mut remarks = self.vending.reconcile(Scope::Due, None).await.errors;
        if let Err(error) = self.vending.sign_checkpoint().await {
            let text = chain(&error);
            remarks.push(format!("the end of the trail is not signed, which takes the right to use its key: {text}"));
        }
        remarks
    }

    fn identity(&self) -> Identity {
        let now = self.clock.now();
        let until = now.checked_add(SignedDuration::from_hours(12)).unwrap_or(now);
        // It is not known from where: no socket of ours saw the call.
        let address = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        Identity::bare(self.operator.clone(), "daypass-teardown".to_owned(), address, now, until)
    }
}

/// The sessions on record that may have a role.
///
/// # Errors
/// When the records cannot be read.
pub async fn live(records: &dyn Records) -> Result<Vec<Session>, StoreError> {
    let filter = SessionFilter { statuses: LIVE.to_vec(), ..SessionFilter::default() };
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let Page { items, next, .. } = records.sessions(&filter, &PageRequest { cursor, limit: 200 }).await?;
        found.extend(items);
        match next {
            Some(next) => cursor = Some(next),
            None => return Ok(found),
        }
    }
}

fn left(trouble: impl Into<String>) -> SessionsLeft {
    SessionsLeft { troubles: vec![trouble.into()] }
}

/// An error and its causes in one line.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
