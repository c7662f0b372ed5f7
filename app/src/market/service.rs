//! What an offer says about its kind: category, attributes, machine types.

use broker::categories::Categories;
use leptos::prelude::*;
use sla::{
    AttributeDef, AttributeKind, AttributeValue, MachineImage, MachineType, Middleware, Recipe,
    Service, UnitPrice,
};

use crate::{
    format,
    ui::{Column, Table, definitions},
    words::Words,
};

/// The name of the offer's category with the wider ones; the key where the market does not know it.
pub(super) fn category(words: Words, catalogue: &Categories, service: &Service) -> Option<String> {
    let key = service.category.as_deref()?;
    let mut names: Vec<&str> =
        catalogue.path(key).iter().map(|entry| entry.category.title.get(words.0.sla())).collect();
    names.reverse();
    Some(if names.is_empty() { words.catalog_unknown(key) } else { names.join(" › ") })
}

/// What is said about an attribute, as it is read.
fn value(words: Words, attribute: Option<&AttributeDef>, value: &AttributeValue) -> String {
    match (value, attribute.map(|attribute| &attribute.kind)) {
        (AttributeValue::Text(word), Some(AttributeKind::Choice { choices })) => choices
            .iter()
            .find(|choice| choice.key == *word)
            .map_or(word.as_str(), |choice| choice.title.get(words.0.sla()))
            .to_owned(),
        (AttributeValue::Number(number), Some(AttributeKind::Number { unit, .. })) => {
            format!("{} {unit}", number.normalize()).trim_end().to_owned()
        }
        (AttributeValue::Text(text), _) => text.clone(),
        (AttributeValue::Number(number), _) => number.normalize().to_string(),
        (AttributeValue::Boolean(true), _) => words.catalog_yes().to_owned(),
        (AttributeValue::Boolean(false), _) => words.catalog_no().to_owned(),
    }
}

/// Attributes with their names, in the order of the category; what it does not know comes last.
pub(super) fn attributes(
    words: Words,
    catalogue: &Categories,
    service: &Service,
) -> Vec<(String, String)> {
    let entry = service.category.as_deref().and_then(|key| catalogue.get(key));
    let known: &[AttributeDef] = entry.map_or(&[], |entry| &entry.category.attributes);
    let said = known.iter().filter_map(|attribute| {
        let said = service.attributes.get(&attribute.key)?;
        let name = attribute.title.get(words.0.sla()).to_owned();
        Some((name, value(words, Some(attribute), said)))
    });
    let other = service
        .attributes
        .iter()
        .filter(|(key, _)| known.iter().all(|attribute| attribute.key != **key));
    let other = other.map(|(key, said)| (key.clone(), value(words, None, said)));
    said.chain(other).collect()
}

/// The attributes beside their names.
pub(super) fn attribute_list(
    words: Words,
    catalogue: &Categories,
    service: &Service,
) -> Option<AnyView> {
    let all = attributes(words, catalogue, service);
    let pairs: Vec<_> = all.into_iter().map(|(name, value)| (name, value.into_any())).collect();
    (!pairs.is_empty()).then(|| definitions(pairs))
}

/// What one machine costs.
fn price(words: Words, price: &UnitPrice) -> String {
    let money = format::money(price.minor, &price.currency);
    match (price.unit.as_str(), price.per) {
        ("instance-hour", 1) => words.catalog_machine_hour(money),
        ("instance-hour", per) => words.catalog_machine_per_hour(money, per),
        (_, 1) => words.catalog_machine_month(money),
        (_, per) => words.catalog_machine_per_month(money, per),
    }
}

/// The machine types as a table; nothing where there is none.
pub(super) fn machine_types(words: Words, machines: &[MachineType]) -> Option<AnyView> {
    if machines.is_empty() {
        return None;
    }
    let columns = vec![
        Column::text(words.catalog_machine_name()),
        Column::number(words.catalog_vcpu()),
        Column::number(words.catalog_ram()),
        Column::number(words.catalog_machine_disk()),
        Column::text(words.catalog_gpu()),
        Column::text(words.catalog_architecture()),
        Column::text(words.catalog_machine_price()),
    ];
    let none = || "–".to_owned();
    let rows = machines.iter().map(|machine| {
        let gpu = machine.gpu.as_ref().map(|gpu| match &gpu.model {
            Some(model) => format!("{} × {model}", gpu.count),
            None => gpu.count.to_string(),
        });
        let each = machine.price.as_ref();
        [
            machine.name.clone(),
            machine.vcpu.normalize().to_string(),
            machine.ram_gib.normalize().to_string(),
            machine.disk_gib.map_or_else(none, |disk| disk.normalize().to_string()),
            gpu.unwrap_or_else(none),
            machine.architecture.map_or_else(none, |one| one.as_str().to_owned()),
            each.map_or_else(
                || words.catalog_machine_no_price().to_owned(),
                |one| price(words, one),
            ),
        ]
        .into_iter()
        .map(|cell| cell.into_any())
        .collect::<Vec<_>>()
    });
    Some(Table::new(words.catalog_machine_title(), columns).rows(rows).view())
}

/// The kinds of what comes with an offer, in their order.
pub(super) fn software_labels(words: Words) -> [&'static str; 4] {
    [
        words.market_offer_middleware(),
        words.market_offer_apps(),
        words.market_offer_images(),
        words.market_offer_recipes(),
    ]
}

/// What comes with it, each kind with its label; kinds of which there is nothing are left out.
pub(super) fn software(words: Words, service: &Service) -> Vec<(&'static str, String)> {
    let version = |name: &str, version: Option<&str>| match version {
        Some(version) => format!("{name} {version}"),
        None => name.to_owned(),
    };
    let installed = |list: &[Middleware]| -> Vec<String> {
        list.iter().map(|item| version(&item.name, item.version.as_deref())).collect()
    };
    let image = |image: &MachineImage| {
        let name = version(&image.name, image.version.as_deref());
        match image.architecture {
            Some(architecture) => format!("{name} ({})", architecture.as_str()),
            None => name,
        }
    };
    let comma = words.market_list_comma();
    let recipe = |recipe: &Recipe| {
        let name = version(&recipe.name, recipe.version.as_deref());
        match recipe.installs.is_empty() {
            true => name,
            false => format!("{name} ({})", installed(&recipe.installs).join(comma)),
        }
    };
    let kinds: [Vec<String>; 4] = [
        installed(&service.middleware),
        installed(&service.apps),
        service.images.iter().map(image).collect(),
        service.recipes.iter().map(recipe).collect(),
    ];
    let told = software_labels(words).into_iter().zip(kinds).filter(|(_, all)| !all.is_empty());
    told.map(|(label, all)| (label, all.join(comma))).collect()
}

/// The machine types in one line, for a comparison.
pub(super) fn machines_text(words: Words, machines: &[MachineType]) -> Option<String> {
    let one = |machine: &MachineType| {
        let (vcpu, ram) = (machine.vcpu.normalize(), machine.ram_gib.normalize());
        format!("{} ({vcpu} vCPU, {ram} GiB)", machine.name)
    };
    let all: Vec<String> = machines.iter().map(one).collect();
    (!all.is_empty()).then(|| all.join(words.market_list_comma()))
}
