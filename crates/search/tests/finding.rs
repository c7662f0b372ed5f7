//! F7.1.3: offers are found in both languages, counted rightly and kept up to date.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story that cannot go on fails its test"
)]

use domain::{Currency, OfferId, OrganisationId, Sight};
use search::{
    Closeness, Dropped, FacetField, Observed, OfferDocument, OfferIndex, SearchError, SearchQuery,
    SearchSort,
};
use uuid::Uuid;

fn offer(number: u128, title_en: &str, title_ja: &str, body: &[&str]) -> OfferDocument {
    OfferDocument {
        id: OfferId(Uuid::from_u128(number)),
        title_en: title_en.to_owned(),
        title_ja: title_ja.to_owned(),
        names: vec!["Hokusei Cloud".to_owned(), "北星クラウド".to_owned()],
        body: body.iter().map(|&text| text.to_owned()).collect(),
        middleware: Vec::new(),
        categories: Vec::new(),
        attributes: Vec::new(),
        numbers: Vec::new(),
        machines: Vec::new(),
        provider: "hokusei".to_owned(),
        model: "IaaS".to_owned(),
        deployment: "public".to_owned(),
        regions: vec!["jp-north-1".to_owned()],
        countries: vec!["JP".to_owned()],
        certifications: vec!["iso27001".to_owned()],
        regimes: Vec::new(),
        hold: None,
        observed: Observed::Unmeasured,
        price: None,
        backed: false,
        published_at: number as i64,
        members: None,
    }
}

fn market() -> OfferIndex {
    let index = OfferIndex::in_memory(None).unwrap();
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
    assert_eq!(find(&index, "業務クラウド"), [3]);
    assert_eq!(find(&index, "東京 nginx"), [2]);
    assert_eq!(find(&index, "大阪"), [] as [u128; 0]);
}

#[test]
fn prefixes_and_one_typing_error_are_forgiven() {
    let index = market();
    assert_eq!(find(&index, "rhein"), [3]);
    assert_eq!(find(&index, "saporo"), [1]);
    assert_eq!(find(&index, "xyz"), [] as [u128; 0]);
    let asked =
        SearchQuery { text: "Saporo compute".to_owned(), limit: 9, ..SearchQuery::default() };
    let found = index.search(&asked).unwrap();
    assert_eq!(found.closeness, Closeness::Close);
    assert_eq!(found.meant, Some(("sapporo compute".to_owned(), 1)));
    let known = SearchQuery { text: "sapporo".to_owned(), limit: 9, ..SearchQuery::default() };
    let found = index.search(&known).unwrap();
    assert_eq!((found.closeness, found.meant), (Closeness::Exact, None));
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
    drop(OfferIndex::open(folder.path(), None).unwrap());
    std::fs::write(folder.path().join("meta.json"), "{").unwrap();
    let index = OfferIndex::open(folder.path(), None).unwrap();
    assert!(index.is_empty());
    index.clear().unwrap();
    index.add(&[offer(1, "One", "一", &[])]).unwrap();
    index.publish("").unwrap();
    assert_eq!(index.len(), 1);
}

#[test]
fn what_is_added_is_seen_once_it_is_published_and_lasts_with_its_note() {
    let folder = tempfile::tempdir().unwrap();
    let index = OfferIndex::open(folder.path(), None).unwrap();
    assert_eq!(index.note().unwrap(), None);
    index.add(&[offer(1, "One", "一", &[]), offer(2, "Two", "二", &[])]).unwrap();
    assert!(index.is_empty(), "nothing is published yet");
    index.publish("first").unwrap();
    index.remove(&[OfferId(Uuid::from_u128(1))]).unwrap();
    assert_eq!(index.len(), 2);
    drop(index);
    let again = OfferIndex::open(folder.path(), None).unwrap();
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
    assert_eq!(index.distinct(Sight::Everything, FacetField::Country).unwrap(), 3);
    assert_eq!(index.distinct(Sight::Everything, FacetField::Provider).unwrap(), 1);
    index.apply(&[], &[OfferId(Uuid::from_u128(3))], "").unwrap();
    assert_eq!(index.distinct(Sight::Everything, FacetField::Country).unwrap(), 1);
    let newest = SearchQuery {
        chosen: vec![(FacetField::Provider, "hokusei".to_owned())],
        sort: SearchSort::Newest,
        limit: 1,
        ..SearchQuery::default()
    };
    assert_eq!(index.ids(&newest).unwrap(), [OfferId(Uuid::from_u128(2))]);
}

