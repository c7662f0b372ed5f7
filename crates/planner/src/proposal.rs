//! What is proposed, and how it was judged.

use crate::gamma::{share_within, time_of};
use crate::input::{Input, Quantities, Station};
use crate::load::{Demand, KILOBYTES_PER_MBIT, Source};
use crate::queue::{Time, response};
use serde::{Deserialize, Serialize};

/// A bill of quantities with the reasons for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Proposal {
    /// What to order; the customer may change it.
    pub quantities: Quantities,
    /// What it costs, in the units of the cost that was asked; `None`: it has no price.
    pub cost: Option<i64>,
    /// The load it was planned for, requests a second.
    pub per_second: f64,
    /// Each station at that load.
    pub stations: Vec<StationLoad>,
    /// What gives way first.
    pub bottleneck: Bottleneck,
    /// Mean response, seconds.
    pub mean_seconds: f64,
    /// The response that the asked share stays within, seconds.
    pub at_compliance_seconds: f64,
    /// The share of responses within the asked time.
    pub share_in_time: f64,
    /// The load up to which the goal holds, requests a second.
    pub bears_per_second: f64,
    /// How many plans were looked at.
    pub looked_at: u32,
    /// Whether the budget sufficed for all of them.
    pub complete: bool,
}

/// One station at the planned load.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StationLoad {
    /// Which.
    pub station: Station,
    /// What one request costs it.
    pub demand: Demand,
    /// Share of the time that it is busy, 0 to 1.
    pub busy: f64,
    /// Mean time that a request spends there, seconds.
    pub mean_seconds: f64,
}

/// The station that gives way first when the load grows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bottleneck {
    /// Which.
    pub station: Station,
    /// Share of the time that it is busy at the planned load.
    pub busy: f64,
    /// The load at which it has no time left, requests a second.
    pub full_at_per_second: f64,
    /// Whether its demand was stated or observed.
    pub source: Source,
}

/// A plan at a load.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Judged {
    pub busy: [f64; 3],
    pub times: [Time; 3],
    /// In the three queues together.
    pub queues: Time,
    /// Elsewhere, seconds.
    pub fixed: f64,
}

impl Judged {
    pub fn mean(&self) -> f64 {
        self.queues.mean + self.fixed
    }

    pub fn share_in(&self, seconds: f64) -> f64 {
        share_within(self.queues, seconds - self.fixed)
    }

    pub fn seconds_of(&self, share: f64) -> f64 {
        time_of(self.queues, share) + self.fixed
    }

    /// Not less than [`Judged::seconds_of`] for a share of 0.9 and more, and cheap: as if the whole
    /// response were one exponential time.
    pub fn at_most(&self, share: f64) -> f64 {
        self.queues.mean * -libm::log(1.0 - share) + self.fixed
    }

    pub fn busiest(&self) -> f64 {
        self.busy.iter().copied().fold(0.0, f64::max)
    }
}

/// How a plan does at a load; `None`: a queue grows without end.
pub(crate) fn judge(
    input: &Input,
    demands: &[Demand; 3],
    plan: &Quantities,
    per_second: f64,
) -> Option<Judged> {
    let share = per_second / f64::from(plan.instances);
    let services = services(demands, plan);
    let servers = [plan.vcpu, 1, 1];
    let (mut busy, mut times) = ([0.0; 3], [Time::default(); 3]);
    for at in 0..3 {
        busy[at] = share * services[at] / f64::from(servers[at]);
        times[at] = response(servers[at], share, services[at])?;
    }
    let queues = times[0] + times[1] + times[2];
    Some(Judged { busy, times, queues, fixed: input.workload.elsewhere_ms / 1e3 })
}

/// Seconds that one server of each station takes for a request.
pub(crate) fn services(demands: &[Demand; 3], plan: &Quantities) -> [f64; 3] {
    let speed = f64::from(plan.network_mbps) * KILOBYTES_PER_MBIT;
    [demands[0].each / 1e3, demands[1].each / 1e3, demands[2].each / speed]
}

/// The station that has the least time left.
pub(crate) fn bottleneck(demands: &[Demand; 3], judged: &Judged, per_second: f64) -> Bottleneck {
    let mut worst = 0;
    for at in 1..3 {
        if judged.busy[at] > judged.busy[worst] {
            worst = at;
        }
    }
    Bottleneck {
        station: Station::ALL[worst],
        busy: judged.busy[worst],
        full_at_per_second: per_second / judged.busy[worst],
        source: demands[worst].source,
    }
}
