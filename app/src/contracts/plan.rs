//! The bill of quantities: as fields of the quote, as read from the form, as facts of a contract.

use broker::{FieldFault, contracts::Plan, market::OfferCard};
use leptos::prelude::*;
use sla::Expected;
use std::ops::RangeInclusive;

use crate::{
    PageContext,
    fault::fault_text,
    form::FormState,
    format,
    market::text,
    ui::{Field, Select, definitions},
    words::Words,
};

/// Fields in the order shown; names are those of the use case's faults.
const FIELDS: [&str; 5] = ["instances", "vcpu", "ramMb", "storageGb", "networkMbps"];

/// Puts a plan into the form that edits it; `of` ends the names of the fields where several plans stand
/// in one form.
pub(super) fn prefill(form: FormState, plan: &Plan, of: &str) -> FormState {
    let form = form.with(&format!("region{of}"), plan.region.clone());
    plan.ranges().into_iter().fold(form, |form, (field, value, _, _)| {
        form.with(&format!("{field}{of}"), value.to_string())
    })
}

/// The plan as typed; `None` and faults at the fields when it cannot be read.
pub(super) fn read(form: &mut FormState, words: Words, of: &str) -> Option<Plan> {
    let mut read = |field: &str| {
        let name = format!("{field}{of}");
        let typed = form.value(&name).trim();
        let number = sla::half_width(typed).replace(',', "").trim().parse::<i64>().ok();
        // What may be ordered is checked here too, so that all faults are told at once.
        let number = number.filter(|number| Plan::range(field).contains(number));
        if number.is_none() {
            let found: String = typed.chars().take(40).collect();
            let (min, max) = Plan::range(field).into_inner();
            let fault = FieldFault {
                expected: Some(Expected::Between { min: min.into(), max: max.into() }),
                ..FieldFault::new(field, "range", &found, "", "")
            };
            form.fail(&name, fault_text(words, &fault));
        }
        number
    };
    let [instances, vcpu, ram_mb, storage_gb, network_mbps] = FIELDS.map(&mut read);
    Some(Plan {
        instances: instances?,
        vcpu: vcpu?,
        ram_mb: ram_mb?,
        storage_gb: storage_gb?,
        network_mbps: network_mbps?,
        region: form.value(&format!("region{of}")).trim().to_owned(),
    })
}

/// The fields that edit it; `quoted` says what may be entered.
pub(super) fn fields(
    words: Words,
    form: &FormState,
    quoted: &Plan,
    card: &OfferCard,
    of: &str,
) -> AnyView {
    let inputs = quantities(words, form, quoted, (of, &card.limits));
    let select = Select::new(format!("region{of}"), words.contracts_plan_region());
    // Only what the provider's cloud has can be ordered.
    let region = card
        .regions
        .iter()
        .filter(|(id, _)| card.served.contains(id))
        .fold(select, |select, (id, country)| {
            select.option(id.clone(), text::region(words, id, country))
        })
        .of(form)
        .view();
    view! { <div class="quantities">{inputs}{region}</div> }.into_any()
}

/// The fields for how much of everything.
pub(super) fn quantities(
    words: Words,
    form: &FormState,
    quoted: &Plan,
    (of, limits): (&str, &[(&'static str, RangeInclusive<i64>)]),
) -> Vec<AnyView> {
    let field = |(field, _, lowest, highest)| {
        // What the offer is made for, where it says so.
        let limit = limits.iter().find(|(name, _)| *name == field).map(|(_, range)| range);
        let (lowest, highest) =
            limit.map_or((lowest, highest), |range| (*range.start(), *range.end()));
        let hint = words.contracts_plan_range(format::integer(lowest), format::integer(highest));
        Field::number(format!("{field}{of}"), label(words, field))
            .unit(unit(field))
            .hint(hint)
            .of(form)
            .view()
    };
    quoted.ranges().into_iter().map(field).collect()
}

/// Fills a form of one plan without a region.
pub(crate) fn prefill_plan(form: FormState, plan: &Plan) -> FormState {
    prefill(form, plan, "")
}

/// Reads a form of one plan.
pub(crate) fn read_plan(form: &mut FormState, words: Words) -> Option<Plan> {
    read(form, words, "")
}

/// The quantities of one plan.
pub(crate) fn plan_fields(
    words: Words,
    form: &FormState,
    quoted: &Plan,
    limits: &[(&'static str, RangeInclusive<i64>)],
) -> Vec<AnyView> {
    quantities(words, form, quoted, ("", limits))
}

/// The plan of a contract.
pub(super) fn facts(ctx: &PageContext, plan: &Plan) -> AnyView {
    let words = ctx.words();
    let mut pairs: Vec<(String, AnyView)> = plan
        .ranges()
        .into_iter()
        .map(|(field, value, _, _)| {
            let unit = unit(field);
            let text = format!("{} {unit}", format::integer(value)).trim().to_owned();
            (
                label(words, field).to_owned(),
                view! { <span class="number">{text}</span> }.into_any(),
            )
        })
        .collect();
    pairs.push((words.contracts_plan_region().to_owned(), plan.region.clone().into_any()));
    definitions(pairs)
}

pub(super) fn label(words: Words, field: &str) -> &'static str {
    match field {
        "instances" => words.contracts_plan_instances(),
        "vcpu" => words.contracts_plan_vcpu(),
        "ramMb" => words.contracts_plan_ram(),
        "storageGb" => words.contracts_plan_storage(),
        _ => words.contracts_plan_network(),
    }
}

/// A count of machines needs no unit: its label says what is counted.
pub(super) fn unit(field: &str) -> &'static str {
    match field {
        "instances" => "",
        "vcpu" => "vCPU",
        "ramMb" => "MiB",
        "storageGb" => "GB",
        _ => "Mbit/s",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Locale;

    #[test]
    fn every_quantity_that_is_no_number_is_told_at_once() {
        let mut form =
            FormState::from_urlencoded("instances=two&vcpu=2&ramMb=&storageGb=20&networkMbps=100");
        assert!(read(&mut form, Locale::En.words(), "").is_none());
        assert!(form.error("instances").is_some() && form.error("ramMb").is_some());
        assert!(form.error("vcpu").is_none());
    }

    #[test]
    fn what_was_quoted_is_read_back_unchanged() {
        let plan = Plan {
            instances: 2,
            vcpu: 4,
            ram_mb: 32_768,
            storage_gb: 500,
            network_mbps: 100,
            region: "jp-tokyo-1".to_owned(),
        };
        let mut form = prefill(FormState::empty(), &plan, "").with("ramMb", "32,768");
        assert_eq!(read(&mut form, Locale::Ja.words(), ""), Some(plan));
    }
}
