//! Where services could be secured next, and securing them there.

mod at_once;
mod firm;
mod lies;
mod secure;
mod standby;

use broker::contracts::{Plan, Sign};
use broker::requirements::RequirementSource;
use domain::ContractId;
use std::sync::Arc;

use crate::orders::{STALLS, Trio};

/// A need that every provider of the trio contains.
pub(crate) const NEED: &str = "
apiVersion: sla.kumoichi/v1alpha1
kind: QualityRequirement
metadata: {name: anywhere, version: 1, title: {en: Anywhere, ja: どこでも}}
spec:
  userRegions: [JP]
  profiles:
    normal:
      items:
        - {item: availability.service_uptime, op: gte, value: 0.9, level: must, weight: 1}
";

pub(crate) fn need() -> RequirementSource {
    RequirementSource::Text(NEED.to_owned())
}

/// Signs the offer of a stall for the need and has it set up.
pub(crate) async fn running(trio: &Trio, stall: usize, key: &str) -> ContractId {
    let offer = testkit::offer_named(&trio.broker, STALLS[stall].1).await;
    let quote = trio.broker.quote(&trio.customer, offer, &need()).await.unwrap();
    let sign = Sign {
        offer,
        offer_version: quote.ranked.card.version,
        requirement: need(),
        service_name: format!("service {key}"),
        plan: Some(Plan { region: STALLS[stall].2.to_owned(), ..quote.plan }),
        shown_price: None,
        starts_at: None,
        idempotency_key: key.to_owned(),
    };
    let id = trio.broker.sign(&trio.customer, sign).await.unwrap();
    trio.run(Arc::new(workflow::testing::Script::default())).await;
    id
}
