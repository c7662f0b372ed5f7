//! The market's query and its address: what is typed, what is understood, what a link carries.

use broker::market::{FacetField, MarketQuery, MarketSort};
use domain::{Currency, Money, OfferId};

use super::sizes;
use crate::{
    address::Address, fault::expected_text, form::FormState, format, needs::read_source,
    words::Words,
};

/// Longest text that is searched for; the rest is cut, and said to be.
const TEXT_CHARACTERS_MAX: usize = 200;
/// Values of one filter that are looked at.
const VALUES_MAX: usize = 50;
/// Longest value of a filter.
const VALUE_BYTES_MAX: usize = 100;
/// Pages that can be asked for; the use case shows no later ones.
const PAGE_MAX: u32 = 500;
/// Offers that can be picked; a comparison shows four and says so.
const PICKED_MAX: usize = 8;
/// What was typed is repeated up to here.
const FOUND_CHARACTERS_MAX: usize = 40;

/// Orders of the list with their words in addresses.
pub const SORTS: [(MarketSort, &str); 5] = [
    (MarketSort::Relevance, "relevance"),
    (MarketSort::Fit, "fit"),
    (MarketSort::Price, "price"),
    (MarketSort::Newest, "newest"),
    (MarketSort::Observed, "observed"),
];

/// The filters with several values, in the order they stand on the page: name in the address and facet.
pub const FILTERS: [(&str, FacetField); 14] = [
    ("category", FacetField::Category),
    ("attribute", FacetField::Attribute),
    ("model", FacetField::Model),
    ("country", FacetField::Country),
    ("region", FacetField::Region),
    ("cert", FacetField::Certification),
    ("regime", FacetField::Regime),
    ("middleware", FacetField::Middleware),
    ("version", FacetField::Version),
    ("band", FacetField::PriceBand),
    ("hold", FacetField::Hold),
    ("observed", FacetField::Observed),
    ("deployment", FacetField::Deployment),
    ("provider", FacetField::Provider),
];

/// The name of a facet in the address.
pub fn name_of(facet: FacetField) -> &'static str {
    let known = FILTERS.iter().find(|(_, known)| *known == facet);
    known.map_or("backed", |(name, _)| *name)
}

/// What an address asks for: the list, and what was picked for a comparison on other pages of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// What is listed.
    pub query: MarketQuery,
    /// The need as it stands in the address.
    pub need: String,
    /// Offers that were picked.
    pub picked: Vec<OfferId>,
}

/// Reads the query of the address. What cannot be used is noted at its field, kept as typed and left
/// out, so that the rest of the page works.
pub fn read(form: &mut FormState, words: Words) -> Asked {
    let typed = form.value("q").trim();
    let mut text: String = typed.chars().take(TEXT_CHARACTERS_MAX).collect();
    if typed.chars().count() > TEXT_CHARACTERS_MAX {
        form.fail("q", words.market_filter_cut(as_i64(TEXT_CHARACTERS_MAX)));
    } else if form.unreadable().is_some() || text.contains(char::is_control) {
        form.fail("q", words.market_filter_unreadable());
        text = text.replace(|c: char| c.is_control() || c == char::REPLACEMENT_CHARACTER, " ");
    }
    let mut query = MarketQuery { text, ..MarketQuery::default() };
    for (name, facet) in FILTERS {
        let values = many(form, name, words).into_iter();
        query.chosen.extend(values.map(|value| (facet, value)));
    }
    let backed = choice(form, "backed", words, "1", |text| (text == "1").then_some(true));
    if backed == Some(true) {
        query.chosen.push((FacetField::Backed, "yes".to_owned()));
    }
    let need = form.filled("need").unwrap_or_default().to_owned();
    if !need.is_empty() {
        query.need = read_source(&need);
        if query.need.is_none() {
            form.fail("need", words.market_offer_need_unreadable());
        }
    }
    let sorts = SORTS.map(|(_, word)| word).join(", ");
    let sort = choice(form, "sort", words, &sorts, sort);
    query.sort = sort.unwrap_or_else(|| usual(&query));
    let pages = format!("1–{PAGE_MAX}");
    let page = |text: &str| text.parse().ok().filter(|page| (1..=PAGE_MAX).contains(page));
    query.page = choice(form, "page", words, &pages, page).unwrap_or(1);
    price(form, words, &mut query);
    sizes::read(form, words, &mut query);
    let picked = form.values("offer").filter_map(|id| id.parse().ok());
    let mut known: Vec<OfferId> = Vec::new();
    for id in picked.take(PICKED_MAX) {
        if !known.contains(&id) {
            known.push(id);
        }
    }
    let need = if query.need.is_some() { need } else { String::new() };
    Asked { query, need, picked: known }
}

