//! The page about cases that users get: its example is run, its table of offers is read, and the fault
//! it shows is the one that is told.

#![allow(clippy::unwrap_used, reason = "a page without its parts should stop the test there")]

use matching::run_named_case;
use serde_json::Value;
use std::io;

const PAGE: &str = include_str!("../../../docs/match-cases.md");

/// The parts of the page in this language, in their order.
fn blocks(language: &str) -> Vec<&'static str> {
    let opening = format!("```{language}\n");
    PAGE.split(opening.as_str()).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

fn no_files(path: &str) -> io::Result<String> {
    Err(io::Error::new(io::ErrorKind::NotFound, path.to_owned()))
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn the_example_of_the_page_prints_what_the_page_says() {
    let [case, printed] = blocks("json")[..] else { panic!("a case and its result") };
    let found = run_named_case("another-name", case, no_files).unwrap();
    assert_eq!(json(&found), json(printed));
}

#[test]
fn the_table_of_the_page_holds_the_offers_of_its_case() {
    let (case, printed) = (blocks("json")[0], blocks("json")[1]);
    let mut case = json(case);
    case.as_object_mut().unwrap().remove("offers");
    case["offers_csv"] = "hosting.csv".into();
    let found = run_named_case("x", &case.to_string(), |_| Ok(blocks("csv")[0].to_owned()));
    assert_eq!(json(&found.unwrap()), json(printed));
}

#[test]
fn the_fault_of_the_page_is_the_one_that_is_told() {
    let mistyped = blocks("json")[0].replace("tolerance", "tolerence");
    let fault = run_named_case("x", &mistyped, no_files).unwrap_err();
    assert_eq!(blocks("text")[0].trim(), format!("hosting.json{fault}"));
}
