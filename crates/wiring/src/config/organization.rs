//! Accounts that belong to projects by what AWS Organizations says of them, beside those that are listed by hand. Asked for
//! once, at the start: a failure keeps a server from starting and removes nothing.

use std::collections::{BTreeMap, BTreeSet};

use daypass_aws::client::configuration;
use daypass_aws::organization::Organization;
use daypass_vending::ids::AccountId;

use super::ConfigError;
use super::file::ConfigFile;

/// Add to each project the accounts that have its id as their tag, and those in its units.
///
/// # Errors
/// When the organisation does not answer, or an account would belong to two projects by its tag and its unit.
pub(super) async fn add_accounts(file: &mut ConfigFile) -> Result<(), ConfigError> {
    let Some(projects) = file.projects.as_mut() else { return Ok(()) };
    let tag = file.aws.as_ref().and_then(|aws| aws.organization.as_ref()?.project_tag.clone());
    if tag.is_none() && projects.iter().all(|project| project.organizational_units.is_empty()) {
        return Ok(());
    }
    let aws = file.aws.as_ref().ok_or(ConfigError::Missing { key: "aws" })?;
    let organization = Organization::new(&configuration(&aws.place()).await?);
    let mut tagged = match &tag {
        Some(tag) => organization.accounts_by_tag(tag).await?,
        None => BTreeMap::new(),
    };
    for project in projects {
        let mut found: BTreeSet<AccountId> = tagged.remove(project.id.as_str()).unwrap_or_default();
        for unit in &project.organizational_units {
            found.append(&mut organization.accounts_under(unit).await?);
        }
        found.extend(project.accounts.drain(..));
        project.accounts = found.into_iter().collect();
    }
    Ok(())
}
