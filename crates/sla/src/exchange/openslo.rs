//! Offers as OpenSLO v1: one Service for each offer, one SLO for each item whose promise is a number.
//!
//! OpenSLO knows no price, remedy, commitment or party; they stand in annotations, and levels and
//! sets are left out. Its targets are below 1, so that a promise of 100 % is written as 0.999999
//! with an annotation that says so.

use crate::node::Node;
use crate::write::{compact, to_node, yaml_of};
use crate::{
    AsDocument, Direction, ItemDef, ItemKind, Locale, Offer, OfferItem, format_offer_item, registry,
};
use rust_decimal::Decimal;

/// The largest target that is written; OpenSLO takes nothing from 1 on.
const NEARLY_ALL: Decimal = Decimal::from_parts(999_999, 0, 0, false, 6);

/// Writes offers as OpenSLO v1 documents.
#[must_use]
pub fn write(offers: &[Offer]) -> String {
    let documents = offers.iter().flat_map(|offer| {
        let slos = offer.spec.items.iter().filter_map(|promise| slo(offer, promise));
        [service(offer)].into_iter().chain(slos).collect::<Vec<_>>()
    });
    documents.map(|document| yaml_of(&document)).collect::<Vec<_>>().join("---\n")
}

fn entry(name: &str, node: Node) -> (String, Node) {
    (name.to_owned(), node)
}

fn text(name: &str, value: impl Into<String>) -> (String, Node) {
    entry(name, Node::text(value))
}

fn map(entries: impl IntoIterator<Item = (String, Node)>) -> Node {
    Node::Map(entries.into_iter().collect())
}

fn head(kind: &str, metadata: Node, spec: Node) -> Node {
    map([
        text("apiVersion", "openslo/v1"),
        text("kind", kind),
        entry("metadata", metadata),
        entry("spec", spec),
    ])
}

fn service(offer: &Offer) -> Node {
    let metadata = &offer.metadata;
    let mut notes = vec![text("sla.kumoichi/version", metadata.version.to_string())];
    notes
        .extend(metadata.provider.as_ref().map(|provider| text("sla.kumoichi/provider", provider)));
    let tree = to_node(&offer.to_document());
    let price = tree.get("spec").and_then(|spec| spec.get("price")).map(compact);
    notes.extend(price.map(|price| text("sla.kumoichi/price", price)));
    let about = map([
        text("name", &metadata.name),
        text("displayName", metadata.title.get(Locale::En)),
        entry("annotations", map(notes)),
    ]);
    let description = metadata.description.as_ref().map(|words| words.get(Locale::En));
    head("Service", about, map(description.map(|words| text("description", words))))
}

fn slo(offer: &Offer, promise: &OfferItem) -> Option<Node> {
    let item = registry().item(&promise.item).filter(|item| item.kind.is_number())?;
    let value = promise.value.as_number()?;
    let name = slo_name(&offer.metadata.name, &item.key);
    let whole = item.kind == ItemKind::Ratio && value >= Decimal::ONE;
    let always = item.kind != ItemKind::Ratio
        && promise.percentile.is_none_or(|p| p >= Decimal::ONE_HUNDRED);
    let mut notes = vec![
        text("sla.kumoichi/item", &item.key),
        text("sla.kumoichi/commitment", promise.commitment.as_str()),
        text("sla.kumoichi/promise", format_offer_item(promise, Locale::En)),
    ];
    if whole || always {
        notes.push(text("sla.kumoichi/target", "100 %: OpenSLO takes only targets below 1"));
    }
    notes.extend(beside(offer, promise));
    let metadata = map([
        text("name", &name),
        text("displayName", item.label(Locale::En)),
        entry("annotations", map(notes)),
    ]);
    let spec = map([
        text("description", item.help(Locale::En)),
        text("service", &offer.metadata.name),
        entry("indicator", indicator(item, &name)),
        entry("timeWindow", Node::List(vec![window(offer, promise)])),
        text("budgetingMethod", if is_uptime(item) { "Timeslices" } else { "Occurrences" }),
        entry("objectives", Node::List(vec![objective(offer, item, promise, value)])),
    ]);
    Some(head("SLO", metadata, spec))
}

/// Up to 63 letters, digits and hyphens, as OpenSLO names are.
fn slo_name(offer: &str, key: &str) -> String {
    let key = key.replace(['.', '_'], "-");
    let room = 62_usize.saturating_sub(key.len());
    let offer: String = offer.chars().take(room).collect();
    format!("{}-{key}", offer.trim_end_matches('-'))
}

