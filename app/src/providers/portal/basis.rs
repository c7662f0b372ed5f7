//! What a change is made of, an offer and its version: every form on the way to saving carries it, so that
//! nobody saves over a version that was not seen.

use broker::offers::{MadeOf, OwnOffer};
use leptos::prelude::*;

use crate::{
    PageContext,
    form::FormState,
    ui::{Kind, notice},
};

const OFFER: &str = "offer";
const VERSION: &str = "version";

/// The form of a change of an offer as it is now.
pub(super) fn of(form: FormState, offer: &OwnOffer) -> FormState {
    let card = &offer.card;
    form.with(OFFER, card.id.to_string()).with(VERSION, card.current_version.to_string())
}

/// What a form says it was made of; a version that nobody was given is none.
pub(super) fn read(form: &FormState) -> Option<MadeOf> {
    let offer = form.value(OFFER).parse().ok()?;
    let version = form.filled(VERSION)?.parse().unwrap_or_default();
    Some(MadeOf { offer, version })
}

/// The fields that carry it.
pub(super) fn fields(made_of: Option<MadeOf>) -> Option<AnyView> {
    made_of.map(|made_of| {
        view! {
            <input type="hidden" name=OFFER value=made_of.offer.to_string()/>
            <input type="hidden" name=VERSION value=made_of.version.to_string()/>
        }
        .into_any()
    })
}

/// What is said before a change is saved over an offer: that somebody saved it meanwhile, or, where the
/// change does not know the offer, that there is one. Nothing where it was made of the newest version.
pub(super) fn about(
    ctx: &PageContext,
    offer: &OwnOffer,
    made_of: Option<MadeOf>,
) -> Option<AnyView> {
    let words = ctx.words();
    let card = &offer.card;
    let newest = card.current_version;
    let known = made_of.filter(|made_of| made_of.offer == card.id).map(|made_of| made_of.version);
    if known == Some(newest) {
        return None;
    }
    let link = |text: String| {
        view! { <a href=format!("/provider/offers/{}", card.id)>{text}</a> }.into_any()
    };
    if known.is_some() {
        let body = view! {
            <p>{words.portal_preview_newer_text(newest + 1)}</p>
            <p>{link(words.portal_preview_newer_open(newest))}</p>
        };
        let inside = notice(Kind::Attention, words.portal_preview_newer(newest), body.into_any());
        return Some(view! { <div class="summary" role="alert">{inside}</div> }.into_any());
    }
    let text = match card.published_version {
        Some(shown) => words.portal_preview_next_shown(newest, shown),
        None => words.portal_preview_next_draft(newest),
    };
    let title = ctx.locale.pick(&card.title_en, &card.title_ja).to_owned();
    let body = view! { <p>{text}" "{link(title)}</p> }.into_any();
    Some(notice(Kind::Attention, words.portal_preview_next(), body))
}
