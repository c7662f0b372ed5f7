//! An item as everybody would see it, before it is proposed and while it waits.

use leptos::prelude::*;
use sla::{Extension, Registered};

use crate::{
    items::{drawn, facts, values},
    ui::section,
    words::Words,
};

/// Its titles in both languages, what it takes, its words and how its values are drawn.
pub(super) fn view(words: Words, extension: &Extension) -> AnyView {
    // It need not be registered to be drawn; nothing is kept of it.
    let item = extension.item(Registered { version: 0, retired: false });
    let titles = extension.title.0.iter().map(|(language, title)| {
        let help = extension.help.0.get(language).cloned().unwrap_or_default();
        view! { <div lang=language.clone()><p><strong>{title.clone()}</strong></p><p>{help}</p></div> }
    });
    let body = view! {
        <div class="stack">
            {titles.collect_view()}
            {facts(words, &item)}
            {values(words, &item)}
            {drawn(words, &item)}
        </div>
    };
    section("preview", words.extend_preview_title(), body.into_any())
}
