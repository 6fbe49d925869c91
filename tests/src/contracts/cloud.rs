//! What the domain relies on of AWS.

use std::collections::{BTreeMap, BTreeSet};

use daypass_vending::ids::{AccountId, ProjectId, RoleName, SessionId, UserId};
use daypass_vending::plan::{
    Change, KILL_POLICY, SESSION_POLICY, TrustTerms, closed_trust_document, kill_document, tag, trust_document,
};
use daypass_vending::ports::{Assumption, Clock, Cloud, CloudError, Entropy, Liveness};
use daypass_vending::secret::{Credentials, ExternalId};
use jiff::SignedDuration;

/// An account to try the contract on.
pub struct CloudUnderTest<'a> {
    /// The adapter.
    pub cloud: &'a dyn Cloud,
    /// The account.
    pub account: AccountId,
    /// A managed policy of the account that allows everything.
    pub boundary_arn: String,
    /// The ARN that the adapter assumes roles as.
    pub broker_arn: String,
    /// Chance.
    pub entropy: &'a dyn Entropy,
    /// Time, as the account sees it.
    pub clock: &'a dyn Clock,
}

/// Holds for every [`Cloud`].
///
/// # Panics
/// At the first clause that does not hold.
pub async fn cloud_contract(under_test: &CloudUnderTest<'_>) {
    a_role_is_what_was_asked_for(under_test).await;
    a_role_that_is_not_there_is_said_to_be(under_test).await;
    a_role_goes_when_nothing_is_left_on_it(under_test).await;
    credentials_need_all_that_the_trust_policy_asks_for(under_test).await;
    a_denial_kills_live_credentials_and_a_closed_door_new_ones(under_test).await;
    a_role_of_the_same_name_is_not_the_same_role(under_test).await;
    lists_page_by_path(under_test).await;
    the_quota_counts(under_test).await;
}

const USER: &str = "carla";

struct Role {
    name: RoleName,
    path: String,
    session: SessionId,
    external_id: ExternalId,
    terms: TrustTerms,
    tags: BTreeMap<String, String>,
}

impl Role {
    fn new(under_test: &CloudUnderTest<'_>) -> Self {
        let session = SessionId::from_random(under_test.entropy.bytes());
        let project: ProjectId = "acme-web".parse().expect("a project id");
        let user: UserId = USER.parse().expect("a user id");
        let expires_at = under_test.clock.now() + SignedDuration::from_hours(1);
        Self {
            name: RoleName::of(&project, &session),
            path: format!("/daypass/contract-{}/", session.short()),
            session,
            external_id: ExternalId::from_random(&under_test.entropy.bytes()),
            terms: TrustTerms { principal: under_test.broker_arn.clone(), user, expires_at, holder: None },
            tags: [(tag::SESSION, session.to_string()), (tag::DEPLOYMENT, "contract".to_owned())]
                .map(|(key, value)| (key.to_owned(), value))
                .into(),
        }
    }

    fn trust(&self) -> String {
        trust_document(&self.terms, &self.external_id).to_json()
    }

    fn creation(&self, under_test: &CloudUnderTest<'_>) -> Change {
        Change::CreateRole {
            role: self.name.clone(),
            path: self.path.clone(),
            boundary_arn: under_test.boundary_arn.clone(),
            tags: self.tags.clone(),
            trust: self.trust(),
        }
    }

    fn permissions(&self) -> Change {
        Change::PutPermissions { role: self.name.clone(), document: ALLOW_ALL.to_owned() }
    }

    async fn create(under_test: &CloudUnderTest<'_>) -> Self {
        let role = Self::new(under_test);
        for change in [role.creation(under_test), role.permissions()] {
            under_test.cloud.apply(&under_test.account, &change).await.expect("a new role");
        }
        role
    }

    async fn remove(&self, under_test: &CloudUnderTest<'_>) {
        let CloudUnderTest { cloud, account, .. } = under_test;
        for policy in [SESSION_POLICY, KILL_POLICY] {
            cloud.delete_role_policy(account, &self.name, policy).await.expect("a policy to go");
        }
        cloud.delete_role(account, &self.name).await.expect("a role to go");
    }

