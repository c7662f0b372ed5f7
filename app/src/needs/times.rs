//! The fields for what is asked at other times than every day, and for an item of one's own: drawn,
//! filled from a document, and read back. The same part stands in the guided form and in the studio.

use broker::requirements::{RelaxForm, RequirementFormItem, TimeForm};
use leptos::prelude::*;
use matching::Value;
use sla::{ItemDef, ItemKind, ProfileName, RequirementItem};

use super::{form as fields, item_field, say};
use crate::{
    form::FormState,
    market::text,
    studio::nice,
    ui::{CheckGroup, Field, Select, Views},
    words::Words,
};

/// Says that the fields of other times were there to be filled in.
const SHOWN: &str = "times";
/// The times that have fields.
const TIMES: [ProfileName; 2] = [ProfileName::Overload, ProfileName::Disaster];
/// What recovery may put first, as documents write it.
const RECOVERY: [&str; 3] = ["quality_first", "speed_first", "lifeline"];

/// What the names of an item's fields end with at a time.
fn at(time: ProfileName, item: &str) -> String {
    format!("{time}:{item}")
}

/// Fills the fields with a document's times.
pub(super) fn fill(mut form: FormState, times: &[TimeForm]) -> FormState {
    for time in times {
        form = form.with(&format!("recovery-{}", time.profile), time.recovery.clone());
        for entry in &time.relax {
            let key = at(time.profile, &entry.item);
            form = match &entry.floor {
                Some(floor) => {
                    fields::fill_value(form, &format!("floor-{key}"), &entry.item, floor)
                }
                None => form.with(&format!("open-{key}"), "yes"),
            };
        }
        for item in &time.items {
            form = fields::fill_item(form, &at(time.profile, &item.item), item);
        }
    }
    form
}

/// What was typed; nothing where the form had no fields for it. `normal` is what holds every day.
pub(super) fn read(
    form: &FormState,
    normal: &[RequirementItem],
    users: &[String],
) -> Option<Vec<TimeForm>> {
    form.has(SHOWN, "shown").then(|| TIMES.map(|time| read_time(form, time, normal, users)).into())
}

fn read_time(
    form: &FormState,
    time: ProfileName,
    normal: &[RequirementItem],
    users: &[String],
) -> TimeForm {
    let relax = normal.iter().filter(|item| item.value.is_some()).filter_map(|item| {
        let key = at(time, &item.item);
        if form.has(&format!("open-{key}"), "yes") {
            return Some(RelaxForm { item: item.item.clone(), floor: None });
        }
        let field = format!("floor-{key}");
        let floor: Vec<&str> =
            form.values(&field).map(str::trim).filter(|value| !value.is_empty()).collect();
        let floor = (!floor.is_empty()).then(|| floor.join(", "))?;
        Some(RelaxForm { item: item.item.clone(), floor: Some(floor) })
    });
    let own = own_keys(form, time).into_iter().filter_map(|item| {
        let read = fields::read_item(form, &at(time, &item))?;
        Some(RequirementFormItem { item, ..read })
    });
    let mut items: Vec<RequirementFormItem> = own.collect();
    let more = sla::registry().item(form.value(&format!("more-{time}")));
    if let Some(more) = more.filter(|more| items.iter().all(|item| item.item != more.key)) {
        let known = normal.iter().find(|item| item.item == more.key && item.value.is_some());
        items.push(match known {
            // At least as strong as every day: that is where it begins.
            Some(known) => broker::requirements::form_item(known),
            None => usual(more, users),
        });
    }
    TimeForm {
        profile: time,
        recovery: form.value(&format!("recovery-{time}")).to_owned(),
        relax: relax.collect(),
        items,
    }
}

/// Takes what the document makes of floors and items that stand as they were shown: they follow what
/// is asked every day.
pub(super) fn follow(told: &mut [TimeForm], before: &[TimeForm], now: &[TimeForm]) {
    for ((told, before), now) in told.iter_mut().zip(before).zip(now) {
        for entry in &mut told.relax {
            if before.relax.contains(entry)
                && let Some(now) = now.relax.iter().find(|now| now.item == entry.item)
            {
                entry.clone_from(now);
            }
        }
        // What became weaker than every day is relaxed to its value now.
        let has = |form: &TimeForm, item: &RequirementFormItem| {
            // The comparison of a registry item is no field.
            let same = |known: &RequirementFormItem| {
                RequirementFormItem { op: item.op.clone(), ..known.clone() } == *item
            };
            form.items.iter().any(same)
        };
        told.items.retain(|item| !has(before, item) || has(now, item));
        let listed: Vec<String> = told.relax.iter().map(|entry| entry.item.clone()).collect();
        let asked: Vec<String> = told.items.iter().map(|item| item.item.clone()).collect();
        let fallen = now.relax.iter().filter(|entry| {
            !listed.contains(&entry.item)
                && !asked.contains(&entry.item)
                && !before.relax.iter().any(|known| known.item == entry.item)
        });
        told.relax.extend(fallen.cloned());
    }
}

