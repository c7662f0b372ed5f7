//! Search and facets: the index decides, the shelf shows.

use super::{FacetCount, Facets, MarketFigures, MarketPage, MarketQuery, MarketSort};
use crate::categories::Categories;
use crate::requirements::RequirementSource;
use crate::shelf::Stock;
use crate::{Broker, BrokerError, OpContext};
use domain::{Action, ContractState, OfferId, Sight};
use search::{FacetField, FacetValue, SearchQuery, SearchSort};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError};
use storage::contracts;

/// Offers on a page when nothing is said.
const PER_PAGE: u32 = 20;
/// Offers on a page at most.
const PER_PAGE_MAX: u32 = 100;
/// Later pages are not looked at by anybody; a filter finds more.
const PAGE_MAX: u32 = 500;
/// Offers that are put in the order of a need; later ones follow by relevance.
const RANKED_MAX: usize = 5_000;
/// Names offered to somebody who types.
const SUGGESTIONS: usize = 8;
/// Characters of what is typed that are looked at.
const TYPED_MAX: usize = 60;

impl Broker {
    /// Finds offers; one statement at most is sent for them, whatever the size of the market, and one for a
    /// saved need.
    pub async fn browse(
        &self,
        ctx: &OpContext,
        query: &MarketQuery,
    ) -> Result<MarketPage, BrokerError> {
        ctx.may(Action::ReadMarket, None, "market")?;
        let per_page =
            if query.per_page == 0 { PER_PAGE } else { query.per_page.min(PER_PAGE_MAX) };
        let page = query.page.clamp(1, PAGE_MAX);
        let asked = to_search(ctx, query, page, per_page);
        let mut found = {
            let asked = asked.clone();
            self.on_index(move |index| index.search(&asked)).await?
        };
        if let Some(need) = query.need.as_ref().filter(|_| query.sort == MarketSort::Fit) {
            found.ids = self.by_fit(ctx, need, &asked).await?;
        }
        let ways_out = if found.total == 0 {
            let asked = asked.clone();
            self.on_index(move |index| index.ways_out(&asked)).await?
        } else {
            Vec::new()
        };
        let stock = self.inner.shelf.seen_by(ctx.sight());
        let offers = self.shelved_of(&stock, &found.ids).await?;
        let items = offers.iter().map(|offer| offer.card.clone()).collect();
        let pages = u32::try_from(found.total.div_ceil(u64::from(per_page))).unwrap_or(PAGE_MAX);
        Ok(MarketPage {
            total: found.total,
            items,
            facets: facets(
                &found.facets,
                &asked.chosen,
                (&stock.providers, &self.known_categories()),
            ),
            page,
            pages: pages.clamp(1, PAGE_MAX),
            closeness: found.closeness,
            meant: found.meant,
            marker: found.marker,
            ways_out,
        })
    }

    /// One page of what was found in the order of a need: text and filters say which offers, the need says
    /// which first. What stands far behind in the ranking of the whole market follows by relevance.
    async fn by_fit(
        &self,
        ctx: &OpContext,
        need: &RequirementSource,
        asked: &SearchQuery,
    ) -> Result<Vec<OfferId>, BrokerError> {
        let ranked = self.ranked_ids(ctx, need, RANKED_MAX).await?;
        let all = SearchQuery { offset: 0, limit: RANKED_MAX, ..asked.clone() };
        let (offset, limit) = (asked.offset, asked.limit);
        let found = self.on_index(move |index| index.ids(&all)).await?;
        let places: HashMap<OfferId, usize> =
            ranked.into_iter().enumerate().map(|(place, id)| (id, place)).collect();
        let mut found = found;
        found.sort_by_key(|id| places.get(id).copied().unwrap_or(usize::MAX));
        Ok(found.into_iter().skip(offset).take(limit).collect())
    }

    /// Names that go on with what somebody types: offers, providers, middleware, regions.
    pub async fn suggest(&self, ctx: &OpContext, typed: &str) -> Result<Vec<String>, BrokerError> {
        ctx.may(Action::ReadMarket, None, "market")?;
        let typed: String = typed.chars().take(TYPED_MAX).collect();
        let sight = ctx.sight();
        self.on_index(move |index| index.suggest(sight, &typed, SUGGESTIONS)).await
    }

