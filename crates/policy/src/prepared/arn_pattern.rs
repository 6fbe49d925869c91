//! Patterns of ARNs, matched part by part: what `Resource` elements and ARN conditions consist of.
//!
//! Policy variables are filled in first, so that one of them may stand for a whole ARN.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>

use crate::context::Context;
use crate::document::Version;
use crate::glob::{Glob, Token};
use crate::template::{Piece, Wildcards, pieces, resolve, tokens};

/// Parts of a complete ARN.
const ARN_PARTS: usize = 6;

/// A pattern of ARNs, or `*`.
#[derive(Clone, Debug)]
pub(super) enum ArnPattern {
    Static(Parts),
    Dynamic(Box<[Piece]>),
}

#[derive(Clone, Debug)]
pub(super) enum Parts {
    /// Stars and nothing else.
    Any,
    /// Anything else. INVARIANT: one to six parts.
    Some(Box<[Part]>),
}

/// What stands between two colons.
#[derive(Clone, Debug)]
pub(super) struct Part {
    glob: Glob,
    /// Ends with `*`, which in a resource may run on over colons.
    is_open: bool,
}

impl ArnPattern {
    pub(super) fn new(text: &str, version: Version) -> ArnPattern {
        let pieces = pieces(text, version, Wildcards::Active);
        match tokens(&pieces) {
            Some(tokens) => ArnPattern::Static(Parts::new(&tokens)),
            None => ArnPattern::Dynamic(pieces.into()),
        }
    }

    /// Whether an entry of a `Resource` element matches.
    ///
    /// Wildcards stay within the part they are written in, except that a `*` at the end of a part may run on over
    /// colons. The last part, the resource itself, may contain colons anyway. A pattern with fewer than six parts stands
    /// for every ARN that begins so.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>
    pub(super) fn matches_resource(&self, resource: &str, context: &Context) -> bool {
        self.fits(context, |parts| match parts {
            Parts::Any => true,
            Parts::Some(parts) => part_by_part(parts, resource) || running_on(parts, resource),
        })
    }

    /// Whether the value of an ARN condition matches: six parts, each on its own; stars alone match every ARN.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN>
    pub(super) fn matches_value(&self, value: &str, context: &Context) -> bool {
        self.fits(context, |parts| match parts {
            Parts::Any => value.bytes().filter(|byte| *byte == b':').count() >= ARN_PARTS - 1,
            Parts::Some(parts) => parts.len() == ARN_PARTS && part_by_part(parts, value),
        })
    }

    /// A pattern with a variable that has no value fits nothing.
    fn fits(&self, context: &Context, fits: impl FnOnce(&Parts) -> bool) -> bool {
        match self {
            ArnPattern::Static(parts) => fits(parts),
            ArnPattern::Dynamic(pieces) => resolve(pieces, context).is_some_and(|tokens| fits(&Parts::new(&tokens))),
        }
    }
}

impl Parts {
    fn new(tokens: &[Token]) -> Parts {
        if !tokens.is_empty() && tokens.iter().all(|token| *token == Token::Many) {
            return Parts::Any;
        }
        let parts = tokens.splitn(ARN_PARTS, |token| *token == Token::Char(':'));
        Parts::Some(
            parts.map(|part| Part { glob: Glob::new(part), is_open: part.last() == Some(&Token::Many) }).collect(),
        )
    }
}

/// Every part of the pattern against the part of the ARN at the same place.
fn part_by_part(parts: &[Part], text: &str) -> bool {
    let mut found = text.splitn(ARN_PARTS, ':');
    parts.iter().all(|part| found.next().is_some_and(|found| part.glob.matches(found)))
}

/// Parts that end with `*` may take more than one part of the ARN. Bit `n` of `reached` says that the first `n` parts
/// of the pattern can end where the rest of the ARN begins.
fn running_on(parts: &[Part], resource: &str) -> bool {
    let Some((last, inner)) = parts.split_last() else { return false };
    let has_room = resource.bytes().filter(|byte| *byte == b':').count() > inner.len();
    if !has_room || !inner.iter().any(|part| part.is_open) {
        return false;
    }
    let goal = 1u8 << inner.len();
    let mut reached = 1u8;
    let mut rest = resource;
    loop {
        let (found, after) = rest.split_once(':').map_or((rest, None), |(found, after)| (found, Some(after)));
        if reached & goal != 0 {
            let text = if parts.len() == ARN_PARTS { rest } else { found };
            if last.glob.matches(text) {
                return true;
            }
            if parts.len() == ARN_PARTS && !last.glob.can_match_later(text) {
                return false;
            }
        }
        let Some(after) = after else { return false };
        reached = next_reached(reached, inner, found);
        rest = after;
    }
}

/// What is reached after one more part of the ARN: a part of the pattern takes it, or one that is open runs on.
fn next_reached(reached: u8, inner: &[Part], found: &str) -> u8 {
    inner.iter().enumerate().fold(0, |next, (at, part)| {
        let (here, there) = (1u8 << at, 2u8 << at);
        let arrives = reached & here != 0 && part.glob.matches(found);
        let stays = reached & there != 0 && part.is_open;
        if arrives || stays { next | there } else { next }
    })
}