#[test]
fn an_index_that_somebody_else_writes_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let first = OfferIndex::open(folder.path(), None).unwrap();
    first.apply(&[offer(1, "One", "一", &[])], &[], "kept").unwrap();
    // Also where it looks broken in between.
    let meta = folder.path().join("meta.json");
    let whole = std::fs::read(&meta).unwrap();
    for text in [whole.as_slice(), b"{"] {
        std::fs::write(&meta, text).unwrap();
        let refused = OfferIndex::open(folder.path(), None).unwrap_err();
        assert!(matches!(refused, SearchError::InUse(_)), "{refused:?}");
        assert!(refused.to_string().contains("in use by another process"), "{refused}");
    }
    std::fs::write(&meta, &whole).unwrap();
    assert_eq!(first.len(), 1);
    drop(first);
    let again = OfferIndex::open(folder.path(), None).unwrap();
    assert_eq!((again.len(), again.note().unwrap().as_deref()), (1, Some("kept")));
}

#[test]
fn what_is_not_of_the_index_stays_when_it_is_built_anew() {
    let folder = tempfile::tempdir().unwrap();
    drop(OfferIndex::open(folder.path(), None).unwrap());
    std::fs::create_dir(folder.path().join("photographs")).unwrap();
    std::fs::write(folder.path().join("meta.json"), "{").unwrap();
    assert!(OfferIndex::open(folder.path(), None).unwrap().is_empty());
    assert!(folder.path().join("photographs").is_dir());
}

#[test]
fn words_that_mean_the_same_find_each_other_in_both_languages() {
    let index = OfferIndex::in_memory(None).unwrap();
    let offers = [
        offer(1, "Managed Kubernetes", "マネージドサービス", &[]),
        offer(2, "Records", "台帳", &["リレーショナルデータベースの運用を代行します"]),
        offer(3, "Highly available", "稼働率を保証", &[]),
        offer(4, "Load balancers", "通信", &[]),
    ];
    index.apply(&offers, &[], "").unwrap();
    assert_eq!(find(&index, "k8s"), [1]);
    assert_eq!(find(&index, "クーバネティス"), [1]);
    assert_eq!(find(&index, "DB"), [2]);
    assert_eq!(find(&index, "databases"), [2]);
    assert_eq!(find(&index, "uptime"), [3]);
    assert_eq!(find(&index, "負荷分散"), [4]);
    assert_eq!(find(&index, "balancer"), [4], "endings do not matter");
}

#[test]
fn kana_width_and_long_vowels_do_not_matter() {
    let index = OfferIndex::in_memory(None).unwrap();
    index.apply(&[offer(1, "Server", "専用サーバー管理", &["ウィルス対策"])], &[], "").unwrap();
    for text in ["サーバ", "ｻｰﾊﾞｰ", "さーばー", "ウイルス", "ＳＥＲＶＥＲ"]
    {
        assert_eq!(find(&index, text), [1], "{text}");
    }
}

#[test]
fn phrases_exclusions_and_filters_in_the_text_narrow() {
    let index = OfferIndex::in_memory(None).unwrap();
    let postgresql = |version: &str| vec![("PostgreSQL".to_owned(), Some(version.to_owned()))];
    let first = OfferDocument {
        middleware: postgresql("16"),
        price: Some((48_000, Currency::Jpy)),
        regimes: vec!["appi-jp".to_owned()],
        hold: Some("native_group".to_owned()),
        ..offer(1, "Virtual machines", "仮想マシン", &["Backups every night"])
    };
    let second = OfferDocument {
        middleware: postgresql("17"),
        price: Some((90_000, Currency::Jpy)),
        regions: vec!["jp-osaka-1".to_owned()],
        backed: true,
        ..offer(2, "Machines, virtual ones", "マシン（仮想）", &["Backups at noon"])
    };
    index.apply(&[first, second], &[], "").unwrap();
    assert_eq!(find(&index, "virtual machines"), [1, 2]);
    assert_eq!(find(&index, "\"virtual machines\""), [1]);
    assert_eq!(find(&index, "「仮想マシン」"), [1]);
    assert_eq!(find(&index, "backups -noon"), [1]);
    assert_eq!(find(&index, "middleware:postgresql"), [1, 2]);
    assert_eq!(find(&index, "middleware:\"PostgreSQL 17\""), [2]);
    assert_eq!(find(&index, "region:jp-osaka"), [2]);
    assert_eq!(find(&index, "PROVIDER:Hokusei regime:appi-jp"), [1]);
    assert_eq!(find(&index, "hold:native_group"), [1]);
    assert_eq!(find(&index, "is:contractable"), [2]);
    assert_eq!(find(&index, "-is:contractable backups"), [1]);
    assert_eq!(find(&index, "price:<50000"), [1]);
    assert_eq!(find(&index, "price:50000..90000"), [2]);
    assert_eq!(find(&index, "price:<50000eur"), [] as [u128; 0]);
}

