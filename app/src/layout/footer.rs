//! The foot of every page: what this is, where to read on, and the choice of colours.

use leptos::prelude::*;

use super::preferences;
use crate::context::PageContext;

pub(super) fn view(ctx: &PageContext) -> AnyView {
    let words = ctx.words();
    view! {
        <footer class="foot">
            <div class="bar">
                <p class="motto">{words.common_footer_motto()}</p>
                <ul>
                    <li><a href="/how-ranking-works">{words.common_way_ranking()}</a></li>
                    <li><a href="/market/bundles">{words.bundles_title()}</a></li>
                    <li><a href="/categories">{words.catalog_title()}</a></li>
                    <li><a href="/announcements">{words.announce_title()}</a></li>
                    <li><a href="/items">{words.common_footer_items()}</a></li>
                    <li><a href="/api/v1/openapi.json">{words.common_footer_api()}</a></li>
                    <li><a href="/design">{words.common_footer_design()}</a></li>
                </ul>
                {preferences::theme_switch(ctx)}
            </div>
        </footer>
    }
    .into_any()
}
