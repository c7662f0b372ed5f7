//! Faults on demand, for tests and drills: what the next calls of an operation shall suffer.
//! Only compiled rules live here; the API puts them around the operations.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// An order for trouble.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// The operation it is for, such as `confirm`; `*` for every operation.
    pub operation: String,
    pub kind: FaultKind,
    /// The first call that suffers, counted from 1 and from the order.
    #[serde(default = "one")]
    pub nth: u32,
    /// How many calls suffer, in a row.
    #[serde(default = "one")]
    pub times: u32,
    /// From the first on, one of so many calls suffers until the orders are cleared, however many `times` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<u32>,
    /// For `delay`: milliseconds before acting.
    #[serde(default)]
    pub delay_ms: u32,
}

impl Fault {
    fn is_for(&self, operation: &str) -> bool {
        self.operation == "*" || self.operation == operation
    }

    /// Whether it strikes the call with this number, counted from 1.
    fn strikes(&self, number: u32) -> bool {
        let Some(past) = number.checked_sub(self.nth) else { return false };
        self.every.is_none_or(|every| past.is_multiple_of(every.max(1)))
    }

    /// Whether no call after this one can suffer.
    fn is_over(&self, number: u32) -> bool {
        let last = self.nth.max(1).saturating_add(self.times) - 1;
        self.every.is_none() && number >= last
    }
}

/// The kinds of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FaultKind {
    /// Answers `refused` without acting: repeating does not help. A call whose key had its effect already is answered
    /// with that effect, as the API promises, and does not count.
    Refuse,
    /// Waits, then acts, also when the caller has gone meanwhile.
    Delay,
    /// Answers `unavailable` without acting: repeating helps.
    FailBefore,
    /// Acts, then answers with an internal error.
    FailAfter,
    /// Acts, then breaks the connection.
    LoseAnswer,
    /// The whole cloud dies without acting.
    CrashBefore,
    /// Acts, then the whole cloud dies.
    CrashAfter,
}

fn one() -> u32 {
    1
}

/// The orders that stand.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Vec<Standing>>);

#[derive(Debug)]
struct Standing {
    fault: Fault,
    seen: u32,
}

impl Faults {
    pub(crate) fn order(&self, fault: Fault) {
        self.with(|standing| standing.push(Standing { fault, seen: 0 }));
    }

    pub(crate) fn clear(&self) {
        self.with(Vec::clear);
    }

    pub(crate) fn list(&self) -> Vec<Fault> {
        self.with(|standing| standing.iter().map(|standing| standing.fault.clone()).collect())
    }

    /// Whether a call of an operation may be refused, so that it has to be known whether it is a repetition.
    pub(crate) fn refuses(&self, operation: &str) -> bool {
        self.with(|standing| {
            standing
                .iter()
                .any(|order| order.fault.kind == FaultKind::Refuse && order.fault.is_for(operation))
        })
    }

    /// Counts a call of an operation and returns what it shall suffer; orders that are done fall away. `repeats`: its key
    /// had its effect already.
    pub(crate) fn next(&self, operation: &str, repeats: bool) -> Option<(FaultKind, Duration)> {
        self.with(|standing| {
            let mut hit = None;
            for order in standing.iter_mut() {
                let exempt = repeats && order.fault.kind == FaultKind::Refuse;
                if exempt || !order.fault.is_for(operation) {
                    continue;
                }
                order.seen = order.seen.saturating_add(1);
                if hit.is_none() && order.fault.strikes(order.seen) {
                    hit = Some((
                        order.fault.kind,
                        Duration::from_millis(order.fault.delay_ms.into()),
                    ));
                }
            }
            standing.retain(|order| !order.fault.is_over(order.seen));
            hit
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut Vec<Standing>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_hits_the_calls_ordered_and_no_other() {
        let faults = Faults::default();
        let order = r#"{"operation":"confirm","kind":"refuse","nth":2,"times":2}"#;
        faults.order(serde_json::from_str(order).unwrap());
        let hits: Vec<bool> = (0..5).map(|_| faults.next("confirm", false).is_some()).collect();
        assert_eq!(hits, [false, true, true, false, false]);
        assert!(faults.list().is_empty());
    }

    #[test]
    fn a_standing_order_hits_one_of_so_many_calls_until_it_is_cleared() {
        let faults = Faults::default();
        let order = r#"{"operation":"*","kind":"failBefore","nth":2,"every":3}"#;
        faults.order(serde_json::from_str(order).unwrap());
        let hits: Vec<bool> = (0..8).map(|_| faults.next("hold", false).is_some()).collect();
        assert_eq!(hits, [false, true, false, false, true, false, false, true]);
        faults.clear();
        assert_eq!(faults.next("hold", false), None);
    }

    #[test]
    fn what_had_its_effect_is_not_refused_and_does_not_count() {
        let faults = Faults::default();
        let order = r#"{"operation":"hold","kind":"refuse","nth":2}"#;
        faults.order(serde_json::from_str(order).unwrap());
        assert!(faults.refuses("hold") && !faults.refuses("confirm"));
        let hits: Vec<bool> = [false, true, true, false]
            .map(|repeats| faults.next("hold", repeats).is_some())
            .to_vec();
        assert_eq!(hits, [false, false, false, true]);
        assert!(!faults.refuses("hold"));
    }

    #[test]
    fn other_operations_do_not_count() {
        let faults = Faults::default();
        faults.order(serde_json::from_str(r#"{"operation":"stop","kind":"failAfter"}"#).unwrap());
        assert_eq!(faults.next("start", false), None);
        assert_eq!(faults.next("stop", false), Some((FaultKind::FailAfter, Duration::ZERO)));
    }
}
