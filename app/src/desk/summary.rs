//! The first page of the desk: what to do, then how the market stands.

use axum::{extract::State, response::Response};
use broker::{
    desk::{DeskFigures, WorkflowCard},
    offers::ReviewCard,
};
use leptos::prelude::*;

use super::{Part, parts, reviews, workflows};
use crate::{
    AppState, PageContext,
    account::OfBroker,
    format::integer,
    layout::fail,
    render::{Page, Width, page},
    ui::{Kind, empty, notice, page_head, section, stat, stats},
    words::Words,
};

/// Rows of each list.
const ROWS: u32 = 10;

pub(super) async fn show(OfBroker(ctx): OfBroker, State(state): State<AppState>) -> Response {
    let op = ctx.op();
    let read = async {
        let figures = state.broker.desk_figures(&op).await?;
        let stuck = state.broker.workflows(&op, Some("needs_attention"), None, ROWS).await?;
        let parked = state.broker.workflows(&op, Some("parked"), None, ROWS).await?;
        let waiting = state.broker.reviews(&op, true, None, ROWS).await?.items;
        let recent = state.broker.workflows(&op, None, None, ROWS).await?;
        Ok((figures, [stuck.items, parked.items].concat(), waiting, recent.items))
    };
    let (figures, stuck, waiting, recent) = match read.await {
        Ok(read) => read,
        Err(error) => return fail(&ctx, error),
    };
    let words = ctx.words();
    page(&ctx, Page::new(words.desk_title()).width(Width::Wide).private(), || {
        view! {
            {page_head(words.desk_title(), Some(words.desk_lead().to_owned()), vec![])}
            {parts(words, Part::Summary)}
            {section("todo", words.desk_todo(), todo(&ctx, (&stuck, &waiting), figures))}
            {section("figures", words.desk_figures_title(), figures_view(words, figures))}
            {section("recent", words.desk_recent(), recent_view(&ctx, &recent))}
        }
        .into_any()
    })
}

fn todo(
    ctx: &PageContext,
    (stuck, waiting): (&[WorkflowCard], &[ReviewCard]),
    figures: DeskFigures,
) -> AnyView {
    let words = ctx.words();
    let others = figures.admissions + figures.proposals;
    if stuck.is_empty() && waiting.is_empty() && others == 0 {
        return notice(Kind::Done, words.desk_todo_none(), ().into_any());
    }
    let stuck = (!stuck.is_empty()).then(|| {
        view! { <p>{words.desk_todo_text()}</p>{workflows::table(ctx, words.desk_todo(), stuck)} }
    });
    let waiting = (!waiting.is_empty()).then(|| {
        view! {
            <p>{words.life_todo_text()}</p>
            {reviews::table(ctx, words.life_reviews_title(), waiting)}
            <p><a href="/desk/reviews">{words.life_todo_all()}</a></p>
        }
    });
    let admissions = (figures.admissions > 0).then(|| {
        view! { <p>{words.admit_todo()}" "<a href="/desk/admissions?state=applied">{words.admit_todo_open()}</a></p> }
    });
    let proposals = (figures.proposals > 0).then(|| {
        view! { <p>{words.admit_proposals_todo()}" "<a href="/desk/categories">{words.admit_proposals_open()}</a></p> }
    });
    view! { {stuck}{admissions}{waiting}{proposals} }.into_any()
}

fn figures_view(words: Words, figures: DeskFigures) -> AnyView {
    let count = |value: u64| integer(i64::try_from(value).unwrap_or(i64::MAX));
    stats(vec![
        stat(words.desk_figures_attention(), count(figures.needs_attention), None),
        stat(words.desk_figures_running(), count(figures.running), None),
        stat(words.desk_figures_contracts(), count(figures.active_contracts), None),
        stat(words.desk_figures_offers(), count(figures.published_offers), None),
    ])
}

fn recent_view(ctx: &PageContext, recent: &[WorkflowCard]) -> AnyView {
    let words = ctx.words();
    if recent.is_empty() {
        return empty(words.desk_workflows_none(), words.desk_workflows_none_text(), None);
    }
    view! {
        {workflows::table(ctx, words.desk_recent(), recent)}
        <p><a href="/desk/workflows">{words.desk_workflows_all()}</a></p>
    }
    .into_any()
}
