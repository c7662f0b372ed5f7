//! The sentences of a notice, made from its data when it is shown.

use broker::notices::{Cause, ContractNews, Notice, NoticeKind, NoticeOffer, ReviewNews};
use sla::Verdict;

use crate::{PageContext, address::Address, format, market::text, needs, words::Locale};

/// The need as it was called then.
pub(super) fn need_title(locale: Locale, notice: &Notice) -> String {
    let Some(need) = &notice.need else { return String::new() };
    locale.pick(&need.title_en, &need.title_ja).to_owned()
}

pub(super) fn offer_title(locale: Locale, offer: &NoticeOffer) -> String {
    locale.pick(&offer.title_en, &offer.title_ja).to_owned()
}

/// What happened, as one sentence.
pub(super) fn title(ctx: &PageContext, notice: &Notice) -> String {
    let words = ctx.words();
    if let Some(news) = &notice.contract {
        return of_contract(ctx, notice.kind, news);
    }
    if let Some(news) = &notice.review {
        return of_review(ctx, notice.kind, news);
    }
    let need = need_title(ctx.locale, notice);
    if let (1, Some(offer)) = (notice.count, notice.offers.first()) {
        let title = offer_title(ctx.locale, offer);
        return match (notice.kind, offer.verdict()) {
            (NoticeKind::Gained, _) => words.inbox_gained(title, need),
            (NoticeKind::Lost, _) => words.inbox_lost(title, need),
            (NoticeKind::Changed, Verdict::Better) => words.inbox_better(title, need),
            (NoticeKind::Changed, Verdict::Worse) => words.inbox_worse(title, need),
            _ => words.inbox_changed(title, need),
        };
    }
    let count = i64::try_from(notice.count).unwrap_or(i64::MAX);
    match notice.kind {
        NoticeKind::Gained => words.inbox_gained_many(count, need),
        NoticeKind::Lost => words.inbox_lost_many(count, need),
        _ => words.inbox_changed_many(count, need),
    }
}

/// What was decided about a contract, as one sentence.
fn of_contract(ctx: &PageContext, kind: NoticeKind, news: &ContractNews) -> String {
    let words = ctx.words();
    let provider = ctx.locale.pick(&news.provider_en, &news.provider_ja);
    let at = news.at.map(|at| format::exact_time(ctx.locale, at.0)).unwrap_or_default();
    let name = &news.service_name;
    let kept = news.machines.map(|(keep, of)| words.preempt_kept_of(keep, of)).unwrap_or_default();
    let owed = news.owed.map(|owed| format::money(owed.minor, owed.currency.code()));
    let owed = owed.unwrap_or_default();
    match kind {
        NoticeKind::ProviderEnds => words.notice_inbox_ends(provider, name, at),
        NoticeKind::ProviderStays => words.notice_inbox_stays(provider, name),
        NoticeKind::PreemptionNoticed => words.preempt_inbox_noticed(name, at, kept),
        NoticeKind::PreemptionCalledOff => words.preempt_inbox_called_off(name),
        NoticeKind::Preempted => words.preempt_inbox_taken(name, kept, owed),
        NoticeKind::RoomReturned => words.preempt_inbox_returned(name, owed),
        NoticeKind::RoomGiven => words.preempt_inbox_given(name, owed),
        NoticeKind::RoomSettled => words.preempt_inbox_settled(name, owed),
        _ => words.notice_inbox_ended(provider, name),
    }
}

/// What became of a version that was submitted, as one sentence.
fn of_review(ctx: &PageContext, kind: NoticeKind, news: &ReviewNews) -> String {
    let words = ctx.words();
    let title = ctx.locale.pick(&news.title_en, &news.title_ja);
    let at = news.at.map(|at| format::exact_time(ctx.locale, at.0)).unwrap_or_default();
    match kind {
        NoticeKind::ReviewRefused => words.life_inbox_refused(news.version, title),
        NoticeKind::ReviewApproved => words.life_inbox_approved(news.version, title, at),
        NoticeKind::ReviewCommented => words.life_inbox_commented(news.version, title),
        _ => words.life_inbox_published(news.version, title),
    }
}

/// What made it happen.
pub(super) fn cause(ctx: &PageContext, offer: &NoticeOffer) -> String {
    let words = ctx.words();
    match offer.cause {
        Cause::Published => words.inbox_cause_published().to_owned(),
        Cause::Version => words.inbox_cause_version(offer.version),
        Cause::Withdrawn => words.inbox_cause_withdrawn().to_owned(),
        Cause::Evidence => words.inbox_cause_evidence().to_owned(),
    }
}

/// The must items that are no longer met.
pub(super) fn missed(ctx: &PageContext, offer: &NoticeOffer) -> Option<String> {
    if offer.missed.is_empty() {
        return None;
    }
    let words = ctx.words();
    let names: Vec<String> =
        offer.missed.iter().map(|key| text::item_label(ctx.locale, key)).collect();
    Some(words.inbox_missed(names.join(words.market_list_comma())))
}

/// The ranked list of the need with this offer open; without one, the list.
pub(super) fn list_href(notice: &Notice, offer: Option<&NoticeOffer>) -> String {
    if let Some(news) = &notice.contract {
        return format!("/contracts/{}", news.contract);
    }
    if let Some(news) = &notice.review {
        return format!("/provider/offers/{}", news.offer);
    }
    let Some(need) = &notice.need else { return "/inbox".to_owned() };
    let source = broker::requirements::RequirementSource::Saved(need.id);
    let path = needs::source_href(&source).unwrap_or_default();
    let there = offer.filter(|offer| offer.cause != Cause::Withdrawn);
    let open = there.map(|offer| offer.id.to_string()).unwrap_or_default();
    Address::new(path).and_some("open", open).to_string()
}
