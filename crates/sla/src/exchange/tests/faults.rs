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
fn a_fault_of_an_answer_shows_the_cell_as_written_and_the_row_by_its_own_name() {
    let read = |row: &str| {
        let text = format!("サービスレベル項目,回答\nサービス稼働率,99.9 %\n{row}\n");
        let import = meti::read(&text, &kaikei());
        let [found] = import.faults.as_slice() else { panic!("{import:?}") };
        assert_eq!(found.row, 3);
        found.clone()
    };
    for (name, answer, allowed) in [
        ("平均復旧時間(MTTR)", "-1時間", "a number from 0 to 1000000000000 in"),
        ("目標復旧時間 （RTO）", "早めに", "a number from 0 to 1000000000000 in"),
        ("サービス時間", "200時間", "a number from 0 to 168 in"),
        ("応答時間", "3秒", "3 s p95 ref-web-1"),
        ("応答時間", "3秒 p995 ref-web-1", "a percentile above 0 and up to 100"),
        ("サービス提供時間帯（障害対応）", "いつでも（祝日を除く）", "24時間365日"),
    ] {
        let found = read(&format!("{name},{answer}"));
        assert_eq!((found.column.as_str(), found.fault.found.as_deref()), (name, Some(answer)));
        let said = found.fault.allowed.join(", ");
        assert!(said.contains(allowed), "{name}: {said}");
    }
    let text = "サービスレベル項目,回答\nサービス稼働率,120％\n";
    let found = meti::read(text, &kaikei()).faults.remove(0);
    assert_eq!(found.to_string().split(';').nth(1), Some(" found `120％`"));
    assert!(found.to_string().starts_with("row 2, サービス稼働率: "), "{found}");
    let twice = "目標復旧時点,1時間\nバックアップデータを取得するタイミング（RPO）,2時間";
    let text = format!("サービスレベル項目,回答\n{twice}\n");
    let found = meti::read(&text, &kaikei()).faults.remove(0);
    let name = "バックアップデータを取得するタイミング（RPO）";
    assert_eq!((found.row, found.column.as_str()), (3, name));
    assert_eq!(found.fault.found.as_deref(), Some(name));
    assert_eq!(found.fault.message, "row 2, 目標復旧時点, says the same already");
}

#[test]
fn an_amount_of_a_table_is_digits() {
    let prices = |columns: &str, rows: [&str; 2]| {
        let rows = rows.map(|row| format!("4 h,{row}"));
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        read(Format::Csv, &table(&format!("availability.mttr,{columns}"), &rows))
    };
    let import = prices("price.monthly,price.currency", ["98000,JPY", "1e9,JPY"]);
    let [found] = import.faults.as_slice() else { panic!("{import:?}") };
    assert_eq!((found.row, found.column.as_str()), (3, "price.monthly"));
    assert_eq!(found.fault.found.as_deref(), Some("1e9"));
    assert_eq!(found.fault.expected, Some(crate::Expected::Amount { digits: 0 }));
    let units = ["egress-gb 12 JPY per 1000", "egress-gb 1e1 JPY per 1e3"];
    let import = prices("price.per_unit", units);
    let places: Vec<String> = import.faults.iter().map(ToString::to_string).collect();
    assert_eq!(places.len(), 2, "{places:?}");
    assert!(places.iter().all(|place| place.starts_with("row 3, ")), "{places:?}");
}

#[test]
fn a_remark_in_brackets_becomes_an_exclusion_or_a_condition_of_the_promise() {
    let text = "サービスレベル項目,回答\n\
        サービス時間,24時間365日（計画停止を除く）\n\
        サービス提供時間帯（障害対応）,24時間365日（年末年始は除く。）(電話のみ)\n\
        サービス稼働率,99.9％以上（天災（地震等）を除く）\n\
        応答時間,3秒 p95 ref-web-1（計画停止を除く）\n\
        平均復旧時間（MTTR）,1時間（除く）\n";
    let found = offers(meti::read(text, &kaikei())).remove(0);
    let said = |key: &str| {
        let promise = found.item(key).unwrap();
        (promise.exclusions.join("|"), promise.qualifying.clone().unwrap_or_default())
    };
    let both = |exclusion: &str, condition: &str| (exclusion.to_owned(), condition.to_owned());
    assert_eq!(said("availability.planned_service_hours"), both("計画停止", ""));
    let hours = found.item("availability.planned_service_hours").unwrap();
    assert_eq!(hours.value.as_number(), Some(168.into()));
    assert_eq!(found.item("support.hours").unwrap().value.as_level(), Some("24x7"));
    assert_eq!(said("support.hours"), both("年末年始", "電話のみ"));
    assert_eq!(said("availability.service_uptime"), both("天災（地震等）", ""));
    assert_eq!(said("performance.online_response_time"), both("計画停止", ""));
    assert_eq!(said("availability.mttr"), both("", "除く"));
    // Written and read again it says the same; a remark with brackets of its own is not written.
    let again = meti::write(std::slice::from_ref(&found));
    assert!(again.contains("24時間365日（年末年始を除く）（電話のみ）"), "{again}");
    assert!(!again.contains("地震"), "{again}");
    let again = offers(meti::read(&again, &kaikei())).remove(0);
    for key in ["availability.planned_service_hours", "support.hours", "availability.mttr"] {
        assert_eq!(again.item(key), found.item(key), "{key}");
    }
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
