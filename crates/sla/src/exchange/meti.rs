//! The METI checklist for cloud services (2010) as a table: one row for each item, the answer in a
//! column of its own. Japanese providers publish filled copies; this reads what the registry knows.
//!
//! Only names of rows are used, so that numbering and wording beside them may differ. A row of the
//! checklist that has no item here is passed over. An answer that cannot be read is a fault with its
//! row, and so is an answer under a name that the checklist does not have. Answers are a provider's
//! own statement: they become `declared`.

mod rows;

use self::rows::{NAMES, ROWS, is_known, is_row, unknown};
use super::quotes::open_quote;
use super::report::fault;
use super::{Import, ImportedOffer};
use crate::node::Node;
use crate::read::from_node;
use crate::{
    API_VERSION, Direction, Document, DocumentKind, Expected, FaultCode, ItemDef, ItemKind, Locale,
    Offer, OfferItem, Value, format_offer_item, registry,
};

/// What the checklist does not say about an offer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// `metadata.name`.
    pub name: String,
    /// DID or address of the provider.
    pub provider: Option<String>,
    /// Title for people, Japanese.
    pub title: String,
    /// `IaaS`, `PaaS`, `SaaS` or `Network`.
    pub model: String,
    /// Id of the region.
    pub region: String,
    /// ISO 3166-1 alpha-2 of the region.
    pub country: String,
}

/// Unknown names of rows that are told what they were perhaps meant to be.
const MAX_SUGGESTIONS: usize = 20;
const ANSWERS: &[&str] = &["回答", "設定値", "サービスレベル", "値"];

/// Whether a text begins like a checklist: its header names items and answers.
#[must_use]
pub fn is_checklist(text: &str) -> bool {
    let header = text.lines().next().unwrap_or_default();
    header.split(',').map(plain).any(|name| NAMES.contains(&name.as_str()))
}

/// Reads a filled checklist as one offer. The row of a fault is counted as a spreadsheet does.
#[must_use]
pub fn read(text: &str, head: &Head) -> Import {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.len() > super::MAX_TABLE_BYTES {
        return Import::too_large("the checklist is too long");
    }
    let reader =
        ::csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut rows = reader.into_records();
    let columns = rows.next().and_then(Result::ok).map(|header| columns(&header));
    let Some(Some((name_at, answer_at))) = columns else {
        let header: String = text.lines().next().unwrap_or_default().to_owned();
        let message = "the header is not that of a checklist";
        let expected = Expected::ChecklistHeader;
        return Import::refused(fault(FaultCode::UnknownKind, Some(header), expected, message));
    };
    let open = open_quote(text, b',');
    let mut import = Import { rows: 1, ..Import::default() };
    let (mut items, mut places): (Vec<Node>, Vec<usize>) = (Vec::new(), Vec::new());
    for (index, record) in rows.enumerate() {
        let row = index + 2;
        let Ok(record) = record else { break };
        let name = plain(record.get(name_at).unwrap_or_default());
        if let Some(open) = open.as_ref().filter(|open| open.row == row) {
            // What follows stands in this one cell.
            import.note(row, &name, open.fault());
            break;
        }
        let answer = record.get(answer_at).unwrap_or_default().trim();
        if is_nothing(answer) {
            continue;
        }
        let found = ROWS.iter().find(|(row, _)| is_row(&name, row));
        let Some(item) = found.and_then(|(_, key)| registry().item(key)) else {
            if !is_known(&name) {
                let suggest = import.fault_count < MAX_SUGGESTIONS;
                import.note(row, &name, unknown(&name, answer, suggest));
            }
            continue;
        };
        match promise(item, answer) {
            Ok(promise) => {
                items.push(promise);
                places.push(row);
            }
            Err(allowed) => {
                let message = format!("the answer cannot be read as {}", item.label(Locale::En));
                let found = Some(answer.to_owned());
                import.note(row, &name, fault(FaultCode::WrongForm, found, allowed, message));
            }
        }
    }
    match from_node(&document(head, items)) {
        Ok(Document::Offer(offer)) => import.offers.push(ImportedOffer { row: 1, offer }),
        Ok(Document::Requirement(_)) => {}
        Err(faults) => {
            // That nothing is promised follows from answers that could not be read.
            let refused = import.fault_count > 0;
            for found in
                faults.0.into_iter().filter(|found| !refused || found.path != "/spec/items")
            {
                let (row, column) = place(&found.path, &places);
                import.note(row, &column, found);
            }
        }
    }
    import.finish()
}

/// The columns of names and of answers; the last one if none is called an answer.
fn columns(header: &::csv::StringRecord) -> Option<(usize, usize)> {
    let find =
        |names: &[&str]| header.iter().position(|name| names.contains(&plain(name).as_str()));
    let name = find(NAMES)?;
    let last = header.len().checked_sub(1).filter(|last| *last > name);
    Some((name, find(ANSWERS).or(last)?))
}

