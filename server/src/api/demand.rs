//! What demand tells a provider: where its offers would stand, and which asked items they miss.

use axum::extract::State;
use broker::Broker;
use broker::demand::{
    Beside, Demand, DemandStanding, ItemBeside, MissedItem, OfferRanking, Standing,
    TemplateStanding,
};
use domain::OfferId;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Asker, Named, Nothing, Query};
use super::problem::Problem;
use super::wire::{self, Answer, Money, TwoLanguages};

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new().routes(routes!(ranking)).routes(routes!(demand))
}

/// A place among the offers of the market.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OfferPlace)]
struct PlaceBody {
    /// From 1, in the order `balanced`.
    position: u64,
    /// Offers it stands among, itself included.
    of: u64,
    /// How many of these contain the need, itself included.
    matching: u64,
    /// Whether its promise contains the need.
    contained: bool,
}

impl From<Standing> for PlaceBody {
    fn from(standing: Standing) -> Self {
        let Standing { position, of, matching, contained } = standing;
        Self { position, of, matching, contained }
    }
}

/// An item that is asked and missed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MissedRow)]
struct MissedBody {
    /// Item key.
    item: String,
    /// must or prefer.
    #[schema(value_type = String)]
    mode: Value,
    /// What is asked: numbers as exact text, sets as lists.
    #[schema(value_type = Option<Object>)]
    required: Value,
    /// What is promised; null: not promised.
    #[schema(value_type = Option<Object>)]
    promised: Value,
}

/// How an offer stands to a template.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TemplatePlace)]
struct TemplateBody {
    /// Key of the template.
    template: String,
    /// Its place.
    #[serde(flatten)]
    place: PlaceBody,
    /// What is asked and missed, or not promised.
    missed: Vec<MissedBody>,
}

impl From<TemplateStanding> for TemplateBody {
    fn from(one: TemplateStanding) -> Self {
        let row = |row: matching::RowExplanation| MissedBody {
            item: row.item,
            mode: wire::json(&row.mode),
            required: wire::json(&row.required),
            promised: wire::json(&row.promised),
        };
        Self {
            template: one.template.key,
            place: one.standing.into(),
            missed: one.missed.into_iter().map(row).collect(),
        }
    }
}

/// An item that others ask for.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AskedItem)]
struct AskedBody {
    /// Item key.
    item: String,
    /// Organisations that ask for it, at least 5.
    organisations: u64,
    /// Needs that ask for it.
    needs: u64,
    /// Of these, the ones that it misses.
    missed: u64,
}

/// How an offer stands to what others need: counts only.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DemandPlace)]
struct RealBody {
    /// Organisations whose needs were looked at, at least 5.
    organisations: u64,
    /// Needs that were looked at.
    needs: u64,
    /// Of these, the ones that its promise contains.
    contained: u64,
    /// Of these, the ones for which it stands among the first three.
    among_first: u64,
    /// Its place in the middle.
    middle_position: u64,
    /// Offers it stands among, itself included.
    of: u64,
    /// Items that at least 5 organisations ask for, the most missed first.
    items: Vec<AskedBody>,
}

impl From<DemandStanding> for RealBody {
    fn from(found: DemandStanding) -> Self {
        let item = |item: broker::demand::AskedItem| AskedBody {
            item: item.item,
            organisations: item.organisations,
            needs: item.needs,
            missed: item.missed,
        };
        Self {
            organisations: found.organisations,
            needs: found.needs,
            contained: found.contained,
            among_first: found.among_first,
            middle_position: found.middle_position,
            of: found.of,
            items: found.items.into_iter().map(item).collect(),
        }
    }
}

/// A promise beside the middle of its category.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ItemBeside)]
struct BesideItemBody {
    /// Item key.
    item: String,
    /// What is promised; null: nothing.
    #[schema(value_type = Option<Object>)]
    promised: Option<Value>,
    /// The median of what is promised; null: too few to tell.
    #[schema(value_type = Option<Object>)]
    median: Option<Value>,
    /// Offers that it is made of, at least 5 of 3 providers; 0: too few.
    offers: u64,
    /// better, equal, worse, not_promised or too_few.
    against: &'static str,
}

impl From<ItemBeside> for BesideItemBody {
    fn from(item: ItemBeside) -> Self {
        Self {
            item: item.item,
            promised: item.promised.as_ref().map(wire::value),
            median: item.middle.as_ref().map(wire::value),
            offers: item.offers,
            against: item.against.as_str(),
        }
    }
}

/// The price beside the middle.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PriceBeside)]
struct BesidePriceBody {
    /// The price; null: none is published.
    price: Option<Money>,
    /// The median in its currency; null: too few to tell.
    median: Option<Money>,
    /// Offers that it is made of; 0: too few.
    offers: u64,
    /// better (cheaper), equal, worse (dearer), not_promised or too_few.
    against: &'static str,
}

