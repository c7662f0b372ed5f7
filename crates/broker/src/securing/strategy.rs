//! What matters most when something is secured, and the order that follows from it (F7.4.5). Pure.

use domain::Money;
use matching::Order;
use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;
use serde::{Deserialize, Serialize};
use sla::{Demand, Emphasis, Requirement, RequirementItem};

use crate::requirements::YEN_PER;

/// What is secured first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// The nearest cloud, then the others.
    LatencyFirst,
    /// The cloud with the widest network free, then the others.
    BandwidthFirst,
    /// The cheapest, then the others.
    CostFirst,
    /// The promise that exceeds the need most, then the others.
    AssuranceFirst,
}

impl Strategy {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::LatencyFirst, Self::BandwidthFirst, Self::CostFirst, Self::AssuranceFirst];

    /// The word in documents, in the database and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LatencyFirst => "latency_first",
            Self::BandwidthFirst => "bandwidth_first",
            Self::CostFirst => "cost_first",
            Self::AssuranceFirst => "assurance_first",
        }
    }

    /// The strategy of that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|strategy| strategy.as_str() == word)
    }

    /// What the need says matters most, else what it gives the most weight to.
    #[must_use]
    pub fn of(need: &Requirement) -> Self {
        match need.spec.emphasis {
            Some(Emphasis::LatencyFirst) => return Self::LatencyFirst,
            Some(Emphasis::BandwidthFirst) => return Self::BandwidthFirst,
            Some(Emphasis::CostFirst) => return Self::CostFirst,
            Some(Emphasis::AssuranceFirst) => return Self::AssuranceFirst,
            Some(Emphasis::Balanced) | None => {}
        }
        let normal = &need.spec.profiles.normal.items;
        let heaviest = normal.iter().filter(|item| asks(item)).max_by(|a, b| {
            // Of equal weights the first one in the need counts.
            weight(a).cmp(&weight(b)).then(std::cmp::Ordering::Greater)
        });
        heaviest.map_or(Self::AssuranceFirst, |item| Self::for_item(&item.item))
    }

    /// The strategy that serves an item.
    fn for_item(key: &str) -> Self {
        match key {
            "network.rtt" | "network.jitter" => Self::LatencyFirst,
            "network.bandwidth" | "performance.max_throughput" => Self::BandwidthFirst,
            key if key.starts_with("performance.") && key.ends_with("_time") => Self::LatencyFirst,
            key if key.starts_with("cost.") => Self::CostFirst,
            _ => Self::AssuranceFirst,
        }
    }

    /// How the market is ranked for it, before any cloud is asked.
    #[must_use]
    pub const fn order(self) -> Order {
        match self {
            Self::LatencyFirst | Self::BandwidthFirst => Order::Balanced,
            Self::CostFirst => Order::Value,
            Self::AssuranceFirst => Order::Strength,
        }
    }
}

fn asks(item: &RequirementItem) -> bool {
    matches!(item.level, Demand::Must | Demand::Prefer)
}

/// An item without a weight has the usual one.
fn weight(item: &RequirementItem) -> Decimal {
    item.weight.unwrap_or(Decimal::ONE)
}

/// What is known of a place when it is put in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    /// Place in the ranking of the market.
    pub rank: usize,
    /// Measured way to the cloud and back, microseconds; `None`: not measured.
    pub round_trip_us: Option<i64>,
    /// Network that is free there, Mbit/s; `None`: the cloud did not say.
    pub free_mbps: Option<i64>,
    /// Monthly price; `None`: none is published.
    pub price: Option<Money>,
}

impl Standing {
    /// What the strategy compares: smaller is better, unknown comes last, the ranking breaks ties.
    pub fn key(&self, strategy: Strategy) -> (bool, Decimal, usize) {
        let found = match strategy {
            Strategy::LatencyFirst => self.round_trip_us.and_then(Decimal::from_i64),
            Strategy::BandwidthFirst => self.free_mbps.and_then(|free| Decimal::from_i64(-free)),
            Strategy::CostFirst => self.price.map(in_yen),
            Strategy::AssuranceFirst => Some(Decimal::ZERO),
        };
        (found.is_none(), found.unwrap_or_default(), self.rank)
    }
}

