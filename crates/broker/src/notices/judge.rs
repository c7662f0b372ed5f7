//! Which news the changes of the market are for a need, and what is written of it. Pure.

use super::event::{Gathered, KnownOffers, Turn, changes};
use super::need::Need;
use super::{Cause, NoticeKind, NoticeOffer};
use crate::BrokerError;
use domain::{OfferId, OrganisationId, RequirementId};
use matching::SlaMatcher;
use sla::{Locale, Offer, PartDiff, Verdict};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// News of one kind for one need that are told one by one; more at once are summed up.
const HANDFUL: usize = 5;
/// Offers that a summary names.
const NAMED: usize = 3;

/// A notice that nobody has been given yet.
#[derive(Debug)]
pub(super) struct Draft {
    pub requirement: RequirementId,
    pub requirement_version: i64,
    pub organisation: OrganisationId,
    pub kind: NoticeKind,
    /// The state of each offer it speaks of.
    pub offers: Vec<(OfferId, i64)>,
    /// JSON of the offers it names.
    pub payload: String,
}

/// One piece of news.
struct Event<'a> {
    turn: &'a Turn,
    /// What the need's organisation saw.
    before: Option<i64>,
    /// What it sees.
    after: Option<i64>,
}

/// Judges all changes for these needs.
pub(super) fn judge(
    gathered: &Gathered,
    known: &KnownOffers,
    needs: &[Arc<Need>],
) -> Result<Vec<Draft>, BrokerError> {
    let mut drafts = Vec::new();
    for need in needs {
        let view = View::new(gathered, known, need)?;
        let mut events: BTreeMap<NoticeKind, Vec<Event<'_>>> = BTreeMap::new();
        for turn in &gathered.turns {
            if let Some((kind, event)) = view.news(turn) {
                events.entry(kind).or_default().push(event);
            }
        }
        for (kind, events) in events {
            drafts.extend(view.drafts(kind, &events)?);
        }
    }
    Ok(drafts)
}

/// The changes as one need sees them.
struct View<'a> {
    gathered: &'a Gathered,
    known: &'a KnownOffers,
    need: &'a Need,
    today: Arc<SlaMatcher>,
    before: Arc<SlaMatcher>,
    /// Whether a day began since the need was judged.
    aged: bool,
}

impl<'a> View<'a> {
    fn new(
        gathered: &'a Gathered,
        known: &'a KnownOffers,
        need: &'a Need,
    ) -> Result<Self, BrokerError> {
        let day = gathered.day_before(need.since_day);
        Ok(Self {
            gathered,
            known,
            need,
            today: need.matcher_on(gathered.today)?,
            before: need.matcher_on(day)?,
            aged: day != gathered.today,
        })
    }

    /// What a change is for the need, if it is anything.
    fn news(&self, turn: &'a Turn) -> Option<(NoticeKind, Event<'a>)> {
        let before = match self.known.get(&(self.need.id, turn.id)) {
            // It was saved with this state on the market, or with a later one.
            Some(known) if known.revision >= turn.revision => return None,
            Some(known) => known.version,
            None => turn.before,
        };
        let whose = self.need.organisation;
        let before = before.filter(|_| turn.members_before.has(whose));
        let after = turn.after.filter(|_| turn.members.has(whose));
        let same = before == after;
        if same && !self.aged {
            return None;
        }
        let old = self.gathered.offer(turn.id, before);
        let new = self.gathered.offer(turn.id, after);
        let event = Event { turn, before, after };
        if let (Some(old), Some(new)) = (old, new)
            && !self.matters(&event, same, old, new)
        {
            return None;
        }
        let met = |matcher: &SlaMatcher, offer: Option<&Offer>| {
            offer.is_some_and(|offer| self.need.is_met(matcher, turn.id, offer))
        };
        let kind = match (met(&self.before, old), met(&self.today, new)) {
            (false, true) => NoticeKind::Gained,
            (true, false) => NoticeKind::Lost,
            (true, true) if self.verdict(&event) != Verdict::Neutral => NoticeKind::Changed,
            _ => return None,
        };
        Some((kind, event))
    }

    /// Whether anything that the need asks for changed, or may have ended with the day.
    fn matters(&self, event: &Event<'_>, same: bool, old: &Offer, new: &Offer) -> bool {
        let touched =
            |parts: &[PartDiff]| parts.iter().any(|part| self.need.is_touched_by(&part.subject));
        let dated = |offer: &Offer| {
            offer
                .spec
                .items
                .iter()
                .any(|item| !item.evidence.is_empty() && self.need.is_touched_by(&item.item))
        };
        (!same && touched(&self.changes(event)))
            || (self.aged && (dated(old) || (!same && dated(new))))
    }

