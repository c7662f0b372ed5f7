//! The page of the API in docs/ shows what the program is: operations, states, relations, checks.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fmt::Write;
use std::path::PathBuf;

use provider_api::resource::RELATIONS;
use provider_api::suite::{CATALOGUE, Group};
use provider_api::{OPERATIONS, Part, state};

fn operations() -> String {
    let mut text =
        "| operation | request | what it does | asked by |\n| --- | --- | --- | --- |\n".to_owned();
    for part in Part::ALL {
        for operation in OPERATIONS.iter().filter(|operation| operation.part == part) {
            writeln!(
                text,
                "| `{}` | `{} {}` | {} | {} |",
                operation.name,
                operation.method,
                operation.route,
                operation.summary,
                operation.requirements.join(", ")
            )
            .unwrap();
        }
    }
    text
}

fn states() -> String {
    format!("```mermaid\n{}```\n", state::diagram())
}

fn relations() -> String {
    let mut text = "| from | relation | to |\n| --- | --- | --- |\n".to_owned();
    for (from, relation, to) in RELATIONS {
        writeln!(text, "| {} | {} | {} |", from.as_str(), relation.as_str(), to.as_str()).unwrap();
    }
    text
}

fn checks() -> String {
    let mut text = "| check | fact | asked by |\n| --- | --- | --- |\n".to_owned();
    for group in Group::ALL {
        for check in CATALOGUE.iter().filter(|check| check.group == group) {
            let asks = check.requirements.join(", ");
            writeln!(text, "| `{}` | {} | {asks} |", check.id, check.fact).unwrap();
        }
    }
    text
}

/// The page with what stands between the marks of a block replaced.
fn with(page: &str, name: &str, text: &str) -> String {
    let mark = format!("<!-- generated: {name} -->\n");
    let start = page.find(&mark).unwrap_or_else(|| panic!("no block {name}")) + mark.len();
    let end = start + page[start..].find("<!-- end -->").unwrap();
    format!("{}{text}{}", &page[..start], &page[end..])
}

#[test]
fn the_page_in_docs_shows_what_the_program_is() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/provider-api.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let blocks = [
        ("operations", operations()),
        ("states", states()),
        ("relations", relations()),
        ("checks", checks()),
    ];
    let fresh = blocks.iter().fold(page.clone(), |page, (name, text)| with(&page, name, text));
    if std::env::var_os("KUMOICHI_WRITE_DOCS").is_some() {
        std::fs::write(&path, &fresh).unwrap();
        return;
    }
    assert!(
        page == fresh,
        "docs/provider-api.md is out of date: KUMOICHI_WRITE_DOCS=1 cargo nextest run -p provider-api --test docs"
    );
}