/// Without spaces, in the narrow and wide forms that registers use.
fn plain(text: &str) -> String {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' if c != '（' && c != '）' => {
            char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c)
        }
        '(' => '（',
        ')' => '）',
        other => other,
    };
    text.chars()
        .filter(|c| !c.is_whitespace() && *c != '\u{feff}' && *c != '"')
        .map(narrow)
        .collect()
}

/// An answer that promises nothing.
fn is_nothing(answer: &str) -> bool {
    matches!(
        plain(answer).as_str(),
        "" | "-" | "―" | "—" | "ー" | "なし" | "該当なし" | "未定" | "非公開" | "規定なし" | "N/A"
    )
}

fn document(head: &Head, items: Vec<Node>) -> Node {
    let text = |name: &str, text: &str| (name.to_owned(), Node::text(text));
    let map = |name: &str, entries| (name.to_owned(), Node::Map(entries));
    let mut metadata = vec![
        text("name", &head.name),
        ("version".to_owned(), Node::integer(1)),
        map("title", vec![text("ja", &head.title)]),
    ];
    metadata.extend(head.provider.as_ref().map(|provider| text("provider", provider)));
    let region = Node::Map(vec![text("id", &head.region), text("country", &head.country)]);
    let service = vec![
        text("model", &head.model),
        text("deployment", "public"),
        ("regions".to_owned(), Node::List(vec![region])),
    ];
    let number = |name: &str, number: u32| (name.to_owned(), Node::integer(number));
    // The checklist's uptime: planned time less the time down, by the month.
    let measurement = vec![
        text("calendar", "1M"),
        text("timezone", "Asia/Tokyo"),
        number("sliceSeconds", 60),
        number("minOutageSeconds", 0),
    ];
    let spec = vec![
        map("service", service),
        map("measurement", measurement),
        ("items".to_owned(), Node::List(items)),
    ];
    let kind = text("kind", DocumentKind::Offer.as_str());
    Node::Map(vec![
        text("apiVersion", API_VERSION),
        kind,
        map("metadata", metadata),
        map("spec", spec),
    ])
}

/// The promise that an answer is, or what could have stood there.
fn promise(item: &ItemDef, answer: &str) -> Result<Node, Vec<String>> {
    let entry = |name: &str, node| (name.to_owned(), node);
    let mut fields = vec![entry("item", Node::text(&item.key))];
    let mut answer = plain_answer(answer);
    if item.key == "performance.online_response_time" {
        // A response time says nothing without its percentile and its transaction.
        let words: Vec<String> = answer.split_whitespace().map(str::to_owned).collect();
        let at = words.iter().position(|word| is_percentile(word));
        let Some(at) = at.filter(|at| *at > 0 && *at + 2 == words.len()) else {
            return Err(vec!["3 s p95 ref-web-1".to_owned()]);
        };
        fields.push(entry("percentile", Node::text(&words[at])));
        fields.push(entry("transaction", Node::text(&words[at + 1])));
        answer = words[..at].join(" ");
    }
    let value = match &item.kind {
        ItemKind::Level(words) => one_word(words, &answer).map(Node::text),
        ItemKind::Set(words) => set(&answer, |part| one_word(words, part)),
        ItemKind::Countries => set(&answer, country),
        _ => number(item, &answer),
    };
    let allowed = || match &item.kind {
        ItemKind::Level(words) | ItemKind::Set(words) => {
            words.iter().map(|word| word.label.get(Locale::Ja).to_owned()).collect()
        }
        ItemKind::Countries => vec!["JP".to_owned(), "日本".to_owned()],
        _ => item.unit.accepted().into_iter().map(str::to_owned).collect::<Vec<_>>(),
    };
    fields.push(entry("value", value.ok_or_else(allowed)?));
    fields.push(entry("commitment", Node::text("declared")));
    Ok(Node::Map(fields))
}

fn is_percentile(word: &str) -> bool {
    word.strip_prefix(['p', 'P'])
        .is_some_and(|digits| digits.starts_with(|c: char| c.is_ascii_digit()))
}

/// Narrow digits and signs, single spaces kept.
fn plain_answer(answer: &str) -> String {
    let parts: Vec<String> = answer.split_whitespace().map(plain).collect();
    parts.join(" ")
}

/// The word of a list that an answer is, by key or by its name in either language.
fn one_word(words: &[crate::Word], answer: &str) -> Option<String> {
    let wanted = plain(answer).to_lowercase();
    let is = |text: &str| plain(text).to_lowercase() == wanted;
    let found = words.iter().find(|word| {
        is(&word.key) || is(word.label.get(Locale::Ja)) || is(word.label.get(Locale::En))
    });
    found.map(|word| word.key.clone())
}

