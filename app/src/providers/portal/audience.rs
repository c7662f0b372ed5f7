//! Who may know of an offer: the provider's audiences, invitations into them, and the choice for one offer.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use broker::{
    BrokerError,
    audience::{AudienceCard, AudienceView, DAYS_USUAL, Invitation, Invite, NOTE_MAX},
    offers::OwnOffer,
};
use domain::{AudienceId, AudienceKind, InvitationId, InvitationState};
use leptos::prelude::*;
use sla::{DeploymentModel, Offer};

use super::{Part, offer_id, parts};
use crate::{
    AppState, FlashKind, PageContext,
    account::OfProvider,
    fault::note_faults,
    form::FormState,
    layout::fail,
    render::{Page, page, redirect},
    ui::{
        Button, Column, Field, Kind, Select, State as Badge, Table, badge, breadcrumbs, empty,
        error_summary, notice, page_head, section, time, whole,
    },
    words::Words,
};

/// The address of the list.
const AT: &str = "/provider/audiences";
/// Days of an invitation as its field allows them.
const DAYS: (&str, &str) = ("1", "90");

pub(super) async fn list(OfProvider(ctx): OfProvider, State(state): State<AppState>) -> Response {
    list_sheet(&ctx, &state, &FormState::empty(), StatusCode::OK).await
}

pub(super) async fn make(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    mut form: FormState,
) -> Response {
    let words = ctx.words();
    let kind = form.value("kind").parse().unwrap_or(AudienceKind::Private);
    match state.broker.make_audience(&ctx.op(), kind, form.value("name")).await {
        Ok(made) => {
            let told = (FlashKind::Done, words.audience_made().to_owned());
            redirect(&format!("{AT}/{}", made.id), Some(told))
        }
        Err(error) if note_faults(&mut form, words, &error) => {
            list_sheet(&ctx, &state, &form, crate::fault::status_of(&error)).await
        }
        Err(error) => fail(&ctx, error),
    }
}

async fn list_sheet(
    ctx: &PageContext,
    state: &AppState,
    form: &FormState,
    status: StatusCode,
) -> Response {
    let found = match state.broker.my_audiences(&ctx.op()).await {
        Ok(found) => found,
        Err(error) => return fail(ctx, error),
    };
    let words = ctx.words();
    page(ctx, Page::new(words.audience_title()).status(status).private(), || {
        let kinds = AudienceKind::ALL
            .into_iter()
            .fold(Select::new("kind", words.audience_kind()), |select, kind| {
                select.option(kind.as_str(), kind_word(words, kind))
            });
        view! {
            {page_head(words.audience_title(), Some(words.audience_lead().to_owned()), vec![])}
            {parts(words, Part::Audiences)}
            {error_summary(form, words)}
            {section("audiences", words.audience_list(), table(ctx, &found))}
            {section("new", words.audience_new(), view! {
                <form class="form" method="post" action=AT>
                    {Field::text("name", words.audience_name()).hint(words.audience_name_hint()).of(form).required().max_length(80).view()}
                    {kinds.of(form).view()}
                    <p class="actions">{Button::primary(words.audience_make()).view()}</p>
                </form>
            }.into_any())}
        }
        .into_any()
    })
}

fn kind_word(words: Words, kind: AudienceKind) -> &'static str {
    match kind {
        AudienceKind::Private => words.audience_kind_private(),
        AudienceKind::Community => words.audience_kind_community(),
    }
}

fn table(ctx: &PageContext, audiences: &[AudienceCard]) -> AnyView {
    let words = ctx.words();
    if audiences.is_empty() {
        return empty(words.audience_none(), words.audience_none_text(), None);
    }
    let columns = vec![
        Column::text(words.audience_name()),
        Column::text(words.audience_kind()),
        Column::number(words.audience_members()),
        Column::number(words.audience_offers()),
        Column::text(words.audience_made_at()),
    ];
    let rows = audiences.iter().map(|one| {
        vec![
            view! { <a href=format!("{AT}/{}", one.id)>{one.name.clone()}</a> }.into_any(),
            kind_word(words, one.kind).into_any(),
            one.members.to_string().into_any(),
            one.offers.to_string().into_any(),
            time(ctx, one.created_at.0),
        ]
    });
    Table::new(words.audience_list(), columns).rows(rows).view()
}

pub(super) async fn show(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    sheet(&ctx, &state, &id, Typed { form: FormState::empty(), code: None, status: StatusCode::OK })
        .await
}

