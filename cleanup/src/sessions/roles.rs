//! The roles of sessions as they are in the accounts, whatever the records say: denied, closed, deleted once the denial is
//! older than IAM may take to tell everybody, with everything a holder could have put on them, and seen to be gone.

use daypass_vending::ids::{AccountId, DeploymentId};
use daypass_vending::plan::{KILL_POLICY, ROLE_PATH, closed_trust_document, kill_document, tag};
use daypass_vending::ports::{Clock, Cloud, CloudError, RoleState};
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::SignedDuration;

/// How many roles are asked at once.
const AT_ONCE: usize = 8;

/// How often a call is tried.
const TRIES: u32 = 5;

/// The roles of one deployment's sessions.
pub struct Roles<'a> {
    /// The accounts.
    pub cloud: &'a dyn Cloud,
    /// Time.
    pub clock: &'a dyn Clock,
    /// Whose.
    pub deployment: &'a DeploymentId,
    /// How old a denial must be before its role goes.
    pub consistency_window: SignedDuration,
}

impl Roles<'_> {
    /// The roles of sessions in an account: under our path, with our tag and a session's. Anything else is not ours.
    ///
    /// # Errors
    /// When the account does not say.
    pub async fn list(&self, account: &AccountId) -> Result<Vec<RoleState>, CloudError> {
        let (mut names, mut page) = (Vec::new(), None);
        loop {
            let token = page.take();
            let found = self.patiently(|| self.cloud.roles(account, ROLE_PATH, token.clone())).await?;
            names.extend(found.roles.into_iter().map(|role| role.name));
            match found.next {
                Some(next) => page = Some(next),
                None => break,
            }
        }
        let asked = stream::iter(names).map(|name| async move {
            let role = self.patiently(|| self.cloud.role(account, &name)).await?;
            Ok(role.filter(|role| self.is_session_of_ours(role)))
        });
        let found: Vec<Option<RoleState>> = asked.buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// Kill and remove every such role of the account; how many there were.
    ///
    /// # Errors
    /// When one may still be there.
    pub async fn remove_all(&self, account: &AccountId) -> Result<usize, CloudError> {
        let roles = self.list(account).await?;
        if roles.is_empty() {
            return Ok(0);
        }
        let count = roles.len();
        let denials = stream::iter(roles).map(|role| async move { self.deny(account, &role).await });
        denials.buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        self.clock.sleep(self.consistency_window).await;
        // What holders managed to put on a role before its denial was everywhere is listed now.
        let denied = self.list(account).await?;
        let deletions = stream::iter(denied).map(|role| async move { self.delete(account, &role).await });
        deletions.buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        match self.list(account).await?.first() {
            None => Ok(count),
            Some(role) => Err(CloudError::Unavailable(format!("role {} is still there", role.name))),
        }
    }

    async fn deny(&self, account: &AccountId, role: &RoleState) -> Result<(), CloudError> {
        let (kill, closed) = (kill_document().to_json(), closed_trust_document().to_json());
        let name = &role.name;
        let denied = self.patiently(|| self.cloud.put_role_policy(account, name, KILL_POLICY, &kill)).await;
        gone_is_fine(denied)?;
        gone_is_fine(self.patiently(|| self.cloud.put_trust_policy(account, name, &closed)).await)
    }

    async fn delete(&self, account: &AccountId, role: &RoleState) -> Result<(), CloudError> {
        let name = &role.name;
        for profile in &role.instance_profiles {
            self.patiently(|| self.cloud.remove_from_instance_profile(account, name, profile)).await?;
        }
        for arn in &role.attached_policies {
            self.patiently(|| self.cloud.detach_role_policy(account, name, arn)).await?;
        }
        for policy in role.inline_policies.keys().filter(|policy| *policy != KILL_POLICY) {
            self.patiently(|| self.cloud.delete_role_policy(account, name, policy)).await?;
        }
        // The denial goes last, when nothing is left that it would have to deny.
        self.patiently(|| self.cloud.delete_role_policy(account, name, KILL_POLICY)).await?;
        self.patiently(|| self.cloud.delete_role(account, name)).await
    }

    fn is_session_of_ours(&self, role: &RoleState) -> bool {
        role.path.starts_with(ROLE_PATH)
            && role.tags.get(tag::DEPLOYMENT).map(String::as_str) == Some(self.deployment.as_str())
            && role.tags.contains_key(tag::SESSION)
    }

    /// What AWS cannot do now it may do in a moment; what may have happened is done again.
    async fn patiently<T, F>(&self, call: impl Fn() -> F) -> Result<T, CloudError>
    where
        F: Future<Output = Result<T, CloudError>>,
    {
        let mut tries = 1;
        loop {
            match call().await {
                Err(error) if error.is_transient() && tries < TRIES => {
                    self.clock.sleep(SignedDuration::from_millis(100_i64 << tries)).await;
                    tries += 1;
                }
                outcome => return outcome,
            }
        }
    }
}

fn gone_is_fine(outcome: Result<(), CloudError>) -> Result<(), CloudError> {
    match outcome {
        Err(CloudError::NotFound(_)) => Ok(()),
        outcome => outcome,
    }
}
