//! The cost calculator: what a bill of quantities costs at an offer.

use axum::extract::State;
use broker::contracts::{
    Bill, ChargeLine, Charged, Cost, MONTHS_MAX, MONTHS_USUAL, NextCost, Plan, Priced, UNITS_MAX,
    Upcoming,
};
use broker::{Broker, BrokerError};
use domain::OfferId;
use serde::Serialize;
use std::ops::RangeInclusive;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Asker, FromQuery, Named, Params, Query};
use super::problem::Problem;
use super::wire::{Answer, Money, moment};

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new().routes(routes!(read))
}

/// A bill of quantities; what is left out is as in the reference basket.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "the documented form of what `FromQuery` reads")]
struct BillQuery {
    /// Machines, 1 to 16.
    instances: Option<i64>,
    /// Of each machine, 1 to 64.
    vcpu: Option<i64>,
    /// MiB of each machine, 256 to 262144.
    #[param(rename = "ramMb")]
    ram_mb: Option<i64>,
    /// GB of all, 1 to 10000.
    #[param(rename = "storageGb")]
    storage_gb: Option<i64>,
    /// Mbit/s of all, 1 to 10000.
    #[param(rename = "networkMbps")]
    network_mbps: Option<i64>,
    /// Further units a month: `egress-gb:100,support-month:1`.
    units: Option<String>,
    /// For how many months, 1 to 120.
    #[param(minimum = 1, maximum = 120, default = 12)]
    months: Option<i64>,
}

/// The numbers that were given, and the units as text.
#[derive(Debug)]
struct Asked {
    plan: [Option<i64>; 5],
    units: Option<String>,
    months: i64,
}

impl FromQuery for Asked {
    fn from_query(params: &mut Params) -> Self {
        let plan = ["instances", "vcpu", "ramMb", "storageGb", "networkMbps"].map(|name| {
            let (least, most) = Plan::range(name).into_inner();
            params.number(name, least, most)
        });
        let months = params.number("months", 1, MONTHS_MAX).unwrap_or(MONTHS_USUAL);
        Self { plan, units: params.text("units"), months }
    }
}

impl Asked {
    fn bill(self, usual: Plan) -> Result<Bill, BrokerError> {
        let [instances, vcpu, ram_mb, storage_gb, network_mbps] = self.plan;
        let plan = Plan {
            instances: instances.unwrap_or(usual.instances),
            vcpu: vcpu.unwrap_or(usual.vcpu),
            ram_mb: ram_mb.unwrap_or(usual.ram_mb),
            storage_gb: storage_gb.unwrap_or(usual.storage_gb),
            network_mbps: network_mbps.unwrap_or(usual.network_mbps),
            region: usual.region,
        };
        let units = self.units.unwrap_or_default();
        let mut read = Vec::new();
        for part in units.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let pair =
                part.split_once(':').and_then(|(unit, count)| Some((unit, count.parse().ok()?)));
            let Some((unit, count)) = pair else {
                let allowed = format!("UNIT:COUNT, comma between; a count is 0 to {UNITS_MAX}");
                return Err(BrokerError::field(
                    "/units",
                    "unit",
                    part,
                    &allowed,
                    "this is no unit with a count",
                ));
            };
            read.push((unit.to_owned(), count));
        }
        Ok(Bill { plan, units: read, months: self.months })
    }
}

/// One line of a bill.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ChargeLine)]
pub(super) struct LineBody {
    /// `basket`, `minimum`, `told` (the whole, as the cloud named it when it was asked), or a billing unit such as `egress-gb`.
    what: String,
    /// Units that were charged at another price before these.
    from: i64,
    /// How many, as an exact decimal number.
    quantity: String,
    /// The price of `per` units.
    price: Money,
    /// How many units the price buys.
    per: i64,
    /// What it comes to, rounded half away from zero.
    amount: Money,
}

impl From<ChargeLine> for LineBody {
    fn from(line: ChargeLine) -> Self {
        let quantity = line.quantity().to_string();
        let what = charged_word(line.what);
        Self {
            what,
            from: line.from,
            quantity,
            price: line.price.into(),
            per: line.per,
            amount: line.amount.into(),
        }
    }
}

fn charged_word(what: Charged) -> String {
    match what {
        Charged::Basket => "basket".to_owned(),
        Charged::Minimum => "minimum".to_owned(),
        Charged::Told => "told".to_owned(),
        Charged::Unit(unit) => unit,
    }
}

/// How much of something a customer may order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QuantityLimit)]
struct LimitBody {
    /// A field of the plan, such as `vcpu`, or a billing unit.
    what: String,
    /// The least.
    least: i64,
    /// The most; null: there is none.
    most: Option<i64>,
}

