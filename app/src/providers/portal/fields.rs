//! The guided form as people see it: what the offer is, where, for how much, and its promises by group.

use leptos::prelude::*;
use sla::{CURRENCIES, Commitment, DeploymentModel, ItemDef, ItemKind, ServiceModel};

use super::form;
use crate::{
    form::FormState,
    market::text,
    needs::sized,
    ui::{CheckGroup, Field, RadioGroup, Select, disclosure, fields_together, section},
    words::Words,
};

/// Every field; the name is fixed once an offer exists, because versions hang on it.
pub(super) fn view(words: Words, state: &FormState, exists: bool) -> AnyView {
    view! {
        {section("about", words.portal_form_about(), about(words, state, exists))}
        {section("where", words.portal_form_where(), place(words, state))}
        {section("price", words.portal_form_price(), price(words, state))}
        {section("promises", words.portal_form_promises(), promises(words, state))}
    }
    .into_any()
}

fn about(words: Words, state: &FormState, exists: bool) -> AnyView {
    let name = if exists {
        let name = state.value("name").to_owned();
        view! {
            <input type="hidden" name="name" value=name.clone()/>
            <p>{words.portal_form_name()}": "<code>{name}</code></p>
        }
        .into_any()
    } else {
        Field::text("name", words.portal_form_name())
            .hint(words.portal_form_name_hint())
            .of(state)
            .required()
            .max_length(63)
            .view()
    };
    let optional = words.common_optional();
    view! {
        <div class="form">
            {name}
            {Field::text("title_en", words.portal_form_title_en()).of(state).max_length(120).view()}
            {Field::text("title_ja", words.portal_form_title_ja()).hint(words.portal_form_title_hint()).of(state).max_length(120).view()}
            {Field::area("description_en", words.portal_form_description_en(), 3).optional(optional).of(state).max_length(2000).view()}
            {Field::area("description_ja", words.portal_form_description_ja(), 3).optional(optional).of(state).max_length(2000).view()}
        </div>
    }
    .into_any()
}

fn place(words: Words, state: &FormState) -> AnyView {
    let model = ServiceModel::ALL
        .iter()
        .fold(Select::new("model", words.portal_form_model()), |select, model| {
            select.option(model.as_str(), text::model(words, model.as_str()))
        });
    let deployment = DeploymentModel::ALL
        .iter()
        .fold(Select::new("deployment", words.portal_form_deployment()), |select, model| {
            select.option(model.as_str(), text::deployment(words, model.as_str()))
        });
    view! {
        <div class="form">
            {model.of(state).view()}
            {deployment.of(state).view()}
            {Field::text("region", words.portal_form_region()).hint(words.portal_form_region_hint()).of(state).required().max_length(63).view()}
            {Field::text("country", words.portal_form_country()).hint(words.portal_form_country_hint()).of(state).required().narrow().max_length(2).view()}
        </div>
    }
    .into_any()
}

fn price(words: Words, state: &FormState) -> AnyView {
    let currency = CURRENCIES
        .iter()
        .fold(Select::new("currency", words.portal_form_currency()), |select, (code, _)| {
            select.option(*code, *code)
        });
    view! {
        <div class="form">
            {Field::number("price", words.portal_form_amount()).hint(words.portal_form_amount_hint()).of(state).view()}
            {currency.of(state).view()}
        </div>
    }
    .into_any()
}

fn promises(words: Words, state: &FormState) -> AnyView {
    let locale = words.0.sla();
    let commitment = RadioGroup::new("commitment", words.portal_form_commitment())
        .option_about(
            Commitment::Declared.as_str(),
            text::commitment(words, "declared"),
            words.portal_form_declared(),
        )
        .option_about(
            Commitment::Objective.as_str(),
            text::commitment(words, "objective"),
            words.portal_form_objective(),
        )
        .option_about(
            Commitment::Guaranteed.as_str(),
            text::commitment(words, "guaranteed"),
            words.portal_form_guaranteed(),
        )
        .of(state);
    let groups: Vec<_> = sla::registry()
        .groups()
        .iter()
        .map(|group| {
            let own = || form::items().filter(|item| item.group == group.key);
            let core: Vec<_> =
                own().filter(|item| item.core).map(|item| promise(words, state, item)).collect();
            let more: Vec<_> =
                own().filter(|item| !item.core).map(|item| promise(words, state, item)).collect();
            let more =
                (!more.is_empty()).then(|| disclosure(words.portal_form_more(), more.into_any()));
            (!core.is_empty() || more.is_some()).then(|| {
                view! {
                    <fieldset class="promises">
                        <legend>{group.label.get(locale).to_owned()}</legend>
                        <div class="promise-fields">{core}</div>
                        {more}
                    </fieldset>
                }
            })
        })
        .collect();
    let promises = view! { <div class="form">{commitment.view()}</div>{groups} }.into_any();
    view! {
        <p>{words.portal_form_promises_lead()}</p>
        {fields_together("items", words.portal_form_promises(), state, promises)}
    }
    .into_any()
}

fn promise(words: Words, state: &FormState, item: &ItemDef) -> AnyView {
    let locale = words.0.sla();
    let label = item.label(locale).to_owned();
    let help = item.help(locale).to_owned();
    match &item.kind {
        ItemKind::Level(levels) => {
            let none = Select::new(item.key.clone(), label).option("", words.common_not_declared());
            levels
                .iter()
                .fold(none, |select, word| select.option(word.key.clone(), word.label.get(locale)))
                .hint(help)
                .of(state)
                .view()
        }
        ItemKind::Set(members) => members
            .iter()
            .fold(CheckGroup::new(item.key.clone(), label), |group, word| {
                group.option(word.key.clone(), word.label.get(locale))
            })
            .hint(help)
            .of(state)
            .view(),
        ItemKind::Countries => Field::text(item.key.clone(), label)
            .hint(format!("{help} {}", words.portal_form_countries()))
            .of(state)
            .view(),
        _ => Field::text(item.key.clone(), label)
            .hint(format!("{help} {}", words.portal_form_example(sized(item))))
            .narrow()
            .of(state)
            .view(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_a_value_of_its_item() {
        for item in form::items().filter(|item| item.kind.is_number()) {
            assert!(sla::parse_value(item, None, &sized(item)).is_ok(), "{}", item.key);
        }
    }
}
