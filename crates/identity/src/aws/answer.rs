//! Who AWS says the caller is
//! (<https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>).

use crate::http::Answer;

/// The longest answer, in bytes. The usual ones have 500.
pub(super) const MOST_BYTES: usize = 8 * 1024;

/// The caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Caller {
    pub(super) arn: String,
    pub(super) account: String,
}

/// What to make of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// This is the caller.
    Caller(Caller),
    /// AWS does not know the signature.
    Refused(u16),
    /// It is no answer to the question.
    Nothing(&'static str),
}

pub(super) fn meaning(answer: &Answer) -> Meaning {
    match answer.status {
        200 if !is_xml(&answer.content_type) => Meaning::Nothing("STS answers something else than XML"),
        200 => match std::str::from_utf8(&answer.body).ok().and_then(caller) {
            Some(caller) => Meaning::Caller(caller),
            None => Meaning::Nothing("STS does not say who the caller is"),
        },
        429 => Meaning::Nothing("STS is asked too often"),
        status @ 400..=499 => Meaning::Refused(status),
        300..=399 => Meaning::Nothing("STS sends us elsewhere"),
        _ => Meaning::Nothing("STS does not answer as it should"),
    }
}

fn is_xml(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    // STS says the former; the latter means the same (RFC 7303, section 9.1), and emulators say it.
    ["text/xml", "application/xml"].iter().any(|known| essence.eq_ignore_ascii_case(known))
}

/// The two elements that count, each once and plain. What XML could hide something in (declarations of entities, comments,
/// references) is never in this answer, and not read.
fn caller(xml: &str) -> Option<Caller> {
    let root = match xml.trim_start().strip_prefix("<?xml") {
        Some(declared) => declared.split_once("?>")?.1.trim_start(),
        None => xml.trim_start(),
    };
    let is_whole =
        root.starts_with("<GetCallerIdentityResponse") && root.trim_end().ends_with("</GetCallerIdentityResponse>");
    if !is_whole || root.contains("<!") || root.contains("<?") || root.contains('&') {
        return None;
    }
    Some(Caller { arn: only(root, "Arn")?, account: only(root, "Account")? })
}

fn only(xml: &str, element: &str) -> Option<String> {
    let (open, close) = (format!("<{element}>"), format!("</{element}>"));
    let (_, rest) = xml.split_once(&open)?;
    let (text, rest) = rest.split_once(&close)?;
    let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'<' && byte != b'>');
    (is_plain && !rest.contains(&open)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str =
        "<?xml version=\"1.0\"?>\n<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">
      <GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/olga</Arn><UserId>AIDAEXAMPLE</UserId>
      <Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>\n";

    fn of(status: u16, content_type: &str, body: &str) -> Meaning {
        let content_type = content_type.to_owned();
        meaning(&Answer { status, content_type, cache_control: String::new(), body: body.as_bytes().to_vec() })
    }

    #[test]
    fn the_caller_is_read_out_of_the_answer_and_nothing_else() {
        let caller =
            Caller { arn: "arn:aws:iam::111122223333:user/olga".to_owned(), account: "111122223333".to_owned() };
        assert_eq!(of(200, "text/xml", GOOD), Meaning::Caller(caller.clone()));
        assert_eq!(of(200, "text/xml; charset=utf-8", GOOD), Meaning::Caller(caller.clone()));
        assert_eq!(of(200, "application/xml", GOOD), Meaning::Caller(caller));
    }

    #[test]
    fn an_answer_that_is_not_exactly_one_is_none() {
        for body in [
            String::new(),
            "<html></html>".to_owned(),
            GOOD.replace("<Account>111122223333</Account>", ""),
            GOOD.replace("</Arn>", "</Arn><Arn>arn:aws:iam::111122223333:user/ada</Arn>"),
            GOOD.replace("<Arn>", "<!-- <Arn> -->"),
            GOOD.replace("olga", "ol&#103;a"),
            GOOD.replace("olga", "ol<b>g</b>a"),
            GOOD.replace("<GetCallerIdentityResponse", "<!DOCTYPE a><GetCallerIdentityResponse"),
            GOOD.replace("</GetCallerIdentityResponse>", ""),
            GOOD.replace("GetCallerIdentityResponse", "GetSessionTokenResponse"),
        ] {
            assert!(matches!(of(200, "text/xml", &body), Meaning::Nothing(_)), "{body}");
        }
        assert!(matches!(of(200, "application/json", GOOD), Meaning::Nothing(_)));
        assert!(matches!(of(302, "text/xml", GOOD), Meaning::Nothing(_)));
        assert!(matches!(of(503, "text/xml", GOOD), Meaning::Nothing(_)));
        assert_eq!(of(403, "text/xml", GOOD), Meaning::Refused(403));
    }
}
