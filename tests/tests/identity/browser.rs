//! A browser as far as logging in needs one: it follows redirects, keeps cookies, and fills in forms.

use std::collections::BTreeMap;

use daypass_tests::login::{Done, Person, Server};
use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use reqwest::{RequestBuilder, Url};

use crate::provider::http;

/// A browser with its cookies. Ports do not keep cookies apart, and all is on one host.
pub(crate) struct Browser {
    http: reqwest::Client,
    cookies: BTreeMap<String, String>,
}

/// A page that is shown.
pub(crate) struct Page {
    pub(crate) url: Url,
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// Who logs in, and what the provider is to say of them.
#[derive(Clone, Copy)]
pub(crate) struct Who {
    pub(crate) user: &'static str,
    pub(crate) groups: &'static str,
    pub(crate) second_factor: bool,
}

/// A contractor who shows a second factor.
pub(crate) const CARLA: Who = Who { user: "carla", groups: "contractors acme-web", second_factor: true };

/// Log in with a browser, as somebody whom the strict provider asks.
pub(crate) async fn log_in(person: &Person, server: &Server, who: Who) -> Done {
    let mut waiting = person.begin_login(server, "--no-browser --consent");
    let mut browser = Browser::new();
    let page = browser.open(&waiting.address().await).await;
    browser.log_in(&page, who).await.is_the_end();
    waiting.end().await
}

impl Browser {
    pub(crate) fn new() -> Self {
        Self { http: http(), cookies: BTreeMap::new() }
    }

    /// Open a page, and go wherever it leads.
    pub(crate) async fn open(&mut self, url: &str) -> Page {
        let request = self.http.get(url);
        self.go(url.parse().unwrap(), request).await
    }

    /// Send a form, and go wherever that leads.
    pub(crate) async fn submit(&mut self, url: &Url, fields: &[(&str, &str)]) -> Page {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.http.post(url.clone()).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body);
        self.go(url.clone(), request).await
    }

    /// Log in on the page that is shown.
    pub(crate) async fn log_in(&mut self, page: &Page, who: Who) -> Page {
        assert!(page.body.starts_with("who is it?"), "{} {}", page.url, page.body);
        let mut fields = vec![("user", who.user), ("groups", who.groups)];
        if who.second_factor {
            fields.push(("otp", "123456"));
        }
        self.submit(&page.url, &fields).await
    }

    async fn go(&mut self, mut url: Url, mut request: RequestBuilder) -> Page {
        for _ in 0..20 {
            let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let answer = request.header(COOKIE, cookies.join("; ")).send().await.unwrap();
            for cookie in answer.headers().get_all(SET_COOKIE) {
                self.keep(cookie.to_str().unwrap());
            }
            let Some(next) = answer.headers().get(LOCATION) else {
                let status = answer.status().as_u16();
                return Page { url, status, body: answer.text().await.unwrap() };
            };
            url = url.join(next.to_str().unwrap()).unwrap();
            request = self.http.get(url.clone());
        }
        panic!("redirected without end: {url}");
    }

    fn keep(&mut self, cookie: &str) {
        let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
        if value.is_empty() {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

impl Page {
    /// It is the one on which a login in a browser ends.
    pub(crate) fn is_the_end(&self) {
        assert_eq!(self.url.path(), "/callback", "{}", self.body);
        assert!(self.status == 200 && self.body.contains("You can close this window"), "{} {}", self.status, self.body);
    }

    /// The value of a field that is filled in already.
    pub(crate) fn hidden(&self, name: &str) -> String {
        let rest =
            self.body.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("{}", self.body)).1;
        rest.split('"').next().unwrap().to_owned()
    }
}
