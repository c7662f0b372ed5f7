//! How the market does, for those who run it.

use axum::extract::State;
use broker::Broker;
use broker::statistics::{DAYS_MAX, DAYS_USUAL, DayFigures, MarketStatistics, ProviderFigures};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Asker, FromQuery, Params, Query};
use super::problem::Problem;
use super::wire::{Answer, Money, TwoLanguages, moment};

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new().routes(routes!(read))
}

/// Which days.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
struct StatisticsQuery {
    /// How many days, today included, 1 to 366.
    #[param(minimum = 1, maximum = 366, default = 30)]
    days: i64,
}

impl FromQuery for StatisticsQuery {
    fn from_query(params: &mut Params) -> Self {
        Self { days: params.number("days", 1, DAYS_MAX).unwrap_or(DAYS_USUAL) }
    }
}

/// One UTC day.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MarketDay)]
struct DayBody {
    /// Its beginning.
    at: String,
    /// Contracts that were signed.
    signed: i64,
    /// Services that came to run.
    activated: i64,
    /// Contracts whose activation failed.
    failed: i64,
    /// Services of which nothing is left.
    released: i64,
    /// Needs that were saved for the first time.
    needs_saved: i64,
    /// Versions of offers that were written.
    offer_versions: i64,
}

impl From<DayFigures> for DayBody {
    fn from(day: DayFigures) -> Self {
        Self {
            at: moment(day.at),
            signed: day.signed,
            activated: day.activated,
            failed: day.failed,
            released: day.released,
            needs_saved: day.needs,
            offer_versions: day.versions,
        }
    }
}

/// What runs now in one currency.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MarketRunning)]
struct RunningBody {
    /// Prices for a month, summed up.
    price: Money,
    /// How many contracts.
    contracts: i64,
}

/// What one provider delivers.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ProviderFigures)]
struct ProviderBody {
    /// The provider's short name.
    slug: String,
    /// Its name.
    name: TwoLanguages,
    /// Contracts that run now.
    running: i64,
    /// Signed in these days.
    signed: i64,
    /// Of those, the ones that came to run.
    activated: i64,
    /// Of those, the ones that failed.
    failed: i64,
}

impl From<ProviderFigures> for ProviderBody {
    fn from(row: ProviderFigures) -> Self {
        Self {
            slug: row.slug,
            name: TwoLanguages::new(&row.name_en, &row.name_ja),
            running: row.running,
            signed: row.signed,
            activated: row.activated,
            failed: row.failed,
        }
    }
}

/// How the market does.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MarketStatistics)]
struct StatisticsBody {
    /// The oldest first; the last one is today and not over.
    days: Vec<DayBody>,
    /// What runs now, in each currency.
    running: Vec<RunningBody>,
    /// Who delivers, the largest first, at most 200.
    providers: Vec<ProviderBody>,
}

impl From<MarketStatistics> for StatisticsBody {
    fn from(found: MarketStatistics) -> Self {
        let running = found.running.into_iter();
        Self {
            days: found.days.into_iter().map(DayBody::from).collect(),
            running: running
                .map(|(price, contracts)| RunningBody { price: price.into(), contracts })
                .collect(),
            providers: found.providers.into_iter().map(ProviderBody::from).collect(),
        }
    }
}

/// Read how the market does
///
/// What happened on each of the last days, what runs now, and who delivers it.
#[utoipa::path(get, path = "/desk/statistics", tag = "desk", params(StatisticsQuery),
    responses((status = 200, body = StatisticsBody)))]
async fn read(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Query(query): Query<StatisticsQuery>,
) -> Result<Answer<StatisticsBody>, Problem> {
    Ok(Answer(broker.market_statistics(&ctx, query.days).await?.into()))
}
