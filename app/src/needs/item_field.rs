//! The fields of one item in the guided form: value as people write it, level, weight.

use leptos::prelude::*;
use matching::Value;
use sla::{Decimal, ItemDef, ItemKind, Unit};

use super::form::{
    LEVELS, accept_field, level_field, op_field, tolerance_field, value_field, weight_field,
};
use crate::{
    form::FormState,
    studio::{
        nice,
        say::{OPERATORS, op_word},
    },
    ui::{CheckGroup, Field, Select},
    words::Words,
};

/// Where on an item's scale, from 0 (worst) to 1 (best), examples of its values stand.
const MIDDLE: f64 = 0.5;
const BETTER: f64 = 0.75;

/// Help, value, level and weight of an item.
pub(super) fn view(words: Words, form: &FormState, item: &ItemDef) -> AnyView {
    view_as(words, form, item, &item.key)
}

/// The same with fields whose names end with `key`.
pub(super) fn view_as(words: Words, form: &FormState, item: &ItemDef, key: &str) -> AnyView {
    let locale = words.0.sla();
    let label = item.label(locale).to_owned();
    let named = Named {
        name: value_field(key),
        label: words.needs_form_value().to_owned(),
        none: words.needs_form_open().to_owned(),
    };
    let value = value_as(words, form, &item.key, named);
    let rest = rest(words, form, key, !item.kind.is_set());
    let accept = (item.kind == ItemKind::SchemeLevel).then(|| accepted(words, form, key));
    view! {
        <fieldset class="ask" id=format!("ask-{key}")>
            <legend>{label}</legend>
            <p class="hint">{item.help(locale).to_owned()}" "<a href=format!("/items/{}", item.key)>{words.needs_form_about()}</a></p>
            <div class="parts">{value}{rest}</div>
            {accept}
        </fieldset>
    }
    .into_any()
}

/// The fields of an item of one's own.
pub(super) fn own(words: Words, form: &FormState, item: &str, key: &str) -> AnyView {
    let value = Field::text(value_field(key), words.needs_form_value())
        .hint(words.needs_own_value_hint())
        .of(form);
    view! {
        <fieldset class="ask" id=format!("ask-{key}")>
            <legend><code>{item.to_owned()}</code></legend>
            <p class="hint">{words.needs_form_own_help()}</p>
            <div class="parts">
                {value.view()}
                {comparison(words, op_field(key)).of(form).view()}
                {rest(words, form, key, true)}
            </div>
        </fieldset>
    }
    .into_any()
}

/// How firmly, how much it weighs, how far it may be missed.
fn rest(words: Words, form: &FormState, key: &str, slack: bool) -> AnyView {
    let levels = LEVELS
        .into_iter()
        .fold(Select::new(level_field(key), words.needs_form_level()), |select, level| {
            select.option(level, level_word(words, level))
        });
    let weight = Field::number(weight_field(key), words.needs_form_weight()).of(form);
    let slack = slack.then(|| {
        let field = Field::number(tolerance_field(key), words.needs_studio_tolerance());
        field.of(form).view()
    });
    view! { {levels.of(form).view()}{weight.view()}{slack} }.into_any()
}

/// How an item of one's own is compared.
pub(super) fn comparison(words: Words, name: String) -> Select {
    OPERATORS.into_iter().fold(Select::new(name, words.needs_form_compared()), |select, op| {
        select.option(op, op_word(words, op))
    })
}

/// Every level of every scheme, as `scheme:level` with its name.
pub(crate) fn scheme_levels(words: Words) -> impl Iterator<Item = (String, String)> {
    let locale = words.0.sla();
    sla::registry().schemes().iter().flat_map(move |scheme| {
        scheme.levels.iter().map(move |level| {
            let name = sla::format_scheme_level(&scheme.key, &level.key, locale);
            (format!("{}:{}", scheme.key, level.key), name)
        })
    })
}

/// The levels of other schemes that are accepted.
fn accepted(words: Words, form: &FormState, key: &str) -> AnyView {
    let group = CheckGroup::new(accept_field(key), words.needs_form_accept())
        .hint(words.needs_form_accept_hint());
    let group = scheme_levels(words).fold(group, |group, (key, name)| group.option(key, name));
    group.of(form).view()
}

