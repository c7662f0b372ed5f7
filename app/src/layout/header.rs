//! The head of every page: name, ways into the market by role, language, who is signed in.
//!
//! On a narrow screen the ways and the account wait behind a button, as a popover, which browsers open
//! and close by themselves; where there is room, and in a browser that knows no popovers, they stand open.

use domain::{Role, Viewer};
use leptos::prelude::*;

use super::preferences;
use crate::{context::PageContext, words::Words};

/// A way in: its address and its word.
type Way = (&'static str, &'static str);

pub(super) fn view(ctx: &PageContext) -> AnyView {
    let words = ctx.words();
    let inbox = ctx.viewer.as_ref().map(|_| inbox(ctx));
    let links: Vec<_> = ways(words, ctx.viewer.as_ref().map(|viewer| viewer.role))
        .into_iter()
        .map(|(href, label)| {
            let current = is_within(ctx.path_only(), href).then_some("page");
            view! { <li><a href=href aria-current=current>{label}</a></li> }
        })
        .collect();
    let own = match &ctx.viewer {
        None => visitor(ctx),
        Some(viewer) => member(ctx, viewer),
    };
    view! {
        <header class="masthead">
            <div class="bar">
                <a class="brand" href="/">
                    <span class="mark" inner_html=LOGO></span>
                    <span class="name"><b lang="ja">"雲市"</b>" Kumoichi"</span>
                    <span class="aside">{words.common_home()}</span>
                </a>
                <div class="menu" id="menu" popover="auto">
                    <nav class="ways" aria-label=words.common_navigation_main()><ul>{links}{inbox}</ul></nav>
                    <div class="own">{own}</div>
                </div>
                {preferences::language_switch(ctx)}
                <button class="button small menu-button" type="button" popovertarget="menu">{words.common_menu()}</button>
            </div>
        </header>
    }
    .into_any()
}

/// The way to the inbox, with the number of what nobody has read.
fn inbox(ctx: &PageContext) -> AnyView {
    let words = ctx.words();
    let current = is_within(ctx.path_only(), "/inbox").then_some("page");
    let most = broker::notices::NOTICES_COUNTED;
    let shown = match ctx.unread {
        0 => None,
        many if many >= most => Some(format!("{}+", most - 1)),
        some => Some(some.to_string()),
    };
    // Who hears the number hears what it counts.
    let count = shown.map(|shown| {
        view! { " "<span class="count">{shown}<span class="said">" "{words.inbox_unread_said()}</span></span> }
    });
    view! { <li><a href="/inbox" aria-current=current>{words.inbox_title()}{count}</a></li> }
        .into_any()
}

/// A cloud as the awning of a market stall.
pub(crate) const LOGO: &str = include_str!("../../../public/logo.svg");

fn ways(words: Words, role: Option<Role>) -> Vec<Way> {
    let market = ("/market", words.common_way_market());
    match role {
        None => vec![
            market,
            ("/needs/new", words.common_way_describe()),
            ("/how-ranking-works", words.common_way_ranking()),
        ],
        Some(Role::Customer) => vec![
            market,
            ("/needs", words.common_way_needs()),
            ("/services", words.common_way_services()),
            ("/contracts", words.common_way_contracts()),
        ],
        Some(Role::Provider) => vec![
            market,
            ("/provider/offers", words.common_way_offers()),
            ("/provider/connection", words.portal_connection_title()),
        ],
        Some(Role::Broker) => vec![
            ("/desk", words.common_way_desk()),
            ("/desk/workflows", words.common_way_workflows()),
            ("/desk/audit", words.common_way_audit()),
            market,
        ],
    }
}

/// Whether `path` is the page at `way` or below it; `/desk` is only itself, as its parts have their own ways.
fn is_within(path: &str, way: &str) -> bool {
    path == way
        || (way != "/desk" && path.strip_prefix(way).is_some_and(|rest| rest.starts_with('/')))
}

fn visitor(ctx: &PageContext) -> AnyView {
    let words = ctx.words();
    view! {
        <a class="sign-in" href="/account/sign-in">{words.common_account_sign_in()}</a>
        <span class="sign-up"><a class="button small" href="/account/sign-up">{words.common_account_sign_up()}</a></span>
    }
    .into_any()
}

fn member(ctx: &PageContext, viewer: &Viewer) -> AnyView {
    let words = ctx.words();
    view! {
        <a class="member" href="/account" title=words.common_account_open()>
            <span class="person">{viewer.name.clone()}</span>
            <span class="organisation">{viewer.organisation_name.clone()}</span>
        </a>
        <form method="post" action="/account/sign-out">
            <button class="button small">{words.common_account_sign_out()}</button>
        </form>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_is_current_on_its_pages_and_no_others() {
        assert!(is_within("/market/offers/1", "/market"));
        assert!(!is_within("/marketing", "/market"));
        assert!(!is_within("/desk/audit", "/desk"));
    }
}
