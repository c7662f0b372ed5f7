//! All or nothing over three providers of which one lies (F7.4.4): it says that it booked and has nothing, names
//! another zone, or answers with an allocation that is somebody else's. Nothing stays, and nothing of anybody
//! else is touched.

use crate::on_both;
use crate::orders::{Trio, none_is_left};
use async_trait::async_trait;
use broker::ports::{CloudConnection, Drivers};
use domain::ContractState;
use provider_api::suite::{Options, Report};
use provider_api::{
    Allocation, AllocationCommand, AllocationId, Capabilities, ConfirmCommand, DiscoverAnswer,
    DiscoverRequest, Driver, DriverError, ErasureStatement, EventPage, ExtendCommand, HoldCommand,
    IdempotencyKey, Liveness, Metrics, MonitorCommand, Monitoring, OperationRecord, ResourceGraph,
    ResourceState, StartCommand, UsageRecord,
};
use std::sync::{Arc, Mutex};
use testkit::{Engine, HttpDrivers};
use workflow::testing::Script;

/// What the cloud at one address says that is not so.
#[derive(Debug, Clone)]
enum Lie {
    /// That it booked; it did not.
    Booked,
    /// That it booked, started and opened; it did nothing.
    Everything,
    /// That what it booked is in another country.
    OtherZone,
    /// That what it holds is this allocation.
    HeldAsOther(AllocationId),
    /// That what it booked is this allocation.
    BookedAsOther(AllocationId),
}

#[derive(Debug, Default)]
struct Lying(Arc<Mutex<Option<(String, Lie)>>>);

#[async_trait]
impl Drivers for Lying {
    fn driver(&self, connection: &CloudConnection) -> Result<Arc<dyn Driver>, String> {
        let inner = HttpDrivers.driver(connection)?;
        let told = self.0.lock().unwrap().clone();
        match told.filter(|(url, _)| *url == connection.url) {
            Some((_, lie)) => Ok(Arc::new(Liar { inner, lie })),
            None => Ok(inner),
        }
    }

    async fn examine(&self, _: &CloudConnection, _: &Options) -> Result<Report, String> {
        Err("nobody examines here".to_owned())
    }
}

#[derive(Debug)]
struct Liar {
    inner: Arc<dyn Driver>,
    lie: Lie,
}

impl Liar {
    async fn in_state(
        &self,
        id: &AllocationId,
        state: ResourceState,
    ) -> Result<Allocation, DriverError> {
        Ok(Allocation { state, ..self.inner.allocation(id).await? })
    }
}

#[async_trait]
impl Driver for Liar {
    async fn hold(&self, command: HoldCommand) -> Result<Allocation, DriverError> {
        let held = self.inner.hold(command).await?;
        match &self.lie {
            Lie::HeldAsOther(other) => self.inner.allocation(other).await,
            _ => Ok(held),
        }
    }

    async fn confirm(&self, command: ConfirmCommand) -> Result<Allocation, DriverError> {
        let id = command.allocation_id.clone();
        match &self.lie {
            Lie::Booked | Lie::Everything => self.in_state(&id, ResourceState::Reserved).await,
            Lie::OtherZone => {
                let mut booked = self.inner.confirm(command).await?;
                booked.zone.country = "KR".to_owned();
                Ok(booked)
            }
            Lie::BookedAsOther(other) => {
                self.inner.confirm(command).await?;
                let other = self.inner.allocation(other).await?;
                Ok(other)
            }
            Lie::HeldAsOther(_) => self.inner.confirm(command).await,
        }
    }

    async fn start(&self, command: StartCommand) -> Result<Allocation, DriverError> {
        match self.lie {
            Lie::Everything => self.in_state(&command.allocation_id, ResourceState::Ready).await,
            _ => self.inner.start(command).await,
        }
    }

    async fn allow(&self, command: AllocationCommand) -> Result<Allocation, DriverError> {
        match self.lie {
            Lie::Everything => self.in_state(&command.allocation_id, ResourceState::Active).await,
            _ => self.inner.allow(command).await,
        }
    }

    async fn liveness(&self, id: &AllocationId) -> Result<Liveness, DriverError> {
        match self.lie {
            Lie::Everything => Ok(Liveness { alive: true, ..self.inner.liveness(id).await? }),
            _ => self.inner.liveness(id).await,
        }
    }

