//! What a proposal promises, for workloads of all kinds.

#![allow(clippy::unwrap_used, reason = "tests")]

use planner::{
    Goal, Input, Limits, Mode, Observation, Quantities, Refusal, Sizes, Source, Station, Workload,
    propose,
};
use proptest::prelude::*;

const LIMITS: Limits = Limits {
    instances: Sizes { min: 1, max: 64 },
    vcpu: Sizes { min: 1, max: 128 },
    memory_mb: Sizes { min: 512, max: 1_048_576 },
    storage_gb: Sizes { min: 1, max: 100_000 },
    network_mbps: Sizes { min: 1, max: 10_000 },
};

fn workload() -> Workload {
    Workload {
        peak_per_second: 120.0,
        processor_ms: 60.0,
        storage_ms: 4.0,
        kilobytes: 80.0,
        elsewhere_ms: 20.0,
        base_memory_mb: 900.0,
        request_memory_kb: 2_048.0,
        data_gb: 200.0,
        growth_gb_per_month: 10.0,
        months: 12,
    }
}

fn input(mode: Mode) -> Input {
    let goal = Goal { response_seconds: 0.5, compliance: 0.95, throughput_per_second: None };
    Input {
        workload: workload(),
        goal,
        observations: Vec::new(),
        mode,
        headroom: None,
        budget: None,
        limits: LIMITS,
    }
}

/// A price that rises with everything.
fn cost(plan: &Quantities) -> Option<i64> {
    let each = 1_000 * i64::from(plan.vcpu)
        + 10 * i64::from(plan.network_mbps)
        + i64::from(plan.memory_mb) / 10
        + i64::from(plan.storage_gb);
    Some(i64::from(plan.instances) * (500 + each))
}

#[test]
fn f7_3_1_the_station_that_gives_way_first_is_named_with_its_evidence() {
    let proposal = propose(&input(Mode::Precise), cost).unwrap();
    let neck = proposal.bottleneck;
    assert_eq!((neck.station, neck.source), (Station::Processors, Source::Stated));
    assert!(neck.full_at_per_second > proposal.bears_per_second, "{proposal:?}");
    assert!(proposal.bears_per_second >= proposal.per_second, "{proposal:?}");
    // The same requests with little to compute and much to send.
    let mut sending = input(Mode::Precise);
    sending.workload.processor_ms = 1.0;
    sending.workload.kilobytes = 4_000.0;
    assert_eq!(propose(&sending, cost).unwrap().bottleneck.station, Station::Network);
    let mut writing = input(Mode::Precise);
    writing.workload.processor_ms = 1.0;
    writing.workload.storage_ms = 30.0;
    writing.workload.kilobytes = 1.0;
    assert_eq!(propose(&writing, cost).unwrap().bottleneck.station, Station::Storage);
}

#[test]
fn f7_3_0_what_was_observed_stands_in_place_of_what_was_stated() {
    let mut seen = input(Mode::Precise);
    let at = |per_second, busy| Observation {
        station: Station::Processors,
        per_second,
        busy,
        servers: 8.0,
    };
    // 8 processors half busy at 40 a second: 100 ms each, not 60.
    seen.observations = vec![at(40.0, 0.5), at(20.0, 0.25)];
    let proposal = propose(&seen, cost).unwrap();
    let processors = proposal.stations[0];
    assert!((processors.demand.each - 100.0).abs() < 1e-9, "{processors:?}");
    assert_eq!(processors.demand.source, Source::Observed);
    assert_eq!(proposal.bottleneck.source, Source::Observed);
    let stated = propose(&input(Mode::Precise), cost).unwrap();
    let processors = |plan: &Quantities| plan.instances * plan.vcpu;
    assert!(processors(&proposal.quantities) > processors(&stated.quantities));
}

#[test]
fn f7_3_2_the_fast_mode_looks_at_few_plans_and_the_precise_one_finds_the_cheaper() {
    let fast = propose(&input(Mode::Fast), cost).unwrap();
    let precise = propose(&input(Mode::Precise), cost).unwrap();
    assert!(fast.looked_at <= 16 && precise.looked_at > fast.looked_at);
    assert!(precise.cost < fast.cost, "{:?} {:?}", precise.quantities, fast.quantities);
    let mut hurried = input(Mode::Precise);
    hurried.budget = Some(40);
    let hurried = propose(&hurried, cost).unwrap();
    assert!(!hurried.complete && hurried.cost >= precise.cost, "{hurried:?}");
}

#[test]
fn storage_and_memory_last_for_the_planned_time_with_the_headroom() {
    let mut asked = input(Mode::Precise);
    asked.headroom = Some(0.2);
    let plan = propose(&asked, cost).unwrap().quantities;
    // 200 GB and 12 times 10, of which 20 % stay free.
    assert_eq!(plan.storage_gb, 400);
    assert_eq!(plan.memory_mb % 1_024, 0);
    assert!(f64::from(plan.memory_mb) >= 900.0 / 0.8, "{plan:?}");
}

