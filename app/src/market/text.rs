//! Words for what the market holds: titles, places, promises, prices in the reader's language.

use broker::{
    market::{FacetCount, FacetField, OfferCard, PriceBand},
    providers::ProviderCard,
};
use domain::Money;
use leptos::prelude::*;
use sla::{ItemKind, OfferItem, Value};

use crate::{
    format,
    words::{Locale, Words},
};

/// Members of a set shown in one line; the rest is counted.
const MEMBERS_SHOWN: usize = 3;

/// Title of an offer.
pub fn title(locale: Locale, card: &OfferCard) -> String {
    locale.pick(&card.title_en, &card.title_ja).to_owned()
}

/// Name of a provider.
pub fn provider_name(locale: Locale, card: &ProviderCard) -> String {
    locale.pick(&card.name_en, &card.name_ja).to_owned()
}

/// Name of a value that has names of its own; as it is filtered by where none is known.
pub fn named_value(locale: Locale, count: &FacetCount) -> String {
    match &count.names {
        Some((en, ja)) => locale.pick(en, ja).to_owned(),
        None => count.value.clone(),
    }
}

/// Name of an item; the key where the registry does not know it.
pub fn item_label(locale: Locale, key: &str) -> String {
    let known = sla::registry().item(key);
    known.map_or_else(|| key.to_owned(), |item| item.label(locale.sla()).to_owned())
}

/// A promise as it stands in its document.
pub fn promise(locale: Locale, item: &OfferItem) -> String {
    match &item.value {
        Value::Set(_) => value(locale, &item.item, &item.value),
        _ => sla::format_offer_item(item, locale.sla()),
    }
}

/// A value of an item, whole; countries by their names.
pub fn value(locale: Locale, key: &str, value: &Value) -> String {
    let known = sla::registry().item(key).filter(|item| !item.differs_from(value));
    if let Some(item) = known {
        if let (ItemKind::Countries, Value::Set(codes)) = (&item.kind, value) {
            let words = locale.words();
            let names: Vec<String> = codes.iter().map(|code| country(words, code)).collect();
            return names.join(words.market_list_comma());
        }
        return sla::format_value(item, value, locale.sla());
    }
    match value {
        Value::Number(number) => number.to_string(),
        Value::Range { min, max } => format!("{min} – {max}"),
        Value::Level(level) => level.clone(),
        Value::Set(members) => members.iter().cloned().collect::<Vec<_>>().join(", "),
        Value::Boolean(yes) => yes.to_string(),
    }
}

/// A value of an item in one short line: long sets are cut and counted.
pub fn short_value(words: Words, key: &str, whole: &Value) -> String {
    match whole {
        Value::Set(members) if members.len() > MEMBERS_SHOWN => {
            let few = members.iter().take(MEMBERS_SHOWN).cloned().collect();
            let rest = i64::try_from(members.len() - MEMBERS_SHOWN).unwrap_or(i64::MAX);
            words.market_value_more(value(words.0, key, &Value::Set(few)), rest)
        }
        whole => value(words.0, key, whole),
    }
}

/// A member of a set item, such as a certificate.
pub fn member(locale: Locale, key: &str, word: &str) -> String {
    value(locale, key, &Value::set([word]))
}

/// Name of a certificate.
pub fn certificate(locale: Locale, word: &str) -> String {
    member(locale, "security.certifications", word)
}

/// What a filter is called.
pub fn facet(words: Words, facet: FacetField) -> &'static str {
    match facet {
        FacetField::Model => words.market_facet_model(),
        FacetField::Deployment => words.market_facet_deployment(),
        FacetField::Country => words.market_facet_country(),
        FacetField::Region => words.market_facet_region(),
        FacetField::Certification => words.market_facet_certificate(),
        FacetField::Regime => words.market_facet_regime(),
        FacetField::Middleware => words.market_facet_middleware(),
        FacetField::Version => words.market_facet_version(),
        FacetField::Category => words.catalog_category(),
        FacetField::Attribute => words.catalog_attributes(),
        FacetField::Provider => words.market_facet_provider(),
        FacetField::PriceBand => words.market_facet_price(),
        FacetField::Hold => words.market_facet_hold(),
        FacetField::Observed => words.market_facet_observed(),
        FacetField::Backed => words.market_facet_backed(),
    }
}

/// A value of a filter in the reader's language.
pub fn facet_value(words: Words, facet: FacetField, count: &FacetCount) -> String {
    match facet {
        FacetField::Provider | FacetField::Category | FacetField::Attribute => {
            named_value(words.0, count)
        }
        _ => chosen_value(words, facet, &count.value),
    }
}

/// The same without its count.
pub fn chosen_value(words: Words, facet: FacetField, value: &str) -> String {
    match facet {
        FacetField::Model => model(words, value),
        FacetField::Deployment => deployment(words, value),
        FacetField::Country => country(words, value),
        FacetField::Certification => certificate(words.0, value),
        FacetField::Regime => member(words.0, "legal.regimes", value),
        FacetField::PriceBand => price_band(words, value),
        FacetField::Hold => {
            self::value(words.0, "capacity.hold_support", &Value::Level(value.to_owned()))
        }
        FacetField::Observed => match value {
            "kept" => words.market_observed_kept().to_owned(),
            "missed" => words.market_observed_missed().to_owned(),
            _ => words.market_observed_unmeasured().to_owned(),
        },
        FacetField::Backed => words.market_filter_backed().to_owned(),
        FacetField::Region
        | FacetField::Middleware
        | FacetField::Version
        | FacetField::Category
        | FacetField::Attribute
        | FacetField::Provider => value.to_owned(),
    }
}

