//! What a provider does with an offer: submit it, take it back, say when, pause it, end it, answer comments.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use broker::{
    BrokerError,
    offers::{Ending, NewComment, OwnOffer, Submission},
};
use domain::{CommentId, OfferEvent, OfferStage, OfferState, ReviewId, ReviewState};
use leptos::prelude::*;

use super::{offer, offer_id};
use crate::{
    AppState, FlashKind, PageContext,
    account::OfProvider,
    contracts::read_moment,
    form::FormState,
    format,
    providers::life::{self, Talk},
    render::redirect,
    ui::{Button, Field, Kind, Look, disclosure, link_button, notice, section},
};

/// Where the offer stands and what can be done with it now.
pub(super) fn publication(ctx: &PageContext, offer: &OwnOffer, form: &FormState) -> AnyView {
    let words = ctx.words();
    let card = &offer.card;
    let at = format!("/provider/offers/{}", card.id);
    let newer =
        card.published_version != Some(card.current_version) || card.state != OfferState::Published;
    let open = offer.open_review();
    let under_review = open.is_some_and(|review| review.version == card.current_version);
    let possible = newer && !under_review && card.state.apply(OfferEvent::Publish).is_ok();
    let publish = possible.then(|| {
        let label = words.portal_offer_publish(card.current_version);
        view! { <form method="post" action=format!("{at}/publish")>{Button::primary(label).view()}</form> }
    });
    let later = (possible && open.is_none()).then(|| {
        let fields = view! {
            <form class="form" method="post" action=format!("{at}/submit")>
                {publish_at(ctx, form)}
                {Field::area("note", words.life_note(), 2).hint(words.life_note_hint()).of(form).max_length(500).view()}
                <p class="actions">{Button::secondary(words.life_submit()).view()}</p>
            </form>
        }
        .into_any();
        let faulty = form.error("publishAt").is_some() || form.error("note").is_some();
        if faulty { fields } else { disclosure(words.life_later(), fields) }
    });
    view! {
        {life::way(words, card.stage)}
        {section("publication", words.portal_publish_title(), view! {
            {about(ctx, offer, newer)}
            <p><a href=format!("{at}/affected")>{words.newer_affected_link()}</a></p>
            <div class="actions">{publish}{direct(ctx, offer)}</div>
            {later}
            {under_way(ctx, offer, form)}
            {pause(ctx, offer, form)}
        }.into_any())}
    }
    .into_any()
}

/// What the state means for customers.
fn about(ctx: &PageContext, offer: &OwnOffer, newer: bool) -> AnyView {
    let words = ctx.words();
    let card = &offer.card;
    let text = match card.stage {
        OfferStage::Draft => words.portal_publish_draft().to_owned(),
        OfferStage::Submitted => words.life_about_submitted().to_owned(),
        OfferStage::InReview => words.life_about_in_review().to_owned(),
        OfferStage::Scheduled => words.life_about_scheduled().to_owned(),
        OfferStage::Published if offer.open_review().is_some() => {
            words.life_about_next_under_review().to_owned()
        }
        OfferStage::Published if newer => words.portal_publish_newer().to_owned(),
        OfferStage::Published => words.portal_publish_current().to_owned(),
        OfferStage::Paused => words.life_about_paused().to_owned(),
        OfferStage::Withdrawing => {
            let ends = card.ends_at.map(|at| format::exact_time(ctx.locale, at.0));
            words.life_about_withdrawing(ends.unwrap_or_default())
        }
        OfferStage::Withdrawn => words.portal_publish_withdrawn().to_owned(),
    };
    view! { <p>{text}</p> }.into_any()
}

/// What takes one button: resume, stay, end.
fn direct(ctx: &PageContext, offer: &OwnOffer) -> AnyView {
    let words = ctx.words();
    let card = &offer.card;
    let at = format!("/provider/offers/{}", card.id);
    let send = |verb: &str, label: &str| {
        view! { <form method="post" action=format!("{at}/{verb}")>{Button::secondary(label).view()}</form> }
    };
    let resume = (card.state == OfferState::Paused).then(|| send("resume", words.life_resume()));
    let stay = (card.state == OfferState::Withdrawing).then(|| send("stay", words.life_stay()));
    let end = (card.state.apply(OfferEvent::Withdraw).is_ok())
        .then(|| link_button(Look::Danger, words.portal_withdraw_open(), format!("{at}/withdraw")));
    view! { {resume}{stay}{end} }.into_any()
}

