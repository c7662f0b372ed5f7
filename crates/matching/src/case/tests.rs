use std::io;

use serde_json::{Value as Json, json};

use super::*;

fn no_files(path: &str) -> io::Result<String> {
    Err(io::Error::new(io::ErrorKind::NotFound, path.to_owned()))
}

fn run(case: &Json) -> Json {
    serde_json::from_str(&run_case(&case.to_string(), no_files).unwrap()).unwrap()
}

fn refused(case: &Json) -> String {
    run_case(&case.to_string(), no_files).unwrap_err().pointer
}

fn small() -> Json {
    json!({
        "case": "small",
        "items": [
            {"id": "uptime", "type": "higher", "scale": "nines", "worst": "90", "best": "99.999"},
            {"id": "support", "type": "level", "levels": ["none", "office", "always"]},
            {"id": "place", "type": "set_within", "universe": ["DE", "FR", "JP"]},
            {"id": "price", "type": "lower", "scale": "log", "worst": "100", "best": "0.001"}
        ],
        "requirement": [
            {"item": "uptime", "value": "99.9", "mode": "must", "weight": "2", "tolerance": {"abs": "0.05"}},
            {"item": "support", "value": "office", "mode": "prefer", "weight": "1"},
            {"item": "place", "value": ["DE", "FR"], "mode": "must", "weight": "1"}
        ],
        "offers": [
            {"id": "a", "values": {"uptime": "99.99", "support": "office", "place": ["DE"], "price": "3"}},
            {"id": "b", "values": {"uptime": "99.85", "place": ["FR"]}},
            {"id": "c", "values": {"uptime": "99.84", "support": "always", "place": ["DE", "JP"], "price": "1"}}
        ]
    })
}

#[test]
fn a_case_answers_in_the_words_of_the_format() {
    let out = run(&small());
    let result = &out["small"];
    assert_eq!(result["matches"], json!(["a", "b"]));
    assert_eq!(result["failed"], json!({"a": [], "b": [], "c": ["uptime", "place"]}));
    assert_eq!(result["unpromised"], json!({"a": [], "b": ["support"], "c": []}));
    for order in ["balanced", "fit", "value", "strength"] {
        assert_eq!(result["order"][order], json!(["a", "b", "c"]), "{order}");
    }
    // b: uptime short by (3 - 2.8239087) / 4 of a scale of four nines, support not promised at all.
    let short = (2.0 * (3.0 - 2.823_908_740_944_319) / 4.0 + 1.0) / 4.0;
    assert!((result["shortfall"]["b"].as_f64().unwrap() - short).abs() < 1e-9);
    assert_eq!(result["surplus"]["a"], json!(0.166_666_667));
    assert_eq!(result.as_object().unwrap().len(), 6);
}

#[test]
fn queries_over_the_same_offers_have_their_own_keys() {
    let mut case = small();
    case["queries"] = json!([{"name": "cheap", "requirement": [{"item": "price", "value": "2"}]}]);
    let out = run(&case);
    assert_eq!(out["small/cheap"]["matches"], json!(["c"]));
    assert_eq!(out["small/cheap"]["unpromised"]["b"], json!(["price"]));
    assert_eq!(out["small"]["matches"], json!(["a", "b"]));
}

#[test]
fn an_unnamed_case_takes_the_name_of_its_file() {
    let mut case = small();
    case.as_object_mut().unwrap().remove("case");
    let out = run_named_case("table-4", &case.to_string(), no_files).unwrap();
    assert!(out.contains("\"table-4\""));
}

#[test]
fn offers_from_a_csv_file_equal_offers_in_the_case() {
    let csv = "id,uptime,note,place,support,price\r\na,99.99,\"first, best\",DE,office,3\r\nb,99.85,,FR,,\r\n\r\nc,99.84,,DE;JP,always,1\r\n";
    let mut case = small();
    case.as_object_mut().unwrap().remove("offers");
    case["offers_csv"] = json!("offers.csv");
    let load = |path: &str| if path == "offers.csv" { Ok(csv.to_owned()) } else { no_files(path) };
    let out: Json = serde_json::from_str(&run_case(&case.to_string(), load).unwrap()).unwrap();
    assert_eq!(out, run(&small()));
}

