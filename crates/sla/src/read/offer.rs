//! The body of a `ServiceLevelOffer`: service, measurement, promises.

use super::cursor::{At, Fields, Sink};
use super::evidence::evidence;
use super::limits;
use super::price::price;
use super::remedy::remedy;
use super::scalar::{
    between, country, percentile, technical_name, text, timezone, whole, window, word,
};
use super::service::service;
use super::value;
use crate::fault::{FaultCode, NoticeCode};
use crate::node::Node;
use crate::{
    Commitment, Expected, ItemDef, ItemKind, Measurement, NetworkPath, OfferItem, OfferSpec, Value,
    Vantage, built_in,
};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn spec(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<OfferSpec> {
    let mut fields = Fields::open(node, at, sink)?;
    let service = fields.required(sink, "service", service);
    let measurement = fields.required(sink, "measurement", measurement);
    let items = fields
        .required(sink, "items", |node, at, sink| at_least_one(node, at, sink, "promise", item));
    fields.unique(sink, "items", "item", FaultCode::DuplicateItem);
    let price = fields.optional(sink, "price", price);
    let network_to_users = fields.list(sink, "networkToUsers", network_path);
    fields.unique(sink, "networkToUsers", "userRegion", FaultCode::Contradiction);
    fields.close(sink);
    Some(OfferSpec {
        service: service?,
        measurement: measurement?,
        items: items?,
        price,
        network_to_users,
    })
}

/// A list that must not be empty.
pub(super) fn at_least_one<T>(
    node: &Node,
    at: &At<'_>,
    sink: &mut Sink,
    what: &str,
    read: impl FnMut(&Node, &At<'_>, &mut Sink) -> Option<T>,
) -> Option<Vec<T>> {
    if matches!(node, Node::List(nodes) if nodes.is_empty()) {
        let message = format!("expected at least one {what}");
        return sink.fault(at, FaultCode::Missing, None, Expected::AtLeastOne, message);
    }
    super::cursor::list(node, at, sink, read)
}

fn measurement(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Measurement> {
    let mut fields = Fields::open(node, at, sink)?;
    let calendar = fields.required(sink, "calendar", window);
    let timezone = fields.required(sink, "timezone", timezone);
    let slice_seconds = fields.required(sink, "sliceSeconds", whole(1, limits::SLICE_SECONDS_MAX));
    let min_outage_seconds =
        fields.required(sink, "minOutageSeconds", whole(0, limits::OUTAGE_SECONDS_MAX));
    let exclusions = fields.list(sink, "exclusions", text);
    let vantage = fields.optional(sink, "vantage", word(Vantage::WORDS, Vantage::from_word));
    fields.close(sink);
    Some(Measurement {
        calendar: calendar?,
        timezone: timezone?,
        slice_seconds: slice_seconds?,
        min_outage_seconds: min_outage_seconds?,
        exclusions,
        vantage,
    })
}

fn network_path(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<NetworkPath> {
    let mut fields = Fields::open(node, at, sink)?;
    let user_region = fields.required(sink, "userRegion", country);
    let rtt_ms = fields.required(sink, "rttMs", between(limits::RTT_MS_MIN, limits::RTT_MS_MAX));
    fields.close(sink);
    Some(NetworkPath { user_region: user_region?, rtt_ms: rtt_ms? })
}

fn item(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<OfferItem> {
    let mut fields = Fields::open(node, at, sink)?;
    let key = fields.required(sink, "item", value::item_key);
    let item = key.as_deref().and_then(|key| built_in().item(key));
    let scheme = value::scheme(item, &mut fields, sink);
    let value = fields.required(sink, "value", |node, at, sink| match (item, &key) {
        (Some(item), _) => value::value(item, scheme, node, at, sink),
        (None, Some(_)) => value::extension(node, at, sink),
        // The key is unknown and reported; nothing can be said of its value.
        (None, None) => None,
    });
    let commitment =
        fields.required(sink, "commitment", word(Commitment::WORDS, Commitment::from_word));
    let percentile = fields.optional(sink, "percentile", percentile);
    let window = fields.optional(sink, "window", window);
    let transaction = fields.optional(sink, "transaction", technical_name);
    let qualifying = fields.optional(sink, "qualifying", text);
    let exclusions = fields.list(sink, "exclusions", text);
    let vantage = fields.optional(sink, "vantage", word(Vantage::WORDS, Vantage::from_word));
    let promised = value.as_ref().and_then(Value::as_number);
    let remedy =
        fields.optional(sink, "remedy", |node, at, sink| remedy(item, promised, node, at, sink));
    let evidence = fields.list(sink, "evidence", evidence);
    let sub_lists =
        fields.optional(sink, "subLists", |node, at, sink| sub_lists(item, node, at, sink));
    let tls_min = fields.optional(sink, "tlsMin", word(limits::TLS_VERSIONS, tls_version));
    if let Some(item) = item {
        item_rules(item, commitment, &fields, sink);
    }
    fields.close(sink);
    Some(OfferItem {
        item: key?,
        value: value?,
        scheme: scheme.map(|scheme| scheme.key.clone()),
        commitment: commitment?,
        percentile,
        window,
        transaction,
        qualifying,
        exclusions,
        vantage,
        remedy,
        evidence,
        sub_lists: sub_lists.unwrap_or_default(),
        tls_min,
    })
}

fn tls_version(text: &str) -> Option<String> {
    limits::TLS_VERSIONS.contains(&text).then(|| text.to_owned())
}

/// What some items need beside their value: a number without its measurement says nothing.
fn item_rules(
    item: &ItemDef,
    commitment: Option<Commitment>,
    fields: &Fields<'_>,
    sink: &mut Sink,
) {
    let at = fields.at();
    for ((key, only), needed) in limits::NEEDED {
        if item.key != *key || (only.is_some() && *only != commitment) {
            continue;
        }
        for (field, code, expected, message) in *needed {
            if !fields.has(field) {
                sink.fault::<()>(&at.field(field), *code, None, expected.clone(), *message);
            }
        }
    }
    if fields.has("percentile") && !item.kind.is_number() {
        let message = "only a number has a percentile";
        sink.fault::<()>(
            &at.field("percentile"),
            FaultCode::Contradiction,
            fields.peek("percentile"),
            Expected::LeaveOut,
            message,
        );
    }
    if item.derived {
        let message =
            format!("`{}` is computed by the broker; the declared value does not count", item.key);
        sink.notice(at, NoticeCode::DerivedDeclared, message);
    }
}

/// Further lists of the same kind of members, by name.
pub(super) fn sub_lists(
    item: Option<&ItemDef>,
    node: &Node,
    at: &At<'_>,
    sink: &mut Sink,
) -> Option<BTreeMap<String, BTreeSet<String>>> {
    let Some(item) =
        item.filter(|item| matches!(item.kind, ItemKind::Set(_) | ItemKind::Countries))
    else {
        let message = "only sets have further lists";
        return sink.fault(at, FaultCode::Contradiction, Some(node), Expected::LeaveOut, message);
    };
    let mut fields = Fields::open(node, at, sink)?;
    let mut lists = BTreeMap::new();
    for &name in limits::SUB_LISTS {
        let members =
            fields.optional(sink, name, |node, at, sink| value::set(item, node, at, sink));
        if let Some(members) = members {
            lists.insert(name.to_owned(), members);
        }
    }
    fields.close(sink);
    Some(lists)
}
