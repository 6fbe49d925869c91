//! What an installation decides once: names, networks, projects, waiting times. Checked when made, so that the rest of the
//! crate need not ask again.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;
use jiff::SignedDuration;

use crate::ids::{AccountId, Department, DeploymentId, GroupName, ProjectId};
use crate::template::Partition;

/// Settings of one installation.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Marks everything we make in AWS.
    pub deployment: DeploymentId,
    /// The part of AWS the accounts live in.
    pub partition: Partition,
    /// The ARN of the identity that assumes vended roles to issue credentials.
    pub broker_arn: String,
    /// From where vended credentials may be used. Never empty.
    pub networks: Networks,
    /// Who we work for, and where.
    pub projects: Projects,
    /// How long IAM may take until everybody sees a change. A role is deleted only when its denial is older than this.
    pub consistency_window: SignedDuration,
    /// How many roles of each account's quota are kept for tiers that demand an incident.
    pub reserved_roles: u32,
    /// How long people have to approve a request before it lapses.
    pub approval_time: SignedDuration,
}

/// The networks that vended credentials work from. INVARIANT: at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Networks(Vec<IpNet>);

impl Networks {
    /// These networks; `None` when there is none, since an empty list would switch the check off.
    #[must_use]
    pub fn new(networks: Vec<IpNet>) -> Option<Self> {
        if networks.is_empty() { None } else { Some(Self(networks)) }
    }

    /// As they stand in a policy.
    pub fn cidrs(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(ToString::to_string)
    }
}

/// A project that sessions can be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Its id.
    pub id: ProjectId,
    /// The accounts its people may enter.
    pub accounts: BTreeSet<AccountId>,
    /// The group whose members work for it.
    pub group: GroupName,
    /// The departments that AWS itself lets in where a person enters a role directly: values of the tag `Department` of their
    /// IAM user. Whoever carries any or none where this is empty.
    pub departments: BTreeSet<Department>,
}

impl Project {
    /// A project that does not exist, as a request for it is judged: like one that exists, has the account, and has nobody in
    /// it, so that a stranger cannot tell the two apart (invariant 12).
    #[must_use]
    pub fn unknown(id: ProjectId, account: AccountId) -> Self {
        Self { id, accounts: BTreeSet::from([account]), group: GroupName::nobody(), departments: BTreeSet::new() }
    }
}

/// All projects. INVARIANT: no project's resources can carry another one's prefix, because templates scope names by
/// `<project>-*`: next to `acme` there is no `acme-web`.
#[derive(Clone, Debug, Default)]
pub struct Projects(BTreeMap<ProjectId, Project>);

/// Ids that no project may have nor begin with, because `<id>-*` names what belongs to AWS' own tools or to Daypass. The
/// proofs about tiers rest on it ([`crate::guard`]).
pub(crate) const RESERVED: [&str; 9] =
    ["amplify", "aws", "awscodestar", "cdk", "cf", "cloudformation", "daypass", "sam", "stacksets"];

/// Why a list of projects cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProjectsError {
    /// Two projects share a prefix.
    #[error("projects `{shorter}` and `{longer}` overlap: `{shorter}-*` would cover the resources of `{longer}`")]
    Overlap {
        /// The project that covers.
        shorter: ProjectId,
        /// The project that is covered.
        longer: ProjectId,
    },
    /// A project's prefix is somebody else's.
    #[error("`{0}` cannot be a project: `{0}-*` names resources of AWS' tools or of Daypass itself")]
    Reserved(ProjectId),
    /// A project is listed twice.
    #[error("project `{0}` is listed twice")]
    Twice(ProjectId),
}

impl Projects {
    /// These projects.
    ///
    /// # Errors
    /// When two have the same id, or a resource prefix covers that of another project or what is nobody's project.
    pub fn new(list: Vec<Project>) -> Result<Self, ProjectsError> {
        let mut projects = BTreeMap::new();
        for project in list {
            let id = project.id.clone();
            if is_reserved(&id) {
                return Err(ProjectsError::Reserved(id));
            }
            if projects.insert(id.clone(), project).is_some() {
                return Err(ProjectsError::Twice(id));
            }
        }
        for shorter in projects.keys() {
            let prefix = format!("{shorter}-");
            if let Some(longer) = projects.keys().find(|longer| longer.as_str().starts_with(&prefix)) {
                return Err(ProjectsError::Overlap { shorter: shorter.clone(), longer: longer.clone() });
            }
        }
        Ok(Self(projects))
    }

    /// The project of this id.
    #[must_use]
    pub fn get(&self, id: &ProjectId) -> Option<&Project> {
        self.0.get(id)
    }

    /// All projects, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Project> {
        self.0.values()
    }

    /// All accounts that any project may enter.
    #[must_use]
    pub fn accounts(&self) -> BTreeSet<AccountId> {
        self.0.values().flat_map(|project| project.accounts.iter().cloned()).collect()
    }
}

/// `aws-cloudtrail` is as bad as `aws`: its names are among those that begin with `aws-`.
pub(crate) fn is_reserved(id: &ProjectId) -> bool {
    RESERVED.iter().any(|reserved| {
        let rest = id.as_str().strip_prefix(reserved);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(id: &str) -> Project {
        Project {
            id: id.parse().unwrap(),
            accounts: BTreeSet::new(),
            group: "staff".parse().unwrap(),
            departments: BTreeSet::new(),
        }
    }

    #[test]
    fn projects_that_would_share_resources_are_refused() {
        assert!(Projects::new(vec![project("acme-web"), project("acme-batch"), project("acmeweb")]).is_ok());
        let error = Projects::new(vec![project("acme-web"), project("acme")]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "projects `acme` and `acme-web` overlap: `acme-*` would cover the resources of `acme-web`"
        );
        for reserved in ["cdk", "aws", "aws-cloudtrail-logs", "daypass-web"] {
            let error = Projects::new(vec![project(reserved)]).unwrap_err();
            assert_eq!(error, ProjectsError::Reserved(reserved.parse().unwrap()));
        }
        assert!(Projects::new(vec![project("awsome"), project("samples-aws")]).is_ok());
        assert_eq!(
            Projects::new(vec![project("acme"), project("acme")]).unwrap_err(),
            ProjectsError::Twice("acme".parse().unwrap())
        );
    }
}
