//! Stands between Daypass and an emulator, writes down every call, and lets some of them meet a fault: the ways in which a
//! call of AWS goes wrong, as they look on the wire.

mod call;
mod stream;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::net::{TcpListener, TcpStream};

pub use call::Seen;
use call::{account_of_role, refusal};
use stream::{Framed, message, reset};

/// How a call goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The service says that there are too many calls, in its own words, and does nothing.
    Throttled,
    /// The service says that it has failed inside, and has done nothing.
    Failed,
    /// The service says that it has failed inside, and has done it all the same.
    FailedAfter,
    /// It is done, and nobody ever says so: the connection stays open without an answer.
    Withheld,
    /// The connection is reset before anything is done.
    ResetBefore,
    /// It is done, and the connection is reset instead of an answer.
    ResetAfter,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Throttled, Self::Failed, Self::FailedAfter, Self::Withheld, Self::ResetBefore, Self::ResetAfter];
}

/// Which calls meet a fault.
#[derive(Clone, Debug)]
pub struct Rule {
    calls: Vec<String>,
    account: Option<String>,
    skip: usize,
    times: usize,
    fault: Fault,
}

impl Rule {
    /// The next call that has one of these names, such as `iam.CreateRole`; any call at all when there are none.
    #[must_use]
    pub fn on(calls: &[&str], fault: Fault) -> Self {
        let calls = calls.iter().map(|&name| name.to_owned()).collect();
        Self { calls, account: None, skip: 0, times: 1, fault }
    }

    /// Not the next one, but the one after so many.
    #[must_use]
    pub fn after(self, skip: usize) -> Self {
        Self { skip, ..self }
    }

    /// So many in a row.
    #[must_use]
    pub fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }

    /// Only with credentials that a role of this account gave.
    #[must_use]
    pub fn in_account(self, account: &str) -> Self {
        Self { account: Some(account.to_owned()), ..self }
    }

    fn applies(&self, seen: &Seen) -> bool {
        let named = self.calls.is_empty() || self.calls.contains(&seen.name);
        named && self.times > 0 && (self.account.is_none() || self.account == seen.account)
    }

    /// The fault, if it is this call's turn.
    fn meet(&mut self) -> Option<Fault> {
        if self.skip > 0 {
            self.skip -= 1;
            return None;
        }
        self.times -= 1;
        Some(self.fault)
    }
}

/// A proxy.
#[derive(Clone, Debug)]
pub struct Proxy {
    /// Where it listens.
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    rules: Vec<Rule>,
    seen: Vec<Seen>,
    /// Which account gave a key, as the answers of STS show.
    accounts: BTreeMap<String, String>,
}

impl Proxy {
    /// One that passes everything on to whoever listens at `behind`.
    ///
    /// # Panics
    /// When there is no port.
    pub async fn before(behind: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let proxy = Self { address: listener.local_addr().expect("an address"), state: Arc::default() };
        let serving = proxy.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let proxy = serving.clone();
                tokio::spawn(async move { proxy.serve(client, behind).await });
            }
        });
        proxy
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on, these calls meet a fault.
    pub fn arm(&self, rule: Rule) {
        self.state().rules.push(rule);
    }

    /// No more faults.
    pub fn disarm(&self) {
        self.state().rules.clear();
    }

    /// All calls since it was last asked, in the order of their arrival.
    #[must_use]
    pub fn take_seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.state().seen)
    }

    /// How many of the calls since [`Proxy::take_seen`] met a fault.
    #[must_use]
    pub fn met(&self) -> usize {
        self.state().seen.iter().filter(|seen| seen.fault.is_some()).count()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics with it")
    }

    async fn serve(&self, mut client: TcpStream, behind: SocketAddr) {
        let Ok(mut upstream) = TcpStream::connect(behind).await else { return reset(client) };
        // Small messages, written at once: waiting for more would only delay them.
        let _ = (client.set_nodelay(true), upstream.set_nodelay(true));
        loop {
            let mut byte = [0];
            let request = tokio::select! {
                request = message(&mut client, Framed::Request) => request,
                // The emulator gives up idle connections, and a client has to see that before its next call.
                _ = upstream.peek(&mut byte) => None,
            };
            let Some(request) = request else { return };
            let seen = self.note(&request);
            let fault = seen.fault;
            match fault {
                Some(Fault::ResetBefore) => return reset(client),
                Some(Fault::Throttled | Fault::Failed) => {
                    if stream::send(&mut client, &refusal(&seen, fault)).await.is_err() {
                        return;
                    }
                    continue;
                }
                _ => {}
            }
            if stream::send(&mut upstream, &request).await.is_err() {
                return reset(client);
            }
            let Some(mut answer) = message(&mut upstream, Framed::Answer).await else { return reset(client) };
            self.learn(&request, &answer);
            match fault {
                Some(Fault::ResetAfter) => return reset(client),
                Some(Fault::Withheld) => return stream::until_closed(&mut client).await,
                Some(Fault::FailedAfter) => answer = refusal(&seen, fault),
                _ => {}
            }
            if stream::send(&mut client, &answer).await.is_err() {
                return;
            }
        }
    }

    fn note(&self, request: &[u8]) -> Seen {
        let mut state = self.state();
        let mut seen = Seen::of(request);
        seen.account = state.accounts.get(&seen.key).cloned();
        // Every rule counts the call, also when another one has it fail.
        let met: Vec<_> = state.rules.iter_mut().filter(|rule| rule.applies(&seen)).map(Rule::meet).collect();
        seen.fault = met.into_iter().flatten().next();
        state.seen.push(seen.clone());
        seen
    }

    fn learn(&self, request: &[u8], answer: &[u8]) {
        if let Some((key, account)) = account_of_role(request, answer) {
            self.state().accounts.insert(key, account);
        }
    }
}
