//! The emulators that `cargo xtask test --suite aws` starts, and what a deployment finds in AWS: accounts, roles, keys, tables,
//! a topic. Everything that is not ours to test is done here with signed calls written by hand.
//!
//! `ministack` listens on loopback and checks signatures, policies and trust. Accounts are told apart by access keys: twelve
//! digits are the root of the account of that number, made by asking.
//!
//! Where `ministack` differs from AWS: it knows no source identity (neither `sts:SetSourceIdentity` nor the key
//! `sts:SourceIdentity`), no maximum session duration and no policy variables; takes any text as a trust policy, and the ARN of
//! a session for `aws:PrincipalArn`; does not match role ARNs with a path as resources of IAM calls; ties sessions to a role's
//! name instead of its unique id; lists all roles in one page; and lets KMS decrypt what was tampered with. Where a test would
//! only see that, it says so.

mod call;
mod company;
mod inbox;
mod keys;
mod member;
mod proxy;
mod tables;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};

use daypass_aws::client::{Place, configuration};
use daypass_vending::ids::AccountId;
use daypass_vending::secret::{Credentials, Secret};

pub use call::{Answer, Call, Connection};
pub use company::{PROJECT, install_boundaries, person, settings, unhurried};
pub use inbox::Inbox;
pub use keys::key_names;
pub use member::{DEPLOYMENT, Hub, VENDOR, VENDOR_EXTERNAL_ID, member};
pub use proxy::{Fault, Proxy, Rule, Seen};
pub use tables::{dynamodb, dynamodb_client, store_at, tables};

/// Where the suite says `ministack` listens, such as `http://127.0.0.1:4566`.
const VARIABLE: &str = "DAYPASS_TEST_MINISTACK";

/// The region of everything.
pub const REGION: &str = "eu-central-1";

/// Where sessions may be used from.
pub const OFFICE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Where they may not: another address of the same machine.
pub const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// A running emulator.
#[derive(Clone, Copy, Debug)]
pub struct Ministack {
    address: SocketAddr,
}

/// Who signs a call.
#[derive(Clone, Debug)]
pub struct Key {
    /// The access key id.
    pub id: String,
    /// The secret half.
    pub secret: Secret,
    /// The session token of temporary credentials.
    pub token: Option<Secret>,
}

impl Ministack {
    /// The emulator of this test run.
    ///
    /// # Panics
    /// When there is none: these tests are run by `cargo xtask test --suite aws`.
    #[must_use]
    pub fn of_this_run() -> Self {
        Self { address: address_in(VARIABLE) }
    }

    /// Whatever listens there: the emulator, or a proxy in front of it.
    #[must_use]
    pub fn at(address: SocketAddr) -> Self {
        Self { address }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What our clients are made from, acting as this key.
    pub async fn configuration(&self, key: &Key) -> aws_config::SdkConfig {
        let place = Place { region: Some(REGION.to_owned()), endpoint_url: Some(self.url()) };
        let configuration = configuration(&place).await.expect("a configuration");
        let token = key.token.as_ref().map(|token| token.reveal().to_owned());
        let credentials =
            aws_credential_types::Credentials::new(&key.id, key.secret.reveal(), token, None, "DaypassTests");
        let provider = aws_credential_types::provider::SharedCredentialsProvider::new(credentials);
        configuration.into_builder().credentials_provider(provider).build()
    }
}

impl Key {
    /// The root of an account. The emulator takes the account's number as its access key.
    #[must_use]
    pub fn root(account: &AccountId) -> Self {
        Self { id: account.to_string(), secret: Secret::new("test".to_owned()), token: None }
    }
}

impl From<&Credentials> for Key {
    fn from(credentials: &Credentials) -> Self {
        Self {
            id: credentials.access_key_id.clone(),
            secret: credentials.secret_access_key.clone(),
            token: Some(credentials.session_token.clone()),
        }
    }
}

/// The address in this variable.
fn address_in(variable: &str) -> SocketAddr {
    let url = std::env::var(variable)
        .unwrap_or_else(|_| panic!("{variable} is not set: these tests are run by `cargo xtask test --suite aws`"));
    let address = url.strip_prefix("http://").expect("an address").trim_end_matches('/');
    address.parse().expect("an address and a port")
}

/// An account that no other test of this process uses.
///
/// # Panics
/// After ten thousand.
#[must_use]
pub fn fresh_account() -> AccountId {
    static USED: AtomicU32 = AtomicU32::new(0);
    let number = USED.fetch_add(1, Ordering::Relaxed);
    // Processes of one run share the emulator.
    let process = std::process::id() % 10_000;
    format!("1111{process:04}{number:04}").parse().expect("an account id")
}