pub(super) async fn invite(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    Path(id): Path<String>,
    mut form: FormState,
) -> Response {
    let words = ctx.words();
    let wish = Invite {
        organisation: form.value("organisation").to_owned(),
        note: form.value("note").to_owned(),
        // What is no number is outside of every range.
        days: form.filled("days").map(|days| days.parse().unwrap_or(0)),
    };
    let invited = match audience_id(&id) {
        Ok(audience) => state.broker.invite(&ctx.op(), audience, &wish).await,
        Err(error) => Err(error),
    };
    match invited {
        Ok((_, None)) => {
            let told = (FlashKind::Done, words.audience_invited().to_owned());
            redirect(&format!("{AT}/{id}"), Some(told))
        }
        Ok((_, code)) => {
            let typed = Typed { form: FormState::empty(), code, status: StatusCode::CREATED };
            sheet(&ctx, &state, &id, typed).await
        }
        Err(error) if note_faults(&mut form, words, &error) => {
            let status = crate::fault::status_of(&error);
            sheet(&ctx, &state, &id, Typed { form, code: None, status }).await
        }
        Err(error) => fail(&ctx, error),
    }
}

pub(super) async fn take_back(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    let taken = match id.parse::<InvitationId>() {
        Ok(id) => state.broker.take_back_invitation(&ctx.op(), id).await,
        Err(_) => Err(BrokerError::NotFound { what: "invitation" }),
    };
    match taken {
        Ok(invitation) => {
            let told = (FlashKind::Done, ctx.words().audience_taken_back().to_owned());
            redirect(&format!("{AT}/{}", invitation.audience), Some(told))
        }
        Err(error) => fail(&ctx, error),
    }
}

fn audience_id(text: &str) -> Result<AudienceId, BrokerError> {
    text.parse().map_err(|_| BrokerError::NotFound { what: "audience" })
}

/// What became of the form for invitations.
struct Typed {
    form: FormState,
    /// The code that was made: it is nowhere to be read afterwards.
    code: Option<String>,
    status: StatusCode,
}

async fn sheet(ctx: &PageContext, state: &AppState, id: &str, typed: Typed) -> Response {
    let read = async { state.broker.audience(&ctx.op(), audience_id(id)?).await };
    let found = match read.await {
        Ok(found) => found,
        Err(error) => return fail(ctx, error),
    };
    let words = ctx.words();
    let Typed { form, code, status } = typed;
    page(ctx, Page::new(found.card.name.clone()).status(status).private(), || {
        let trail = vec![(words.audience_title().to_owned(), AT.to_owned())];
        let kind = kind_word(words, found.card.kind).to_owned();
        view! {
            {breadcrumbs(words, trail)}
            {page_head(found.card.name.clone(), Some(kind), vec![])}
            {code.map(|code| fresh(words, &code))}
            {error_summary(&form, words)}
            {section("invitations", words.audience_invitations(), invitations(ctx, &found.invitations))}
            {section("invite", words.audience_invite(), invite_form(words, &found, &form))}
            {section("offers", words.audience_offers(), offers(ctx, &found))}
        }
        .into_any()
    })
}

fn fresh(words: Words, code: &str) -> AnyView {
    let body = view! { <p>{words.audience_code_text()}</p><p>{whole(words, code)}</p> }.into_any();
    let inside = notice(Kind::Done, words.audience_code(), body);
    view! { <div class="fresh" role="status">{inside}</div> }.into_any()
}

fn invite_form(words: Words, found: &AudienceView, form: &FormState) -> AnyView {
    let most = u32::try_from(NOTE_MAX).unwrap_or(u32::MAX);
    let days = Field::number("days", words.audience_invite_days())
        .value(DAYS_USUAL.to_string())
        .unit(words.audience_days())
        .range(Some(DAYS.0), Some(DAYS.1), None);
    let days = if form.names("days") { days.of(form) } else { days };
    view! {
        <form class="form" method="post" action=format!("{AT}/{}/invitations", found.card.id)>
            {Field::text("organisation", words.audience_whom()).hint(words.audience_invite_whom_hint()).of(form).view()}
            {Field::text("note", words.audience_note()).hint(words.audience_note_hint()).of(form).max_length(most).view()}
            {days.narrow().view()}
            <p class="actions">{Button::primary(words.audience_invite()).view()}</p>
        </form>
    }
    .into_any()
}

