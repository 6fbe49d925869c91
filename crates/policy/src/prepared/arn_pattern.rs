//! Patterns of ARNs, matched part by part: what `Resource` elements and ARN conditions consist of.
//!
//! Policy variables are filled in first, so that one of them may stand for a whole ARN.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>
//!
//! A pattern without a wildcard before its fifth colon is the same as a glob over the whole text: text that begins with
//! it has its first five colons in the same places.

use crate::arn::{ARN_PARTS, Split};
use crate::context::Context;
use crate::document::Version;
use crate::glob::{Glob, Token};
use crate::template::{Chain, Piece, Wildcards, may_vary, pieces, resolve, tokens};

/// A pattern of ARNs, or `*`.
#[derive(Clone, Debug)]
pub(super) enum ArnPattern {
    /// Stars and nothing else.
    Any,
    /// No wildcard before the fifth colon.
    Whole(Glob),
    /// The same with variables.
    Chain(Chain),
    Parts(Parts),
    Dynamic(Box<[Piece]>),
}

/// INVARIANT: one to six parts, those in `lead` included.
#[derive(Clone, Debug)]
pub(super) struct Parts {
    /// The parts before the first with a wildcard, each with the colon behind it.
    lead: Box<str>,
    /// How many parts that is.
    lead_parts: usize,
    /// The others, at least one.
    parts: Box<[Part]>,
}

/// What stands between two colons.
#[derive(Clone, Debug)]
struct Part {
    glob: Glob,
    /// Ends with `*`, which in a resource may run on over colons.
    is_open: bool,
}

impl ArnPattern {
    pub(super) fn new(text: &str, version: Version) -> ArnPattern {
        if !may_vary(text, version) {
            return ArnPattern::parse(text);
        }
        let pieces = pieces(text, version, Wildcards::Active);
        if let Some(tokens) = tokens(&pieces) {
            return ArnPattern::of_tokens(&tokens);
        }
        match Chain::new(&pieces) {
            Some(chain) if chain.colons() + 1 >= ARN_PARTS => ArnPattern::Chain(chain),
            _ => ArnPattern::Dynamic(pieces.into()),
        }
    }

    /// A pattern without variables, in which every `*` and `?` is a wildcard.
    fn parse(text: &str) -> ArnPattern {
        let is_wild = |byte: &u8| matches!(byte, b'*' | b'?');
        if !text.is_empty() && text.bytes().all(|byte| byte == b'*') {
            return ArnPattern::Any;
        }
        let plain = text.bytes().take_while(|byte| !is_wild(byte));
        if plain.filter(|byte| *byte == b':').count() + 1 >= ARN_PARTS {
            return ArnPattern::Whole(Glob::parse(text));
        }
        ArnPattern::Parts(Parts::parse(text))
    }

    fn of_tokens(tokens: &[Token]) -> ArnPattern {
        match !tokens.is_empty() && tokens.iter().all(|token| *token == Token::Many) {
            true => ArnPattern::Any,
            false => ArnPattern::Parts(Parts::of_tokens(tokens)),
        }
    }

    /// Whether an entry of a `Resource` element matches.
    ///
    /// Wildcards stay within the part they are written in, except that a `*` at the end of a part may run on over
    /// colons. The last part, the resource itself, may contain colons anyway. A pattern with fewer than six parts stands
    /// for every ARN that begins so.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>
    pub(super) fn matches_resource(&self, resource: &Split<'_>, context: &Context) -> bool {
        match self {
            ArnPattern::Any => true,
            ArnPattern::Whole(glob) => glob.matches(resource.text()),
            ArnPattern::Chain(chain) => chain.matches(resource.text(), context),
            ArnPattern::Parts(parts) => parts.part_by_part(resource) || parts.running_on(resource.text()),
            // A variable without a value matches nothing.
            ArnPattern::Dynamic(pieces) => resolve(pieces, context)
                .is_some_and(|tokens| ArnPattern::of_tokens(&tokens).matches_resource(resource, context)),
        }
    }

    /// Whether the value of an ARN condition matches: six parts, each on its own.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN>
    pub(super) fn matches_value(&self, value: &str, context: &Context) -> bool {
        match self {
            ArnPattern::Any => false,
            ArnPattern::Whole(glob) => glob.matches(value),
            ArnPattern::Chain(chain) => chain.matches(value, context),
            ArnPattern::Parts(parts) => parts.are_complete() && parts.part_by_part(&Split::new(value)),
            ArnPattern::Dynamic(pieces) => resolve(pieces, context)
                .is_some_and(|tokens| ArnPattern::of_tokens(&tokens).matches_value(value, context)),
        }
    }
}

