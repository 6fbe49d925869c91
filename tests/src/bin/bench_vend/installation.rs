//! A folder with a configuration file and room for a database: what a server needs to start.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use crate::people::{AUDIENCE, ISSUER, PROJECT, People};

/// IAM's default quota, less what the server keeps for incidents and a few that many clients may miss by.
const ROLES_PER_ACCOUNT: u64 = 900;

/// More vends a second than this are not expected on anybody's machine.
const MOST_VENDS_PER_SECOND: u64 = 5000;

/// An installation of its own. Everything is gone when it is dropped.
pub(crate) struct Installation {
    folder: TempDir,
    accounts: Vec<String>,
    /// Where its server listens.
    pub(crate) address: SocketAddr,
}

/// How many accounts can take all vends of so long a time.
pub(crate) fn accounts_for(time: Duration) -> u64 {
    (time.as_secs() * MOST_VENDS_PER_SECOND).div_ceil(ROLES_PER_ACCOUNT)
}

impl Installation {
    /// An installation with so many accounts that trusts the tokens of these people.
    pub(crate) fn new(people: &People, accounts: u64) -> Result<Self> {
        let accounts: Vec<_> = (1..=accounts).map(|number| format!("1111{number:08}")).collect();
        let address = free_address()?;
        // Next to this program: on a disk, where `/tmp` may be in memory.
        let program = std::env::current_exe().context("this program does not know where it is")?;
        let folder = tempfile::Builder::new().prefix("bench-vend-").tempdir_in(program.parent().unwrap_or(&program))?;
        fs::write(folder.path().join("jwks.json"), &people.jwks)?;
        fs::write(folder.path().join("daypass.toml"), configuration(address, &accounts))?;
        Ok(Self { folder, accounts, address })
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn accounts(&self) -> &[String] {
        &self.accounts
    }

    pub(crate) fn configuration_file(&self) -> PathBuf {
        self.folder().join("daypass.toml")
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.folder().join("daypass.sqlite")
    }

    /// Where the server's log goes.
    pub(crate) fn log(&self) -> PathBuf {
        self.folder().join("daypass.log")
    }
}

fn configuration(address: SocketAddr, accounts: &[String]) -> String {
    format!(
        r#"listen = "{address}"
database = "daypass.sqlite"
deployment = "bench"
broker_arn = "arn:aws:iam::111122223333:role/daypass-broker"
networks = ["127.0.0.0/8"]
# One person asks as often as a machine can.
rate_limit_per_minute = 1000000000

[issuer]
url = "{ISSUER}"
audience = "{AUDIENCE}"
jwks_file = "jwks.json"

[[projects]]
id = "{PROJECT}"
group = "{PROJECT}"
accounts = {accounts:?}
"#
    )
}

/// A port that was free just now.
fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("there is no free port")?;
    Ok(listener.local_addr()?)
}