/// Items that have fields of this time, each once.
fn own_keys(form: &FormState, time: ProfileName) -> Vec<String> {
    let begin = format!("level-{time}:");
    let mut keys: Vec<String> = Vec::new();
    for key in form.pairs().filter_map(|(name, _)| name.strip_prefix(&begin)) {
        if !keys.iter().any(|known| known == key) {
            keys.push(key.to_owned());
        }
    }
    keys
}

/// What a first click on an item asks: something in the middle, as a preference.
pub(super) fn usual(item: &ItemDef, users: &[String]) -> RequirementFormItem {
    let value = match &item.kind {
        ItemKind::Level(levels) => levels.get(levels.len() / 2).map(|word| word.key.clone()),
        ItemKind::Set(members) => members.first().map(|word| word.key.clone()),
        ItemKind::Countries => Some(users.first().cloned().unwrap_or_else(|| "JP".to_owned())),
        ItemKind::SchemeLevel => sla::registry().schemes().first().and_then(|scheme| {
            let level = scheme.levels.get(scheme.levels.len() / 2)?;
            Some(format!("{}:{}", scheme.key, level.key))
        }),
        _ => {
            let kind = matching::from_sla::natural_kind(&item.key);
            match kind.and_then(|kind| nice::value_at(&kind, item.unit, 0.5)) {
                Some(Value::Number(number)) => {
                    let shown = sla::format_number(item.unit, number, sla::Locale::En);
                    Some(shown.replace(',', ""))
                }
                _ => None,
            }
        }
    };
    RequirementFormItem {
        item: item.key.clone(),
        value: value.unwrap_or_else(|| "1".to_owned()),
        level: "prefer".to_owned(),
        ..RequirementFormItem::default()
    }
}

/// All of these fields.
pub(super) fn sheet(words: Words, form: &FormState, normal: &[RequirementItem]) -> AnyView {
    let times: Views = TIMES.iter().map(|time| one_time(words, form, *time, normal)).collect();
    view! {
        <input type="hidden" name=SHOWN value="shown"/>
        {own(words, form)}
        <h2>{words.needs_times()}</h2>
        <p class="hint">{words.needs_times_lead()}</p>
        {times}
    }
    .into_any()
}

/// One more item of one's own.
fn own(words: Words, form: &FormState) -> AnyView {
    let [key, op, value] = fields::NEW_OWN;
    let typed = fields::NEW_OWN.iter().any(|name| form.filled(name).is_some() && *name != op);
    let open = typed || form.errors().iter().any(|error| fields::NEW_OWN.contains(&&*error.field));
    view! {
        <details class="group time" open=open>
            <summary>{words.needs_own()}</summary>
            <div class="inside">
                <p class="hint">{words.needs_own_lead()}</p>
                {Field::text(key, words.needs_own_key()).hint(words.needs_own_key_hint()).of(form).max_length(120).view()}
                {item_field::comparison(words, op.to_owned()).of(form).view()}
                {Field::text(value, words.needs_form_value()).hint(words.needs_own_value_hint()).of(form).view()}
            </div>
        </details>
    }
    .into_any()
}

fn one_time(
    words: Words,
    form: &FormState,
    time: ProfileName,
    normal: &[RequirementItem],
) -> AnyView {
    let title = match time {
        ProfileName::Disaster => words.needs_times_disaster(),
        _ => words.needs_times_overload(),
    };
    let keys = own_keys(form, time);
    let begin = format!("{time}:");
    let stated = form.filled(&format!("recovery-{time}")).is_some()
        || form.pairs().any(|(name, value)| {
            let field = name.split_once('-');
            let here = field.is_some_and(|(part, rest)| {
                matches!(part, "floor" | "open" | "level") && rest.starts_with(&begin)
            });
            here && !value.is_empty()
        });
    let mark = stated.then(|| view! { <span class="hint">" "{words.needs_times_stated()}</span> });
    let recovery = RECOVERY.into_iter().fold(
        Select::new(format!("recovery-{time}"), words.needs_times_recovery())
            .option("", words.needs_times_recovery_none()),
        |select, word| select.option(word, recovery_word(words, word)),
    );
    let floors: Views = normal
        .iter()
        .filter(|item| item.value.is_some())
        .map(|item| floor(words, form, time, item))
        .collect();
    let items: Views = keys.iter().map(|key| asked(words, form, time, key)).collect();
    let besides = (!keys.is_empty()).then(|| {
        view! { <h3>{words.needs_times_own()}</h3><p class="hint">{words.needs_times_clear()}</p> }
    });
    let more = sla::registry().items().iter().filter(|item| !keys.contains(&item.key)).fold(
        Select::new(format!("more-{time}"), words.needs_times_more())
            .option("", words.needs_times_more_none()),
        |select, item| select.option(item.key.clone(), item.label(words.0.sla())),
    );
    view! {
        <details class="group time" open=stated>
            <summary>{title}{mark}</summary>
            <div class="inside">
                {recovery.of(form).view()}
                {floors}
                {besides}
                {items}
                {more.view()}
            </div>
        </details>
    }
    .into_any()
}

