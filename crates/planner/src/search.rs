//! Looking for a plan: quickly and on the safe side, or thoroughly and for the least cost.

use crate::check::{Refusal, check};
use crate::input::{Input, Limits, Mode, Quantities, Sizes, Station};
use crate::load::{Demand, demands};
use crate::proposal::{Judged, Proposal, StationLoad, bottleneck, judge, services};

/// Plans that the fast mode looks at.
const FAST_PLANS: u32 = 16;
/// Plans that the precise mode looks at where nothing is said.
const PRECISE_PLANS: u32 = 4_096;
/// The usual size of an instance.
const USUAL_VCPU: u32 = 8;
/// Memory is ordered in whole GiB.
const MEMORY_STEP_MB: u32 = 1_024;
/// Sizes of connections.
const NETWORK_MBPS: [u32; 13] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];

/// Proposes a bill of quantities; `cost` prices one, `None`: it has no price.
///
/// # Errors
/// Faults of the input, or why no plan within the limits reaches the goal.
pub fn propose(
    input: &Input,
    cost: impl Fn(&Quantities) -> Option<i64>,
) -> Result<Proposal, Refusal> {
    let faults = check(input);
    if !faults.is_empty() {
        return Err(Refusal::Invalid(faults));
    }
    let storage_gb = storage(input)?;
    let search = Search { input, demands: demands(input), storage_gb, load: input.per_second() };
    let found = match input.mode {
        Mode::Fast => search.fast()?,
        Mode::Precise => search.precise(&cost)?,
    };
    Ok(search.told(&found, cost(&found.plan)))
}

/// GB of each instance at the end of the planned time, with the headroom.
fn storage(input: &Input) -> Result<u32, Refusal> {
    let work = &input.workload;
    let data = work.data_gb + work.growth_gb_per_month * f64::from(work.months);
    whole(data / (1.0 - input.free()), 1, input.limits.storage_gb, "storageGb")
}

/// The least whole number of steps that is enough, within what may be ordered.
fn whole(needed: f64, step: u32, sizes: Sizes, field: &'static str) -> Result<u32, Refusal> {
    let steps = (needed / f64::from(step)).ceil();
    if needed > f64::from(sizes.max) || steps > f64::from(u32::MAX / step) {
        return Err(Refusal::TooLarge { field, needed, max: sizes.max });
    }
    // Not negative and below the greatest, so that nothing is cut off.
    Ok((steps as u32 * step).clamp(sizes.min, sizes.max))
}

/// Unpriced plans last, then by price; at one price the one with the most room, without a price the one
/// that takes the least; then by instances.
type Cheapness = (bool, Option<i64>, u64, u64, u32);

struct Search<'a> {
    input: &'a Input,
    demands: [Demand; 3],
    storage_gb: u32,
    load: f64,
}

struct Found {
    plan: Quantities,
    judged: Judged,
    looked_at: u32,
    complete: bool,
}