#[test]
fn a_fault_in_the_csv_file_names_line_and_column() {
    let mut case = small();
    case["offers_csv"] = json!("offers.csv");
    for (csv, expected) in [
        (
            "id,uptime\nd,many",
            "line 2, column uptime: \"many\" is no decimal number; allowed: at most 28 digits, such as 99.95 or 1e-3",
        ),
        ("id,uptime\nd,99\nd,98", "line 3: the id \"d\" is used twice"),
        ("id,uptime\nd", "line 2: 1 cells where the first line has 2"),
        ("uptime,id\n99,d", "line 1: the first column must be id"),
        ("id,uptime\n\"d,99", "line 2: a quoted cell is not closed"),
    ] {
        let fault = run_case(&case.to_string(), |_| Ok(csv.to_owned())).unwrap_err();
        assert_eq!((fault.pointer.as_str(), fault.message.as_str()), ("/offers_csv", expected));
    }
    assert_eq!(refused(&case), "/offers_csv");
}

#[test]
fn every_fault_points_at_its_place() {
    let faults: &[(&str, Json, &str)] = &[
        ("/items/0/type", json!("highest"), "/items/0/type"),
        ("/items/0/scale", json!("cubic"), "/items/0/scale"),
        ("/items/0/worst", json!("99.999"), "/items/0/best"),
        ("/items/0/worst", json!("ninety"), "/items/0/worst"),
        ("/items/0/best", json!("100"), "/items/0/best"),
        ("/items/3/best", json!("0"), "/items/3/best"),
        ("/items/3/best", json!("200"), "/items/3/best"),
        ("/items/1/id", json!("uptime"), "/items/1/id"),
        ("/items/1/levels", json!([]), "/items/1/levels"),
        ("/items/1/levels/2", json!("none"), "/items/1/levels/2"),
        ("/items/2/universe/1", json!("DE"), "/items/2/universe/1"),
        ("/requirement/0/item", json!("uptimes"), "/requirement/0/item"),
        ("/requirement/0/value", json!("99,9"), "/requirement/0/value"),
        ("/requirement/0/value", json!("99.90000000000000000000000000001"), "/requirement/0/value"),
        ("/requirement/0/mode", json!("should"), "/requirement/0/mode"),
        ("/requirement/0/weight", json!("-1"), "/requirement/0/weight"),
        ("/requirement/0/weight", json!("NaN"), "/requirement/0/weight"),
        ("/requirement/0/tolerance", json!({"rel": "0.01"}), "/requirement/0/tolerance/rel"),
        ("/requirement/0/tolerance", json!({"abs": "-1"}), "/requirement/0/tolerance/abs"),
        ("/requirement/0/tolerance", json!({"steps": 1}), "/requirement/0/tolerance/steps"),
        ("/requirement/0/tolerance", json!({"abs": "1", "rel": "1"}), "/requirement/0/tolerance"),
        ("/requirement/1/tolerance", json!({"steps": "0.5"}), "/requirement/1/tolerance/steps"),
        ("/requirement/2/tolerance", json!({"abs": "1"}), "/requirement/2/tolerance/abs"),
        ("/requirement/1/value", json!("gold"), "/requirement/1/value"),
        ("/requirement/2/value", json!("DE"), "/requirement/2/value"),
        ("/offers/1/id", json!("a"), "/offers/1/id"),
        ("/offers/1/values/uptime", json!("high"), "/offers/1/values/uptime"),
        ("/offers/1/values/a~1b", json!("1"), "/offers/1/values/a~1b"),
        (
            "/queries",
            json!([{"name": "q", "requirement": [{"item": "x", "value": "1"}]}]),
            "/queries/0/requirement/0/item",
        ),
    ];
    for (place, value, expected) in faults {
        let mut case = small();
        let (parent, key) = place.rsplit_once('/').unwrap();
        match case.pointer_mut(parent).unwrap() {
            Json::Array(list) => list[key.parse::<usize>().unwrap()] = value.clone(),
            other => other[key.replace("~1", "/")] = value.clone(),
        }
        assert_eq!(refused(&case), *expected, "{place} = {value}");
    }
    assert_eq!(run_case("{", no_files).unwrap_err().pointer, "");
    assert_eq!(refused(&json!({})), "/items");
    assert_eq!(refused(&json!({"items": []})), "/requirement");
    assert_eq!(refused(&json!({"items": [], "requirement": []})), "/offers");
}

