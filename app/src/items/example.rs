//! How an item stands in documents: the lines that ask and promise it, and a need to start from.

use sla::{Commitment, Demand, ItemDef, ItemKind, Operator, Requirement};

/// A level of security somebody may ask: scheme and level.
const SECURITY: (&str, &str) = ("us-fips199", "moderate");

/// A value of the item as people write it, in YAML.
fn value(item: &ItemDef) -> String {
    let middle = item.words().get(item.words().len() / 2);
    match (&item.kind, middle) {
        (ItemKind::Level(_), Some(word)) => format!("\"{}\"", word.key),
        (ItemKind::Set(_), Some(word)) => format!("[{}]", word.key),
        (ItemKind::Countries, _) => "[JP]".to_owned(),
        (ItemKind::SchemeLevel, _) => format!("{}, scheme: {}", SECURITY.1, SECURITY.0),
        _ => {
            let text = crate::needs::example(item.unit);
            format!("\"{}\"", text.split(", ").next().unwrap_or(text))
        }
    }
}

/// What a response time says nothing without.
fn measured(item: &ItemDef) -> &'static str {
    match item.key.as_str() {
        "performance.online_response_time" => ", percentile: 95, transaction: ref-web-1",
        _ => "",
    }
}

/// How the item is asked in a requirement document.
pub(super) fn asking(item: &ItemDef) -> String {
    let op = item.operators().first().copied().map_or("gte", Operator::as_str);
    let percentile = match item.key.as_str() {
        "performance.online_response_time" | "performance.e2e_response_time" => ", percentile: 95",
        _ => "",
    };
    let level = Demand::Must;
    format!(
        "- {{item: {}, op: {op}, value: {}{percentile}, level: {level}}}",
        item.key,
        value(item)
    )
}

/// How the item is promised in an offer document.
pub(super) fn promising(item: &ItemDef) -> String {
    // Guaranteed uptime needs its remedy; an example says what one line can.
    let commitment = match item.kind {
        _ if item.key == "availability.service_uptime" => Commitment::Objective,
        ItemKind::Set(_) | ItemKind::SchemeLevel => Commitment::Attested,
        _ => Commitment::Guaranteed,
    };
    let (value, measured) = (value(item), measured(item));
    format!("- {{item: {}, value: {value}{measured}, commitment: {commitment}}}", item.key)
}

/// A whole need that asks this item and nothing else.
pub(super) fn need(item: &ItemDef) -> Option<Requirement> {
    let quoted = |text: &str| format!("\"{}\"", text.replace(['\\', '"'], ""));
    let title = |locale| quoted(item.label(locale));
    let name: String =
        item.key.chars().map(|c| if matches!(c, '.' | '_') { '-' } else { c }).collect();
    let text = format!(
        "apiVersion: {}\nkind: QualityRequirement\nmetadata: {{name: {name}, version: 1, title: {{en: {}, ja: {}}}}}\nspec:\n  userRegions: [JP]\n  profiles:\n    normal:\n      items:\n        {}\n",
        sla::API_VERSION,
        title(sla::Locale::En),
        title(sla::Locale::Ja),
        asking(item),
    );
    let read = sla::parse_requirement(&text).ok()?;
    sla::hold_requirement(read, sla::registry(), true).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_can_be_asked_as_its_page_shows() {
        for item in sla::registry().items() {
            let need = need(item).expect(&item.key);
            assert_eq!(need.spec.profiles.normal.items[0].item, item.key);
        }
    }

    #[test]
    fn every_item_can_be_promised_as_its_page_shows() {
        let (head, _) = sla::EXAMPLE_OFFERS[0].yaml.split_once("  items:").unwrap();
        for item in sla::registry().items() {
            let text = format!("{head}  items:\n    {}\n", promising(item));
            assert!(sla::parse_offer(&text).is_ok(), "{}", sla::parse_offer(&text).unwrap_err());
        }
    }
}
