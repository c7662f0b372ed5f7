//! One cell: from text to a tree, and back. What has no short form is written as JSON.

use crate::node::Node;
use crate::{text_in, write};

/// How the cells of a column are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A word or a name; spaces around it do not count.
    Text,
    /// Words for people, kept as they are.
    Prose,
    /// A number.
    Number,
    /// A version such as `1.20`, kept as it is written.
    Version,
    /// A number with or without a unit.
    Quantity,
    /// `true` or `false`.
    YesNo,
    /// Members of a set, with space, comma or semicolon between.
    Members,
    /// `scheme:level`.
    SchemeLevel,
    /// A value of an item that the registry does not know.
    Extension,
    /// Texts with semicolons between.
    Texts,
    /// `id country zone`, with semicolons between.
    Regions,
    /// `name version`, with semicolons between.
    Middleware,
    /// `name vcpu ram disk`, with semicolons between.
    MachineTypes,
    /// `country milliseconds`, with semicolons between.
    RoundTrips,
    /// `unit amount currency per n`, with semicolons between.
    UnitPrices,
    /// JSON.
    Json,
}

/// Fields of a machine type in its short form.
const MACHINE: &[&str] = &["name", "vcpu", "ramGib", "diskGib"];

/// Reads a cell that is not empty. What does not have its form becomes text, and the rules of
/// documents say the rest.
pub(super) fn read(kind: Kind, cell: &str) -> Node {
    let trimmed = cell.trim();
    if takes_json(kind) && trimmed.starts_with(['[', '{']) {
        return text_in::parse_json(trimmed).unwrap_or_else(|| Node::text(trimmed));
    }
    match kind {
        Kind::Prose => Node::text(cell),
        Kind::Text | Kind::Version | Kind::Quantity | Kind::SchemeLevel | Kind::Json => {
            Node::text(trimmed)
        }
        Kind::Number => Node::from_number_text(trimmed).unwrap_or_else(|| Node::text(trimmed)),
        Kind::YesNo => yes_no(trimmed),
        Kind::Members => {
            let members = trimmed.split([',', ';', '、', ' ', '\n', '\t']).map(str::trim);
            Node::List(members.filter(|member| !member.is_empty()).map(Node::text).collect())
        }
        Kind::Extension => extension(cell),
        Kind::Texts | Kind::Middleware => list(trimmed, |part| Node::text(part)),
        Kind::Regions => list(trimmed, |part| named(part, &["id", "country", "hazardZone"])),
        Kind::MachineTypes => list(trimmed, |part| named(part, MACHINE)),
        Kind::RoundTrips => list(trimmed, |part| {
            named(part.strip_suffix("ms").unwrap_or(part), &["userRegion", "rttMs"])
        }),
        Kind::UnitPrices => list(trimmed, unit_price),
    }
}

const fn takes_json(kind: Kind) -> bool {
    !matches!(kind, Kind::Prose | Kind::Text | Kind::Version | Kind::Number | Kind::Quantity)
}

fn yes_no(text: &str) -> Node {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" => Node::Bool(true),
        "false" | "no" => Node::Bool(false),
        _ => Node::text(text),
    }
}

fn extension(cell: &str) -> Node {
    let trimmed = cell.trim();
    if trimmed.starts_with('"') {
        return text_in::parse_json(trimmed).unwrap_or_else(|| Node::text(cell));
    }
    match trimmed {
        "true" => Node::Bool(true),
        "false" => Node::Bool(false),
        _ => Node::from_number_text(trimmed).unwrap_or_else(|| Node::text(cell)),
    }
}

fn list(text: &str, entry: impl Fn(&str) -> Node) -> Node {
    let parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
    Node::List(parts.map(entry).collect())
}

/// Words in the order of the fields; more words than fields make text, which no reader takes.
fn named(part: &str, fields: &[&str]) -> Node {
    let words: Vec<&str> = part.split_whitespace().collect();
    if words.len() > fields.len() {
        return Node::text(part);
    }
    let entry = |(field, word): (&&str, &&str)| ((*field).to_owned(), Node::text(*word));
    Node::Map(fields.iter().zip(&words).map(entry).collect())
}

fn unit_price(part: &str) -> Node {
    // Written from the right: `egress-gb 9 USD per 100 from 1000`.
    let (mut price, mut more) = (part, Vec::new());
    for name in ["from", "per"] {
        if let Some((rest, number)) = price.rsplit_once(&format!(" {name} ")) {
            let number = number.trim();
            let node = Node::from_number_text(number).unwrap_or_else(|| Node::text(number));
            more.push((name.to_owned(), node));
            price = rest;
        }
    }
    match named(price, &["unit", "amount", "currency"]) {
        Node::Map(mut entries) => {
            entries.extend(more);
            Node::Map(entries)
        }
        node if more.is_empty() => node,
        _ => Node::text(part),
    }
}

