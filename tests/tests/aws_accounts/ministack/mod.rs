//! The `ministack` emulator, as `cargo xtask test --suite aws` starts it: on loopback, with signatures, policies and trust
//! checked. Everything that is not ours to test is done here with signed calls written by hand.
//!
//! Where it differs from AWS: it knows no source identity (neither `sts:SetSourceIdentity` nor the key
//! `sts:SourceIdentity`), no maximum session duration and no policy variables; takes any text as a trust policy; does not
//! match role ARNs with a path as resources of IAM calls; ties sessions to a role's name instead of its unique id; lists all
//! roles in one page; and lets KMS decrypt what was tampered with. Where a test would only see that, it says so.

mod call;
mod member;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};

use daypass_aws::client::{Place, configuration};
use daypass_vending::ids::AccountId;
use daypass_vending::secret::{Credentials, Secret};

pub(crate) use call::Call;
pub(crate) use member::{Hub, member};

/// Where the suite says the emulator listens, such as `http://127.0.0.1:4566`.
const VARIABLE: &str = "DAYPASS_TEST_MINISTACK";

/// The region of everything.
pub(crate) const REGION: &str = "eu-central-1";

/// Where sessions may be used from.
pub(crate) const OFFICE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Where they may not: another address of the same machine.
pub(crate) const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// A running emulator.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ministack {
    address: SocketAddr,
}

/// Who signs a call.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    /// The access key id.
    pub(crate) id: String,
    /// The secret half.
    pub(crate) secret: Secret,
    /// The session token of temporary credentials.
    pub(crate) token: Option<Secret>,
}

impl Ministack {
    /// The emulator of this test run.
    ///
    /// # Panics
    /// When there is none: these tests are run by `cargo xtask test --suite aws`.
    #[must_use]
    pub(crate) fn of_this_run() -> Self {
        let url = std::env::var(VARIABLE)
            .unwrap_or_else(|_| panic!("{VARIABLE} is not set: these tests are run by `cargo xtask test --suite aws`"));
        let address = url.strip_prefix("http://").expect("an address").trim_end_matches('/');
        Self { address: address.parse().expect("an address and a port") }
    }

    /// Its URL.
    #[must_use]
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What our clients are made from, acting as this key.
    pub(crate) async fn configuration(&self, key: &Key) -> aws_config::SdkConfig {
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
    pub(crate) fn root(account: &AccountId) -> Self {
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

/// An account that no other test of this process uses.
///
/// # Panics
/// After ten thousand.
#[must_use]
pub(crate) fn fresh_account() -> AccountId {
    static USED: AtomicU32 = AtomicU32::new(0);
    let number = USED.fetch_add(1, Ordering::Relaxed);
    // Processes of one run share the emulator.
    let process = std::process::id() % 10_000;
    format!("1111{process:04}{number:04}").parse().expect("an account id")
}
