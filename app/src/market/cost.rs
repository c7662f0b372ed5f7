//! The cost calculator of an offer: a bill of quantities, priced line by line (`/market/offers/{id}/cost`).

use axum::{
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::Response,
};
use broker::{
    BrokerError,
    contracts::{
        Bill, ChargeLine, Charged, Cost, MONTHS_MAX, MONTHS_USUAL, Plan, PriceBook, UNITS_MAX,
    },
    market::OfferCard,
};
use domain::OfferId;
use leptos::prelude::*;

use super::{next_prices, text};
use crate::{
    AppState, PageContext,
    contracts::{plan_fields, prefill_plan, read_plan, stale},
    fault::{fault_page, note_faults},
    form::FormState,
    format,
    layout::error_page::error_page,
    render::{Page, page},
    ui::{
        Button, Column, Field, Kind, Look, Table, Views, breadcrumbs, definitions, error_summary,
        link_button, notice, page_head, section, stat, stats, time,
    },
    words::Words,
};

const MONTHS: &str = "months";

pub(super) fn href(offer: OfferId) -> String {
    format!("/market/offers/{offer}/cost")
}

pub(super) async fn show(
    ctx: PageContext,
    State(state): State<AppState>,
    Path(offer): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let Ok(id) = offer.parse::<OfferId>() else { return error_page(&ctx, StatusCode::NOT_FOUND) };
    let op = ctx.op();
    let read = async {
        let offer = state.broker.offer(&op, id).await?;
        let book = state.broker.price_book(&op, id).await?;
        Ok::<_, BrokerError>((offer, book))
    };
    let (offer, book) = match read.await {
        Ok(found) => found,
        Err(error) => return fault_page(&ctx, &error),
    };
    let card = &offer.card;
    let Some(book) = book else { return unpriced(&ctx, card) };
    let mut form = FormState::from_urlencoded(&query.unwrap_or_default());
    let plan = state.broker.usual_plan(card);
    if !form.names("instances") {
        form = prefill_plan(form, &plan).with(MONTHS, MONTHS_USUAL.to_string());
    }
    let mut cost = None;
    if let Some(bill) = read_bill(&mut form, ctx.words(), &book) {
        match state.broker.cost(&op, id, &bill).await {
            Ok(found) => cost = Some(found),
            Err(error) if note_faults(&mut form, ctx.words(), &error) => {}
            Err(error) => return fault_page(&ctx, &error),
        }
    }
    let status = if form.is_sound() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let shown = Shown { card, plan: &plan, book: &book, cost: cost.as_ref() };
    sheet(&ctx, &form, &shown, status)
}

struct Shown<'a> {
    card: &'a OfferCard,
    plan: &'a Plan,
    book: &'a PriceBook,
    cost: Option<&'a Cost>,
}

/// The bill as typed; `None` and faults at the fields when it cannot be read.
fn read_bill(form: &mut FormState, words: Words, book: &PriceBook) -> Option<Bill> {
    let plan = read_plan(form, words);
    let number = |form: &mut FormState, name: &str, most: i64, empty: Option<i64>| {
        let typed = sla::half_width(form.value(name)).replace(',', "").trim().to_owned();
        let number = if typed.is_empty() { empty } else { typed.parse().ok() };
        let number = number.filter(|number: &i64| (0..=most).contains(number));
        if number.is_none() {
            form.fail(name, words.cost_number_wrong(format::integer(most)));
        }
        number
    };
    let months = number(form, MONTHS, MONTHS_MAX, Some(MONTHS_USUAL)).filter(|months| *months > 0);
    if months.is_none() && form.error(MONTHS).is_none() {
        form.fail(MONTHS, words.cost_number_wrong(format::integer(MONTHS_MAX)));
    }
    let mut units = Vec::new();
    for unit in &book.units {
        units.push(((*unit).to_owned(), number(form, unit, UNITS_MAX, Some(0))));
    }
    let units: Option<Vec<(String, i64)>> =
        units.into_iter().map(|(unit, count)| Some((unit, count?))).collect();
    Some(Bill { plan: plan?, units: units?, months: months? })
}