fn set(answer: &str, member: impl Fn(&str) -> Option<String>) -> Option<Node> {
    let parts =
        answer.split(['、', ',', ';', '・', '\n']).map(str::trim).filter(|part| !part.is_empty());
    let members: Option<Vec<Node>> = parts.map(|part| member(part).map(Node::text)).collect();
    members.filter(|members| !members.is_empty()).map(Node::List)
}

/// A country by its code, or by its Japanese name where one is common.
fn country(part: &str) -> Option<String> {
    const NAMES: &[(&str, &str)] = &[
        ("日本", "JP"),
        ("日本国内", "JP"),
        ("国内", "JP"),
        ("米国", "US"),
        ("アメリカ", "US"),
        ("英国", "GB"),
        ("ドイツ", "DE"),
        ("フランス", "FR"),
        ("オランダ", "NL"),
        ("アイルランド", "IE"),
        ("シンガポール", "SG"),
        ("韓国", "KR"),
        ("台湾", "TW"),
        ("オーストラリア", "AU"),
        ("カナダ", "CA"),
    ];
    let named = NAMES.iter().find(|(name, _)| *name == part).map(|(_, code)| (*code).to_owned());
    named.or_else(|| crate::COUNTRIES.contains(&part).then(|| part.to_owned()))
}

/// A number with its unit, without the words around it. Months and years have no fixed length; the
/// one that promises less is taken.
fn number(item: &ItemDef, answer: &str) -> Option<Node> {
    if let Ok(number) = item.unit.read(&plain(answer)) {
        return Some(Node::number(number));
    }
    let around = ["以上", "以内", "以下", "未満", "程度", "間前", "前", "間", "約"];
    let mut text = plain(answer);
    for word in around {
        text = text.replace(word, "");
    }
    if item.unit == crate::Unit::HoursPerWeek
        && matches!(text.as_str(), "24時365日" | "24/365" | "24x7")
    {
        return Some(Node::integer(168));
    }
    let higher = item.direction == Direction::Higher;
    for (names, short, long) in
        [(["ヶ月", "か月", "カ月", "ケ月"], 28, 31), (["年", "箇年", "か年", "ヵ年"], 365, 366)]
    {
        let count = names.iter().find_map(|name| text.strip_suffix(name));
        if let Some(count) = count.and_then(|count| count.parse::<u32>().ok()) {
            let days = count.checked_mul(if higher { short } else { long })?;
            return Some(Node::text(format!("{days} d")));
        }
    }
    // Taking 間 away made 時間 to 時 and 週間 to 週.
    let text = text.replace('時', "時間").replace('週', "週間");
    let read = item.unit.read(&text);
    read.ok().map(Node::number)
}

/// The row and field of a fault whose promises stood in these rows.
fn place(path: &str, rows: &[usize]) -> (usize, String) {
    let index =
        path.strip_prefix("/spec/items/").map(|rest| rest.split('/').next().unwrap_or(rest));
    let row = index.and_then(|index| index.parse::<usize>().ok()).and_then(|index| rows.get(index));
    (row.copied().unwrap_or(0), path.to_owned())
}

/// Writes a checklist with the rows that the registry knows and a column of answers for each offer.
#[must_use]
pub fn write(offers: &[Offer]) -> String {
    let mut out = ::csv::Writer::from_writer(Vec::new());
    let names = match offers {
        [_] => vec![ANSWERS[0].to_owned()],
        _ => offers.iter().map(|offer| offer.metadata.name.clone()).collect(),
    };
    // Writing to memory does not fail.
    let _ = out.write_record([NAMES[0].to_owned()].into_iter().chain(names));
    let mut written: Vec<&str> = Vec::new();
    for (row, key) in ROWS {
        if written.contains(key) {
            continue;
        }
        written.push(key);
        let answer = |offer: &Offer| offer.item(key).map(answer).unwrap_or_default();
        let _ = out.write_record([(*row).to_owned()].into_iter().chain(offers.iter().map(answer)));
    }
    String::from_utf8(out.into_inner().unwrap_or_default()).unwrap_or_default()
}

/// A promise as an answer that reads back as the same value.
fn answer(promise: &OfferItem) -> String {
    let item = registry().item(&promise.item);
    let shown = match (&promise.value, item) {
        (Value::Set(members), Some(item)) if item.kind == ItemKind::Countries => {
            members.iter().cloned().collect::<Vec<_>>().join("、")
        }
        (Value::Number(_), _) => format_offer_item(promise, Locale::Ja).replace(',', ""),
        _ => format_offer_item(promise, Locale::Ja),
    };
    match (&promise.percentile, &promise.transaction) {
        (Some(percentile), Some(transaction)) => {
            format!("{} p{percentile} {transaction}", shown.replace(' ', ""))
        }
        _ => shown,
    }
}
