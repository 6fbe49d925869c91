//! The facts of a question in Cedar's words. A situation can be changed in thought, which is how a refusal learns what
//! would have helped. Ids go in through Cedar's constructors, never as text, so no id can change a rule's meaning.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::error::Error;

use cedar_policy::{Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, Request, RestrictedExpression};
use daypass_vending::ports::{Question, Subject};
use daypass_vending::request::SessionRequest;
use daypass_vending::session::Facts;
use daypass_vending::settings::Project;
use daypass_vending::tier::Limits;

/// The entity types of the schema, parsed once.
#[derive(Debug)]
pub(crate) struct Vocabulary {
    user: EntityTypeName,
    group: EntityTypeName,
    project: EntityTypeName,
    account: EntityTypeName,
    tier: EntityTypeName,
    session: EntityTypeName,
    daypass: EntityUid,
}

/// What is so, or would be if something changed.
#[derive(Clone, Debug)]
pub(crate) struct Situation<'a> {
    pub(crate) question: &'a Question<'a>,
    /// How old the proof of the second factor is, rounded up; `None` without one.
    pub(crate) mfa_age_seconds: Option<i64>,
    /// Groups the person is not in.
    pub(crate) further_groups: Vec<EntityUid>,
    /// What a request for a session asks for; `None` for every other action.
    pub(crate) wish: Option<Wish<'a>>,
    /// The time and the address, which no change in thought touches; Cedar takes long to build them.
    fixed: Attributes,
}

/// The part of a request for a session that can be changed in thought.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish<'a> {
    pub(crate) seconds: i64,
    pub(crate) incident: Option<&'a str>,
    pub(crate) account_in_project: bool,
}

/// A situation as Cedar takes it.
pub(crate) struct Posed {
    pub(crate) request: Request,
    pub(crate) entities: Entities,
}

/// Why Cedar could not be asked, or did not answer. Only ever logged, so the text is all that matters.
pub(crate) type Failure = Box<dyn Error + Send + Sync>;

type Attributes = Vec<(String, RestrictedExpression)>;

impl Vocabulary {
    pub(crate) fn new() -> Self {
        Self {
            user: entity_type("User"),
            group: entity_type("Group"),
            project: entity_type("Project"),
            account: entity_type("Account"),
            tier: entity_type("Tier"),
            session: entity_type("Session"),
            daypass: uid(&entity_type("Daypass"), "daypass"),
        }
    }

    pub(crate) fn group(&self, name: &str) -> EntityUid {
        uid(&self.group, name)
    }

    pub(crate) fn is_group(&self, entity: &EntityUid) -> bool {
        entity.type_name() == &self.group
    }
}

impl<'a> Situation<'a> {
    /// What is so.
    pub(crate) fn of(question: &'a Question<'a>) -> Self {
        let wish = match question.subject {
            Subject::RequestSession { request, project, .. } => Some(Wish {
                seconds: request.duration.seconds(),
                incident: request.incident.as_ref().map(|incident| incident.as_str()),
                account_in_project: project.accounts.contains(&request.account),
            }),
            _ => None,
        };
        let age = question.who.mfa_age(question.at);
        let mfa_age_seconds = age.map(|age| age.as_secs().saturating_add(i64::from(age.subsec_nanos() > 0)));
        Self { question, mfa_age_seconds, further_groups: vec![], wish, fixed: time_and_address(question) }
    }

    /// The request and the entities it is about.
    pub(crate) fn pose(&self, words: &Vocabulary, action: &EntityUid) -> Result<Posed, Failure> {
        let principal = uid(&words.user, self.question.who.user.as_str());
        let mut entities = vec![self.user(words, principal.clone())?];
        let mut context = self.call();
        let resource = match self.question.subject {
            Subject::RequestSession { request, project, limits, open_reviews } => {
                context.extend(self.request(words, request, limits, open_reviews));
                entities.extend(self.places(words, request, project)?);
                uid(&words.project, project.id.as_str())
            }
            Subject::ReadSession(facts)
            | Subject::IssueCredentials(facts)
            | Subject::ExtendSession(facts)
            | Subject::ReleaseSession(facts)
            | Subject::RevokeSession(facts)
            | Subject::ApproveSession(facts)
            | Subject::DenySession(facts)
            | Subject::ReviewSession(facts) => {
                let session = session(words, facts)?;
                let resource = session.uid();
                entities.push(session);
                resource
            }
            Subject::ListAllSessions | Subject::RevokeMany | Subject::ReadAudit | Subject::ReadCapacity => {
                words.daypass.clone()
            }
        };
        Ok(Posed {
            request: Request::new(principal, action.clone(), resource, Context::from_pairs(context)?, None)?,
            entities: Entities::from_entities(entities, None)?,
        })
    }

