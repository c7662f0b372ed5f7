//! Where an organisation's notices arrive beside the inbox, and what became of each delivery.

use axum::{
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::Response,
};
use broker::{
    BrokerError,
    channels::{Channel, ChannelSettings, DeliveryList, DeliveryView, SetChannels},
};
use leptos::prelude::*;

use super::guard::refuse_strangers;
use crate::{
    AppState, FlashKind, PageContext,
    fault::fault_text,
    form::FormState,
    format,
    layout::fail,
    render::{Page, page, redirect},
    ui::{
        Button, CheckGroup, Column, Field, Kind, Select, State as Badge, Table, badge, breadcrumbs,
        definitions, empty, error_summary, notice, page_head, pagination, section, time, whole,
    },
    words::{Locale, Words},
};

const AT: &str = "/account/channels";
/// Deliveries of one page.
const ROWS: u32 = 30;
/// The fields.
const CHANNELS: &str = "channels";
const URL: &str = "webhookUrl";
const LANGUAGE: &str = "language";

pub(super) async fn show(
    ctx: PageContext,
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
) -> Response {
    if let Some(refusal) = refuse_strangers(&ctx) {
        return refusal;
    }
    let query = FormState::from_urlencoded(&query.unwrap_or_default());
    let settings = match state.broker.channels(&ctx.op()).await {
        Ok(settings) => settings,
        Err(error) => return fail(&ctx, error),
    };
    let form = filled(&settings);
    sheet(&ctx, &state, (&settings, &form), (query.filled("cursor"), None), StatusCode::OK).await
}

/// The form as the channels are set.
fn filled(settings: &ChannelSettings) -> FormState {
    let form = FormState::empty()
        .with(URL, settings.webhook_url.clone().unwrap_or_default())
        .with(LANGUAGE, settings.language.clone().unwrap_or_default());
    let on = [(settings.mail, Channel::Mail), (settings.webhook, Channel::Webhook)];
    on.into_iter()
        .filter(|(on, _)| *on)
        .fold(form, |form, (_, channel)| form.with(CHANNELS, channel.as_str()))
}

pub(super) async fn save(
    ctx: PageContext,
    State(state): State<AppState>,
    mut form: FormState,
) -> Response {
    if let Some(refusal) = refuse_strangers(&ctx) {
        return refusal;
    }
    let words = ctx.words();
    let has = |channel: Channel| {
        form.pairs().any(|(name, value)| name == CHANNELS && value == channel.as_str())
    };
    let wish = SetChannels {
        mail: has(Channel::Mail),
        webhook: has(Channel::Webhook),
        webhook_url: form.value(URL).to_owned(),
        language: form.value(LANGUAGE).to_owned(),
    };
    match state.broker.set_channels(&ctx.op(), &wish).await {
        Ok(set) => match set.secret {
            None => redirect(AT, Some((FlashKind::Done, words.channels_saved().to_owned()))),
            Some(secret) => {
                let form = filled(&set.settings);
                let shown = (&set.settings, &form);
                sheet(&ctx, &state, shown, (None, Some(secret)), StatusCode::CREATED).await
            }
        },
        Err(BrokerError::Invalid(faults)) => {
            for fault in faults {
                match fault.code.as_str() {
                    "required" => form.fail(URL, words.channels_url_needed()),
                    "webhook_url" => form.fail(URL, words.channels_url_wrong()),
                    _ => form.fail(LANGUAGE, fault_text(words, &fault)),
                }
            }
            let settings = match state.broker.channels(&ctx.op()).await {
                Ok(settings) => settings,
                Err(error) => return fail(&ctx, error),
            };
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            sheet(&ctx, &state, (&settings, &form), (None, None), status).await
        }
        Err(error) => fail(&ctx, error),
    }
}

pub(super) async fn renew(ctx: PageContext, State(state): State<AppState>) -> Response {
    if let Some(refusal) = refuse_strangers(&ctx) {
        return refusal;
    }
    let made = match state.broker.renew_webhook_secret(&ctx.op()).await {
        Ok(secret) => state.broker.channels(&ctx.op()).await.map(|settings| (secret, settings)),
        Err(error) => Err(error),
    };
    match made {
        Ok((secret, settings)) => {
            let form = filled(&settings);
            let shown = (&settings, &form);
            sheet(&ctx, &state, shown, (None, Some(secret)), StatusCode::CREATED).await
        }
        Err(error) => fail(&ctx, error),
    }
}

pub(super) async fn again(
    ctx: PageContext,
    State(state): State<AppState>,
    Path((id, channel)): Path<(String, String)>,
) -> Response {
    if let Some(refusal) = refuse_strangers(&ctx) {
        return refusal;
    }
    let named = id.parse().ok().zip(Channel::from_word(&channel));
    let Some((id, channel)) = named else {
        return fail(&ctx, BrokerError::NotFound { what: "delivery" });
    };
    match state.broker.send_again(&ctx.op(), id, channel).await {
        Ok(count) => {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            redirect(AT, Some((FlashKind::Done, ctx.words().channels_again_done(count))))
        }
        Err(error) => fail(&ctx, error),
    }
}

