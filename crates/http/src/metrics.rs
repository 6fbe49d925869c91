//! What Prometheus scrapes. Labels are routes, methods, states: few and known. No names of people or projects.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use daypass_vending::reconcile::ReconcileReport;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

/// All metrics. Clones share their values.
pub(crate) struct Metrics {
    registry: Arc<Registry>,
    requests: Family<RequestLabels, Counter>,
    latency: Family<RouteLabels, Histogram>,
    pub(crate) requests_in_flight: Gauge,
    pub(crate) sagas_running: Gauge,
    sessions: Family<StatusLabels, Gauge>,
    undelivered: Gauge,
    settled: Family<WorkLabels, Counter>,
    passes: Counter,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: Text,
    route: Text,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    method: Text,
    route: Text,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StatusLabels {
    status: Text,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WorkLabels {
    outcome: Text,
}

/// A label's value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Text(Arc<str>);

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("daypass");
        let requests = Family::default();
        registry.register("http_requests", "Requests answered", requests.clone());
        // From half a millisecond to 16 s.
        let buckets = || Histogram::new(exponential_buckets(0.0005, 2.0, 16));
        let latency = Family::new_with_constructor(buckets as fn() -> Histogram);
        registry.register("http_request_duration_seconds", "Time to answer", latency.clone());
        let requests_in_flight = Gauge::default();
        registry.register("http_requests_in_flight", "Requests being answered", requests_in_flight.clone());
        let sagas_running = Gauge::default();
        registry.register("sagas_running", "Sessions being carried on by this process", sagas_running.clone());
        let sessions = Family::default();
        registry.register("sessions", "Sessions that are not over, by status", sessions.clone());
        let undelivered = Gauge::default();
        registry.register("alerts_undelivered", "Alerts that wait for delivery, at most 1000", undelivered.clone());
        let settled = Family::default();
        registry.register("reconciler_outcomes", "What reconciler passes did", settled.clone());
        let passes = Counter::default();
        registry.register("reconciler_passes", "Passes of the reconciler", passes.clone());
        let registry = Arc::new(registry);
        Self { registry, requests, latency, requests_in_flight, sagas_running, sessions, undelivered, settled, passes }
    }

    /// Count an answer.
    pub(crate) fn answered(&self, method: &Method, route: &str, status: u16, latency: Duration) {
        let (method, route) = (Text::method(method), Text(route.into()));
        self.latency
            .get_or_create(&RouteLabels { method: method.clone(), route: route.clone() })
            .observe(latency.as_secs_f64());
        self.requests.get_or_create(&RequestLabels { method, route, status }).inc();
    }

    /// Count what a pass of the reconciler did.
    pub(crate) fn reconciled(&self, report: &ReconcileReport) {
        self.passes.inc();
        let outcomes = [
            ("expired", report.expired),
            ("revoked", report.revoked),
            ("rolled_forward", report.rolled_forward),
            ("undone", report.undone),
            ("extended", report.extended),
            ("lapsed", report.lapsed),
            ("stuck", report.stuck),
            ("alert_delivered", report.alerts_delivered),
            ("alert_undelivered", report.alerts_undelivered),
            ("quarantined", report.quarantined),
            ("orphan_deleted", report.orphans_deleted),
            ("drifted", report.drifted),
            ("error", u32::try_from(report.errors.len()).unwrap_or(u32::MAX)),
        ];
        for (outcome, count) in outcomes {
            self.settled.get_or_create(&WorkLabels { outcome: Text(outcome.into()) }).inc_by(u64::from(count));
        }
    }

    /// Set how many sessions are in a state.
    pub(crate) fn set_sessions(&self, status: &str, count: usize) {
        let gauge = self.sessions.get_or_create(&StatusLabels { status: Text(status.into()) });
        gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// Set how many alerts wait.
    pub(crate) fn set_undelivered(&self, count: usize) {
        self.undelivered.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// Everything in the OpenMetrics text format.
    pub(crate) fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

impl Text {
    /// Methods that nobody defined would be labels that anybody makes up.
    fn method(method: &Method) -> Self {
        let known = [Method::GET, Method::POST, Method::DELETE, Method::PUT, Method::PATCH, Method::HEAD];
        Self(if known.contains(method) { method.as_str().into() } else { "other".into() })
    }
}

impl EncodeLabelValue for Text {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        EncodeLabelValue::encode(&&*self.0, encoder)
    }
}
