//! The form by which a category is proposed: its names, and its attributes in numbered groups.

use broker::{
    BrokerError, FieldFault,
    categories::{ATTRIBUTES_MAX, CATEGORY_HELP_MAX, CATEGORY_TITLE_MAX, Categories},
};
use leptos::prelude::*;
use sla::{AttributeChoice, AttributeDef, AttributeKind, Category, Decimal, Text};

use crate::{
    fault::{expected_text, fault_text, note_faults},
    form::FormState,
    ui::{Button, CheckGroup, Field, Select, Views, fieldset},
    words::Words,
};

/// Empty groups below those that are filled.
const SPARE: usize = 3;
const KINDS: [&str; 4] = ["choice", "number", "boolean", "version"];

/// The name of a field of an attribute.
fn of(index: usize, part: &str) -> String {
    format!("a{index}.{part}")
}

fn text(form: &FormState, en: &str, ja: &str) -> Text {
    let words = [("en", en), ("ja", ja)].into_iter().filter_map(|(language, field)| {
        Some((language.to_owned(), form.filled(field)?.to_owned()))
    });
    Text(words.collect())
}

/// Reads it; what cannot be read stands at its field.
pub(super) fn read(form: &mut FormState, words: Words) -> Option<(Category, i64)> {
    let mut attributes = Vec::new();
    for index in 0..ATTRIBUTES_MAX {
        let Some(key) = form.filled(&of(index, "key")).map(str::to_owned) else { continue };
        let kind = kind(form, words, index);
        attributes.push(AttributeDef {
            key,
            title: text(form, &of(index, "en"), &of(index, "ja")),
            help: text(form, &of(index, "helpEn"), &of(index, "helpJa")),
            required: form.has(&of(index, "required"), "yes"),
            kind,
        });
    }
    let category = Category {
        key: form.value("key").trim().to_owned(),
        parent: form.filled("parent").map(str::to_owned),
        title: text(form, "titleEn", "titleJa"),
        help: text(form, "helpEn", "helpJa"),
        attributes,
    };
    let made_of = form.value("version").parse().unwrap_or(0);
    form.is_sound().then_some((category, made_of))
}

fn kind(form: &mut FormState, words: Words, index: usize) -> AttributeKind {
    match form.value(&of(index, "type")) {
        "number" => AttributeKind::Number {
            unit: form.value(&of(index, "unit")).trim().to_owned(),
            min: end(form, words, &of(index, "min")),
            max: end(form, words, &of(index, "max")),
        },
        "boolean" => AttributeKind::Boolean,
        "version" => AttributeKind::Version,
        _ => AttributeKind::Choice { choices: choices(form, words, &of(index, "choices")) },
    }
}

fn end(form: &mut FormState, words: Words, field: &str) -> Option<Decimal> {
    let number = sla::parse_decimal(&sla::half_width(form.filled(field)?));
    if number.is_none() {
        form.fail(field, expected_text(words, &sla::Expected::Number));
    }
    number
}

fn choices(form: &mut FormState, words: Words, field: &str) -> Vec<AttributeChoice> {
    let typed = form.value(field).to_owned();
    let mut choices = Vec::new();
    for line in typed.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let parts: Vec<&str> = line.split(['|', '｜']).map(str::trim).collect();
        match parts.as_slice() {
            [key, en, ja] => {
                choices
                    .push(AttributeChoice { key: (*key).to_owned(), title: Text::new(*en, *ja) });
            }
            _ => form.fail(field, words.catalog_fault_choice_line(line)),
        }
    }
    choices
}

/// Notes the faults at their fields; `false`: none of the reader's making.
pub(super) fn note(form: &mut FormState, words: Words, error: &BrokerError) -> bool {
    match error {
        BrokerError::Invalid(faults) => {
            // Attributes are counted without the groups that were left empty.
            let filled = |index: &usize| form.filled(&of(*index, "key")).is_some();
            let groups: Vec<usize> = (0..ATTRIBUTES_MAX).filter(filled).collect();
            for fault in faults {
                let (field, text) = placed(words, &groups, fault);
                form.fail(&field, text);
            }
            true
        }
        BrokerError::Conflict { code, .. } => {
            let text = match *code {
                "category_changed" => words.catalog_fault_changed(),
                "proposal_waiting" => words.catalog_fault_waiting(),
                "no_change" => words.catalog_fault_no_change(),
                "own_proposal" | "foreign_proposal" => words.catalog_fault_own(),
                "wrong_state" => words.catalog_fault_state(),
                _ => return note_faults(form, words, error),
            };
            form.fail("", text);
            true
        }
        _ => note_faults(form, words, error),
    }
}

