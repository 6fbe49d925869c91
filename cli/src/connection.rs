//! The way to the server, and what its errors mean for a person at a terminal.

use daypass_api::{Client, ClientError, Problem, ProblemCode, Trouble};
use daypass_embedded::clock::SystemClock;

use crate::arguments::Global;
use crate::exit::ExitStatus;
use crate::failure::{Failure, chain};
use crate::folders;
use crate::login::renewal;
use crate::logins::{Login, Logins};
use crate::server_url::ServerUrl;

/// A server, and whoever we are there.
pub(crate) struct Connection {
    /// Speaks for them.
    pub(crate) client: Client,
    /// Which server.
    pub(crate) server: ServerUrl,
    /// Who they are.
    pub(crate) login: Login,
}

/// The server that is meant: the one named, else the one of the last login, else the one of `daypass dev`.
pub(crate) fn server(global: &Global) -> Result<ServerUrl, Failure> {
    match &global.server {
        Some(server) => Ok(server.clone()),
        None => Ok(Logins::load(&folders::logins()?)?.current().cloned().unwrap_or_else(ServerUrl::local)),
    }
}

/// The way to the server that is meant, as whoever is logged in there. A login that ends soon is renewed first.
///
/// # Errors
/// When nobody is, or not any more.
pub(crate) async fn open(global: &Global) -> Result<Connection, Failure> {
    let server = server(global)?;
    let path = folders::logins()?;
    let login = Logins::load(&path)?.to(&server).cloned().ok_or_else(|| not_logged_in(&server))?;
    let login = renewal::fresh(&path, &server, login, &SystemClock).await?;
    let client = Client::new(server.as_str())?.with_token(login.token.reveal());
    Ok(Connection { client, server, login })
}

/// Nobody is logged in to this server.
pub(crate) fn not_logged_in(server: &ServerUrl) -> Failure {
    Failure::new(ExitStatus::NotLoggedIn, format!("you are not logged in to {server}"))
        .hint("log in with `daypass login`")
}

/// What a person is told when the server did not do as asked.
pub(crate) fn explain(error: &ClientError) -> Failure {
    match error {
        ClientError::Problem { problem, retry_after_seconds } => of_problem(problem, *retry_after_seconds),
        ClientError::Address { .. } => Failure::usage(error.to_string()),
        ClientError::Transport { trouble, .. } => of_transport(error, *trouble),
        ClientError::Unexpected { .. } => Failure::plain(error.to_string()),
    }
}

fn of_problem(problem: &Problem, retry_after_seconds: Option<u64>) -> Failure {
    let failure = Failure::new(status_of(problem.code), problem.to_string());
    let advice = problem.hint.as_deref().unwrap_or_default();
    let again = |seconds: u64| format!("try again in {seconds} s");
    let hint = match problem.code {
        // The server tells everybody the same; the person at this terminal can be told what to do.
        ProblemCode::Unauthenticated => {
            Some("your login has expired or was not accepted: run `daypass login`".to_owned())
        }
        ProblemCode::Internal => {
            let id = problem.request_id.as_deref().unwrap_or("unknown");
            Some(format!("the server's log has the cause under request id {id}"))
        }
        // A stolen password is worth nothing; who has the second factor too can show it now.
        ProblemCode::Refused if advice.contains("second factor") => {
            Some(format!("{advice}; show yours when you log in again with `daypass login`"))
        }
        _ => problem.hint.clone().or_else(|| retry_after_seconds.map(again)),
    };
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

fn status_of(code: ProblemCode) -> ExitStatus {
    match code {
        ProblemCode::InvalidInput | ProblemCode::TooLarge | ProblemCode::KeyReused => ExitStatus::Usage,
        ProblemCode::Unauthenticated => ExitStatus::NotLoggedIn,
        ProblemCode::Refused | ProblemCode::LimitExceeded => ExitStatus::Refused,
        ProblemCode::NotFound => ExitStatus::NotFound,
        ProblemCode::WrongState | ProblemCode::Conflict | ProblemCode::RequestChanged => ExitStatus::Conflict,
        ProblemCode::RateLimited | ProblemCode::RequestTimeout | ProblemCode::NotReady | ProblemCode::Unavailable => {
            ExitStatus::Unreachable
        }
        ProblemCode::MethodNotAllowed
        | ProblemCode::UnsupportedMediaType
        | ProblemCode::Internal
        | ProblemCode::CloudFailed
        | ProblemCode::Unknown => ExitStatus::Failure,
    }
}

fn of_transport(error: &ClientError, trouble: Trouble) -> Failure {
    let failure = Failure::new(ExitStatus::Unreachable, chain(error));
    match trouble {
        Trouble::Connect => {
            failure.hint("is it running? `daypass dev` runs one on this machine; `--server URL` names another")
        }
        Trouble::Timeout | Trouble::Interrupted => {
            failure.hint("it may have happened all the same: look with `daypass list`")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(code: ProblemCode) -> Failure {
        let problem = Box::new(Problem::new(code, "because").with_hint("do this"));
        Failure::from(ClientError::Problem { problem, retry_after_seconds: Some(3) })
    }

    #[test]
    fn a_problem_keeps_its_meaning_as_an_exit_status() {
        for (code, status) in [
            (ProblemCode::InvalidInput, ExitStatus::Usage),
            (ProblemCode::Unauthenticated, ExitStatus::NotLoggedIn),
            (ProblemCode::Refused, ExitStatus::Refused),
            (ProblemCode::LimitExceeded, ExitStatus::Refused),
            (ProblemCode::NotFound, ExitStatus::NotFound),
            (ProblemCode::WrongState, ExitStatus::Conflict),
            (ProblemCode::Conflict, ExitStatus::Conflict),
            (ProblemCode::NotReady, ExitStatus::Unreachable),
            (ProblemCode::RateLimited, ExitStatus::Unreachable),
            (ProblemCode::CloudFailed, ExitStatus::Failure),
        ] {
            assert_eq!(failure(code).status, status, "{code}");
        }
    }

    #[test]
    fn the_servers_advice_is_passed_on() {
        let refused = failure(ProblemCode::Refused);
        assert_eq!((refused.message.as_str(), refused.hint.as_deref()), ("because", Some("do this")));
        assert!(failure(ProblemCode::Unauthenticated).hint.is_some_and(|hint| hint.contains("daypass login")));
    }

    #[test]
    fn without_advice_there_is_the_time_to_come_back() {
        let problem = Box::new(Problem::new(ProblemCode::RateLimited, "slow down"));
        let failure = Failure::from(ClientError::Problem { problem, retry_after_seconds: Some(7) });
        assert_eq!(failure.hint.as_deref(), Some("try again in 7 s"));
    }
}
