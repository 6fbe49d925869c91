//! How many requests a second are verified, decided and answered.

use std::error::Error;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use daypass_api::{Call, Client, Delivery, NewSession, SessionStatus};
use daypass_entitlements::{CedarAuthorizer, LiveRules};
use daypass_http::local::{LocalOptions, LocalServer, Storage};
use daypass_vending::ports::Clock as _;

use crate::rules;

/// How many clients ask at once, each on a connection of its own.
const CLIENTS: usize = 16;

/// How long a round lasts, after one to warm up.
const ROUND: Duration = Duration::from_secs(3);

/// Print requests per second: what the server answers without knowing who asks, and what it verifies, decides and reads.
pub(crate) async fn measure() -> Result<(), Box<dyn Error>> {
    println!("requests over loopback, {CLIENTS} clients");
    println!("{:<6} {:<44} {:>10} {:>8}", "RULES", "REQUEST", "A SECOND", "RATIO");
    for count in [0, 1_000] {
        let mut options = LocalOptions::development("127.0.0.1:0".parse()?, Storage::Memory)?;
        options.api.rate_limit_per_minute = NonZeroU32::MAX;
        options.rules = Arc::new(LiveRules::new(CedarAuthorizer::new(&rules::with(count))?));
        let rules = options.rules.current().count();
        let server = LocalServer::start(options).await?;
        let (token, session) = holder(&server).await?;
        let nobody = rate(&server, None, |client| async move { client.ready().await.is_ok() }).await?;
        println!("{rules:<6} {:<44} {nobody:>10.0} {:>8}", "GET /readyz, nobody is verified", "1.0");
        let read = move |client: Client| {
            let session = session.clone();
            async move { client.session(&session, 0).await.is_ok() }
        };
        let verified = rate(&server, Some(&token), read).await?;
        let ratio = verified / nobody;
        println!("{rules:<6} {:<44} {verified:>10.0} {ratio:>8.2}", "GET /v1/sessions/{id}: verify, decide, read");
        server.stop().await;
    }
    Ok(())
}

/// The token of a sample user, and a session they hold.
async fn holder(server: &LocalServer) -> Result<(String, String), Box<dyn Error>> {
    let issuer = server.issuer.as_ref().ok_or("no issuer")?;
    let logins = issuer.logins().await?;
    let login = logins.iter().find(|login| login.person.user.as_str() == "carla").ok_or("no such sample user")?;
    let (user, now) = (&login.person.user, server.clock.now());
    let code = issuer.totp_now(user, now).await?;
    let token = issuer.login(user, &login.password, Some(&code), now).await?.token.reveal().to_owned();
    let client = Client::new(&server.url())?.with_token(&token);
    let new = NewSession {
        project_id: "acme-web".to_owned(),
        account_id: "111122223333".to_owned(),
        permission_tier: "read-only".to_owned(),
        duration_seconds: None,
        reason: "measure what it costs".to_owned(),
        incident_id: None,
        delivery: Delivery::Brokered,
    };
    let session = client.request_session(&new, &Call::new().waiting(20)).await?;
    if session.status == SessionStatus::Active { Ok((token, session.session_id)) } else { Err("no session".into()) }
}

/// Good answers per second.
async fn rate<F, R>(server: &LocalServer, token: Option<&str>, request: F) -> Result<f64, Box<dyn Error>>
where
    F: Fn(Client) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = bool> + Send,
{
    let mut best: f64 = 0.0;
    for _ in 0..2 {
        let start = Instant::now();
        let mut clients = Vec::new();
        for _ in 0..CLIENTS {
            let client = Client::new(&server.url())?;
            let client = token.iter().fold(client, |client, token| client.with_token(*token));
            let request = request.clone();
            clients.push(tokio::spawn(async move {
                let mut answers = 0_u32;
                while start.elapsed() < ROUND {
                    answers += u32::from(request(client.clone()).await);
                }
                answers
            }));
        }
        let mut answers = 0;
        for client in clients {
            answers += client.await?;
        }
        best = f64::from(answers) / start.elapsed().as_secs_f64();
    }
    Ok(best)
}
