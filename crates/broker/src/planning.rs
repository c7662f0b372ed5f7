//! From a need and what a service does to a bill of quantities that the customer may edit (F7.3, IF14,
//! P6.1.i1); the arithmetic is in `planner`.

use crate::contracts::{Plan, orderable, plan_charges};
use crate::requirements::RequirementSource;
use crate::shelf::Shelved;
use crate::{Broker, BrokerError, FieldFault, OpContext};
use domain::{Action, Money, OfferId};
use planner::{
    Fault, Goal, Input, Limits, Mode, Observation, Proposal, Quantities, Refusal, Sizes, Station,
    Workload,
};
use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};
use sla::{Demand, Expected, RequirementItem, Value};
use std::fmt;
use std::sync::Arc;

const END_TO_END: &str = "performance.e2e_response_time";
const RESPONSE: &str = "performance.online_response_time";
const COMPLIANCE: &str = "performance.online_response_compliance";
const THROUGHPUT: &str = "performance.max_throughput";

/// Share of responses in time where neither the request nor the need says one.
const USUAL_COMPLIANCE: f64 = 0.95;
/// Observations of one request at most.
const OBSERVATIONS_MAX: usize = 1_000;

/// What a plan is asked for.
#[derive(Debug, Clone)]
pub struct PlanRequest {
    /// What the service does.
    pub workload: Workload,
    /// How busy it was, where it runs already; at most 1,000.
    pub observations: Vec<Observation>,
    /// Quickly and on the safe side, or the cheapest that holds.
    pub mode: Mode,
    /// Share of each station that stays free; `None`: that of the mode.
    pub headroom: Option<f64>,
    /// Plans to look at in the precise mode; `None`: 4,096.
    pub budget: Option<u32>,
    /// Longest response, seconds; `None`: as the need says.
    pub response_seconds: Option<f64>,
    /// Share of responses within it; `None`: as the need says, else 0.95.
    pub compliance: Option<f64>,
    /// The offer whose prices and regions count; `None`: what takes less is cheaper.
    pub offer: Option<OfferId>,
}

/// A bill of quantities with the reasons for it.
#[derive(Debug, Clone)]
pub struct Planned {
    /// What to order; without an offer in no region.
    pub plan: Plan,
    /// Its monthly price; `None`: no offer was named, or it has no price.
    pub price: Option<Money>,
    /// What was planned for.
    pub goal: Goal,
    /// How it was judged.
    pub proposal: Proposal,
}

/// Why no plan that can be ordered holds the goal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum OutOfReach {
    /// Also the largest plan answers later.
    Unattainable {
        /// The station that is in the way; `None`: the time that passes elsewhere.
        station: Option<Station>,
        /// The response that the asked share stays within at the largest plan, seconds; `None`: it cannot
        /// serve the load.
        best_seconds: Option<f64>,
    },
    /// One quantity would have to be more than can be ordered.
    TooLarge {
        /// `memoryMb` or `storageGb`.
        field: &'static str,
        /// What it would take.
        needed: f64,
        /// The most there is.
        max: u32,
    },
}

impl OutOfReach {
    /// Stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unattainable { .. } => "unattainable",
            Self::TooLarge { .. } => "too_large",
        }
    }
}

impl fmt::Display for OutOfReach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unattainable { station, best_seconds } => {
                let place = station.map_or("the time that passes elsewhere", Station::as_str);
                write!(f, "no plan that can be ordered holds the goal; in the way: {place}; ")?;
                match best_seconds {
                    Some(best) => write!(f, "the largest plan answers within {best:.3} s"),
                    None => f.write_str("the largest plan cannot serve the load"),
                }
            }
            Self::TooLarge { field, needed, max } => {
                write!(f, "{field} would have to be {needed:.0}; at most {max} can be ordered")
            }
        }
    }
}

impl Broker {
    /// Proposes a bill of quantities for a need and a workload; the same request gets the same answer.
    ///
    /// # Errors
    /// Faults of the request at their fields.
    pub async fn plan_quantities(
        &self,
        ctx: &OpContext,
        source: &RequirementSource,
        request: PlanRequest,
    ) -> Result<Result<Planned, OutOfReach>, BrokerError> {
        ctx.may(Action::RankOffers, None, "market")?;
        let (requirement, _) = self.resolve_requirement(ctx, source).await?;
        let offer = match request.offer {
            Some(id) => {
                let found = self.shelved(ctx.sight(), id).await?;
                Some(found.ok_or(BrokerError::NotFound { what: "offer" })?)
            }
            None => None,
        };
        let items = &requirement.spec.profiles.normal.items;
        let goal = goal(&request, items)?;
        let input = Input {
            workload: request.workload,
            goal,
            observations: request.observations,
            mode: request.mode,
            headroom: request.headroom,
            budget: request.budget,
            limits: limits(offer.as_deref()),
        };
        crate::sync::beside("planning", move || proposed(&input, offer.as_ref())).await?
    }
}

