//! The life of an offer as both sides see it: its stage, what the rules said, what was said about single places,
//! and its history.

use axum::response::Response;
use broker::{
    BrokerError,
    offers::{CommentView, HistoryLine, LifeStep, ReviewView},
};
use domain::{Evaluation, OfferStage, ReviewRule, ReviewState, Role, RuleAnswer};
use leptos::prelude::*;

use crate::{
    FlashKind, PageContext,
    fault::{fault_text, note_faults},
    form::FormState,
    format,
    layout::fail,
    market::text,
    render::redirect,
    ui::{
        Button, Column, Field, Select, State, Table, Views, badge, definitions, disclosure, time,
    },
    words::Words,
};

/// The stages of a life that is never interrupted, in their order.
const WAY: [OfferStage; 7] = [
    OfferStage::Draft,
    OfferStage::Submitted,
    OfferStage::InReview,
    OfferStage::Scheduled,
    OfferStage::Published,
    OfferStage::Withdrawing,
    OfferStage::Withdrawn,
];

/// The word for a stage.
pub(crate) fn stage_word(words: Words, stage: OfferStage) -> &'static str {
    match stage {
        OfferStage::Draft => words.portal_state_draft(),
        OfferStage::Submitted => words.life_stage_submitted(),
        OfferStage::InReview => words.life_stage_in_review(),
        OfferStage::Scheduled => words.life_stage_scheduled(),
        OfferStage::Published => words.portal_state_published(),
        OfferStage::Paused => words.life_stage_paused(),
        OfferStage::Withdrawing => words.life_stage_withdrawing(),
        OfferStage::Withdrawn => words.portal_state_withdrawn(),
    }
}

/// The stage with its mark.
pub(crate) fn stage_badge(words: Words, stage: OfferStage) -> AnyView {
    let kind = match stage {
        OfferStage::Draft | OfferStage::Paused | OfferStage::Withdrawing => State::Attention,
        OfferStage::Submitted | OfferStage::InReview | OfferStage::Scheduled => State::Busy,
        OfferStage::Published => State::Good,
        OfferStage::Withdrawn => State::Quiet,
    };
    badge(kind, stage_word(words, stage))
}

/// Where a review stands, with its mark.
pub(crate) fn review_badge(words: Words, state: ReviewState) -> AnyView {
    match state {
        ReviewState::Submitted => badge(State::Busy, words.life_stage_submitted()),
        ReviewState::InReview => badge(State::Busy, words.life_stage_in_review()),
        ReviewState::Approved => badge(State::Good, words.life_review_approved()),
        ReviewState::Published => badge(State::Good, words.portal_state_published()),
        ReviewState::Refused => badge(State::Bad, words.life_review_refused()),
        ReviewState::TakenBack => badge(State::Quiet, words.life_review_taken_back()),
    }
}

/// The way of an offer, with the stage it stands at marked. A pause stands where publication does.
pub(crate) fn way(words: Words, stage: OfferStage) -> AnyView {
    let at = if stage == OfferStage::Paused { OfferStage::Published } else { stage };
    let steps: Views = WAY
        .into_iter()
        .map(|one| {
            let here = one == at;
            let word = stage_word(words, if here { stage } else { one });
            let current = here.then_some("step");
            let class = if here { "here" } else { "" };
            view! { <li class=class aria-current=current>{word}</li> }.into_any()
        })
        .collect();
    view! { <ol class="stages" aria-label=words.life_way_title()>{steps}</ol> }.into_any()
}

/// What the rules looked at and what each said; which rules, and what came of it.
pub(crate) fn evaluation(ctx: &PageContext, review: &ReviewView) -> AnyView {
    let words = ctx.words();
    let found = &review.evaluation;
    let columns = vec![
        Column::text(words.life_rule_name()),
        Column::text(words.life_rule_answer()),
        Column::text(words.life_rule_found()),
    ];
    let rows = found.checks.iter().map(|check| {
        vec![
            rule_word(words, check.rule).into_any(),
            answer_badge(words, check.answer),
            looked_at(ctx, found, check.rule).into_any(),
        ]
    });
    let outcome = if found.approved { words.life_rules_let() } else { words.life_rules_ask() };
    let which = match found.rules_version {
        0 => words.life_rules_fresh().to_owned(),
        version => words.life_rules_version(version),
    };
    view! {
        <p>{outcome}" "{which}</p>
        {Table::new(words.life_rules_title(), columns).rows(rows).view()}
    }
    .into_any()
}