fn unpriced(ctx: &PageContext, card: &OfferCard) -> Response {
    let words = ctx.words();
    let title = text::title(ctx.locale, card).to_owned();
    page(ctx, Page::new(words.cost_title(&title)), || {
        let way = (title.clone(), text::offer_href(card));
        let told = notice(Kind::Note, words.cost_none(), ().into_any());
        view! { {breadcrumbs(words, vec![way])}{page_head(words.cost_title(&title), None, vec![])}{told} }.into_any()
    })
}

fn sheet(ctx: &PageContext, form: &FormState, shown: &Shown<'_>, status: StatusCode) -> Response {
    let words = ctx.words();
    let title = text::title(ctx.locale, shown.card).to_owned();
    page(ctx, Page::new(words.cost_title(&title)).status(status), || {
        let way = (title.clone(), text::offer_href(shown.card));
        let result =
            shown.cost.map(|cost| section("result", words.cost_result(), result(ctx, shown, cost)));
        view! {
            {breadcrumbs(words, vec![way])}
            {page_head(words.cost_title(&title), Some(words.cost_lead().to_owned()), vec![])}
            {error_summary(form, words)}
            {fields(words, form, shown)}
            {result}
            {next_prices::upcoming(words, shown.book.next.as_ref())}
            {section("book", words.cost_book(), about(ctx, shown.book))}
        }
        .into_any()
    })
}

fn fields(words: Words, form: &FormState, shown: &Shown<'_>) -> AnyView {
    let units: Views = shown
        .book
        .units
        .iter()
        .map(|unit| {
            let field = Field::number(*unit, unit_word(words, unit))
                .unit(words.cost_each_month())
                .range(Some("0"), Some(&UNITS_MAX.to_string()), Some("1"));
            let limit = shown.book.limits.iter().find(|(name, _)| name == unit);
            match limit.map(|(_, range)| (*range.start(), *range.end())) {
                Some((least, i64::MAX)) => field.hint(words.cost_least(format::integer(least))),
                Some((least, most)) => {
                    field.hint(words.cost_between(format::integer(least), format::integer(most)))
                }
                None => field,
            }
            .of(form)
            .view()
        })
        .collect();
    let months = Field::number(MONTHS, words.cost_months())
        .range(Some("1"), Some(&MONTHS_MAX.to_string()), Some("1"))
        .of(form)
        .view();
    view! {
        <form class="form" method="get" action=href(shown.card.id)>
            <div class="quantities">{plan_fields(words, form, shown.plan, &shown.book.limits)}{units}{months}</div>
            <p class="actions">{Button::primary(words.cost_calculate()).view()}</p>
        </form>
    }
    .into_any()
}

fn result(ctx: &PageContext, shown: &Shown<'_>, cost: &Cost) -> AnyView {
    let words = ctx.words();
    let money = |money: domain::Money| format::money(money.minor, money.currency.code());
    let missing: Vec<&str> = cost.unpriced.iter().map(|unit| unit_word(words, unit)).collect();
    let missing = (!missing.is_empty()).then(|| {
        let list = missing.join(words.market_list_comma());
        notice(Kind::Attention, words.cost_missing(list), ().into_any())
    });
    let once = match cost.one_time {
        Some(once) => money(once),
        None => words.cost_once_none().to_owned(),
    };
    let order = shown
        .card
        .backed
        .then(|| link_button(Look::Secondary, words.cost_offer(), text::offer_href(shown.card)));
    view! {
        {missing}
        {stats(vec![
            stat(words.cost_month(), money(cost.month), None),
            stat(words.cost_once(), once, None),
            stat(words.cost_total(cost.months), money(cost.total), Some(words.cost_tax().to_owned())),
        ])}
        {bill_table(words, words.cost_result(), &cost.lines)}
        <p class="hint">{words.cost_rule()}</p>
        {cost.next.as_ref().map(|next| next_prices::bill(words, next))}
        <p class="actions">{order}</p>
    }
    .into_any()
}

