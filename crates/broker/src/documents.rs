//! SLA documents as the market keeps them: canonical JSON, its hash, YAML to edit, faults to show.

use crate::{BrokerError, FieldFault};
use domain::{Currency, Money};
use sha2::{Digest, Sha256};
use sla::{Document, Faults, Metadata, Notice, Offer, Requirement, Value};

/// A document ready to be stored.
#[derive(Debug)]
pub(crate) struct Stored {
    /// Canonical JSON.
    pub text: String,
    /// Lower-case hex SHA-256 of exactly that text.
    pub hash: String,
    /// English title, or the one there is.
    pub title_en: String,
    /// Japanese title, or the one there is.
    pub title_ja: String,
}

/// The stored form of a document.
pub(crate) fn stored(document: &Document) -> Stored {
    let text = sla::canonical_json(document);
    let title = &document.metadata().title;
    Stored {
        hash: hex::encode(Sha256::digest(text.as_bytes())),
        text,
        title_en: title.get(sla::Locale::En).to_owned(),
        title_ja: title.get(sla::Locale::Ja).to_owned(),
    }
}

/// Numbers a document as the market counts: each version replaces the one before.
pub(crate) fn number(metadata: &mut Metadata, version: i64) {
    // Versions count from 1 and are far below 2^32.
    let version = u32::try_from(version).unwrap_or(u32::MAX);
    metadata.version = version;
    metadata.supersedes = version.checked_sub(1).filter(|before| *before > 0);
}

/// Reads an offer, with all faults at once.
pub(crate) fn read_offer(text: &str) -> Result<(Offer, Vec<Notice>), Faults> {
    let mut parsed = sla::parse(text)?;
    match (parsed.documents.pop(), parsed.documents.is_empty()) {
        (Some(Document::Offer(offer)), true) => Ok((offer, parsed.notices)),
        // Another kind, or several: the reader says it in its own words.
        _ => sla::parse_offer(text).map(|offer| (offer, Vec::new())),
    }
}

/// Reads a requirement, with all faults at once.
pub(crate) fn read_requirement(text: &str) -> Result<(Requirement, Vec<Notice>), Faults> {
    let mut parsed = sla::parse(text)?;
    match (parsed.documents.pop(), parsed.documents.is_empty()) {
        (Some(Document::Requirement(requirement)), true) => Ok((requirement, parsed.notices)),
        _ => sla::parse_requirement(text).map(|requirement| (requirement, Vec::new())),
    }
}

/// Reads an offer that somebody writes now: the values of the market's items are held to what they mean. Whether it
/// is new, so that it may name nothing retired, is known when it is saved.
pub(crate) fn read_written_offer(text: &str) -> Result<(Offer, Vec<Notice>), Faults> {
    let (offer, notices) = read_offer(text)?;
    let held = sla::hold_offer(offer, sla::registry(), true).map_err(Faults)?;
    Ok((held, notices))
}

/// The same for a requirement.
pub(crate) fn read_written_requirement(text: &str) -> Result<(Requirement, Vec<Notice>), Faults> {
    let (requirement, notices) = read_requirement(text)?;
    let held = sla::hold_requirement(requirement, sla::registry(), true).map_err(Faults)?;
    Ok((held, notices))
}

/// A value as it is typed into a form, readable by `sla::parse_value`.
pub(crate) fn value_text(key: &str, value: &Value) -> String {
    match value {
        Value::Number(number) => {
            sla::registry().item(key).filter(|item| item.holds(value)).map_or_else(
                || number.to_string(),
                // Grouped digits are for reading; a field is read back.
                |item| sla::format_number(item.unit, *number, sla::Locale::En).replace(',', ""),
            )
        }
        // As `sla::split_range` reads it back.
        Value::Range { min, max } => {
            let end = |number| value_text(key, &Value::Number(number));
            format!("{} to {}", end(*min), end(*max))
        }
        Value::Level(level) => level.clone(),
        Value::Set(members) => members.iter().cloned().collect::<Vec<_>>().join(", "),
        Value::Boolean(answer) => answer.to_string(),
    }
}

/// A requirement as YAML.
pub(crate) fn requirement_yaml(requirement: &Requirement) -> String {
    sla::to_yaml(requirement)
}

/// An offer as YAML.
pub(crate) fn offer_yaml(offer: &Offer) -> String {
    sla::to_yaml(offer)
}

/// The faults of a document as faults of the input.
pub(crate) fn field_faults(faults: &Faults) -> Vec<FieldFault> {
    faults.iter().map(field_fault).collect()
}

/// One fault of a document as a fault of the input.
pub(crate) fn field_fault(fault: &sla::Fault) -> FieldFault {
    FieldFault {
        pointer: sla::made_visible(&fault.path).into_owned(),
        code: fault.code.as_str().to_owned(),
        found: sla::made_visible(fault.found.as_deref().unwrap_or_default()).into_owned(),
        allowed: fault.allowed.join(", "),
        message: fault.message.clone(),
        expected: fault.expected.clone(),
        place: match fault.expected {
            Some(sla::Expected::Syntax { line, column }) if line > 0 => {
                Some(sla::Place { line, column })
            }
            _ => None,
        },
    }
}

/// The faults of a text as faults of the input, each with the line it stands at.
pub(crate) fn text_faults(text: &str, faults: &Faults) -> Vec<FieldFault> {
    let places = sla::Places::of(text);
    let placed = |fault: &sla::Fault| {
        let found = field_fault(fault);
        FieldFault { place: found.place.or_else(|| places.find(&fault.path)), ..found }
    };
    faults.iter().map(placed).collect()
}

/// The published monthly price, if there is one.
pub(crate) fn price(offer: &Offer) -> Result<Option<Money>, BrokerError> {
    let Some(amount) = offer.spec.price.as_ref().and_then(|price| price.monthly_total.as_ref())
    else {
        return Ok(None);
    };
    let currency: Currency = amount.currency.parse().map_err(|error: domain::MoneyError| {
        let pointer = "/spec/price/monthlyTotal/currency";
        BrokerError::field(
            pointer,
            "currency",
            &amount.currency,
            "JPY, EUR, USD, GBP",
            &error.to_string(),
        )
    })?;
    Ok(Some(Money::new(amount.minor, currency)))
}