    async fn assume(&self, under_test: &CloudUnderTest<'_>) -> Result<Credentials, CloudError> {
        self.assume_with(under_test, &self.external_id, USER, 900).await
    }

    async fn assume_with(
        &self,
        under_test: &CloudUnderTest<'_>,
        external_id: &ExternalId,
        user: &str,
        duration_seconds: i32,
    ) -> Result<Credentials, CloudError> {
        let user: UserId = user.parse().expect("a user id");
        let assumption = Assumption {
            role: &self.name,
            path: &self.path,
            external_id,
            user: &user,
            session: self.session,
            duration_seconds,
        };
        under_test.cloud.assume_role(&under_test.account, &assumption).await
    }
}

const ALLOW_ALL: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

async fn a_role_is_what_was_asked_for(under_test: &CloudUnderTest<'_>) {
    let CloudUnderTest { cloud, account, .. } = under_test;
    let role = Role::create(under_test).await;
    let found = cloud.role(account, &role.name).await.expect("AWS").expect("the role");
    assert_eq!(found.name, role.name);
    assert_eq!(found.path, role.path);
    assert_eq!(found.boundary_arn.as_deref(), Some(under_test.boundary_arn.as_str()));
    assert_eq!(found.tags, role.tags);
    assert_eq!(found.inline_policies.keys().collect::<Vec<_>>(), [SESSION_POLICY]);
    assert_eq!((found.attached_policies, found.instance_profiles), (vec![], vec![]));
    let parse = |text: &str| daypass_policy::PolicyDocument::parse(text).expect("a document");
    assert_eq!(parse(&found.trust), parse(&role.trust()));
    let again = cloud.apply(account, &role.creation(under_test)).await;
    assert!(matches!(again, Err(CloudError::AlreadyExists(_))), "{again:?}");
    role.remove(under_test).await;
}

async fn a_role_that_is_not_there_is_said_to_be(under_test: &CloudUnderTest<'_>) {
    let CloudUnderTest { cloud, account, .. } = under_test;
    let role = Role::new(under_test);
    assert_eq!(cloud.role(account, &role.name).await, Ok(None));
    for refused in [
        cloud.apply(account, &role.permissions()).await,
        cloud.put_role_policy(account, &role.name, "any", ALLOW_ALL).await,
        cloud.put_trust_policy(account, &role.name, &role.trust()).await,
    ] {
        assert!(matches!(refused, Err(CloudError::NotFound(_))), "{refused:?}");
    }
    cloud.delete_role_policy(account, &role.name, "any").await.expect("nothing to delete is success");
    cloud
        .detach_role_policy(account, &role.name, &under_test.boundary_arn)
        .await
        .expect("nothing to detach is success");
    cloud.remove_from_instance_profile(account, &role.name, "none").await.expect("nothing to remove is success");
    cloud.delete_role(account, &role.name).await.expect("nothing to delete is success");
    let denied = role.assume(under_test).await;
    assert!(denied.as_ref().is_err_and(CloudError::is_access_denied), "{denied:?}");
}

async fn a_role_goes_when_nothing_is_left_on_it(under_test: &CloudUnderTest<'_>) {
    let CloudUnderTest { cloud, account, .. } = under_test;
    let role = Role::create(under_test).await;
    let conflict = cloud.delete_role(account, &role.name).await;
    assert!(matches!(&conflict, Err(CloudError::Refused { code, .. }) if code == "DeleteConflict"), "{conflict:?}");
    role.remove(under_test).await;
    assert_eq!(cloud.role(account, &role.name).await, Ok(None));
}

