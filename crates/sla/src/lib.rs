#![doc = include_str!("../README.md")]

mod date;
mod decimal;
mod document;
mod fault;
mod nearest;
mod node;
mod offer;
mod read;
mod registry;
mod requirement;
mod text;
mod text_in;
mod value;
mod words;

pub use date::{Date, Timestamp};
pub use decimal::parse_decimal;
pub use document::{API_VERSION, Document, DocumentKind};
pub use fault::{Fault, FaultCode, Faults, Notice, NoticeCode};
pub use offer::{
    Amount, BILLING_UNITS, CURRENCIES, Claim, Commitment, Credit, DeploymentModel, Evidence,
    Measurement, Metadata, Middleware, NetworkPath, Offer, OfferItem, OfferSpec, Price, Region,
    Remedy, Service, ServiceModel, Signature, UnitPrice,
};
pub use registry::{
    Bounds, COUNTRIES, Curve, Direction, Group, ItemDef, ItemKind, Registry, Scale, Scheme, Unit,
    Word, registry,
};
pub use requirement::{
    Accepted, Demand, Emphasis, Operator, Priority, Profile, ProfileName, Profiles,
    RecoveryPriority, Requirement, RequirementItem, RequirementSpec,
};
pub use rust_decimal::Decimal;
pub use text::{Locale, Text};
pub use value::Value;
