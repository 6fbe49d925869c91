//! A second evaluator, slow and obvious, written from AWS' pages without looking at how the first one does it, and
//! random cases that both have to decide alike.

use std::collections::BTreeSet;
use std::net::IpAddr;

use daypass_policy::{
    Comparison, Context, ContextValue, Decision, Effect, Match, Operator, PolicyDocument, PrincipalType, Principals,
    Quantifier, Request, Statement, Version, evaluate,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::generate::{self, Case};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn the_fast_evaluator_decides_as_the_obvious_one(case in generate::case(), request in generate::request()) {
        let fast = evaluate(&request, &case.prepare().layers()).decision;
        prop_assert_eq!(fast, decide(&case, &request));
    }

    #[test]
    fn one_statement_applies_as_the_obvious_evaluator_says(document in generate::one_allow(), request in generate::request()) {
        let case = Case { identity: vec![document], ..Case::default() };
        let fast = evaluate(&request, &case.prepare().layers()).decision;
        prop_assert_eq!(fast, decide(&case, &request));
    }
}

/// Agreement is worth something only if the random world reaches every kind of decision.
#[test]
fn random_cases_are_decided_by_every_layer() {
    let mut runner = TestRunner::deterministic();
    let mut reached = BTreeSet::new();
    for _ in 0..4_000 {
        let (case, request) = (generate::case(), generate::request()).new_tree(&mut runner).unwrap().current();
        let answer = evaluate(&request, &case.prepare().layers());
        let denied_by = answer.deciding.first().filter(|_| answer.decision == Decision::ExplicitlyDenied);
        let layer = answer.stopped_by.or(denied_by.map(|statement| statement.layer));
        let name = layer.map(|layer| format!("{layer:?}").chars().take_while(|char| *char != '(').collect::<String>());
        reached.insert(format!("{:?} {}", answer.decision, name.unwrap_or_default()));
    }
    let expected = [
        "Allowed ",
        "ExplicitlyDenied Boundary",
        "ExplicitlyDenied Endpoint",
        "ExplicitlyDenied Identity",
        "ExplicitlyDenied Rcp",
        "ExplicitlyDenied Resource",
        "ExplicitlyDenied Scp",
        "ExplicitlyDenied Session",
        "ImplicitlyDenied Boundary",
        "ImplicitlyDenied Endpoint",
        "ImplicitlyDenied Identity",
        "ImplicitlyDenied Resource",
        "ImplicitlyDenied Scp",
        "ImplicitlyDenied Session",
    ];
    assert_eq!(reached.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>
fn decide(case: &Case, request: &Request) -> Decision {
    let caller = Caller::of(request);
    let one = |document: &Option<PolicyDocument>| document.iter().cloned().collect::<Vec<_>>();
    let bounded = case.boundary.is_some();
    let hit = |documents: &[PolicyDocument], effect, named: bool| {
        documents.iter().any(|document| {
            document.statements().iter().any(|statement| {
                statement.effect() == effect
                    && applies(statement, version(document), request)
                    && (!named || names(statement, &caller, bounded).is_some())
            })
        })
    };
    let scps = if caller.account.is_some() && !caller.linked { case.scps.clone() } else { vec![] };
    let is_reached = request.action.as_str() != "ssm:GetParameter";
    let rcps = if caller.linked || !is_reached { vec![] } else { case.rcps.clone() };
    let denied = hit(&case.identity, Effect::Deny, false)
        || hit(&one(&case.boundary), Effect::Deny, false)
        || hit(&case.session, Effect::Deny, false)
        || scps.iter().any(|level| hit(level, Effect::Deny, false))
        || rcps.iter().any(|level| hit(level, Effect::Deny, true))
        || hit(&one(&case.resource), Effect::Deny, true)
        || hit(&case.endpoint, Effect::Deny, true);
    if denied {
        return Decision::ExplicitlyDenied;
    }
    let limits = |documents: &[PolicyDocument]| documents.is_empty() || hit(documents, Effect::Allow, false);
    let in_session = match caller.text.contains(":federated-user/") {
        true => hit(&case.session, Effect::Allow, false),
        false => limits(&case.session),
    };
    let within_limits = limits(&one(&case.boundary)) && in_session;
    let identity = (caller.root || hit(&case.identity, Effect::Allow, false)) && within_limits;
    let worth = |wanted: fn(Worth) -> bool| {
        case.resource.iter().any(|document| {
            document.statements().iter().any(|statement| {
                statement.effect() == Effect::Allow
                    && applies(statement, version(document), request)
                    && names(statement, &caller, bounded).is_some_and(wanted)
            })
        })
    };
    let any = worth(|_| true);
    let in_arn = request.resource.split(':').nth(4).unwrap_or_default().to_owned();
    let owner = request.resource_account.clone().unwrap_or(in_arn);
    let same_account = owner.is_empty() || Some(&owner) == caller.account.as_ref();
    let role = request.resource.starts_with("arn:aws:iam::111122223333:role/");
    let sts = request.action.as_str().starts_with("sts:");
    let closed = role && sts || request.resource.contains(":key/");
    let granted = match (&caller.account, same_account) {
        (None, _) => any,
        (Some(_), false) => any && identity,
        (Some(_), true) => {
            worth(|worth| worth == Worth::Full)
                || worth(|worth| worth == Worth::Limited) && within_limits
                || identity && (!closed || any)
        }
    };
    let guarded = scps.iter().all(|level| hit(level, Effect::Allow, false))
        && (case.endpoint.is_empty() || hit(&case.endpoint, Effect::Allow, true));
    if granted && guarded { Decision::Allowed } else { Decision::ImplicitlyDenied }
}

/// What being named in a resource-based policy is worth.
#[derive(Clone, Copy, PartialEq)]
enum Worth {
    Account,
    Limited,
    Full,
}

struct Caller {
    text: String,
    account: Option<String>,
    entity: String,
    root: bool,
    linked: bool,
}

impl Caller {
    fn of(request: &Request) -> Caller {
        let text = request.principal.as_str().to_owned();
        let parts: Vec<&str> = text.split(':').collect();
        let provider = text.contains("-provider/");
        let account = parts.get(4).filter(|_| !provider).map(|account| (*account).to_owned());
        let entity = match text.split_once(":federated-user/") {
            Some((_, name)) => format!("arn:aws:iam::{}:user/{name}", parts[4]),
            None => request.principal.role_arn().unwrap_or_default().to_owned(),
        };
        let linked = entity.contains("/aws-service-role/");
        Caller { root: text.ends_with(":root"), linked, account, entity, text }
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>
fn names(statement: &Statement, caller: &Caller, bounded: bool) -> Option<Worth> {
    let Some(element) = statement.principal() else { return Some(Worth::Full) };
    let found: Vec<Worth> = match element.listed() {
        Principals::Everyone => vec![Worth::Full],
        Principals::Typed(groups) => groups
            .iter()
            .flat_map(|(kind, names)| names.as_slice().iter().map(move |name| (*kind, name)))
            .filter_map(|(kind, name)| worth_of(kind, name, caller))
            .collect(),
    };
    match element {
        Match::Listed(_) if found.contains(&Worth::Full) => Some(Worth::Full),
        Match::Listed(_) if found.contains(&Worth::Limited) => Some(Worth::Limited),
        Match::Listed(_) => found.first().copied(),
        Match::NotListed(_) if bounded && statement.effect() == Effect::Deny => Some(Worth::Full),
        Match::NotListed(_) => {
            let spared = found.iter().any(|worth| *worth != Worth::Account || caller.root);
            if spared { None } else { Some(Worth::Full) }
        }
    }
}

fn worth_of(kind: PrincipalType, name: &str, caller: &Caller) -> Option<Worth> {
    let account = name.strip_prefix("arn:aws:iam::").and_then(|rest| rest.strip_suffix(":root")).unwrap_or(name);
    match kind {
        PrincipalType::Aws if name == "*" => Some(Worth::Full),
        PrincipalType::Aws if caller.account.as_deref() == Some(account) => Some(Worth::Account),
        PrincipalType::Aws if caller.account.is_some() && name == caller.text => Some(Worth::Full),
        PrincipalType::Aws if name == caller.entity => Some(Worth::Limited),
        PrincipalType::Service | PrincipalType::Federated if name == caller.text => Some(Worth::Full),
        _ => None,
    }
}

fn version(document: &PolicyDocument) -> Version {
    document.version().unwrap_or(Version::V2008)
}

fn applies(statement: &Statement, version: Version, request: &Request) -> bool {
    let action = request.action.as_str().to_lowercase();
    let actions = statement.action().listed().as_slice().iter();
    let action_fits = actions.map(|pattern| tokens(&pattern.to_lowercase())).any(|pattern| glob(&pattern, &action));
    let resource_fits = statement.resource().is_none_or(|element| {
        let mut patterns = element.listed().as_slice().iter();
        patterns.any(|pattern| resource(pattern, resource_version(pattern, version), request)) != element.is_negated()
    });
    action_fits != statement.action().is_negated()
        && resource_fits
        && statement.conditions().iter().all(|block| {
            block.keys().iter().all(|(key, values)| {
                let values: Vec<&str> = values.as_slice().iter().map(|value| value.as_str()).collect();
                condition(block.operator(), key, &values, version, &request.context)
            })
        })
}

/// A star at the end of a part, or in the last part, takes anything; elsewhere it stays within its part.
fn resource(pattern: &str, version: Version, request: &Request) -> bool {
    let Some(pattern) = filled_in(pattern, version, &request.context) else { return false };
    let pattern = tokens(&pattern);
    let text: Vec<char> = request.resource.chars().collect();
    let all_stars = !pattern.is_empty() && pattern.iter().all(|token| *token == Token::Many);
    all_stars || arn(&pattern, &text, 0)
}

/// Variables stand for something only behind the fifth colon.
fn resource_version(pattern: &str, version: Version) -> Version {
    let plain = pattern.find("${aws:").map_or(pattern, |at| &pattern[..at]);
    if plain.len() < pattern.len() && plain.split(':').count() < 6 { Version::V2008 } else { version }
}

fn arn(pattern: &[Token], text: &[char], part: usize) -> bool {
    let last_part = part == 5;
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (None, Some((char, _))) => !last_part && *char == ':',
        (Some((Token::Many, rest)), _) => {
            let at_end = rest.first().is_none_or(|token| *token == Token::Char(':'));
            (0..=text.len())
                .take_while(|taken| last_part || at_end || !text[..*taken].contains(&':'))
                .any(|taken| arn(rest, &text[taken..], part))
        }
        (Some(_), None) => false,
        (Some((Token::One, rest)), Some((char, later))) => (last_part || *char != ':') && arn(rest, later, part),
        (Some((Token::Char(wanted), rest)), Some((char, later))) => {
            wanted == char && arn(rest, later, part + usize::from(*char == ':' && !last_part))
        }
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html>
fn condition(operator: Operator, key: &str, values: &[&str], version: Version, context: &Context) -> bool {
    let found: Vec<String> = context.get(key).map(|value| value.values().to_vec()).unwrap_or_default();
    let comparison = operator.comparison();
    if comparison == Comparison::Null {
        return values.iter().any(|value| value.eq_ignore_ascii_case(if found.is_empty() { "true" } else { "false" }));
    }
    if found.is_empty() && operator.is_if_exists() {
        return true;
    }
    let negated = comparison.name().contains("Not");
    let fits =
        |found: &String| values.iter().any(|value| compare(comparison, value, found, version, context)) != negated;
    match operator.quantifier() {
        Some(Quantifier::ForAllValues) => found.iter().all(fits),
        Some(Quantifier::ForAnyValue) => found.iter().any(fits),
        None if negated => found.iter().all(fits),
        None => found.iter().any(fits),
    }
}

fn compare(comparison: Comparison, value: &str, found: &str, version: Version, context: &Context) -> bool {
    let name = comparison.name();
    let filled = || filled_in(value, version, context);
    let plain = |text: String| text.replace('\u{1}', "*").replace('\u{2}', "?").replace('\u{3}', "$");
    if name.starts_with("String") {
        let Some(wanted) = filled() else { return false };
        return match name.ends_with("Like") {
            true => glob(&tokens(&wanted), found),
            false if name.ends_with("IgnoreCase") => plain(wanted).to_lowercase() == found.to_lowercase(),
            false => plain(wanted) == found,
        };
    }
    if name.starts_with("Arn") {
        let Some(wanted) = filled() else { return false };
        let (wanted, found): (Vec<_>, Vec<_>) = (wanted.splitn(6, ':').collect(), found.splitn(6, ':').collect());
        let mut pairs = wanted.iter().zip(&found);
        return wanted.len() == 6 && found.len() == 6 && pairs.all(|(wanted, found)| glob(&tokens(wanted), found));
    }
    let ordered = |ordering: std::cmp::Ordering| match name {
        _ if name.ends_with("LessThan") => ordering.is_lt(),
        _ if name.ends_with("LessThanEquals") => ordering.is_le(),
        _ if name.ends_with("GreaterThan") => ordering.is_gt(),
        _ if name.ends_with("GreaterThanEquals") => ordering.is_ge(),
        _ => ordering.is_eq(),
    };
    if name.starts_with("Numeric") {
        return number(found).zip(number(value)).is_some_and(|(found, value)| ordered(found.total_cmp(&value)));
    }
    if name.starts_with("Date") {
        return instant(found).zip(instant(value)).is_some_and(|(found, value)| ordered(found.cmp(&value)));
    }
    match comparison {
        Comparison::Bool => filled().is_some_and(|wanted| plain(wanted).eq_ignore_ascii_case(found)),
        Comparison::BinaryEquals => value == found,
        Comparison::IpAddress | Comparison::NotIpAddress => in_range(found, value),
        other => panic!("{other:?} has no rule"),
    }
}

fn number(text: &str) -> Option<f64> {
    let is_plain = text.chars().all(|char| char.is_ascii_digit() || "-.".contains(char));
    is_plain.then(|| text.parse().ok()).flatten()
}

/// The generator writes whole hours of one day and seconds, so seconds are enough.
fn instant(text: &str) -> Option<i64> {
    match text {
        "2030-01-01T00:00:00Z" | "2030-01-01T01:00:00+01:00" => Some(1_893_456_000),
        _ => text.parse().ok(),
    }
}

fn in_range(found: &str, range: &str) -> bool {
    let bits = |text: &str| {
        text.parse::<IpAddr>().ok().map(|address| match address {
            IpAddr::V4(address) => (32, u128::from(address.to_bits())),
            IpAddr::V6(address) => (128, address.to_bits()),
        })
    };
    let (base, length) =
        range.split_once('/').map_or((range, None), |(base, length)| (base, length.parse::<u32>().ok()));
    let (Some((width, base)), Some((found_width, found))) = (bits(base), bits(found)) else { return false };
    let ignored = width - length.unwrap_or(width);
    width == found_width && base.checked_shr(ignored) == found.checked_shr(ignored)
}

#[derive(Clone, Copy, PartialEq)]
enum Token {
    Char(char),
    One,
    Many,
}

/// `\u{1}`, `\u{2}` and `\u{3}` stand for a star, a question mark and a dollar sign that mean nothing.
fn tokens(text: &str) -> Vec<Token> {
    let token = |char| match char {
        '*' => Token::Many,
        '?' => Token::One,
        '\u{1}' => Token::Char('*'),
        '\u{2}' => Token::Char('?'),
        '\u{3}' => Token::Char('$'),
        other => Token::Char(other),
    };
    text.chars().map(token).collect()
}

fn glob(pattern: &[Token], text: &str) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((Token::Many, rest)) => {
            text.char_indices().map(|(at, _)| at).chain([text.len()]).any(|at| glob(rest, &text[at..]))
        }
        Some((token, rest)) => text.chars().next().is_some_and(|char| {
            (*token == Token::One || *token == Token::Char(char)) && glob(rest, &text[char.len_utf8()..])
        }),
    }
}

/// The few variables the generator writes.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>
fn filled_in(text: &str, version: Version, context: &Context) -> Option<String> {
    if version == Version::V2008 {
        return Some(text.to_owned());
    }
    let literal = |value: &str| value.replace('*', "\u{1}").replace('?', "\u{2}").replace('$', "\u{3}");
    let value = |key: &str, default: Option<&str>| match context.get(key) {
        Some(ContextValue::Single(value)) => Some(literal(value)),
        Some(ContextValue::List(_)) => None,
        None => default.map(literal),
    };
    let mut filled = text.replace("${*}", "\u{1}");
    for (written, key, default) in [
        ("${aws:username}", "aws:username", None),
        ("${aws:PrincipalTag/team, 'bob'}", "aws:PrincipalTag/team", Some("bob")),
    ] {
        if filled.contains(written) {
            filled = filled.replace(written, &value(key, default)?);
        }
    }
    Some(filled)
}
