//! F7.1.3: offers are found in both languages, counted rightly and kept up to date.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story that cannot go on fails its test"
)]

use domain::{Currency, OfferId};
use search::{FacetField, OfferDocument, OfferIndex, SearchQuery, SearchSort};
use uuid::Uuid;

fn offer(number: u128, title_en: &str, title_ja: &str, body: &[&str]) -> OfferDocument {
    OfferDocument {
        id: OfferId(Uuid::from_u128(number)),
        title_en: title_en.to_owned(),
        title_ja: title_ja.to_owned(),
        body: body.iter().map(|&text| text.to_owned()).collect(),
        provider: "hokusei".to_owned(),
        model: "IaaS".to_owned(),
        deployment: "public".to_owned(),
        countries: vec!["JP".to_owned()],
        certifications: vec!["iso27001".to_owned()],
        price: None,
        backed: false,
        published_at: number as i64,
    }
}

fn market() -> OfferIndex {
    let index = OfferIndex::in_memory().unwrap();
    let first = offer(
        1,
        "Sapporo compute",
        "札幌コンピュート",
        &["PostgreSQL 16", "北海道のデータセンター"],
    );
    let second = OfferDocument {
        model: "PaaS".to_owned(),
        certifications: vec!["iso27001".to_owned(), "ismap".to_owned()],
        price: Some((61_000, Currency::Jpy)),
        backed: true,
        ..offer(2, "Edge Burst Tokyo", "エッジバースト東京", &["nginx 1.28"])
    };
    let third = OfferDocument {
        countries: vec!["DE".to_owned(), "NL".to_owned()],
        price: Some((148_000, Currency::Eur)),
        ..offer(3, "Rheinland business cloud", "ラインラント業務クラウド", &["PostgreSQL 15"])
    };
    index.apply(&[first, second, third], &[], "").unwrap();
    index
}

fn find(index: &OfferIndex, text: &str) -> Vec<u128> {
    let query = SearchQuery { text: text.to_owned(), limit: 20, ..SearchQuery::default() };
    let mut found: Vec<u128> =
        index.search(&query).unwrap().ids.iter().map(|id| id.0.as_u128()).collect();
    found.sort_unstable();
    found
}

#[test]
fn f7_1_3_middleware_name_and_version_find_the_offer() {
    let index = market();
    assert_eq!(find(&index, "PostgreSQL 16"), [1]);
    assert_eq!(find(&index, "ｐｏｓｔｇｒｅｓｑｌ"), [1, 3]);
}

#[test]
fn japanese_is_found_inside_words_and_mixed_with_latin() {
    let index = market();
    assert_eq!(find(&index, "東京"), [2]);
    assert_eq!(find(&index, "データセンター"), [1]);
    assert_eq!(find(&index, "クラウド"), [3]);
    assert_eq!(find(&index, "東京 nginx"), [2]);
    assert_eq!(find(&index, "大阪"), [] as [u128; 0]);
}

#[test]
fn prefixes_and_one_typing_error_are_forgiven() {
    let index = market();
    assert_eq!(find(&index, "rhein"), [3]);
    assert_eq!(find(&index, "saporo"), [1]);
    assert_eq!(find(&index, "xyz"), [] as [u128; 0]);
}

#[test]
fn query_signs_are_text_and_never_a_fault() {
    let index = market();
    for text in ["\"", "AND OR NOT", "title:(", "a*b?c~9^2", "\u{0}", "😀"] {
        find(&index, text);
    }
    assert_eq!(find(&index, "()"), [1, 2, 3]);
}

#[test]
fn facet_counts_hold_under_the_other_filters() {
    let index = market();
    let query = SearchQuery {
        chosen: vec![(FacetField::Country, "JP".to_owned())],
        limit: 20,
        ..SearchQuery::default()
    };
    let result = index.search(&query).unwrap();
    let count = |field, value: &str| {
        result.facets.iter().find(|f| f.field == field && f.value == value).map_or(0, |f| f.count)
    };
    assert_eq!(result.total, 2);
    assert_eq!(count(FacetField::Model, "IaaS"), 1);
    // Countries ignore their own choice: what would DE leave?
    assert_eq!(count(FacetField::Country, "DE"), 1);
}