    /// Whether Japanese is cut into the words of a dictionary, and not into pairs of characters only.
    #[must_use]
    pub fn has_dictionary(&self) -> bool {
        self.inner.index.has_dictionary()
    }

    /// Figures for the first page: those of the public market, for every reader.
    pub async fn figures(&self, ctx: &OpContext) -> Result<MarketFigures, BrokerError> {
        ctx.may(Action::ReadMarket, None, "market")?;
        let stock = self.inner.shelf.seen_by(Sight::Public);
        let (providers, countries) = self.providers_and_countries(&stock).await?;
        let mut tx = self.begin_read().await?;
        let running = contracts::count_in_state(&mut tx, ContractState::Active).await?;
        Ok(MarketFigures {
            offers: stock.len() as u64,
            providers,
            countries,
            running: u64::try_from(running).unwrap_or(0),
        })
    }

    /// Counted once for each moment of the market.
    async fn providers_and_countries(&self, stock: &Arc<Stock>) -> Result<(u64, u64), BrokerError> {
        // A poisoned lock still holds whole figures: they are replaced in one assignment.
        let kept = || self.inner.shelf.figures.lock().unwrap_or_else(PoisonError::into_inner);
        let (of, providers, countries) = kept().clone();
        if of.upgrade().is_some_and(|of| Arc::ptr_eq(&of, stock)) {
            return Ok((providers, countries));
        }
        let count = |index: &search::OfferIndex| {
            let distinct = |field| index.distinct(Sight::Public, field);
            Ok((distinct(FacetField::Provider)?, distinct(FacetField::Country)?))
        };
        let (providers, countries) = self.on_index(count).await?;
        *kept() = (Arc::downgrade(stock), providers, countries);
        Ok((providers, countries))
    }
}

fn to_search(ctx: &OpContext, query: &MarketQuery, page: u32, per_page: u32) -> SearchQuery {
    SearchQuery {
        sight: ctx.sight(),
        text: query.text.clone(),
        chosen: query.chosen.clone(),
        numbers: query.numbers.clone(),
        machine: query.machine.clone(),
        currency: query.currency,
        price_min: query.price_min_minor,
        price_max: query.price_max_minor,
        sort: match query.sort {
            MarketSort::Relevance | MarketSort::Fit => SearchSort::Relevance,
            MarketSort::Price => SearchSort::Price,
            MarketSort::Newest => SearchSort::Newest,
            MarketSort::Observed => SearchSort::Observed,
        },
        offset: (page as usize - 1) * per_page as usize,
        limit: per_page as usize,
    }
}

/// Groups the counts; a chosen value without offers stays visible, so that it can be unchosen.
fn facets(
    found: &[FacetValue],
    chosen: &[(FacetField, String)],
    (providers, catalogue): (&BTreeMap<String, (String, String)>, &Categories),
) -> Facets {
    let of = |field: FacetField| -> (FacetField, Vec<FacetCount>) {
        let names = |value: &str| match field {
            FacetField::Provider => providers.get(value).cloned(),
            FacetField::Category => catalogue.name(value),
            FacetField::Attribute => catalogue.attribute_name(value),
            _ => None,
        };
        let is_chosen = |value: &str| chosen.iter().any(|(f, v)| *f == field && v == value);
        let mut counts: Vec<FacetCount> = found
            .iter()
            .filter(|value| value.field == field)
            .map(|value| FacetCount {
                value: value.value.clone(),
                names: names(&value.value),
                count: value.count,
                selected: is_chosen(&value.value),
            })
            .collect();
        for (_, value) in chosen.iter().filter(|(f, _)| *f == field) {
            if counts.iter().all(|count| count.value != *value) {
                let names = names(value);
                counts.push(FacetCount { value: value.clone(), names, count: 0, selected: true });
            }
        }
        (field, counts)
    };
    Facets(FacetField::ALL.into_iter().map(of).collect())
}