/// The version that is under review or waits for its moment: move the moment, or take it back.
fn under_way(ctx: &PageContext, offer: &OwnOffer, form: &FormState) -> Option<AnyView> {
    let words = ctx.words();
    let review = offer.open_review()?;
    let at = format!("/provider/offers/{}", offer.card.id);
    let shown = match review.publish_at {
        Some(moment) if !form.names("publishAt") => {
            let typed = format::field_moment(ctx.locale, moment.0);
            FormState::empty().with("publishAt", typed)
        }
        _ => form.clone(),
    };
    let at_once = review.publish_at.is_some().then(|| {
        let label = match review.state {
            ReviewState::Approved => words.life_now(),
            _ => words.life_when_approved(),
        };
        Button::secondary(label).sends("step", "now").view()
    });
    Some(
        view! {
            <form class="form" method="post" action=format!("{at}/schedule")>
                {publish_at(ctx, &shown)}
                <p class="actions">
                    {Button::secondary(words.life_schedule()).sends("step", "set").view()}
                    {at_once}
                </p>
            </form>
            <form method="post" action=format!("{at}/take-back")>
                {Button::secondary(words.life_take_back(review.version)).view()}
            </form>
        }
        .into_any(),
    )
}

fn publish_at(ctx: &PageContext, form: &FormState) -> AnyView {
    let words = ctx.words();
    Field::moment("publishAt", words.life_publish_at())
        .hint(words.life_publish_at_hint())
        .of(form)
        .view()
}

fn pause(ctx: &PageContext, offer: &OwnOffer, form: &FormState) -> Option<AnyView> {
    let words = ctx.words();
    offer.card.state.apply(OfferEvent::Pause).ok()?;
    let at = format!("/provider/offers/{}/pause", offer.card.id);
    let fields = view! {
        <p>{words.life_pause_text()}</p>
        <form class="form" method="post" action=at>
            {Field::area("reason", words.life_history_why(), 2).hint(words.life_pause_hint()).of(form).max_length(500).view()}
            <p class="actions">{Button::secondary(words.life_pause()).view()}</p>
        </form>
    }
    .into_any();
    let typed = form.error("reason").is_some();
    Some(if typed { fields } else { disclosure(words.life_pause_open(), fields) })
}

/// The latest review with what decided, and what was said in all of them.
pub(super) fn reviews(ctx: &PageContext, offer: &OwnOffer, form: &FormState) -> Option<AnyView> {
    let words = ctx.words();
    let last = offer.reviews.first()?;
    let refused = (last.state == ReviewState::Refused).then(|| {
        let body = view! { <p>{last.reason.clone()}</p><p>{words.life_refused_next()}</p> };
        notice(Kind::Attention, words.life_refused(last.version), body.into_any())
    });
    let at = format!("/provider/offers/{}/comments", offer.card.id);
    let talk = Talk { at: &at, document: &offer.document, form };
    let said = (!offer.comments.is_empty()).then(|| {
        section("comments", words.life_comments_title(), life::comments(ctx, talk, &offer.comments))
    });
    let title = words.life_review_title(last.version);
    let body = view! {
        {refused}
        {life::review(ctx, last)}
        {disclosure(words.life_rules_title(), life::evaluation(ctx, last))}
    };
    Some(view! { {section("review", title, body.into_any())}{said} }.into_any())
}

/// The history of the offer.
pub(super) fn history(ctx: &PageContext, offer: &OwnOffer) -> AnyView {
    section("history", ctx.words().life_history_title(), life::history(ctx, &offer.history))
}

/// Answers with the offer's page: with a word that it is done, with what is wrong at its field, or with why not.
pub(super) async fn answered(
    ctx: &PageContext,
    state: &AppState,
    (id, form): (&str, FormState),
    done: Result<&str, BrokerError>,
) -> Response {
    match life::follow(ctx, &format!("/provider/offers/{id}"), form, done) {
        Ok(response) => response,
        Err(form) => offer::sheet(ctx, state, id, &form, StatusCode::UNPROCESSABLE_ENTITY).await,
    }
}

/// What became of a submission, in one sentence.
pub(super) fn became(ctx: &PageContext, offer: &OwnOffer) -> (FlashKind, String) {
    let words = ctx.words();
    match offer.open_review() {
        Some(review) if review.state == ReviewState::Approved => {
            let at = review.publish_at.map(|at| format::exact_time(ctx.locale, at.0));
            (FlashKind::Done, words.life_became_scheduled(review.version, at.unwrap_or_default()))
        }
        Some(review) => (FlashKind::Note, words.life_became_submitted(review.version)),
        None => (FlashKind::Done, words.portal_published(offer.card.current_version)),
    }
}

