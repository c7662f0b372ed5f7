//! The form by which an item is proposed.

use broker::FieldFault;
use leptos::prelude::*;
use sla::{
    AttributeChoice, Curve, Decimal, Direction, EXTENSION_HELP_MAX, EXTENSION_TITLE_MAX, Extension,
    ExtensionKind, Text, Unit,
};

use crate::{
    account::Place,
    fault::{expected_text, fault_text},
    form::FormState,
    items::direction_text,
    ui::{Button, Field, Select, fieldset},
    words::Words,
};

const KINDS: [&str; 5] = ["duration", "ratio", "number", "level", "set"];
const CURVES: [Curve; 3] = [Curve::Linear, Curve::Log, Curve::Nines];

/// Reads it with the version it was made of; what cannot be read stands at its field.
pub(super) fn read(form: &mut FormState, words: Words) -> Option<(Extension, i64)> {
    let kind = kind(form, words);
    let direction = Direction::from_word(form.value("direction"));
    if direction.is_none() {
        form.fail("direction", words.extend_fault_direction());
    }
    let text = |form: &FormState, en: &str, ja: &str| {
        let words = [("en", en), ("ja", ja)].into_iter().filter_map(|(language, field)| {
            Some((language.to_owned(), form.filled(field)?.to_owned()))
        });
        Text(words.collect())
    };
    let extension = Extension {
        key: sla::half_width(form.value("key")).trim().to_owned(),
        title: text(form, "titleEn", "titleJa"),
        help: text(form, "helpEn", "helpJa"),
        direction: direction.unwrap_or(Direction::Higher),
        kind,
    };
    let made_of = form.value("version").parse().unwrap_or(0);
    form.is_sound().then_some((extension, made_of))
}

fn kind(form: &mut FormState, words: Words) -> ExtensionKind {
    let word = form.value("type").to_owned();
    if matches!(word.as_str(), "level" | "set") {
        let list = listed(form, words);
        return match word.as_str() {
            "level" => ExtensionKind::Level { words: list },
            _ => ExtensionKind::Set { words: list },
        };
    }
    let curve = CURVES.into_iter().find(|curve| curve_word(*curve) == form.value("curve"));
    let curve = curve.unwrap_or(Curve::Linear);
    let unit = Unit::from_word(form.value("unit")).unwrap_or(Unit::None);
    let (worst, best) = (end(form, words, "worst"), end(form, words, "best"));
    match word.as_str() {
        "duration" => ExtensionKind::Duration { unit, curve, worst, best },
        "number" => ExtensionKind::Number { unit, curve, worst, best },
        "ratio" => ExtensionKind::Ratio { curve, worst, best },
        _ => {
            form.fail("type", words.extend_fault_type());
            ExtensionKind::Ratio { curve, worst, best }
        }
    }
}

fn end(form: &mut FormState, words: Words, field: &str) -> Decimal {
    let number =
        form.filled(field).and_then(|text| sla::parse_decimal(sla::half_width(text).trim()));
    if number.is_none() {
        form.fail(field, expected_text(words, &sla::Expected::Number));
    }
    number.unwrap_or_default()
}

fn listed(form: &mut FormState, words: Words) -> Vec<AttributeChoice> {
    let typed = form.value("words").to_owned();
    let mut list = Vec::new();
    for line in typed.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let parts: Vec<&str> = line.split(['|', '｜']).map(str::trim).collect();
        match parts.as_slice() {
            [key, en, ja] => {
                let title = Text::new(*en, *ja);
                list.push(AttributeChoice { key: sla::half_width(key), title });
            }
            _ => form.fail("words", words.catalog_fault_choice_line(line)),
        }
    }
    list
}

const fn curve_word(curve: Curve) -> &'static str {
    match curve {
        Curve::Linear => "linear",
        Curve::Log => "log",
        Curve::Nines => "nines",
    }
}

