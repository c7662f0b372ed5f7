//! Characters that nobody sees, in every field that takes a name; and names as people write them.

use super::{Site, error_at, plain};
use crate::table::NAMES;
use axum::http::StatusCode;

/// A character in a page that nobody sees.
pub fn hidden_in(page: &str) -> Option<char> {
    page.chars().find(|c| sla::is_unseen(*c) && !matches!(c, '\n' | '\r' | '\t'))
}

#[tokio::test]
async fn a_character_that_nobody_sees_is_named_at_its_field_and_does_not_come_back() {
    let site = Site::open().await;
    let before = site.done().await;
    for (form, name) in NAMES {
        for (typed, code) in [
            ("Kita\u{202e}", "U+202E"),
            ("Ki\u{200b}ta", "U+200B"),
            ("\u{feff}Kita", "U+FEFF"),
            ("Ki\u{2066}ta", "U+2066"),
            ("👨\u{200d}👩", "U+200D"),
            ("Ki\0ta", "U+0000"),
        ] {
            let mut pairs: Vec<(&str, &str)> =
                form.good.iter().copied().filter(|(known, _)| *known != name).collect();
            pairs.push((name, typed));
            for language in ["en", "ja"] {
                let about = format!("{} {name}={typed:?} {language}", form.path);
                let answer = site.post(form.role, form.path, language, &pairs).await;
                assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{about}");
                // The title of a need is asked in the reader's language.
                let own = if name == "title_en" && form.path == "/needs/new" && language == "ja" {
                    "title_ja"
                } else {
                    name
                };
                let error = error_at(&answer.text, own).expect(&about);
                assert!(error.contains(code), "{about}: {error}");
                assert_eq!(hidden_in(&answer.text), None, "{about}");
            }
        }
    }
    assert!(site.done().await == before, "something was stored");
}

#[tokio::test]
async fn names_as_people_write_them_are_taken() {
    let site = Site::open().await;
    for (form, field) in NAMES {
        for (number, typed) in ["葛\u{e0100}城市☁\u{fe0f}", "か\u{3099}き 👍🏽 🇯🇵", "Zu\u{308}rich"]
            .into_iter()
            .enumerate()
        {
            let address = format!("new{number}{field}@example.org");
            let slug = format!("kita-{number}-{}", field.replace('_', "-"));
            let pairs: Vec<(&str, &str)> = form
                .good
                .iter()
                .map(|(name, value)| match *name {
                    name if name == field => (name, typed),
                    "email" => ("email", address.as_str()),
                    "name" if form.path == "/provider/offers/new" => ("name", slug.as_str()),
                    name => (name, *value),
                })
                .collect();
            let answer = site.post(form.role, form.path, "en", &pairs).await;
            let about = format!("{} {field}={typed}: {}", form.path, plain(&answer.text));
            assert!(!answer.status.is_client_error(), "{about}");
        }
    }
}
