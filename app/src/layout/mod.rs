//! What surrounds every page: header, navigation, message, footer, switches, error pages.

pub mod error_page;
mod footer;
mod header;
pub(crate) mod preferences;

use leptos::prelude::*;

pub use error_page::fail;

use crate::{
    announcements,
    context::{FlashKind, PageContext},
    render::Width,
    ui::{Kind, notice},
};

/// Puts a page's body between header and footer.
pub fn shell(ctx: &PageContext, width: Width, body: AnyView) -> AnyView {
    let words = ctx.words();
    let class = match width {
        Width::Reading => "page reading",
        Width::Normal => "page",
        Width::Wide => "page wide",
    };
    view! {
        <a class="skip" href="#main">{words.common_skip()}</a>
        {header::view(ctx)}
        <main id="main" class=class tabindex="-1">
            {announcements::banner(ctx)}
            {flash(ctx)}
            {body}
        </main>
        {footer::view(ctx)}
    }
    .into_any()
}

fn flash(ctx: &PageContext) -> Option<AnyView> {
    let flash = ctx.flash.clone()?;
    let kind = match flash.kind {
        FlashKind::Done => Kind::Done,
        FlashKind::Note => Kind::Note,
        FlashKind::Problem => Kind::Problem,
    };
    let inside = notice(kind, flash.text, ().into_any());
    Some(view! { <div class="flash" role="status">{inside}</div> }.into_any())
}
