//! The broker's ports towards a modelled cloud: drivers, a driver and a probe.

use super::cloud::Cloud;
use super::words::{Answer, Request};
use async_trait::async_trait;
use broker::ports::{CloudConnection, Drivers};
use provider_api::suite::{Options, Report};
use provider_api::{
    Allocation, AllocationCommand, AllocationId, Capabilities, Cause, ConfirmCommand,
    DiscoverAnswer, DiscoverRequest, Driver, DriverError, ErasureStatement, EventPage,
    ExtendCommand, HoldCommand, IdempotencyKey, Liveness, Metrics, OperationRecord, Probe,
    ProbeAnswer, ProbeError, ProblemCode, ResourceGraph, ResourceState, StartCommand, UsageRecord,
};
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use workflow::testing::simulation::Dice;

/// The way of a request to the cloud and of its answer back.
#[async_trait]
pub trait Carrier: Clone + Debug + Send + Sync + 'static {
    /// Carries a request there and the answer back; either may be lost.
    async fn carry(&self, request: Request) -> Result<Answer, DriverError>;
    /// The cloud itself, for the probe and for whoever compares the books.
    fn cloud(&self) -> &Mutex<Cloud>;
}

/// A modelled cloud at the end of a way.
#[derive(Debug, Clone)]
pub struct Modelled<C>(pub C);

/// The way without a network: every request arrives at once.
#[derive(Debug, Clone)]
pub struct Direct(Arc<Mutex<Cloud>>);

impl Direct {
    /// The way to a cloud of one's own.
    #[must_use]
    pub fn to(cloud: Cloud) -> Self {
        Self(Arc::new(Mutex::new(cloud)))
    }
}

#[async_trait]
impl Carrier for Direct {
    async fn carry(&self, request: Request) -> Result<Answer, DriverError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).act(&request, &mut Dice::new(0))
    }

    fn cloud(&self) -> &Mutex<Cloud> {
        &self.0
    }
}

impl<C: Carrier> Modelled<C> {
    async fn allocation_of(&self, request: Request) -> Result<Allocation, DriverError> {
        match self.0.carry(request).await? {
            Answer::Allocation(allocation) => Ok(*allocation),
            other => Err(odd(&other)),
        }
    }
}

fn odd(answer: &Answer) -> DriverError {
    DriverError::rejected(ProblemCode::Internal, format!("an answer that fits nothing: {answer:?}"))
}

#[async_trait]
impl<C: Carrier> Drivers for Modelled<C> {
    fn driver(&self, _: &CloudConnection) -> Result<Arc<dyn Driver>, String> {
        Ok(Arc::new(self.clone()))
    }

    async fn examine(&self, _: &CloudConnection, _: &Options) -> Result<Report, String> {
        Err("nobody examines here".to_owned())
    }
}

#[async_trait]
impl<C: Carrier> Driver for Modelled<C> {
    async fn capabilities(&self) -> Result<Capabilities, DriverError> {
        match self.0.carry(Request::Capabilities).await? {
            Answer::Capabilities(answer) => Ok(*answer),
            other => Err(odd(&other)),
        }
    }

    async fn discover(&self, request: &DiscoverRequest) -> Result<DiscoverAnswer, DriverError> {
        match self.0.carry(Request::Discover(request.clone())).await? {
            Answer::Discover(answer) => Ok(*answer),
            other => Err(odd(&other)),
        }
    }

    async fn hold(&self, command: HoldCommand) -> Result<Allocation, DriverError> {
        self.allocation_of(Request::Hold(command)).await
    }

    async fn extend(&self, _: ExtendCommand) -> Result<Allocation, DriverError> {
        Err(DriverError::rejected(ProblemCode::Internal, "nobody extends here"))
    }

    async fn confirm(&self, command: ConfirmCommand) -> Result<Allocation, DriverError> {
        self.allocation_of(Request::Confirm(command)).await
    }

    async fn start(&self, command: StartCommand) -> Result<Allocation, DriverError> {
        self.allocation_of(Request::Start(command)).await
    }

    async fn drop_hold(&self, command: AllocationCommand) -> Result<Allocation, DriverError> {
        self.allocation_of(Request::Change(Cause::Drop, command)).await
    }

    async fn stop(&self, command: AllocationCommand) -> Result<Allocation, DriverError> {
        self.allocation_of(Request::Change(Cause::Stop, command)).await
    }

    async fn allow(&self, command: AllocationCommand) -> Result<Allocation, DriverError> {
        self.allocation_of(Request::Change(Cause::Allow, command)).await
    }

    async fn deny(&self, command: AllocationCommand) -> Result<Allocation, DriverError> {
        self.allocation_of(Request::Change(Cause::Deny, command)).await
    }

    async fn release(&self, command: AllocationCommand) -> Result<Allocation, DriverError> {
        self.allocation_of(Request::Change(Cause::Release, command)).await
    }

    async fn erase(&self, command: AllocationCommand) -> Result<ErasureStatement, DriverError> {
        match self.0.carry(Request::Change(Cause::Erase, command)).await? {
            Answer::Statement(statement) => Ok(*statement),
            other => Err(odd(&other)),
        }
    }

    async fn allocation(&self, id: &AllocationId) -> Result<Allocation, DriverError> {
        self.allocation_of(Request::Look(id.clone())).await
    }

    async fn list(&self, _: &str) -> Result<Vec<Allocation>, DriverError> {
        Err(DriverError::rejected(ProblemCode::Internal, "nobody lists here"))
    }

    async fn resources(&self, _: &AllocationId) -> Result<ResourceGraph, DriverError> {
        Err(DriverError::rejected(ProblemCode::Internal, "nobody asks for parts here"))
    }

    async fn events(&self, _: Option<&str>, _: Option<&str>) -> Result<EventPage, DriverError> {
        Err(DriverError::rejected(ProblemCode::Internal, "nobody reads events here"))
    }

    async fn operation(
        &self,
        key: &IdempotencyKey,
    ) -> Result<Option<OperationRecord>, DriverError> {
        match self.0.carry(Request::Operation(key.clone())).await? {
            Answer::Operation(record) => Ok(record.map(|record| *record)),
            other => Err(odd(&other)),
        }
    }

    async fn liveness(&self, id: &AllocationId) -> Result<Liveness, DriverError> {
        match self.0.carry(Request::Liveness(id.clone())).await? {
            Answer::Liveness(answer) => Ok(*answer),
            other => Err(odd(&other)),
        }
    }

    async fn metrics(&self, _: &AllocationId) -> Result<Metrics, DriverError> {
        Err(DriverError::rejected(ProblemCode::Internal, "nobody measures here"))
    }

    async fn meter(&self, id: &AllocationId) -> Result<UsageRecord, DriverError> {
        match self.0.carry(Request::Meter(id.clone())).await? {
            Answer::Meter(record) => Ok(*record),
            other => Err(odd(&other)),
        }
    }
}

#[async_trait]
impl<C: Carrier> Probe for Modelled<C> {
    /// The address answers while access is open.
    async fn probe(&self, url: &str) -> Result<ProbeAnswer, ProbeError> {
        let cloud = self.0.cloud().lock().unwrap_or_else(PoisonError::into_inner);
        let open = cloud.books.values().any(|book| {
            let endpoint = book.allocation.endpoint.as_ref();
            book.allocation.state == ResourceState::Active
                && endpoint.is_some_and(|endpoint| endpoint.url == url)
        });
        drop(cloud);
        if !open {
            return Err(ProbeError::Refused);
        }
        Ok(ProbeAnswer { status: 200, response_us: 1_000, body: String::new() })
    }
}
