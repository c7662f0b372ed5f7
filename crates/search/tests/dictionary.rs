//! F7.1.3: Japanese is cut into words where Debian's dictionary is installed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a story that cannot go on fails its test, one without its dictionary says so"
)]

use domain::OfferId;
use search::{
    Dictionary, IPADIC_SOURCE, Observed, OfferDocument, OfferIndex, SearchError, SearchQuery,
};
use std::path::Path;
use std::sync::Arc;
use uuid::Uuid;

/// The compiled dictionary; `None` where its package is not installed.
fn dictionary() -> Option<Arc<Dictionary>> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ipadic");
    if let Ok(ready) = Dictionary::open(&folder) {
        return Some(Arc::new(ready));
    }
    if !Dictionary::is_source(Path::new(IPADIC_SOURCE)) {
        eprintln!("left out: the package mecab-ipadic is not installed");
        return None;
    }
    Dictionary::build(Path::new(IPADIC_SOURCE), &folder).unwrap();
    Some(Arc::new(Dictionary::open(&folder).unwrap()))
}

fn offer(number: u128, title_ja: &str, body: &str) -> OfferDocument {
    OfferDocument {
        id: OfferId(Uuid::from_u128(number)),
        title_en: format!("Offer {number}"),
        title_ja: title_ja.to_owned(),
        names: Vec::new(),
        body: vec![body.to_owned()],
        middleware: Vec::new(),
        categories: Vec::new(),
        attributes: Vec::new(),
        numbers: Vec::new(),
        machines: Vec::new(),
        provider: "hokusei".to_owned(),
        model: "IaaS".to_owned(),
        deployment: "public".to_owned(),
        regions: Vec::new(),
        countries: vec!["JP".to_owned()],
        certifications: Vec::new(),
        regimes: Vec::new(),
        hold: None,
        observed: Observed::Unmeasured,
        price: None,
        backed: false,
        published_at: 1,
        members: None,
    }
}

fn find(index: &OfferIndex, text: &str) -> Vec<u128> {
    let query = SearchQuery { text: text.to_owned(), limit: 20, ..SearchQuery::default() };
    let found = index.search(&query).unwrap();
    let mut found: Vec<u128> = found.ids.iter().map(|id| id.0.as_u128()).collect();
    found.sort_unstable();
    found
}

#[test]
fn words_are_found_and_not_characters_that_happen_to_stand_together() {
    let Some(dictionary) = dictionary() else { return };
    let offers = [
        offer(1, "東京都の仮想マシン", "時間課金で借りられます。"),
        offer(2, "京都の仮想サーバー", "バックアップとクラウドサービスの組み合わせです。"),
    ];
    let words = OfferIndex::in_memory(Some(dictionary)).unwrap();
    words.apply(&offers, &[], "").unwrap();
    assert_eq!(words.analysis(), "words");
    assert_eq!(find(&words, "京都"), [2], "東京都 is not 京都");
    assert_eq!(find(&words, "東京"), [1]);
    assert_eq!(find(&words, "仮想サーバ"), [1, 2], "another word for the same");
    assert_eq!(find(&words, "借りる"), [1], "the form of a verb does not matter");
    assert_eq!(find(&words, "クラウド"), [2], "part of a word the dictionary does not know");
    assert_eq!(find(&words, "バックアップの組み合わせ"), [2], "particles say nothing");
    let pairs = OfferIndex::in_memory(None).unwrap();
    pairs.apply(&offers, &[], "").unwrap();
    assert_eq!(pairs.analysis(), "pairs");
    assert_eq!(find(&pairs, "京都"), [1, 2]);
}

#[test]
fn a_source_or_dictionary_that_is_not_there_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("none");
    let built = Dictionary::build(&missing, &folder.path().join("into"));
    assert!(matches!(built, Err(SearchError::NoDictionary(_))));
    assert!(matches!(Dictionary::open(&missing), Err(SearchError::NoDictionary(_))));
    std::fs::create_dir(&missing).unwrap();
    assert!(matches!(Dictionary::open(&missing), Err(SearchError::Dictionary(_))));
    assert!(!folder.path().join("into").exists());
}