impl From<&(&'static str, RangeInclusive<i64>)> for LimitBody {
    fn from((what, range): &(&'static str, RangeInclusive<i64>)) -> Self {
        let most = Some(*range.end()).filter(|most| *most != i64::MAX);
        Self { what: (*what).to_owned(), least: *range.start(), most }
    }
}

/// The lines of a price; none where there is none.
pub(super) fn lines(priced: Option<Priced>) -> Vec<LineBody> {
    priced.into_iter().flat_map(|priced| priced.lines).map(LineBody::from).collect()
}

/// What a bill of quantities costs.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Cost)]
struct CostBody {
    /// The lines of a month.
    lines: Vec<LineBody>,
    /// Units that were asked for and have no price in this offer: they are in no sum.
    unpriced: Vec<String>,
    /// One month.
    month: Money,
    /// Charged once at the beginning; null: nothing is declared.
    one_time: Option<Money>,
    /// All months and what is charged once.
    total: Money,
    /// For how many months.
    months: i64,
    /// How much may be ordered, where the offer limits it.
    limits: Vec<LimitBody>,
    /// The day on which the provider last checked its prices; null: it does not say.
    prices_as_of: Option<String>,
    /// Whether they are older than the market's limit (`pricesDaysMax` of a quote): asked anew before anything is signed.
    prices_stale: bool,
    /// When the version with these prices was published.
    published_at: String,
    /// The prices that take the place of these from a day on, and the same bill by them; null: none are published.
    next: Option<NextBody>,
}

/// Prices from a day on.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NextCost)]
struct NextBody {
    /// Their first day, in UTC: `2027-04-01`.
    valid_from: String,
    /// The same bill, a month; null: these prices do not cover it.
    month: Option<Money>,
    /// Charged once at the beginning; null: nothing is declared.
    one_time: Option<Money>,
    /// The lines of a month.
    lines: Vec<LineBody>,
    /// Every price that changes.
    prices: Vec<NextPriceBody>,
}

/// A price today and from a day on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NextPrice)]
struct NextPriceBody {
    /// `basket`, `minimum`, a billing unit such as `egress-gb`, or null: charged once.
    what: Option<String>,
    /// Units that are charged at another price before these.
    from: i64,
    /// Today; null: there is no such price.
    before: Option<PerBody>,
    /// From that day on; null: there is no such price any more.
    after: Option<PerBody>,
}

/// What so many units cost.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UnitsPrice)]
struct PerBody {
    /// What they cost.
    price: Money,
    /// How many.
    per: i64,
}

impl From<(domain::Money, i64)> for PerBody {
    fn from((price, per): (domain::Money, i64)) -> Self {
        Self { price: price.into(), per }
    }
}

impl NextBody {
    fn of(cost: NextCost, book: Option<Upcoming>) -> Self {
        let charges = cost.priced.as_ref().map(Priced::charges);
        let prices = book.into_iter().flat_map(|book| book.rows).map(|row| NextPriceBody {
            what: row.what.map(charged_word),
            from: row.from,
            before: row.before.map(PerBody::from),
            after: row.after.map(PerBody::from),
        });
        Self {
            valid_from: cost.valid_from,
            month: charges.map(|charges| charges.month.into()),
            one_time: charges.and_then(|charges| charges.once).map(Money::from),
            lines: lines(cost.priced),
            prices: prices.collect(),
        }
    }
}

/// Calculate what a bill of quantities costs
///
/// Line by line by the published price book, exactly as a quote for the same quantities. 404 for an offer without a
/// price.
#[utoipa::path(get, path = "/offers/{offer}/cost", tag = "market",
    params(("offer" = String, Path, description = "`ofr_…`"), BillQuery),
    responses((status = 200, body = CostBody)))]
async fn read(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<OfferId>,
    Query(asked): Query<Asked>,
) -> Result<Answer<CostBody>, Problem> {
    let offer = broker.offer(&ctx, id).await?;
    let book = broker.price_book(&ctx, id).await?;
    let book = book.ok_or(BrokerError::NotFound { what: "price" })?;
    let bill = asked.bill(broker.usual_plan(&offer.card))?;
    let cost: Cost = broker.cost(&ctx, id, &bill).await?;
    Ok(Answer(CostBody {
        lines: cost.lines.into_iter().map(LineBody::from).collect(),
        unpriced: cost.unpriced,
        month: cost.month.into(),
        one_time: cost.one_time.map(Money::from),
        total: cost.total.into(),
        months: cost.months,
        limits: book.limits.iter().map(LimitBody::from).collect(),
        prices_as_of: book.as_of,
        prices_stale: book.age.stale,
        published_at: moment(book.published_at),
        next: cost.next.map(|next| NextBody::of(next, book.next)),
    }))
}
