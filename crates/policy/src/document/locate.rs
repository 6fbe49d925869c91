//! Where in a document's text something stands: for findings about documents that parse.

use super::json::{self, Node, Value};
use super::reading::{Place, line_and_column};

/// The text of a document that was read as JSON.
pub(crate) struct Source<'t> {
    text: &'t str,
    root: Node<'t>,
}

/// One step from a value to one inside it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step<'s> {
    /// The value of this field.
    Field(&'s str),
    /// The name of this field, rather than its value.
    Name(&'s str),
    /// The item of a list. A single value written without brackets is its own first item.
    Item(usize),
}

/// Where something stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    /// From 1.
    pub(crate) line: usize,
    /// In characters, from 1.
    pub(crate) column: usize,
    /// JSON pointer (RFC 6901).
    pub(crate) pointer: String,
}

impl<'t> Source<'t> {
    /// `None` when the text is not JSON.
    pub(crate) fn read(text: &'t str) -> Option<Source<'t>> {
        json::read(text).ok().map(|root| Source { text, root })
    }

    /// The place the steps lead to, or as far as they lead.
    pub(crate) fn find(&self, steps: &[Step<'_>]) -> Spot {
        let (offset, pointer) = walk(&self.root, &Place::Root, steps);
        let (line, column) = line_and_column(self.text, offset);
        Spot { line, column, pointer }
    }
}

fn walk(node: &Node<'_>, place: &Place<'_>, steps: &[Step<'_>]) -> (usize, String) {
    let here = || (node.offset, place.pointer());
    let Some((step, rest)) = steps.split_first() else { return here() };
    match (step, &node.value) {
        (Step::Field(name), Value::Object(members)) => match members.iter().find(|member| member.key == *name) {
            Some(member) => walk(&member.node, &Place::Field(place, name), rest),
            None => here(),
        },
        (Step::Name(name), Value::Object(members)) => match members.iter().find(|member| member.key == *name) {
            Some(member) => (member.offset, Place::Field(place, name).pointer()),
            None => here(),
        },
        (Step::Item(at), Value::List(items)) => match items.get(*at) {
            Some(item) => walk(item, &Place::Item(place, *at), rest),
            None => here(),
        },
        (Step::Item(_), _) => walk(node, place, rest),
        (Step::Field(_) | Step::Name(_), _) => here(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Source, Step};

    #[test]
    fn steps_lead_to_lines_and_columns() {
        let text =
            "{\n  \"Statement\": {\"Action\": [\"é:a\",\n    \"b:c\"], \"Condition\": {\"Bool\": {\"a/b\": true}}}\n}";
        let source = Source::read(text).unwrap();
        let (statement, first) = (Step::Field("Statement"), Step::Item(0));
        let condition = [statement, first, Step::Field("Condition"), Step::Field("Bool")];
        for (steps, expected) in [
            (vec![], (1, 1, "")),
            (vec![statement, first, Step::Field("Action"), Step::Item(1)], (3, 5, "/Statement/Action/1")),
            (vec![statement, first, Step::Name("Action")], (2, 17, "/Statement/Action")),
            ([&condition[..], &[Step::Name("a/b")]].concat(), (3, 36, "/Statement/Condition/Bool/a~1b")),
            ([&condition[..], &[Step::Field("a/b"), first]].concat(), (3, 43, "/Statement/Condition/Bool/a~1b")),
            (vec![statement, Step::Field("Resource"), first], (2, 16, "/Statement")),
        ] {
            let spot = source.find(&steps);
            assert_eq!((spot.line, spot.column, spot.pointer.as_str()), expected, "{steps:?}");
        }
        assert!(Source::read("{").is_none());
    }
}