#[test]
fn every_facet_counts_its_values_under_the_other_filters() {
    let index = OfferIndex::in_memory(None).unwrap();
    let redis = ("Redis".to_owned(), Some("7".to_owned()));
    let first = OfferDocument {
        middleware: vec![("PostgreSQL".to_owned(), Some("16".to_owned())), redis.clone()],
        price: Some((48_000, Currency::Jpy)),
        regimes: vec!["appi-jp".to_owned()],
        observed: Observed::Measured { share: 999_000, kept: true },
        ..offer(1, "One", "一", &[])
    };
    let second = OfferDocument {
        middleware: vec![redis],
        hold: Some("none".to_owned()),
        ..offer(2, "Two", "二", &[])
    };
    index.apply(&[first, second], &[], "").unwrap();
    let counts = |chosen: &[(FacetField, &str)], field, value: &str| {
        let chosen = chosen.iter().map(|(field, value)| (*field, (*value).to_owned())).collect();
        let query = SearchQuery { chosen, limit: 9, ..SearchQuery::default() };
        let facets = index.search(&query).unwrap().facets;
        facets.iter().find(|f| f.field == field && f.value == value).map_or(0, |f| f.count)
    };
    assert_eq!(counts(&[], FacetField::Middleware, "Redis"), 2);
    assert_eq!(counts(&[], FacetField::Version, "PostgreSQL 16"), 1);
    assert_eq!(counts(&[], FacetField::PriceBand, "jpy-30000-100000"), 1);
    assert_eq!(counts(&[], FacetField::PriceBand, "none"), 1);
    assert_eq!(counts(&[], FacetField::Observed, "kept"), 1);
    assert_eq!(counts(&[], FacetField::Regime, "appi-jp"), 1);
    assert_eq!(counts(&[], FacetField::Region, "jp-north-1"), 2);
    let redis = [(FacetField::Hold, "none"), (FacetField::Middleware, "Redis")];
    assert_eq!(counts(&redis, FacetField::Middleware, "Redis"), 1);
    assert_eq!(counts(&redis, FacetField::Hold, "none"), 1);
    assert_eq!(
        counts(&redis, FacetField::Middleware, "PostgreSQL"),
        0,
        "all chosen have to be there"
    );
}

#[test]
fn counts_follow_a_change_of_the_market_at_once() {
    let index = market();
    let total = |index: &OfferIndex| {
        index.search(&SearchQuery { limit: 1, ..SearchQuery::default() }).unwrap().total
    };
    assert_eq!((total(&index), total(&index)), (3, 3));
    index.apply(&[], &[OfferId(Uuid::from_u128(1))], "").unwrap();
    assert_eq!(total(&index), 2);
}

#[test]
fn where_nothing_is_found_the_filters_in_the_way_are_named() {
    let index = market();
    let query = SearchQuery {
        text: "postgresql".to_owned(),
        chosen: vec![
            (FacetField::Country, "DE".to_owned()),
            (FacetField::Model, "PaaS".to_owned()),
        ],
        limit: 9,
        ..SearchQuery::default()
    };
    let found = index.search(&query).unwrap();
    assert_eq!((found.total, found.closeness), (0, Closeness::Exact));
    let ways = index.ways_out(&query).unwrap();
    let brings: Vec<_> = ways.iter().map(|way| (&way.dropped, way.count)).collect();
    assert_eq!(brings, [(&Dropped::Facet(FacetField::Model), 1)]);
}

