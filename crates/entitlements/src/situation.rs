//! The facts of a question in Cedar's words. A situation can be changed in thought, which is how a refusal learns what
//! would have helped. Ids go in through Cedar's constructors, never as text, so no id can change a rule's meaning.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::error::Error;

use cedar_policy::{Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, Request, RestrictedExpression};
use daypass_vending::identity::{Identity, Method, Nature, Workload};
use daypass_vending::ports::{Question, Subject};
use daypass_vending::request::SessionRequest;
use daypass_vending::session::Facts;
use daypass_vending::settings::Project;
use daypass_vending::tier::Limits;

use crate::necessary::{Fact, PRINCIPAL, Path, RESOURCE};

/// The entity types of the schema, parsed once.
#[derive(Debug)]
pub(crate) struct Vocabulary {
    user: EntityTypeName,
    workload: EntityTypeName,
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
    /// How the person proved who they are.
    pub(crate) method: Method,
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
    pub(crate) open_reviews: u32,
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
            workload: entity_type("Workload"),
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
            Subject::RequestSession { request, project, open_reviews, .. } => Some(Wish {
                seconds: request.duration.seconds(),
                incident: request.incident.as_ref().map(|incident| incident.as_str()),
                account_in_project: project.accounts.contains(&request.account),
                open_reviews,
            }),
            _ => None,
        };
        let age = question.who.mfa_age(question.at);
        let mfa_age_seconds = age.map(|age| age.as_secs().saturating_add(i64::from(age.subsec_nanos() > 0)));
        let (method, fixed) = (question.who.method, time_and_address(question));
        Self { question, method, mfa_age_seconds, further_groups: vec![], wish, fixed }
    }

    /// The request and the entities it is about.
    pub(crate) fn pose(&self, words: &Vocabulary, action: &EntityUid) -> Result<Posed, Failure> {
        let principal = self.principal(words);
        let mut entities = vec![self.caller(words, principal.clone())?];
        let mut context = self.call();
        let resource = match self.question.subject {
            Subject::RequestSession { request, project, limits, open_reviews: _ } => {
                context.extend(self.request(words, request, limits));
                entities.extend(self.places(words, request, project)?);
                uid(&words.project, project.id.as_str())
            }
            subject => match subject.session() {
                Some(facts) => {
                    let session = session(words, facts)?;
                    let resource = session.uid();
                    entities.push(session);
                    resource
                }
                None => words.daypass.clone(),
            },
        };
        Ok(Posed {
            request: Request::new(principal, action.clone(), resource, Context::from_pairs(context)?, None)?,
            entities: Entities::from_entities(entities, None)?,
        })
    }

    /// The group of the project that is asked for.
    pub(crate) fn own_group(&self, words: &Vocabulary) -> Option<EntityUid> {
        match self.question.subject {
            Subject::RequestSession { project, .. } => Some(words.group(project.group.as_str())),
            _ => None,
        }
    }

    /// What is so, as the index knows it. It says of everything in `necessary` what `pose` tells Cedar.
    pub(crate) fn facts(&self, words: &Vocabulary) -> Vec<Fact> {
        let (who, principal) = (self.question.who, self.principal(words));
        let groups: Vec<_> = who.groups.iter().map(|group| words.group(group.as_str())).collect();
        let groups: Vec<_> = groups.into_iter().chain(self.further_groups.iter().cloned()).collect();
        let mut facts = vec![Fact::Text("context.identity", self.method.as_str().to_owned())];
        facts.extend(texts(who).into_iter().map(|(name, text)| Fact::Text(name, text)));
        match self.question.subject {
            Subject::RequestSession { request, project, .. } => {
                let place = uid(&words.project, project.id.as_str());
                let belongs = self.wish.is_some_and(|wish| wish.account_in_project);
                let account = uid(&words.account, request.account.as_str());
                facts.extend(about("context.account", account, belongs.then(|| place.clone())));
                facts.extend(about("context.tier", uid(&words.tier, request.tier.as_str()), None));
                facts.extend(about(RESOURCE, place, None));
                facts.extend(membership("resource.group", &words.group(project.group.as_str()), &groups));
            }
            subject => facts.extend(about_session(words, subject, &groups)),
        }
        facts.extend(about(PRINCIPAL, principal, groups));
        facts
    }

    fn principal(&self, words: &Vocabulary) -> EntityUid {
        let who = self.question.who;
        let kind = match who.nature {
            Nature::Person => &words.user,
            Nature::Workload(_) => &words.workload,
        };
        uid(kind, who.user.as_str())
    }

    fn caller(&self, words: &Vocabulary, principal: EntityUid) -> Result<Entity, Failure> {
        let who = self.question.who;
        let groups = who.groups.iter().map(|group| words.group(group.as_str()));
        let text = |(path, text): (Path, String)| {
            (path.trim_start_matches("principal.").to_owned(), RestrictedExpression::new_string(text))
        };
        let attributes = texts(who).into_iter().map(text).collect();
        Ok(Entity::new(principal, attributes, groups.chain(self.further_groups.iter().cloned()).collect())?)
    }

    /// What is known about every call.
    fn call(&self) -> Attributes {
        let age = self.mfa_age_seconds.map(RestrictedExpression::new_long);
        let age = age.map(|age| ("mfa_age_seconds".to_owned(), age));
        let method = ("identity".to_owned(), RestrictedExpression::new_string(self.method.as_str().to_owned()));
        self.fixed.iter().cloned().chain([method]).chain(age).collect()
    }

    /// What is known about a request for a session besides.
    fn request(&self, words: &Vocabulary, request: &SessionRequest, limits: &Limits) -> Attributes {
        let entity = |kind, id| RestrictedExpression::new_entity_uid(uid(kind, id));
        let seconds = RestrictedExpression::new_long;
        let mfa_max_age = i64::from(limits.mfa_max_age_minutes) * 60;
        let mut context = BTreeMap::from([
            ("account", entity(&words.account, request.account.as_str())),
            ("tier", entity(&words.tier, request.tier.as_str())),
            ("tier_max_seconds", seconds(limits.max.seconds())),
            ("tier_mfa_max_age_seconds", seconds(mfa_max_age)),
            ("delivery", RestrictedExpression::new_string(request.delivery.as_str().to_owned())),
            ("tier_incident_required", RestrictedExpression::new_bool(limits.incident_required)),
        ]);
        if let Some(wish) = self.wish {
            context.insert("requested_seconds", seconds(wish.seconds));
            context.insert("open_reviews", seconds(i64::from(wish.open_reviews)));
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

/// What is said about whoever asks, by the path under which rules find it.
fn texts(who: &Identity) -> Vec<(Path, String)> {
    let mut texts = vec![("principal.id", who.user.as_str().to_owned()), ("principal.issuer", who.issuer.clone())];
    match &who.nature {
        Nature::Person => texts.extend(who.department.clone().map(|name| ("principal.department", name))),
        Nature::Workload(Workload { repository, reference, environment }) => {
            texts.push(("principal.repository", repository.clone()));
            texts.push(("principal.reference", reference.clone()));
            texts.extend(environment.clone().map(|name| ("principal.environment", name)));
        }
    }
    texts
}

fn about_session(words: &Vocabulary, subject: Subject<'_>, groups: &[EntityUid]) -> Vec<Fact> {
    let Some(facts) = subject.session() else { return about(RESOURCE, words.daypass.clone(), None) };
    let session = uid(&words.session, &facts.id.to_string());
    let mut known = about(RESOURCE, session, [uid(&words.project, facts.request.project.as_str())]);
    known.extend(about("resource.account", uid(&words.account, facts.request.account.as_str()), None));
    known.extend(about("resource.tier", uid(&words.tier, facts.request.tier.as_str()), None));
    known.push(Fact::Text("resource.owner", facts.user.as_str().to_owned()));
    let approvers = facts.obligations.approvers.as_ref().map(|group| words.group(group.as_str()));
    known.extend(approvers.and_then(|group| membership("resource.approvers", &group, groups)));
    known
}

/// Everything that can be said about an entity in such a place and what it belongs to.
fn about(path: Path, entity: EntityUid, parents: impl IntoIterator<Item = EntityUid>) -> Vec<Fact> {
    let mut facts: Vec<Fact> = parents.into_iter().map(|parent| Fact::In(path, parent)).collect();
    facts.push(Fact::Kind(path, entity.type_name().clone()));
    facts.push(Fact::In(path, entity.clone()));
    facts.push(Fact::Is(path, entity));
    facts
}

fn membership(path: Path, group: &EntityUid, groups: &[EntityUid]) -> Option<Fact> {
    groups.contains(group).then_some(Fact::Own(path))
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
        ("owner".to_owned(), RestrictedExpression::new_string(facts.user.as_str().to_owned())),
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
