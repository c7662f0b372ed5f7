//! The broker's ports over the simulated network: a driver and a probe.

use super::cloud::Cloud;
use super::words::{Answer, Request, Told};
use async_trait::async_trait;
use broker::ports::{CloudConnection, Drivers};
use provider_api::suite::{Options, Report};
use provider_api::{
    Allocation, AllocationCommand, AllocationId, Capabilities, Cause, ConfirmCommand,
    DiscoverAnswer, DiscoverRequest, Driver, DriverError, ErasureStatement, EventPage,
    ExtendCommand, HoldCommand, IdempotencyKey, Liveness, Metrics, OperationRecord, Probe,
    ProbeAnswer, ProbeError, ProblemCode, ResourceGraph, ResourceState, StartCommand, UsageRecord,
};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use workflow::testing::simulation::{Dice, Network};

/// The way from the broker to the cloud; direct until the simulation begins.
#[derive(Debug, Clone)]
pub struct Wire {
    pub network: Network<Request, Told>,
    pub cloud: Arc<Mutex<Cloud>>,
    pub direct: Arc<AtomicBool>,
}

impl Wire {
    pub fn with_cloud<T>(&self, look: impl FnOnce(&mut Cloud) -> T) -> T {
        look(&mut self.cloud.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn call(&self, request: Request) -> Result<Answer, DriverError> {
        if self.direct.load(Ordering::SeqCst) {
            return self.with_cloud(|cloud| cloud.act(&request, &mut Dice::new(0)));
        }
        match self.network.call(request).await {
            Some(Told(answer)) => answer,
            None => Err(DriverError::Unknown { detail: "no answer".to_owned() }),
        }
    }

    async fn allocation_of(&self, request: Request) -> Result<Allocation, DriverError> {
        match self.call(request).await? {
            Answer::Allocation(allocation) => Ok(*allocation),
            other => Err(odd(&other)),
        }
    }
}

fn odd(answer: &Answer) -> DriverError {
    DriverError::rejected(ProblemCode::Internal, format!("an answer that fits nothing: {answer:?}"))
}

#[async_trait]
impl Drivers for Wire {
    fn driver(&self, _: &CloudConnection) -> Result<Arc<dyn Driver>, String> {
        Ok(Arc::new(self.clone()))
    }

    async fn examine(&self, _: &CloudConnection, _: &Options) -> Result<Report, String> {
        Err("nobody examines here".to_owned())
    }
}

#[async_trait]
impl Driver for Wire {
    async fn capabilities(&self) -> Result<Capabilities, DriverError> {
        match self.call(Request::Capabilities).await? {
            Answer::Capabilities(answer) => Ok(*answer),
            other => Err(odd(&other)),
        }
    }

    async fn discover(&self, request: &DiscoverRequest) -> Result<DiscoverAnswer, DriverError> {
        match self.call(Request::Discover(request.clone())).await? {
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
        match self.call(Request::Change(Cause::Erase, command)).await? {
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
        match self.call(Request::Operation(key.clone())).await? {
            Answer::Operation(record) => Ok(record.map(|record| *record)),
            other => Err(odd(&other)),
        }
    }

    async fn liveness(&self, id: &AllocationId) -> Result<Liveness, DriverError> {
        match self.call(Request::Liveness(id.clone())).await? {
            Answer::Liveness(answer) => Ok(*answer),
            other => Err(odd(&other)),
        }
    }

    async fn metrics(&self, _: &AllocationId) -> Result<Metrics, DriverError> {
        Err(DriverError::rejected(ProblemCode::Internal, "nobody measures here"))
    }

    async fn meter(&self, id: &AllocationId) -> Result<UsageRecord, DriverError> {
        match self.call(Request::Meter(id.clone())).await? {
            Answer::Meter(record) => Ok(*record),
            other => Err(odd(&other)),
        }
    }
}

#[async_trait]
impl Probe for Wire {
    /// The address answers while access is open.
    async fn probe(&self, url: &str) -> Result<ProbeAnswer, ProbeError> {
        let open = self.with_cloud(|cloud| {
            cloud.books.values().any(|book| {
                let endpoint = book.allocation.endpoint.as_ref();
                book.allocation.state == ResourceState::Active
                    && endpoint.is_some_and(|endpoint| endpoint.url == url)
            })
        });
        if !open {
            return Err(ProbeError::Refused);
        }
        Ok(ProbeAnswer { status: 200, response_us: 1_000, body: String::new() })
    }
}