/// A rule in words.
pub(crate) fn rule_word(words: Words, rule: ReviewRule) -> &'static str {
    match rule {
        ReviewRule::Sound => words.life_rule_sound(),
        ReviewRule::Admitted => words.admit_rule(),
        ReviewRule::ReviewAll => words.life_rule_review_all(),
        ReviewRule::HarmlessChange => words.life_rule_harmless(),
        ReviewRule::PublishedLeast => words.life_rule_published(),
        ReviewRule::NotRefused => words.life_rule_refused(),
        ReviewRule::PriceNear => words.life_rule_price(),
    }
}

fn answer_badge(words: Words, answer: RuleAnswer) -> AnyView {
    match answer {
        RuleAnswer::Holds => badge(State::Good, words.life_answer_holds()),
        RuleAnswer::Fails => badge(State::Attention, words.life_answer_fails()),
        RuleAnswer::NotAsked => badge(State::Quiet, words.life_answer_not_asked()),
    }
}

/// What a rule looked at, with its bound.
fn looked_at(ctx: &PageContext, found: &Evaluation, rule: ReviewRule) -> String {
    let words = ctx.words();
    let (rules, facts) = (&found.rules, &found.facts);
    match rule {
        ReviewRule::Sound | ReviewRule::ReviewAll => "–".to_owned(),
        ReviewRule::Admitted => match facts.admitted {
            None => words.admit_rule_open().to_owned(),
            Some(true) => words.admit_rule_yes().to_owned(),
            Some(false) => words.admit_rule_no().to_owned(),
        },
        ReviewRule::HarmlessChange => match facts.change {
            None => words.life_found_no_change().to_owned(),
            Some(domain::ChangeVerdict::Neutral) => words.life_found_neutral().to_owned(),
            Some(domain::ChangeVerdict::Better) => words.life_found_better().to_owned(),
            Some(domain::ChangeVerdict::Other) => words.life_found_other().to_owned(),
        },
        ReviewRule::PublishedLeast => {
            words.life_found_published(facts.published, rules.published_least)
        }
        ReviewRule::NotRefused => words.life_found_refused(facts.refused, rules.refusal_days),
        ReviewRule::PriceNear if rules.price_percent == 0 => "–".to_owned(),
        ReviewRule::PriceNear => {
            let money = |minor: Option<i64>| match (minor, facts.currency) {
                (Some(minor), Some(currency)) => format::money(minor, currency.code()),
                _ => words.contracts_price_none().to_owned(),
            };
            let (middle, prices) = facts.middle.map_or((None, 0), |at| (Some(at.minor), at.prices));
            words.life_found_price(
                money(facts.price_minor),
                money(middle),
                prices,
                rules.price_percent,
            )
        }
    }
}

/// One review: what was submitted, who decided and why.
pub(crate) fn review(ctx: &PageContext, review: &ReviewView) -> AnyView {
    let words = ctx.words();
    let by = match review.submitted_by_name.as_str() {
        "" => words.desk_audit_system().to_owned(),
        name => name.to_owned(),
    };
    let submitted = view! { {by}" · "{time(ctx, review.submitted_at.0)} };
    let mut facts = vec![
        (words.portal_list_state().to_owned(), review_badge(words, review.state)),
        (words.life_submitted().to_owned(), submitted.into_any()),
    ];
    if !review.note.is_empty() {
        facts.push((words.life_note().to_owned(), review.note.clone().into_any()));
    }
    if let Some(at) = review.publish_at {
        facts.push((words.life_publish_at().to_owned(), moment(ctx, at.0)));
    }
    let decided = match (&review.reviewer_name, review.decided_at) {
        (Some(name), at) => {
            let at = at.map(|at| time(ctx, at.0));
            Some(view! { {name.clone()}" "{at} }.into_any())
        }
        (None, Some(_)) if review.evaluation.approved => {
            Some(words.life_decided_by_rules().into_any())
        }
        (None, _) => None,
    };
    if let Some(decided) = decided {
        facts.push((words.life_decided().to_owned(), decided));
    }
    if let Some(reason) = &review.reason {
        facts.push((words.life_refused_because().to_owned(), reason.clone().into_any()));
    }
    definitions(facts)
}

/// A moment as it was said.
pub(crate) fn moment(ctx: &PageContext, at: i64) -> AnyView {
    let text = format::exact_time(ctx.locale, at);
    view! { <time datetime=format::machine_time(at)>{text}</time> }.into_any()
}

