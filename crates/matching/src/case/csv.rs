//! Offers from comma-separated text (RFC 4180): first column `id`, one column per item, an empty
//! cell is "not promised". Columns that name no item are information and are passed over.

use std::collections::BTreeMap;

use super::{CaseFault, keys, number};
use crate::{
    item::{Dictionary, Kind},
    value::{OfferValues, Value},
};

/// Where every fault of the file points, since the file has no JSON pointers of its own.
pub(super) const POINTER: &str = "/offers_csv";

/// Reads all rows; the second part is the line on which each starts.
pub(super) fn offers(
    dictionary: &Dictionary,
    text: &str,
) -> Result<Vec<(OfferValues, usize)>, CaseFault> {
    let mut records = records(text)?.into_iter();
    let Some((_, header)) = records.next() else {
        return Err(CaseFault::new(POINTER, "the file is empty; its first line names the columns"));
    };
    if header.first().map(|name| name.trim()) != Some("id") {
        return Err(CaseFault::new(POINTER, "line 1: the first column must be id"));
    }
    let header: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
    if let Some(twin) =
        header.iter().enumerate().find(|(at, name)| header.iter().take(*at).any(|n| &n == name))
    {
        return Err(CaseFault::new(
            POINTER,
            format!("line 1: the column {:?} appears twice", twin.1),
        ));
    }
    records.map(|(line, record)| offer(dictionary, &header, line, &record)).collect()
}

fn offer(
    dictionary: &Dictionary,
    header: &[String],
    line: usize,
    record: &[String],
) -> Result<(OfferValues, usize), CaseFault> {
    if record.len() != header.len() {
        let message = format!(
            "line {line}: {} cells where the first line has {}",
            record.len(),
            header.len()
        );
        return Err(CaseFault::new(POINTER, message));
    }
    let mut values = BTreeMap::new();
    for (column, cell) in
        header.iter().zip(record).skip(1).filter(|(_, cell)| !cell.trim().is_empty())
    {
        if let Some(item) = dictionary.item(column) {
            let value = value(&item.kind, cell.trim()).map_err(|message| {
                CaseFault::new(POINTER, format!("line {line}, column {column}: {message}"))
            })?;
            values.insert(column.clone(), value);
        }
    }
    let id = record.first().map(|id| id.trim().to_owned()).unwrap_or_default();
    if id.is_empty() {
        return Err(CaseFault::new(POINTER, format!("line {line}: the id is empty")));
    }
    Ok((OfferValues { id, values }, line))
}

/// A cell of a set lists its members between `;`, `|` or `,`, or between spaces where none of those is used.
fn value(kind: &Kind, cell: &str) -> Result<Value, String> {
    match kind {
        Kind::Higher(_) | Kind::Lower(_) => number::parse(cell).map(Value::Number),
        Kind::Level(_) => Ok(Value::level(cell)),
        Kind::SetIncludes(_) | Kind::SetWithin(_) | Kind::SetAny(_) => {
            let separated = cell.contains([';', '|', ',']);
            let members = cell
                .split(|c: char| if separated { matches!(c, ';' | '|' | ',') } else { c == ' ' });
            let members: Vec<&str> =
                members.map(str::trim).filter(|member| !member.is_empty()).collect();
            members.iter().try_for_each(|member| keys::member(kind, member))?;
            Ok(Value::set(members))
        }
    }
}

/// Splits the text into records, each with the line it starts on; blank lines are passed over.
fn records(text: &str) -> Result<Vec<(usize, Vec<String>)>, CaseFault> {
    let mut records = Vec::new();
    let (mut record, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let (mut line, mut start) = (1, 1);
    let mut chars = text.trim_start_matches('\u{feff}').chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
            '"' if quoted => quoted = false,
            '"' if cell.is_empty() => quoted = true,
            ',' if !quoted => record.push(std::mem::take(&mut cell)),
            '\r' if !quoted && chars.peek() == Some(&'\n') => {}
            '\n' if !quoted => {
                record.push(std::mem::take(&mut cell));
                close(&mut records, &mut record, start);
                line += 1;
                start = line;
            }
            _ => {
                line += usize::from(c == '\n');
                cell.push(c);
            }
        }
    }
    if quoted {
        return Err(CaseFault::new(POINTER, format!("line {start}: a quoted cell is not closed")));
    }
    record.push(cell);
    close(&mut records, &mut record, start);
    Ok(records)
}

fn close(records: &mut Vec<(usize, Vec<String>)>, record: &mut Vec<String>, start: usize) {
    let record = std::mem::take(record);
    if record.iter().any(|cell| !cell.trim().is_empty()) {
        records.push((start, record));
    }
}
