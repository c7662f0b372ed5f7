//! The guided form: its names, what was typed as the use case wants it, and faults at their fields.

use broker::{FieldFault, offers::OfferForm};
use sla::{ItemDef, ItemKind};

use crate::{fault::fault_text, form::FormState, words::Words};

/// The fields beside the promised items, named as the faults of the use case name them.
pub(super) const TEXTS: [&str; 12] = [
    "name",
    "title_en",
    "title_ja",
    "description_en",
    "description_ja",
    "model",
    "deployment",
    "region",
    "country",
    "price",
    "currency",
    "commitment",
];

/// The items a form can carry: what the broker derives is not asked, and a level that needs its scheme
/// stands in documents only.
pub(super) fn items() -> impl Iterator<Item = &'static ItemDef> {
    sla::registry()
        .items()
        .iter()
        .filter(|item| !item.derived && item.kind != ItemKind::SchemeLevel)
}

/// What was typed, for the use case.
pub(super) fn read(form: &FormState) -> OfferForm {
    let text = |name: &str| form.value(name).to_owned();
    OfferForm {
        name: text("name"),
        title_en: text("title_en"),
        title_ja: text("title_ja"),
        description_en: text("description_en"),
        description_ja: text("description_ja"),
        model: text("model"),
        deployment: text("deployment"),
        region: text("region"),
        country: text("country"),
        price: text("price"),
        currency: text("currency"),
        commitment: text("commitment"),
        items: items()
            .map(|item| {
                let values: Vec<&str> =
                    form.values(&item.key).filter(|value| !value.is_empty()).collect();
                (item.key.clone(), values.join(", "))
            })
            .filter(|(_, value)| !value.trim().is_empty())
            .collect(),
    }
}

/// A form filled from an offer.
pub(super) fn filled(offer: &OfferForm) -> FormState {
    let texts = [
        &offer.name,
        &offer.title_en,
        &offer.title_ja,
        &offer.description_en,
        &offer.description_ja,
        &offer.model,
        &offer.deployment,
        &offer.region,
        &offer.country,
        &offer.price,
        &offer.currency,
        &offer.commitment,
    ];
    let form = TEXTS
        .iter()
        .zip(texts)
        .fold(FormState::empty(), |form, (name, value)| form.with(name, value.clone()));
    offer.items.iter().fold(form, |form, (key, value)| {
        let is_set =
            sla::registry().item(key).is_some_and(|item| matches!(item.kind, ItemKind::Set(_)));
        if !is_set {
            return form.with(key, value.clone());
        }
        value.split(", ").fold(form, |form, member| form.and(key, member))
    })
}

/// A form nobody has filled in, with the values most begin with.
pub(super) fn fresh() -> FormState {
    [
        ("model", "IaaS"),
        ("deployment", "public"),
        ("country", "JP"),
        ("currency", "JPY"),
        ("commitment", "objective"),
    ]
    .into_iter()
    .fold(FormState::empty(), |form, (name, value)| form.with(name, value))
}

/// Notes faults at their fields; those of no field are told with their place in the document.
pub(super) fn note(form: &mut FormState, words: Words, faults: &[FieldFault]) {
    for fault in faults {
        let text = match (fault.pointer.as_str(), fault.code.as_str()) {
            ("/items", "missing") => words.portal_form_promises_none().to_owned(),
            _ => fault_text(words, fault),
        };
        let field =
            fault.pointer.strip_prefix("/items/").unwrap_or(fault.pointer.trim_start_matches('/'));
        let known =
            TEXTS.contains(&field) || field == "items" || items().any(|item| item.key == field);
        if known {
            form.fail(field, text);
        } else {
            form.fail("", format!("{}: {text}", fault.pointer));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Locale;

    #[test]
    fn sets_are_filled_as_checked_boxes_and_read_back() {
        let offer = OfferForm {
            name: "aoba-iaas".to_owned(),
            items: vec![
                ("availability.service_uptime".to_owned(), "99.95 %".to_owned()),
                ("security.certifications".to_owned(), "iso27001, ismap".to_owned()),
            ],
            ..OfferForm::default()
        };
        let form = filled(&offer);
        assert!(form.has("security.certifications", "ismap"));
        assert_eq!(read(&form), offer);
    }

    #[test]
    fn a_fault_without_a_field_is_told_with_its_place() {
        let fault = |pointer: &str| FieldFault::new(pointer, "missing", "", "", "");
        let mut form = FormState::empty();
        let faults = [fault("/items/availability.service_uptime"), fault("/spec/measurement")];
        note(&mut form, Locale::En.words(), &faults);
        assert!(form.error("availability.service_uptime").is_some());
        assert!(form.error("").unwrap().starts_with("/spec/measurement"));
    }
}