async fn credentials_need_all_that_the_trust_policy_asks_for(under_test: &CloudUnderTest<'_>) {
    let role = Role::create(under_test).await;
    let credentials = role.assume(under_test).await.expect("credentials");
    assert_eq!(credentials.role, role.name);
    let lifetime = credentials.expires_at.duration_since(under_test.clock.now());
    assert!(lifetime <= SignedDuration::from_secs(900), "{lifetime:?}");
    assert_eq!(under_test.cloud.probe(&credentials).await, Ok(Liveness::Alive));
    let other = ExternalId::from_random(&[0; 32]);
    let denied = role.assume_with(under_test, &other, USER, 900).await;
    assert!(denied.as_ref().is_err_and(CloudError::is_access_denied), "another external id: {denied:?}");
    let denied = role.assume_with(under_test, &role.external_id, "mallory", 900).await;
    assert!(denied.as_ref().is_err_and(CloudError::is_access_denied), "another person: {denied:?}");
    for seconds in [899, 3601] {
        let refused = role.assume_with(under_test, &role.external_id, USER, seconds).await;
        assert!(matches!(refused, Err(CloudError::Refused { .. })), "{seconds} seconds: {refused:?}");
    }
    role.remove(under_test).await;
    assert_eq!(under_test.cloud.probe(&credentials).await, Ok(Liveness::Dead), "credentials die with their role");
}

async fn a_denial_kills_live_credentials_and_a_closed_door_new_ones(under_test: &CloudUnderTest<'_>) {
    let CloudUnderTest { cloud, account, .. } = under_test;
    let role = Role::create(under_test).await;
    let credentials = role.assume(under_test).await.expect("credentials");
    assert_eq!(cloud.probe(&credentials).await, Ok(Liveness::Alive));
    cloud.put_role_policy(account, &role.name, KILL_POLICY, &kill_document().to_json()).await.expect("a denial");
    assert_eq!(cloud.probe(&credentials).await, Ok(Liveness::Dead));
    cloud.put_trust_policy(account, &role.name, &closed_trust_document().to_json()).await.expect("a closed door");
    let denied = role.assume(under_test).await;
    assert!(denied.as_ref().is_err_and(CloudError::is_access_denied), "{denied:?}");
    role.remove(under_test).await;
}

async fn a_role_of_the_same_name_is_not_the_same_role(under_test: &CloudUnderTest<'_>) {
    let CloudUnderTest { cloud, account, .. } = under_test;
    let role = Role::create(under_test).await;
    let credentials = role.assume(under_test).await.expect("credentials");
    role.remove(under_test).await;
    for change in [role.creation(under_test), role.permissions()] {
        cloud.apply(account, &change).await.expect("a role of the same name");
    }
    assert_eq!(cloud.probe(&credentials).await, Ok(Liveness::Dead), "old credentials stay dead");
    role.remove(under_test).await;
}

async fn lists_page_by_path(under_test: &CloudUnderTest<'_>) {
    let CloudUnderTest { cloud, account, .. } = under_test;
    let mut roles = Vec::new();
    for _ in 0..3 {
        roles.push(Role::create(under_test).await);
    }
    for role in &roles {
        let page = cloud.roles(account, &role.path, None).await.expect("a list");
        let names: Vec<_> = page.roles.iter().map(|found| found.name.clone()).collect();
        assert_eq!(names, std::slice::from_ref(&role.name), "only what is under the path");
    }
    let (mut seen, mut page) = (BTreeSet::new(), None);
    loop {
        let found = cloud.roles(account, "/daypass/", page).await.expect("a list");
        for summary in found.roles {
            assert!(summary.path.starts_with("/daypass/"));
            assert!(seen.insert(summary.name), "each once");
        }
        match found.next {
            Some(next) => page = Some(next),
            None => break,
        }
    }
    for role in &roles {
        assert!(seen.contains(&role.name));
        role.remove(under_test).await;
    }
}

async fn the_quota_counts(under_test: &CloudUnderTest<'_>) {
    let CloudUnderTest { cloud, account, .. } = under_test;
    let before = cloud.role_quota(account).await.expect("the quota");
    let role = Role::create(under_test).await;
    let with = cloud.role_quota(account).await.expect("the quota");
    assert_eq!((with.used, with.limit), (before.used + 1, before.limit));
    role.remove(under_test).await;
    assert_eq!(cloud.role_quota(account).await.expect("the quota").used, before.used);
    let boundary = cloud.managed_policy(account, &under_test.boundary_arn).await.expect("AWS");
    assert!(boundary.is_some(), "managed policies can be read");
    let missing = format!("{}-not-there", under_test.boundary_arn);
    assert_eq!(cloud.managed_policy(account, &missing).await, Ok(None));
}