/// Notes each fault of an item at its field.
pub(super) fn note(form: &mut FormState, words: Words, faults: &[FieldFault]) {
    for fault in faults {
        let parts: Vec<&str> = fault.pointer.split('/').skip(1).collect();
        let (field, text) = match parts.as_slice() {
            ["title", "ja"] => ("titleJa", words.extend_fault_text(EXTENSION_TITLE_MAX)),
            ["title", _] => ("titleEn", words.extend_fault_text(EXTENSION_TITLE_MAX)),
            ["help", "ja"] => ("helpJa", words.extend_fault_text(EXTENSION_HELP_MAX)),
            ["help", _] => ("helpEn", words.extend_fault_text(EXTENSION_HELP_MAX)),
            ["direction"] if fault.code == "contradiction" => {
                ("direction", words.extend_fault_kept().to_owned())
            }
            ["direction"] => ("direction", words.extend_fault_direction().to_owned()),
            ["kind", "type"] => ("type", words.extend_fault_kept().to_owned()),
            ["kind", "unit"] => ("unit", words.extend_fault_unit().to_owned()),
            ["kind", "best"] => ("best", words.extend_fault_scale().to_owned()),
            ["kind", "words"] if fault.code == "contradiction" => {
                ("words", words.extend_fault_kept().to_owned())
            }
            ["kind", "words", ..] => ("words", words.extend_fault_words().to_owned()),
            ["key"] => ("key", words.extend_fault_key().to_owned()),
            [field] => (*field, fault_text(words, fault)),
            _ => ("", fault_text(words, fault)),
        };
        form.fail(field, text);
    }
}

/// The form filled with what stands.
pub(super) fn filled(extension: &Extension, version: i64) -> FormState {
    let word = |text: &Text, language: &str| text.0.get(language).cloned().unwrap_or_default();
    let form = FormState::empty()
        .with("key", extension.key.clone())
        .with("version", version.to_string())
        .with("titleEn", word(&extension.title, "en"))
        .with("titleJa", word(&extension.title, "ja"))
        .with("helpEn", word(&extension.help, "en"))
        .with("helpJa", word(&extension.help, "ja"))
        .with("direction", extension.direction.as_str())
        .with("type", extension.kind.word())
        .with("unit", extension.kind.unit().as_str());
    match extension.kind.bounds() {
        Some(bounds) => form
            .with("curve", curve_word(bounds.curve))
            .with("worst", bounds.worst.normalize().to_string())
            .with("best", bounds.best.normalize().to_string()),
        None => {
            let line = |choice: &AttributeChoice| {
                let (en, ja) = (word(&choice.title, "en"), word(&choice.title, "ja"));
                format!("{} | {en} | {ja}", choice.key)
            };
            let lines: Vec<String> = extension.kind.words().iter().map(line).collect();
            form.with("words", lines.join("\n"))
        }
    }
}

/// The fields, with the way to a preview before the way on.
pub(super) fn view(words: Words, form: &FormState, place: Place) -> AnyView {
    let most = |characters: usize| u32::try_from(characters).unwrap_or(u32::MAX);
    let title = |name: &'static str, label: &str| {
        let field = Field::text(name, label).of(form).required();
        field.max_length(most(EXTENSION_TITLE_MAX)).view()
    };
    let help = |name: &'static str, label: &str| {
        Field::area(name, label, 2).of(form).required().max_length(most(EXTENSION_HELP_MAX)).view()
    };
    let known = form.value("version").parse::<i64>().unwrap_or(0) > 0;
    let own = form.value("key").to_owned();
    let key = if known {
        view! { <input type="hidden" name="key" value=own.clone()/><p>{words.catalog_key()}": "<code>{own}</code></p> }.into_any()
    } else {
        let field = Field::text("key", words.catalog_key()).hint(words.extend_key_hint());
        field.of(form).required().max_length(100).view()
    };
    view! {
        <form class="form" method="post" action=place.at("items")>
            <input type="hidden" name="version" value=form.value("version").to_owned()/>
            {key}
            {title("titleEn", words.catalog_field_title_en())}
            {title("titleJa", words.catalog_field_title_ja())}
            {help("helpEn", words.catalog_field_help_en())}
            {help("helpJa", words.catalog_field_help_ja())}
            {choices(words, form)}
            {fieldset(words.extend_scale(), scale(words, form))}
            {Field::area("words", words.extend_words(), 4).hint(words.extend_words_hint()).of(form).view()}
            {Field::area("note", words.catalog_desk_note(), 3).of(form).max_length(1000).view()}
            <p class="actions">
                {Button::secondary(words.extend_preview()).sends("step", "preview").view()}
                {Button::primary(words.catalog_desk_propose()).sends("step", "propose").view()}
            </p>
        </form>
    }
    .into_any()
}

