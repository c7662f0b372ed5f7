//! From a need and a workload to quantities that can be ordered.

use crate::on_both;
use broker::BrokerError;
use broker::planning::{OutOfReach, PlanRequest};
use broker::requirements::RequirementSource;
use domain::Role;
use planner::{Mode, Observation, Station, Workload};
use testkit::{Engine, TestBroker};

const OFFER: &str = "hokusei-gov-iaas";

/// Asks for a response within 5 seconds at the 95th percentile, as users see it.
fn need() -> RequirementSource {
    RequirementSource::Template("certificate-service".to_owned())
}

fn request(mode: Mode) -> PlanRequest {
    let workload = Workload {
        peak_per_second: 40.0,
        processor_ms: 120.0,
        storage_ms: 6.0,
        kilobytes: 20.0,
        elsewhere_ms: 30.0,
        base_memory_mb: 1_500.0,
        request_memory_kb: 4_096.0,
        data_gb: 120.0,
        growth_gb_per_month: 5.0,
        months: 12,
    };
    PlanRequest {
        workload,
        observations: Vec::new(),
        mode,
        headroom: None,
        budget: None,
        response_seconds: None,
        compliance: None,
        offer: None,
    }
}

async fn p6_1_i1_a_need_and_a_workload_make_quantities_that_can_be_signed(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 32).await;
    let customer = market.person(Role::Customer).await;
    let offer = market.offer(OFFER).await;
    for mode in [Mode::Fast, Mode::Precise] {
        let asked = PlanRequest { offer: Some(offer), ..request(mode) };
        let planned = market
            .broker
            .plan_quantities(&customer, &need(), asked.clone())
            .await
            .unwrap()
            .unwrap();
        assert_eq!((planned.goal.response_seconds, planned.goal.compliance), (5.0, 0.95));
        assert!(planned.proposal.share_in_time >= 0.95, "{planned:?}");
        assert_eq!(planned.proposal.bottleneck.station, Station::Processors);
        // The price is the one that a quote of these quantities says.
        let price = market.broker.estimate(&customer, offer, &planned.plan).await.unwrap();
        assert_eq!(planned.price, Some(price.month), "{mode:?}");
        assert_eq!(planned.proposal.cost, Some(price.month.minor));
        let again =
            market.broker.plan_quantities(&customer, &need(), asked).await.unwrap().unwrap();
        assert_eq!(again.proposal, planned.proposal, "the same request has the same answer");
    }
    market.finish().await;
}

async fn f7_3_0_what_was_measured_changes_the_plan_and_the_goal_may_be_stated(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let customer = market.person(Role::Customer).await;
    let stated = market.broker.plan_quantities(&customer, &need(), request(Mode::Precise)).await;
    let mut seen = request(Mode::Precise);
    // Half of 16 processors at 10 a second: 800 ms and not 120.
    let busy =
        Observation { station: Station::Processors, per_second: 10.0, busy: 0.5, servers: 16.0 };
    seen.observations = vec![busy];
    let seen = market.broker.plan_quantities(&customer, &need(), seen).await;
    let processors =
        |planned: &broker::planning::Planned| planned.plan.instances * planned.plan.vcpu;
    assert!(processors(&seen.unwrap().unwrap()) > processors(&stated.unwrap().unwrap()));

    let hasty = PlanRequest { response_seconds: Some(0.1), ..request(Mode::Fast) };
    let refused =
        market.broker.plan_quantities(&customer, &need(), hasty).await.unwrap().unwrap_err();
    let OutOfReach::Unattainable { station, best_seconds } = refused else { panic!("{refused:?}") };
    assert_eq!(station, Some(Station::Processors));
    assert!(best_seconds.unwrap() > 0.1);
    market.finish().await;
}

async fn what_cannot_be_planned_with_is_told_at_its_field(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let customer = market.person(Role::Customer).await;
    let mut wrong = request(Mode::Fast);
    wrong.workload.peak_per_second = -1.0;
    wrong.headroom = Some(1.0);
    let refused = market.broker.plan_quantities(&customer, &need(), wrong).await;
    let Err(BrokerError::Invalid(faults)) = refused else { panic!("{refused:?}") };
    let told: Vec<_> =
        faults.iter().map(|fault| (fault.pointer.as_str(), fault.allowed.as_str())).collect();
    assert_eq!(told, [("/workload/peakPerSecond", "0.001 to 1000000"), ("/headroom", "0 to 0.9")]);
    assert!(faults.iter().all(|fault| fault.expected.is_some()), "pages say it in words");
    market.finish().await;
}

on_both!(
    p6_1_i1_a_need_and_a_workload_make_quantities_that_can_be_signed,
    f7_3_0_what_was_measured_changes_the_plan_and_the_goal_may_be_stated,
    what_cannot_be_planned_with_is_told_at_its_field,
);