fn price_band(words: Words, value: &str) -> String {
    match value.parse() {
        Ok(PriceBand::Between { currency, from, below }) => {
            let scale = 10_i64.pow(currency.digits());
            let amount = |major: i64| format::money(major.saturating_mul(scale), currency.code());
            match below {
                Some(below) => words.market_price_band(amount(from), amount(below)),
                None => words.market_price_band_from(amount(from)),
            }
        }
        Ok(PriceBand::Unpriced) => words.market_price_none().to_owned(),
        Err(()) => value.to_owned(),
    }
}

/// How binding a promise is.
pub fn commitment(words: Words, code: &str) -> String {
    match code {
        "guaranteed" => words.market_commitment_guaranteed().to_owned(),
        "objective" => words.market_commitment_objective().to_owned(),
        "attested" => words.market_commitment_attested().to_owned(),
        "declared" => words.market_commitment_declared().to_owned(),
        other => other.to_owned(),
    }
}

/// Who shares the cloud.
pub fn deployment(words: Words, code: &str) -> String {
    match code {
        "private" => words.market_deployment_private().to_owned(),
        "community" => words.market_deployment_community().to_owned(),
        "public" => words.market_deployment_public().to_owned(),
        "hybrid" => words.market_deployment_hybrid().to_owned(),
        other => other.to_owned(),
    }
}

/// What is handed over.
pub fn model(words: Words, code: &str) -> String {
    if code == "Network" { words.market_model_network().to_owned() } else { code.to_owned() }
}

/// Name of a country by ISO 3166-1 alpha-2; the code where we have no name.
pub fn country(words: Words, code: &str) -> String {
    let name = match code {
        "AT" => words.market_country_at(),
        "AU" => words.market_country_au(),
        "BE" => words.market_country_be(),
        "BR" => words.market_country_br(),
        "CA" => words.market_country_ca(),
        "CH" => words.market_country_ch(),
        "CN" => words.market_country_cn(),
        "DE" => words.market_country_de(),
        "DK" => words.market_country_dk(),
        "ES" => words.market_country_es(),
        "FI" => words.market_country_fi(),
        "FR" => words.market_country_fr(),
        "GB" => words.market_country_gb(),
        "IE" => words.market_country_ie(),
        "IN" => words.market_country_in(),
        "IT" => words.market_country_it(),
        "JP" => words.market_country_jp(),
        "KR" => words.market_country_kr(),
        "LU" => words.market_country_lu(),
        "MX" => words.market_country_mx(),
        "NL" => words.market_country_nl(),
        "NO" => words.market_country_no(),
        "PL" => words.market_country_pl(),
        "PT" => words.market_country_pt(),
        "SE" => words.market_country_se(),
        "SG" => words.market_country_sg(),
        "US" => words.market_country_us(),
        other => other,
    };
    name.to_owned()
}

/// A region by the provider's name for it, and its country.
pub fn region(words: Words, id: &str, code: &str) -> String {
    format!("{id} · {}", country(words, code))
}

/// The countries of an offer in one short line, those that were asked for first.
pub fn countries(words: Words, card: &OfferCard, asked: &[String]) -> String {
    let mut codes = card.countries();
    codes.sort_by_key(|code| !asked.contains(code));
    let names: Vec<String> =
        codes.iter().take(MEMBERS_SHOWN).map(|code| country(words, code)).collect();
    let joined = names.join(words.market_list_comma());
    match codes.len().checked_sub(MEMBERS_SHOWN) {
        Some(rest) if rest > 0 => {
            words.market_value_more(joined, i64::try_from(rest).unwrap_or(i64::MAX))
        }
        _ => joined,
    }
}

/// A monthly price as text; says so where none is published.
pub fn price_text(words: Words, price: Option<Money>) -> String {
    match price {
        Some(price) => words.market_price_month(format::money(price.minor, price.currency.code())),
        None => words.market_price_none().to_owned(),
    }
}

/// A monthly price.
pub fn price(words: Words, price: Option<Money>) -> AnyView {
    let class = if price.is_some() { "price" } else { "price unknown" };
    view! { <span class=class>{price_text(words, price)}</span> }.into_any()
}

/// The address of an offer's page.
pub fn offer_href(card: &OfferCard) -> String {
    format!("/market/offers/{}", card.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_sets_are_cut_and_counted() {
        let places = Value::set(["JP", "DE", "FR", "US", "KR"]);
        let shown = short_value(Locale::En.words(), "security.data_location", &places);
        assert_eq!(shown, "Germany, France, Japan and 2 more");
    }

    #[test]
    fn a_price_that_is_not_published_is_not_free() {
        let words = Locale::En.words();
        assert_eq!(price_text(words, None), "no price published");
        let yen = Money::new(182_000, domain::Currency::Jpy);
        assert_eq!(price_text(words, Some(yen)), "¥182,000 a month");
    }
}