fn proposed(
    input: &Input,
    offer: Option<&Arc<Shelved>>,
) -> Result<Result<Planned, OutOfReach>, BrokerError> {
    let region = offer.map(|offer| crate::contracts::plan_for(&offer.card).region);
    let region = region.unwrap_or_default();
    let price = |plan: &Plan| Some(plan_charges(offer?, plan).ok()?.month);
    let cost =
        |quantities: &Quantities| price(&bill(quantities, String::new())).map(|price| price.minor);
    match planner::propose(input, cost) {
        Ok(proposal) => {
            let plan = bill(&proposal.quantities, region);
            Ok(Ok(Planned { price: price(&plan), plan, goal: input.goal, proposal }))
        }
        Err(Refusal::Invalid(faults)) => {
            Err(BrokerError::Invalid(faults.iter().map(field_fault).collect()))
        }
        Err(Refusal::Unattainable { station, best_seconds }) => {
            Ok(Err(OutOfReach::Unattainable { station, best_seconds }))
        }
        Err(Refusal::TooLarge { field, needed, max }) => {
            Ok(Err(OutOfReach::TooLarge { field, needed, max }))
        }
    }
}

fn bill(quantities: &Quantities, region: String) -> Plan {
    Plan {
        instances: quantities.instances.into(),
        vcpu: quantities.vcpu.into(),
        ram_mb: quantities.memory_mb.into(),
        storage_gb: quantities.storage_gb.into(),
        network_mbps: quantities.network_mbps.into(),
        region,
    }
}

/// What may be ordered, as the planner takes it.
fn limits(offer: Option<&Shelved>) -> Limits {
    let size = |field: &str| {
        let range = offer.map_or_else(|| Plan::range(field), |offer| orderable(offer, field));
        let (min, max) = range.into_inner();
        let whole = |value: i64| u32::try_from(value).unwrap_or(u32::MAX);
        Sizes { min: whole(min), max: whole(max) }
    };
    Limits {
        instances: size("instances"),
        vcpu: size("vcpu"),
        memory_mb: size("ramMb"),
        storage_gb: size("storageGb"),
        network_mbps: size("networkMbps"),
    }
}

/// What has to hold: as the request says, else as the need does.
fn goal(request: &PlanRequest, items: &[RequirementItem]) -> Result<Goal, BrokerError> {
    let asked = |key: &str| {
        let item = items.iter().find(|item| item.item == key)?;
        Some((item, number(item)?))
    };
    let mut faults = Vec::new();
    // Without a response at the provider's edge, as users see it: their way counts as elsewhere.
    let row = asked(RESPONSE).or_else(|| asked(END_TO_END));
    let response = request.response_seconds.or(row.map(|(_, seconds)| seconds));
    if response.is_none() {
        faults.push(FieldFault::new(
            "/goal/responseSeconds",
            "missing",
            "",
            "0.001 to 3600 seconds; or a need that asks for a response time",
            "neither the request nor the need says how long a response may take",
        ));
    }
    let count = request.observations.len();
    if count > OBSERVATIONS_MAX {
        let (found, allowed) = (count.to_string(), format!("at most {OBSERVATIONS_MAX}"));
        let message = "these are too many observations";
        faults.push(FieldFault::new("/observations", "too_many", &found, &allowed, message));
    }
    if !faults.is_empty() {
        return Err(BrokerError::Invalid(faults));
    }
    Ok(Goal {
        response_seconds: response.unwrap_or_default(),
        compliance: request
            .compliance
            .or_else(|| asked(COMPLIANCE).map(|(_, share)| share))
            .or_else(|| row.and_then(|(item, _)| item.percentile?.to_f64()).map(|of| of / 100.0))
            .unwrap_or(USUAL_COMPLIANCE),
        throughput_per_second: asked(THROUGHPUT).map(|(_, most)| most),
    })
}

/// The number that a row asks for, in its base unit; of a range the end that keeps to both.
fn number(item: &RequirementItem) -> Option<f64> {
    if item.level == Demand::BestEffort {
        return None;
    }
    match item.value.as_ref()? {
        Value::Number(number) => number.to_f64(),
        // A short time and a large number are the stronger end.
        Value::Range { min, .. } if item.item != THROUGHPUT && item.item != COMPLIANCE => {
            min.to_f64()
        }
        Value::Range { max, .. } => max.to_f64(),
        _ => None,
    }
}

/// `observations[0].busy` as `/observations/0/busy`.
fn field_fault(fault: &Fault) -> FieldFault {
    let pointer = format!("/{}", fault.field.replace("].", "/").replace(['.', '['], "/"));
    let (min, max) = (fault.min, fault.max);
    let (found, allowed) = (fault.found.to_string(), format!("{min} to {max}"));
    let decimal = |number: f64| Decimal::from_f64(number).map(|number| number.normalize());
    let expected = decimal(min).zip(decimal(max)).map(|(min, max)| Expected::Between { min, max });
    let message = "this number cannot be planned with";
    FieldFault { expected, ..FieldFault::new(&pointer, "range", &found, &allowed, message) }
}