fn placed(words: Words, groups: &[usize], fault: &FieldFault) -> (String, String) {
    let parts: Vec<&str> = fault.pointer.split('/').skip(1).collect();
    let field = match parts.as_slice() {
        ["attributes", index, rest @ ..] => {
            let group = index.parse().ok().and_then(|index: usize| groups.get(index));
            let part = match rest {
                ["title", language] => (*language).to_owned(),
                ["help", "ja"] => "helpJa".to_owned(),
                ["help", _] => "helpEn".to_owned(),
                ["choices", ..] => "choices".to_owned(),
                [part, ..] => (*part).to_owned(),
                [] => "key".to_owned(),
            };
            group.map_or_else(String::new, |group| of(*group, &part))
        }
        ["title", "ja"] => "titleJa".to_owned(),
        ["title", _] => "titleEn".to_owned(),
        ["help", "ja"] => "helpJa".to_owned(),
        ["help", _] => "helpEn".to_owned(),
        [part] => (*part).to_owned(),
        _ => String::new(),
    };
    let text = match fault.code.as_str() {
        "choices" | "choice_key" => words.catalog_fault_choices().to_owned(),
        "parent" => words.catalog_fault_parent().to_owned(),
        "range" => words.catalog_fault_range().to_owned(),
        "too_many" => words.catalog_fault_many().to_owned(),
        _ => fault_text(words, fault),
    };
    (field, text)
}

/// The form filled with what stands.
pub(super) fn filled(category: &Category, version: i64) -> FormState {
    let word = |text: &Text, language: &str| text.0.get(language).cloned().unwrap_or_default();
    let mut form = FormState::empty()
        .with("key", category.key.clone())
        .with("version", version.to_string())
        .with("parent", category.parent.clone().unwrap_or_default())
        .with("titleEn", word(&category.title, "en"))
        .with("titleJa", word(&category.title, "ja"))
        .with("helpEn", word(&category.help, "en"))
        .with("helpJa", word(&category.help, "ja"));
    for (index, attribute) in category.attributes.iter().enumerate() {
        form = form
            .with(&of(index, "key"), attribute.key.clone())
            .with(&of(index, "en"), word(&attribute.title, "en"))
            .with(&of(index, "ja"), word(&attribute.title, "ja"))
            .with(&of(index, "helpEn"), word(&attribute.help, "en"))
            .with(&of(index, "helpJa"), word(&attribute.help, "ja"))
            .with(&of(index, "type"), attribute.kind.word());
        if attribute.required {
            form = form.with(&of(index, "required"), "yes");
        }
        form = match &attribute.kind {
            AttributeKind::Choice { choices } => {
                let line = |choice: &AttributeChoice| {
                    let (en, ja) = (word(&choice.title, "en"), word(&choice.title, "ja"));
                    format!("{} | {en} | {ja}", choice.key)
                };
                let lines: Vec<String> = choices.iter().map(line).collect();
                form.with(&of(index, "choices"), lines.join("\n"))
            }
            AttributeKind::Number { unit, min, max } => {
                let end =
                    |end: &Option<Decimal>| end.map(|end| end.to_string()).unwrap_or_default();
                form.with(&of(index, "unit"), unit.clone())
                    .with(&of(index, "min"), end(min))
                    .with(&of(index, "max"), end(max))
            }
            AttributeKind::Boolean | AttributeKind::Version => form,
        };
    }
    form
}

