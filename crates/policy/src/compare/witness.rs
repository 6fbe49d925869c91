//! From choices for single aspects to a request, checked by the evaluator.

use super::dimension::{Domain, Found, Value};
use super::problem::Problem;
use crate::context::{Context, ContextValue};
use crate::document::Effect;
use crate::prepared::{Asked, PreparedPolicy, Standing};
use crate::principal::{Kind, Principal};
use crate::request::Request;

/// Who asks when it does not matter.
const ANYBODY: &str = "arn:aws:iam::111122223333:user/alice";

/// What to try for variables: a value that reads well, those that were chosen for their keys, and some that no policy has
/// in mind.
const GUESSES: [Guess<'_>; 4] = [Guess::Typical, Guess::Chosen, Guess::Value("q7zk2"), Guess::Value("x")];

/// What variables are worth.
#[derive(Clone, Copy)]
enum Guess<'g> {
    Typical,
    Chosen,
    Value(&'g str),
    /// A value for one key; the others have their chosen ones.
    Filling(&'g str, &'g str),
}

/// Whether a policy alone allows a request: some Allow is about it, and no Deny.
pub(crate) fn allows(policy: &PreparedPolicy, request: &Request) -> bool {
    let asked = Asked::new(request);
    let applies = |effect| {
        let found = policy.find(effect, &asked, |statement| {
            statement.grant(&request.principal, Standing::Plain).is_some() && statement.applies(&asked)
        });
        found.is_some()
    };
    applies(Effect::Allow) && !applies(Effect::Deny)
}

/// Whether no layer makes an exception for the caller.
pub(super) fn is_bound(request: &Request) -> bool {
    request.principal.kind() != Kind::Root && !request.principal.is_service_linked()
}

/// The request that the choices amount to, if the evaluator agrees.
pub(super) fn find(problem: &Problem, models: &[Found], is_witness: &dyn Fn(&Request) -> bool) -> Option<Request> {
    if problem.symbols.is_empty() {
        return request(problem, models, Guess::Chosen).filter(|request| is_witness(request));
    }
    let found = GUESSES.iter().filter_map(|guess| request(problem, models, *guess)).find(|request| is_witness(request));
    found.or_else(|| {
        let aspects = problem.dimensions.iter().zip(models);
        let mut fillings = aspects.flat_map(|(aspect, model)| aspect.fillings(model.as_deref(), &problem.symbols));
        fillings.find_map(|(key, value)| {
            request(problem, models, Guess::Filling(&key, &value)).filter(|request| is_witness(request))
        })
    })
}

fn request(problem: &Problem, models: &[Found], guess: Guess<'_>) -> Option<Request> {
    let mut caller = None;
    let (mut action, mut resource) = ("x:x".to_owned(), "*".to_owned());
    let mut chosen: Vec<(&str, &Value)> = Vec::new();
    for (dimension, model) in problem.dimensions.iter().zip(models) {
        let Some(model) = model else { continue };
        match (&dimension.domain, &model.value) {
            (Domain::Callers(callers), Value::Caller(at)) => caller = Some(callers.callers.get(*at)?.clone()),
            (Domain::Action(_), Value::Text(text)) => action = problem.written(text).to_owned(),
            (Domain::Resource(_), Value::Text(text)) => resource.clone_from(text),
            (Domain::Key(domain), value) => chosen.push((&domain.key, value)),
            _ => {}
        }
    }
    let context = context(problem, &chosen, &resource, guess)?;
    let resource = problem.symbols.fill_in(&resource, &context)?;
    // Policies that name nobody are about callers of the account that owns the resource.
    let is_own = caller.is_none();
    let principal = caller.or_else(|| caller_of(&context)).or_else(|| ANYBODY.parse().ok())?;
    let resource_account = principal.account().filter(|_| is_own).map(str::to_owned);
    Some(Request { principal, action: action.parse().ok()?, resource, resource_account, context })
}

/// The context of the choices. Keys that stand in for variables come first, others are filled in with them.
fn context(problem: &Problem, chosen: &[(&str, &Value)], resource: &str, guess: Guess<'_>) -> Option<Context> {
    let mut context = Context::new();
    let is_plain = |text: &String| !text.chars().any(|char| problem.symbols.of(char).is_some());
    let texts = chosen.iter().flat_map(|(_, value)| value.texts()).map(String::as_str).chain([resource]);
    let (plain, symbolic): (Vec<_>, Vec<_>) = chosen.iter().partition(|(_, value)| value.texts().iter().all(is_plain));
    let needed: Vec<&str> = texts
        .flat_map(str::chars)
        .filter_map(|char| problem.symbols.of(char))
        .filter(|symbol| symbol.default.is_none())
        .map(|symbol| &*symbol.key)
        .collect();
    for (key, value) in plain.into_iter().copied() {
        match value {
            Value::One(text) => {
                let guess = match guess {
                    Guess::Typical => Some(typical(key)),
                    Guess::Value(value) => Some(value),
                    Guess::Chosen | Guess::Filling(..) => None,
                };
                let guess = problem.symbols.example(key).or(guess).filter(|_| needed.contains(&key));
                context.insert(key, single(guess.unwrap_or(text)));
            }
            Value::Many(texts) => context.insert(key, ContextValue::List(texts.clone())),
            _ => {}
        }
    }
    if let Guess::Filling(key, value) = guess {
        context.insert(key, single(value));
    }
    for (key, value) in symbolic.into_iter().copied() {
        let texts: Option<Vec<String>> =
            value.texts().iter().map(|text| problem.symbols.fill_in(text, &context)).collect();
        let value = match (value, texts?) {
            (Value::Many(_), texts) => ContextValue::List(texts),
            (_, texts) => single(texts.first()?),
        };
        context.insert(key, value);
    }
    Some(context)
}

/// A value that reads well.
fn typical(key: &str) -> &'static str {
    match key.rsplit(':').next().unwrap_or_default() {
        "principalaccount" | "resourceaccount" | "sourceaccount" | "calleraccount" => "111122223333",
        "requestedregion" => "eu-west-1",
        "principalorgid" | "resourceorgid" | "sourceorgid" => "o-a1b2c3d4e5",
        _ => "alice",
    }
}

fn single(text: &str) -> ContextValue {
    ContextValue::Single(text.to_owned())
}

/// The user or session that `aws:PrincipalArn` speaks of.
fn caller_of(context: &Context) -> Option<Principal> {
    let Some(ContextValue::Single(arn)) = context.get_lower("aws:principalarn") else { return None };
    if let Ok(caller) = arn.parse::<Principal>() {
        return Some(caller).filter(|caller| caller.kind() == Kind::User);
    }
    let (account, role) = arn.strip_prefix("arn:aws:iam::")?.split_once(":role/")?;
    let name = role.rsplit('/').next().filter(|_| !role.starts_with("aws-service-role/"))?;
    Principal::role_session(&format!("arn:aws:sts::{account}:assumed-role/{name}/session"), arn).ok()
}
