//! The market's query and its address: what is typed, what is understood, what a link carries.

use broker::market::{MarketQuery, MarketSort};
use domain::{Currency, Money};

use crate::{address::Address, form::FormState, words::Words};

/// Longest text that is searched for; the rest is cut.
const TEXT_CHARACTERS_MAX: usize = 200;
/// Values of one filter that are looked at.
const VALUES_MAX: usize = 50;

/// Orders of the list with their words in addresses.
pub const SORTS: [(MarketSort, &str); 3] = [
    (MarketSort::Relevance, "relevance"),
    (MarketSort::Price, "price"),
    (MarketSort::Newest, "newest"),
];

/// The filters with several values: name in the address and its field of the query.
type Many = (&'static str, fn(&MarketQuery) -> &Vec<String>);

/// In the order they stand on the page.
pub const FILTERS: [Many; 5] = [
    ("model", |query| &query.models),
    ("deployment", |query| &query.deployments),
    ("country", |query| &query.countries),
    ("cert", |query| &query.certifications),
    ("provider", |query| &query.providers),
];

/// Reads the query of the address; a price that is no amount is noted at its field and left out.
pub fn read(form: &mut FormState, words: Words) -> MarketQuery {
    let many = |name: &str| -> Vec<String> {
        let values = form.values(name).filter(|value| !value.is_empty() && value.len() <= 100);
        let mut values: Vec<String> = values.map(str::to_owned).take(VALUES_MAX).collect();
        values.sort();
        values.dedup();
        values
    };
    let mut query = MarketQuery {
        text: form.value("q").trim().chars().take(TEXT_CHARACTERS_MAX).collect(),
        models: many("model"),
        deployments: many("deployment"),
        countries: many("country"),
        certifications: many("cert"),
        providers: many("provider"),
        backed_only: form.has("backed", "1"),
        sort: sort(form.value("sort")),
        page: form.value("page").parse().unwrap_or(1).max(1),
        ..MarketQuery::default()
    };
    let currency = form.value("currency").parse().unwrap_or(Currency::Jpy);
    query.price_min_minor = amount(form, "min", currency, words);
    query.price_max_minor = amount(form, "max", currency, words);
    let priced = query.price_min_minor.is_some() || query.price_max_minor.is_some();
    query.currency = priced.then_some(currency);
    query
}

fn sort(word: &str) -> MarketSort {
    SORTS.iter().find(|(_, known)| *known == word).map(|(sort, _)| *sort).unwrap_or_default()
}

fn amount(form: &mut FormState, field: &str, currency: Currency, words: Words) -> Option<i64> {
    let typed = form.filled(field)?.replace([',', '_', ' ', '¥', '€', '$', '£'], "");
    match Money::parse_major(&typed, currency) {
        Ok(money) => Some(money.minor),
        Err(_) => {
            let found: String = typed.chars().take(20).collect();
            let example = if currency == Currency::Jpy { "120000" } else { "120.50" };
            form.fail(field, words.common_form_not_a_number(found, example));
            None
        }
    }
}

/// The address that shows this query, without its page.
pub fn address(query: &MarketQuery) -> Address {
    let mut address = Address::new("/market").and_some("q", query.text.clone());
    for (name, values) in FILTERS {
        for value in values(query) {
            address = address.and(name, value.clone());
        }
    }
    if let Some(currency) = query.currency {
        let major = |minor: Option<i64>| minor.map(|minor| major_text(minor, currency));
        address = address
            .and_some("min", major(query.price_min_minor).unwrap_or_default())
            .and_some("max", major(query.price_max_minor).unwrap_or_default())
            .and("currency", currency.code());
    }
    if query.backed_only {
        address = address.and("backed", "1");
    }
    let word = SORTS.iter().find(|(sort, _)| *sort == query.sort).map(|(_, word)| *word);
    match word {
        Some(word) if query.sort != MarketSort::Relevance => address.and("sort", word),
        _ => address,
    }
}

/// An amount as it is typed: `120000`, `14.20`.
pub fn major_text(minor: i64, currency: Currency) -> String {
    let digits = currency.digits();
    let scale = 10_i64.pow(digits);
    if digits == 0 {
        return minor.to_string();
    }
    let width = digits as usize;
    format!("{}.{:0width$}", minor / scale, (minor % scale).abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Locale;

    fn read_text(text: &str) -> (MarketQuery, FormState) {
        let mut form = FormState::from_urlencoded(text);
        let query = read(&mut form, Locale::En.words());
        (query, form)
    }

    #[test]
    fn an_address_comes_back_as_it_was() {
        let text = "/market?q=osaka%20ismap&model=IaaS&country=DE&country=JP&cert=ismap&min=10.50&currency=EUR&backed=1&sort=price";
        let (query, form) = read_text(text.split_once('?').unwrap().1);
        assert_eq!(query.price_min_minor, Some(1050));
        assert_eq!(address(&query).to_string(), text);
        assert!(form.is_sound());
    }

    #[test]
    fn a_price_that_is_no_amount_is_said_at_its_field() {
        let (query, form) = read_text("max=cheap&page=-4&sort=best");
        assert_eq!(
            (query.price_max_minor, query.page, query.sort),
            (None, 1, MarketSort::Relevance)
        );
        assert!(form.error("max").unwrap().contains("cheap"));
        assert_eq!(address(&query).to_string(), "/market");
    }

    #[test]
    fn long_and_empty_values_are_cut() {
        let (query, _) =
            read_text(&format!("q={}&model=&provider={}", "雲".repeat(999), "x".repeat(200)));
        assert_eq!(query.text.chars().count(), TEXT_CHARACTERS_MAX);
        assert!(query.models.is_empty() && query.providers.is_empty());
    }

    #[test]
    fn amounts_are_written_as_they_are_typed() {
        assert_eq!(major_text(182_000, Currency::Jpy), "182000");
        assert_eq!(major_text(1_420, Currency::Usd), "14.20");
    }
}
