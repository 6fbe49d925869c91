//! Where a service answers when it is not AWS itself.

use aws_config::SdkConfig;
use aws_types::service_config::ServiceConfigKey;

/// Where the service of this id answers instead of at AWS, in the SDK's own order: what was said in code, then
/// `AWS_ENDPOINT_URL_<SERVICE>` or the profile's section for the service, then `AWS_ENDPOINT_URL`
/// (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>). The SDK's clients find it by themselves;
/// this is for who has to know it besides.
pub(crate) fn endpoint_of(config: &SdkConfig, service_id: &str) -> Option<String> {
    let common = || config.endpoint_url().map(ToOwned::to_owned);
    if config.get_origin("endpoint_url").is_client_config() {
        return common();
    }
    let key = ServiceConfigKey::builder().service_id(service_id).env("AWS_ENDPOINT_URL").profile("endpoint_url");
    let own = config.service_config().zip(key.build().ok()).and_then(|(found, key)| found.load_config(key));
    own.or_else(common)
}