/// The case with one value more or another.
fn with(place: &str, value: Json) -> Json {
    let mut case = small();
    let (parent, key) = place.rsplit_once('/').unwrap();
    case.pointer_mut(parent).unwrap()[key] = value;
    case
}

#[test]
fn a_mistyped_key_is_refused_with_its_place_and_the_key_that_was_meant() {
    for (place, meant) in [
        ("/requirements", "\"requirement\""),
        ("/items/0/wurst", "\"worst\""),
        ("/requirement/0/tolerence", "\"tolerance\""),
        ("/requirement/0/tolerance/ab", "\"abs\""),
        ("/offers/0/value", "\"values\""),
    ] {
        let fault = run_case(&with(place, json!("1")).to_string(), no_files).unwrap_err();
        assert_eq!(fault.pointer, place);
        assert!(fault.message.contains(&format!("did you mean {meant}?")), "{fault}");
        assert!(fault.message.contains("allowed: "), "{fault}");
    }
    let queries = json!([{"name": "q", "requirement": [], "wait": 1}]);
    assert_eq!(refused(&with("/queries", queries)), "/queries/0/wait");
    assert_eq!(refused(&with("/a~b", json!(1))), "/a~0b");
    assert_eq!(refused(&with("/case", json!(7))), "/case");
    let fault = run_case(&with("/requirement/0/item", json!("uptme")).to_string(), no_files);
    assert!(fault.unwrap_err().message.contains("did you mean \"uptime\"?"));
}

#[test]
fn remarks_for_people_change_nothing() {
    for place in ["/source", "/items/0/unit", "/requirement/0/note", "/offers/0/label", "/expected"]
    {
        assert_eq!(run(&with(place, json!({"any": ["thing"]}))), run(&small()), "{place}");
    }
}

#[test]
fn a_member_outside_the_universe_is_refused_wherever_it_stands() {
    for (place, at) in [
        ("/requirement/2/value", "/requirement/2/value/1"),
        ("/offers/0/values/place", "/offers/0/values/place/1"),
    ] {
        let fault = run_case(&with(place, json!(["DE", "FRR"])).to_string(), no_files).unwrap_err();
        assert_eq!(fault.pointer, at);
        let said =
            "\"FRR\" is not in the universe of the item; did you mean \"FR\"?; allowed: DE, FR, JP";
        assert_eq!(fault.message, said);
    }
    let mut case = with("/offers_csv", json!("offers.csv"));
    let fault = run_case(&case.to_string(), |_| Ok("id,place\nd,DE;UK\n".to_owned())).unwrap_err();
    assert_eq!(fault.pointer, "/offers_csv");
    let said =
        "line 2, column place: \"UK\" is not in the universe of the item; allowed: DE, FR, JP";
    assert_eq!(fault.message, said);
    // Without a universe every member is one; a set that is empty has none.
    case.as_object_mut().unwrap().remove("offers_csv");
    case["offers"][0]["values"]["place"] = json!([]);
    assert_eq!(run(&case)["small"]["failed"]["a"], json!(["place"]));
    case["items"][2].as_object_mut().unwrap().remove("universe");
    case["offers"][0]["values"]["place"] = json!(["anywhere"]);
    assert_eq!(run(&case)["small"]["failed"]["a"], json!(["place"]));
}

#[test]
fn a_promised_label_outside_the_list_meets_nothing() {
    let mut case = small();
    case["requirement"] = json!([{"item": "support", "value": "none"}]);
    case["offers"][0]["values"]["support"] = json!("platinum");
    let out = run(&case);
    assert_eq!(out["small"]["failed"]["a"], json!(["support"]));
    assert_eq!(out["small"]["unpromised"], json!({"a": [], "b": ["support"], "c": []}));
}

#[test]
// Numbers of too many digits are refused by `strict`, before a float is made of them.
fn numbers_are_taken_exactly_or_not_at_all() {
    for (json, expected) in [
        (json!("99.95"), Some("99.95")),
        (json!("1e-3"), Some("0.001")),
        (json!("-1.5E2"), Some("-150")),
        (json!(99.95), Some("99.95")),
        (json!(7), Some("7")),
        (json!("1_000"), None),
        (json!("1e40"), None),
        (json!(""), None),
        (json!(true), None),
    ] {
        let read = number::decimal(&json).ok().map(|number| number.to_string());
        assert_eq!(read.as_deref(), expected, "{json}");
    }
}
