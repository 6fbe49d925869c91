//! How much each account can still carry.

use std::collections::BTreeMap;

use futures::stream::{self, StreamExt};

use crate::audit::Outcome;
use crate::capacity::{Load, WINDOW};
use crate::identity::Identity;
use crate::ids::AccountId;
use crate::ports::{CloudError, PageRequest, SessionFilter, Subject};
use crate::service::{ActError, Vending};
use crate::session::{Session, Status};

/// The states in which a session may have a role.
const HOLDING: [Status; 5] = [Status::Provisioning, Status::Active, Status::Revoking, Status::Expiring, Status::Stuck];

/// How many accounts are asked at once. Each answers in a moment; a hundred at once would still be a burst on STS.
const AT_ONCE: usize = 16;

/// What one account carries.
#[derive(Clone, Debug)]
pub struct AccountCapacity {
    /// Which account.
    pub account: AccountId,
    /// How many of its roles are ours, by the records.
    pub sessions: u32,
    /// What it carries and what it was asked for; AWS' word when it does not tell its quota.
    pub load: Result<Load, CloudError>,
}

impl Vending {
    /// What every account of every project carries, by account id. Accounts that do not answer are in the list and hold up
    /// no other.
    ///
    /// # Errors
    /// See [`ActError`].
    pub async fn capacity(&self, who: &Identity) -> Result<Vec<AccountCapacity>, ActError> {
        let permit = self.permit(who, Subject::ReadCapacity).await?;
        self.record_decision(who, &Subject::ReadCapacity, permit.ruling(), Outcome::Done).await?;
        let accounts = self.deps.settings.projects.accounts();
        let mut holding = by_account(self.all_sessions(&holding()).await?);
        let mut granted = by_account(self.granted_lately().await?);
        let shares: Vec<_> = accounts
            .into_iter()
            .map(|account| {
                let (holding, granted) = (holding.remove(&account), granted.remove(&account));
                (account, holding.unwrap_or_default(), granted.unwrap_or_default())
            })
            .collect();
        let ask = |(account, holding, granted)| self.account_capacity(account, holding, granted);
        Ok(stream::iter(shares).map(ask).buffered(AT_ONCE).collect().await)
    }

    async fn account_capacity(
        &self,
        account: AccountId,
        holding: Vec<Session>,
        granted: Vec<Session>,
    ) -> AccountCapacity {
        let load = self.deps.cloud.role_quota(&account).await.map(|quota| Load {
            quota,
            reserved: self.deps.settings.reserved_roles,
            ends: holding.iter().filter_map(Session::expires_at).collect(),
            granted: granted.iter().map(|session| session.facts().request.duration.get()).collect(),
        });
        AccountCapacity { account, sessions: u32::try_from(holding.len()).unwrap_or(u32::MAX), load }
    }

    /// The sessions asked for within the window that led to a role, whatever became of them. Newest first, so that the
    /// pages end with the window.
    async fn granted_lately(&self) -> Result<Vec<Session>, ActError> {
        let since = self.now() - WINDOW;
        let (mut found, mut cursor) = (Vec::new(), None);
        loop {
            let page = PageRequest { cursor, limit: 200 };
            let mut page = self.deps.store.sessions(&SessionFilter::default(), &page).await?;
            let listed = page.items.len();
            page.items.retain(|session| session.facts().requested_at > since);
            let is_past_window = page.items.len() < listed;
            found.append(&mut page.items);
            cursor = page.next;
            if is_past_window || cursor.is_none() {
                break;
            }
        }
        found.retain(|session| session.expires_at().is_some());
        Ok(found)
    }
}

fn holding() -> SessionFilter {
    SessionFilter { statuses: HOLDING.to_vec(), ..SessionFilter::default() }
}

fn by_account(sessions: Vec<Session>) -> BTreeMap<AccountId, Vec<Session>> {
    let mut accounts: BTreeMap<AccountId, Vec<Session>> = BTreeMap::new();
    for session in sessions {
        accounts.entry(session.facts().request.account.clone()).or_default().push(session);
    }
    accounts
}