    /// Everything that changed about an offer.
    fn changes(&self, event: &Event<'a>) -> Cow<'a, [PartDiff]> {
        let turn = event.turn;
        let between = |before| {
            let old = self.gathered.offer(turn.id, before)?;
            let new = self.gathered.offer(turn.id, event.after)?;
            Some(changes(old, new))
        };
        if event.before == turn.before && event.after == turn.after {
            let made = || between(turn.before).unwrap_or_default();
            return Cow::Borrowed(turn.changes.get_or_init(made));
        }
        Cow::Owned(between(event.before).unwrap_or_default())
    }

    /// What changed of what the need asks for.
    fn relevant(&self, event: &Event<'a>) -> Vec<PartDiff> {
        self.need.relevant(&self.changes(event))
    }

    fn verdict(&self, event: &Event<'a>) -> Verdict {
        let parts = self.relevant(event);
        parts.iter().fold(Verdict::Neutral, |all, part| all.and(part.verdict))
    }

    /// The notices of one kind: a handful one by one, more as one.
    fn drafts(&self, kind: NoticeKind, events: &[Event<'a>]) -> Result<Vec<Draft>, BrokerError> {
        if events.len() <= HANDFUL {
            let one = |event: &Event<'a>| {
                self.draft(kind, std::slice::from_ref(event), &[self.named(kind, event)])
            };
            return events.iter().map(one).collect();
        }
        let offers: Vec<(OfferId, &Offer)> = events
            .iter()
            .filter_map(|event| Some((event.turn.id, self.shown(kind, event)?.1)))
            .collect();
        let best = self.need.best(&offers, NAMED);
        let named: Vec<NoticeOffer> = best
            .into_iter()
            .filter_map(|id| events.iter().find(|event| event.turn.id == id))
            .map(|event| self.named(kind, event))
            .collect();
        Ok(vec![self.draft(kind, events, &named)?])
    }

    fn draft(
        &self,
        kind: NoticeKind,
        events: &[Event<'a>],
        named: &[NoticeOffer],
    ) -> Result<Draft, BrokerError> {
        let payload = serde_json::to_string(named)
            .map_err(|error| BrokerError::Internal(format!("a notice: {error}")))?;
        Ok(Draft {
            requirement: self.need.id,
            requirement_version: self.need.version,
            organisation: self.need.organisation,
            kind,
            offers: events.iter().map(|event| (event.turn.id, event.turn.revision)).collect(),
            payload,
        })
    }

    /// The version that is named: what there is now, or what there was.
    fn shown(&self, kind: NoticeKind, event: &Event<'a>) -> Option<(i64, &'a Offer)> {
        let of =
            |version: Option<i64>| Some((version?, self.gathered.offer(event.turn.id, version)?));
        match kind {
            // What was good about it says more than what is left.
            NoticeKind::Lost => of(event.before).or_else(|| of(event.after)),
            // What is left are gained and changed; contracts are not judged.
            _ => of(event.after),
        }
    }

    fn named(&self, kind: NoticeKind, event: &Event<'a>) -> NoticeOffer {
        let turn = event.turn;
        let shown = self.shown(kind, event);
        let title = |locale| {
            shown.map(|(_, offer)| offer.metadata.title.get(locale).to_owned()).unwrap_or_default()
        };
        let now = self.gathered.offer(turn.id, event.after);
        let cause = match (event.before, event.after) {
            // It was on the market before, or still is: it is the reader's sight that changed.
            (None, Some(_)) if turn.before.is_some() && turn.members_before != turn.members => {
                Cause::Shown
            }
            (_, None) if turn.after.is_some() => Cause::Hidden,
            (None, _) => Cause::Published,
            (_, None) => Cause::Withdrawn,
            (before, after) if before == after => Cause::Evidence,
            _ => Cause::Version,
        };
        NoticeOffer {
            id: turn.id,
            version: event.after.or(event.before).unwrap_or_default(),
            title_en: title(Locale::En),
            title_ja: title(Locale::Ja),
            provider_en: turn.provider.0.clone(),
            provider_ja: turn.provider.1.clone(),
            cause,
            missed: match now {
                Some(now) if kind == NoticeKind::Lost => self.need.missed(turn.id, now),
                _ => Vec::new(),
            },
            changes: self.relevant(event),
        }
    }
}