/// An amount in minor units of the yen, by the published rates.
fn in_yen(price: Money) -> Decimal {
    let code = price.currency.code();
    match YEN_PER.iter().find(|(currency, _)| *currency == code) {
        // A minor unit of these currencies is a hundredth.
        Some((_, yen)) => Decimal::from(price.minor) * Decimal::from(*yen) / Decimal::from(100),
        None => Decimal::from(price.minor),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Currency;

    fn standings() -> [Standing; 4] {
        let place = |rank, round_trip_us, free_mbps, price| Standing {
            rank,
            round_trip_us: Some(round_trip_us),
            free_mbps: Some(free_mbps),
            price: Some(price),
        };
        [
            place(0, 90_000, 500, Money::new(300_000, Currency::Jpy)),
            place(1, 5_000, 300, Money::new(200_000, Currency::Jpy)),
            place(2, 40_000, 900, Money::new(150_000, Currency::Eur)),
            place(3, 50_000, 400, Money::new(100_000, Currency::Jpy)),
        ]
    }

    fn order(strategy: Strategy) -> Vec<usize> {
        let mut all = standings();
        all.sort_by_key(|standing| standing.key(strategy));
        all.iter().map(|standing| standing.rank).collect()
    }

    #[test]
    fn f7_4_5_each_strategy_puts_the_same_places_in_another_order() {
        assert_eq!(order(Strategy::LatencyFirst), [1, 2, 3, 0]);
        assert_eq!(order(Strategy::BandwidthFirst), [2, 0, 3, 1]);
        // 1,500 euros are 247,500 yen.
        assert_eq!(order(Strategy::CostFirst), [3, 1, 2, 0]);
        assert_eq!(order(Strategy::AssuranceFirst), [0, 1, 2, 3]);
    }

    #[test]
    fn what_is_not_known_comes_last_and_is_not_zero() {
        let unknown = Standing { rank: 0, round_trip_us: None, free_mbps: None, price: None };
        for strategy in [Strategy::LatencyFirst, Strategy::BandwidthFirst, Strategy::CostFirst] {
            assert!(unknown.key(strategy) > standings()[0].key(strategy), "{strategy:?}");
        }
    }

    #[test]
    fn f7_4_5_the_heaviest_item_of_a_need_decides_unless_the_need_says_it() {
        let need = |emphasis: &str, items: &str| {
            let text = format!(
                "apiVersion: sla.kumoichi/v1alpha1\nkind: QualityRequirement\n\
                 metadata: {{name: need, version: 1, title: {{en: N, ja: N}}}}\n\
                 spec:\n  userRegions: [JP]\n{emphasis}  profiles:\n    normal:\n      items:\n{items}"
            );
            Strategy::of(&crate::documents::read_requirement(&text).unwrap().0)
        };
        let uptime = "        - {item: availability.service_uptime, op: gte, value: 0.9, level: must, weight: 3}\n";
        let quick = "        - {item: performance.online_response_time, op: lte, value: 1, level: prefer, weight: 7}\n";
        let cheap = "        - {item: cost.tier, op: lte, value: \"3\", level: must, weight: 9}\n";
        assert_eq!(need("", uptime), Strategy::AssuranceFirst);
        assert_eq!(need("", &format!("{uptime}{quick}")), Strategy::LatencyFirst);
        assert_eq!(need("", &format!("{uptime}{quick}{cheap}")), Strategy::CostFirst);
        let said = "  emphasis: bandwidth_first\n";
        assert_eq!(need(said, &format!("{uptime}{cheap}")), Strategy::BandwidthFirst);
        assert_eq!(need("  emphasis: balanced\n", quick), Strategy::LatencyFirst);
    }
}
