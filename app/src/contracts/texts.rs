//! The texts of the offer that were signed before a change and with it, word for word.

use axum::{
    extract::{Path, State},
    response::Response,
};
use broker::{
    BrokerError,
    changes::{ChangeView, Terms},
    contracts::ContractPage,
};
use leptos::prelude::*;

use super::{contract_id, documents::document};
use crate::{
    AppState, PageContext,
    account::guard,
    layout::fail,
    render::{Page, page},
    ui::{breadcrumbs, page_head},
};

/// Text and hash.
type Frozen = (String, String);

/// What the page shows.
struct Shown {
    contract: ContractPage,
    change: ChangeView,
    before: Frozen,
    after: Frozen,
}

pub(super) async fn show(
    ctx: PageContext,
    State(state): State<AppState>,
    Path((id, number)): Path<(String, String)>,
) -> Response {
    if let Some(refusal) = guard::refuse_strangers(&ctx) {
        return refusal;
    }
    match read(&ctx, &state, &id, &number).await {
        Ok(shown) => sheet(&ctx, &shown),
        Err(error) => fail(&ctx, error),
    }
}

async fn read(
    ctx: &PageContext,
    state: &AppState,
    id: &str,
    number: &str,
) -> Result<Shown, BrokerError> {
    let missing = || BrokerError::NotFound { what: "change" };
    let (id, number) = (contract_id(id)?, number.parse::<i64>().map_err(|_| missing())?);
    let op = ctx.op();
    let contract = state.broker.contract(&op, id).await?;
    let change = state.broker.change(&op, id, number).await?;
    let texts = state.broker.signed_texts(&op, id, number).await?;
    let (before, after) = texts.ok_or_else(missing)?;
    let (before, after) = ((before.text, before.hash), (after.text, after.hash));
    Ok(Shown { contract, change, before, after })
}

fn sheet(ctx: &PageContext, shown: &Shown) -> Response {
    let words = ctx.words();
    let card = &shown.contract.card;
    let title = words.changes_texts_title(shown.change.number);
    page(ctx, Page::new(format!("{title}: {}", card.service_name)).private(), || {
        let one = |title: &str, terms: &Terms, (text, hash): &Frozen| {
            let version = words.contracts_offer_version(terms.offer_version);
            document(ctx, format!("{title} {version}"), text, hash)
        };
        view! {
            {breadcrumbs(words, vec![
                (words.common_way_services().to_owned(), "/services".to_owned()),
                (card.service_name.clone(), format!("/contracts/{}", card.id)),
            ])}
            {page_head(title, Some(words.changes_texts_lead().to_owned()), vec![])}
            {one(words.changes_texts_before(), &shown.change.before, &shown.before)}
            {one(words.changes_texts_after(), &shown.change.after, &shown.after)}
        }
        .into_any()
    })
}
