//! Saving a checked document as a draft or next version, and publishing it at once if wanted.

use axum::{extract::State, http::StatusCode, response::Response};
use broker::BrokerError;

use super::{basis, document, life};
use crate::{
    AppState, FlashKind, account::OfProvider, form::FormState, layout::fail, render::redirect,
};

pub(super) async fn save(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    form: FormState,
) -> Response {
    let op = ctx.op();
    let words = ctx.words();
    let text = form.value("yaml");
    let saved = match basis::read(&form) {
        Some(made_of) => state.broker.revise_offer(&op, text, made_of).await,
        None => state.broker.save_offer(&op, text).await,
    };
    let saved = match saved {
        Ok(saved) => saved,
        Err(BrokerError::Conflict { code: "offer_changed", .. }) => {
            // Once more, with the version named that somebody saved meanwhile.
            return match document::previewed(&ctx, &state, form, None, StatusCode::CONFLICT).await {
                Ok(page) => page,
                Err(error) => fail(&ctx, error),
            };
        }
        Err(BrokerError::Invalid(faults)) => {
            return document::faulty(&ctx, &state, form, None, &faults).await;
        }
        Err(error) => return fail(&ctx, error),
    };
    // What was typed is saved now; a new offer was kept without an id.
    for kept in [Some(saved.card.id), basis::read(&form).map(|of| of.offer)] {
        if let Err(error) = state.broker.drop_working_copies(&op, kept).await {
            tracing::warn!(%error, "a working copy could not be dropped");
        }
    }
    let page = format!("/provider/offers/{}", saved.card.id);
    if form.value("step") != "publish" {
        let text = words.portal_saved(saved.card.current_version);
        return redirect(&page, Some((FlashKind::Done, text)));
    }
    match state.broker.publish_offer(&op, saved.card.id).await {
        Ok(shown) => redirect(&page, Some(life::became(&ctx, &shown))),
        // The draft is kept; only the publication was refused.
        Err(BrokerError::Conflict { .. }) => {
            redirect(&page, Some((FlashKind::Problem, words.portal_not_published().to_owned())))
        }
        Err(error) => fail(&ctx, error),
    }
}
