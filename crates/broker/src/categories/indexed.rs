//! What the search index knows of an offer's category, attributes, machine types, images and recipes.

use super::Categories;
use search::Machine;
use sla::{AttributeKind, AttributeValue, Decimal, Service};

/// What is searched of a service beside its texts.
#[derive(Debug, Default)]
pub(crate) struct Indexed {
    /// Category and the wider ones.
    pub categories: Vec<String>,
    /// Their names and those of the chosen words, in both languages; images, recipes and what these install.
    pub names: Vec<String>,
    /// `category.attribute=word`.
    pub attributes: Vec<String>,
    /// `category.attribute` and its number.
    pub numbers: Vec<(String, Decimal)>,
    /// Sizes of machines.
    pub machines: Vec<Machine>,
}

/// Reads a service by the market's categories; what they do not know is found by its texts only.
pub(crate) fn indexed(catalogue: &Categories, service: &Service) -> Indexed {
    let mut found = Indexed::default();
    let machine = |machine: &sla::MachineType| Machine {
        vcpu: machine.vcpu,
        ram_gib: machine.ram_gib,
        gpu: machine.gpu.as_ref().map_or(0, |gpu| gpu.count),
        architecture: machine.architecture.map(|one| one.as_str().to_owned()),
    };
    found.machines = service.machine_types.iter().map(machine).collect();
    let version = |name: &str, version: Option<&str>| match version {
        Some(version) => format!("{name} {version}"),
        None => name.to_owned(),
    };
    let images = service.images.iter();
    found.names.extend(images.map(|image| version(&image.name, image.version.as_deref())));
    for recipe in &service.recipes {
        found.names.push(version(&recipe.name, recipe.version.as_deref()));
        let installs = recipe.installs.iter();
        found.names.extend(installs.map(|one| version(&one.name, one.version.as_deref())));
    }
    let Some(key) = service.category.as_deref() else { return found };
    for entry in catalogue.path(key) {
        found.categories.push(entry.category.key.clone());
        found.names.extend(entry.category.title.0.values().cloned());
    }
    let Some(entry) = catalogue.get(key) else { return found };
    for (name, value) in &service.attributes {
        let Some(attribute) = entry.category.attribute(name) else { continue };
        let place = format!("{key}.{name}");
        match (&attribute.kind, value) {
            (AttributeKind::Choice { choices }, AttributeValue::Text(word)) => {
                let chosen = choices.iter().filter(|choice| choice.key == *word);
                found.names.extend(chosen.flat_map(|choice| choice.title.0.values().cloned()));
                found.attributes.push(format!("{place}={word}"));
            }
            (AttributeKind::Version, AttributeValue::Text(version)) => {
                found.attributes.push(format!("{place}={version}"));
            }
            (AttributeKind::Boolean, AttributeValue::Boolean(yes)) => {
                found.attributes.push(format!("{place}={}", if *yes { "yes" } else { "no" }));
            }
            (AttributeKind::Number { .. }, AttributeValue::Number(number)) => {
                found.numbers.push((place, *number));
            }
            _ => {}
        }
    }
    found
}
