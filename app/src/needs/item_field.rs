//! The fields of one item in the guided form: value as people write it, level, weight.

use leptos::prelude::*;
use sla::{ItemDef, ItemKind, Unit};

use super::form::{LEVELS, level_field, tolerance_field, value_field, weight_field};
use crate::{
    form::FormState,
    ui::{CheckGroup, Field, Select},
    words::Words,
};

/// Help, value, level and weight of an item.
pub(super) fn view(words: Words, form: &FormState, item: &ItemDef) -> AnyView {
    let locale = words.0.sla();
    let label = item.label(locale).to_owned();
    let levels = LEVELS
        .into_iter()
        .fold(Select::new(level_field(&item.key), words.needs_form_level()), |select, level| {
            select.option(level, level_word(words, level))
        });
    let weight = Field::number(weight_field(&item.key), words.needs_form_weight()).of(form);
    let slack = (!item.kind.is_set()).then(|| {
        let field = Field::number(tolerance_field(&item.key), words.needs_studio_tolerance());
        field.of(form).view()
    });
    view! {
        <fieldset class="ask" id=format!("ask-{}", item.key)>
            <legend>{label}</legend>
            <p class="hint">{item.help(locale).to_owned()}" "<a href=format!("/items/{}", item.key)>{words.needs_form_about()}</a></p>
            <div class="parts">{value(words, form, item)}{levels.of(form).view()}{weight.view()}{slack}</div>
        </fieldset>
    }
    .into_any()
}

fn level_word(words: Words, level: &str) -> &'static str {
    match level {
        "must" => words.needs_level_must(),
        "prefer" => words.needs_level_prefer(),
        _ => words.needs_level_best_effort(),
    }
}

fn value(words: Words, form: &FormState, item: &ItemDef) -> AnyView {
    let name = value_field(&item.key);
    let locale = words.0.sla();
    match &item.kind {
        ItemKind::Level(levels) => {
            let none =
                Select::new(name, words.needs_form_value()).option("", words.needs_form_open());
            let select = levels
                .iter()
                .fold(none, |select, word| select.option(word.key.clone(), word.label.get(locale)));
            select.of(form).view()
        }
        ItemKind::Set(members) => members
            .iter()
            .fold(CheckGroup::new(name, words.needs_form_members()), |group, word| {
                group.option(word.key.clone(), word.label.get(locale))
            })
            .of(form)
            .view(),
        ItemKind::Countries => Field::text(name, words.needs_form_value())
            .hint(words.needs_form_countries())
            .of(form)
            .view(),
        _ => Field::text(name, words.needs_form_value())
            .hint(words.needs_form_example(example(item.unit)))
            .of(form)
            .view(),
    }
}

/// A value as people write it in this unit.
pub(crate) fn example(unit: Unit) -> &'static str {
    match unit {
        Unit::Fraction => "99.9 %",
        Unit::Second => "4 h, 0.5 s, PT30M",
        Unit::Millisecond => "20 ms",
        Unit::Day => "30 d",
        Unit::PerSecond => "100 /s",
        Unit::Megabit => "100 Mbit/s",
        Unit::HoursPerWeek => "168 h",
        Unit::Vcpu => "16 vCPU",
        Unit::CarbonIntensity => "200 g/kWh",
        Unit::YenPerMonth => "200000 JPY",
        Unit::Ratio => "1.3",
        Unit::None => "1",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_a_value_of_its_item() {
        for item in sla::registry().items().iter().filter(|item| item.kind.is_number()) {
            for text in example(item.unit).split(", ") {
                assert!(sla::parse_value(item, None, text).is_ok(), "{}: {text}", item.key);
            }
        }
    }
}