/// The fields.
pub(super) fn view(words: Words, form: &FormState, catalogue: &Categories) -> AnyView {
    let most = |characters: usize| u32::try_from(characters).unwrap_or(u32::MAX);
    let title = |name: String, label: &str| {
        Field::text(name, label).of(form).max_length(most(CATEGORY_TITLE_MAX)).view()
    };
    let help = |name: String, label: &str| {
        Field::text(name, label).of(form).max_length(most(CATEGORY_HELP_MAX)).view()
    };
    let own = form.value("key").to_owned();
    let parent = catalogue
        .tree()
        .into_iter()
        .filter(|(_, entry)| !entry.retired && entry.category.key != own)
        .fold(
            Select::new("parent", words.catalog_field_parent())
                .option("", words.catalog_field_parent_none()),
            |select, (_, entry)| {
                let name = entry.category.title.get(words.0.sla()).to_owned();
                select.option(entry.category.key.clone(), name)
            },
        );
    let known = form.value("version").parse::<i64>().unwrap_or(0) > 0;
    let key = if known {
        view! { <input type="hidden" name="key" value=own/> }.into_any()
    } else {
        Field::text("key", words.catalog_key())
            .hint(words.catalog_field_key_hint())
            .of(form)
            .required()
            .view()
    };
    let last = (0..ATTRIBUTES_MAX).rev().find(|index| form.filled(&of(*index, "key")).is_some());
    let shown = last.map_or(SPARE, |last| last + 1 + SPARE).min(ATTRIBUTES_MAX);
    let groups: Views = (0..shown).map(|index| group(words, form, index)).collect();
    view! {
        <form class="form" method="post" action="/desk/categories">
            <input type="hidden" name="version" value=form.value("version").to_owned()/>
            {key}
            {parent.of(form).view()}
            {title("titleEn".to_owned(), words.catalog_field_title_en())}
            {title("titleJa".to_owned(), words.catalog_field_title_ja())}
            {help("helpEn".to_owned(), words.catalog_field_help_en())}
            {help("helpJa".to_owned(), words.catalog_field_help_ja())}
            <p class="hint">{words.catalog_field_attribute_hint()}</p>
            {groups}
            {Field::area("note", words.catalog_desk_note(), 3).of(form).view()}
            <p class="actions">{Button::primary(words.catalog_desk_propose()).view()}</p>
        </form>
    }
    .into_any()
}

fn group(words: Words, form: &FormState, index: usize) -> AnyView {
    let field = |part: &str, label: &str| Field::text(of(index, part), label).of(form).view();
    let kind = KINDS.into_iter().fold(
        Select::new(of(index, "type"), words.catalog_type()),
        |select, kind| {
            let label = match kind {
                "choice" => words.catalog_kind_choice(),
                "number" => words.catalog_kind_number(),
                "boolean" => words.catalog_kind_boolean(),
                _ => words.catalog_kind_version(),
            };
            select.option(kind, label)
        },
    );
    let required = CheckGroup::new(of(index, "required"), words.catalog_required())
        .option("yes", words.catalog_field_required())
        .of(form);
    let number = i64::try_from(index).unwrap_or(0) + 1;
    let body = view! {
        {field("key", words.catalog_field_attribute_key())}
        {field("en", words.catalog_field_title_en())}
        {field("ja", words.catalog_field_title_ja())}
        {field("helpEn", words.catalog_field_help_en())}
        {field("helpJa", words.catalog_field_help_ja())}
        {kind.of(form).view()}
        {required.view()}
        {Field::area(of(index, "choices"), words.catalog_field_choices(), 3).hint(words.catalog_field_choices_hint()).of(form).view()}
        <div class="range">
            {field("unit", words.catalog_field_unit())}
            {field("min", words.catalog_field_min())}
            {field("max", words.catalog_field_max())}
        </div>
    };
    let legend = words.catalog_field_attribute(number);
    fieldset(legend, body.into_any())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Locale;

    #[test]
    fn a_category_comes_back_from_its_form_as_it_was() {
        let text = r#"{"key": "managed-database", "parent": "data", "title": {"en": "Database", "ja": "DB"},
            "help": {"en": "Run by the provider"}, "attributes": [
            {"key": "engine", "title": {"en": "Engine", "ja": "エンジン"}, "help": {}, "required": true,
             "kind": {"type": "choice", "choices": [{"key": "pg", "title": {"en": "PostgreSQL", "ja": "ピージー"}}]}},
            {"key": "size", "title": {"en": "Size", "ja": "容量"}, "help": {"ja": "最大"}, "required": false,
             "kind": {"type": "number", "unit": "TiB", "min": "0.5"}},
            {"key": "backup", "title": {"en": "Backup", "ja": "控え"}, "required": false, "kind": {"type": "boolean"}},
            {"key": "release", "title": {"en": "Release", "ja": "版"}, "required": true, "kind": {"type": "version"}}]}"#;
        let category: Category = serde_json::from_str(text).unwrap();
        let mut form = filled(&category, 4);
        assert_eq!(read(&mut form, Locale::En.words()), Some((category, 4)));
    }

    #[test]
    fn a_choice_without_its_names_is_said_at_its_field() {
        let mut form = FormState::empty()
            .with("a2.key", "engine")
            .with("a2.type", "choice")
            .with("a2.choices", "pg | PostgreSQL");
        assert_eq!(read(&mut form, Locale::Ja.words()), None);
        assert!(form.error("a2.choices").is_some());
    }
}
