//! `GET /openapi.json` and `/docs`: the API described by itself. Open to everybody: it tells what Daypass is, not what is in
//! this one. The page's files are compiled in and load nothing from elsewhere.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::Value;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, InfoBuilder, License, OpenApi, OpenApiBuilder, ServerBuilder};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::app::App;

/// The page's own scripts and styles, and nothing else. Swagger UI sets styles from script.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                           connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// The document of the routes that every server has, as it is committed.
#[must_use]
pub fn document() -> Value {
    written(super::all(false).into_openapi())
}

/// The document before any route is in it.
pub(crate) fn cover() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Daypass")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("Lends AWS access by the hour."))
        .license(Some(License::new("Apache-2.0")))
        .build();
    let mut components = Components::new();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    OpenApiBuilder::new().info(info).components(Some(components)).build()
}

/// The routes of the description.
pub(crate) fn page() -> Router<App> {
    let page: Router<App> = SwaggerUi::new("/docs").config(Config::from("/openapi.json").validator_url("none")).into();
    page.layer(from_fn(own_policy)).route("/openapi.json", get(openapi))
}

async fn openapi(State(app): State<App>) -> Json<Value> {
    let mut document = super::all(app.development.is_some()).into_openapi();
    document.servers = app.options.public_url.as_ref().map(|url| vec![ServerBuilder::new().url(url.as_str()).build()]);
    Json(written(document))
}

fn written(document: OpenApi) -> Value {
    // A document made of maps and texts cannot fail to be written.
    let mut document = serde_json::to_value(document).unwrap_or_default();
    never_null(&mut document);
    document
}

/// No field of this API is ever `null`, in either direction: what is absent is absent. The generator takes every optional
/// field for one that may be `null` as well.
fn never_null(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(never_null),
        Value::Object(fields) => {
            if let Some(Value::Array(types)) = fields.get_mut("type") {
                types.retain(|kind| kind != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    fields.insert("type".to_owned(), only);
                }
            }
            if let Some(Value::Array(choices)) = fields.get_mut("oneOf") {
                choices.retain(|choice| choice.get("type").is_none_or(|kind| kind != "null"));
                if let [Value::Object(only)] = choices.as_slice() {
                    let only = only.clone();
                    fields.remove("oneOf");
                    fields.extend(only);
                }
            }
            fields.values_mut().for_each(never_null);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

async fn own_policy(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE_POLICY));
    response
}
