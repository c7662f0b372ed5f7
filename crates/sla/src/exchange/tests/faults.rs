//! Faults of files: each names its place, what was found and what is allowed.

use super::*;
use crate::exchange::{csv, meti};

#[test]
fn an_answer_under_an_unknown_name_is_a_fault_with_the_nearest_name() {
    let read = |name: &str, answer: &str| {
        let text = format!("サービスレベル項目,回答\n平均復旧時間,1時間\n{name},{answer}\n");
        let import = meti::read(&text, &kaikei());
        import.faults.into_iter().next().map(|found| {
            assert_eq!((found.row, import.fault_count), (3, 1));
            assert_eq!(found.fault.code, FaultCode::UnknownRow);
            assert!(found.fault.message.contains(answer), "{found}");
            (found.column, found.fault.found, found.fault.allowed)
        })
    };
    let near = |name: &str, row: &str| {
        let said = (name.to_owned(), Some(name.to_owned()), vec![row.to_owned()]);
        assert_eq!(read(name, "99.9 %"), Some(said));
    };
    near("サービス稼動率X", "サービス稼働率");
    near("平均服旧時間（MTTR）", "平均復旧時間");
    near("障害発生数", "障害発生件数");
    let own = read("お客様満足度", "90 %").unwrap();
    assert_eq!(own.2, [crate::Expected::ChecklistRow.to_string()]);
    assert!(read("", "99.9 %").is_some(), "an answer to nothing");
    for passed in
        ["同時接続利用者数", "障害通知時間（平日）", "可用性", "※備考", "サービスレベル項目"]
    {
        assert_eq!(read(passed, "10"), None, "{passed}");
    }
    assert_eq!(read("お客様満足度", "なし"), None, "promises nothing");
}

#[test]
fn an_open_quotation_mark_is_named_where_it_opens() {
    let rows = ["4 h", "\"5 h", "6 h"];
    let import = read(Format::Csv, &table("availability.mttr", &rows));
    let [found] = import.faults.as_slice() else { panic!("{import:?}") };
    assert_eq!((found.row, found.column.as_str()), (3, "availability.mttr"));
    assert_eq!(found.fault.code, FaultCode::OpenQuote);
    let text = "サービスレベル項目,回答\nサービス稼働率,\"99.9 %\n平均復旧時間,1時間\n";
    let import = meti::read(text, &kaikei());
    assert_eq!((import.faults[0].row, import.faults[0].column.as_str()), (2, "サービス稼働率"));
    assert_eq!(import.faults[0].fault.code, FaultCode::OpenQuote);
}

#[test]
fn every_fault_of_a_file_says_what_is_allowed() {
    let short = format!("{}x,y\n", table("availability.mttr", &["4 h"]));
    let twins = table("availability.mttr", &["4 h", "5 h"]).replace("offer-1", "offer-0");
    let many = table("availability.mttr", &vec!["4 h"; MAX_OFFERS + 3]);
    let wide = vec!["name"; 2001].join(",");
    let long = format!("{}\nx\n", "n".repeat(300_000));
    let texts = ["", "name\n", "name,\nx,\n", "name,my own column\nx,\n", "name,name\nx,\n"];
    for text in texts.into_iter().chain([short.as_str(), &twins, &many, &wide, &long]) {
        for found in csv::read(text).faults {
            assert!(found.fault.allowed.iter().any(|allowed| !allowed.is_empty()), "{found:?}");
        }
    }
    assert!(csv::read(&short).faults[0].to_string().starts_with("row 3: the row has 2 cells, the"));
    let found = &csv::read(&many).faults[0];
    assert_eq!(
        found.to_string(),
        "the file: the file holds 10003 offers; found `10003`; allowed: at most 10000 offers in one file"
    );
    let found = &csv::read(&twins).faults[0].fault;
    assert_eq!(found.expected, Some(crate::Expected::OtherThanRow { row: 2 }));
    let found = &meti::read("a,b\n", &kaikei()).faults[0].fault;
    assert_eq!(found.expected, Some(crate::Expected::ChecklistHeader));
    assert!(!read(Format::OpenSlo, "x").faults[0].fault.allowed.is_empty());
}
