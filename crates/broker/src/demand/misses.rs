//! Which asked items the published offers of a provider miss, and where each of them stands.

use super::needs::{Groups, RealNeed};
use super::ranking::{Judging, Standing, missed};
use crate::fetch::read_rows;
use crate::requirements::Template;
use crate::shelf::Shelved;
use crate::sync::beside;
use crate::{Broker, BrokerError, OpContext};
use domain::{Action, OfferId, OrganisationId};
use matching::{Candidate, Rung, middle};
use sla::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use storage::offers;

/// Offers of the provider that are looked at, the latest first.
const OFFERS_MAX: u32 = 100;

/// Where an offer stands for each template.
#[derive(Debug, Clone)]
pub struct PlacedOffer {
    /// The offer.
    pub offer: OfferId,
    /// Title in English.
    pub title_en: String,
    /// Title in Japanese.
    pub title_ja: String,
    /// In the order of the templates.
    pub standings: Vec<Standing>,
}

/// An asked item, and how far the provider's offers miss it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissedItem {
    /// Its key.
    pub item: String,
    /// Organisations that ask for it.
    pub organisations: u64,
    /// Needs that ask for it.
    pub needs: u64,
    /// Offers that miss it for at least half of these needs.
    pub offers_missing: u64,
    /// Of all pairs of such a need and an offer, those in which it is missed, in thousandths.
    pub missed_permille: u64,
    /// The middle of what is asked, each organisation counted once by its latest need; `None`: what is asked
    /// does not stand in one line, as sets do not.
    pub asked: Option<Value>,
}

/// What others need, over all offers of a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RealDemand {
    /// Organisations whose needs were looked at.
    pub organisations: u64,
    /// Needs that were looked at.
    pub needs: u64,
    /// Of these, the ones that at least one of the offers contains.
    pub contained: u64,
    /// Items that enough organisations ask for, the most missed first.
    pub items: Vec<MissedItem>,
}

/// What demand tells a provider.
#[derive(Debug, Clone)]
pub struct Demand {
    /// The templates.
    pub templates: Vec<Template>,
    /// Its published offers, the latest first, at most 100.
    pub offers: Vec<PlacedOffer>,
    /// What others need; `None`: too few organisations to tell.
    pub real: Option<RealDemand>,
}

impl Broker {
    /// What demand tells the provider of whoever asks. The number of statements depends neither on its offers
    /// nor on the needs.
    pub async fn provider_demand(&self, ctx: &OpContext) -> Result<Demand, BrokerError> {
        ctx.may(Action::ReadOwnOffer, ctx.actor.organisation(), "offer")?;
        let mut tx = self.begin_read().await?;
        let provider = self.own_provider(ctx, &mut tx).await?;
        let owner = provider.organisation_id.ok_or(BrokerError::NotFound { what: "provider" })?;
        let page = offers::list_published_by_provider(&mut tx, provider.id, None, OFFERS_MAX);
        let own = read_rows(page.await?.items, self.now()).await?.offers;
        let judging = self.judging(tx, owner).await?;
        beside("demand", move || demand(&judging, &own)).await
    }
}

fn demand(judging: &Judging, own: &[Arc<Shelved>]) -> Demand {
    let mut placed: Vec<PlacedOffer> = own.iter().map(|offer| unplaced(offer)).collect();
    let mut templates = Vec::new();
    for (template, matcher) in &judging.templates {
        let candidates: Vec<Candidate> = own
            .iter()
            .map(|offer| matcher.candidate(&offer.card.id.to_string(), offer.today()))
            .collect();
        let Some(standings) = judging.places(matcher, &candidates) else { continue };
        templates.push(template.clone());
        for (offer, standing) in placed.iter_mut().zip(standings) {
            offer.standings.push(standing);
        }
    }
    Demand { templates, offers: placed, real: real(&judging.needs, own) }
}

fn unplaced(offer: &Shelved) -> PlacedOffer {
    let card = &offer.card;
    PlacedOffer {
        offer: card.id,
        title_en: card.title_en.clone(),
        title_ja: card.title_ja.clone(),
        standings: Vec::new(),
    }
}

/// How often each offer misses an item.
type Misses<'a> = BTreeMap<String, BTreeMap<usize, u64>>;

fn real(needs: &[RealNeed], own: &[Arc<Shelved>]) -> Option<RealDemand> {
    let groups = Groups::of(needs);
    let organisations = groups.organisations()?;
    let (mut contained, mut misses) = (0, Misses::new());
    for need in needs {
        let mut fits = false;
        for (at, offer) in own.iter().enumerate() {
            let candidate = need.matcher.candidate(&offer.card.id.to_string(), offer.today());
            let explanation = need.matcher.explain(&candidate);
            fits |= explanation.totals.matched;
            let keys: BTreeSet<&str> = missed(&explanation).map(|row| row.item.as_str()).collect();
            for key in keys {
                *misses.entry(key.to_owned()).or_default().entry(at).or_default() += 1;
            }
        }
        contained += u64::from(fits);
    }
    let none = BTreeMap::new();
    let mut items: Vec<MissedItem> = groups
        .items()
        .map(|(item, organisations, asking)| {
            let by_offer = misses.get(item).unwrap_or(&none);
            let pairs = asking * own.len() as u64;
            MissedItem {
                item: item.to_owned(),
                organisations,
                needs: asking,
                offers_missing: by_offer.values().filter(|missed| **missed * 2 >= asking).count()
                    as u64,
                missed_permille: (by_offer.values().sum::<u64>() * 1000)
                    .checked_div(pairs)
                    .unwrap_or(0),
                asked: asked(needs, item),
            }
        })
        .collect();
    items.sort_by(|a, b| {
        b.missed_permille
            .cmp(&a.missed_permille)
            .then(b.needs.cmp(&a.needs))
            .then_with(|| a.item.cmp(&b.item))
    });
    Some(RealDemand { organisations, needs: needs.len() as u64, contained, items })
}

/// The middle of what is asked on an item; the needs come with the latest of each organisation first.
fn asked(needs: &[RealNeed], key: &str) -> Option<Value> {
    let def = sla::registry().item(key)?;
    let mut counted: BTreeSet<OrganisationId> = BTreeSet::new();
    let mut schemes: BTreeSet<Option<&str>> = BTreeSet::new();
    let mut rungs: Vec<Rung> = Vec::new();
    for need in needs {
        let items = &need.requirement.spec.profiles.normal.items;
        let Some(item) = items.iter().find(|item| item.item == key) else { continue };
        let Some(value) = item.value.as_ref().filter(|_| counted.insert(need.organisation)) else {
            continue;
        };
        schemes.insert(item.scheme.as_deref());
        rungs.push(Rung::of(def, item.scheme.as_deref(), value)?);
    }
    // Levels of different schemes stand in no line.
    let one_line = schemes.len() == 1 && rungs.len() >= super::ORGANISATIONS_MIN;
    middle(&mut rungs).filter(|_| one_line).map(|rung| rung.value().clone())
}
