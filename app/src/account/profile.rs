//! Who is signed in and for which organisation.

use axum::response::Response;
use domain::Role;
use leptos::prelude::*;

use super::guard::{home_of, refuse_strangers, role_word};
use crate::{
    PageContext,
    render::{Page, Width, page},
    ui::{Look, definitions, id, link_button, page_head, section},
    words::Words,
};

pub(super) async fn show(ctx: PageContext) -> Response {
    if let Some(refusal) = refuse_strangers(&ctx) {
        return refusal;
    }
    let Some(viewer) = ctx.viewer.clone() else {
        return crate::layout::fail(&ctx, broker::BrokerError::SignInFirst);
    };
    let words = ctx.words();
    let about = Page::new(words.account_profile_title()).width(Width::Reading).private();
    page(&ctx, about, || {
        let person = definitions(vec![
            (words.account_field_name().to_owned(), viewer.name.clone().into_any()),
            (words.account_profile_id().to_owned(), id(&ctx, &viewer.user.to_string())),
        ]);
        let organisation = definitions(vec![
            (
                words.account_field_organisation().to_owned(),
                viewer.organisation_name.clone().into_any(),
            ),
            (words.account_profile_role().to_owned(), role_word(words, viewer.role).into_any()),
            (words.account_profile_id().to_owned(), id(&ctx, &viewer.organisation.to_string())),
        ]);
        view! {
            {page_head(words.account_profile_title(), None, vec![
                link_button(Look::Secondary, words.account_profile_home(), home_of(viewer.role)),
            ])}
            {section("person", words.account_profile_person(), person)}
            {section("organisation", words.account_profile_organisation(), organisation)}
            {section("tokens", words.account_tokens_title(), tokens_note(words))}
            {section("channels", words.channels_title(), view! {
                <p class="actions">{link_button(Look::Secondary, words.channels_open(), "/account/channels")}</p>
            }.into_any())}
            {(viewer.role != Role::Broker).then(|| section("invitations", words.audience_mine_title(), view! {
                <p>{words.audience_profile_text()}</p>
                <p class="actions">{link_button(Look::Secondary, words.audience_profile_open(), "/invitations")}</p>
            }.into_any()))}
            {section("leave", words.common_account_sign_out(), leave(words))}
        }
        .into_any()
    })
}

fn tokens_note(words: Words) -> AnyView {
    view! {
        <p>{words.account_tokens_lead()}</p>
        <p class="actions">{link_button(Look::Secondary, words.account_tokens_open(), "/account/tokens")}</p>
    }
    .into_any()
}

fn leave(words: Words) -> AnyView {
    view! {
        <form method="post" action="/account/sign-out">
            <button class="button">{words.common_account_sign_out()}</button>
        </form>
    }
    .into_any()
}
