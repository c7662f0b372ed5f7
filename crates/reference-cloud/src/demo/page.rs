//! The demo application's pages. They work without script.

use std::fmt::Write;

use super::app::State;
use super::notebook::{Kept, NOTE_MAX};
use crate::api::STYLE;
use crate::words::{Words, escape};

pub(super) fn index(
    state: &State,
    words: &Words,
    (kept, used): (&Kept, i64),
    files: &[String],
) -> String {
    let name = escape(&state.service_name);
    let mut page = head(words, &name);
    let _ = write!(page, "<h1>{name}</h1><p>{}</p><dl>", words.get("app.intro"));
    let machine = state.instance.rsplit('-').next().unwrap_or("0");
    let volume = format!("{used} / {} B", state.notebook.quota_bytes());
    let facts = [
        ("app.visits", kept.visits.to_string()),
        ("app.machine", machine.to_owned()),
        ("app.volume", volume),
    ];
    for (key, value) in facts {
        let _ = write!(
            page,
            "<dt>{}</dt><dd id=\"{}\">{}</dd>",
            words.get(key),
            key.replace('.', "-"),
            escape(&value)
        );
    }
    for (name, value) in &state.settings {
        let _ = write!(page, "<dt>{}</dt><dd>{}</dd>", escape(name), escape(value));
    }
    page.push_str("</dl>");
    brought(&mut page, words, files);
    let _ = write!(page, "<h2>{}</h2>", words.get("app.notes"));
    if kept.notes.is_empty() {
        let _ = write!(page, "<p>{}</p>", words.get("app.none"));
    } else {
        page.push_str("<ul>");
        for note in &kept.notes {
            let _ = write!(page, "<li>{}</li>", escape(note));
        }
        page.push_str("</ul>");
    }
    let _ = write!(
        page,
        "<form method=\"post\" action=\"/notes\"><p><label for=\"note\">{}</label>\
         <textarea id=\"note\" name=\"note\" rows=\"3\" required maxlength=\"{NOTE_MAX}\"></textarea></p>\
         <p><button type=\"submit\">{}</button></p></form></main></body></html>",
        words.get("app.note"),
        words.get("app.add"),
    );
    page
}

/// The files that came in an image; nothing where there are none.
fn brought(page: &mut String, words: &Words, files: &[String]) {
    if files.is_empty() {
        return;
    }
    let _ = write!(page, "<h2>{}</h2><ul>", words.get("app.files"));
    for name in files {
        let name = escape(name);
        let _ = write!(page, "<li><a href=\"/files/{name}\">{name}</a></li>");
    }
    page.push_str("</ul>");
}

pub(super) fn refusal(words: &Words, key: &str) -> String {
    let text = words.get(key);
    let mut page = head(words, text);
    let _ = write!(
        page,
        "<h1>{text}</h1><p><a href=\"/\">{}</a></p></main></body></html>",
        words.get("app.back")
    );
    page
}

fn head(words: &Words, title: &str) -> String {
    format!(
        "<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style></head><body><main>",
        words.language
    )
}
