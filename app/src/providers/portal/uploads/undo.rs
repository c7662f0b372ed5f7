//! Undoing an upload: what would happen, and doing it.

use axum::{
    extract::{Path, State},
    response::Response,
};
use broker::offers::UndoneCounts;
use leptos::prelude::*;

use super::{address, answered, name, upload_id};
use crate::{
    AppState,
    account::OfProvider,
    layout::fail,
    providers::portal::edit,
    render::{Page, Width, page},
    ui::{Button, Kind, Look, link_button, notice, page_head},
    words::Words,
};

/// What becomes, or became, of how many offers.
pub(super) fn counts(words: Words, counts: UndoneCounts) -> AnyView {
    let lines = [
        (counts.withdrawn, words.uploads_undo_withdrawn(counts.withdrawn)),
        (counts.restored, words.uploads_undo_restored(counts.restored)),
        (counts.deleted, words.uploads_undo_deleted(counts.deleted)),
        (counts.kept, words.uploads_undo_kept(counts.kept)),
    ];
    let lines = lines.into_iter().filter(|(count, _)| *count > 0);
    let lines = lines.map(|(_, line)| view! { <li>{line}</li> }).collect_view();
    view! { <ul>{lines}</ul> }.into_any()
}

pub(in crate::providers::portal) async fn ask(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    let found = async {
        let id = upload_id(&id)?;
        let one = state.broker.upload(&ctx.op(), id).await?;
        Ok((one, state.broker.undo_preview(&ctx.op(), id).await?))
    };
    let (one, preview) = match found.await {
        Ok(found) => found,
        Err(error) => return fail(&ctx, error),
    };
    let words = ctx.words();
    let at = address(one.id);
    if !one.can_undo() {
        return crate::render::redirect(&at, None);
    }
    let file = name(words, &one);
    let title = words.uploads_undo_title(file);
    let something = preview.deleted + preview.withdrawn + preview.restored > 0;
    page(&ctx, Page::new(title.clone()).width(Width::Reading).private(), || {
        let hints = view! {
            {counts(words, preview)}
            <ul>
                <li>{words.uploads_undo_contracts()}</li>
                {(preview.restored > 0).then(|| view! { <li>{words.uploads_undo_unsigned()}</li> })}
            </ul>
        };
        let title_of_notice =
            if something { words.uploads_undo_text() } else { words.uploads_undo_nothing() };
        view! {
            {edit::trail_to(words, (words.uploads_title(), super::AT))}
            {page_head(title, None, vec![])}
            <div class="flash">{notice(Kind::Attention, title_of_notice, hints.into_any())}</div>
            <form class="actions" method="post" action=format!("{at}/undo")>
                {something.then(|| Button::danger(words.uploads_undo()).view())}
                {link_button(Look::Quiet, words.common_cancel(), at.clone())}
            </form>
        }
        .into_any()
    })
}

pub(in crate::providers::portal) async fn undo(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    let done = async { state.broker.undo_upload(&ctx.op(), upload_id(&id)?).await };
    answered(&ctx, done.await, &id, ctx.words().uploads_undone())
}
