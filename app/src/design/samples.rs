//! Made-up content for the gallery; nothing here comes from the market.

use leptos::prelude::*;

use crate::{
    PageContext,
    form::FormState,
    format,
    islands::{StepState, StepView, TimelineView},
    ui::{
        self, Button, CheckGroup, Column, Field, Kind, Look, RadioGroup, Select, State, Tab, Table,
        chart,
    },
    words::Words,
};

const SECOND: i64 = 1_000_000;

pub(super) fn headings(words: Words) -> AnyView {
    view! {
        <div class="stack">
            <p class="lead">{words.home_lead()}</p>
            <h3>{words.home_steps_match()}</h3>
            <p>{words.home_steps_match_text()}" "<a href="/design">{words.common_footer_design()}</a></p>
            <pre tabindex="0">"kind: QualityRequirement\nspec:\n  emphasis: assurance_first"</pre>
        </div>
    }
    .into_any()
}

pub(super) fn buttons(words: Words) -> AnyView {
    view! {
        <form class="actions" method="get" action="/design">
            {Button::primary(words.design_sample_sign()).view()}
            {Button::secondary(words.common_save()).view()}
            {ui::link_button(Look::Secondary, words.common_way_market(), "/market")}
            {Button::danger(words.design_sample_end()).view()}
            {ui::link_button(Look::Quiet, words.common_cancel(), "/design")}
            {Button::secondary(words.design_sample_retry()).refused(words.design_sample_retry_why()).view()}
        </form>
    }
    .into_any()
}

pub(super) fn form(words: Words) -> AnyView {
    let mut form =
        FormState::from_urlencoded("title=Aoba&uptime=99%2C9&region=JP&model=iaas&cert=ismap");
    form.fail("uptime", words.common_form_not_a_number("99,9", "99.9"));
    form.fail("text", words.common_form_missing());
    // The gallery shows faults but must not take the focus from a reader.
    view! {
        <div>
            {ui::error_summary(&form, words)}
            <form class="form" method="get" action="/design">
                {Field::text("title", words.design_sample_name()).value("Aoba").hint(words.design_sample_name_hint()).required().max_length(120).view()}
                {Field::number("uptime", words.design_sample_uptime()).value("99,9").unit("%").error(form.error("uptime").unwrap_or_default()).view()}
                {Select::new("region", words.design_sample_region()).option("JP", "Tokyo").option("DE", "Frankfurt").of(&form).view()}
                {RadioGroup::new("model", words.design_sample_model()).option_about("iaas", "IaaS", words.design_sample_iaas()).option_about("paas", "PaaS", words.design_sample_paas()).of(&form).view()}
                {CheckGroup::new("cert", words.design_sample_certificates()).option("ismap", "ISMAP").option("iso27001", "ISO/IEC 27001").option("soc2", "SOC 2").of(&form).view()}
                {ui::fieldset(words.design_sample_about(), view! {
                    {Field::area("text", words.design_sample_text(), 4).optional(words.common_optional()).error(words.common_form_missing()).view()}
                    {Field::file("file", words.design_sample_file()).view()}
                }.into_any())}
                <p class="actions">{Button::primary(words.common_save()).view()}</p>
            </form>
        </div>
    }
    .into_any()
}

pub(super) fn states(words: Words) -> AnyView {
    view! {
        <div class="stack">
            <p class="chips">
                {ui::badge(State::Good, words.design_sample_running())}
                {ui::badge(State::Busy, words.common_state_running())}
                {ui::badge(State::Attention, words.common_state_attention())}
                {ui::badge(State::Bad, words.common_state_failed())}
                {ui::badge(State::Quiet, words.design_sample_ended())}
                {ui::badge(State::Unknown, words.common_unknown())}
            </p>
            <p class="chips">{ui::chip("IaaS")}{ui::chip("Osaka")}{ui::chip("ISMAP")}</p>
            {ui::notice(Kind::Note, words.design_sample_note(), ().into_any())}
            {ui::notice(Kind::Done, words.design_sample_done(), ().into_any())}
            {ui::notice(Kind::Attention, words.design_sample_attention(), ().into_any())}
            {ui::notice(Kind::Problem, words.design_sample_problem(), view! { <p>{words.common_error_kept()}</p> }.into_any())}
            {ui::empty(words.design_sample_empty(), words.design_sample_empty_text(),
                Some(ui::link_button(Look::Secondary, words.common_way_describe(), "/needs/new")))}
        </div>
    }
    .into_any()
}

