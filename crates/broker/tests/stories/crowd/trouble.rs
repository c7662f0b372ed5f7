//! The troubles of a crowd: one of a hundred calls for every kind that can be ordered, and every switch. A kind or a
//! switch that comes later does not compile here until it has its place.

use super::clouds::Trouble;
use std::time::Duration;
use testkit::{Fault, FaultKind, Switches};

/// One of so many calls suffers from each kind: one per cent.
const ONE_OF: u32 = 100;
/// The same as the switches say it.
const PER_MILLE: u32 = 10;
/// How long the broker of a troubled crowd waits for an answer. A machine starts within it also on a busy computer.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// Slow, but not too slow.
const WITHIN_MS: u32 = 400;
/// An answer for which nobody waits any more; what was asked is done all the same.
const TOO_LATE_MS: u32 = 6_500;

/// Each kind, once or more often.
const KINDS: [(FaultKind, u32); 8] = [
    (FaultKind::Refuse, 0),
    (FaultKind::Delay, WITHIN_MS),
    (FaultKind::Delay, TOO_LATE_MS),
    (FaultKind::FailBefore, 0),
    (FaultKind::FailAfter, 0),
    (FaultKind::LoseAnswer, 0),
    (FaultKind::CrashBefore, 0),
    (FaultKind::CrashAfter, 0),
];

/// The place of a kind among all of them.
fn place(kind: FaultKind) -> usize {
    match kind {
        FaultKind::Refuse => 0,
        FaultKind::Delay => 1,
        FaultKind::FailBefore => 2,
        FaultKind::FailAfter => 3,
        FaultKind::LoseAnswer => 4,
        FaultKind::CrashBefore => 5,
        FaultKind::CrashAfter => 6,
    }
}

/// One per cent of every kind.
pub fn of_every_kind() -> Trouble {
    let mut first = 4;
    let orders = KINDS.map(|(kind, delay_ms)| {
        // Only a hold may be refused: whoever is refused later leaves a place that others were denied already, and
        // then nobody can say how many there have to be.
        let operation = if kind == FaultKind::Refuse { "hold" } else { "*" };
        // Shifted, so that they do not all want the same calls.
        first += 4;
        let nth = match kind {
            FaultKind::Refuse => 3,
            // Counted from the restart on, and a cloud with few places is asked little then.
            FaultKind::CrashAfter => 22,
            _ => first,
        };
        Fault {
            operation: operation.to_owned(),
            kind,
            nth,
            times: 1,
            every: Some(ONE_OF),
            delay_ms,
        }
    });
    let (deaths, orders) = orders
        .into_iter()
        .partition(|it| matches!(it.kind, FaultKind::CrashBefore | FaultKind::CrashAfter));
    Trouble { orders, deaths, switches: lasting(), moments: moments() }
}

/// What lasts as long as the trouble does.
fn lasting() -> Switches {
    Switches {
        slow_ms: 5,
        error_per_mille: PER_MILLE,
        fail_after_per_mille: PER_MILLE,
        lost_answer_per_mille: PER_MILLE,
        clock_skew_seconds: 45,
        link_cut: true,
        slow_disk_ms: 5,
        ..Switches::default()
    }
}

/// What comes for a moment: nobody would wait for a cloud that is away for good.
fn moments() -> Vec<Switches> {
    let usual = lasting();
    vec![
        Switches { outage: true, ..usual.clone() },
        Switches { api_partition: true, ..usual.clone() },
        Switches { service_partition: true, ..usual },
    ]
}

/// What takes away room or data. While places are given away it would decide how many there are, so it comes when all
/// are taken: to whoever comes then, and to the owner of the lost volume.
pub fn after_the_rush(volume: Option<String>) -> Switches {
    Switches { capacity_loss_percent: 50, disk_full: true, lost_volume: volume, ..lasting() }
}

#[test]
fn every_kind_of_trouble_that_a_cloud_knows_is_among_those_of_the_crowd() {
    let mut missing: Vec<usize> = (0..=place(FaultKind::CrashAfter)).collect();
    missing.retain(|at| !KINDS.iter().any(|(kind, _)| place(*kind) == *at));
    assert!(missing.is_empty(), "{missing:?}");
    let patience = PATIENCE.as_millis();
    assert!(u128::from(WITHIN_MS) < patience && u128::from(TOO_LATE_MS) > patience);

    let all: Vec<Switches> =
        moments().into_iter().chain([after_the_rush(Some("some".to_owned()))]).collect();
    // Without `..`: a new switch does not compile before somebody thought of the crowd.
    let on = |it: &Switches| {
        let Switches {
            outage,
            api_partition,
            service_partition,
            slow_ms,
            error_per_mille,
            fail_after_per_mille,
            lost_answer_per_mille,
            capacity_loss_percent,
            clock_skew_seconds,
            link_cut,
            disk_full,
            slow_disk_ms,
            lost_volume,
        } = it.clone();
        [
            outage,
            api_partition,
            service_partition,
            slow_ms > 0,
            error_per_mille > 0,
            fail_after_per_mille > 0,
            lost_answer_per_mille > 0,
            capacity_loss_percent > 0,
            clock_skew_seconds != 0,
            link_cut,
            disk_full,
            slow_disk_ms > 0,
            lost_volume.is_some(),
        ]
    };
    let each: Vec<_> = all.iter().map(on).collect();
    for switch in 0..each[0].len() {
        assert!(each.iter().any(|of| of[switch]), "switch {switch} is never on");
    }
}
