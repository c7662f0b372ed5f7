//! Switches for drills: trouble of the whole cloud that lasts until it is switched off. Trouble of single calls is in
//! `faults`. A restart switches everything off.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use provider_api::{Amounts, FieldFault};
use serde::{Deserialize, Serialize};

/// What is switched on; everything absent is off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Switches {
    /// Neither the API nor the services can be reached; machines run on.
    pub outage: bool,
    /// The API cannot be reached; services can.
    pub api_partition: bool,
    /// Services cannot be reached; the API can.
    pub service_partition: bool,
    /// Milliseconds before every call of the API is done, at most a minute.
    pub slow_ms: u32,
    /// Of a thousand calls so many are answered as unavailable, without acting, evenly spread.
    pub error_per_mille: u32,
    /// Of a thousand calls so many are done and then answered as failed.
    pub fail_after_per_mille: u32,
    /// Of a thousand calls so many are done and get no answer.
    pub lost_answer_per_mille: u32,
    /// So much of every zone is lost for new holds; what is lent stays.
    pub capacity_loss_percent: u32,
    /// The cloud's clock is wrong by so many seconds, at most a year.
    pub clock_skew_seconds: i64,
    /// Tunnels to other clouds are cut, and none comes up.
    pub link_cut: bool,
    /// No room is left on the storage: nothing new is held, copied or put back there.
    pub disk_full: bool,
    /// Milliseconds before every file that is copied or read again, at most a minute.
    pub slow_disk_ms: u32,
    /// The id of an allocation whose volume is lost when this is switched on. It stays lost until a backup is restored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost_volume: Option<String>,
}

const SLOW_MAX_MS: u32 = 60_000;
const SKEW_MAX_SECONDS: i64 = 366 * 24 * 3600;

impl Switches {
    /// Every value outside its range.
    pub(crate) fn faults(&self) -> Vec<FieldFault> {
        let ranges = [
            ("/slowMs", i64::from(self.slow_ms), 0, i64::from(SLOW_MAX_MS)),
            ("/slowDiskMs", i64::from(self.slow_disk_ms), 0, i64::from(SLOW_MAX_MS)),
            ("/errorPerMille", i64::from(self.error_per_mille), 0, 1000),
            ("/failAfterPerMille", i64::from(self.fail_after_per_mille), 0, 1000),
            ("/lostAnswerPerMille", i64::from(self.lost_answer_per_mille), 0, 1000),
            ("/capacityLossPercent", i64::from(self.capacity_loss_percent), 0, 100),
            ("/clockSkewSeconds", self.clock_skew_seconds, -SKEW_MAX_SECONDS, SKEW_MAX_SECONDS),
        ];
        ranges
            .into_iter()
            .filter(|(_, value, low, high)| value < low || value > high)
            .map(|(pointer, value, low, high)| FieldFault {
                pointer: pointer.to_owned(),
                detail: format!("found {value}, allowed is {low} to {high}"),
            })
            .collect()
    }
}

/// What one call of the API suffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Suffering {
    /// No answer: the connection breaks and nothing is done.
    Cut,
    /// Nothing is done, and that is said.
    Error,
    /// Done after a while, and answered as said.
    Act(Duration, Reply),
}

/// What is said about a call that was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// The truth.
    Truth,
    /// That it failed.
    Failure,
    /// Nothing: the connection breaks.
    Nothing,
}

/// The switches of a running cloud.
#[derive(Debug, Default)]
pub(crate) struct Panel {
    switches: RwLock<Switches>,
    calls: AtomicU64,
}

impl Panel {
    pub(crate) fn get(&self) -> Switches {
        self.switches.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set(&self, switches: Switches) {
        *self.switches.write().unwrap_or_else(PoisonError::into_inner) = switches;
    }

    /// What the next call of the API suffers.
    pub(crate) fn next_call(&self) -> Suffering {
        let switches = self.get();
        if switches.outage || switches.api_partition {
            return Suffering::Cut;
        }
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        if strikes(switches.error_per_mille, number) {
            return Suffering::Error;
        }
        // Shifted, so that equal rates do not all want the same calls.
        let reply = if strikes(switches.fail_after_per_mille, number + 333) {
            Reply::Failure
        } else if strikes(switches.lost_answer_per_mille, number + 667) {
            Reply::Nothing
        } else {
            Reply::Truth
        };
        Suffering::Act(Duration::from_millis(switches.slow_ms.into()), reply)
    }

    /// Whether users reach the services.
    pub(crate) fn services_reachable(&self) -> bool {
        let switches = self.get();
        !switches.outage && !switches.service_partition
    }

    /// Whether other clouds are reached.
    pub(crate) fn links_reachable(&self) -> bool {
        let switches = self.get();
        !switches.outage && !switches.link_cut
    }

    /// What is left of a zone.
    pub(crate) fn capacity(&self, whole: &Amounts) -> Amounts {
        let rest = 100 - i64::from(self.get().capacity_loss_percent.min(100));
        let left = |amount: i64| amount.saturating_mul(rest) / 100;
        Amounts {
            instances: left(whole.instances),
            vcpu: left(whole.vcpu),
            ram_mb: left(whole.ram_mb),
            storage_gb: left(whole.storage_gb),
            mbps: left(whole.mbps),
        }
    }

    /// How far the clock is off, in microseconds.
    pub(crate) fn skew_us(&self) -> i64 {
        self.get().clock_skew_seconds.saturating_mul(1_000_000)
    }
}

/// Whether a call is one of so many of a thousand, evenly spread.
fn strikes(per_mille: u32, number: u64) -> bool {
    let (rate, number) = (u64::from(per_mille), number % 1000);
    // The count grows by one whenever the whole part does.
    (number + 1) * rate / 1000 > number * rate / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_that_are_done_are_answered_wrongly_as_often_as_ordered() {
        let panel = Panel::default();
        let rates = Switches { fail_after_per_mille: 10, lost_answer_per_mille: 10, ..rate(10) };
        panel.set(rates);
        let calls: Vec<Suffering> = (0..1000).map(|_| panel.next_call()).collect();
        let count = |wanted: Suffering| calls.iter().filter(|it| **it == wanted).count();
        let done = |reply| Suffering::Act(Duration::ZERO, reply);
        assert_eq!(count(Suffering::Error), 10);
        assert_eq!((count(done(Reply::Failure)), count(done(Reply::Nothing))), (10, 10));
    }

    fn rate(error_per_mille: u32) -> Switches {
        Switches { error_per_mille, ..Switches::default() }
    }

    #[test]
    fn errors_are_as_many_as_ordered_and_evenly_spread() {
        for rate in [0, 1, 10, 333, 999, 1000] {
            let panel = Panel::default();
            panel.set(self::rate(rate));
            let hits = (0..2000).filter(|_| panel.next_call() == Suffering::Error).count();
            assert_eq!(hits, usize::try_from(rate).unwrap() * 2, "{rate} of a thousand");
        }
    }

    #[test]
    fn every_value_out_of_range_is_named() {
        let wrong = Switches {
            slow_ms: 60_001,
            slow_disk_ms: 60_001,
            error_per_mille: 1001,
            capacity_loss_percent: 101,
            clock_skew_seconds: i64::MIN,
            ..Switches::default()
        };
        assert_eq!(wrong.faults().len(), 5);
        assert_eq!(Switches::default().faults(), []);
    }
}
