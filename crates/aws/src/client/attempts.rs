//! Remembers over the attempts of one call whether one of them may have had its effect unseen.
//!
//! The SDK tells only how the last attempt ended: a call whose first attempt was lost after its effect and whose second was
//! throttled would look as if it had not happened. A service's answer to a later attempt is marked with an extension; an
//! error without an answer becomes a timeout, which is what stands for "it may have happened".

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextMut, FinalizerInterceptorContextMut, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::OrchestratorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};

use crate::errors::never_sent;

/// The interceptor. Every client of ours has it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WatchAttempts;

/// An earlier attempt of this call was sent and nobody knows what became of it.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("an earlier attempt was sent and not answered")]
pub(crate) struct EarlierUnanswered;

impl Storable for EarlierUnanswered {
    type Storer = StoreReplace<Self>;
}

impl Intercept for WatchAttempts {
    fn name(&self) -> &'static str {
        "WatchAttempts"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if bag.load::<EarlierUnanswered>().is_some() {
            context.response_mut().add_extension(EarlierUnanswered);
        }
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let failed_inside = context.response().is_some_and(|response| response.status().is_server_error());
        let unanswered = match context.output_or_error() {
            Some(Err(error)) => failed_inside || is_unanswered(error),
            _ => false,
        };
        if unanswered {
            bag.interceptor_state().store_put(EarlierUnanswered);
        }
        Ok(())
    }

    fn modify_before_completion(
        &self,
        context: &mut FinalizerInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if bag.load::<EarlierUnanswered>().is_some()
            && let Some(Err(error)) = context.output_or_error_mut()
            && error.is_connector_error()
        {
            *error = OrchestratorError::timeout(EarlierUnanswered.into());
        }
        Ok(())
    }
}

fn is_unanswered<E>(error: &OrchestratorError<E>) -> bool {
    match error.as_connector_error() {
        Some(connector) => !never_sent(connector),
        None => error.is_timeout_error() || error.is_response_error(),
    }
}