#[test]
fn suggestions_go_on_with_what_is_typed_and_forget_what_was_withdrawn() {
    let index = market();
    assert_eq!(index.suggest(Sight::Everything, "sap", 5).unwrap(), ["Sapporo compute"]);
    assert_eq!(index.suggest(Sight::Everything, "comp", 5).unwrap(), ["Sapporo compute"]);
    assert_eq!(index.suggest(Sight::Everything, "ホクセイ", 5).unwrap(), [] as [&str; 0]);
    assert_eq!(index.suggest(Sight::Everything, "えっじ", 5).unwrap(), ["エッジバースト東京"]);
    assert_eq!(index.suggest(Sight::Everything, "hok", 5).unwrap(), ["Hokusei Cloud"]);
    assert_eq!(index.suggest(Sight::Everything, " ", 5).unwrap(), [] as [&str; 0]);
    index.apply(&[], &[OfferId(Uuid::from_u128(1))], "").unwrap();
    assert_eq!(index.suggest(Sight::Everything, "sap", 5).unwrap(), [] as [&str; 0]);
}

#[test]
fn s1_what_a_reader_may_not_know_of_is_neither_found_nor_counted_nor_hinted_at() {
    let [invited, stranger] = [7, 8].map(|number| OrganisationId(Uuid::from_u128(number)));
    let index = market();
    let closed = OfferDocument {
        members: Some(vec![invited]),
        provider: "zephyr".to_owned(),
        names: vec!["Zephyrine Works".to_owned()],
        ..offer(90, "Quarantine vault", "隔離保管庫", &["quokkaphone"])
    };
    let before = index.search(&SearchQuery { limit: 20, ..SearchQuery::default() }).unwrap();
    index.apply(&[closed], &[], "").unwrap();
    let ask = |sight, text: &str| {
        let query =
            SearchQuery { sight, text: text.to_owned(), limit: 20, ..SearchQuery::default() };
        (index.search(&query).unwrap(), index.ways_out(&query).unwrap())
    };
    for sight in [Sight::Public, Sight::Of(stranger)] {
        let (all, _) = ask(sight, "");
        assert_eq!((all.total, &all.ids), (before.total, &before.ids), "{sight:?}");
        assert_eq!(all.facets, before.facets, "{sight:?}");
        // A word of its own, one close to it, and one that nobody uses are answered alike.
        for text in ["quokkaphone", "quokkaphont", "nonexistingword", "\"quarantine vault\""] {
            let (found, ways) = ask(sight, text);
            assert_eq!((found.total, found.meant), (0, None), "{sight:?} {text}");
            let unknown = ask(sight, &text.replace("quokkaphone", "xyloxyloxylo"));
            assert_eq!(found.closeness, unknown.0.closeness, "{sight:?} {text}");
            assert_eq!(ways, unknown.1, "{sight:?} {text}");
        }
        assert_eq!(ask(sight, "quokkaphone provider:zephyr").0.total, 0);
        for typed in ["quar", "zeph", "隔離"] {
            assert_eq!(index.suggest(sight, typed, 5).unwrap(), [] as [&str; 0], "{sight:?}");
        }
        assert_eq!(index.distinct(sight, FacetField::Provider).unwrap(), 1, "{sight:?}");
    }
    for sight in [Sight::Of(invited), Sight::Everything] {
        assert_eq!(ask(sight, "").0.total, before.total + 1, "{sight:?}");
        assert_eq!(ask(sight, "quokkaphone").0.total, 1, "{sight:?}");
        assert_eq!(ask(sight, "quokkaphont").0.meant, Some(("quokkaphone".to_owned(), 1)));
        assert_eq!(index.suggest(sight, "quar", 5).unwrap(), ["Quarantine vault"], "{sight:?}");
        assert_eq!(index.distinct(sight, FacetField::Provider).unwrap(), 2, "{sight:?}");
    }
    // The counts that are kept for one reader are never given to another.
    assert_eq!(ask(Sight::Public, "").0.total, before.total);
    index.apply(&[], &[OfferId(Uuid::from_u128(90))], "").unwrap();
    assert_eq!(ask(Sight::Of(invited), "").0.total, before.total);
}

