//! Search and facets: the index decides, the shelf shows.

use super::{FacetCount, Facets, MarketFigures, MarketPage, MarketQuery, MarketSort};
use crate::{Broker, BrokerError, OpContext};
use domain::{Action, ContractState};
use search::{FacetField, FacetValue, SearchQuery, SearchSort};
use std::collections::{BTreeMap, BTreeSet};
use storage::contracts;

/// Offers on a page when nothing is said.
const PER_PAGE: u32 = 20;
/// Offers on a page at most.
const PER_PAGE_MAX: u32 = 100;
/// Later pages are not looked at by anybody; a filter finds more.
const PAGE_MAX: u32 = 500;

impl Broker {
    /// Finds offers; no statement is sent, whatever the size of the market.
    pub async fn browse(
        &self,
        ctx: &OpContext,
        query: &MarketQuery,
    ) -> Result<MarketPage, BrokerError> {
        ctx.may(Action::ReadMarket, None, "market")?;
        let per_page =
            if query.per_page == 0 { PER_PAGE } else { query.per_page.min(PER_PAGE_MAX) };
        let page = query.page.clamp(1, PAGE_MAX);
        let asked = to_search(query, page, per_page);
        let chosen = asked.chosen.clone();
        let found = self.on_index(move |index| index.search(&asked)).await?;
        let stock = self.inner.shelf.stock();
        let items =
            found.ids.iter().filter_map(|id| Some(stock.offers.get(id)?.card.clone())).collect();
        let pages = u32::try_from(found.total.div_ceil(u64::from(per_page))).unwrap_or(PAGE_MAX);
        Ok(MarketPage {
            total: found.total,
            items,
            facets: facets(&found.facets, &chosen, &stock.providers),
            page,
            pages: pages.clamp(1, PAGE_MAX),
        })
    }

    /// Figures for the first page.
    pub async fn figures(&self, ctx: &OpContext) -> Result<MarketFigures, BrokerError> {
        ctx.may(Action::ReadMarket, None, "market")?;
        let stock = self.inner.shelf.stock();
        let mut providers = BTreeSet::new();
        let mut countries = BTreeSet::new();
        for offer in stock.offers.values() {
            providers.insert(offer.card.provider.id);
            countries.extend(offer.card.regions.iter().map(|(_, country)| country.as_str()));
        }
        let mut tx = self.begin_read().await?;
        let running = contracts::count_in_state(&mut tx, ContractState::Active).await?;
        Ok(MarketFigures {
            offers: stock.offers.len() as u64,
            providers: providers.len() as u64,
            countries: countries.len() as u64,
            running: u64::try_from(running).unwrap_or(0),
        })
    }
}

fn to_search(query: &MarketQuery, page: u32, per_page: u32) -> SearchQuery {
    let groups = [
        (FacetField::Model, &query.models),
        (FacetField::Deployment, &query.deployments),
        (FacetField::Country, &query.countries),
        (FacetField::Certification, &query.certifications),
        (FacetField::Provider, &query.providers),
    ];
    let chosen = groups
        .into_iter()
        .flat_map(|(field, values)| values.iter().map(move |value| (field, value.clone())))
        .collect();
    SearchQuery {
        text: query.text.clone(),
        chosen,
        currency: query.currency,
        price_min: query.price_min_minor,
        price_max: query.price_max_minor,
        backed_only: query.backed_only,
        sort: match query.sort {
            MarketSort::Relevance => SearchSort::Relevance,
            MarketSort::Price => SearchSort::Price,
            MarketSort::Newest => SearchSort::Newest,
        },
        offset: (page as usize - 1) * per_page as usize,
        limit: per_page as usize,
    }
}

/// Groups the counts; a chosen value without offers stays visible, so that it can be unchosen.
fn facets(
    found: &[FacetValue],
    chosen: &[(FacetField, String)],
    providers: &BTreeMap<String, (String, String)>,
) -> Facets {
    let of = |field: FacetField| -> Vec<FacetCount> {
        let names = |value: &str| match field {
            FacetField::Provider => providers.get(value).cloned(),
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
        counts
    };
    Facets {
        models: of(FacetField::Model),
        deployments: of(FacetField::Deployment),
        countries: of(FacetField::Country),
        certifications: of(FacetField::Certification),
        providers: of(FacetField::Provider),
    }
}