impl Search<'_> {
    /// Instances of the usual size by the utilisation law, then more until the cautious bound holds.
    fn fast(&self) -> Result<Found, Refusal> {
        let limits = &self.input.limits;
        let vcpu = USUAL_VCPU.clamp(limits.vcpu.min, limits.vcpu.max);
        let speeds = networks(limits.network_mbps);
        let mut speed = 0;
        let mut instances = limits.instances.min;
        for looked_at in 1..=FAST_PLANS {
            let plan = self.plan(instances, vcpu, speeds[speed]);
            let judged = self.judge(&plan);
            let goal = &self.input.goal;
            let holds = |judged: &Judged| {
                judged.at_most(goal.compliance) <= goal.response_seconds
                    && judged.share_in(goal.response_seconds) >= goal.compliance
            };
            if let Some(judged) = judged.filter(|judged| self.has_room(judged) && holds(judged)) {
                let plan = self.with_memory(plan, &judged)?;
                return Ok(Found { plan, judged, looked_at, complete: true });
            }
            let narrow = self.busy(&plan)[2] >= self.busy(&plan)[0].max(self.busy(&plan)[1]);
            if narrow && speed + 1 < speeds.len() {
                speed += 1;
            } else if instances < limits.instances.max {
                let wanted = self.wanted(&plan).max(f64::from(instances + instances.div_ceil(4)));
                instances = wanted.min(f64::from(limits.instances.max)) as u32;
            } else if speed + 1 < speeds.len() {
                speed += 1;
            } else {
                break;
            }
        }
        Err(self.out_of_reach())
    }

    /// Every size of instance and connection with as few instances as hold; the cheapest of them.
    fn precise(&self, cost: &impl Fn(&Quantities) -> Option<i64>) -> Result<Found, Refusal> {
        let budget = self.input.budget.unwrap_or(PRECISE_PLANS);
        let mut best: Option<(Cheapness, Quantities, Judged)> = None;
        let (mut looked_at, mut complete) = (0, true);
        let mut too_large = None;
        'sizes: for vcpu in sizes(self.input.limits.vcpu) {
            for mbps in networks(self.input.limits.network_mbps) {
                if looked_at >= budget {
                    complete = false;
                    break 'sizes;
                }
                let Some((plan, judged)) = self.fewest(vcpu, mbps, &mut looked_at) else {
                    continue;
                };
                let plan = match self.with_memory(plan, &judged) {
                    Ok(plan) => plan,
                    Err(refusal) => {
                        too_large = Some(refusal);
                        continue;
                    }
                };
                let priced = cost(&plan);
                let taken = if priced.is_some() { 0 } else { total(&plan) };
                // Not negative and at most 1, so that nothing is cut off.
                let busy = (judged.busiest() * 1e9) as u64;
                let key = (priced.is_none(), priced, taken, busy, plan.instances);
                if best.as_ref().is_none_or(|(least, ..)| key < *least) {
                    best = Some((key, plan, judged));
                }
            }
        }
        match best {
            Some((_, plan, judged)) => Ok(Found { plan, judged, looked_at, complete }),
            None => Err(too_large.unwrap_or_else(|| self.out_of_reach())),
        }
    }

    /// The fewest instances of a size that hold the goal, by halving: more never do worse.
    fn fewest(&self, vcpu: u32, mbps: u32, looked_at: &mut u32) -> Option<(Quantities, Judged)> {
        let Sizes { min, max } = self.input.limits.instances;
        let mut holds = |instances: u32| {
            *looked_at += 1;
            let plan = self.plan(instances, vcpu, mbps);
            let judged = self.judge(&plan).filter(|judged| self.has_room(judged))?;
            let goal = &self.input.goal;
            (judged.share_in(goal.response_seconds) >= goal.compliance).then_some((plan, judged))
        };
        let mut found = holds(max)?;
        let (mut low, mut high) = (min, max);
        while low < high {
            let middle = low + (high - low) / 2;
            match holds(middle) {
                Some(fewer) => {
                    found = fewer;
                    high = middle;
                }
                None => low = middle + 1,
            }
        }
        Some(found)
    }

    fn plan(&self, instances: u32, vcpu: u32, network_mbps: u32) -> Quantities {
        let memory_mb = self.input.limits.memory_mb.min;
        Quantities { instances, vcpu, memory_mb, storage_gb: self.storage_gb, network_mbps }
    }

    fn judge(&self, plan: &Quantities) -> Option<Judged> {
        judge(self.input, &self.demands, plan, self.load)
    }

    fn has_room(&self, judged: &Judged) -> bool {
        judged.busiest() <= 1.0 - self.input.free()
    }

    /// Memory for the requests at work (Little's law), with the headroom.
    fn with_memory(&self, plan: Quantities, judged: &Judged) -> Result<Quantities, Refusal> {
        let at_work = self.load / f64::from(plan.instances) * judged.mean();
        let work = &self.input.workload;
        let needed = work.base_memory_mb + at_work * work.request_memory_kb / 1_024.0;
        let needed = needed / (1.0 - self.input.free());
        let sizes = self.input.limits.memory_mb;
        let memory_mb = whole(needed, MEMORY_STEP_MB, sizes, "memoryMb")?;
        Ok(Quantities { memory_mb, ..plan })
    }

    /// How busy each station would be, also beyond all its time.
    fn busy(&self, plan: &Quantities) -> [f64; 3] {
        let share = self.load / f64::from(plan.instances);
        let [processors, storage, network] = services(&self.demands, plan);
        [share * processors / f64::from(plan.vcpu), share * storage, share * network]
    }

    /// Instances that leave processors and storage the headroom.
    fn wanted(&self, plan: &Quantities) -> f64 {
        let [processors, storage, _] = self.busy(plan);
        (f64::from(plan.instances) * processors.max(storage) / (1.0 - self.input.free())).ceil()
    }

    /// What is in the way at the largest plan.
    fn out_of_reach(&self) -> Refusal {
        let limits: &Limits = &self.input.limits;
        let largest = self.plan(limits.instances.max, limits.vcpu.max, limits.network_mbps.max);
        let busy = self.busy(&largest);
        let worst = (0..3).fold(0, |worst, at| if busy[at] > busy[worst] { at } else { worst });
        let Some(judged) = self.judge(&largest) else {
            return Refusal::Unattainable {
                station: Some(Station::ALL[worst]),
                best_seconds: None,
            };
        };
        let longest = (0..3).fold(0, |longest, at| {
            if judged.times[at].mean > judged.times[longest].mean { at } else { longest }
        });
        let full = judged.busiest() > 1.0 - self.input.free();
        let station = match (full, judged.fixed > judged.times[longest].mean) {
            (true, _) => Some(Station::ALL[worst]),
            (false, true) => None,
            (false, false) => Some(Station::ALL[longest]),
        };
        let best_seconds = Some(judged.seconds_of(self.input.goal.compliance));
        Refusal::Unattainable { station, best_seconds }
    }

    fn told(&self, found: &Found, cost: Option<i64>) -> Proposal {
        let Found { plan, judged, looked_at, complete } = found;
        let goal = &self.input.goal;
        let stations = (0..3).map(|at| StationLoad {
            station: Station::ALL[at],
            demand: self.demands[at],
            busy: judged.busy[at],
            mean_seconds: judged.times[at].mean,
        });
        Proposal {
            quantities: *plan,
            cost,
            per_second: self.load,
            stations: stations.collect(),
            bottleneck: bottleneck(&self.demands, judged, self.load),
            mean_seconds: judged.mean(),
            at_compliance_seconds: judged.seconds_of(goal.compliance),
            share_in_time: judged.share_in(goal.response_seconds),
            bears_per_second: self.bears(plan),
            looked_at: *looked_at,
            complete: *complete,
        }
    }

    /// The load up to which the goal holds, by halving between the planned one and the one at which a
    /// station is full.
    fn bears(&self, plan: &Quantities) -> f64 {
        let goal = &self.input.goal;
        let holds = |load: f64| {
            judge(self.input, &self.demands, plan, load)
                .is_some_and(|judged| judged.share_in(goal.response_seconds) >= goal.compliance)
        };
        let busiest = self.busy(plan).into_iter().fold(0.0, f64::max);
        let (mut low, mut high) = (self.load, self.load / busiest);
        while high - low > high * 1e-6 {
            let middle = (low + high) / 2.0;
            if holds(middle) { low = middle } else { high = middle }
        }
        low
    }
}

/// Powers of two within what may be ordered, and its two ends.
fn sizes(sizes: Sizes) -> Vec<u32> {
    let powers =
        (0..31).map(|power| 1 << power).filter(|size| (sizes.min..=sizes.max).contains(size));
    let mut all: Vec<u32> = powers.chain([sizes.min, sizes.max]).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn networks(sizes: Sizes) -> Vec<u32> {
    let usual = NETWORK_MBPS.into_iter().filter(|size| (sizes.min..=sizes.max).contains(size));
    let mut all: Vec<u32> = usual.chain([sizes.min, sizes.max]).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// What a plan takes of everything, for comparing plans without a price.
fn total(plan: &Quantities) -> u64 {
    let each = u64::from(plan.vcpu) * 1_000
        + u64::from(plan.memory_mb) / 4
        + u64::from(plan.network_mbps) * 2
        + u64::from(plan.storage_gb);
    u64::from(plan.instances) * each
}
