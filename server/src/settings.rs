//! What the configuration says about the API, as the API takes it.

use std::path::PathBuf;

use daypass_http::Options;
use daypass_http::identity::{Issuer, KeysError, TrustedKeys};
use daypass_wiring::config::{ApiConfig, IssuerConfig};

/// The issuer's keys cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("`{}` cannot be used as a key set", path.display())]
pub(crate) struct BadKeys {
    path: PathBuf,
    #[source]
    source: KeysError,
}

/// Whose tokens are accepted.
pub(crate) fn issuer(IssuerConfig { url, audience, jwks_file, jwks }: IssuerConfig) -> Result<Issuer, BadKeys> {
    let keys = TrustedKeys::from_json(&jwks).map_err(|source| BadKeys { path: jwks_file, source })?;
    Ok(Issuer { url, audience, keys })
}

/// How the API behaves.
pub(crate) fn api(config: ApiConfig) -> Options {
    let ApiConfig { trusted_proxies, rate_limit_per_minute, metrics_networks, public_url } = config;
    let otherwise = Options::default();
    Options {
        trusted_proxies,
        rate_limit_per_minute: rate_limit_per_minute.unwrap_or(otherwise.rate_limit_per_minute),
        metrics_networks: metrics_networks.unwrap_or(otherwise.metrics_networks),
        public_url,
        logins: otherwise.logins,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_configuration_leaves_out_has_a_default() {
        let said = ApiConfig {
            trusted_proxies: vec!["10.1.0.0/16".parse().unwrap()],
            rate_limit_per_minute: None,
            metrics_networks: None,
            public_url: None,
        };
        let options = api(said.clone());
        assert_eq!((options.rate_limit_per_minute.get(), options.trusted_proxies.len()), (100, 1));
        assert!(options.metrics_networks.iter().all(|network| network.addr().is_loopback()));
        let options = api(ApiConfig { rate_limit_per_minute: std::num::NonZeroU32::new(7), ..said });
        assert_eq!(options.rate_limit_per_minute.get(), 7);
    }

    #[test]
    fn a_key_set_that_is_none_is_named_by_its_file() {
        let issuer = issuer(IssuerConfig {
            url: "https://id.example.com".to_owned(),
            audience: "daypass".to_owned(),
            jwks_file: "jwks.json".into(),
            jwks: "{}".to_owned(),
        });
        assert_eq!(issuer.unwrap_err().to_string(), "`jwks.json` cannot be used as a key set");
    }
}