fn recovery_word(words: Words, word: &str) -> &'static str {
    match word {
        "quality_first" => words.needs_times_recovery_quality(),
        "speed_first" => words.needs_times_recovery_speed(),
        _ => words.needs_times_recovery_lifeline(),
    }
}

/// How far an item of every day may be relaxed.
fn floor(words: Words, form: &FormState, time: ProfileName, item: &RequirementItem) -> AnyView {
    let key = at(time, &item.item);
    let label = text::item_label(words.0, &item.item);
    let every_day = words.needs_times_every_day(say::item_text(words, item));
    let field = item_field::value_as(
        words,
        form,
        &item.item,
        item_field::Named {
            name: format!("floor-{key}"),
            label: words.needs_times_floor_short().to_owned(),
            none: every_day.clone(),
        },
    );
    let open = CheckGroup::new(format!("open-{key}"), words.needs_times_open())
        .option("yes", words.needs_times_open());
    view! {
        <fieldset class="ask floor">
            <legend>{words.needs_times_relax(label)}</legend>
            <p class="hint">{every_day}</p>
            <div class="parts">{field}{open.of(form).view()}</div>
        </fieldset>
    }
    .into_any()
}

/// An item that is asked at this time besides.
fn asked(words: Words, form: &FormState, time: ProfileName, item: &str) -> AnyView {
    let key = at(time, item);
    match sla::registry().item(item) {
        Some(known) => item_field::view_as(words, form, known, &key),
        None => item_field::own(words, form, item, &key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate() -> sla::Requirement {
        sla::parse_requirement(sla::EXAMPLE_REQUIREMENTS[0].yaml).unwrap()
    }

    fn shown() -> FormState {
        FormState::empty().with(SHOWN, "shown")
    }

    #[test]
    fn filled_times_are_read_back() {
        let times = vec![TimeForm {
            profile: ProfileName::Disaster,
            recovery: "speed_first".to_owned(),
            relax: vec![
                RelaxForm {
                    item: "availability.service_uptime".to_owned(),
                    floor: Some("99 %".to_owned()),
                },
                RelaxForm { item: "legal.regimes".to_owned(), floor: None },
            ],
            items: vec![RequirementFormItem {
                item: "availability.rto".to_owned(),
                value: "4 h".to_owned(),
                level: "must".to_owned(),
                weight: "3".to_owned(),
                ..RequirementFormItem::default()
            }],
        }];
        let need = certificate();
        let read = read(&fill(shown(), &times), &need.spec.profiles.normal.items, &[]).unwrap();
        assert_eq!(read[1], times[0]);
        assert!(read[0].items.is_empty() && read[0].relax.is_empty());
    }

    #[test]
    fn what_became_weaker_than_every_day_is_relaxed_to_its_value_unless_somebody_touched_it() {
        let item = |value: &str| RequirementFormItem {
            item: "availability.rto".to_owned(),
            value: value.to_owned(),
            level: "must".to_owned(),
            ..RequirementFormItem::default()
        };
        let time = |items, relax| TimeForm {
            profile: ProfileName::Disaster,
            recovery: String::new(),
            relax,
            items,
        };
        let op = "lte".to_owned();
        let before = [time(vec![RequirementFormItem { op, ..item("4 h") }], Vec::new())];
        let floor = Some("4 h".to_owned());
        let fallen = RelaxForm { item: "availability.rto".to_owned(), floor };
        let now = [time(Vec::new(), vec![fallen.clone()])];
        let mut told = [time(vec![item("4 h")], Vec::new())];
        follow(&mut told, &before, &now);
        assert_eq!(told, [time(Vec::new(), vec![fallen])]);
        let mut touched = [time(vec![item("2 h")], Vec::new())];
        follow(&mut touched, &before, &now);
        assert_eq!(touched[0].items, [item("2 h")]);
    }

    #[test]
    fn a_form_without_these_fields_says_nothing_about_other_times() {
        assert_eq!(read(&FormState::empty(), &[], &[]), None);
    }

    #[test]
    fn one_more_item_begins_in_the_middle_and_one_of_every_day_as_strong_as_there() {
        let need = certificate();
        let normal = &need.spec.profiles.normal.items;
        let form = shown()
            .with("more-disaster", "availability.rto")
            .with("more-overload", "availability.service_uptime");
        let read = read(&form, normal, &need.spec.user_regions).unwrap();
        assert_eq!(read[1].items[0].level, "prefer");
        assert_eq!(read[0].items[0].value, "99.9 %");
        for item in sla::registry().items() {
            let usual = usual(item, &[]);
            assert!(!usual.value.is_empty(), "{}", item.key);
        }
    }
}