    async fn capabilities(&self) -> Result<Capabilities, DriverError> {
        self.inner.capabilities().await
    }
    async fn discover(&self, request: &DiscoverRequest) -> Result<DiscoverAnswer, DriverError> {
        self.inner.discover(request).await
    }
    async fn extend(&self, command: ExtendCommand) -> Result<Allocation, DriverError> {
        self.inner.extend(command).await
    }
    async fn drop_hold(&self, command: AllocationCommand) -> Result<Allocation, DriverError> {
        self.inner.drop_hold(command).await
    }
    async fn stop(&self, command: AllocationCommand) -> Result<Allocation, DriverError> {
        self.inner.stop(command).await
    }
    async fn deny(&self, command: AllocationCommand) -> Result<Allocation, DriverError> {
        self.inner.deny(command).await
    }
    async fn erase(&self, command: AllocationCommand) -> Result<ErasureStatement, DriverError> {
        self.inner.erase(command).await
    }
    async fn release(&self, command: AllocationCommand) -> Result<Allocation, DriverError> {
        self.inner.release(command).await
    }
    async fn allocation(&self, id: &AllocationId) -> Result<Allocation, DriverError> {
        self.inner.allocation(id).await
    }
    async fn resources(&self, id: &AllocationId) -> Result<ResourceGraph, DriverError> {
        self.inner.resources(id).await
    }
    async fn list(&self, label: &str) -> Result<Vec<Allocation>, DriverError> {
        self.inner.list(label).await
    }
    async fn operation(
        &self,
        key: &IdempotencyKey,
    ) -> Result<Option<OperationRecord>, DriverError> {
        self.inner.operation(key).await
    }
    async fn events(
        &self,
        after: Option<&str>,
        label: Option<&str>,
    ) -> Result<EventPage, DriverError> {
        self.inner.events(after, label).await
    }
    async fn set_monitoring(&self, command: MonitorCommand) -> Result<Monitoring, DriverError> {
        self.inner.set_monitoring(command).await
    }

    async fn metrics(&self, id: &AllocationId) -> Result<Metrics, DriverError> {
        self.inner.metrics(id).await
    }
    async fn meter(&self, id: &AllocationId) -> Result<UsageRecord, DriverError> {
        self.inner.meter(id).await
    }
}

async fn f7_4_4_a_cloud_that_lies_between_hold_and_booking_leaves_nothing_at_any(engine: Engine) {
    let lies = Lying::default();
    let told = Arc::clone(&lies.0);
    let trio = Trio::open_through(engine, 2, "JP", Arc::new(lies)).await;
    // Somebody else's service at the cloud that lies.
    let bystander = super::running(&trio, 1, "bystander").await;
    let cloud = &trio.clouds[1];
    let other = cloud.driver().list(&bystander.to_string()).await.unwrap().remove(0);
    let lies = [
        (Lie::Booked, None),
        (Lie::Everything, None),
        (Lie::OtherZone, Some("wrong_country")),
        (Lie::HeldAsOther(other.id.clone()), Some("wrong_answer")),
        (Lie::BookedAsOther(other.id.clone()), Some("wrong_answer")),
    ];
    for (lie, reason) in lies {
        *told.lock().unwrap() = Some((cloud.connection().0, lie.clone()));
        let order = trio.sign(&[0, 1, 2], &format!("{lie:?}")).await;
        trio.run(Arc::new(Script::default())).await;
        let states = trio.states(order).await;
        let found = states[1].2.clone().unwrap_or_default();
        none_is_left(&trio, order, reason.unwrap_or(&found)).await;
        *told.lock().unwrap() = None;
        let page = trio.broker.contract(&trio.customer, bystander).await.unwrap();
        assert_eq!(page.card.state, ContractState::Active, "{lie:?}");
        assert_eq!(trio.lent(bystander).await, [ResourceState::Active], "{lie:?}");
    }
    // Told the truth, there is room for all three.
    let order = trio.sign(&[0, 1, 2], "truth").await;
    trio.run(Arc::new(Script::default())).await;
    let states = trio.states(order).await;
    assert!(states.iter().all(|(_, state, _)| *state == ContractState::Active), "{states:?}");
    trio.finish().await;
}

on_both!(f7_4_4_a_cloud_that_lies_between_hold_and_booking_leaves_nothing_at_any);
