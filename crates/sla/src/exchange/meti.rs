//! The METI checklist for cloud services (2010) as a table: one row for each item, the answer in a
//! column of its own. Japanese providers publish filled copies; this reads what the registry knows.
//!
//! Only names of rows are used, so that numbering and wording beside them may differ. A row of the
//! checklist that has no item here is passed over. An answer that cannot be read is a fault with its
//! row, and so is an answer under a name that the checklist does not have; a fault shows the row's name
//! and the answer as they stand in the sheet. Answers are a provider's own statement: they become
//! `declared`.

mod answer;
mod rows;

use self::answer::promise;
use self::rows::{NAMES, ROWS, is_known, is_row, unknown};
use super::quotes::open_quote;
use super::report::{fault, short};
use super::{Import, ImportedOffer};
use crate::node::Node;
use crate::read::from_node;
use crate::{
    API_VERSION, Document, DocumentKind, Expected, Fault, FaultCode, Locale, Offer, registry,
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
    let (mut items, mut cells): (Vec<Node>, Vec<Cell>) = (Vec::new(), Vec::new());
    for (index, record) in rows.enumerate() {
        let row = index + 2;
        let Ok(record) = record else { break };
        let shown = record.get(name_at).unwrap_or_default().trim();
        let name = plain(shown);
        if let Some(open) = open.as_ref().filter(|open| open.row == row) {
            // What follows stands in this one cell.
            import.note(row, shown, open.fault());
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
                import.note(row, shown, unknown(&name, answer, suggest));
            }
            continue;
        };
        match promise(item, answer) {
            Some(promise) => {
                items.push(promise);
                cells.push(Cell {
                    row,
                    name: shown.to_owned(),
                    answer: answer.to_owned(),
                    item: &item.key,
                });
            }
            None => {
                let message = format!("the answer cannot be read as {}", item.label(Locale::En));
                let found = Some(answer.to_owned());
                import.note(
                    row,
                    shown,
                    fault(FaultCode::WrongForm, found, answer::allowed(item), message),
                );
            }
        }
    }
    conclude(import, &document(head, items), &cells)
}

/// The offer that the answers make, or its faults at the cells they come from.
fn conclude(mut import: Import, document: &Node, cells: &[Cell]) -> Import {
    match from_node(document) {
        Ok(Document::Offer(offer)) => import.offers.push(ImportedOffer { row: 1, offer }),
        Ok(Document::Requirement(_)) => {}
        Err(faults) => {
            // That nothing is promised follows from answers that could not be read.
            let refused = import.fault_count > 0;
            for found in
                faults.0.into_iter().filter(|found| !refused || found.path != "/spec/items")
            {
                match cell(&found.path, cells) {
                    Some(cell) => import.note(cell.row, &cell.name, cell.fault(found, cells)),
                    None => {
                        let place = found.path.clone();
                        import.note(0, &place, found);
                    }
                }
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

/// An answer that became a promise, as it stands in the sheet.
struct Cell {
    row: usize,
    name: String,
    answer: String,
    item: &'static str,
}

impl Cell {
    /// A fault of the promise in the words of the sheet: who filled it in wrote `-1時間`, not `-3600`.
    fn fault(&self, fault: Fault, cells: &[Self]) -> Fault {
        if fault.code == FaultCode::DuplicateItem
            && let Some(first) = cells.iter().find(|cell| cell.item == self.item)
        {
            let message = format!("row {}, {}, says the same already", first.row, first.name);
            return Fault { found: Some(short(&self.name)), message, ..fault };
        }
        Fault { found: Some(short(&self.answer)), ..fault }
    }
}

/// The answer in which a fault of the document lies.
fn cell<'a>(path: &str, cells: &'a [Cell]) -> Option<&'a Cell> {
    let rest = path.strip_prefix("/spec/items/")?;
    let index = rest.split('/').next().unwrap_or(rest);
    cells.get(index.parse::<usize>().ok()?)
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
        let answer = |offer: &Offer| offer.item(key).map(answer::written).unwrap_or_default();
        let _ = out.write_record([(*row).to_owned()].into_iter().chain(offers.iter().map(answer)));
    }
    String::from_utf8(out.into_inner().unwrap_or_default()).unwrap_or_default()
}