#[test]
fn the_best_kept_promise_comes_first_in_the_order_of_what_was_measured() {
    let index = OfferIndex::in_memory(None).unwrap();
    let measured = |number, share, kept| OfferDocument {
        observed: Observed::Measured { share, kept },
        ..offer(number, "Measured", "実測", &[])
    };
    let offers = [
        offer(1, "Unmeasured", "未計測", &[]),
        measured(2, 999_000, false),
        measured(3, 990_000, true),
        measured(4, 999_999, true),
    ];
    index.apply(&offers, &[], "").unwrap();
    let query = SearchQuery { sort: SearchSort::Observed, limit: 9, ..SearchQuery::default() };
    let order: Vec<u128> = index.ids(&query).unwrap().iter().map(|id| id.0.as_u128()).collect();
    assert_eq!(order, [4, 3, 2, 1]);
}

#[test]
fn hits_are_marked_with_other_words_for_the_same() {
    let index = market();
    let query =
        SearchQuery { text: "postgres 東京".to_owned(), limit: 9, ..SearchQuery::default() };
    let marker = index.search(&query).unwrap().marker;
    let marked = marker.whole("PostgreSQL 16 in Tokyo、東京リージョン");
    let hits: Vec<&str> =
        marked.parts.iter().filter(|(_, hit)| *hit).map(|(text, _)| text.as_str()).collect();
    assert_eq!(hits, ["PostgreSQL", "Tokyo", "東京"]);
}

#[test]
fn an_index_in_one_part_answers_as_it_did_in_many_and_goes_on_being_fed() {
    let index = OfferIndex::in_memory(None).unwrap();
    for number in 1..=3 {
        let body = [format!("databases of kind {number}")];
        let body: Vec<&str> = body.iter().map(String::as_str).collect();
        index.apply(&[offer(number, "Sapporo database", "", &body)], &[], "").unwrap();
    }
    let asked = SearchQuery { text: "database".to_owned(), limit: 10, ..SearchQuery::default() };
    let before = index.search(&asked).unwrap();
    assert_eq!((before.total, before.ids.len()), (3, 3));
    for _ in 0..2 {
        index.compact().unwrap();
        let after = index.search(&asked).unwrap();
        assert_eq!((after.total, after.facets), (3, before.facets.clone()));
    }
    index.apply(&[], &[OfferId(Uuid::from_u128(2))], "without the second").unwrap();
    assert_eq!(index.search(&asked).unwrap().total, 2);
    assert_eq!(index.note().unwrap().as_deref(), Some("without the second"));
    index.compact().unwrap();
    assert_eq!(index.ids(&asked).unwrap().len(), 2);
}

#[test]
fn a_word_is_found_in_every_form_whichever_is_asked() {
    let index = OfferIndex::in_memory(None).unwrap();
    let texts = ["one app", "many apps", "a server", "servers", "the serverless kind"];
    let offers: Vec<_> =
        texts.iter().zip(1..).map(|(text, number)| offer(number, text, "", &[])).collect();
    index.apply(&offers, &[], "").unwrap();
    let found = |text: &str| {
        let asked = SearchQuery { text: text.to_owned(), limit: 10, ..SearchQuery::default() };
        let mut ids: Vec<u128> =
            index.ids(&asked).unwrap().into_iter().map(|id| id.0.as_u128()).collect();
        ids.sort_unstable();
        ids
    };
    for (text, expected) in [
        ("app", &[1, 2][..]),
        ("apps", &[1, 2]),
        ("servers", &[3, 4]),
        ("server", &[3, 4, 5]),
        ("servers hokusei", &[3, 4]),
        ("hokusei servers", &[3, 4]),
    ] {
        assert_eq!(found(text), expected, "{text}");
    }
}

#[test]
fn a_name_that_is_what_was_typed_comes_before_all_that_speaks_of_it() {
    let index = OfferIndex::in_memory(None).unwrap();
    let named = OfferDocument {
        middleware: vec![("HAProxy".to_owned(), Some("3.2".to_owned()))],
        ..offer(1, "A long title of a load balancer for many services", "", &[])
    };
    let others = (2..6).map(|number| {
        offer(number, "HAProxy HAProxy tools", "", &["HAProxy 3.2 and HAProxy 3.0, for HAProxy"])
    });
    let offers: Vec<OfferDocument> = std::iter::once(named).chain(others).collect();
    index.apply(&offers, &[], "").unwrap();
    for text in ["haproxy", "ＨＡProxy", "haproxy 3.2"] {
        let asked = SearchQuery { text: text.to_owned(), limit: 10, ..SearchQuery::default() };
        let ids = index.ids(&asked).unwrap();
        assert_eq!((ids.len(), ids[0].0.as_u128()), (5, 1), "{text}");
    }
}
