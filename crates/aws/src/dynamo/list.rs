//! Lists of sessions, newest request first. The index is chosen by the filter; what the index cannot tell is asked of the
//! sessions themselves.

use std::collections::{BTreeMap, BTreeSet};

use daypass_vending::ports::{Page, PageRequest, SessionFilter, StoreError};
use daypass_vending::session::{Session, Status};
use futures::future::try_join_all;

use super::DynamoStore;
use super::commit::{OWES_REVIEW, is_live};
use super::cursor::{List, limit};
use super::days::Days;
use super::item::{Item, item, record, text, text_of};
use super::place::Place;
use super::read::Query;
use super::schema::{BY_DAY, BY_PROJECT, BY_STATUS, BY_USER};

/// How many keys are looked at in one go.
const CHUNK: usize = 100;

/// How many sessions are looked at for one page. A filter that few of them pass then gives a short page, and a cursor.
const MOST_LOOKED_AT: usize = 2_000;

/// The states in which a session may owe a review and is not over yet.
const ENDING: [Status; 3] = [Status::Revoking, Status::Expiring, Status::Stuck];

/// Where the sessions of a filter are found: partitions of one index, or one day after the other.
enum Source {
    Partitions(&'static str, &'static str, Vec<String>),
    Days(Vec<String>),
}

impl DynamoStore {
    pub(super) async fn list(&self, filter: &SessionFilter, page: &PageRequest) -> Result<Page<Session>, StoreError> {
        let (mut position, limit) = (List::Sessions.place(page)?, limit(page));
        let source = self.source(filter).await?;
        let (mut found, mut looked_at) = (Vec::new(), 0);
        while looked_at < MOST_LOOKED_AT {
            let keys = self.keys(&source, position.as_ref()).await?;
            let sessions = self.sessions_of(&keys.values().cloned().collect::<Vec<_>>()).await?;
            for (place, session) in sessions.into_iter().rev().filter(|(_, session)| passes(session, filter)) {
                found.push((place.as_str().to_owned(), session));
                if found.len() > limit {
                    return Ok(List::Sessions.page(limit, found));
                }
            }
            if keys.len() < CHUNK {
                return Ok(List::Sessions.page(limit, found));
            }
            looked_at += keys.len();
            position = keys.into_keys().next();
        }
        let next = position.map(|position| List::Sessions.cursor(position.as_str()));
        Ok(Page { next, ..List::Sessions.page(limit, found) })
    }

    /// These sessions as they are now, by place.
    pub(super) async fn sessions_of(&self, keys: &[Item]) -> Result<BTreeMap<Place, Session>, StoreError> {
        let mut own = Vec::new();
        for key in keys {
            let (project, session) = (text_of(key, "ProjectId")?, text_of(key, "SessionId")?);
            own.push(item([("ProjectId", text(project)), ("SessionId", text(session))]));
        }
        let mut sessions = BTreeMap::new();
        for item in self.get_all(&self.names.sessions, &own).await? {
            sessions.insert(place_of(&item)?, record(&item)?);
        }
        Ok(sessions)
    }

    async fn source(&self, filter: &SessionFilter) -> Result<Source, StoreError> {
        let one = |index, attribute, value: &str| Source::Partitions(index, attribute, vec![value.to_owned()]);
        if filter.owing_review {
            // Few of all sessions, and of all those of a person: both are asked of the index that has only what is not over.
            let parts = ENDING.map(Status::as_str).into_iter().chain([OWES_REVIEW]).map(str::to_owned).collect();
            return Ok(Source::Partitions(BY_STATUS, "LiveStatus", parts));
        }
        if let Some(user) = &filter.user {
            return Ok(one(BY_USER, "UserId", user.as_str()));
        }
        if let Some(project) = &filter.project {
            return Ok(one(BY_PROJECT, "ProjectId", project.as_str()));
        }
        if !filter.statuses.is_empty() && filter.statuses.iter().all(|status| is_live(*status)) {
            let statuses: BTreeSet<_> = filter.statuses.iter().map(|status| status.as_str().to_owned()).collect();
            return Ok(Source::Partitions(BY_STATUS, "LiveStatus", statuses.into_iter().collect()));
        }
        Ok(Source::Days(self.days(Days::Sessions).await?))
    }

    /// The next keys before a position, by place.
    async fn keys(&self, source: &Source, before: Option<&Place>) -> Result<BTreeMap<Place, Item>, StoreError> {
        let mut keys = BTreeMap::new();
        match source {
            Source::Partitions(index, attribute, values) => {
                let parts = values.iter().map(|value| self.keys_in(index, attribute, value, before));
                keys.extend(try_join_all(parts).await?.into_iter().flatten());
            }
            Source::Days(days) => {
                let newest = before.map(Place::day);
                for day in days.iter().rev().filter(|day| newest.as_ref().is_none_or(|newest| *day <= newest)) {
                    keys.extend(self.keys_in(BY_DAY, "Day", day, before).await?);
                    if keys.len() >= CHUNK {
                        break;
                    }
                }
            }
        }
        // Each partition gave its newest: beyond so many, one might be missing between those of others.
        while keys.len() > CHUNK {
            keys.pop_first();
        }
        Ok(keys)
    }

    async fn keys_in(
        &self,
        index: &'static str,
        attribute: &'static str,
        value: &str,
        before: Option<&Place>,
    ) -> Result<Vec<(Place, Item)>, StoreError> {
        let query = Query {
            table: &self.names.sessions,
            index: Some(index),
            partition: (attribute, text(value)),
            sort: before.map(|place| ("Place", "<", text(place.as_str()))),
            descending: true,
            limit: CHUNK,
        };
        self.query(query).await?.into_iter().map(|item| Ok((place_of(&item)?, item))).collect()
    }
}

fn place_of(item: &Item) -> Result<Place, StoreError> {
    Place::read(text_of(item, "Place")?).ok_or_else(|| StoreError::Corrupt("a session without a place".to_owned()))
}

fn passes(session: &Session, filter: &SessionFilter) -> bool {
    let SessionFilter { user, project, account, tier, statuses, owing_review } = filter;
    let facts = session.facts();
    user.as_ref().is_none_or(|user| *user == facts.user)
        && project.as_ref().is_none_or(|project| *project == facts.request.project)
        && account.as_ref().is_none_or(|account| *account == facts.request.account)
        && tier.as_ref().is_none_or(|tier| *tier == facts.request.tier)
        && (statuses.is_empty() || statuses.contains(&session.status()))
        && (!owing_review || session.owes_review())
}
