//! From a table to offers, with every fault tied to its row and column.

use super::cell::{self, Kind};
use super::layout::{self, ABOUT, FIXED, MARK, Place, WORDS};
use crate::exchange::quotes::open_quote;
use crate::exchange::report::fault;
use crate::exchange::{Import, ImportedOffer, MAX_OFFERS, MAX_TABLE_BYTES};
use crate::node::Node;
use crate::read::from_node;
use crate::{API_VERSION, Document, DocumentKind, Expected, Fault, FaultCode, built_in};
use std::collections::BTreeMap;

/// More columns than the registry can fill many times over.
const MAX_COLUMNS: usize = 2000;
/// Unknown columns that are told what they were perhaps meant to be.
const MAX_SUGGESTIONS: usize = 20;
/// As many columns with the longest names there can be.
const MAX_HEADER_BYTES: usize = 256 * 1024;

/// Reads a table of offers, one in each row. Rows without any text are passed over.
#[must_use]
pub fn read(text: &str) -> Import {
    if text.len() > MAX_TABLE_BYTES {
        return Import::too_large(format!("the table is longer than {MAX_TABLE_BYTES} bytes"));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.lines().next().is_some_and(|header| header.len() > MAX_HEADER_BYTES) {
        let message = format!("the header is longer than {MAX_HEADER_BYTES} bytes");
        let most = u32::try_from(MAX_COLUMNS).unwrap_or(u32::MAX);
        return Import::refused(fault(
            FaultCode::TooLarge,
            None,
            Expected::Columns { most },
            message,
        ));
    }
    let mut rows = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(text.lines().next().unwrap_or_default()))
        .from_reader(text.as_bytes())
        .into_records();
    let mut import = Import::default();
    let Some(Ok(names)) = rows.next() else {
        let nothing = fault(FaultCode::Empty, None, Expected::Table, "the table has no header");
        return import.with(1, "", nothing).finish();
    };
    let open = open_quote(text, delimiter(text.lines().next().unwrap_or_default()));
    if let Some(open) = open.as_ref().filter(|open| open.row == 1) {
        return import.with(1, "", open.fault()).finish();
    }
    let Some(header) = Header::read(&names, &mut import) else { return import.finish() };
    for (index, record) in rows.enumerate() {
        let row = index + 2;
        let open = open.as_ref().filter(|open| open.row == row);
        let Ok(record) = record else { break };
        if open.is_none() && record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        import.rows += 1;
        match open {
            // What follows stands in this one cell.
            Some(open) => import.note(row, header.name(open.cell), open.fault()),
            // Too many are counted to the end, and not looked at.
            None if import.rows > MAX_OFFERS => {}
            None => header.row(row, &record, &mut import),
        }
    }
    import.refuse_too_many();
    if import.rows == 0 && import.faults.is_empty() {
        let message = "the table has no rows below its header";
        import.note(2, "", fault(FaultCode::Empty, None, Expected::Table, message));
    }
    import.refuse_twins();
    import.finish()
}

/// What stands between cells: a comma, or what a spreadsheet of another country writes instead.
pub(super) fn delimiter(header: &str) -> u8 {
    match header {
        _ if header.contains(',') => b',',
        _ if header.contains(';') => b';',
        _ if header.contains('\t') => b'\t',
        _ => b',',
    }
}

/// The columns of a file.
struct Header {
    columns: Vec<(String, Place)>,
}

impl Header {
    /// Finds what each column means; nothing if a single one is not known.
    fn read(names: &csv::StringRecord, import: &mut Import) -> Option<Self> {
        if names.len() > MAX_COLUMNS {
            let message = format!("a table has at most {MAX_COLUMNS} columns");
            let most = u32::try_from(MAX_COLUMNS).unwrap_or(u32::MAX);
            let found = Some(names.len().to_string());
            let many = fault(FaultCode::TooMany, found, Expected::Columns { most }, message);
            import.note(1, "", many);
            return None;
        }
        let mut columns = Vec::with_capacity(names.len());
        let mut seen = BTreeMap::new();
        for (index, name) in names.iter().enumerate() {
            let name = name.trim().to_owned();
            if let Some(first) = seen.insert(name.clone(), index + 1) {
                let message = format!("the column stands twice: it is column {first} as well");
                let found = Some(name.clone());
                let twice = fault(FaultCode::DuplicateField, found, Expected::Once, message);
                import.note(1, &name, twice);
            }
            match layout::place(&name) {
                Some(place) => columns.push((name, place)),
                None => {
                    // Looking for what was meant takes time that a hostile header would use up.
                    let suggest = import.fault_count < MAX_SUGGESTIONS;
                    import.note(1, &name, unknown(&name, suggest));
                }
            }
        }
        import.faults.is_empty().then_some(Self { columns })
    }

