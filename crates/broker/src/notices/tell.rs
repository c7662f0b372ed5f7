//! Writes what a look found: notices, and how far the market was looked at, in one unit of work.

use super::judge::Draft;
use super::look::{News, judge_beside, known, watched};
use crate::{Broker, BrokerError};
use domain::{NoticeId, OfferId, RequirementId};
use std::collections::BTreeSet;
use storage::looks::{self, MarketLook};
use storage::notices::{self, NewNotice};
use storage::requirements::Watched;

impl Broker {
    /// Writes the notices; `None`: another process was first, and nothing is written.
    ///
    /// Whoever saves a need holds the same row meanwhile. A need that was saved after the look and
    /// before this is judged here, so that nothing is lost between the two.
    pub async fn tell(&self, news: News) -> Result<Option<u64>, BrokerError> {
        let News { gathered, judged, drafts } = news;
        let mut tx = self.begin().await?;
        let look = looks::lock(&mut tx).await?;
        if look.revision != gathered.look.revision {
            return Ok(None);
        }
        let now_watched = watched(&mut tx).await?;
        let is_judged = |row: &Watched| judged.get(&row.id) == Some(row);
        let (same, late): (Vec<Watched>, Vec<Watched>) =
            now_watched.into_iter().partition(is_judged);
        let same: BTreeSet<RequirementId> = same.into_iter().map(|row| row.id).collect();
        let still = |draft: &Draft| same.contains(&draft.requirement);
        let mut drafts: Vec<Draft> = drafts.into_iter().filter(still).collect();
        if !late.is_empty() && !gathered.turns.is_empty() {
            // Nobody watched during the look, so no document was read: it is done again.
            if judged.is_empty() {
                return Ok(None);
            }
            let offers: Vec<OfferId> = gathered.turns.iter().map(|turn| turn.id).collect();
            let known = known(&mut tx, &offers).await?;
            let needs = self.needs(&mut tx, &late, gathered.today).await?;
            drafts.extend(judge_beside(&gathered, known, needs).await?);
        }
        let created_at = self.now();
        let notice = |draft: Draft| NewNotice {
            id: NoticeId::new(self.ids()),
            organisation_id: draft.organisation,
            kind: draft.kind.as_str(),
            requirement_id: draft.requirement,
            requirement_version: draft.requirement_version,
            offers: draft.offers,
            payload: draft.payload,
            created_at,
        };
        let new: Vec<NewNotice> = drafts.into_iter().map(notice).collect();
        notices::insert(&mut tx, &new).await?;
        let members = gathered.members.iter();
        let members = members.filter_map(|(id, members)| Some((*id, members.write()?))).collect();
        looks::put(&mut tx, &gathered.unseen, &members).await?;
        looks::forget_seen(&mut tx).await?;
        let latest = gathered.unseen.iter().map(|offer| offer.updated_at).max();
        let seen_until = latest.map_or(look.seen_until, |latest| latest.max(look.seen_until));
        let to =
            MarketLook { seen_until, judged_day: Some(gathered.today), revision: look.revision };
        looks::advance(&mut tx, &to).await?;
        tx.commit().await?;
        Ok(Some(new.len() as u64))
    }
}
