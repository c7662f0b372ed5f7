//! A bill of quantities from what the service does (F7.3): the fields on the quote, what was proposed
//! and why.

use broker::{
    BrokerError, FieldFault,
    planning::{OutOfReach, PlanRequest, Planned},
    requirements::RequirementSource,
};
use domain::OfferId;
use leptos::prelude::*;
use planner::{Mode, Source, Station, Workload};
use sla::Expected;

use crate::{
    AppState, PageContext,
    fault::fault_text,
    form::FormState,
    format,
    ui::{Button, Column, Field, Kind, Select, Table, disclosure, notice, section},
    words::{Locale, Words},
};

/// The fields: name in the form, in the document, and in which unit.
const FIELDS: [(&str, &str, &str); 9] = [
    ("peak", "peakPerSecond", "1/s"),
    ("processor", "processorMs", "ms"),
    ("volume", "storageMs", "ms"),
    ("traffic", "kilobytes", "kB"),
    ("elsewhere", "elsewhereMs", "ms"),
    ("memory", "baseMemoryMb", "MiB"),
    ("requestMemory", "requestMemoryKb", "KiB"),
    ("data", "dataGb", "GB"),
    ("growth", "growthGbPerMonth", "GB"),
];
/// Months that the data are planned for, where the form says nothing.
const MONTHS: u32 = 12;

/// What a proposal came to.
pub(super) enum Outcome {
    Planned(Box<Planned>),
    /// No plan that can be ordered holds the goal.
    OutOfReach(OutOfReach),
    /// The form has faults.
    Faults,
}

/// Reads the fields and asks for a plan.
pub(super) async fn propose(
    ctx: &PageContext,
    state: &AppState,
    form: &mut FormState,
    (offer, source): (OfferId, &RequirementSource),
) -> Result<Outcome, BrokerError> {
    let Some(request) = read(form, ctx.words(), offer) else { return Ok(Outcome::Faults) };
    match state.broker.plan_quantities(&ctx.op(), source, request).await {
        Ok(Ok(planned)) => Ok(Outcome::Planned(Box::new(planned))),
        Ok(Err(reason)) => Ok(Outcome::OutOfReach(reason)),
        Err(BrokerError::Invalid(faults)) => {
            for fault in &faults {
                let name = fault.pointer.rsplit('/').next().unwrap_or_default();
                let known = FIELDS.iter().find(|(_, document, _)| *document == name);
                let field = known.map_or("response", |(field, ..)| *field);
                form.fail(field, fault_text(ctx.words(), fault));
            }
            Ok(Outcome::Faults)
        }
        Err(error) => Err(error),
    }
}

fn read(form: &mut FormState, words: Words, offer: OfferId) -> Option<PlanRequest> {
    let mut sound = true;
    let mut number = |field: &str, required: bool| -> f64 {
        let typed = form.value(field).trim().to_owned();
        if typed.is_empty() && !required {
            return 0.0;
        }
        let read = sla::half_width(&typed).replace(',', "").trim().parse::<f64>();
        if let Some(number) = read.ok().filter(|number| number.is_finite()) {
            return number;
        }
        sound = false;
        let found: String = typed.chars().take(40).collect();
        let fault = FieldFault {
            expected: Some(Expected::Number),
            ..FieldFault::new(field, "range", &found, "", "")
        };
        form.fail(field, fault_text(words, &fault));
        0.0
    };
    let [peak, processor] = ["peak", "processor"].map(|field| number(field, true));
    let [volume, traffic, elsewhere, memory, request, data, growth, months, response] = [
        "volume",
        "traffic",
        "elsewhere",
        "memory",
        "requestMemory",
        "data",
        "growth",
        "months",
        "response",
    ]
    .map(|field| number(field, false));
    let workload = Workload {
        peak_per_second: peak,
        processor_ms: processor,
        storage_ms: volume,
        kilobytes: traffic,
        elsewhere_ms: elsewhere,
        base_memory_mb: memory,
        request_memory_kb: request,
        data_gb: data,
        growth_gb_per_month: growth,
        // What is beyond is refused with its field.
        months: months.clamp(0.0, f64::from(u32::MAX)) as u32,
    };
    let mode = if form.value("mode") == "precise" { Mode::Precise } else { Mode::Fast };
    sound.then_some(PlanRequest {
        workload,
        observations: Vec::new(),
        mode,
        headroom: None,
        budget: None,
        response_seconds: (response > 0.0).then_some(response),
        compliance: None,
        offer: Some(offer),
    })
}

/// The quantities of a proposal in the fields that are ordered.
pub(super) fn fill(form: FormState, planned: &Planned) -> FormState {
    let region = form.value("region").to_owned();
    let form = super::plan::prefill(form, &planned.plan, "");
    if region.is_empty() { form } else { form.with("region", region) }
}

/// The fields, folded until they are used.
pub(super) fn fields(ctx: &PageContext, form: &FormState, outcome: Option<&Outcome>) -> AnyView {
    let words = ctx.words();
    let inputs: Vec<_> = FIELDS
        .iter()
        .map(|(field, _, unit)| {
            Field::number(*field, label(words, field)).unit(*unit).of(form).view()
        })
        .collect();
    let months = Field::number("months", words.contracts_workload_months()).of(form).view();
    let response = Field::number("response", words.contracts_workload_response())
        .unit("s")
        .hint(words.contracts_workload_response_hint())
        .of(form)
        .view();
    let mode = Select::new("mode", words.contracts_workload_mode())
        .option("fast", words.contracts_workload_fast())
        .option("precise", words.contracts_workload_precise())
        .of(form)
        .view();
    let body = view! {
        <p>{words.contracts_workload_lead()}</p>
        <div class="quantities">{inputs}{months}{response}{mode}</div>
        <p class="actions">{Button::secondary(words.contracts_workload_propose()).sends("step", "propose").view()}</p>
        {outcome.and_then(|outcome| told(ctx, outcome))}
    }
    .into_any();
    let title = words.contracts_workload_title();
    match outcome {
        Some(_) => section("workload", title, body),
        None => disclosure(title, body),
    }
}