pub(super) fn values(ctx: &PageContext) -> AnyView {
    let words = ctx.words();
    let figures = vec![
        ui::stat(words.home_figures_offers(), format::integer(1412), None),
        ui::stat(
            words.design_sample_cost(),
            format::money(182_000, "JPY"),
            Some(words.design_sample_month().to_owned()),
        ),
        ui::stat(words.design_sample_uptime(), "99.95 %", None),
    ];
    view! {
        <div class="stack">
            {ui::stats(figures)}
            {ui::definitions(vec![
                (words.design_sample_cost().to_owned(), view! { {ui::money(182_000, "JPY")}" · "{ui::money(123_450, "EUR")} }.into_any()),
                (words.common_chart_time().to_owned(), ui::time(ctx, ctx.now - 184 * SECOND)),
                (words.design_sample_length().to_owned(), ui::duration(ctx.locale, 820_000)),
                (words.design_sample_id().to_owned(), ui::id(ctx, "ctr_0198c1f2a3b4c5d6e7f8")),
            ])}
            {ui::disclosure(words.common_more(), view! { <p>{words.common_footer_motto()}</p> }.into_any())}
        </div>
    }
    .into_any()
}

pub(super) fn tables(words: Words) -> AnyView {
    let columns = || {
        vec![
            Column::text(words.design_sample_offer()),
            Column::text(words.design_sample_region()),
            Column::number(words.design_sample_uptime()),
            Column::number(words.design_sample_cost()),
        ]
    };
    let row = |name: &str, region: &str, uptime: &str, cost: i64| {
        vec![
            view! { <a href="/design">{name.to_owned()}</a> }.into_any(),
            region.to_owned().into_any(),
            uptime.to_owned().into_any(),
            ui::money(cost, "JPY"),
        ]
    };
    let rows = || {
        vec![
            row("Hokusei", "Sapporo", "99.95 %", 182_000),
            row("Minato", "Osaka", "99.9 %", 96_500),
            row("Aoba", "Sendai", "–", 8_000),
        ]
    };
    view! {
        <div class="stack">
            {Table::new(words.design_sample_caption(), columns()).with_caption().rows(rows()).view()}
            {chart::bars(words.design_sample_cost(), vec![
                chart::Bar { label: "Hokusei".to_owned(), text: format::money(182_000, "JPY"), share: 1.0, highlighted: true },
                chart::Bar { label: "Minato".to_owned(), text: format::money(96_500, "JPY"), share: 0.53, highlighted: false },
                chart::Bar { label: "Aoba".to_owned(), text: format::money(8_000, "JPY"), share: 0.044, highlighted: false },
            ])}
        </div>
    }
    .into_any()
}

pub(super) fn navigation(words: Words) -> AnyView {
    let tab =
        |label: &str, current| Tab { label: label.to_owned(), href: "/design".to_owned(), current };
    view! {
        <div>
            {ui::breadcrumbs(words, vec![(words.common_way_market().to_owned(), "/market".to_owned()), ("Hokusei".to_owned(), "/design".to_owned())])}
            {ui::tabs(words.design_navigation(), vec![tab(words.common_shape_promise(), true), tab(words.design_charts(), false), tab(words.common_way_contracts(), false)])}
            {ui::pagination(words, Some("/design?before=a".to_owned()), Some("/design?after=b".to_owned()))}
        </div>
    }
    .into_any()
}