/// What happened, the latest first: what, who, when and why.
pub(crate) fn history(ctx: &PageContext, lines: &[HistoryLine]) -> AnyView {
    let words = ctx.words();
    let columns = vec![
        Column::text(words.desk_audit_at()),
        Column::text(words.desk_audit_what()),
        Column::text(words.desk_audit_who()),
        Column::text(words.life_history_why()),
    ];
    let rows = lines.iter().map(|line| {
        let who = match (line.actor.as_str(), line.actor_name.as_str()) {
            ("rules", _) => words.life_by_rules().to_owned(),
            (_, "") => words.desk_audit_system().to_owned(),
            (_, name) => name.to_owned(),
        };
        let about = line.moment.map(|at| view! { <br/><small>{moment(ctx, at.0)}</small> });
        let version = words.life_version(line.version);
        let what = format!("{} ({version})", step_word(words, line.step));
        let why = if line.reason.is_empty() { "–".to_owned() } else { line.reason.clone() };
        vec![
            time(ctx, line.at.0),
            view! { {what}{about} }.into_any(),
            who.into_any(),
            why.into_any(),
        ]
    });
    if lines.is_empty() {
        return view! { <p>{words.life_history_none()}</p> }.into_any();
    }
    Table::new(words.life_history_title(), columns).rows(rows).view()
}

fn step_word(words: Words, step: LifeStep) -> &'static str {
    match step {
        LifeStep::Drafted => words.life_step_drafted(),
        LifeStep::Revised => words.life_step_revised(),
        LifeStep::Submitted => words.life_step_submitted(),
        LifeStep::ReviewBegun => words.life_step_begun(),
        LifeStep::Approved => words.life_step_approved(),
        LifeStep::Refused => words.life_step_refused(),
        LifeStep::TakenBack => words.life_step_taken_back(),
        LifeStep::Rescheduled => words.life_step_rescheduled(),
        LifeStep::Published => words.life_step_published(),
        LifeStep::Paused => words.life_step_paused(),
        LifeStep::Resumed => words.life_step_resumed(),
        LifeStep::Announced => words.life_step_announced(),
        LifeStep::Stayed => words.life_step_stayed(),
        LifeStep::Withdrawn => words.life_step_withdrawn(),
    }
}

/// The places of a version that can be talked about, each with its JSON pointer.
pub(crate) fn places(ctx: &PageContext, document: &sla::Offer) -> Vec<(String, String)> {
    let words = ctx.words();
    let mut places = vec![
        (String::new(), words.life_place_whole().to_owned()),
        ("/metadata/title".to_owned(), words.life_place_title().to_owned()),
        ("/spec/service".to_owned(), words.portal_form_where().to_owned()),
    ];
    if document.metadata.description.is_some() {
        places
            .push(("/metadata/description".to_owned(), words.life_place_description().to_owned()));
    }
    if document.spec.price.is_some() {
        places.push(("/spec/price".to_owned(), words.contracts_price_title().to_owned()));
    }
    let items = document.spec.items.iter().enumerate();
    places.extend(items.map(|(index, item)| {
        (format!("/spec/items/{index}"), text::item_label(ctx.locale, &item.item))
    }));
    places
}

