//! Bounds of attributes and sizes of machines: how they stand in the address, and their fields beside the list.

use broker::{
    categories::Categories,
    market::{FacetField, MarketQuery, NumberFilter},
};
use leptos::prelude::*;
use sla::{Architecture, AttributeKind, Decimal, Expected};

use crate::{
    address::Address,
    fault::expected_text,
    form::FormState,
    ui::{Field, Select, Views, fieldset},
    words::Words,
};

/// What stands before `category.attribute` in the name of a field.
const MIN: &str = "min.";
const MAX: &str = "max.";
const VCPU: &str = "vcpu";
const RAM: &str = "ram";
const GPU: &str = "gpu";
const ARCHITECTURE: &str = "arch";
/// Attributes with bounds that are looked at.
const NUMBERS_MAX: usize = 20;
/// Accelerators that can be asked for.
const GPU_MAX: u32 = 1_000;

/// Reads bounds and sizes; what cannot be used is noted at its field, and left out.
pub(super) fn read(form: &mut FormState, words: Words, query: &mut MarketQuery) {
    let bounded = |name: &str| name.strip_prefix(MIN).or(name.strip_prefix(MAX)).map(str::to_owned);
    let mut attributes: Vec<String> = form
        .pairs()
        .filter(|(_, value)| !value.trim().is_empty())
        .filter_map(|(name, _)| bounded(name))
        .collect();
    attributes.sort();
    attributes.dedup();
    for attribute in attributes.into_iter().take(NUMBERS_MAX) {
        let min = number(form, words, &format!("{MIN}{attribute}"));
        let max = number(form, words, &format!("{MAX}{attribute}"));
        if min.is_some() || max.is_some() {
            query.numbers.push(NumberFilter { attribute, min, max });
        }
    }
    query.machine.vcpu = number(form, words, VCPU);
    query.machine.ram_gib = number(form, words, RAM);
    query.machine.gpu = form.filled(GPU).map(str::to_owned).and_then(|typed| {
        let read = sla::half_width(&typed).parse().ok().filter(|gpu| *gpu <= GPU_MAX);
        if read.is_none() {
            form.fail(GPU, expected_text(words, &Expected::Whole { min: 0, max: GPU_MAX }));
        }
        read.filter(|gpu| *gpu > 0)
    });
    query.machine.architecture = form.filled(ARCHITECTURE).map(str::to_owned).and_then(|typed| {
        let known = Architecture::from_word(&typed);
        if known.is_none() {
            form.fail(ARCHITECTURE, Architecture::WORDS.join(words.market_list_comma()));
        }
        known.map(|known| known.as_str().to_owned())
    });
}

fn number(form: &mut FormState, words: Words, field: &str) -> Option<Decimal> {
    let typed = sla::half_width(form.filled(field)?).replace([',', ' '], "");
    let read = sla::parse_decimal(&typed).filter(|number| !number.is_sign_negative());
    if read.is_none() {
        form.fail(field, expected_text(words, &Expected::AtLeast { min: Decimal::ZERO }));
    }
    read.map(|number| number.normalize())
}

/// Every bound and size with its name in the address.
fn named(query: &MarketQuery) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for NumberFilter { attribute, min, max } in &query.numbers {
        all.extend(min.map(|min| (format!("{MIN}{attribute}"), min.to_string())));
        all.extend(max.map(|max| (format!("{MAX}{attribute}"), max.to_string())));
    }
    let machine = &query.machine;
    all.extend(machine.vcpu.map(|vcpu| (VCPU.to_owned(), vcpu.to_string())));
    all.extend(machine.ram_gib.map(|ram| (RAM.to_owned(), ram.to_string())));
    all.extend(machine.gpu.map(|gpu| (GPU.to_owned(), gpu.to_string())));
    all.extend(machine.architecture.clone().map(|one| (ARCHITECTURE.to_owned(), one)));
    all
}

/// Adds them to the address.
pub(super) fn write(address: Address, query: &MarketQuery) -> Address {
    named(query).into_iter().fold(address, |address, (name, value)| address.and(&name, value))
}