/// The order where none is said.
fn usual(query: &MarketQuery) -> MarketSort {
    if query.need.is_some() { MarketSort::Fit } else { MarketSort::Relevance }
}

/// Several values of one filter; what is far too long or too much is said and left out.
fn many(form: &mut FormState, name: &str, words: Words) -> Vec<String> {
    let given: Vec<&str> = form.values(name).filter(|value| !value.is_empty()).collect();
    let usable =
        |value: &&&str| value.len() <= VALUE_BYTES_MAX && !value.contains(char::is_control);
    let mut values: Vec<String> =
        given.iter().filter(usable).take(VALUES_MAX).map(|value| (*value).to_owned()).collect();
    if values.len() < given.len() {
        form.fail("", words.market_filter_dropped());
    }
    values.sort();
    values.dedup();
    values
}

/// A word or number that the page itself puts into addresses; another one is said and left out.
fn choice<T>(
    form: &mut FormState,
    name: &str,
    words: Words,
    allowed: &str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Option<T> {
    let given = form.filled(name)?;
    let value = read(given);
    if value.is_none() {
        let found: String = given.chars().take(FOUND_CHARACTERS_MAX).collect();
        form.fail("", words.common_fault_not_allowed_allowed(found, allowed));
    }
    value
}

fn sort(word: &str) -> Option<MarketSort> {
    SORTS.iter().find(|(_, known)| *known == word).map(|(sort, _)| *sort)
}

/// The price range; without a known currency no amount can be read.
fn price(form: &mut FormState, words: Words, query: &mut MarketQuery) {
    let currency = match form.filled("currency").map(str::parse) {
        None => Currency::Jpy,
        Some(Ok(currency)) => currency,
        Some(Err(_)) => {
            let found: String = form.value("currency").chars().take(FOUND_CHARACTERS_MAX).collect();
            let allowed = Currency::ALL.map(Currency::code).join(", ");
            form.fail("currency", words.common_fault_not_allowed_allowed(found, allowed));
            return;
        }
    };
    let min = amount(form, "min", currency, words);
    let max = amount(form, "max", currency, words);
    if let (Some(low), Some(high)) = (min, max)
        && low > high
    {
        let shown = |minor| format::money(minor, currency.code());
        form.fail("max", words.market_filter_crossed(shown(high), shown(low)));
        return;
    }
    query.price_min_minor = min;
    query.price_max_minor = max;
    query.currency = (min.is_some() || max.is_some()).then_some(currency);
}

fn amount(form: &mut FormState, field: &str, currency: Currency, words: Words) -> Option<i64> {
    let typed = form.filled(field)?;
    let found: String = typed.chars().take(FOUND_CHARACTERS_MAX).collect();
    let plain = sla::half_width(typed).replace([',', '、', '_', ' ', '¥', '￥', '€', '$', '£'], "");
    match Money::parse_major(&plain, currency) {
        Ok(money) if money.minor >= 0 => Some(money.minor),
        _ => {
            let allowed =
                expected_text(words, &sla::Expected::Amount { digits: currency.digits() });
            form.fail(field, words.market_filter_amount(found, allowed));
            None
        }
    }
}

fn as_i64(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The address that shows this list, without its page.
pub fn address(asked: &Asked) -> Address {
    let query = &asked.query;
    let mut address = Address::new("/market").and_some("q", query.text.clone());
    for (name, facet) in FILTERS {
        for value in query.values(facet) {
            address = address.and(name, value);
        }
    }
    address = sizes::write(address, query);
    if let Some(currency) = query.currency {
        let major = |minor: Option<i64>| minor.map(|minor| major_text(minor, currency));
        address = address
            .and_some("min", major(query.price_min_minor).unwrap_or_default())
            .and_some("max", major(query.price_max_minor).unwrap_or_default())
            .and("currency", currency.code());
    }
    if query.values(FacetField::Backed).next().is_some() {
        address = address.and("backed", "1");
    }
    address = address.and_some("need", asked.need.clone());
    let word = SORTS.iter().find(|(sort, _)| *sort == query.sort).map(|(_, word)| *word);
    if let Some(word) = word.filter(|_| query.sort != usual(query)) {
        address = address.and("sort", word);
    }
    asked.picked.iter().fold(address, |address, id| address.and("offer", id.to_string()))
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
        let (asked, form) = read_all(text);
        (asked.query, form)
    }

    fn read_all(text: &str) -> (Asked, FormState) {
        let mut form = FormState::from_urlencoded(text);
        let asked = read(&mut form, Locale::En.words());
        (asked, form)
    }

    #[test]
    fn an_address_comes_back_as_it_was() {
        let text = "/market?q=osaka%20ismap&model=IaaS&country=DE&country=JP&region=jp-osaka-1&cert=ismap&middleware=PostgreSQL&version=PostgreSQL%2016&band=eur-100-300&min=10.50&currency=EUR&backed=1&need=template%3Atracking-service&sort=price&offer=ofr_41gb5svnae5re5ycwpzp1gzhv5";
        let (asked, form) = read_all(text.split_once('?').unwrap().1);
        assert_eq!(asked.query.price_min_minor, Some(1050));
        assert_eq!(asked.picked.len(), 1, "{form:?}");
        assert_eq!(address(&asked).to_string(), text);
        assert!(form.is_sound());
    }

    #[test]
    fn with_a_need_the_list_is_in_its_order_unless_another_is_said() {
        let sort = |text: &str| read_text(text).0.sort;
        assert_eq!(sort("need=template:tracking-service"), MarketSort::Fit);
        assert_eq!(sort("need=template:tracking-service&sort=relevance"), MarketSort::Relevance);
        assert_eq!(sort("q=x"), MarketSort::Relevance);
        let (asked, form) = read_all("need=nonsense");
        assert!(form.error("need").is_some() && asked.need.is_empty());
    }

    #[test]
    fn a_price_that_is_no_amount_is_said_at_its_field() {
        let (query, form) = read_text("max=cheap&page=-4&sort=best");
        assert_eq!(
            (query.price_max_minor, query.page, query.sort),
            (None, 1, MarketSort::Relevance)
        );
        assert!(form.error("max").unwrap().contains("cheap"));
        assert_eq!(form.errors().len(), 3, "page and order are said too");
        assert_eq!(address(&Asked { query, ..Asked::default() }).to_string(), "/market");
    }

    #[test]
    fn bounds_that_make_no_sense_are_said_kept_and_left_out() {
        for (text, field) in [
            ("min=-1", "min"),
            ("max=-1", "max"),
            ("max=0.5", "max"),
            ("max=99999999999999999999", "max"),
            ("min=1e5", "min"),
            ("min=500&max=100", "max"),
            ("min=5&currency=DOGE", "currency"),
        ] {
            for locale in Locale::ALL {
                let mut form = FormState::from_urlencoded(text);
                let query = read(&mut form, locale.words()).query;
                assert!(form.error(field).is_some(), "{text}: {form:?}");
                assert_eq!(form.errors().len(), 1, "{text}");
                assert_eq!((query.price_min_minor, query.price_max_minor), (None, None), "{text}");
                assert!(!form.value(field).is_empty(), "{text}");
            }
        }
        let (query, form) = read_text("min=１,０００&max=￥２０００");
        assert_eq!((query.price_min_minor, query.price_max_minor), (Some(1000), Some(2000)));
        assert!(form.is_sound());
    }

    #[test]
    fn long_values_are_cut_and_said_and_empty_ones_passed_over() {
        let (query, form) =
            read_text(&format!("q={}&model=&provider={}", "雲".repeat(999), "x".repeat(200)));
        assert_eq!(query.text.chars().count(), TEXT_CHARACTERS_MAX);
        assert!(query.chosen.is_empty());
        assert!(form.error("q").is_some() && form.error("").is_some());
    }

    #[test]
    fn amounts_are_written_as_they_are_typed() {
        assert_eq!(major_text(182_000, Currency::Jpy), "182000");
        assert_eq!(major_text(1_420, Currency::Usd), "14.20");
    }
}