/// An offer beside the middle of its category.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OfferBeside)]
struct BesideBody {
    /// The category: the service model.
    model: String,
    /// In the order of the registry.
    items: Vec<BesideItemBody>,
    /// The price.
    price: BesidePriceBody,
}

impl From<Beside> for BesideBody {
    fn from(found: Beside) -> Self {
        Self {
            model: found.model,
            items: found.items.into_iter().map(BesideItemBody::from).collect(),
            price: BesidePriceBody {
                price: found.price.price.map(Money::from),
                median: found.price.middle.map(Money::from),
                offers: found.price.offers,
                against: found.price.against.as_str(),
            },
        }
    }
}

/// Where an offer would stand.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OfferRanking)]
struct RankingBody {
    /// Against each template.
    templates: Vec<TemplateBody>,
    /// Against what others need; null: fewer than 5 organisations, too few to tell.
    demand: Option<RealBody>,
    /// Beside the median of its category.
    category: BesideBody,
}

impl RankingBody {
    fn of(found: OfferRanking, beside: Beside) -> Self {
        Self {
            templates: found.templates.into_iter().map(TemplateBody::from).collect(),
            demand: found.demand.map(RealBody::from),
            category: beside.into(),
        }
    }
}

/// Read how an offer would rank
///
/// The newest version, published or not, among the offers of the market: for each template, for what others need
/// (counts only), and beside the median of its category.
#[utoipa::path(get, path = "/provider/offers/{offer}/ranking", tag = "provider",
    params(("offer" = String, Path, description = "`ofr_…`")),
    responses((status = 200, body = RankingBody)))]
async fn ranking(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<OfferId>,
    _: Query<Nothing>,
) -> Result<Answer<RankingBody>, Problem> {
    let (found, document) = broker.ranking_of_offer(&ctx, id).await?;
    let beside = broker.beside_the_middle(&ctx, &document).await?;
    Ok(Answer(RankingBody::of(found, beside)))
}

/// An asked item, and how far one's offers miss it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DemandedItem)]
struct DemandedBody {
    /// Item key.
    item: String,
    /// Organisations that ask for it, at least 5.
    organisations: u64,
    /// Needs that ask for it.
    needs: u64,
    /// Offers that miss it for at least half of these needs.
    offers_missing: u64,
    /// Of all pairs of such a need and an offer, those in which it is missed, in thousandths.
    missed_permille: u64,
    /// The median of what is asked, each organisation counted once; null: it has none, as sets.
    #[schema(value_type = Option<Object>)]
    median_asked: Option<Value>,
}

impl From<MissedItem> for DemandedBody {
    fn from(item: MissedItem) -> Self {
        Self {
            item: item.item,
            organisations: item.organisations,
            needs: item.needs,
            offers_missing: item.offers_missing,
            missed_permille: item.missed_permille,
            median_asked: item.asked.as_ref().map(wire::value),
        }
    }
}

/// What others need, over all of one's offers: counts only.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RealDemand)]
struct RealDemandBody {
    /// Organisations whose needs were looked at, at least 5.
    organisations: u64,
    /// Needs that were looked at.
    needs: u64,
    /// Of these, the ones that at least one offer contains.
    contained: u64,
    /// Items that at least 5 organisations ask for, the most missed first.
    items: Vec<DemandedBody>,
}

/// One's offer in its places.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PlacedOffer)]
struct PlacedBody {
    /// `ofr_…`
    offer: String,
    /// Title.
    title: TwoLanguages,
    /// In the order of `templates`.
    places: Vec<PlaceBody>,
}

/// What demand tells a provider.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ProviderDemand)]
struct DemandBody {
    /// Keys of the templates.
    templates: Vec<String>,
    /// Published offers, the latest first, at most 100.
    offers: Vec<PlacedBody>,
    /// What others need; null: fewer than 5 organisations, too few to tell.
    demand: Option<RealDemandBody>,
}

impl From<Demand> for DemandBody {
    fn from(found: Demand) -> Self {
        let offer = |offer: broker::demand::PlacedOffer| PlacedBody {
            offer: offer.offer.to_string(),
            title: TwoLanguages::new(&offer.title_en, &offer.title_ja),
            places: offer.standings.into_iter().map(PlaceBody::from).collect(),
        };
        Self {
            templates: found.templates.into_iter().map(|template| template.key).collect(),
            offers: found.offers.into_iter().map(offer).collect(),
            demand: found.real.map(|real| RealDemandBody {
                organisations: real.organisations,
                needs: real.needs,
                contained: real.contained,
                items: real.items.into_iter().map(DemandedBody::from).collect(),
            }),
        }
    }
}

/// Read what is asked for and what one's offers miss
///
/// Needs of others are told as counts only, and only over groups of at least 5 organisations.
#[utoipa::path(get, path = "/provider/demand", tag = "provider",
    responses((status = 200, body = DemandBody)))]
async fn demand(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    _: Query<Nothing>,
) -> Result<Answer<DemandBody>, Problem> {
    Ok(Answer(broker.provider_demand(&ctx).await?.into()))
}
