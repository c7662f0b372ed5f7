//! One notice of the list.

use broker::notices::{ContractNews, Notice, NoticeKind, NoticeOffer};
use leptos::prelude::*;

use super::say;
use crate::{
    PageContext, admissions, announcements,
    ui::{Button, Look, State as Badge, Views, badge, time},
};

pub(super) fn view(ctx: &PageContext, notice: &Notice) -> AnyView {
    let words = ctx.words();
    let title = say::title(ctx.locale, notice);
    let alone = notice.offers.first().filter(|_| notice.count == 1);
    let href = say::list_href(notice, alone);
    let unread = notice.read_at.is_none();
    let state = unread.then(|| badge(Badge::Busy, words.inbox_unread()));
    let body = match (&notice.contract, &notice.review, alone) {
        (Some(news), _, _) => reason(ctx, news),
        (None, Some(news), _) => news.reason.clone().map(|text| view! { <p>{text}</p> }).into_any(),
        _ if notice.evidence.is_some()
            || notice.announcement.is_some()
            || notice.invitation.is_some()
            || notice.item.is_some()
            || notice.admission.is_some() =>
        {
            lines(ctx, notice)
        }
        (None, None, Some(offer)) => single(ctx, offer),
        (None, None, None) => several(ctx, notice),
    };
    let about = match (&notice.need, &notice.review, &notice.evidence) {
        _ if notice.announcement.is_some() => words.announce_inbox_about().to_owned(),
        _ if notice.admission.is_some() => words.admit_inbox_about().to_owned(),
        _ if notice.invitation.is_some() => words.audience_inbox_about().to_owned(),
        _ if notice.item.is_some() => words.extend_inbox_about().to_owned(),
        (Some(need), ..) => words.inbox_about(need.version),
        (None, Some(_), _) => words.life_inbox_about().to_owned(),
        (None, None, Some(_)) => words.newer_evidence_about().to_owned(),
        (None, None, None) => words.notice_inbox_about().to_owned(),
    };
    let heading = format!("notice-{}", notice.id);
    let labelled = heading.clone();
    let class = if unread { "notice-entry unread" } else { "notice-entry" };
    view! {
        <li>
            <article class=class aria-labelledby=labelled>
                <h2 id=heading><a href=href>{title.clone()}</a></h2>
                <p class="hint">{state}" "{time(ctx, notice.created_at.0)}" · "{about}</p>
                {body}
                {mark(ctx, notice, &title)}
            </article>
        </li>
    }
    .into_any()
}

/// For which item evidence ends, or when what is announced happens; and what to do.
fn lines(ctx: &PageContext, notice: &Notice) -> AnyView {
    let evidence = notice.evidence.as_ref().map(|news| say::evidence(ctx.locale, news));
    let announced =
        notice.announcement.as_ref().map(|news| announcements::news_lines(ctx.locale, news));
    let invited = notice.invitation.as_ref().map(|_| say::invitation(ctx.locale, notice.kind));
    let item = notice.item.as_ref().map(|news| say::item(ctx.locale, news));
    let admitted = notice.admission.as_ref().map(|news| admissions::news_lines(ctx.locale, news));
    let all = evidence.or(announced).or(invited).or(item).or(admitted).unwrap_or_default();
    let all = all.into_iter().map(|text| view! { <p>{text}</p> });
    all.collect_view().into_any()
}

/// Why, in the words of whoever decided it, and what to do.
fn reason(ctx: &PageContext, news: &ContractNews) -> AnyView {
    let words = ctx.words();
    if let Some(newer) = &news.newer {
        let sentences =
            say::newer(ctx.locale, newer).into_iter().map(|text| view! { <p>{text}</p> });
        let lines = sla::Diff { parts: newer.changes.clone() }.lines(ctx.locale.sla());
        let changes: Views =
            lines.into_iter().map(|line| view! { <li>{line}</li> }.into_any()).collect();
        return view! { {sentences.collect_view()}<ul class="changes">{changes}</ul> }.into_any();
    }
    let said = news.reason.clone().map(|text| {
        view! { <p>{words.notice_customer_reason(text)}</p> }
    });
    view! {
        {said}
        <p>{words.notice_inbox_next()}</p>
    }
    .into_any()
}

/// What happened to one offer, and what changed about it.
fn single(ctx: &PageContext, offer: &NoticeOffer) -> AnyView {
    let words = ctx.words();
    let provider = ctx.locale.pick(&offer.provider_en, &offer.provider_ja).to_owned();
    let lines = sla::Diff { parts: offer.changes.clone() }.lines(ctx.locale.sla());
    let changes: Views =
        lines.into_iter().map(|line| view! { <li>{line}</li> }.into_any()).collect();
    let changes = (!changes.is_empty()).then(|| view! { <ul class="changes">{changes}</ul> });
    let missed = say::missed(ctx.locale, offer).map(|text| view! { <p>{text}</p> });
    view! {
        <p>{say::cause(ctx.locale, offer)}" · "{words.inbox_offered_by(provider)}</p>
        {missed}
        {changes}
    }
    .into_any()
}

/// The few that a summary names, each with its place in the list.
fn several(ctx: &PageContext, notice: &Notice) -> AnyView {
    let words = ctx.words();
    let named: Views = notice
        .offers
        .iter()
        .map(|offer| {
            let href = say::list_href(notice, Some(offer));
            let title = say::offer_title(ctx.locale, offer);
            let provider = ctx.locale.pick(&offer.provider_en, &offer.provider_ja).to_owned();
            view! { <li><a href=href>{title}</a>" "{words.inbox_offered_by(provider)}</li> }
                .into_any()
        })
        .collect();
    let lead = match notice.kind {
        NoticeKind::Lost => words.inbox_among(),
        _ => words.inbox_best(),
    };
    view! {
        <p>{lead}</p>
        <ol class="named">{named}</ol>
    }
    .into_any()
}

/// Marks it as read, or takes that back.
fn mark(ctx: &PageContext, notice: &Notice, title: &str) -> AnyView {
    let words = ctx.words();
    let (verb, label, name) = if notice.read_at.is_none() {
        ("read", words.inbox_read_action(), words.inbox_read_named(title))
    } else {
        ("unread", words.inbox_unread_action(), words.inbox_unread_named(title))
    };
    let action = format!("/inbox/{}/{verb}", notice.id);
    view! {
        <form class="mark" method="post" action=action>
            {Button::new(Look::Quiet, label).named(name).view()}
        </form>
    }
    .into_any()
}