/// Writes a field as a cell that reads back as the same field.
pub(super) fn write(kind: Kind, node: &Node) -> String {
    let short = match (kind, node) {
        (Kind::Json, _) => None,
        (_, Node::Number(number)) => Some(number.value.normalize().to_string()),
        (Kind::Extension, Node::Text(text)) => plain_extension(text).then(|| text.clone()),
        (_, Node::Text(text)) => Some(text.clone()),
        (_, Node::Bool(yes)) => Some(yes.to_string()),
        (Kind::Members, Node::List(nodes)) => words(nodes, " "),
        (Kind::Texts, Node::List(nodes)) => texts(nodes),
        (Kind::Regions, Node::List(nodes)) => rows(nodes, &["id", "country", "hazardZone"]),
        (Kind::MachineTypes, Node::List(nodes)) => rows(nodes, MACHINE),
        (Kind::RoundTrips, Node::List(nodes)) => rows(nodes, &["userRegion", "rttMs"]),
        (Kind::UnitPrices, Node::List(nodes)) => unit_prices(nodes),
        (Kind::Middleware, Node::List(nodes)) => middleware(nodes),
        _ => None,
    };
    short.unwrap_or_else(|| write::compact(node))
}

fn plain_extension(text: &str) -> bool {
    text == text.trim()
        && !text.starts_with(['"', '[', '{'])
        && !matches!(text, "true" | "false")
        && Node::from_number_text(text).is_none()
}

fn word(node: &Node) -> Option<String> {
    match node {
        Node::Text(text) => Some(text.clone()),
        Node::Number(number) => Some(number.value.normalize().to_string()),
        _ => None,
    }
}

fn words(nodes: &[Node], between: &str) -> Option<String> {
    let words: Option<Vec<String>> = nodes.iter().map(word).collect();
    words.map(|words| words.join(between))
}

fn texts(nodes: &[Node]) -> Option<String> {
    let simple = |node: &Node| match node {
        Node::Text(text) => {
            text == text.trim() && !text.contains(';') && !text.starts_with(['[', '{'])
        }
        _ => false,
    };
    nodes.iter().all(simple).then(|| words(nodes, "; ")).flatten()
}

/// Entries whose fields are these, the leading ones always there.
fn rows(nodes: &[Node], fields: &[&str]) -> Option<String> {
    let row = |node: &Node| {
        let Node::Map(entries) = node else { return None };
        let known = entries.iter().zip(fields).all(|((name, _), field)| name == field);
        let values: Option<Vec<String>> = entries.iter().map(|(_, node)| word(node)).collect();
        (known && entries.len() <= fields.len()).then_some(values?.join(" "))
    };
    let rows: Option<Vec<String>> = nodes.iter().map(row).collect();
    rows.map(|rows| rows.join("; "))
}

fn unit_prices(nodes: &[Node]) -> Option<String> {
    let row = |node: &Node| {
        let field = |name: &str| node.get(name).and_then(word);
        let price = format!("{} {} {}", field("unit")?, field("amount")?, field("currency")?);
        let with = |name: &str| field(name).map(|number| format!(" {name} {number}"));
        Some([Some(price), with("per"), with("from")].into_iter().flatten().collect::<String>())
    };
    let rows: Option<Vec<String>> = nodes.iter().map(row).collect();
    rows.map(|rows| rows.join("; "))
}

/// Names and versions that the reader of documents takes apart again.
fn middleware(nodes: &[Node]) -> Option<String> {
    let row = |node: &Node| {
        let Node::Map(entries) = node else { return None };
        if entries.iter().any(|(field, _)| field != "name" && field != "version") {
            return None;
        }
        let name = node.get("name").and_then(word)?;
        let digit = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
        let simple = name == name.trim() && !name.contains(';') && !name.starts_with(['[', '{']);
        match node.get("version").and_then(word) {
            Some(version) => {
                let plain =
                    digit(&version) && !version.contains([' ', ';']) && version == version.trim();
                (simple && plain).then(|| format!("{name} {version}"))
            }
            None => {
                let last = name.rsplit_once(' ').is_some_and(|(_, last)| digit(last));
                (simple && !last).then_some(name)
            }
        }
    };
    let rows: Option<Vec<String>> = nodes.iter().map(row).collect();
    rows.map(|rows| rows.join("; "))
}