#[test]
fn all_chosen_certifications_must_be_held() {
    let index = market();
    let chosen = ["iso27001", "ismap"].map(|v| (FacetField::Certification, v.to_owned())).to_vec();
    let result =
        index.search(&SearchQuery { chosen, limit: 20, ..SearchQuery::default() }).unwrap();
    assert_eq!(result.ids, [OfferId(Uuid::from_u128(2))]);
}

#[test]
fn price_range_is_inclusive_and_leaves_out_the_unpriced() {
    let index = market();
    let query = SearchQuery {
        currency: Some(Currency::Jpy),
        price_min: Some(61_000),
        price_max: Some(61_000),
        limit: 20,
        ..SearchQuery::default()
    };
    assert_eq!(index.search(&query).unwrap().ids, [OfferId(Uuid::from_u128(2))]);
}

#[test]
fn orders_put_backed_cheap_or_new_offers_first() {
    let index = market();
    let first = |sort| {
        let query = SearchQuery { sort, limit: 1, ..SearchQuery::default() };
        index.search(&query).unwrap().ids[0].0.as_u128()
    };
    assert_eq!(first(SearchSort::Relevance), 2);
    assert_eq!(first(SearchSort::Price), 2);
    assert_eq!(first(SearchSort::Newest), 3);
}

#[test]
fn a_new_version_replaces_the_old_and_a_withdrawn_offer_is_gone() {
    let index = market();
    index.apply(&[offer(1, "Renamed", "改名", &[])], &[OfferId(Uuid::from_u128(3))], "").unwrap();
    assert_eq!(find(&index, "Sapporo"), [] as [u128; 0]);
    assert_eq!(find(&index, "renamed"), [1]);
    assert_eq!(index.len(), 2);
}

#[test]
fn a_broken_index_is_noticed_and_built_anew() {
    let folder = tempfile::tempdir().unwrap();
    drop(OfferIndex::open(folder.path()).unwrap());
    std::fs::write(folder.path().join("meta.json"), "{").unwrap();
    let index = OfferIndex::open(folder.path()).unwrap();
    assert!(index.is_empty());
    index.clear().unwrap();
    index.add(&[offer(1, "One", "一", &[])]).unwrap();
    index.publish("").unwrap();
    assert_eq!(index.len(), 1);
}

#[test]
fn what_is_added_is_seen_once_it_is_published_and_lasts_with_its_note() {
    let folder = tempfile::tempdir().unwrap();
    let index = OfferIndex::open(folder.path()).unwrap();
    assert_eq!(index.note().unwrap(), None);
    index.add(&[offer(1, "One", "一", &[]), offer(2, "Two", "二", &[])]).unwrap();
    assert!(index.is_empty(), "nothing is published yet");
    index.publish("first").unwrap();
    index.remove(&[OfferId(Uuid::from_u128(1))]).unwrap();
    assert_eq!(index.len(), 2);
    drop(index);
    let again = OfferIndex::open(folder.path()).unwrap();
    assert_eq!((again.len(), again.note().unwrap().as_deref()), (2, Some("first")));
    again.apply(&[], &[OfferId(Uuid::from_u128(1))], "second").unwrap();
    assert_eq!((again.len(), again.note().unwrap().as_deref()), (1, Some("second")));
}

#[test]
fn a_rebuild_forgets_what_a_broken_one_left_behind() {
    let index = market();
    index.add(&[offer(7, "Left behind", "残り", &[])]).unwrap();
    index.clear().unwrap();
    index.add(&[offer(1, "One", "一", &[])]).unwrap();
    index.publish("").unwrap();
    assert_eq!((index.len(), find(&index, "behind")), (1, Vec::new()));
}

#[test]
fn different_values_are_counted_and_the_newest_of_a_provider_found() {
    let index = market();
    assert_eq!(index.distinct(FacetField::Country).unwrap(), 3);
    assert_eq!(index.distinct(FacetField::Provider).unwrap(), 1);
    index.apply(&[], &[OfferId(Uuid::from_u128(3))], "").unwrap();
    assert_eq!(index.distinct(FacetField::Country).unwrap(), 1);
    let newest = SearchQuery {
        chosen: vec![(FacetField::Provider, "hokusei".to_owned())],
        sort: SearchSort::Newest,
        limit: 1,
        ..SearchQuery::default()
    };
    assert_eq!(index.ids(&newest).unwrap(), [OfferId(Uuid::from_u128(2))]);
}