/// The months that a new form is planned for.
pub(super) fn prefill(form: FormState) -> FormState {
    form.with("months", MONTHS.to_string())
}

fn told(ctx: &PageContext, outcome: &Outcome) -> Option<AnyView> {
    let words = ctx.words();
    match outcome {
        Outcome::Faults => None,
        Outcome::OutOfReach(reason) => {
            let text = out_of_reach(ctx.locale, words, reason);
            let body = view! { <p>{text}</p> }.into_any();
            let inside = notice(Kind::Attention, words.contracts_workload_out_of_reach(), body);
            Some(view! { <div role="alert">{inside}</div> }.into_any())
        }
        Outcome::Planned(planned) => Some(proposal(ctx, planned)),
    }
}

fn proposal(ctx: &PageContext, planned: &Planned) -> AnyView {
    let words = ctx.words();
    let found = &planned.proposal;
    let neck = found.bottleneck;
    let asked = seconds(ctx.locale, planned.goal.response_seconds);
    let sentences = [
        words.contracts_workload_holds(
            percent(found.share_in_time),
            asked,
            rate(found.per_second),
            percent(planned.goal.compliance),
        ),
        words.contracts_workload_neck(
            station(words, neck.station),
            percent(neck.busy),
            rate(neck.full_at_per_second),
        ),
        words.contracts_workload_bears(rate(found.bears_per_second)),
    ];
    let sentences: Vec<_> = sentences.into_iter().map(|text| view! { <li>{text}</li> }).collect();
    let columns = vec![
        Column::text(words.contracts_workload_station()),
        Column::number(words.contracts_workload_each()),
        Column::number(words.contracts_workload_busy()),
        Column::number(words.contracts_workload_stay()),
    ];
    let rows = found.stations.iter().map(|load| {
        let unit = if load.station == Station::Network { "kB" } else { "ms" };
        let source = match load.demand.source {
            Source::Stated => words.contracts_workload_stated(),
            Source::Observed => words.contracts_workload_observed(),
        };
        vec![
            station(words, load.station).into_any(),
            format!("{} {unit} ({source})", rate(load.demand.each)).into_any(),
            busy(load.busy),
            seconds(ctx.locale, load.mean_seconds).into_any(),
        ]
    });
    let table = Table::new(words.contracts_workload_stations(), columns).rows(rows).view();
    let cut = (!found.complete).then(|| view! { <p>{words.contracts_workload_cut()}</p> });
    let body = view! { <ul>{sentences}</ul>{cut} }.into_any();
    view! {
        <div role="status">{notice(Kind::Done, words.contracts_workload_filled(), body)}</div>
        {table}
    }
    .into_any()
}

/// A share as a bar and in words.
fn busy(share: f64) -> AnyView {
    view! { <meter min="0" max="1" high="0.75" value=format!("{share:.4}") aria-hidden="true"></meter>" "{percent(share)} }
        .into_any()
}

fn out_of_reach(locale: Locale, words: Words, reason: &OutOfReach) -> String {
    match reason {
        OutOfReach::Unattainable { station: place, best_seconds } => {
            let place =
                place.map_or(words.contracts_workload_elsewhere(), |place| station(words, place));
            match best_seconds {
                Some(best) => words.contracts_workload_best(place, seconds(locale, *best)),
                None => words.contracts_workload_flooded(place),
            }
        }
        OutOfReach::TooLarge { field, needed, max } => {
            let name = match *field {
                "memoryMb" => words.contracts_plan_ram(),
                _ => words.contracts_plan_storage(),
            };
            words.contracts_workload_too_large(
                name,
                rate(*needed),
                format::integer(i64::from(*max)),
            )
        }
    }
}

fn station(words: Words, station: Station) -> &'static str {
    match station {
        Station::Processors => words.contracts_workload_processors(),
        Station::Storage => words.contracts_workload_storage(),
        Station::Network => words.contracts_workload_network(),
    }
}

fn label(words: Words, field: &str) -> &'static str {
    match field {
        "peak" => words.contracts_workload_peak(),
        "processor" => words.contracts_workload_processor(),
        "volume" => words.contracts_workload_volume(),
        "traffic" => words.contracts_workload_traffic(),
        "elsewhere" => words.contracts_workload_elsewhere(),
        "memory" => words.contracts_workload_memory(),
        "requestMemory" => words.contracts_workload_request_memory(),
        "data" => words.contracts_workload_data(),
        _ => words.contracts_workload_growth(),
    }
}

fn percent(share: f64) -> String {
    // Never more than is true: 99.96 % is not 100 %.
    format!("{} %", (share * 1_000.0).floor() / 10.0)
}

/// A number with as many digits as tell something.
fn rate(number: f64) -> String {
    match number {
        number if number >= 100.0 => format::integer(number as i64),
        number => format!("{}", (number * 10.0).floor() / 10.0),
    }
}

fn seconds(locale: Locale, seconds: f64) -> String {
    format::duration(locale, (seconds * 1e6) as i64)
}