/// The lines of a month as a table.
pub(crate) fn bill_table(words: Words, title: &str, lines: &[ChargeLine]) -> AnyView {
    let columns = vec![
        Column::text(words.cost_what()),
        Column::number(words.cost_quantity()),
        Column::number(words.cost_price()),
        Column::number(words.cost_amount()),
    ];
    let rows = lines.iter().map(|line| {
        vec![
            what(words, line).into_any(),
            quantity(line).into_any(),
            each(words, line).into_any(),
            format::money(line.amount.minor, line.amount.currency.code()).into_any(),
        ]
    });
    Table::new(title, columns).rows(rows).view()
}

fn what(words: Words, line: &ChargeLine) -> String {
    line_name(words, &line.what, line.from)
}

/// What a line is for; `from` units cost another price before.
pub(crate) fn line_name(words: Words, what: &Charged, from: i64) -> String {
    let name = match what {
        Charged::Told => return words.cost_told().to_owned(),
        Charged::Basket => return words.cost_basket().to_owned(),
        Charged::Minimum => return words.cost_minimum_line().to_owned(),
        Charged::Unit(unit) => unit_word(words, unit),
    };
    match from {
        0 => name.to_owned(),
        from => words.cost_step(name, format::integer(from)),
    }
}

/// Thousandths as people write them.
fn quantity(line: &ChargeLine) -> String {
    let (whole, rest) = (line.milli / 1_000, line.milli % 1_000);
    let whole = format::integer(whole);
    if rest == 0 { whole } else { format!("{whole}.{rest:03}").trim_end_matches('0').to_owned() }
}

fn each(words: Words, line: &ChargeLine) -> String {
    let price = format::money(line.price.minor, line.price.currency.code());
    match line.per {
        1 => price,
        per => words.cost_per(price, format::integer(per)),
    }
}

/// How old the prices are, and what is charged beside them.
fn about(ctx: &PageContext, book: &PriceBook) -> AnyView {
    let words = ctx.words();
    let money = |money: Option<domain::Money>| match money {
        Some(money) => format::money(money.minor, money.currency.code()),
        None => words.cost_undeclared().to_owned(),
    };
    let old =
        book.age.stale.then(|| notice(Kind::Attention, stale(words, &book.age), ().into_any()));
    let facts = definitions(vec![
        (words.cost_as_of().to_owned(), age(ctx, book)),
        (words.cost_minimum().to_owned(), money(book.minimum).into_any()),
        (words.cost_once().to_owned(), money(book.one_time).into_any()),
    ]);
    view! { {old}{facts} }.into_any()
}

/// The day on which prices were checked; who does not say it has prices as old as the version.
pub(super) fn age(ctx: &PageContext, book: &PriceBook) -> AnyView {
    let words = ctx.words();
    match &book.as_of {
        Some(day) => day.clone().into_any(),
        None => view! { {words.cost_as_published()}" "{time(ctx, book.published_at.0)} }.into_any(),
    }
}

fn unit_word(words: Words, unit: &str) -> &str {
    match unit {
        "vcpu-hour" => words.cost_unit_vcpu_hour(),
        "vcpu-month" => words.cost_unit_vcpu_month(),
        "ram-gib-hour" => words.cost_unit_ram_gib_hour(),
        "ram-gib-month" => words.cost_unit_ram_gib_month(),
        "instance-hour" => words.cost_unit_instance_hour(),
        "instance-month" => words.cost_unit_instance_month(),
        "gpu-hour" => words.cost_unit_gpu_hour(),
        "storage-gb-month" => words.cost_unit_storage_gb_month(),
        "storage-gib-month" => words.cost_unit_storage_gib_month(),
        "backup-gb-month" => words.cost_unit_backup_gb_month(),
        "egress-gb" => words.cost_unit_egress_gb(),
        "address-hour" => words.cost_unit_address_hour(),
        "address-month" => words.cost_unit_address_month(),
        "mbit-month" => words.cost_unit_mbit_month(),
        "link-month" => words.cost_unit_link_month(),
        "request-million" => words.cost_unit_request_million(),
        "function-gib-second" => words.cost_unit_function_gib_second(),
        "user-month" => words.cost_unit_user_month(),
        "device-month" => words.cost_unit_device_month(),
        "support-month" => words.cost_unit_support_month(),
        other => other,
    }
}
