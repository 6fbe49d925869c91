//! Amazon Resource Names taken into their six parts.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>

/// Parts of a complete ARN.
pub(crate) const ARN_PARTS: usize = 6;

/// The parts of `arn:partition:service:region:account:resource`; the resource keeps its colons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Arn<'t> {
    pub(crate) partition: &'t str,
    pub(crate) service: &'t str,
    pub(crate) region: &'t str,
    pub(crate) account: &'t str,
    pub(crate) resource: &'t str,
}

impl<'t> Arn<'t> {
    /// `None` when the text does not have six parts or does not begin with `arn`.
    pub(crate) fn split(text: &'t str) -> Option<Arn<'t>> {
        let split = Split::new(text);
        if !split.is_arn() {
            return None;
        }
        Some(Arn {
            partition: split.part(1)?,
            service: split.part(2)?,
            region: split.part(3)?,
            account: split.part(4)?,
            resource: split.part(5)?,
        })
    }
}

/// A text taken apart at its first five colons, whether it is an ARN or not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Split<'t> {
    text: &'t str,
    /// Where the parts begin; INVARIANT: ascending, and at character boundaries.
    starts: [usize; ARN_PARTS],
    /// How many of the parts there are: 1 to 6.
    count: usize,
}

impl<'t> Split<'t> {
    pub(crate) fn new(text: &'t str) -> Split<'t> {
        let mut starts = [0; ARN_PARTS];
        let mut count = 1;
        // The parts are short: looking at each byte is faster than a search made for long texts.
        for (at, byte) in text.bytes().enumerate() {
            if byte == b':' {
                let Some(start) = starts.get_mut(count) else { break };
                *start = at + 1;
                count += 1;
            }
        }
        Split { text, starts, count }
    }

    pub(crate) fn text(&self) -> &'t str {
        self.text
    }

    /// The part at this place, from 0; the sixth is all the rest.
    pub(crate) fn part(&self, at: usize) -> Option<&'t str> {
        if at >= self.count {
            return None;
        }
        let from = *self.starts.get(at)?;
        match self.starts.get(at + 1) {
            Some(next) if at + 1 < self.count => self.text.get(from..next - 1),
            _ => self.text.get(from..),
        }
    }

    /// Whether there are six parts, the first of them `arn`.
    pub(crate) fn is_arn(&self) -> bool {
        self.count == ARN_PARTS && self.text.starts_with("arn:")
    }
}

#[cfg(test)]
mod tests {
    use super::Split;

    #[test]
    fn parts_are_what_stands_between_the_first_five_colons() {
        for text in ["", "*", ":", "arn:aws:s3:::data/a:b", "a:b:c:d:e", "a:b:c:d:e:", "é:::::::", "a:b:c:d:e:f:g"] {
            let expected: Vec<&str> = text.splitn(6, ':').collect();
            let split = Split::new(text);
            assert_eq!((0..).map_while(|at| split.part(at)).collect::<Vec<_>>(), expected, "{text}");
            assert_eq!(split.count, expected.len(), "{text}");
        }
    }
}