impl Parts {
    fn parse(text: &str) -> Parts {
        let wild = text.find(['*', '?']).unwrap_or(text.len());
        let lead = text.get(..wild).and_then(|plain| plain.rfind(':')).map_or(0, |colon| colon + 1);
        let (lead, rest) = text.split_at_checked(lead).unwrap_or(("", text));
        let lead_parts = lead.matches(':').count();
        let parts = rest.splitn(ARN_PARTS - lead_parts, ':');
        let parts = parts.map(|part| Part { glob: Glob::parse(part), is_open: part.ends_with('*') });
        Parts { lead: lead.into(), lead_parts, parts: parts.collect() }
    }

    fn of_tokens(tokens: &[Token]) -> Parts {
        let parts = tokens.splitn(ARN_PARTS, |token| *token == Token::Char(':'));
        let parts = parts.map(|part| Part { glob: Glob::new(part), is_open: part.last() == Some(&Token::Many) });
        Parts { lead: Box::default(), lead_parts: 0, parts: parts.collect() }
    }

    fn are_complete(&self) -> bool {
        self.lead_parts + self.parts.len() == ARN_PARTS
    }

    /// Every part of the pattern against the part of the ARN at the same place.
    fn part_by_part(&self, found: &Split<'_>) -> bool {
        if !found.text().starts_with(&*self.lead) {
            return false;
        }
        let mut parts = self.parts.iter().enumerate();
        parts.all(|(at, part)| found.part(self.lead_parts + at).is_some_and(|found| part.glob.matches(found)))
    }

    /// Parts that end with `*` may take more than one part of the ARN. Bit `n` of `reached` says that the first `n` parts
    /// of the pattern can end where the rest of the ARN begins.
    fn running_on(&self, resource: &str) -> bool {
        let Some((last, inner)) = self.parts.split_last() else { return false };
        if !inner.iter().any(|part| part.is_open) {
            return false;
        }
        let Some(mut rest) = resource.strip_prefix(&*self.lead) else { return false };
        let has_room = rest.bytes().filter(|byte| *byte == b':').count() > inner.len();
        if !has_room {
            return false;
        }
        let goal = 1u8 << inner.len();
        let mut reached = 1u8;
        loop {
            let (found, after) = rest.split_once(':').map_or((rest, None), |(found, after)| (found, Some(after)));
            if reached & goal != 0 {
                let text = if self.are_complete() { rest } else { found };
                if last.glob.matches(text) {
                    return true;
                }
                if self.are_complete() && !last.glob.can_match_later(text) {
                    return false;
                }
            }
            let Some(after) = after else { return false };
            reached = next_reached(reached, inner, found);
            rest = after;
        }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::ArnPattern;
    use crate::arn::Split;
    use crate::context::Context;
    use crate::document::Version;
    use crate::template::{Wildcards, pieces, resolve};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        /// Patterns that are globs over the whole text, or begin with plain parts, against the definition part by part.
        #[test]
        fn every_form_of_a_pattern_matches_part_by_part(
            links in prop::collection::vec(
                prop::sample::select(vec!["a", ":", ":", ":", "a:b", "*", "?", "${k}", "${none}", "a:a:a:a:a:"]), 0..9,
            ),
            k in "[a:]{0,3}",
            text in "[ab:]{0,6}|(a:){4,7}[ab:]{0,4}|([ab]?:){5,7}[ab]?",
        ) {
            let pattern = links.concat();
            let context = Context::new().with("k", k);
            let split = Split::new(&text);
            let slow = resolve(&pieces(&pattern, Version::V2012, Wildcards::Active), &context);
            let slow = slow.map(|tokens| ArnPattern::of_tokens(&tokens));
            let fast = ArnPattern::new(&pattern, Version::V2012);
            let resource = slow.as_ref().is_some_and(|slow| slow.matches_resource(&split, &context));
            prop_assert_eq!(fast.matches_resource(&split, &context), resource, "resource {} on {}", pattern, text);
            let value = slow.as_ref().is_some_and(|slow| slow.matches_value(&text, &context));
            prop_assert_eq!(fast.matches_value(&text, &context), value, "value {} on {}", pattern, text);
        }
    }
}
