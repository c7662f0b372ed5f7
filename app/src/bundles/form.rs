//! The form of a bundle.

use broker::{
    BrokerError, FieldFault,
    bundles::{BundleText, BundleView, BundleWish, OFFERS, TEXT_MAX, TITLE_MAX},
};
use domain::OfferId;
use leptos::prelude::*;

use crate::{
    fault::{fault_text, note_faults},
    form::FormState,
    ui::{Button, Field, RadioGroup, Select},
    words::Words,
};

const TITLES: [&str; 2] = ["titleEn", "titleJa"];
const TEXTS: [&str; 2] = ["textEn", "textJa"];
const SHOWN: &str = "shown";

fn offer_field(at: usize) -> String {
    format!("offer{}", at + 1)
}

/// An offer to choose.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    pub id: String,
    pub title: String,
}

/// The number of an offer as it was typed: by itself, or in the address of its page.
fn offer_of(typed: &str) -> Option<OfferId> {
    let start = typed.find("ofr_")?;
    let id = typed[start..].split(['/', '?', '#', ' ']).next()?;
    id.parse().ok()
}

/// Reads it; what cannot be read stands at its field.
pub(super) fn read(form: &mut FormState, words: Words) -> Option<BundleWish> {
    let mut offers = Vec::new();
    for at in 0..*OFFERS.end() {
        let name = offer_field(at);
        let typed = form.value(&name).trim().to_owned();
        if typed.is_empty() {
            continue;
        }
        match offer_of(&typed) {
            Some(offer) => offers.push(offer),
            None => form.fail(&name, words.bundles_fault_offer()),
        }
    }
    let text = |name: &str| form.value(name).to_owned();
    let text = BundleText {
        title_en: text(TITLES[0]),
        title_ja: text(TITLES[1]),
        text_en: text(TEXTS[0]),
        text_ja: text(TEXTS[1]),
        shown: form.value(SHOWN) == "yes",
    };
    form.is_sound().then_some(BundleWish { text, offers })
}

/// Notes the faults at their fields; `false`: none of the reader's making.
pub(super) fn note(form: &mut FormState, words: Words, error: &BrokerError) -> bool {
    match error {
        BrokerError::Invalid(faults) => {
            // An empty field between two others has no offer: faults count those that are there.
            let filled: Vec<String> = (0..*OFFERS.end())
                .map(offer_field)
                .filter(|name| form.filled(name).is_some())
                .collect();
            for fault in faults {
                let (field, text) = placed(words, fault, &filled);
                form.fail(&field, text);
            }
            true
        }
        BrokerError::Conflict { code: "too_many_bundles", .. } => {
            form.fail("", words.bundles_fault_too_many());
            true
        }
        BrokerError::Conflict { code: "changed_meanwhile", .. } => {
            form.fail("", words.bundles_fault_meanwhile());
            true
        }
        _ => note_faults(form, words, error),
    }
}

fn placed(words: Words, fault: &FieldFault, filled: &[String]) -> (String, String) {
    let at = fault.pointer.strip_prefix("/offers/").and_then(|at| at.parse::<usize>().ok());
    let field = match (fault.pointer.as_str(), at) {
        (_, Some(at)) => filled.get(at).cloned().unwrap_or_else(|| offer_field(at)),
        ("/offers", _) => offer_field(0),
        ("/title/ja", _) => TITLES[1].to_owned(),
        ("/text/en", _) => TEXTS[0].to_owned(),
        ("/text/ja", _) => TEXTS[1].to_owned(),
        _ => TITLES[0].to_owned(),
    };
    let text = match fault.code.as_str() {
        "title_missing" => words.announce_fault_title().to_owned(),
        "offer_count" => words.bundles_fault_count().to_owned(),
        "offer_unknown" => words.bundles_fault_unknown().to_owned(),
        "foreign_offer" => words.bundles_fault_foreign().to_owned(),
        _ => fault_text(words, fault),
    };
    (field, text)
}

/// The form filled with what stands.
pub(super) fn filled(one: &BundleView) -> FormState {
    let written = &one.written;
    let form = FormState::empty()
        .with(TITLES[0], written.title_en.clone())
        .with(TITLES[1], written.title_ja.clone())
        .with(TEXTS[0], written.text_en.clone())
        .with(TEXTS[1], written.text_ja.clone())
        .with(SHOWN, if written.shown { "yes" } else { "no" })
        .with("revision", one.revision.to_string());
    one.members
        .iter()
        .enumerate()
        .fold(form, |form, (at, member)| form.with(&offer_field(at), member.offer.to_string()))
}

/// The fields; `at`: where they are sent.
pub(super) fn view(
    words: Words,
    form: &FormState,
    at: &str,
    send: &str,
    own: &[Choice],
) -> AnyView {
    let most = |characters: usize| u32::try_from(characters).unwrap_or(u32::MAX);
    let title = |name: &str, label: &str| {
        Field::text(name, label)
            .hint(words.announce_title_hint())
            .of(form)
            .max_length(most(TITLE_MAX))
            .view()
    };
    let text = |name: &str, label: &str| {
        Field::area(name, label, 4).of(form).max_length(most(TEXT_MAX)).view()
    };
    let offers = (0..*OFFERS.end()).map(|at| offer(words, form, at, own)).collect_view();
    let revision = form.value("revision").to_owned();
    let chosen = if form.value(SHOWN) == "no" { "no" } else { "yes" };
    view! {
        <form class="form" method="post" action=at.to_owned()>
            <input type="hidden" name="revision" value=revision/>
            {title(TITLES[0], words.announce_title_en())}
            {title(TITLES[1], words.announce_title_ja())}
            {text(TEXTS[0], words.announce_text_en())}
            {text(TEXTS[1], words.announce_text_ja())}
            {offers}
            {RadioGroup::new(SHOWN, words.bundles_shown())
                .option("yes", words.bundles_shown_yes())
                .option("no", words.bundles_shown_no())
                .chosen([chosen])
                .view()}
            <p class="actions">{Button::primary(send.to_owned()).sends("step", "keep").view()}</p>
        </form>
    }
    .into_any()
}

/// The field of one offer: chosen from one's own, or typed where there are none to choose from.
fn offer(words: Words, form: &FormState, at: usize, own: &[Choice]) -> AnyView {
    let (name, label) = (offer_field(at), words.bundles_offer((at + 1).to_string()));
    let needed = at < *OFFERS.start();
    if own.is_empty() {
        let field = Field::text(&name, &label).hint(words.bundles_offer_hint()).of(form);
        return if needed { field.required().view() } else { field.view() };
    }
    let none = Select::new(&name, &label).option("", words.bundles_offer_none());
    let chosen = form.value(&name);
    // One that left the market since stays what it is until another one is chosen.
    let gone = !chosen.is_empty() && own.iter().all(|choice| choice.id != chosen);
    let select = if gone { none.option(chosen, chosen) } else { none };
    own.iter()
        .fold(select, |select, choice| select.option(choice.id.clone(), choice.title.clone()))
        .of(form)
        .view()
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn an_offer_is_named_by_its_number_or_by_the_address_of_its_page() {
        let id: OfferId = "ofr_00000000000000000000000007".parse().expect("a number");
        for typed in [
            id.to_string(),
            format!("https://market.example/market/offers/{id}?need=template%3Ax#price"),
            format!("  {id} "),
        ] {
            assert_eq!(offer_of(&typed), Some(id), "{typed}");
        }
        for wrong in ["", "hokusei", "ofr_1", "req_00000000000000000000000007"] {
            assert_eq!(offer_of(wrong), None, "{wrong}");
        }
    }
}