    /// What a column is called; empty where there is none.
    fn name(&self, index: usize) -> &str {
        self.columns.get(index).map_or("", |(name, _)| name)
    }

    fn row(&self, row: usize, record: &csv::StringRecord, import: &mut Import) {
        if record.len() != self.columns.len() {
            let (found, allowed) = (record.len(), self.columns.len());
            let message = format!("the row has {}, the header has {allowed}", cells(found));
            let (found, allowed) = (Some(found.to_string()), vec![allowed.to_string()]);
            import.note(row, "", fault(FaultCode::CellCount, found, allowed, message));
            return;
        }
        let mut tree = Tree::default();
        for ((_, place), cell) in self.columns.iter().zip(record) {
            if !cell.trim().is_empty() {
                tree.put(place, cell);
            }
        }
        let keys: Vec<String> = tree.items.iter().map(|(key, _)| key.clone()).collect();
        match from_node(&tree.document()) {
            Ok(Document::Offer(offer)) => import.offers.push(ImportedOffer { row, offer }),
            Ok(Document::Requirement(_)) => {}
            Err(faults) => {
                for found in faults.0 {
                    import.note(row, &column_of(&found.path, &keys), found);
                }
            }
        }
    }
}

fn cells(count: usize) -> String {
    if count == 1 { "1 cell".to_owned() } else { format!("{count} cells") }
}

fn unknown(name: &str, suggest: bool) -> Fault {
    let found = Some(name.to_owned());
    if name.is_empty() {
        return fault(FaultCode::UnknownField, None, Expected::Column, "a column has no name");
    }
    match suggest.then(|| layout::meant(name)).flatten() {
        Some(meant) => {
            let message = format!("unknown column; did you mean `{meant}`?");
            fault(FaultCode::UnknownField, found, vec![meant], message)
        }
        None => {
            let message = "unknown column; columns of your own are items named x-<vendor>.<name>";
            fault(FaultCode::UnknownField, found, Expected::Column, message)
        }
    }
}

/// The document that a row describes, under construction.
#[derive(Default)]
struct Tree {
    metadata: Vec<(String, Node)>,
    spec: Vec<(String, Node)>,
    /// Fields of each promise, in the order of the columns.
    items: Vec<(String, Vec<(String, Node)>)>,
    commitment: Option<Node>,
}

impl Tree {
    fn put(&mut self, place: &Place, cell: &str) {
        match place {
            Place::Fixed(at) => {
                if let Some(column) = FIXED.get(*at) {
                    self.field(column.path, cell::read(column.kind, cell));
                }
            }
            Place::Words(field, language) => {
                insert(&mut self.metadata, &[field, language], Node::text(cell));
            }
            Place::Commitment => self.commitment = Some(cell::read(Kind::Text, cell)),
            Place::More(part) => match cell::read(Kind::Json, cell) {
                Node::Map(more) if *part == "metadata" => merge(&mut self.metadata, more),
                Node::Map(more) => merge(&mut self.spec, more),
                other => self.field(&[part, layout::MORE], other),
            },
            Place::Value(key) => {
                let kind = layout::value_kind(built_in().item(key));
                let text = cell.trim();
                let fields = self.item(key);
                match (kind, text.split_once(MARK)) {
                    (Kind::SchemeLevel, Some((scheme, level))) => {
                        fields.push(("scheme".to_owned(), Node::text(scheme.trim())));
                        fields.push(("value".to_owned(), Node::text(level.trim())));
                    }
                    _ => fields.push(("value".to_owned(), cell::read(kind, cell))),
                }
            }
            Place::About(key, at) => {
                let Some((_, field, kind, _)) = ABOUT.get(*at) else { return };
                let node = cell::read(*kind, cell);
                match (field.is_empty(), node) {
                    (true, Node::Map(more)) => self.item(key).extend(more),
                    (true, other) => self.item(key).push((layout::MORE.to_owned(), other)),
                    (false, node) => self.item(key).push(((*field).to_owned(), node)),
                }
            }
        }
    }

    fn field(&mut self, path: &[&str], node: Node) {
        match path {
            ["metadata", rest @ ..] => insert(&mut self.metadata, rest, node),
            ["spec", rest @ ..] => insert(&mut self.spec, rest, node),
            _ => {}
        }
    }

