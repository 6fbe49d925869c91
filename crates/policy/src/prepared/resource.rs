//! Matching resources: ARN patterns part by part.
//!
//! Wildcards stay within the part they are written in, except that a `*` at the end of a part may run on over colons.
//! The last part, the resource itself, may contain colons anyway. A pattern with fewer than six parts stands for every
//! ARN that begins so.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>

use std::borrow::Cow;

use crate::context::Context;
use crate::document::Version;
use crate::glob::{Glob, Token};
use crate::template::{Pattern, Piece, Wildcards, is_all_stars, pieces};

/// Parts of a complete ARN.
const ARN_PARTS: usize = 6;

/// One entry of a `Resource` or `NotResource` element.
#[derive(Clone, Debug)]
pub(super) enum ResourcePattern {
    /// `*`
    Any,
    /// Anything else. INVARIANT: one to six parts.
    Parts(Box<[Part]>),
}

/// What stands between two colons.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pattern: Pattern,
    /// Ends with `*`, which may run on over colons.
    is_open: bool,
}

impl ResourcePattern {
    pub(super) fn new(text: &str, version: Version) -> ResourcePattern {
        let pieces = pieces(text, version, Wildcards::Active);
        if is_all_stars(&pieces) {
            return ResourcePattern::Any;
        }
        let colon = Piece::Token(Token::Char(':'));
        let parts = pieces.splitn(ARN_PARTS, |piece| *piece == colon).map(|pieces| Part {
            pattern: Pattern::new(pieces),
            is_open: pieces.last() == Some(&Piece::Token(Token::Many)),
        });
        ResourcePattern::Parts(parts.collect())
    }

    pub(super) fn matches(&self, resource: &str, context: &Context) -> bool {
        match self {
            ResourcePattern::Any => true,
            ResourcePattern::Parts(parts) => {
                part_by_part(parts, resource, context) || running_on(parts, resource, context)
            }
        }
    }
}

/// Every part of the pattern against the part of the ARN at the same place.
fn part_by_part(parts: &[Part], resource: &str, context: &Context) -> bool {
    let mut found = resource.splitn(ARN_PARTS, ':');
    parts.iter().all(|part| found.next().is_some_and(|found| part.pattern.matches(found, context)))
}

/// Parts that end with `*` may take more than one part of the ARN. Bit `n` of `reached` says that the first `n` parts
/// of the pattern can end where the rest of the ARN begins.
fn running_on(parts: &[Part], resource: &str, context: &Context) -> bool {
    let Some((_, inner)) = parts.split_last() else { return false };
    let has_room = resource.bytes().filter(|byte| *byte == b':').count() > inner.len();
    if !has_room || !inner.iter().any(|part| part.is_open) {
        return false;
    }
    let globs: [Option<Cow<'_, Glob>>; ARN_PARTS] =
        std::array::from_fn(|at| parts.get(at).and_then(|part| part.pattern.filled_in(context)));
    let Some(Some(last)) = globs.get(inner.len()) else { return false };
    let goal = 1u8 << inner.len();
    let mut reached = 1u8;
    let mut rest = resource;
    loop {
        let (found, after) = rest.split_once(':').map_or((rest, None), |(found, after)| (found, Some(after)));
        if reached & goal != 0 {
            let text = if parts.len() == ARN_PARTS { rest } else { found };
            if last.matches(text) {
                return true;
            }
            if parts.len() == ARN_PARTS && !last.can_match_later(text) {
                return false;
            }
        }
        let Some(after) = after else { return false };
        reached = next_reached(reached, inner, &globs, found);
        rest = after;
    }
}

/// What is reached after one more part of the ARN: a part of the pattern takes it, or one that is open runs on.
fn next_reached(reached: u8, inner: &[Part], globs: &[Option<Cow<'_, Glob>>], found: &str) -> u8 {
    inner.iter().zip(globs).enumerate().fold(0, |next, (at, (part, glob))| {
        let (here, there) = (1u8 << at, 2u8 << at);
        let arrives = reached & here != 0 && glob.as_ref().is_some_and(|glob| glob.matches(found));
        let stays = reached & there != 0 && part.is_open;
        if arrives || stays { next | there } else { next }
    })
}