fn invitations(ctx: &PageContext, invitations: &[Invitation]) -> AnyView {
    let words = ctx.words();
    if invitations.is_empty() {
        return view! { <p>{words.audience_invitations_none()}</p> }.into_any();
    }
    let columns = vec![
        Column::text(words.audience_whom()),
        Column::text(words.audience_note()),
        Column::text(words.audience_state()),
        Column::text(words.audience_until()),
        Column::text(words.audience_action()),
    ];
    let rows = invitations.iter().map(|one| {
        let name = match &one.organisation {
            Some((_, name)) => name.clone(),
            None => words.audience_whoever().to_owned(),
        };
        let live = matches!(one.state, InvitationState::Open | InvitationState::Accepted);
        let action = if live {
            let at = format!("/provider/invitations/{}/take-back", one.id);
            let button = Button::secondary(words.audience_take_back())
                .named(words.audience_take_back_named(&name));
            view! { <form method="post" action=at>{button.view()}</form> }.into_any()
        } else {
            "–".into_any()
        };
        vec![
            name.into_any(),
            one.note.clone().into_any(),
            state_badge(words, one),
            time(ctx, one.expires_at.0),
            action,
        ]
    });
    Table::new(words.audience_invitations(), columns).rows(rows).view()
}

/// Where an invitation stands.
pub(crate) fn state_badge(words: Words, one: &Invitation) -> AnyView {
    let (kind, word) = match one.state {
        InvitationState::Open if one.expired => (Badge::Quiet, words.audience_state_expired()),
        InvitationState::Open => (Badge::Attention, words.audience_state_open()),
        InvitationState::Accepted => (Badge::Good, words.audience_state_accepted()),
        InvitationState::Declined => (Badge::Quiet, words.audience_state_declined()),
        InvitationState::Left => (Badge::Quiet, words.audience_state_left()),
        InvitationState::TakenBack => (Badge::Quiet, words.audience_state_taken_back()),
    };
    badge(kind, word)
}

fn offers(ctx: &PageContext, found: &AudienceView) -> AnyView {
    let words = ctx.words();
    if found.offers.is_empty() {
        return view! { <p>{words.audience_offers_none()}</p> }.into_any();
    }
    let line = |one: &broker::audience::AudienceOffer| {
        let title = ctx.locale.pick(&one.title_en, &one.title_ja).to_owned();
        let off = (!one.on_market).then(|| badge(Badge::Quiet, words.audience_offer_off()));
        view! { <li><a href=format!("/provider/offers/{}", one.id)>{title}</a>" "{off}</li> }
    };
    let lines: Vec<_> = found.offers.iter().map(line).collect();
    view! { <ul>{lines}</ul> }.into_any()
}

pub(super) async fn choose(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    Path(id): Path<String>,
    form: FormState,
) -> Response {
    let done = async {
        let audience = form.filled("audience").map(audience_id).transpose()?;
        state.broker.show_offer_to(&ctx.op(), offer_id(&id)?, audience).await
    };
    match done.await {
        Ok(()) => {
            let told = (FlashKind::Done, ctx.words().audience_choice_saved().to_owned());
            redirect(&format!("/provider/offers/{id}#audience"), Some(told))
        }
        Err(error) => fail(&ctx, error),
    }
}

/// Who may know of an offer, and the choice of somebody else.
pub(super) fn chooser(ctx: &PageContext, offer: &OwnOffer, audiences: &[AudienceCard]) -> AnyView {
    let words = ctx.words();
    let chosen = offer.audience.map(|id| id.to_string()).unwrap_or_default();
    let select = audiences.iter().fold(
        Select::new("audience", words.audience_choice())
            .option("", words.audience_choice_everybody()),
        |select, one| {
            let label = format!("{} ({})", one.name, kind_word(words, one.kind));
            select.option(one.id.to_string(), label)
        },
    );
    let closed_cloud = is_closed(&offer.document);
    let hint = match (closed_cloud, offer.audience) {
        (true, None) => Some(words.audience_hint_public()),
        (false, Some(_)) => Some(words.audience_hint_closed()),
        _ => None,
    };
    let body = view! {
        {hint.map(|hint| view! { <p class="hint">{hint}</p> })}
        <form class="form" method="post" action=format!("/provider/offers/{}/audience", offer.card.id)>
            {select.chosen([chosen]).hint(words.audience_choice_text()).view()}
            <p class="actions">{Button::secondary(words.audience_choice_save()).view()}</p>
        </form>
        <p><a href=AT>{words.audience_choice_open()}</a></p>
    };
    section("audience", words.audience_choice(), body.into_any())
}

/// Whether a document speaks of a cloud that is not for everybody.
fn is_closed(document: &Offer) -> bool {
    let model = document.spec.service.deployment;
    matches!(model, DeploymentModel::Private | DeploymentModel::Community)
}

/// What publishing at once would tell everybody, where the document speaks of a cloud that is not for everybody.
pub(super) fn publish_hint(
    words: Words,
    document: &Offer,
    over: Option<&OwnOffer>,
) -> Option<AnyView> {
    let public = over.is_none_or(|old| old.audience.is_none());
    let hint = is_closed(document) && public;
    hint.then(|| view! { <p class="hint">{words.audience_hint_publish()}</p> }.into_any())
}
