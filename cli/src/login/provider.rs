//! What an identity provider says of itself
//! (OpenID Connect Discovery 1.0, <https://openid.net/specs/openid-connect-discovery-1_0.html>).

use serde::Deserialize;

use super::web::{Endpoint, Web, no_provider};
use crate::escape::escape;
use crate::exit::ExitStatus;
use crate::failure::Failure;

/// Where to go for what.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Provider {
    /// Its name for itself. INVARIANT: the one that was asked for (section 4.3), kept by [`Provider::discover`].
    pub(crate) issuer: String,
    /// Where people log in.
    pub(crate) authorization_endpoint: Endpoint,
    /// Where codes become tokens.
    pub(crate) token_endpoint: Endpoint,
    /// Where device codes come from (RFC 8628), if it has them.
    pub(crate) device_authorization_endpoint: Option<Endpoint>,
    /// Where tokens are revoked (RFC 7009), if they can be.
    pub(crate) revocation_endpoint: Option<Endpoint>,
    /// Whether every answer of the authorization endpoint names the issuer (RFC 9207).
    #[serde(default)]
    pub(crate) authorization_response_iss_parameter_supported: bool,
    code_challenge_methods_supported: Option<Vec<String>>,
}

impl Provider {
    /// Ask an issuer about itself.
    ///
    /// # Errors
    /// When it does not answer, calls itself by another name, or sends people where their secrets could be read.
    pub(crate) async fn discover(web: &Web, issuer: &str) -> Result<Self, Failure> {
        let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let address = Endpoint::try_from(address).map_err(|error| unusable(&error))?;
        let provider: Self = web.document(&address).await.map_err(|error| no_provider(&error))?;
        provider.named(issuer)
    }

    fn named(self, issuer: &str) -> Result<Self, Failure> {
        if self.issuer != issuer {
            return Err(unusable(&format!("`{issuer}` calls itself `{}`", self.issuer)));
        }
        // Absent means nothing: there are providers that do it and do not say so.
        let methods = self.code_challenge_methods_supported.as_deref();
        if methods.is_some_and(|methods| !methods.iter().any(|method| method == "S256")) {
            return Err(unusable(&format!("`{issuer}` does not take PKCE with S256")));
        }
        // What listens on this machine is none of a remote provider's business.
        if issuer.starts_with("https:") && self.endpoints().any(|endpoint| endpoint.url().scheme() != "https") {
            return Err(unusable(&format!("`{issuer}` sends people to this machine")));
        }
        Ok(self)
    }

    fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        let some = [&self.device_authorization_endpoint, &self.revocation_endpoint];
        some.into_iter().flatten().chain([&self.authorization_endpoint, &self.token_endpoint])
    }
}

fn unusable(why: &str) -> Failure {
    Failure::new(ExitStatus::Failure, format!("the identity provider cannot be used: {}", escape(why)))
        .hint("whoever runs the server has to mend its configuration, or the provider")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn provider(change: Value) -> Result<Provider, Failure> {
        let mut document = json!({
            "issuer": "https://id.example.com",
            "authorization_endpoint": "https://id.example.com/auth",
            "token_endpoint": "https://id.example.com/token",
            "code_challenge_methods_supported": ["S256"],
        });
        document.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let provider: Provider = serde_json::from_value(document).map_err(|error| unusable(&error.to_string()))?;
        provider.named("https://id.example.com")
    }

    #[test]
    fn a_provider_is_taken_under_its_own_name_only() {
        assert!(provider(json!({})).is_ok());
        for other in ["https://id.example.com/", "https://evil.example.com", "HTTPS://id.example.com"] {
            let failure = provider(json!({"issuer": other})).unwrap_err();
            assert!(failure.message.contains("calls itself"), "{other}: {failure:?}");
        }
    }

    #[test]
    fn nobody_is_sent_where_secrets_could_be_read_or_codes_stolen() {
        for bad in [
            json!({"token_endpoint": "http://id.example.com/token"}),
            json!({"authorization_endpoint": "javascript:alert(1)"}),
            json!({"revocation_endpoint": "http://id.example.com/revoke"}),
            json!({"token_endpoint": "http://127.0.0.1:8080/token"}),
            json!({"device_authorization_endpoint": "http://localhost/device"}),
            json!({"code_challenge_methods_supported": ["plain"]}),
        ] {
            assert!(provider(bad.clone()).is_err(), "{bad}");
        }
        assert!(provider(json!({"code_challenge_methods_supported": null})).is_ok());
    }
}
