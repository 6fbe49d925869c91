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
        Split::new(text).arn()
    }
}

/// A text taken apart at its first five colons, whether it is an ARN or not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Split<'t> {
    text: &'t str,
    parts: [&'t str; ARN_PARTS],
    /// How many of the parts there are: 1 to 6.
    count: usize,
}

impl<'t> Split<'t> {
    pub(crate) fn new(text: &'t str) -> Split<'t> {
        let mut parts = [""; ARN_PARTS];
        let mut rest = text;
        for (at, part) in parts.iter_mut().enumerate().take(ARN_PARTS - 1) {
            // The parts are short: looking at each byte is faster than a search made for long texts.
            let colon = rest.bytes().position(|byte| byte == b':');
            let cut = colon.and_then(|colon| Some((rest.get(..colon)?, rest.get(colon + 1..)?)));
            let Some((found, after)) = cut else {
                *part = rest;
                return Split { text, parts, count: at + 1 };
            };
            *part = found;
            rest = after;
        }
        if let Some(last) = parts.last_mut() {
            *last = rest;
        }
        Split { text, parts, count: ARN_PARTS }
    }

    pub(crate) fn text(&self) -> &'t str {
        self.text
    }

    pub(crate) fn parts(&self) -> &[&'t str] {
        self.parts.get(..self.count).unwrap_or_default()
    }

    /// `None` when the text does not have six parts or does not begin with `arn`.
    pub(crate) fn arn(&self) -> Option<Arn<'t>> {
        let ["arn", partition, service, region, account, resource] = self.parts else { return None };
        (self.count == ARN_PARTS).then_some(Arn { partition, service, region, account, resource })
    }
}

#[cfg(test)]
mod tests {
    use super::Split;

    #[test]
    fn parts_are_what_stands_between_the_first_five_colons() {
        for text in ["", "*", ":", "arn:aws:s3:::data/a:b", "a:b:c:d:e", "a:b:c:d:e:", "é:::::::", "a:b:c:d:e:f:g"] {
            let expected: Vec<&str> = text.splitn(6, ':').collect();
            assert_eq!(Split::new(text).parts(), expected, "{text}");
        }
    }
}
