//! The guided form: from fields to a document and back, and checks without saving.

use super::{OfferCheck, OfferForm};
use crate::documents::{field_faults, offer_yaml, read_written_offer, text_faults, value_text};
use crate::{Broker, FieldFault};
use serde_json::{Map, Value, json};
use sla::{Faults, Notice, Offer, half_width};

/// Measured by the minute, outages from one minute on, per calendar month: the market's default.
const SLICE_SECONDS: u32 = 60;
/// The zone whose months are counted when the form does not ask.
const TIMEZONE: &str = "Asia/Tokyo";
/// What the form writes beside a response time, which needs it.
const PERCENTILE: u32 = 95;
/// The market's reference transaction.
const TRANSACTION: &str = "ref-web-1";
/// Credit of the remedy that a guaranteed promise from the form carries.
const CREDIT: &str = "0.10";

impl Broker {
    /// Checks a YAML or JSON text without saving; needs no account.
    #[must_use]
    pub fn check_offer_text(&self, text: &str) -> OfferCheck {
        let mut check = check(read_written_offer(text), |faults| text_faults(text, faults));
        // Whether the offer is there already is known when it is saved.
        self.hold_to_market(&mut check, text);
        // Which keys are valid is known of an account; saving refuses a signature that does not fit.
        if check.offer.as_ref().is_some_and(|offer| offer.metadata.signature.is_some()) {
            check.notices.push(
                "/metadata/signature: the signature was not checked; that is done with the \
                 provider's keys when the document is saved"
                    .to_owned(),
            );
        }
        check
    }

    /// Notes what the market asks for and the document does not say.
    fn hold_to_market(&self, check: &mut OfferCheck, text: &str) {
        let Some(offer) = &check.offer else { return };
        let faults = self.market_faults(offer, true);
        if !faults.is_empty() {
            let places = sla::Places::of(text);
            let placed =
                |fault: FieldFault| FieldFault { place: places.find(&fault.pointer), ..fault };
            check.faults.extend(faults.into_iter().map(placed));
            (check.offer, check.yaml) = (None, None);
        }
    }

    /// Checks a form without saving; pointers are `/field` and `/items/KEY`.
    #[must_use]
    pub fn check_offer_form(&self, provider_did: &str, form: &OfferForm) -> OfferCheck {
        let text = document(provider_did, form).to_string();
        check(read_written_offer(&text), |faults| form_faults(form, faults))
    }

    /// The form that a document fills, for editing.
    #[must_use]
    pub fn offer_form(&self, offer: &Offer) -> OfferForm {
        let text = |wanted: Option<&sla::Text>, language: &str| {
            wanted.and_then(|text| text.0.get(language)).cloned().unwrap_or_default()
        };
        let (metadata, service) = (&offer.metadata, &offer.spec.service);
        let region = service.regions.first();
        let total = offer.spec.price.as_ref().and_then(|price| price.monthly_total.as_ref());
        let money = total.and_then(|amount| {
            Some(domain::Money::new(amount.minor, amount.currency.parse().ok()?).to_string())
        });
        let amount = money.and_then(|text| Some(text.split_once(' ')?.0.to_owned()));
        OfferForm {
            name: metadata.name.clone(),
            title_en: text(Some(&metadata.title), "en"),
            title_ja: text(Some(&metadata.title), "ja"),
            description_en: text(metadata.description.as_ref(), "en"),
            description_ja: text(metadata.description.as_ref(), "ja"),
            model: service.model.as_str().to_owned(),
            deployment: service.deployment.as_str().to_owned(),
            region: region.map(|region| region.id.clone()).unwrap_or_default(),
            country: region.map(|region| region.country.clone()).unwrap_or_default(),
            price: amount.unwrap_or_default(),
            currency: total.map(|amount| amount.currency.clone()).unwrap_or_default(),
            items: offer.spec.items.iter().map(item_text).collect(),
            commitment: offer
                .spec
                .items
                .first()
                .map(|item| item.commitment.as_str().to_owned())
                .unwrap_or_default(),
        }
    }
}

fn item_text(item: &sla::OfferItem) -> (String, String) {
    (item.item.clone(), value_text(&item.item, &item.value))
}

fn check(
    read: Result<(Offer, Vec<Notice>), Faults>,
    faults: impl FnOnce(&Faults) -> Vec<FieldFault>,
) -> OfferCheck {
    match read {
        Ok((offer, notices)) => OfferCheck {
            yaml: Some(offer_yaml(&offer)),
            offer: Some(offer),
            faults: Vec::new(),
            notices: notices.iter().map(ToString::to_string).collect(),
        },
        Err(found) => {
            OfferCheck { offer: None, yaml: None, faults: faults(&found), notices: Vec::new() }
        }
    }
}

