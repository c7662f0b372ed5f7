#![doc = include_str!("../README.md")]

mod category;
mod currency;
mod date;
mod decimal;
mod diff;
mod document;
mod examples;
#[cfg(feature = "exchange")]
pub mod exchange;
mod expected;
mod fault;
mod format;
mod held;
mod input;
mod nearest;
mod node;
mod offer;
mod price;
mod read;
mod registry;
mod requirement;
pub mod schema;
mod serde_impl;
mod text;
mod text_in;
mod unseen;
mod value;
mod words;
mod write;

pub use category::{
    AttributeChoice, AttributeDef, AttributeKind, Category, attribute_key, category_faults,
};
pub use currency::currency_faults;
pub use date::{Date, Timestamp};
pub use decimal::parse_decimal;
pub use diff::{Aspect, Change, Diff, PARTS, PartDiff, Verdict, diff};
pub use document::{API_VERSION, Document, DocumentKind};
pub use examples::{EXAMPLE_OFFERS, EXAMPLE_REQUIREMENTS, Example};
pub use expected::Expected;
pub use fault::{Fault, FaultCode, Faults, Notice, NoticeCode};
pub use format::{
    format_number, format_offer_item, format_requirement_item, format_scheme_level, format_value,
    range_text,
};
pub use held::{extension_faults, hold_offer, hold_requirement};
pub use input::{half_width, parse_value, split_range};
pub use nearest::nearest;
pub use offer::{
    Architecture, AttributeValue, Claim, Commitment, Credit, DeploymentModel, Evidence, Gpu,
    Location, MachineImage, MachineType, Measurement, Metadata, Middleware, NetworkPath, Offer,
    OfferItem, OfferSpec, Recipe, Region, Remedy, Service, ServiceModel, Signature, Vantage,
};
pub use price::{
    Amount, BILLING_UNITS, CURRENCIES, MACHINE_UNITS, NextPrices, Price, QuantityLimit, UnitPrice,
};
pub use read::{Parsed, parse, parse_documents, parse_offer, parse_requirement};
pub use registry::{
    Arrangement, Bounds, COUNTRIES, Compose, Composition, Curve, Direction, EXTENSION_GROUP,
    EXTENSION_HELP_MAX, EXTENSION_TITLE_MAX, EXTENSION_WORDS_MAX, Extension, ExtensionKind,
    Following, Group, ItemDef, ItemKind, ItemNotes, Mapping, Notes, Parts, Registered, Registry,
    Scale, Scheme, Standard, Unit, Word, built_in, following, install, installed, notes, registry,
    within,
};
pub use requirement::{
    Accepted, Demand, Emphasis, Operator, Priority, Profile, ProfileName, Profiles,
    RecoveryPriority, Relaxed, Requirement, RequirementItem, RequirementSpec,
};
pub use rust_decimal::Decimal;
pub use text::{Locale, Text};
pub use text_in::{Place, Places};
pub use unseen::{code_point, first_unseen, is_unseen, made_visible};
pub use value::Value;
pub use write::{AsDocument, canonical_json, signed_json, to_json, to_yaml, validate};
