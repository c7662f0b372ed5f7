//! What travels between a broker and a modelled cloud, and how a history tells it.

use provider_api::{
    Allocation, AllocationCommand, AllocationId, Call, Capabilities, Cause, ConfirmCommand,
    DiscoverAnswer, DiscoverRequest, DriverError, ErasureStatement, HoldCommand, IdempotencyKey,
    Liveness, OperationRecord, StartCommand, UsageRecord,
};
use std::fmt;

/// A call on its way.
#[derive(Clone)]
pub enum Request {
    /// What the cloud can do.
    Capabilities,
    /// Whether a group could be held.
    Discover(DiscoverRequest),
    /// Holds a group.
    Hold(HoldCommand),
    /// Books what is held.
    Confirm(ConfirmCommand),
    /// Starts the service.
    Start(StartCommand),
    /// Drop, stop, allow, deny, erase or release.
    Change(Cause, AllocationCommand),
    /// One allocation.
    Look(AllocationId),
    /// What became of a key.
    Operation(IdempotencyKey),
    /// Whether the service is up.
    Liveness(AllocationId),
    /// What to bill.
    Meter(AllocationId),
}

/// What comes back.
#[derive(Debug)]
pub enum Answer {
    /// What the cloud can do.
    Capabilities(Box<Capabilities>),
    /// Whether a group could be held.
    Discover(Box<DiscoverAnswer>),
    /// An allocation as it is now.
    Allocation(Box<Allocation>),
    /// The statement of an erasure.
    Statement(Box<ErasureStatement>),
    /// What became of a key; nothing when it had no effect.
    Operation(Option<Box<OperationRecord>>),
    /// Whether the service is up.
    Liveness(Box<Liveness>),
    /// What to bill.
    Meter(Box<UsageRecord>),
}

/// An answer as it is told in the history.
pub struct Told(pub Result<Answer, DriverError>);

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Ok(Answer::Allocation(it)) => write!(f, "{} {}", it.id, it.state),
            Ok(Answer::Statement(_)) => f.write_str("a statement"),
            Ok(Answer::Operation(it)) => write!(f, "{}", it.is_some()),
            Ok(Answer::Liveness(it)) => write!(f, "alive {}", it.alive),
            Ok(Answer::Meter(it)) => write!(f, "{} s, final {}", it.used_seconds, it.is_final),
            Ok(Answer::Discover(it)) => write!(f, "available {}", it.available),
            Ok(Answer::Capabilities(_)) => f.write_str("capabilities"),
            Err(error) => write!(f, "{error}"),
        }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let call = |call: &Call| format!("key {} epoch {}", &call.key.as_str()[..8], call.epoch);
        match self {
            Self::Capabilities => f.write_str("capabilities"),
            Self::Discover(_) => f.write_str("discover"),
            Self::Hold(it) => write!(f, "hold {} {}", it.request.label, call(&it.call)),
            Self::Confirm(it) => write!(f, "confirm {} {}", it.allocation_id, call(&it.call)),
            Self::Start(it) => write!(f, "start {} {}", it.allocation_id, call(&it.call)),
            Self::Change(cause, it) => {
                write!(f, "{cause:?} {} {}", it.allocation_id, call(&it.call))
            }
            Self::Look(id) => write!(f, "look {id}"),
            Self::Operation(key) => write!(f, "operation {}", &key.as_str()[..8]),
            Self::Liveness(id) => write!(f, "liveness {id}"),
            Self::Meter(id) => write!(f, "meter {id}"),
        }
    }
}