#[test]
fn what_cannot_be_reached_says_what_is_in_the_way() {
    let mut slow = input(Mode::Precise);
    slow.workload.elsewhere_ms = 600.0;
    let refusal = propose(&slow, cost).unwrap_err();
    assert!(
        matches!(refusal, Refusal::Unattainable { station: None, best_seconds: Some(best) } if best > 0.6),
        "{refusal:?}"
    );
    for mode in [Mode::Fast, Mode::Precise] {
        let mut flooded = input(mode);
        flooded.workload.peak_per_second = 1e6;
        let refusal = propose(&flooded, cost).unwrap_err();
        // Processors are ordered by the hundred, a volume has one queue.
        let station = Some(Station::Storage);
        assert_eq!(refusal, Refusal::Unattainable { station, best_seconds: None }, "{mode:?}");
    }
    let mut large = input(Mode::Fast);
    large.workload.data_gb = 99_999.0;
    let refusal = propose(&large, cost).unwrap_err();
    assert!(matches!(refusal, Refusal::TooLarge { field: "storageGb", max: 100_000, .. }));
}

#[test]
fn every_fault_of_the_input_is_told_at_once_with_its_field() {
    let mut wrong = input(Mode::Fast);
    wrong.workload.peak_per_second = 0.0;
    wrong.workload.kilobytes = f64::NAN;
    wrong.goal.compliance = 1.0;
    wrong.observations =
        vec![Observation { station: Station::Storage, per_second: 5.0, busy: 1.5, servers: 1.0 }];
    let Err(Refusal::Invalid(faults)) = propose(&wrong, cost) else { panic!("it was accepted") };
    let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(
        fields,
        ["workload.peakPerSecond", "workload.kilobytes", "goal.compliance", "observations[0].busy"]
    );
}

fn any_input() -> impl Strategy<Value = Input> {
    let work =
        (0.1..5_000.0, 0.1..400.0, 0.0..20.0, 0.0..2_000.0, 0.0..50.0, 0.0..4_000.0, 0.0..4_096.0);
    let goal = (0.05..10.0, 0.5..0.999);
    (work, goal, 0.0..0.6, any::<bool>()).prop_map(|(work, goal, headroom, precise)| Input {
        workload: Workload {
            peak_per_second: work.0,
            processor_ms: work.1,
            storage_ms: work.2,
            kilobytes: work.3,
            elsewhere_ms: work.4,
            base_memory_mb: work.5,
            request_memory_kb: work.6,
            ..workload()
        },
        goal: Goal { response_seconds: goal.0, compliance: goal.1, throughput_per_second: None },
        observations: Vec::new(),
        mode: if precise { Mode::Precise } else { Mode::Fast },
        headroom: Some(headroom),
        budget: None,
        limits: LIMITS,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_proposal_holds_the_goal_within_the_limits_and_is_the_same_again(input in any_input()) {
        let Ok(proposal) = propose(&input, cost) else { return Ok(()) };
        prop_assert_eq!(&propose(&input, cost).unwrap(), &proposal);
        prop_assert!(proposal.share_in_time >= input.goal.compliance - 1e-9, "{:?}", proposal);
        prop_assert!(proposal.at_compliance_seconds <= input.goal.response_seconds * 1.000_01);
        for station in &proposal.stations {
            prop_assert!(station.busy <= 1.0 - input.headroom.unwrap() + 1e-9, "{:?}", proposal);
        }
        let plan = proposal.quantities;
        prop_assert!((1..=64).contains(&plan.instances) && (1..=128).contains(&plan.vcpu));
        prop_assert!((1..=10_000).contains(&plan.network_mbps));
    }

    #[test]
    fn more_load_never_costs_less(input in any_input(), more in 1.0..3.0) {
        let precise = Input { mode: Mode::Precise, ..input };
        let mut heavier = precise.clone();
        heavier.workload.peak_per_second *= more;
        if let (Ok(light), Ok(heavy)) = (propose(&precise, cost), propose(&heavier, cost)) {
            prop_assert!(heavy.cost >= light.cost, "{:?} {:?}", light, heavy);
        }
    }

    #[test]
    fn what_the_precise_mode_finds_is_never_dearer_than_the_fast_answer(input in any_input()) {
        let with = |mode| Input { mode, ..input.clone() };
        if let Ok(fast) = propose(&with(Mode::Fast), cost) {
            let precise = propose(&with(Mode::Precise), cost);
            prop_assert!(precise.is_ok_and(|precise| precise.cost <= fast.cost));
        }
    }
}