/// What OpenSLO has no field for, as JSON.
fn beside(offer: &Offer, promise: &OfferItem) -> Vec<(String, Node)> {
    let tree = to_node(&offer.to_document());
    let items = tree.get("spec").and_then(|spec| spec.get("items"));
    let Some(Node::List(items)) = items else { return Vec::new() };
    let wanted = Node::text(&promise.item);
    let Some(node) = items.iter().find(|item| item.get("item") == Some(&wanted)) else {
        return Vec::new();
    };
    ["remedy", "evidence", "exclusions", "qualifying", "transaction"]
        .into_iter()
        .filter_map(|field| {
            let shown = match node.get(field)? {
                Node::Text(text) => text.clone(),
                other => compact(other),
            };
            Some(text(&format!("sla.kumoichi/{field}"), shown))
        })
        .collect()
}

fn is_uptime(item: &ItemDef) -> bool {
    item.key == "availability.service_uptime"
}

fn indicator(item: &ItemDef, name: &str) -> Node {
    let source = |part: Option<&str>| {
        let query =
            [text("item", &item.key)].into_iter().chain(part.map(|part| text("part", part)));
        map([entry("metricSource", map([text("type", "Kumoichi"), entry("spec", map(query))]))])
    };
    let spec = if item.kind == ItemKind::Ratio {
        let ratio = map([
            entry("counter", Node::Bool(true)),
            entry("good", source(Some("good"))),
            entry("total", source(Some("total"))),
        ]);
        entry("ratioMetric", ratio)
    } else {
        entry("thresholdMetric", source(None))
    };
    map([entry("metadata", map([text("name", name)])), entry("spec", map([spec]))])
}

fn objective(offer: &Offer, item: &ItemDef, promise: &OfferItem, value: Decimal) -> Node {
    // An objective has no field for the unit of its value; its name says it.
    let unit =
        if item.kind == ItemKind::Ratio { String::new() } else { format!(" ({})", item.unit) };
    let shown = format!("{}{unit}", format_offer_item(promise, Locale::En));
    let mut fields = vec![text("displayName", shown)];
    if item.kind == ItemKind::Ratio {
        fields.push(entry("target", Node::number(value.min(NEARLY_ALL))));
        if is_uptime(item) {
            let slice = offer.spec.measurement.slice_seconds;
            fields.push(entry("timeSliceTarget", Node::number(NEARLY_ALL)));
            fields.push(text("timeSliceWindow", slice_window(slice)));
        }
        return map(fields);
    }
    let share =
        promise.percentile.and_then(|percentile| percentile.checked_div(Decimal::ONE_HUNDRED));
    let op = if item.direction == Direction::Lower { "lte" } else { "gte" };
    fields.push(text("op", op));
    fields.push(entry("value", Node::number(value)));
    fields.push(entry("target", Node::number(share.unwrap_or(NEARLY_ALL).min(NEARLY_ALL))));
    map(fields)
}

/// OpenSLO counts slices in whole minutes, hours, days or weeks; anything shorter is one minute.
fn slice_window(seconds: u32) -> String {
    match seconds {
        seconds if seconds >= 86_400 && seconds.is_multiple_of(86_400) => {
            format!("{}d", seconds / 86_400)
        }
        seconds if seconds >= 3600 && seconds.is_multiple_of(3600) => {
            format!("{}h", seconds / 3600)
        }
        seconds => format!("{}m", seconds.div_ceil(60)),
    }
}

fn window(offer: &Offer, promise: &OfferItem) -> Node {
    let measurement = &offer.spec.measurement;
    let own = promise.window.as_deref();
    let duration = own.unwrap_or(&measurement.calendar).replace("min", "m");
    if own.is_some() {
        return map([text("duration", duration), entry("isRolling", Node::Bool(true))]);
    }
    let from = offer.metadata.valid_from.as_ref().and_then(|from| from.as_str().get(..10));
    let start = format!("{} 00:00:00", from.unwrap_or("2026-01-01"));
    let calendar = map([text("startTime", start), text("timeZone", &measurement.timezone)]);
    map([
        text("duration", duration),
        entry("isRolling", Node::Bool(false)),
        entry("calendar", calendar),
    ])
}
