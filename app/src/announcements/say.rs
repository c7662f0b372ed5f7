//! The words of an announcement: on every page, in lists, in the inbox.

use broker::announcements::{AnnouncementNews, AnnouncementView};
use broker::notices::NoticeKind;
use domain::{AnnouncementKind, AnnouncementPhase, Timestamp};
use leptos::prelude::*;

use crate::{
    PageContext, format,
    ui::{Kind, State, badge, notice},
    words::{Locale, Words},
};

/// The word for a kind.
pub(super) fn kind_word(words: Words, kind: AnnouncementKind) -> &'static str {
    match kind {
        AnnouncementKind::Notice => words.announce_kind_notice(),
        AnnouncementKind::Maintenance => words.announce_kind_maintenance(),
        AnnouncementKind::Incident => words.announce_kind_incident(),
    }
}

/// Where it stands, with its mark: what is broken is never shown as good.
pub(super) fn phase_badge(words: Words, one: &AnnouncementView) -> AnyView {
    let running = match one.kind {
        AnnouncementKind::Notice => State::Busy,
        AnnouncementKind::Maintenance => State::Attention,
        AnnouncementKind::Incident => State::Bad,
    };
    match one.phase {
        AnnouncementPhase::Coming => badge(State::Busy, words.announce_phase_coming()),
        AnnouncementPhase::Running => badge(running, words.announce_phase_running()),
        AnnouncementPhase::Over => badge(State::Quiet, words.announce_phase_over()),
    }
}

/// From when until when.
pub(super) fn span(locale: Locale, starts_at: Timestamp, ends_at: Option<Timestamp>) -> String {
    let words = locale.words();
    let from = format::exact_time(locale, starts_at.0);
    match ends_at {
        Some(end) => words.announce_span(from, format::exact_time(locale, end.0)),
        None => words.announce_span_open(from),
    }
}

/// The market's own announcements at the head of a page.
pub(crate) fn banner(ctx: &PageContext) -> Option<AnyView> {
    if ctx.announced.is_empty() {
        return None;
    }
    let words = ctx.words();
    let all = ctx.announced.iter().map(|one| {
        let kind = match one.kind {
            AnnouncementKind::Notice => Kind::Note,
            AnnouncementKind::Maintenance => Kind::Attention,
            AnnouncementKind::Incident => Kind::Problem,
        };
        let title = ctx.locale.pick(&one.title_en, &one.title_ja);
        let heading = words.announce_headed(kind_word(words, one.kind), title);
        let span = span(ctx.locale, one.starts_at, one.ends_at);
        let href = format!("/announcements/{}", one.id);
        let body = view! { <p>{span}" · "<a href=href>{words.announce_read()}</a></p> };
        notice(kind, heading, body.into_any())
    });
    let all = all.collect_view();
    Some(
        view! { <aside class="announced" aria-label=words.announce_title()>{all}</aside> }
            .into_any(),
    )
}

/// A notice about it, as one sentence.
pub(crate) fn news_title(locale: Locale, kind: NoticeKind, news: &AnnouncementNews) -> String {
    let words = locale.words();
    let provider = locale.pick(&news.provider_en, &news.provider_ja);
    let title = locale.pick(&news.title_en, &news.title_ja);
    let what = kind_word(words, news.kind);
    match kind {
        NoticeKind::AnnouncementChanged => words.announce_inbox_changed(provider, what, title),
        NoticeKind::AnnouncementOver => words.announce_inbox_over(provider, what, title),
        _ => words.announce_inbox_new(provider, what, title),
    }
}

/// When, and what to do.
pub(crate) fn news_lines(locale: Locale, news: &AnnouncementNews) -> Vec<String> {
    let words = locale.words();
    vec![span(locale, news.starts_at, news.ends_at), words.announce_inbox_next().to_owned()]
}

/// Where a notice leads: to the provider's list, which is there also when the announcement was taken back.
pub(crate) fn news_href(news: &AnnouncementNews) -> String {
    format!("/announcements?of={}", news.slug)
}
