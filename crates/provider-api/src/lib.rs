#![doc = include_str!("../README.md")]

pub mod archive;
pub mod driver;
pub mod erasure;
pub mod http;
pub mod openapi;
pub mod openmetrics;
pub mod operations;
pub mod otlp;
pub mod paths;
pub mod probe;
pub mod problem;
pub mod recipe;
pub mod resource;
pub mod state;
pub mod suite;
pub mod webhook;
pub mod wire;

pub use driver::{
    AcceptLinkCommand, AdoptCommand, AllocationCommand, ArchivePart, AttachCommand, BackupCommand,
    BeginImageCommand, Call, ChunkCommand, CloseLinkCommand, ConfirmCommand, ConvertCommand,
    DrainCommand, Driver, DriverError, ExtendCommand, HoldCommand, ImageCommand, LinkCommand,
    MonitorCommand, Pieces, PullCommand, PullImageCommand, ReserveCommand, ResizeCommand,
    ShareCommand, StartCommand,
};
pub use erasure::{ErasureMethod, ErasureStatement, StatementError, UnsignedStatement};
pub use http::{
    AddressPolicy, AddressRange, ConfigError, DriverConfig, HttpDriver, HttpProbe, RetryPolicy,
    Secret,
};
pub use operations::{OPERATIONS, Operation, Part};
pub use probe::{Probe, ProbeAnswer, ProbeError};
pub use problem::{FieldFault, Problem, ProblemCode};
pub use resource::{GraphFault, Related, Relation, Resource, ResourceGraph, ResourceKind};
pub use state::{Cause, ResourceState};
pub use wire::*;