/// The document that a form describes; what is empty is left out, and the validator says the rest.
fn document(provider_did: &str, form: &OfferForm) -> Value {
    let mut metadata = json!({
        "name": half_width(&form.name).trim(),
        "provider": provider_did,
        "version": 1,
        "title": texts(&form.title_en, &form.title_ja),
    });
    let description = texts(&form.description_en, &form.description_ja);
    if description.as_object().is_some_and(|languages| !languages.is_empty()) {
        metadata["description"] = description;
    }
    let mut spec = json!({
        "service": {
            "model": form.model,
            "deployment": form.deployment,
            "regions": [{
                "id": half_width(&form.region).trim(),
                // Country codes have one meaning in either case.
                "country": half_width(&form.country).trim().to_uppercase(),
            }],
        },
        "measurement": {
            "calendar": "1M",
            "timezone": TIMEZONE,
            "sliceSeconds": SLICE_SECONDS,
            "minOutageSeconds": SLICE_SECONDS,
        },
        "items": promised(form).map(|(key, value)| item(form, key, value)).collect::<Vec<_>>(),
    });
    let price = half_width(&form.price);
    let price = price.trim();
    if !price.is_empty() {
        spec["price"] = json!({
            "monthlyTotal": {"amount": price, "currency": form.currency, "taxExcluded": true}
        });
    }
    json!({
        "apiVersion": sla::API_VERSION,
        "kind": "ServiceLevelOffer",
        "metadata": metadata,
        "spec": spec,
    })
}

fn promised(form: &OfferForm) -> impl Iterator<Item = (&str, &str)> {
    form.items
        .iter()
        .map(|(key, value)| (key.as_str(), value.trim()))
        .filter(|(_, value)| !value.is_empty())
}

fn item(form: &OfferForm, key: &str, value: &str) -> Value {
    let mut fields = Map::new();
    fields.insert("item".to_owned(), json!(key));
    fields.insert("value".to_owned(), typed_value(key, value));
    fields.insert("commitment".to_owned(), json!(form.commitment));
    if key == "performance.online_response_time" {
        fields.insert("percentile".to_owned(), json!(PERCENTILE));
        fields.insert("transaction".to_owned(), json!(TRANSACTION));
    }
    if key == "availability.service_uptime" && form.commitment == "guaranteed" {
        let schedule = json!([{"below": typed_value(key, value), "credit": CREDIT}]);
        fields.insert("remedy".to_owned(), json!({"claim": "automatic", "schedule": schedule}));
    }
    Value::Object(fields)
}

/// Sets are written as words between commas or spaces.
pub(crate) fn typed_value(key: &str, text: &str) -> Value {
    let text = half_width(text);
    let is_set = sla::registry().item(key).is_some_and(|item| item.kind.is_set());
    if !is_set {
        return json!(text.trim());
    }
    let words = text.split([',', ' ', '、', '\n']).filter(|word| !word.is_empty());
    json!(words.collect::<Vec<_>>())
}

pub(crate) fn texts(en: &str, ja: &str) -> Value {
    let mut languages = Map::new();
    for (language, text) in [("en", en), ("ja", ja)] {
        if !text.trim().is_empty() {
            languages.insert(language.to_owned(), json!(text.trim()));
        }
    }
    Value::Object(languages)
}

/// Moves each fault from its place in the document to the field of the form.
fn form_faults(form: &OfferForm, faults: &Faults) -> Vec<FieldFault> {
    let keys: Vec<&str> = promised(form).map(|(key, _)| key).collect();
    let mut moved = field_faults(faults);
    for fault in &mut moved {
        fault.pointer = form_pointer(&keys, &fault.pointer);
    }
    once(moved)
}

/// Each field's faults once: a value that the form writes in two places is wrong in both.
fn once(faults: Vec<FieldFault>) -> Vec<FieldFault> {
    let mut kept: Vec<FieldFault> = Vec::with_capacity(faults.len());
    for fault in faults {
        let same = |known: &FieldFault| {
            (&known.pointer, &known.code, &known.found)
                == (&fault.pointer, &fault.code, &fault.found)
        };
        if !kept.iter().any(same) {
            kept.push(fault);
        }
    }
    kept
}

