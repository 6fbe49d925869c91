//! Which accounts an organisation has, and whose they are: from AWS Organizations instead of a list by hand.
//!
//! An account belongs to a project by a tag on the account, or by the organisational unit that it is in. Only accounts that
//! are active count: what is suspended, closed or not there yet cannot be entered.
//!
//! Only the management account and its delegated administrators may ask
//! (<https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_delegated_admin.html>).

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;

use aws_config::SdkConfig;
use aws_sdk_organizations::Client;
use aws_sdk_organizations::config::Builder;
use aws_sdk_organizations::types::{Account, AccountState};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use daypass_vending::ids::AccountId;
use futures::stream::{StreamExt, TryStreamExt};

use crate::client::WatchAttempts;
use crate::errors::Failure;

/// An organisation, asked as whoever `config` has credentials of.
#[derive(Clone, Debug)]
pub struct Organization {
    client: Client,
}

/// Why the accounts are not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrganizationError {
    /// Organizations does not let us ask.
    #[error("the accounts of the organisation cannot be listed: {0}")]
    Refused(String),
    /// There is no such organisational unit or root.
    #[error("there is no organisational unit `{0}`")]
    NoSuchUnit(String),
    /// Organizations did not answer.
    #[error("AWS Organizations did not answer: {0}")]
    Unavailable(String),
}

impl OrganizationError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Refused(_) => {
                "run in the management account or as a delegated administrator, and allow organizations:ListAccounts, \
                 ListAccountsForParent, ListOrganizationalUnitsForParent and ListTagsForResource; or list the accounts \
                 of each project by hand"
            }
            Self::NoSuchUnit(_) => "look the unit's id up in the organisation: `ou-` and two parts, or the root's `r-`",
            Self::Unavailable(_) => "try again; accounts that are listed by hand do not need Organizations",
        }
    }
}

/// How many accounts are asked for their tags at once: Organizations takes few calls a second
/// (<https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>), and the client slows down
/// when it is told to.
const AT_ONCE: usize = 4;

/// How deep units can be nested is five below the root; whatever is deeper is a circle.
const DEEPEST: usize = 8;

impl Organization {
    /// With the region, endpoint and credentials of `config`.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::from_conf(Builder::from(config).interceptor(WatchAttempts).build()) }
    }

    /// All active accounts.
    ///
    /// # Errors
    /// See [`OrganizationError`].
    pub async fn accounts(&self) -> Result<BTreeSet<AccountId>, OrganizationError> {
        let pages = self.client.list_accounts().into_paginator().send().try_collect().await;
        let pages = pages.map_err(|error| failed(&error, "the organisation"))?;
        active(pages.into_iter().flat_map(|page| page.accounts.unwrap_or_default()))
    }

    /// All active accounts in this unit or root, and in the units below it.
    ///
    /// # Errors
    /// See [`OrganizationError`].
    pub async fn accounts_under(&self, unit: &str) -> Result<BTreeSet<AccountId>, OrganizationError> {
        let (mut found, mut level) = (BTreeSet::new(), vec![unit.to_owned()]);
        for _ in 0..DEEPEST {
            let mut below = Vec::new();
            for unit in level {
                let pages = self.client.list_accounts_for_parent().parent_id(&unit).into_paginator();
                let pages = pages.send().try_collect().await.map_err(|error| failed(&error, &unit))?;
                found.append(&mut active(pages.into_iter().flat_map(|page| page.accounts.unwrap_or_default()))?);
                let pages = self.client.list_organizational_units_for_parent().parent_id(&unit).into_paginator();
                let pages = pages.send().try_collect().await.map_err(|error| failed(&error, &unit))?;
                let units = pages.into_iter().flat_map(|page| page.organizational_units.unwrap_or_default());
                below.extend(units.filter_map(|unit| unit.id));
            }
            level = below;
            if level.is_empty() {
                break;
            }
        }
        Ok(found)
    }

    /// All active accounts that have this tag, by the tag's value.
    ///
    /// # Errors
    /// See [`OrganizationError`].
    pub async fn accounts_by_tag(&self, key: &str) -> Result<BTreeMap<String, BTreeSet<AccountId>>, OrganizationError> {
        let asked = self.accounts().await?.into_iter().map(|account| async move {
            let tags = self.client.list_tags_for_resource().resource_id(account.as_str()).into_paginator();
            let tags = tags.items().send().try_collect().await;
            let tags = tags.map_err(|error| failed(&error, account.as_str()))?;
            let value = tags.into_iter().find(|tag| tag.key == key).map(|tag| tag.value);
            Ok((account, value))
        });
        let tagged: Vec<_> = futures::stream::iter(asked).buffered(AT_ONCE).try_collect().await?;
        let mut found: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for (account, value) in tagged {
            if let Some(value) = value {
                found.entry(value).or_default().insert(account);
            }
        }
        Ok(found)
    }
}

/// The ids of those that can be entered. What the state of an account is called `Status` is out of date since 2026-09 and
/// goes away; emulators know nothing else
/// (<https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html>).
fn active(accounts: impl Iterator<Item = Account>) -> Result<BTreeSet<AccountId>, OrganizationError> {
    let is_active = |account: &Account| match (&account.state, account.status.as_ref()) {
        (Some(state), _) => *state == AccountState::Active,
        (None, status) => status.is_some_and(|status| status.as_str() == "ACTIVE"),
    };
    let ids = accounts.filter(is_active).filter_map(|account| account.id);
    let unreadable = |id: &str| OrganizationError::Unavailable(format!("`{id}` is no account id"));
    ids.map(|id| id.parse().map_err(|_| unreadable(&id))).collect()
}

fn failed<E>(error: &SdkError<E, HttpResponse>, what: &str) -> OrganizationError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match Failure::of(error) {
        Failure::Refused { code, .. } if UNKNOWN.contains(&code.as_str()) => {
            OrganizationError::NoSuchUnit(what.to_owned())
        }
        Failure::Refused { code, message } => OrganizationError::Refused(format!("{what}: {code}: {message}")),
        failure => OrganizationError::Unavailable(failure.to_string()),
    }
}

/// Codes of a unit that is not there, or is no unit.
const UNKNOWN: &[&str] = &["InvalidInputException", "ParentNotFoundException"];
