//! What kind of service an offer is, where it runs, what it consists of.

use super::cursor::{At, Fields, Sink};
use super::limits;
use super::offer::at_least_one;
use super::price::machine_price;
use super::scalar::{between, country, document_name, formed, technical_name, text, whole, word};
use crate::category::attribute_key;
use crate::fault::FaultCode;
use crate::node::Node;
use crate::{
    Architecture, AttributeValue, Decimal, DeploymentModel, Expected, Gpu, Location, MachineImage,
    MachineType, Middleware, Recipe, Region, Service, ServiceModel,
};
use std::collections::BTreeMap;

pub(super) fn service(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Service> {
    let mut fields = Fields::open(node, at, sink)?;
    let model = fields.required(sink, "model", word(ServiceModel::WORDS, ServiceModel::from_word));
    let deployment = fields.required(
        sink,
        "deployment",
        word(DeploymentModel::WORDS, DeploymentModel::from_word),
    );
    let category = fields.optional(sink, "category", document_name);
    let values = fields.optional(sink, "attributes", attributes);
    if fields.has("attributes") && !fields.has("category") {
        let (place, found) = (at.field("attributes"), fields.peek("attributes"));
        let message = "attributes mean something only with a category";
        let code = FaultCode::Contradiction;
        sink.fault::<()>(&place, code, found, Expected::LeaveOut, message);
    }
    let regions = fields
        .required(sink, "regions", |node, at, sink| at_least_one(node, at, sink, "region", region));
    fields.unique(sink, "regions", "id", FaultCode::Contradiction);
    let middleware = fields.list(sink, "middleware", middleware_of);
    let apps = fields.list(sink, "apps", middleware_of);
    let images = fields.list(sink, "images", image);
    once_each(&images, |image| image.clone(), &at.field("images"), sink);
    let recipes = fields.list(sink, "recipes", recipe);
    once_each(&recipes, |recipe| recipe.name.clone(), &at.field("recipes"), sink);
    let machine_types = fields.list(sink, "machineTypes", machine_type);
    fields.unique(sink, "machineTypes", "name", FaultCode::Contradiction);
    fields.close(sink);
    Some(Service {
        model: model?,
        deployment: deployment?,
        category,
        attributes: values.unwrap_or_default(),
        regions: regions?,
        middleware,
        apps,
        images,
        recipes,
        machine_types,
    })
}

/// Values by key. What each has to be, the category says, which a document alone does not know.
fn attributes(
    node: &Node,
    at: &At<'_>,
    sink: &mut Sink,
) -> Option<BTreeMap<String, AttributeValue>> {
    let Node::Map(entries) = node else {
        return sink.wrong_type(at, node, Expected::Mapping);
    };
    let mut values = BTreeMap::new();
    for (key, node) in entries {
        let at = at.field(key);
        let name = Node::text(key.as_str());
        if formed(&name, &at, sink, Expected::AttributeKey, attribute_key).is_none() {
            continue;
        }
        if values.contains_key(key) {
            let message = format!("the field `{key}` stands twice");
            let code = FaultCode::DuplicateField;
            sink.fault::<()>(&at, code, Some(&name), Expected::Once, message);
        }
        let value = match node {
            Node::Bool(yes) => Some(AttributeValue::Boolean(*yes)),
            Node::Number(number) => Some(AttributeValue::Number(number.value)),
            // As with other fields, nothing is not said.
            Node::Null => None,
            node => text(node, &at, sink).map(AttributeValue::Text),
        };
        if let Some(value) = value {
            values.insert(key.clone(), value);
        }
    }
    Some(values)
}

fn region(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Region> {
    let mut fields = Fields::open(node, at, sink)?;
    let id = fields.required(sink, "id", technical_name);
    let country = fields.required(sink, "country", country);
    let hazard_zone = fields.optional(sink, "hazardZone", technical_name);
    let location = fields.optional(sink, "location", location);
    fields.close(sink);
    Some(Region { id: id?, country: country?, hazard_zone, location })
}

fn location(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Location> {
    let mut fields = Fields::open(node, at, sink)?;
    let lat = fields.required(sink, "lat", between(-limits::LAT_MAX, limits::LAT_MAX));
    let lon = fields.required(sink, "lon", between(-limits::LON_MAX, limits::LON_MAX));
    fields.close(sink);
    Some(Location { lat: lat?, lon: lon? })
}

/// "PostgreSQL 16" as name and version.
fn in_short(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<(String, Option<String>)> {
    let text = text(node, at, sink)?;
    let text = text.trim();
    Some(match text.rsplit_once(' ') {
        Some((name, version)) if version.starts_with(|c: char| c.is_ascii_digit()) => {
            (name.trim().to_owned(), Some(version.to_owned()))
        }
        _ => (text.to_owned(), None),
    })
}

/// `{name: Ubuntu Server, version: "24.04", architecture: arm64}`, or in short "Ubuntu Server 24.04".
fn image(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<MachineImage> {
    if let Node::Text(_) = node {
        let (name, version) = in_short(node, at, sink)?;
        return Some(MachineImage { name, version, architecture: None });
    }
    let mut fields = Fields::open(node, at, sink)?;
    let name = fields.required(sink, "name", text);
    let version = fields.optional(sink, "version", text);
    let architecture =
        fields.optional(sink, "architecture", word(Architecture::WORDS, Architecture::from_word));
    fields.close(sink);
    Some(MachineImage { name: name?, version, architecture })
}

/// What an entry is known by stands once.
fn once_each<T, K: PartialEq>(entries: &[T], key: fn(&T) -> K, at: &At<'_>, sink: &mut Sink) {
    for (place, entry) in entries.iter().enumerate() {
        if entries.iter().take(place).any(|other| key(other) == key(entry)) {
            let (at, code) = (at.index(place), FaultCode::Contradiction);
            sink.fault::<()>(&at, code, None, Expected::Once, "an entry like this stands before");
        }
    }
}

/// `{name: Three-node PostgreSQL, version: "2.1", installs: [PostgreSQL 17]}`, or in short its name and version.
fn recipe(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Recipe> {
    if let Node::Text(_) = node {
        let (name, version) = in_short(node, at, sink)?;
        return Some(Recipe { name, version, installs: Vec::new() });
    }
    let mut fields = Fields::open(node, at, sink)?;
    let name = fields.required(sink, "name", text);
    let version = fields.optional(sink, "version", text);
    let installs = fields.list(sink, "installs", middleware_of);
    fields.close(sink);
    Some(Recipe { name: name?, version, installs })
}

/// `{name: PostgreSQL, version: "16"}`, or in short "PostgreSQL 16".
fn middleware_of(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Middleware> {
    if let Node::Text(_) = node {
        let (name, version) = in_short(node, at, sink)?;
        return Some(Middleware { name, version });
    }
    let mut fields = Fields::open(node, at, sink)?;
    let name = fields.required(sink, "name", text);
    let version = fields.optional(sink, "version", text);
    fields.close(sink);
    Some(Middleware { name: name?, version })
}

fn machine_type(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<MachineType> {
    let mut fields = Fields::open(node, at, sink)?;
    let name = fields.required(sink, "name", technical_name);
    let vcpu = fields.required(sink, "vcpu", size);
    let ram_gib = fields.required(sink, "ramGib", size);
    let disk_gib = fields.optional(sink, "diskGib", size);
    let gpu = fields.optional(sink, "gpu", gpu);
    let architecture =
        fields.optional(sink, "architecture", word(Architecture::WORDS, Architecture::from_word));
    let price = fields.optional(sink, "price", machine_price);
    fields.close(sink);
    Some(MachineType {
        name: name?,
        vcpu: vcpu?,
        ram_gib: ram_gib?,
        disk_gib,
        gpu,
        architecture,
        price,
    })
}

/// A size as machines have it. More than six decimals could not be looked for exactly.
fn size(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Decimal> {
    let size = between(limits::SIZE_MIN, limits::SIZE_MAX)(node, at, sink)?.normalize();
    if size.scale() <= limits::SIZE_DECIMALS {
        return Some(size);
    }
    let expected = Expected::Between { min: limits::SIZE_MIN, max: limits::SIZE_MAX };
    let message = format!("expected at most {} decimals", limits::SIZE_DECIMALS);
    sink.fault(at, FaultCode::OutOfRange, Some(node), expected, message)
}

fn gpu(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Gpu> {
    let mut fields = Fields::open(node, at, sink)?;
    let count = fields.required(sink, "count", whole(1, limits::GPU_MAX));
    let model = fields.optional(sink, "model", text);
    fields.close(sink);
    Some(Gpu { count: count?, model })
}
