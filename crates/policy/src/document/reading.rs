//! Reading JSON values as what a document expects there, with the place of whatever is not.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::json::{Member, Node, Value};
use super::{Match, OneOrMany, ParseError};

/// An error before its offset has become line and column.
pub(super) struct Wrong {
    pub(super) offset: usize,
    pub(super) pointer: String,
    pub(super) message: String,
}

pub(super) type Read<T> = Result<T, Wrong>;

/// Where the reader is: a list of steps on the stack, spelled out only when something is wrong.
#[derive(Clone, Copy)]
pub(super) enum Place<'p> {
    Root,
    Field(&'p Place<'p>, &'p str),
    Item(&'p Place<'p>, usize),
}

/// The fields of an object, each known and each once.
pub(super) struct Fields<'n, 't> {
    pub(super) members: &'n [Member<'t>],
    offset: usize,
    place: &'n Place<'n>,
}

impl<'n, 't> Fields<'n, 't> {
    pub(super) fn read(node: &'n Node<'t>, place: &'n Place<'n>, known: &[&str]) -> Read<Fields<'n, 't>> {
        let members = unique_members(node, place)?;
        if let Some(unknown) = members.iter().find(|member| !known.contains(&&*member.key)) {
            let near = known.iter().find(|name| name.eq_ignore_ascii_case(&unknown.key));
            let message = match near {
                Some(near) => format!("unknown field `{}`; it is written `{near}`", unknown.key),
                None => format!("unknown field `{}`; expected one of `{}`", unknown.key, known.join("`, `")),
            };
            return Err(Place::Field(place, &unknown.key).wrong(unknown.offset, message));
        }
        Ok(Fields { members, offset: node.offset, place })
    }

    pub(super) fn find(&self, name: &str) -> Option<&'n Member<'t>> {
        self.members.iter().find(|member| member.key == name)
    }

    pub(super) fn optional<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Node<'_>, &Place<'_>) -> Read<T>,
    ) -> Read<Option<T>> {
        self.find(name).map(|member| read(&member.node, &Place::Field(self.place, name))).transpose()
    }

    pub(super) fn required<T>(&self, name: &str, read: impl FnOnce(&Node<'_>, &Place<'_>) -> Read<T>) -> Read<T> {
        self.optional(name, read)?.ok_or_else(|| self.wrong(format!("missing field `{name}`")))
    }

    pub(super) fn either<T>(
        &self,
        plain: &str,
        negated: &str,
        read: impl Fn(&Node<'_>, &Place<'_>) -> Read<T>,
    ) -> Read<Option<Match<T>>> {
        match (self.optional(plain, &read)?, self.optional(negated, &read)?) {
            (Some(_), Some(_)) => {
                Err(self.wrong_field(negated, format!("`{plain}` and `{negated}` exclude each other")))
            }
            (Some(value), None) => Ok(Some(Match::Listed(value))),
            (None, Some(value)) => Ok(Some(Match::NotListed(value))),
            (None, None) => Ok(None),
        }
    }

    pub(super) fn wrong(&self, message: impl ToString) -> Wrong {
        self.place.wrong(self.offset, message)
    }

    pub(super) fn wrong_field(&self, name: &str, message: impl ToString) -> Wrong {
        let offset = self.find(name).map_or(self.offset, |member| member.offset);
        Place::Field(self.place, name).wrong(offset, message)
    }
}

pub(super) fn unique_members<'n, 't>(node: &'n Node<'t>, place: &Place<'_>) -> Read<&'n [Member<'t>]> {
    let Value::Object(members) = &node.value else {
        return Err(place.wrong(node.offset, format!("expected an object, not {}", node.value.name())));
    };
    match first_repeated(members) {
        None => Ok(members),
        Some(repeated) => {
            let place = Place::Field(place, &repeated.key);
            Err(place.wrong(repeated.offset, format!("field `{}` is given twice", repeated.key)))
        }
    }
}

/// Up to so many members are compared with each other.
const FEW_MEMBERS: usize = 16;

fn first_repeated<'n, 't>(members: &'n [Member<'t>]) -> Option<&'n Member<'t>> {
    if members.len() <= FEW_MEMBERS {
        let is_repeated = |at: usize, key: &str| members.iter().take(at).any(|earlier| earlier.key == key);
        return members.iter().enumerate().find(|(at, member)| is_repeated(*at, &member.key)).map(|(_, member)| member);
    }
    let mut seen = HashSet::with_capacity(members.len());
    members.iter().find(|member| !seen.insert(&*member.key))
}

type ReadItem<'f, T> = &'f dyn Fn(&Node<'_>, &Place<'_>) -> Read<T>;

pub(super) fn one_or_many<T>(node: &Node<'_>, place: &Place<'_>, read: ReadItem<'_, T>) -> Read<OneOrMany<T>> {
    match &node.value {
        Value::List(items) => {
            let mut values = Vec::with_capacity(items.len());
            for (at, item) in items.iter().enumerate() {
                values.push(read(item, &Place::Item(place, at))?);
            }
            Ok(OneOrMany::Many(values))
        }
        _ => Ok(OneOrMany::One(read(node, place)?)),
    }
}

/// Whether a list may be empty.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lists {
    /// An empty list names nothing, and a statement with one has no effect.
    Any,
    /// An empty list is most likely a mistake.
    NonEmpty,
}

impl Lists {
    pub(super) fn read<T>(self, node: &Node<'_>, place: &Place<'_>, read: ReadItem<'_, T>) -> Read<OneOrMany<T>> {
        let values = one_or_many(node, place, read)?;
        match values.as_slice().is_empty() && self == Lists::NonEmpty {
            true => Err(place.wrong(node.offset, "an empty list stands for nothing here")),
            false => Ok(values),
        }
    }
}

pub(super) fn read_text(node: &Node<'_>, place: &Place<'_>) -> Read<String> {
    text(node, place).map(str::to_owned)
}

pub(super) fn text<'n>(node: &'n Node<'_>, place: &Place<'_>) -> Read<&'n str> {
    match &node.value {
        Value::Text(text) => Ok(text),
        other => Err(place.wrong(node.offset, format!("expected a string, not {}", other.name()))),
    }
}

impl Place<'_> {
    pub(super) fn wrong(&self, offset: usize, message: impl ToString) -> Wrong {
        Wrong { offset, pointer: self.pointer(), message: message.to_string() }
    }

    /// As a JSON pointer.
    pub(super) fn pointer(&self) -> String {
        let mut pointer = String::new();
        self.write_pointer(&mut pointer);
        pointer
    }

    fn write_pointer(&self, pointer: &mut String) {
        match self {
            Place::Root => {}
            Place::Field(parent, name) => {
                parent.write_pointer(pointer);
                pointer.push('/');
                pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
            }
            Place::Item(parent, at) => {
                parent.write_pointer(pointer);
                // Writing to a string cannot fail.
                let _ = write!(pointer, "/{at}");
            }
        }
    }
}

impl Wrong {
    pub(super) fn located_in(self, text: &str) -> ParseError {
        let (line, column) = line_and_column(text, self.offset);
        ParseError { line, column, pointer: self.pointer, message: self.message }
    }
}

/// Line and column, in characters, both from 1.
pub(super) fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before.get(line_start..).unwrap_or_default().chars().count() + 1)
}
