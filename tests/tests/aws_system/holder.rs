//! Whoever holds credentials, using them on S3 with the AWS SDK as people do.

use std::net::{IpAddr, SocketAddr};

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{Builder, RequestChecksumCalculation};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use daypass_api::CredentialsView;
use daypass_tests::emulated::{Call, ELSEWHERE, Key, Ministack, REGION};
use daypass_vending::ids::AccountId;
use daypass_vending::secret::Secret;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::deployment::Deployment;
use crate::people::PROJECT;

/// Somebody with credentials.
pub(crate) struct Holder {
    s3: Client,
    bucket: String,
}

/// What became of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tried {
    Works,
    /// Refused with this code.
    Refused(String),
}

impl Tried {
    /// Refused because of what the credentials are, not because of what was asked.
    pub(crate) fn is_refused(&self) -> bool {
        // A session whose role is gone is not known any more; one that is denied is denied.
        matches!(self, Self::Refused(code) if ["AccessDenied", "InvalidAccessKeyId", "InvalidClientTokenId"].contains(&code.as_str()))
    }
}

impl Deployment {
    /// A bucket that belongs to the project, and one that does not, each with a report in it.
    pub(crate) async fn buckets(&self, account: &AccountId) {
        let root = Key::root(account);
        let location = format!(
            "<CreateBucketConfiguration><LocationConstraint>{REGION}</LocationConstraint></CreateBucketConfiguration>"
        );
        for project in [PROJECT, "zeta"] {
            let bucket = format!("/{project}-{account}");
            self.hub.ministack.must(&root, &Call::s3("PUT", &bucket, &location)).await;
            self.hub.ministack.must(&root, &Call::s3("PUT", &format!("{bucket}/report"), "all is well")).await;
        }
    }

    /// Somebody in the office.
    pub(crate) async fn holder(&self, credentials: &CredentialsView, account: &AccountId) -> Holder {
        Holder::at(self.hub.ministack.address(), credentials, account).await
    }

    /// Somebody with the same credentials at another address.
    pub(crate) async fn thief(&self, credentials: &CredentialsView, account: &AccountId) -> Holder {
        Holder::at(way_from(ELSEWHERE, self.hub.ministack.address()).await, credentials, account).await
    }
}

impl Holder {
    async fn at(address: SocketAddr, credentials: &CredentialsView, account: &AccountId) -> Self {
        let configuration = Ministack::at(address).configuration(&key(credentials)).await;
        let configuration = Builder::from(&configuration)
            .force_path_style(true)
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .build();
        Self { s3: Client::from_conf(configuration), bucket: format!("{PROJECT}-{account}") }
    }

    /// Read the project's report.
    pub(crate) async fn read(&self) -> Tried {
        self.read_from(&self.bucket).await
    }

    /// Read the report of another project.
    pub(crate) async fn read_others(&self) -> Tried {
        self.read_from(&self.bucket.replace(PROJECT, "zeta")).await
    }

    async fn read_from(&self, bucket: &str) -> Tried {
        tried(self.s3.get_object().bucket(bucket).key("report").send().await)
    }

    /// Write over the project's report.
    pub(crate) async fn write(&self) -> Tried {
        let body = ByteStream::from_static(b"nothing is well");
        tried(self.s3.put_object().bucket(&self.bucket).key("report").body(body).send().await)
    }
}

/// What a holder signs with.
pub(crate) fn key(credentials: &CredentialsView) -> Key {
    let secret = |masked: &daypass_api::Masked| Secret::new(masked.reveal().to_owned());
    Key {
        id: credentials.access_key_id.clone(),
        secret: secret(&credentials.secret_access_key),
        token: Some(secret(&credentials.session_token)),
    }
}

fn tried<T, E: ProvideErrorMetadata + std::fmt::Debug>(
    answer: Result<T, SdkError<E, aws_sdk_s3::config::http::HttpResponse>>,
) -> Tried {
    match answer {
        Ok(_) => Tried::Works,
        Err(SdkError::ServiceError(error)) => Tried::Refused(error.err().code().unwrap_or_default().to_owned()),
        Err(error) => panic!("{error:?}"),
    }
}

/// A port here, whose connections come to `to` from another address of this machine: the SDK does not let one choose.
async fn way_from(address: IpAddr, to: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(carry(client, address, to));
        }
    });
    here
}

async fn carry(mut client: TcpStream, from: IpAddr, to: SocketAddr) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(from, 0)).unwrap();
    let mut upstream = socket.connect(to).await.unwrap();
    // It ends when either side does.
    let _ = tokio::io::copy_bidirectional(&mut client, &mut upstream).await;
}