/// The place in words; one that the pages do not name, as it is.
fn place(ctx: &PageContext, document: &sla::Offer, pointer: &str) -> String {
    let within = |known: &str| {
        pointer.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let known = places(ctx, document).into_iter().rev();
    let mut known =
        known.filter(|(known, _)| *known == pointer || (!known.is_empty() && within(known)));
    known.next().map_or_else(|| pointer.to_owned(), |(_, label)| label)
}

/// The comments that stand at one item of a document.
pub(crate) fn at_item(
    comments: &[CommentView],
    index: usize,
) -> impl Iterator<Item = &CommentView> {
    let own = format!("/spec/items/{index}");
    comments.iter().filter(move |comment| {
        comment
            .pointer
            .strip_prefix(own.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// Where what is said is sent to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Talk<'a> {
    /// The address of comments; answers go there, and settling to `…/settle`.
    pub at: &'a str,
    /// The version that is talked about.
    pub document: &'a sla::Offer,
    /// What was typed.
    pub form: &'a FormState,
}

/// What was said, each comment with its answers and what can be done about it.
pub(crate) fn comments(ctx: &PageContext, talk: Talk<'_>, said: &[CommentView]) -> AnyView {
    let words = ctx.words();
    if said.is_empty() {
        return view! { <p>{words.life_comments_none()}</p> }.into_any();
    }
    let one = |comment: &CommentView| {
        let settled = match (comment.settled_at, &comment.settled_by_name) {
            (Some(at), Some(name)) => Some(view! {
                <p>{badge(State::Good, words.life_settled())}" "{name.clone()}" "{time(ctx, at.0)}</p>
            }),
            _ => None,
        };
        let open = comment.settled_at.is_none();
        let answers: Views = comment.answers.iter().map(|answer| line(ctx, answer)).collect();
        let id = format!("comment-{}", comment.id);
        view! {
            <li id=id class=if open { "open" } else { "settled" }>
                <h3>{place(ctx, talk.document, &comment.pointer)}</h3>
                {line(ctx, comment)}
                <div class="answers">{answers}</div>
                {settled}
                {open.then(|| replies(words, talk, comment))}
            </li>
        }
        .into_any()
    };
    let said: Views = said.iter().map(one).collect();
    view! { <ol class="talk">{said}</ol> }.into_any()
}

/// What one person said.
pub(crate) fn line(ctx: &PageContext, comment: &CommentView) -> AnyView {
    let words = ctx.words();
    let role = match comment.author_role {
        Role::Broker => words.life_said_by_broker(),
        _ => words.life_said_by_provider(),
    };
    view! {
        <p class="said">
            <span class="text">{comment.text.clone()}</span>
            <small>{comment.author_name.clone()}" ("{role}") · "{time(ctx, comment.at.0)}</small>
        </p>
    }
    .into_any()
}

fn replies(words: Words, talk: Talk<'_>, comment: &CommentView) -> AnyView {
    let (review, id) = (comment.review.to_string(), comment.id.to_string());
    let field = answer_field(&id);
    let typed = talk.form.error(&field).is_some();
    let answer = view! {
        <form class="form" method="post" action=talk.at.to_owned()>
            <input type="hidden" name="review" value=review.clone()/>
            <input type="hidden" name="answers" value=id.clone()/>
            {Field::area(field.clone(), words.life_answer_label(), 2).of(talk.form).required().max_length(2_000).view()}
            <p class="actions">{Button::secondary(words.life_answer_send()).view()}</p>
        </form>
    }
    .into_any();
    let answer = if typed { answer } else { disclosure(words.life_answer_label(), answer) };
    let settle = format!("{}/settle", talk.at);
    view! {
        {answer}
        <form method="post" action=settle>
            <input type="hidden" name="comment" value=id/>
            {Button::secondary(words.life_settle()).named(words.life_settle_named(&comment.text)).view()}
        </form>
    }
    .into_any()
}

/// The field of an answer, told apart from those of other comments.
pub(crate) fn answer_field(comment: &str) -> String {
    format!("answer-{comment}")
}

/// The form for something new that is said about a place.
pub(crate) fn new_comment(ctx: &PageContext, talk: Talk<'_>, review: &str) -> AnyView {
    let words = ctx.words();
    let mut select = Select::new("pointer", words.life_place_label());
    for (pointer, label) in places(ctx, talk.document) {
        select = select.option(pointer, label);
    }
    view! {
        <form class="form" method="post" action=talk.at.to_owned()>
            <input type="hidden" name="review" value=review.to_owned()/>
            {select.of(talk.form).view()}
            {Field::area("text", words.life_comment(), 3).of(talk.form).required().max_length(2_000).view()}
            <p class="actions">{Button::secondary(words.life_comment_send()).view()}</p>
        </form>
    }
    .into_any()
}

/// Notes the faults of a form of this feature in the reader's language; `false`: it is none of the reader's
/// making.
pub(crate) fn note(
    form: &mut FormState,
    words: Words,
    error: &BrokerError,
    field: Option<&str>,
) -> bool {
    let BrokerError::Invalid(faults) = error else { return note_faults(form, words, error) };
    for fault in faults {
        let name = fault.pointer.rsplit('/').next().unwrap_or_default();
        let text = match fault.code.as_str() {
            "notice_too_short" => words.life_end_allowed().to_owned(),
            "too_late" => words.life_publish_allowed().to_owned(),
            "place" => words.life_place_allowed(&fault.found),
            _ => fault_text(words, fault),
        };
        form.fail(field.unwrap_or(name), text);
    }
    true
}

/// What follows what was done on a page: back to it with a word, or with why not; the form once more, with what is
/// wrong at its fields (`Err`); or what went wrong, where that is none of the reader's making.
pub(crate) fn follow(
    ctx: &PageContext,
    at: &str,
    mut form: FormState,
    done: Result<&str, BrokerError>,
) -> Result<Response, FormState> {
    let words = ctx.words();
    let error = match done {
        Ok(text) => return Ok(redirect(at, Some((FlashKind::Done, text.to_owned())))),
        Err(error) => error,
    };
    if let BrokerError::Conflict { .. } = error {
        let mut told = FormState::empty();
        if !note(&mut told, words, &error, None) {
            return Ok(fail(ctx, error));
        }
        let text: Vec<_> = told.errors().iter().map(|error| error.message.as_str()).collect();
        return Ok(redirect(at, Some((FlashKind::Problem, text.join(" ")))));
    }
    let field = form.filled("answers").map(answer_field);
    if note(&mut form, words, &error, field.as_deref()) { Err(form) } else { Ok(fail(ctx, error)) }
}
