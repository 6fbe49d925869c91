//! Whether credentials still do anything: `ec2:DescribeRegions` made with them, a call that every tier allows, changes
//! nothing and costs nothing. Signed by hand, because the SDK of EC2 is larger than everything else here together.

mod verdict;

use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_credential_types::Credentials as SigningCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_async::time::SharedTimeSource;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::DateTime;
use aws_smithy_types::body::SdkBody;
use daypass_vending::ports::{CloudError, Liveness};
use daypass_vending::secret::Credentials;
use daypass_vending::template::Partition;

use crate::client::endpoint_of;
use crate::time::timestamp;
use jiff::Timestamp;
use verdict::{Answer, verdict};

/// The call (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRegions.html>).
const BODY: &str = "Action=DescribeRegions&Version=2016-11-15";

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Makes the call.
pub(crate) struct Prober {
    operation: Operation<Credentials, Answer, std::convert::Infallible>,
    time: SharedTimeSource,
}

impl Prober {
    /// With the HTTPS client, region and endpoint of `config`; `None` when it has no region.
    pub(crate) fn new(config: &SdkConfig, partition: Partition) -> Option<Self> {
        let region = config.region()?.to_string();
        let endpoint =
            endpoint_of(config, "EC2").unwrap_or_else(|| format!("https://ec2.{region}.{}", domain(partition)));
        let mut builder = Operation::builder()
            .service_name("ec2")
            .operation_name("DescribeRegions")
            .endpoint_url(&endpoint)
            .no_auth()
            .no_retry();
        if let Some(client) = config.http_client() {
            builder = builder.http_client(client);
        }
        if let Some(sleep) = config.sleep_impl() {
            builder = builder.sleep_impl(sleep);
        }
        if let Some(limits) = config.timeout_config() {
            builder = builder.timeout_config(limits.clone());
        }
        let uri = format!("{}/", endpoint.trim_end_matches('/'));
        let time = config.time_source().unwrap_or_default();
        let signing_time = time.clone();
        let operation = builder
            .serializer(move |credentials: Credentials| request(&uri, &region, signing_time.now(), &credentials))
            .deserializer(|response: &HttpResponse| Ok(Answer::read(response)))
            .build();
        Some(Self { operation, time })
    }

    pub(crate) async fn probe(&self, credentials: &Credentials) -> Result<Liveness, CloudError> {
        let answer = self.operation.invoke(credentials.clone()).await;
        // The call changes nothing, so whether it was made does not matter.
        let answer = answer.map_err(|error| CloudError::Unavailable(text(&error)))?;
        let now = timestamp(&DateTime::from(self.time.now())).unwrap_or(Timestamp::UNIX_EPOCH);
        verdict(&answer, credentials.expires_at, now)
    }
}

/// Where a partition's services are
/// (<https://docs.aws.amazon.com/general/latest/gr/rande.html>).
fn domain(partition: Partition) -> &'static str {
    match partition {
        Partition::China => "amazonaws.com.cn",
        Partition::Aws | Partition::GovCloud => "amazonaws.com",
    }
}

/// An error with its causes. They name connections and time limits, never what was sent.
fn text(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn request(uri: &str, region: &str, now: SystemTime, credentials: &Credentials) -> Result<HttpRequest, BoxError> {
    const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";
    let Credentials { access_key_id, secret_access_key, session_token, .. } = credentials;
    let token = Some(session_token.reveal().to_owned());
    let identity =
        SigningCredentials::new(access_key_id, secret_access_key.reveal(), token, None, "DaypassProbe").into();
    let parameters = SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("ec2")
        .time(now)
        .settings(SigningSettings::default())
        .build()?;
    let headers = [("content-type", FORM)].into_iter();
    let signable = SignableRequest::new("POST", uri, headers, SignableBody::Bytes(BODY.as_bytes()))?;
    let (instructions, _) = sign(signable, &parameters.into())?.into_parts();
    let mut request = HttpRequest::new(SdkBody::from(BODY));
    request.set_method("POST")?;
    request.set_uri(uri)?;
    request.headers_mut().insert("content-type", FORM);
    for (name, value) in instructions.headers() {
        request.headers_mut().insert(name.to_owned(), value.to_owned());
    }
    Ok(request)
}