/// What its values are, and which of them is better.
fn choices(words: Words, form: &FormState) -> AnyView {
    let kind = KINDS.into_iter().fold(Select::new("type", words.catalog_type()), |select, kind| {
        let label = match kind {
            "duration" => words.extend_kind_duration(),
            "ratio" => words.extend_kind_ratio(),
            "number" => words.extend_kind_number(),
            "level" => words.extend_kind_level(),
            _ => words.extend_kind_set(),
        };
        select.option(kind, label)
    });
    let direction = Direction::ALL
        .iter()
        .fold(Select::new("direction", words.items_direction()), |select, direction| {
            select.option(direction.as_str(), direction_text(words, *direction))
        });
    view! { {kind.of(form).view()}{direction.of(form).view()} }.into_any()
}

/// Unit, curve and both ends, for numbers.
fn scale(words: Words, form: &FormState) -> AnyView {
    let unit = Unit::ALL.iter().fold(Select::new("unit", words.items_unit()), |select, unit| {
        let label = match unit {
            Unit::None => words.items_plain(),
            unit => unit.as_str(),
        };
        select.option(unit.as_str(), label)
    });
    let curve =
        CURVES.into_iter().fold(Select::new("curve", words.extend_curve()), |select, curve| {
            let label = match curve {
                Curve::Linear => words.extend_curve_linear(),
                Curve::Log => words.extend_curve_log(),
                Curve::Nines => words.extend_curve_nines(),
            };
            select.option(curve_word(curve), label)
        });
    view! {
        <p class="hint">{words.extend_scale_hint()}</p>
        {unit.of(form).view()}
        {curve.of(form).view()}
        <div class="range">
            {Field::text("worst", words.extend_worst()).of(form).view()}
            {Field::text("best", words.extend_best()).of(form).view()}
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Locale;

    fn back(extension: &Extension) {
        let mut form = filled(extension, 3);
        assert_eq!(read(&mut form, Locale::En.words()), Some((extension.clone(), 3)));
    }

    #[test]
    fn an_item_comes_back_from_its_form_as_it_was() {
        let text = r#"{"key": "x-a.reply", "title": {"en": "Reply", "ja": "応答"}, "help": {"en": "A", "ja": "あ"},
            "direction": "lower", "kind": {"type": "duration", "unit": "s", "curve": "log", "worst": "86400", "best": "600"}}"#;
        back(&serde_json::from_str(text).unwrap());
        let text = r#"{"key": "x-a.grade", "title": {"en": "Grade", "ja": "等級"}, "help": {"en": "A", "ja": "あ"},
            "direction": "higher", "kind": {"type": "level", "words": [
                {"key": "low", "title": {"en": "Low", "ja": "低"}}, {"key": "high", "title": {"en": "High", "ja": "高"}}]}}"#;
        back(&serde_json::from_str(text).unwrap());
    }

    #[test]
    fn a_scale_that_cannot_be_read_is_said_at_its_end() {
        let mut form = FormState::empty()
            .with("type", "number")
            .with("direction", "higher")
            .with("worst", "much")
            .with("best", "１０");
        assert_eq!(read(&mut form, Locale::Ja.words()), None);
        assert!(form.error("worst").is_some() && form.error("best").is_none());
    }
}
