//! The sentences of a notice, made from its data when it is shown.

use broker::extensions::ExtensionNews;
use broker::notices::{
    Cause, ContractNews, EvidenceNews, NewerNews, Notice, NoticeKind, NoticeOffer, ReviewNews,
};
use sla::Verdict;

use crate::{
    address::Address, admissions, announcements, format, market::text, needs, words::Locale,
};

/// The need as it was called then.
pub(super) fn need_title(locale: Locale, notice: &Notice) -> String {
    let Some(need) = &notice.need else { return String::new() };
    locale.pick(&need.title_en, &need.title_ja).to_owned()
}

pub(super) fn offer_title(locale: Locale, offer: &NoticeOffer) -> String {
    locale.pick(&offer.title_en, &offer.title_ja).to_owned()
}

/// What happened, as one sentence.
pub(super) fn title(locale: Locale, notice: &Notice) -> String {
    let words = locale.words();
    if let Some(news) = &notice.contract {
        return of_contract(locale, notice.kind, news);
    }
    if let Some(news) = &notice.review {
        return of_review(locale, notice.kind, news);
    }
    if let Some(news) = &notice.evidence {
        let (offer, last) = (locale.pick(&news.title_en, &news.title_ja), news.last.as_str());
        return match notice.kind {
            NoticeKind::EvidenceEnds => words.newer_evidence_ends(&news.evidence, offer, last),
            _ => words.newer_evidence_ended(&news.evidence, offer, last),
        };
    }
    if let Some(news) = &notice.announcement {
        return announcements::news_title(locale, notice.kind, news);
    }
    if let Some(news) = &notice.item {
        let title = locale.pick(&news.title_en, &news.title_ja);
        return match notice.kind {
            NoticeKind::ItemAccepted => words.extend_inbox_accepted(title),
            _ => words.extend_inbox_refused(title),
        };
    }
    if let Some(news) = &notice.invitation {
        let provider = locale.pick(&news.provider_en, &news.provider_ja);
        return match notice.kind {
            NoticeKind::Invited => words.audience_inbox_invited(provider, &news.audience),
            _ => words.audience_inbox_taken_back(provider, &news.audience),
        };
    }
    if let Some(news) = &notice.admission {
        return admissions::news_title(locale, news);
    }
    let need = need_title(locale, notice);
    if let (1, Some(offer)) = (notice.count, notice.offers.first()) {
        let title = offer_title(locale, offer);
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
fn of_contract(locale: Locale, kind: NoticeKind, news: &ContractNews) -> String {
    let words = locale.words();
    let provider = locale.pick(&news.provider_en, &news.provider_ja);
    let at = news.at.map(|at| format::exact_time(locale, at.0)).unwrap_or_default();
    let name = &news.service_name;
    let kept = news.machines.map(|(keep, of)| words.preempt_kept_of(keep, of)).unwrap_or_default();
    let owed = news.owed.map(|owed| format::money(owed.minor, owed.currency.code()));
    let owed = owed.unwrap_or_default();
    let newer = news.newer.as_ref().map(|newer| newer.verdict);
    match kind {
        NoticeKind::NewerVersion => match newer {
            Some(Verdict::Better) => words.newer_inbox_better(name, provider),
            Some(Verdict::Worse) => words.newer_inbox_worse(name, provider),
            _ => words.newer_inbox_changed(name, provider),
        },
        NoticeKind::ProviderEnds => words.notice_inbox_ends(provider, name, at),
        NoticeKind::ProviderStays => words.notice_inbox_stays(provider, name),
        NoticeKind::PreemptionNoticed => words.preempt_inbox_noticed(name, at, kept),
        NoticeKind::PreemptionCalledOff => words.preempt_inbox_called_off(name),
        NoticeKind::Preempted => words.preempt_inbox_taken(name, kept, owed),
        NoticeKind::RoomReturned => words.preempt_inbox_returned(name, owed),
        NoticeKind::RoomGiven => words.preempt_inbox_given(name, owed),
        NoticeKind::RatingGiven => words.ratings_inbox_given(name),
        NoticeKind::RatingAnswered => words.ratings_inbox_answered(provider, name),
        NoticeKind::RoomSettled => words.preempt_inbox_settled(name, owed),
        _ => words.notice_inbox_ended(provider, name),
    }
}

/// What became of a version that was submitted, as one sentence.
fn of_review(locale: Locale, kind: NoticeKind, news: &ReviewNews) -> String {
    let words = locale.words();
    let title = locale.pick(&news.title_en, &news.title_ja);
    let at = news.at.map(|at| format::exact_time(locale, at.0)).unwrap_or_default();
    match kind {
        NoticeKind::ReviewRefused => words.life_inbox_refused(news.version, title),
        NoticeKind::ReviewApproved => words.life_inbox_approved(news.version, title, at),
        NoticeKind::ReviewCommented => words.life_inbox_commented(news.version, title),
        _ => words.life_inbox_published(news.version, title),
    }
}

/// What a newer version means for a contract, sentence by sentence.
pub(super) fn newer(locale: Locale, newer: &NewerNews) -> Vec<String> {
    let words = locale.words();
    let fit = if newer.fits {
        words.newer_fits(newer.version)
    } else if newer.missed.is_empty() {
        words.newer_misses_all(newer.version)
    } else {
        let names: Vec<String> =
            newer.missed.iter().map(|key| text::item_label(locale, key)).collect();
        words.newer_misses(newer.version, names.join(words.market_list_comma()))
    };
    let leave = newer.leave_until.map(|at| words.newer_leave(format::exact_time(locale, at.0)));
    [Some(fit), leave, Some(words.newer_keeps(newer.signed_version))]
        .into_iter()
        .flatten()
        .collect()
}

/// For which item evidence ends, and what that means.
pub(super) fn evidence(locale: Locale, news: &EvidenceNews) -> Vec<String> {
    let words = locale.words();
    let item = text::item_label(locale, &news.item);
    vec![words.newer_evidence_item(item), words.newer_evidence_next().to_owned()]
}

/// Why an item was refused, or what it means that it was accepted.
pub(super) fn item(locale: Locale, news: &ExtensionNews) -> Vec<String> {
    let next = || locale.words().extend_inbox_next().to_owned();
    vec![news.reason.clone().unwrap_or_else(next)]
}

/// What can be done about an invitation.
pub(super) fn invitation(locale: Locale, kind: NoticeKind) -> Vec<String> {
    let words = locale.words();
    vec![match kind {
        NoticeKind::Invited => words.audience_inbox_invited_next().to_owned(),
        _ => words.audience_inbox_taken_back_next().to_owned(),
    }]
}

/// What made it happen.
pub(super) fn cause(locale: Locale, offer: &NoticeOffer) -> String {
    let words = locale.words();
    match offer.cause {
        Cause::Published => words.inbox_cause_published().to_owned(),
        Cause::Version => words.inbox_cause_version(offer.version),
        Cause::Withdrawn => words.inbox_cause_withdrawn().to_owned(),
        Cause::Evidence => words.inbox_cause_evidence().to_owned(),
        Cause::Shown => words.audience_cause_shown().to_owned(),
        Cause::Hidden => words.audience_cause_hidden().to_owned(),
    }
}

/// The must items that are no longer met.
pub(super) fn missed(locale: Locale, offer: &NoticeOffer) -> Option<String> {
    if offer.missed.is_empty() {
        return None;
    }
    let words = locale.words();
    let names: Vec<String> = offer.missed.iter().map(|key| text::item_label(locale, key)).collect();
    Some(words.inbox_missed(names.join(words.market_list_comma())))
}

/// The ranked list of the need with this offer open; without one, the list.
pub(super) fn list_href(notice: &Notice, offer: Option<&NoticeOffer>) -> String {
    if let Some(news) = &notice.contract {
        return match notice.kind {
            NoticeKind::RatingGiven => format!("/provider/contracts/{}", news.contract),
            NoticeKind::RatingAnswered => format!("/contracts/{}/rating", news.contract),
            _ => format!("/contracts/{}", news.contract),
        };
    }
    if let Some(news) = &notice.review {
        return format!("/provider/offers/{}", news.offer);
    }
    if let Some(news) = &notice.evidence {
        return format!("/provider/offers/{}", news.offer);
    }
    if let Some(news) = &notice.announcement {
        return announcements::news_href(news);
    }
    if let Some(news) = &notice.item {
        return match notice.kind {
            NoticeKind::ItemAccepted => format!("/items/{}", news.item),
            _ => "/inbox".to_owned(),
        };
    }
    if notice.invitation.is_some() {
        return "/invitations".to_owned();
    }
    if notice.admission.is_some() {
        return "/provider/admission".to_owned();
    }
    let Some(need) = &notice.need else { return "/inbox".to_owned() };
    let source = broker::requirements::RequirementSource::Saved(need.id);
    let path = needs::source_href(&source).unwrap_or_default();
    let there = offer.filter(|offer| !matches!(offer.cause, Cause::Withdrawn | Cause::Hidden));
    let open = there.map(|offer| offer.id.to_string()).unwrap_or_default();
    Address::new(path).and_some("open", open).to_string()
}