async fn sheet(
    ctx: &PageContext,
    state: &AppState,
    (settings, form): (&ChannelSettings, &FormState),
    (cursor, secret): (Option<&str>, Option<String>),
    status: StatusCode,
) -> Response {
    let list = match state.broker.deliveries(&ctx.op(), cursor, ROWS).await {
        Ok(list) => list,
        Err(error) => return fail(ctx, error),
    };
    let words = ctx.words();
    let organisation =
        ctx.viewer.as_ref().map(|viewer| viewer.organisation_name.clone()).unwrap_or_default();
    page(ctx, Page::new(words.channels_title()).status(status).private(), || {
        let first = cursor.map(|_| AT.to_owned());
        let next = list.next.as_ref().map(|cursor| format!("{AT}?cursor={cursor}"));
        view! {
            {breadcrumbs(words, vec![(words.common_account_open().to_owned(), "/account".to_owned())])}
            {page_head(words.channels_title(), Some(words.channels_lead(organisation)), vec![])}
            {secret.map(|secret| fresh(words, &secret))}
            {section("settings", words.channels_settings(), fields(ctx, settings, form))}
            {section("deliveries", words.channels_deliveries(), deliveries(ctx, &list))}
            {pagination(words, first, next)}
        }
        .into_any()
    })
}

/// The secret; it is nowhere to be read afterwards.
fn fresh(words: Words, secret: &str) -> AnyView {
    let body = view! {
        <p>{words.channels_secret_text()}</p>
        {definitions(vec![(words.channels_secret_title().to_owned(), whole(words, secret))])}
    };
    view! { <div class="flash" role="status">{notice(Kind::Attention, words.channels_secret_title(), body.into_any())}</div> }
        .into_any()
}

fn fields(ctx: &PageContext, settings: &ChannelSettings, form: &FormState) -> AnyView {
    let words = ctx.words();
    let language = [Locale::Ja, Locale::En]
        .into_iter()
        .fold(
            Select::new(LANGUAGE, words.channels_language())
                .option("", words.channels_language_default()),
            |choice, locale| choice.option(locale.tag(), locale.own_name()),
        )
        .of(form);
    let impossible = (!settings.mail_possible)
        .then(|| view! { <p class="hint">{words.channels_mail_impossible()}</p> });
    let renew = settings.has_secret.then(|| {
        view! {
            <form method="post" action=format!("{AT}/secret")>
                <p>{words.channels_secret_renew_text()}</p>
                <p class="actions">{Button::secondary(words.channels_secret_renew()).view()}</p>
            </form>
        }
    });
    view! {
        {error_summary(form, words)}
        <form class="form" method="post" action=AT>
            {CheckGroup::new(CHANNELS, words.channels_settings())
                .option(Channel::Mail.as_str(), words.channels_by_mail())
                .option(Channel::Webhook.as_str(), words.channels_webhook())
                .of(form)
                .view()}
            {impossible}
            {language.view()}
            {Field::text(URL, words.channels_url()).hint(words.channels_url_hint()).of(form).max_length(2000).view()}
            <p class="actions">{Button::primary(words.channels_save()).view()}</p>
        </form>
        {renew}
    }
    .into_any()
}

fn deliveries(ctx: &PageContext, list: &DeliveryList) -> AnyView {
    let words = ctx.words();
    if list.items.is_empty() {
        return empty(words.channels_none(), words.channels_none_text(), None);
    }
    let columns = vec![
        Column::text(words.channels_notice()),
        Column::text(words.channels_channel()),
        Column::text(words.channels_state()),
        Column::text(words.channels_deed()),
    ];
    let rows = list.items.iter().map(|one| row(ctx, one));
    Table::new(words.channels_deliveries(), columns).rows(rows).view()
}

fn row(ctx: &PageContext, one: &DeliveryView) -> Vec<AnyView> {
    let words = ctx.words();
    let kind = kind(words, &one.kind);
    let channel = match (one.channel, &one.person) {
        (Channel::Webhook, _) => words.channels_channel_webhook().to_owned(),
        (Channel::Mail, Some(person)) => words.channels_channel_mail_to(person),
        (Channel::Mail, None) => words.channels_channel_mail().to_owned(),
    };
    let state = match one.state.as_str() {
        "delivered" => badge(Badge::Good, words.channels_delivered()),
        "given_up" => badge(Badge::Bad, words.channels_given_up()),
        _ => badge(Badge::Busy, words.channels_waiting()),
    };
    let tried = (one.attempts > 0).then(|| words.channels_tries(one.attempts));
    let next = one
        .next_at
        .filter(|_| one.attempts > 0)
        .map(|at| words.channels_next(format::exact_time(ctx.locale, at.0)));
    let more = [tried, next].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    // What a receiver or a server said is in its own words.
    let fault = one.fault.clone().map(|text| view! { <p class="technical">{text}</p> });
    let ended = one.ended_at.map(|at| time(ctx, at.0));
    let again = (one.state != "waiting").then(|| {
        let action = format!("{AT}/deliveries/{}/{}", one.notice, one.channel.as_str());
        let name = words.channels_again_named(&kind, &channel);
        view! { <form method="post" action=action>{Button::secondary(words.channels_again()).named(name).view()}</form> }
    });
    vec![
        view! { {kind.clone()}" "{time(ctx, one.created_at.0)} }.into_any(),
        channel.into_any(),
        view! { {state}" "{ended}<p class="hint">{more}</p>{fault} }.into_any(),
        again.into_any(),
    ]
}

/// What kind of notice it is, in words; one of another version as it is.
fn kind(words: Words, word: &str) -> String {
    let text = match word {
        "offer_gained" => words.channels_kind_offer_gained(),
        "offer_lost" => words.channels_kind_offer_lost(),
        "offer_changed" => words.channels_kind_offer_changed(),
        "evidence_ends" | "evidence_ended" => words.newer_evidence_about(),
        "announced" | "announcement_changed" | "announcement_over" => {
            words.announce_provider_section()
        }
        "newer_version" => words.channels_kind_newer_version(),
        "provider_ends" | "provider_stays" | "provider_ended" => words.channels_kind_provider(),
        "preemption_noticed"
        | "preemption_called_off"
        | "preempted"
        | "room_returned"
        | "room_given"
        | "room_settled" => words.channels_kind_preemption(),
        other => return other.to_owned(),
    };
    text.to_owned()
}
