//! What the configuration says about the API, as the API takes it.

use daypass_api::{BearerKind, OidcOffer};
use daypass_http::Options;
use daypass_wiring::config::{ApiConfig, BearerToken, LoginConfig};

/// How the API behaves.
pub(crate) fn api(config: ApiConfig, logins: &[LoginConfig]) -> Options {
    let ApiConfig { trusted_proxies, rate_limit_per_minute, metrics_networks, public_url } = config;
    let otherwise = Options::default();
    Options {
        trusted_proxies,
        rate_limit_per_minute: rate_limit_per_minute.unwrap_or(otherwise.rate_limit_per_minute),
        metrics_networks: metrics_networks.unwrap_or(otherwise.metrics_networks),
        public_url,
        logins: logins.iter().cloned().map(offer).collect(),
    }
}

fn offer(login: LoginConfig) -> OidcOffer {
    let LoginConfig { issuer, client_id, scopes, token, audience } = login;
    let token = match token {
        BearerToken::Id => BearerKind::Id,
        BearerToken::Access => BearerKind::Access,
    };
    OidcOffer { issuer, client_id, scopes, token, audience }
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
        let options = api(said.clone(), &[]);
        assert_eq!((options.rate_limit_per_minute.get(), options.trusted_proxies.len()), (100, 1));
        assert!(options.metrics_networks.iter().all(|network| network.addr().is_loopback()));
        let options = api(ApiConfig { rate_limit_per_minute: std::num::NonZeroU32::new(7), ..said }, &[]);
        assert_eq!(options.rate_limit_per_minute.get(), 7);
    }
}
