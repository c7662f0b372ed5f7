//! The generator of words: what it makes and what it refuses.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story that cannot go on fails its test"
)]

#[path = "../build/words.rs"]
mod words;

use std::fs;

fn generated(english: &str, japanese: &str) -> Result<String, String> {
    let folder = tempfile::tempdir().unwrap();
    for (language, text) in [("en", english), ("ja", japanese)] {
        fs::create_dir(folder.path().join(language)).unwrap();
        fs::write(folder.path().join(language).join("market.toml"), text).unwrap();
    }
    words::generate(folder.path()).map_err(|error| error.to_string())
}

#[test]
fn nested_keys_become_functions_with_their_placeholders() {
    let code =
        generated("[list]\ntitle = \"By {name}\"", "[list]\ntitle = \"{name} による\"").unwrap();
    assert!(
        code.contains("pub fn market_list_title(self, name: impl std::fmt::Display) -> String")
    );
    let code = generated("title = \"Market\"", "title = \"市場\"").unwrap();
    assert!(code.contains("pub fn market_title(self) -> &'static str"));
}

#[test]
fn plurals_take_a_count_and_one_language_may_have_a_single_form() {
    let code = generated(
        "found = { one = \"One offer\", other = \"{count} offers\" }",
        "found = { other = \"{count} 件\" }",
    )
    .unwrap();
    assert!(code.contains("pub fn market_found(self, count: i64) -> String"));
}

#[test]
fn a_missing_key_is_named_with_its_language() {
    let error = generated("title = \"Market\"\nlead = \"x\"", "title = \"市場\"").unwrap_err();
    assert_eq!(error, "locales/ja lacks `market_lead` (locales/en has it)");
    let error = generated("title = \"Market\"", "title = \"市場\"\nlead = \"x\"").unwrap_err();
    assert_eq!(error, "locales/en lacks `market_lead` (locales/ja has it)");
}

#[test]
fn different_placeholders_are_refused() {
    let error = generated("title = \"{name}\"", "title = \"{names}\"").unwrap_err();
    assert!(error.contains("market_title"), "{error}");
    assert!(
        generated("title = \"{name\"", "title = \"{name\"").unwrap_err().contains("stays open")
    );
    assert!(
        generated("title = \"{a b}\"", "title = \"{a b}\"").unwrap_err().contains("no placeholder")
    );
}