fn level_word(words: Words, level: &str) -> &'static str {
    match level {
        "must" => words.needs_level_must(),
        "prefer" => words.needs_level_prefer(),
        _ => words.needs_level_best_effort(),
    }
}

/// What the field of a value is called.
pub(super) struct Named {
    pub name: String,
    pub label: String,
    /// What is chosen where nothing is.
    pub none: String,
}

/// The field of a value of an item.
pub(super) fn value_as(words: Words, form: &FormState, key: &str, named: Named) -> AnyView {
    let Named { name, label, none } = named;
    let locale = words.0.sla();
    let Some(item) = sla::registry().item(key) else {
        return Field::text(name, label).hint(words.needs_own_value_hint()).of(form).view();
    };
    match &item.kind {
        ItemKind::Level(levels) => {
            let none = Select::new(name, label).option("", none);
            let select = levels
                .iter()
                .fold(none, |select, word| select.option(word.key.clone(), word.label.get(locale)));
            select.of(form).view()
        }
        ItemKind::SchemeLevel => {
            let none = Select::new(name, label).option("", none);
            let all = scheme_levels(words);
            all.fold(none, |select, (key, name)| select.option(key, name)).of(form).view()
        }
        ItemKind::Set(members) => members
            .iter()
            .fold(CheckGroup::new(name, label), |group, word| {
                group.option(word.key.clone(), word.label.get(locale))
            })
            .of(form)
            .view(),
        ItemKind::Countries => {
            Field::text(name, label).hint(words.needs_form_countries()).of(form).view()
        }
        _ => Field::text(name, label)
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

/// A value of the item in its own size: part of a second for what takes that, hours for what takes
/// hours. `None` for what has no numbers.
fn size_at(item: &ItemDef, place: f64) -> Option<Decimal> {
    let kind = matching::from_sla::natural_kind(&item.key).filter(|_| item.kind.is_number())?;
    let Value::Number(number) = nice::value_at(&kind, item.unit, place)? else { return None };
    // Lengths of time are even already, and nines have their own digits.
    Some(match item.unit {
        Unit::Fraction | Unit::Day => number,
        Unit::Second if number >= Decimal::TEN => number,
        _ => number.round_sf(1).unwrap_or(number).normalize(),
    })
}

/// How a value of this item is written.
pub(crate) fn sized(item: &ItemDef) -> String {
    match size_at(item, MIDDLE) {
        Some(size) => plain(item.unit, size, sla::Locale::En),
        None => example(item.unit).to_owned(),
    }
}

/// How a range of this item is written: two ends, the lower one first. `None` for what has none.
pub(super) fn range_example(item: &ItemDef, locale: sla::Locale) -> Option<String> {
    let mut ends = [size_at(item, MIDDLE)?, size_at(item, BETTER)?];
    ends.sort();
    let [low, high] = ends.map(|end| plain(item.unit, end, locale));
    (low != high).then(|| sla::range_text(&low, &high, locale))
}

/// A number as it is typed: digits without the commas of their groups.
fn plain(unit: Unit, number: Decimal, locale: sla::Locale) -> String {
    sla::format_number(unit, number, locale).replace(',', "")
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

    #[test]
    fn examples_have_the_size_of_their_item_and_a_range_has_two_ends() {
        let item = |key| sla::registry().item(key).unwrap();
        for (key, size) in [
            ("performance.online_response_time", "0.3 s"),
            ("performance.e2e_response_time", "0.3 s"),
            ("availability.rto", "3.5 h"),
        ] {
            assert_eq!(sized(item(key)), size, "{key}");
        }
        for item in sla::registry().items().iter().filter(|item| item.kind.is_number()) {
            assert!(sla::parse_value(item, None, &sized(item)).is_ok(), "{}", item.key);
            for locale in [sla::Locale::En, sla::Locale::Ja] {
                let range = range_example(item, locale).unwrap_or_else(|| panic!("{}", item.key));
                let (low, high) = sla::split_range(&range).unwrap();
                let end = |text: &str| sla::parse_value(item, None, text).unwrap();
                assert!(end(&low).as_number() < end(&high).as_number(), "{}: {range}", item.key);
            }
        }
    }
}