pub(super) fn timeline(ctx: &PageContext) -> AnyView {
    let words = ctx.words();
    let step = |title: &str, state: StepState, word: &str, ago: i64| StepView {
        title: title.to_owned(),
        state,
        state_word: word.to_owned(),
        at: format::exact_time(ctx.locale, ctx.now - ago * SECOND),
        at_machine: format::machine_time(ctx.now - ago * SECOND),
        took: Some(format::duration(ctx.locale, 1_200_000)),
        attempt: None,
        reason: None,
    };
    let waiting = StepView {
        at: String::new(),
        at_machine: String::new(),
        took: None,
        ..step(words.design_sample_open(), StepState::Waiting, words.common_state_waiting(), 0)
    };
    let failed = StepView {
        attempt: Some(words.design_sample_attempt(2, 5)),
        reason: Some(words.design_sample_reason().to_owned()),
        ..step(words.design_sample_probe(), StepState::Running, words.common_state_running(), 2)
    };
    let steps = vec![
        step(words.design_sample_plan(), StepState::Done, words.common_state_done(), 9),
        step(words.design_sample_hold(), StepState::Done, words.common_state_done(), 6),
        failed,
        waiting,
    ];
    let view =
        TimelineView { headline: words.design_sample_headline().to_owned(), steps, finished: true };
    ui::live_timeline(words, words.design_timeline(), view, "/design/events")
}

pub(super) fn charts(ctx: &PageContext) -> AnyView {
    let words = ctx.words();
    let axis = |label: &str, need: Option<f64>, promise: Option<f64>, texts: (&str, &str)| {
        chart::ShapeAxis {
            label: label.to_owned(),
            need,
            promise,
            need_text: texts.0.to_owned(),
            promise_text: texts.1.to_owned(),
        }
    };
    let shape = chart::ShapeChart {
        id: "shape".to_owned(),
        title: words.design_sample_shape().to_owned(),
        description: words.design_sample_shape_text().to_owned(),
        axes: vec![
            axis(words.design_sample_uptime(), Some(0.7), Some(0.85), ("≥ 99.9 %", "99.95 %")),
            axis(words.design_sample_response(), Some(0.4), Some(0.6), ("≤ 5 s", "2 s")),
            axis(words.design_sample_recovery(), Some(0.6), Some(0.5), ("≤ 4 h", "6 h")),
            axis(words.design_sample_loss(), Some(0.7), None, ("≤ 1 h", "")),
            axis(words.design_sample_bandwidth(), None, Some(0.4), ("", "100 Mbit/s")),
            axis(words.design_sample_security(), Some(0.8), Some(0.9), ("ISMAP", "ISMAP")),
            axis(words.design_sample_cost(), Some(0.5), Some(0.7), ("≤ 3", "2")),
        ],
        show_need: true,
        show_promise: true,
    };
    let values =
        [0.82, 0.9, 1.1, 0.95, 0.88, 0.91, 1.4, 1.9, 1.2, 0.97, 0.9, 0.87, 0.92, 0.9, 0.85, 0.83];
    let points = values
        .into_iter()
        .zip(0_i64..)
        .map(|(value, index)| {
            let missing = (9..=11).contains(&index);
            (ctx.now - (16 - index) * 60 * SECOND, (!missing).then_some(value))
        })
        .collect();
    let line = chart::LineChart {
        id: "response".to_owned(),
        title: words.design_sample_response().to_owned(),
        description: words.design_sample_line_text().to_owned(),
        unit: "s".to_owned(),
        points,
        promise: Some(1.5),
        promise_label: words.design_sample_promise("1.5 s"),
        whole: false,
    };
    view! { <div class="columns">{chart::shape_chart(words, &shape)}{chart::line_chart(ctx, &line)}</div> }.into_any()
}

pub(super) fn colours() -> AnyView {
    let names = [
        "paper",
        "surface",
        "sunken",
        "ink",
        "ink-soft",
        "line",
        "line-strong",
        "indigo",
        "moss",
        "ochre",
        "vermilion",
    ];
    let swatches: Vec<_> = names
        .into_iter()
        .map(|name| view! { <li><span class=format!("swatch swatch-{name}")></span><code>{name}</code></li> })
        .collect();
    view! { <ul class="swatches">{swatches}</ul> }.into_any()
}