/// Without the bounds of attributes.
pub(super) fn without_numbers(address: Address, query: &MarketQuery) -> Address {
    query.numbers.iter().fold(address, |address, filter| {
        let [min, max] = [MIN, MAX].map(|side| format!("{side}{}", filter.attribute));
        address.without(&min).without(&max)
    })
}

/// Without the sizes of machines.
pub(super) fn without_machine(address: Address) -> Address {
    [VCPU, RAM, GPU, ARCHITECTURE].into_iter().fold(address, |address, name| address.without(name))
}

/// What stands on the chips of bounds and sizes, each with the names it has in the address.
pub(super) fn chips(
    words: Words,
    catalogue: &Categories,
    query: &MarketQuery,
) -> Vec<(String, Vec<String>)> {
    let mut chips = Vec::new();
    for filter in &query.numbers {
        let attribute = filter
            .attribute
            .split_once('.')
            .and_then(|(category, key)| catalogue.get(category)?.category.attribute(key));
        let (name, unit) = match attribute {
            Some(attribute) => {
                let unit = match &attribute.kind {
                    AttributeKind::Number { unit, .. } => unit.clone(),
                    _ => String::new(),
                };
                (attribute.title.get(words.0.sla()).to_owned(), unit)
            }
            None => (filter.attribute.clone(), String::new()),
        };
        let [min, max] =
            [filter.min, filter.max].map(|end| end.map(|end| end.to_string()).unwrap_or_default());
        let label = format!("{name}: {min} – {max} {unit}");
        let names = [MIN, MAX].map(|side| format!("{side}{}", filter.attribute));
        chips.push((label.trim_end().to_owned(), names.to_vec()));
    }
    let machine = &query.machine;
    let one = |name: &str, label: String| (label, vec![name.to_owned()]);
    chips.extend(machine.vcpu.map(|vcpu| one(VCPU, words.catalog_chip_vcpu(vcpu))));
    chips.extend(machine.ram_gib.map(|ram| one(RAM, words.catalog_chip_ram(ram))));
    chips.extend(machine.gpu.map(|gpu| one(GPU, words.catalog_chip_gpu(gpu))));
    chips.extend(machine.architecture.clone().map(|label| one(ARCHITECTURE, label)));
    chips
}

/// Fields for the numbers of the chosen categories.
pub(super) fn numbers(
    words: Words,
    form: &FormState,
    catalogue: &Categories,
    query: &MarketQuery,
) -> Views {
    let chosen = query.values(FacetField::Category).filter_map(|key| catalogue.get(key));
    let attributes = chosen.flat_map(|entry| {
        let key = &entry.category.key;
        entry.category.attributes.iter().map(move |attribute| (key, attribute))
    });
    attributes
        .filter_map(|(category, attribute)| {
            let AttributeKind::Number { unit, .. } = &attribute.kind else { return None };
            let title = attribute.title.get(words.0.sla());
            let legend = if unit.is_empty() { title.to_owned() } else { format!("{title} ({unit})") };
            let place = format!("{category}.{}", attribute.key);
            let body = view! {
                <div class="range">
                    {Field::number(format!("{MIN}{place}"), words.catalog_at_least()).of(form).view()}
                    {Field::number(format!("{MAX}{place}"), words.catalog_at_most()).of(form).view()}
                </div>
            };
            Some(fieldset(legend, body.into_any()))
        })
        .collect()
}

/// What one machine has to have.
pub(super) fn machine(words: Words, form: &FormState) -> AnyView {
    let architecture = Architecture::WORDS.iter().fold(
        Select::new(ARCHITECTURE, words.catalog_architecture()).option("", words.catalog_any()),
        |select, word| select.option(*word, *word),
    );
    let body = view! {
        <div class="range">
            {Field::number(VCPU, words.catalog_vcpu()).of(form).view()}
            {Field::number(RAM, words.catalog_ram()).of(form).view()}
            {Field::number(GPU, words.catalog_gpu()).of(form).view()}
            {architecture.of(form).view()}
        </div>
    };
    fieldset(words.catalog_machine_filter(), body.into_any())
}