    fn item(&mut self, key: &str) -> &mut Vec<(String, Node)> {
        let at = match self.items.iter().position(|(other, _)| other == key) {
            Some(at) => at,
            None => {
                self.items.push((key.to_owned(), vec![("item".to_owned(), Node::text(key))]));
                self.items.len() - 1
            }
        };
        // The index was found or made in the line before.
        &mut self.items[at].1
    }

    fn document(mut self) -> Node {
        let has =
            |entries: &[(String, Node)], name: &str| entries.iter().any(|(key, _)| key == name);
        if !has(&self.metadata, "version") {
            insert(&mut self.metadata, &["version"], Node::integer(1));
        }
        // Empty parts let the rules name each field that is missing.
        for part in ["service", "measurement"] {
            if !has(&self.spec, part) {
                self.spec.push((part.to_owned(), Node::Map(Vec::new())));
            }
        }
        without_total(&mut self.spec);
        let commitment = self.commitment;
        let items = self.items.into_iter().map(|(_, mut fields)| {
            if let (Some(commitment), false) = (&commitment, has(&fields, "commitment")) {
                fields.push(("commitment".to_owned(), commitment.clone()));
            }
            Node::Map(fields)
        });
        self.spec.push(("items".to_owned(), Node::List(items.collect())));
        Node::Map(vec![
            ("apiVersion".to_owned(), Node::text(API_VERSION)),
            ("kind".to_owned(), Node::text(DocumentKind::Offer.as_str())),
            ("metadata".to_owned(), Node::Map(self.metadata)),
            ("spec".to_owned(), Node::Map(self.spec)),
        ])
    }
}

/// A currency in every row says nothing where there is no total.
fn without_total(spec: &mut Vec<(String, Node)>) {
    let Some((_, Node::Map(price))) = spec.iter_mut().find(|(name, _)| name == "price") else {
        return;
    };
    price.retain(|(name, node)| name != "monthlyTotal" || node.get("amount").is_some());
    if price.is_empty() {
        spec.retain(|(name, _)| name != "price");
    }
}

/// Puts a node at a path, making mappings on the way.
fn insert(entries: &mut Vec<(String, Node)>, path: &[&str], node: Node) {
    match path {
        [] => {}
        [name] => entries.push(((*name).to_owned(), node)),
        [name, rest @ ..] => {
            if let Some((_, Node::Map(inner))) = entries.iter_mut().find(|(key, _)| key == name) {
                insert(inner, rest, node);
            } else {
                let mut inner = Vec::new();
                insert(&mut inner, rest, node);
                entries.push(((*name).to_owned(), Node::Map(inner)));
            }
        }
    }
}

fn merge(entries: &mut Vec<(String, Node)>, more: Vec<(String, Node)>) {
    for (name, node) in more {
        match (entries.iter_mut().find(|(key, _)| *key == name), node) {
            (Some((_, Node::Map(inner))), Node::Map(more)) => merge(inner, more),
            (_, node) => entries.push((name, node)),
        }
    }
}

/// The column that a fault's path belongs to.
fn column_of(path: &str, keys: &[String]) -> String {
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    if let ["spec", "items", index, rest @ ..] = parts.as_slice() {
        let key = index.parse::<usize>().ok().and_then(|index| keys.get(index));
        return key.map(|key| item_column(key, rest)).unwrap_or_default();
    }
    if let ["metadata", field, rest @ ..] = parts.as_slice()
        && let Some((word, _)) = WORDS.iter().find(|(word, _)| word == field)
    {
        return format!("{word}.{}", rest.first().unwrap_or(&"en"));
    }
    let inside = FIXED.iter().find(|column| parts.starts_with(column.path));
    let around =
        || FIXED.iter().find(|column| !parts.is_empty() && column.path.starts_with(&parts));
    match (inside.or_else(around), parts.as_slice()) {
        (Some(column), _) => column.name.to_owned(),
        (None, ["metadata", _, ..]) => "metadata:more".to_owned(),
        (None, ["spec", field, ..]) if *field != "items" => "spec:more".to_owned(),
        _ => String::new(),
    }
}

fn item_column(key: &str, rest: &[&str]) -> String {
    match rest {
        [] | ["item" | "value" | "scheme", ..] => key.to_owned(),
        [field, ..] => {
            let about = ABOUT.iter().find(|(_, name, ..)| name == field);
            format!("{key}{MARK}{}", about.map_or(layout::MORE, |(name, ..)| name))
        }
    }
}
