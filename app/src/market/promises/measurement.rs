//! How an offer says its promises are measured: a number without its measurement says nothing.

use leptos::prelude::*;
use sla::{Decimal, Measurement, OfferItem, Unit, Vantage};

use crate::{
    ui::{Views, chip, definitions},
    words::Words,
};

/// What holds for every promise of the offer.
pub fn block(words: Words, measurement: &Measurement) -> AnyView {
    let time =
        |seconds: u32| sla::format_number(Unit::Second, Decimal::from(seconds), words.0.sla());
    let outage = match measurement.min_outage_seconds {
        0 => words.market_measure_every().to_owned(),
        seconds => words.market_measure_outage(time(seconds)),
    };
    let excluded = if measurement.exclusions.is_empty() {
        words.market_measure_none().into_any()
    } else {
        let chips: Views = measurement.exclusions.iter().map(chip).collect();
        view! { <span class="chips">{chips}</span> }.into_any()
    };
    let calendar = measurement.calendar.clone();
    let zone = measurement.timezone.clone();
    let vantage = measurement.vantage.map_or(words.common_not_declared(), |at| vantage(words, at));
    definitions(vec![
        (
            words.market_measure_period().to_owned(),
            words.market_measure_calendar(calendar, zone).into_any(),
        ),
        (words.market_measure_slice().to_owned(), time(measurement.slice_seconds).into_any()),
        (words.market_measure_counted().to_owned(), outage.into_any()),
        (words.market_measure_excluded().to_owned(), excluded),
        (words.market_measure_vantage().to_owned(), vantage.into_any()),
    ])
}

/// What one promise says besides, in one line; `None` where it says nothing.
pub fn own(words: Words, promise: &OfferItem) -> Option<String> {
    let mut parts = Vec::new();
    parts.extend(promise.window.as_ref().map(|window| words.market_measure_window(window)));
    parts.extend(promise.transaction.as_ref().map(|name| words.market_measure_transaction(name)));
    parts.extend(promise.vantage.map(|at| vantage(words, at).to_owned()));
    parts.extend(promise.qualifying.as_ref().map(|text| words.market_measure_qualifying(text)));
    if !promise.exclusions.is_empty() {
        let excluded = promise.exclusions.join(words.market_list_comma());
        parts.push(words.market_measure_without(excluded));
    }
    (!parts.is_empty()).then(|| parts.join(words.market_list_comma()))
}

fn vantage(words: Words, at: Vantage) -> &'static str {
    match at {
        Vantage::Resource => words.market_measure_at_resource(),
        Vantage::ProviderEdge => words.market_measure_at_edge(),
        Vantage::BrokerProbes => words.market_measure_at_broker(),
        Vantage::UserRegions => words.market_measure_at_users(),
    }
}