fn form_pointer(keys: &[&str], pointer: &str) -> String {
    const PLACES: [(&str, &str); 12] = [
        ("/metadata/name", "/name"),
        ("/metadata/title/ja", "/title_ja"),
        ("/metadata/title", "/title_en"),
        ("/metadata/description/ja", "/description_ja"),
        ("/metadata/description", "/description_en"),
        ("/spec/service/model", "/model"),
        ("/spec/service/deployment", "/deployment"),
        ("/spec/service/regions/0/country", "/country"),
        ("/spec/service/regions", "/region"),
        ("/spec/price/monthlyTotal/currency", "/currency"),
        ("/spec/price", "/price"),
        ("/spec/items", "/items"),
    ];
    if let Some(rest) = pointer.strip_prefix("/spec/items/") {
        let (index, field) = rest.split_once('/').unwrap_or((rest, ""));
        let key = index.parse().ok().and_then(|index: usize| keys.get(index));
        return match key {
            Some(_) if field == "commitment" => "/commitment".to_owned(),
            Some(key) => format!("/items/{key}"),
            None => "/items".to_owned(),
        };
    }
    PLACES
        .iter()
        .find(|(place, _)| pointer.starts_with(place))
        .map_or_else(|| pointer.to_owned(), |(_, field)| (*field).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound() -> OfferForm {
        OfferForm {
            name: "kita-small".to_owned(),
            title_en: "Kita small".to_owned(),
            model: "IaaS".to_owned(),
            deployment: "public".to_owned(),
            region: "jp-sapporo-1".to_owned(),
            country: "JP".to_owned(),
            price: "98000".to_owned(),
            currency: "JPY".to_owned(),
            commitment: "guaranteed".to_owned(),
            items: vec![("availability.service_uptime".to_owned(), "99.9 %".to_owned())],
            ..OfferForm::default()
        }
    }

    fn faults(form: &OfferForm) -> Vec<FieldFault> {
        match read_written_offer(&document("did:web:kita.example", form).to_string()) {
            Ok(_) => Vec::new(),
            Err(found) => form_faults(form, &found),
        }
    }

    #[test]
    fn every_fault_of_the_form_stands_at_its_field_with_what_is_allowed() {
        type Change = fn(&mut OfferForm);
        let cases: [(&str, Change); 20] = [
            ("/price", |form| form.price = "very high".to_owned()),
            ("/price", |form| form.price = "1e9".to_owned()),
            ("/price", |form| form.price = "0.5".to_owned()),
            ("/price", |form| form.price = "-1".to_owned()),
            ("/price", |form| form.price = "99999999999999999999".to_owned()),
            ("/currency", |form| form.currency = "DM".to_owned()),
            ("/items/availability.service_uptime", |form| form.items[0].1 = "99.9".to_owned()),
            ("/items/availability.service_uptime", |form| form.items[0].1 = "lots".to_owned()),
            ("/items/availability.service_uptime", |form| form.items[0].1 = "9 h".to_owned()),
            ("/items", |form| form.items.clear()),
            ("/name", |form| form.name = "A B".to_owned()),
            ("/name", |form| form.name.clear()),
            ("/title_en", |form| form.title_en = "a\0b".to_owned()),
            ("/title_en", |form| form.title_en = " ".to_owned()),
            ("/title_ja", |form| form.title_ja = "a\u{7}b".to_owned()),
            ("/description_ja", |form| form.description_ja = "x".repeat(5000)),
            ("/country", |form| form.country = "XX".to_owned()),
            ("/region", |form| form.region.clear()),
            ("/model", |form| form.model = "Moon".to_owned()),
            ("/commitment", |form| form.commitment.clear()),
        ];
        for (pointer, change) in cases {
            let mut form = sound();
            change(&mut form);
            let found = faults(&form);
            assert_eq!(found.len(), 1, "{pointer}: {found:?}");
            assert_eq!(found[0].pointer, pointer, "{found:?}");
            assert!(!found[0].allowed.is_empty(), "{found:?}");
        }
    }

    #[test]
    fn what_a_japanese_keyboard_types_in_full_width_is_read() {
        let form = OfferForm {
            name: "ｋｉｔａ-small".to_owned(),
            price: "９８０００".to_owned(),
            country: "ｊｐ".to_owned(),
            items: vec![("availability.service_uptime".to_owned(), "９９．９％".to_owned())],
            ..sound()
        };
        assert_eq!(faults(&form), []);
    }
}
