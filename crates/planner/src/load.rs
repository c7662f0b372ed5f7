//! What one request costs each station, as stated or as observed.

use crate::input::{Input, Observation, Station};
use serde::{Deserialize, Serialize};

/// Where a number comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The workload profile.
    Stated,
    /// What was observed.
    Observed,
}

/// What one request costs a station.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Demand {
    /// Milliseconds of one processor or volume; kilobytes on the network.
    pub each: f64,
    /// Whether it was stated or observed.
    pub source: Source,
}

/// Kilobytes that one Mbit/s carries in a second.
pub(crate) const KILOBYTES_PER_MBIT: f64 = 125.0;

/// The demand of each station, in the order of [`Station::ALL`].
pub(crate) fn demands(input: &Input) -> [Demand; 3] {
    Station::ALL.map(|station| {
        let stated = match station {
            Station::Processors => input.workload.processor_ms,
            Station::Storage => input.workload.storage_ms,
            Station::Network => input.workload.kilobytes,
        };
        match observed(&input.observations, station) {
            Some(each) => Demand { each, source: Source::Observed },
            None => Demand { each: stated, source: Source::Stated },
        }
    })
}

/// The slope of busy servers over load, through the origin.
fn observed(observations: &[Observation], station: Station) -> Option<f64> {
    let seen = observations.iter().filter(|seen| seen.station == station);
    let (mut product, mut square) = (0.0, 0.0);
    for seen in seen {
        product += seen.busy * seen.servers * seen.per_second;
        square += seen.per_second * seen.per_second;
    }
    let unit = match station {
        Station::Processors | Station::Storage => 1_000.0,
        Station::Network => KILOBYTES_PER_MBIT,
    };
    (square > 0.0).then(|| product / square * unit)
}
