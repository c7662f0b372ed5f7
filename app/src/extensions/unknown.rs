//! Keys in an offer that nobody in the market knows, with the way to say what they mean.

use leptos::prelude::*;
use sla::{Extension, Offer};

use crate::{
    address::Address,
    ui::{Kind, notice},
    words::Words,
};

/// For the provider of the offer; nothing where every key is known. A key is proposed once an offer that names it is
/// saved.
pub(crate) fn keys(words: Words, offer: &Offer, saved: bool) -> Option<AnyView> {
    let unknown = |key: &&str| Extension::is_key(key) && sla::registry().item(key).is_none();
    let keys: Vec<&str> =
        offer.spec.items.iter().map(|item| item.item.as_str()).filter(unknown).collect();
    let all = keys.iter().map(|key| {
        let way = saved.then(|| {
            let href = Address::new("/provider/items/new").and("key", *key).to_string();
            view! { " "<a href=href>{words.extend_unknown_action(*key)}</a> }
        });
        view! { <p>{words.extend_unknown(*key)}{way}</p> }
    });
    (!keys.is_empty())
        .then(|| notice(Kind::Note, words.extend_title(), all.collect_view().into_any()))
}