pub(super) async fn submit(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    Path(id): Path<String>,
    mut form: FormState,
) -> Response {
    let publish_at = read_moment(&ctx, &mut form, "publishAt");
    if !form.is_sound() {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return offer::sheet(&ctx, &state, &id, &form, status).await;
    }
    let wish = Submission { note: form.value("note").to_owned(), publish_at };
    let submitted = async { state.broker.submit_offer(&ctx.op(), offer_id(&id)?, &wish).await };
    match submitted.await {
        Ok(offer) => {
            redirect(&format!("/provider/offers/{}", offer.card.id), Some(became(&ctx, &offer)))
        }
        Err(error) => answered(&ctx, &state, (&id, form), Err(error)).await,
    }
}

pub(super) async fn schedule(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    Path(id): Path<String>,
    mut form: FormState,
) -> Response {
    let at_once = form.value("step") == "now";
    let publish_at = if at_once { None } else { read_moment(&ctx, &mut form, "publishAt") };
    if !form.is_sound() {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return offer::sheet(&ctx, &state, &id, &form, status).await;
    }
    let moved = async { state.broker.schedule_offer(&ctx.op(), offer_id(&id)?, publish_at).await };
    match moved.await {
        Ok(offer) => {
            redirect(&format!("/provider/offers/{}", offer.card.id), Some(became(&ctx, &offer)))
        }
        Err(error) => answered(&ctx, &state, (&id, form), Err(error)).await,
    }
}

pub(super) async fn take_back(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    let done = async { state.broker.take_back_offer(&ctx.op(), offer_id(&id)?).await };
    let done = done.await.map(|_| ctx.words().life_taken_back());
    answered(&ctx, &state, (&id, FormState::empty()), done).await
}

pub(super) async fn pause_it(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    Path(id): Path<String>,
    form: FormState,
) -> Response {
    let reason = form.value("reason");
    let done = async { state.broker.pause_offer(&ctx.op(), offer_id(&id)?, reason).await };
    let done = done.await.map(|_| ctx.words().life_paused());
    answered(&ctx, &state, (&id, form), done).await
}

pub(super) async fn resume(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    let done = async { state.broker.resume_offer(&ctx.op(), offer_id(&id)?).await };
    let done = done.await.map(|_| ctx.words().life_resumed());
    answered(&ctx, &state, (&id, FormState::empty()), done).await
}

pub(super) async fn stay(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    let done = async { state.broker.take_end_back(&ctx.op(), offer_id(&id)?).await };
    let done = done.await.map(|_| ctx.words().life_stayed());
    answered(&ctx, &state, (&id, FormState::empty()), done).await
}

/// The announcement of an end: with what is wrong on its own page.
pub(super) async fn announce(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    Path(id): Path<String>,
    mut form: FormState,
) -> Response {
    let ends_at = read_moment(&ctx, &mut form, "endsAt");
    if !form.is_sound() {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return super::withdraw::sheet(&ctx, &state, &id, &form, status).await;
    }
    let ending = Ending { reason: form.value("reason").to_owned(), ends_at };
    let done = async { state.broker.announce_end(&ctx.op(), offer_id(&id)?, &ending).await };
    let done = done.await.map(|_| ctx.words().life_announced());
    match life::follow(&ctx, &format!("/provider/offers/{id}"), form, done) {
        Ok(response) => response,
        Err(form) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            super::withdraw::sheet(&ctx, &state, &id, &form, status).await
        }
    }
}

pub(super) async fn comment(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    Path(id): Path<String>,
    form: FormState,
) -> Response {
    let said = async {
        let (review, new) = read_comment(&form)?;
        state.broker.comment_on_offer(&ctx.op(), review, &new).await
    };
    let done = said.await.map(|_| ctx.words().life_said());
    answered(&ctx, &state, (&id, form), done).await
}

/// What a form says about a place, and in which review.
pub(crate) fn read_comment(form: &FormState) -> Result<(ReviewId, NewComment), BrokerError> {
    let gone = |what| move |_| BrokerError::NotFound { what };
    let review = form.value("review").parse().map_err(gone("review"))?;
    let answers = form.filled("answers");
    let text = match answers {
        Some(comment) => form.value(&life::answer_field(comment)),
        None => form.value("text"),
    };
    let answers = answers.map(str::parse::<CommentId>).transpose().map_err(gone("comment"))?;
    let (pointer, text) = (form.value("pointer").to_owned(), text.to_owned());
    Ok((review, NewComment { pointer, text, answers }))
}

pub(super) async fn settle(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    Path(id): Path<String>,
    form: FormState,
) -> Response {
    let settled = async {
        let comment = form.value("comment").parse();
        let comment = comment.map_err(|_| BrokerError::NotFound { what: "comment" })?;
        state.broker.settle_comment(&ctx.op(), comment).await
    };
    let done = settled.await.map(|()| ctx.words().life_settled_done());
    answered(&ctx, &state, (&id, FormState::empty()), done).await
}