    fn user(&self, words: &Vocabulary, principal: EntityUid) -> Result<Entity, Failure> {
        let who = self.question.who;
        let groups = who.groups.iter().map(|group| words.group(group.as_str()));
        let attributes = [("issuer".to_owned(), RestrictedExpression::new_string(who.issuer.clone()))];
        Ok(Entity::new(principal, attributes.into(), groups.chain(self.further_groups.iter().cloned()).collect())?)
    }

    /// What is known about every call.
    fn call(&self) -> Attributes {
        let age = self.mfa_age_seconds.map(RestrictedExpression::new_long);
        let age = age.map(|age| ("mfa_age_seconds".to_owned(), age));
        self.fixed.iter().cloned().chain(age).collect()
    }

    /// What is known about a request for a session besides.
    fn request(&self, words: &Vocabulary, request: &SessionRequest, limits: &Limits, open_reviews: u32) -> Attributes {
        let entity = |kind, id| RestrictedExpression::new_entity_uid(uid(kind, id));
        let seconds = RestrictedExpression::new_long;
        let mfa_max_age = i64::from(limits.mfa_max_age_minutes) * 60;
        let mut context = BTreeMap::from([
            ("account", entity(&words.account, request.account.as_str())),
            ("tier", entity(&words.tier, request.tier.as_str())),
            ("tier_max_seconds", seconds(limits.max.seconds())),
            ("tier_mfa_max_age_seconds", seconds(mfa_max_age)),
            ("open_reviews", seconds(i64::from(open_reviews))),
            ("tier_incident_required", RestrictedExpression::new_bool(limits.incident_required)),
        ]);
        if let Some(wish) = self.wish {
            context.insert("requested_seconds", seconds(wish.seconds));
            if let Some(incident) = wish.incident {
                context.insert("incident", RestrictedExpression::new_string(incident.to_owned()));
            }
        }
        context.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// The project of a request, and the account in it if it belongs to it.
    fn places(&self, words: &Vocabulary, request: &SessionRequest, project: &Project) -> Result<[Entity; 2], Failure> {
        let group = RestrictedExpression::new_entity_uid(words.group(project.group.as_str()));
        let place = uid(&words.project, project.id.as_str());
        let belongs = self.wish.is_some_and(|wish| wish.account_in_project);
        let parents = belongs.then(|| place.clone()).into_iter().collect();
        Ok([
            Entity::new(place, HashMap::from([("group".to_owned(), group)]), HashSet::new())?,
            Entity::new_no_attrs(uid(&words.account, request.account.as_str()), parents),
        ])
    }
}

fn time_and_address(question: &Question<'_>) -> Attributes {
    let now = question.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    // A rule about 10.0.0.0/8 also means 10.0.0.1 as a dual-stack socket spells it, ::ffff:10.0.0.1.
    let address = question.who.address.to_canonical().to_string();
    vec![
        ("now".to_owned(), RestrictedExpression::new_datetime(now)),
        ("address".to_owned(), RestrictedExpression::new_ip(address)),
    ]
}

fn session(words: &Vocabulary, facts: &Facts) -> Result<Entity, Failure> {
    let entity = |kind, id| RestrictedExpression::new_entity_uid(uid(kind, id));
    let mut attributes = HashMap::from([
        ("owner".to_owned(), entity(&words.user, facts.user.as_str())),
        ("account".to_owned(), entity(&words.account, facts.request.account.as_str())),
        ("tier".to_owned(), entity(&words.tier, facts.request.tier.as_str())),
    ]);
    if let Some(approvers) = &facts.obligations.approvers {
        let approvers = RestrictedExpression::new_entity_uid(words.group(approvers.as_str()));
        attributes.insert("approvers".to_owned(), approvers);
    }
    let project = uid(&words.project, facts.request.project.as_str());
    Ok(Entity::new(uid(&words.session, &facts.id.to_string()), attributes, HashSet::from([project]))?)
}

fn uid(kind: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
}

#[expect(clippy::expect_used, reason = "the names are constants of this file, and every test parses them all")]
fn entity_type(name: &'static str) -> EntityTypeName {
    name.parse().expect("an entity type is a word")
}
