//! The books of a modelled cloud and the rules by which they change.

use super::words::{Answer, Request};
use domain::Clock;
use ed25519_dalek::SigningKey;
use provider_api::erasure::ERASURE_STANDARD;
use provider_api::{
    Allocation, AllocationCommand, AllocationId, Amounts, Call, Capabilities, Cause,
    DiscoverAnswer, DiscoverRequest, DriverError, EndpointKind, ErasureMethod, HoldCommand,
    HoldSupport, IdempotencyKey, Liveness, OperationRecord, ProblemCode, PublicKey, ResourceState,
    StartCommand, UnsignedStatement, UsageRecord, UseInterval, Zone, ZoneCapacity,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use workflow::testing::simulation::Dice;

/// The books of the cloud.
#[derive(Debug)]
pub struct Cloud {
    clock: Arc<dyn Clock>,
    signer: SigningKey,
    room: i64,
    /// Calls refused for good, in percent.
    pub refuses: u64,
    /// Calls not taken, in percent.
    pub busy: u64,
    /// Every allocation there ever was.
    pub books: BTreeMap<AllocationId, Book>,
    keys: BTreeMap<IdempotencyKey, AllocationId>,
}

/// One allocation with what the wire does not show.
#[derive(Debug)]
pub struct Book {
    /// As the wire shows it.
    pub allocation: Allocation,
    /// When it ran.
    pub intervals: Vec<UseInterval>,
}

fn refused(code: ProblemCode, detail: impl Into<String>) -> DriverError {
    DriverError::rejected(code, detail)
}

impl Cloud {
    /// An empty cloud with room for so many instances.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, room: i64) -> Self {
        Self {
            clock,
            signer: SigningKey::from_bytes(&[3; 32]),
            room,
            refuses: 0,
            busy: 0,
            books: BTreeMap::new(),
            keys: BTreeMap::new(),
        }
    }

    fn now_us(&self) -> i64 {
        self.clock.now().0
    }

    /// Where everything is.
    #[must_use]
    pub fn zone() -> Zone {
        crate::zone("jp-sapporo-1", "JP")
    }

    /// Holds end by themselves.
    pub fn expire(&mut self) {
        let now = self.now_us();
        for book in self.books.values_mut() {
            let it = &mut book.allocation;
            if it.state == ResourceState::Held && it.held_until_us.is_some_and(|end| end <= now) {
                it.state = ResourceState::Expired;
            }
        }
    }

    /// Instances lent or held.
    #[must_use]
    pub fn taken(&self) -> i64 {
        let takes = |book: &&Book| book.allocation.state.takes_capacity();
        let count = |book: &Book| i64::from(book.allocation.resources.compute.count);
        self.books.values().filter(takes).map(count).sum()
    }

    /// Acts on a request that arrived.
    pub fn act(&mut self, request: &Request, dice: &mut Dice) -> Result<Answer, DriverError> {
        self.expire();
        if dice.chance(self.busy) {
            let retry_after = dice.chance(50).then(|| Duration::from_secs(dice.below(20)));
            return Err(DriverError::Transient { retry_after, detail: "busy".to_owned() });
        }
        let changes = matches!(
            request,
            Request::Hold(_)
                | Request::Confirm(_)
                | Request::Start(_)
                | Request::Change(Cause::Allow, _)
        );
        if changes && dice.chance(self.refuses) {
            // Some fail half-way: the machine did not come up.
            if let Request::Start(command) = request
                && let Ok(book) = self.admit(&command.call, &command.allocation_id)
                && book.allocation.state == ResourceState::Reserved
            {
                book.allocation.state = ResourceState::Failed;
                book.allocation.started_at_us = Some(book.allocation.created_at_us);
            }
            return Err(refused(ProblemCode::Internal, "something is broken"));
        }
        self.answer(request)
    }

    fn answer(&mut self, request: &Request) -> Result<Answer, DriverError> {
        match request {
            Request::Capabilities => Ok(Answer::Capabilities(Box::new(self.capabilities()))),
            Request::Discover(wanted) => Ok(Answer::Discover(Box::new(self.discover(wanted)))),
            Request::Hold(command) => self.hold(command),
            Request::Confirm(command) => {
                let now = self.now_us();
                self.change(&command.call, &command.allocation_id, Cause::Confirm, |book| {
                    book.allocation.reserved_at_us = Some(now);
                    book.allocation.quota = Some(command.quota);
                })
            }
            Request::Start(command) => self.start(command),
            Request::Change(Cause::Erase, command) => self.erase(command),
            Request::Change(Cause::Release, command) => self.release(command),
            Request::Change(cause, command) => self.plain(*cause, command),
            Request::Look(id) => self.look(id),
            Request::Operation(key) => Ok(Answer::Operation(self.operation(key))),
            Request::Liveness(id) => self.liveness(id),
            Request::Meter(id) => self.meter(id),
        }
    }

    fn capabilities(&self) -> Capabilities {
        let room = self.room;
        Capabilities {
            api_version: "1".to_owned(),
            provider: "Modelled cloud".to_owned(),
            zones: vec![ZoneCapacity { zone: Self::zone(), capacity: whole(room) }],
            hold: HoldSupport::NativeGroup,
            hold_ttl_default_seconds: 300,
            hold_ttl_max_seconds: 900,
            endpoints: vec![EndpointKind::Http],
            applications: vec!["demo".to_owned()],
            metrics: Vec::new(),
            monitoring: None,
            security: None,
            drain: false,
            resize: provider_api::ResizeSupport::None,
            adoption: false,
            export: false,
            webhooks: false,
            volumes: false,
            images: None,
            variables: Vec::new(),
            quota: false,
            links: None,
            backups: false,
            erasure_key: Some(PublicKey::of(&self.signer.verifying_key(), "one")),
        }
    }

    fn discover(&self, wanted: &DiscoverRequest) -> DiscoverAnswer {
        let free = self.room - self.taken();
        DiscoverAnswer {
            available: free >= i64::from(wanted.resources.compute.count),
            zone: Self::zone(),
            free: whole(free),
            endpoints: None,
            at_us: self.now_us(),
            valid_until_us: self.now_us(),
            ready_in_seconds: None,
            price: None,
        }
    }

    fn hold(&mut self, command: &HoldCommand) -> Result<Answer, DriverError> {
        if let Some(id) = self.keys.get(&command.call.key).cloned() {
            self.admit(&command.call, &id)?;
            return self.look(&id);
        }
        let request = &command.request;
        if self.room - self.taken() < i64::from(request.resources.compute.count) {
            return Err(refused(ProblemCode::CapacityExhausted, "no room"));
        }
        let now = self.now_us();
        let id = AllocationId(format!("alc_{}", self.books.len() + 1));
        let allocation = Allocation {
            id: id.clone(),
            label: request.label.clone(),
            zone: Self::zone(),
            state: ResourceState::Held,
            generation: 1,
            epoch: command.call.epoch,
            resources: request.resources.clone(),
            quota: None,
            endpoint: None,
            instances: Vec::new(),
            created_at_us: now,
            held_until_us: Some(now + i64::from(request.ttl_seconds.unwrap_or(300)) * 1_000_000),
            reserved_at_us: None,
            started_at_us: None,
            stopped_at_us: None,
            released_at_us: None,
            draining_until_us: None,
            image: None,
            volume: None,
            attached_to: None,
            links: request.links.clone(),
            erasure: None,
            failure: None,
        };
        self.books.insert(id.clone(), Book { allocation, intervals: Vec::new() });
        self.keys.insert(command.call.key.clone(), id.clone());
        self.look(&id)
    }

    /// A newer epoch counts also when the call is refused afterwards; an older one is refused.
    fn admit(&mut self, call: &Call, id: &AllocationId) -> Result<&mut Book, DriverError> {
        let Some(book) = self.books.get_mut(id) else { return Err(gone(id)) };
        let newest = &mut book.allocation.epoch;
        if call.epoch < *newest {
            let detail = format!("epoch {} is behind {newest}", call.epoch);
            return Err(refused(ProblemCode::StaleEpoch, detail));
        }
        *newest = call.epoch;
        Ok(book)
    }

    /// Moves an allocation along the common table, once for each key.
    fn change(
        &mut self,
        call: &Call,
        id: &AllocationId,
        cause: Cause,
        also: impl FnOnce(&mut Book),
    ) -> Result<Answer, DriverError> {
        let replay = self.keys.contains_key(&call.key);
        let book = self.admit(call, id)?;
        if !replay {
            let state = book.allocation.state;
            if state == ResourceState::Expired && cause == Cause::Confirm {
                return Err(refused(ProblemCode::HoldExpired, "the hold has ended"));
            }
            let Some(next) = state.after(cause) else {
                return Err(refused(ProblemCode::WrongState, format!("{cause:?} from {state}")));
            };
            book.allocation.state = next;
            also(book);
            self.keys.insert(call.key.clone(), id.clone());
        }
        self.look(id)
    }

    fn start(&mut self, command: &StartCommand) -> Result<Answer, DriverError> {
        let now = self.now_us();
        self.change(&command.call, &command.allocation_id, Cause::Start, |book| {
            let it = &mut book.allocation;
            it.state = ResourceState::Ready;
            it.started_at_us.get_or_insert(now);
            it.endpoint = Some(provider_api::Endpoint {
                url: format!("http://{}.example/", it.id),
                host: format!("{}.example", it.id),
                port: 80,
                open: false,
            });
            book.intervals.push(UseInterval { started_at_us: now, stopped_at_us: None });
        })
    }

    fn plain(&mut self, cause: Cause, command: &AllocationCommand) -> Result<Answer, DriverError> {
        let now = self.now_us();
        let book = self.admit(&command.call, &command.allocation_id)?;
        if cause == Cause::Drop && book.allocation.state.is_final() {
            return self.look(&command.allocation_id);
        }
        self.change(&command.call, &command.allocation_id, cause, |book| {
            if cause == Cause::Stop {
                book.allocation.stopped_at_us = Some(now);
                for open in book.intervals.iter_mut().filter(|it| it.stopped_at_us.is_none()) {
                    open.stopped_at_us = Some(now);
                }
            }
        })
    }

    fn erase(&mut self, command: &AllocationCommand) -> Result<Answer, DriverError> {
        let id = &command.allocation_id;
        let book = self.admit(&command.call, id)?;
        if let Some(statement) = &book.allocation.erasure {
            return Ok(Answer::Statement(Box::new(statement.clone())));
        }
        let subject = book.allocation.label.clone();
        let unsigned = UnsignedStatement {
            version: 1,
            provider: "Modelled cloud".to_owned(),
            subject,
            allocation_id: id.clone(),
            resources: Vec::new(),
            standard: ERASURE_STANDARD.to_owned(),
            method: ErasureMethod::Clear,
            technique: "modelled".to_owned(),
            bytes: 0,
            erased_at_us: self.now_us(),
            key_id: "one".to_owned(),
        };
        let statement = unsigned.sign(&self.signer).expect("a statement can be signed");
        let kept = statement.clone();
        self.change(&command.call, id, Cause::Erase, move |book| {
            book.allocation.erasure = Some(kept);
        })?;
        Ok(Answer::Statement(Box::new(statement)))
    }

    fn release(&mut self, command: &AllocationCommand) -> Result<Answer, DriverError> {
        let (id, now) = (&command.allocation_id, self.now_us());
        let it = &self.admit(&command.call, id)?.allocation;
        if it.state.is_final() {
            return self.look(id);
        }
        if it.started_at_us.is_some() && it.erasure.is_none() {
            return Err(refused(ProblemCode::NotErased, "erase the data before releasing"));
        }
        self.change(&command.call, id, Cause::Release, |book| {
            book.allocation.released_at_us = Some(now);
            if book.allocation.erasure.is_some() {
                book.allocation.state = ResourceState::Erased;
            }
        })
    }

    fn look(&self, id: &AllocationId) -> Result<Answer, DriverError> {
        let book = self.books.get(id).ok_or_else(|| gone(id))?;
        Ok(Answer::Allocation(Box::new(book.allocation.clone())))
    }

    fn operation(&self, key: &IdempotencyKey) -> Option<Box<OperationRecord>> {
        let id = self.keys.get(key)?;
        Some(Box::new(OperationRecord {
            key: key.clone(),
            operation: "hold".to_owned(),
            done_at_us: self.now_us(),
            allocation: Some(self.books.get(id)?.allocation.clone()),
            image: None,
            webhook: None,
            long_operation: None,
        }))
    }

    fn liveness(&self, id: &AllocationId) -> Result<Answer, DriverError> {
        let it = &self.books.get(id).ok_or_else(|| gone(id))?.allocation;
        let alive = it.state.is_running();
        Ok(Answer::Liveness(Box::new(Liveness {
            allocation_id: id.clone(),
            state: it.state,
            alive,
            instances_running: if alive { it.resources.compute.count } else { 0 },
            instances_wanted: it.resources.compute.count,
            access_open: it.state == ResourceState::Active,
            volume: None,
            checked_at_us: self.now_us(),
        })))
    }

    fn meter(&self, id: &AllocationId) -> Result<Answer, DriverError> {
        let book = self.books.get(id).ok_or_else(|| gone(id))?;
        let end = |it: &UseInterval| it.stopped_at_us.unwrap_or_else(|| self.now_us());
        let seconds = |it: &UseInterval| (end(it) - it.started_at_us).div_euclid(1_000_000);
        let used_seconds: i64 = book.intervals.iter().map(seconds).sum();
        let it = &book.allocation;
        Ok(Answer::Meter(Box::new(UsageRecord {
            allocation_id: id.clone(),
            label: it.label.clone(),
            at_us: it.released_at_us.unwrap_or_else(|| self.now_us()),
            is_final: it.state.is_final(),
            used_seconds,
            instance_seconds: used_seconds * i64::from(it.resources.compute.count),
            vcpu_seconds: 0,
            storage_gb_seconds: 0,
            storage_bytes: None,
            backup_bytes: 0,
            backup_byte_seconds: 0,
            requests: 0,
            intervals: book.intervals.clone(),
            sizes: Vec::new(),
        })))
    }
}

fn gone(id: &AllocationId) -> DriverError {
    DriverError::Gone { detail: format!("there is no allocation {id}") }
}

fn whole(instances: i64) -> Amounts {
    Amounts {
        instances,
        vcpu: instances * 64,
        ram_mb: instances * 1_000_000,
        storage_gb: instances * 10_000,
        mbps: instances * 10_000,
    }
}
