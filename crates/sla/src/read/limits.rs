//! Limits and lists of the documents that are neither closed words of a type nor facts of the
//! registry. Reading and the JSON Schema both take them from here.

use crate::{Commitment, Expected, FaultCode, Operator};
use rust_decimal::Decimal;

/// Longest time slice of a measurement, one day in seconds.
pub(crate) const SLICE_SECONDS_MAX: u32 = 86_400;
/// Longest outage that may go uncounted, one month of 31 days in seconds.
pub(crate) const OUTAGE_SECONDS_MAX: u32 = 2_678_400;
/// Shortest round trip, milliseconds.
pub(crate) const RTT_MS_MIN: Decimal = Decimal::from_parts(1, 0, 0, false, 3);
/// Longest round trip, milliseconds.
pub(crate) const RTT_MS_MAX: Decimal = Decimal::from_parts(100_000, 0, 0, false, 0);
/// Latitude of the poles, degrees.
pub(crate) const LAT_MAX: Decimal = Decimal::from_parts(90, 0, 0, false, 0);
/// Longitude of the far side of the Earth, degrees.
pub(crate) const LON_MAX: Decimal = Decimal::from_parts(180, 0, 0, false, 0);
/// Smallest size of a machine: a thousandth of a processor or of a GiB.
pub(crate) const SIZE_MIN: Decimal = Decimal::from_parts(1, 0, 0, false, 3);
/// Largest size of a machine, processors or GiB.
pub(crate) const SIZE_MAX: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);
/// Decimals of a size: a search compares whole millionths.
pub(crate) const SIZE_DECIMALS: u32 = 6;
/// Most accelerators of one machine.
pub(crate) const GPU_MAX: u32 = 1_000;
/// Longest time within which to claim a remedy, ten years in days.
pub(crate) const CLAIM_DAYS_MAX: u32 = 3650;
/// Most units that one amount buys.
pub(crate) const PER_MAX: u32 = 1_000_000_000;
/// Most round trips of a transaction.
pub(crate) const ROUND_TRIPS_MAX: u32 = 1000;
/// Oldest evidence that can be asked for, a hundred years in days.
pub(crate) const AGE_DAYS_MAX: u32 = 36_500;
/// Largest slack of an extension item.
pub(crate) const TOLERANCE_MAX: i64 = 1_000_000_000_000;
/// Lowest TLS versions that can be promised.
pub(crate) const TLS_VERSIONS: &[&str] = &["1.2", "1.3"];
/// Cost classes of a price.
pub(crate) const TIERS: &[&str] = &["1", "2", "3", "4", "5"];
/// Further lists of a set, by what lies or happens there.
pub(crate) const SUB_LISTS: &[&str] = &["primary", "backup", "support", "telemetry", "metadata"];

/// Operators with which further lists can be asked.
pub(crate) const SUB_LIST_OPERATORS: &[Operator] = &[Operator::SubsetOf, Operator::NoneOf];

/// Operators of an extension item whose value is a number.
pub(crate) const EXTENSION_NUMBER: &[Operator] = &[Operator::Gte, Operator::Lte, Operator::Eq];
/// Operators of an extension item whose value is a word, or yes or no.
pub(crate) const EXTENSION_WORD: &[Operator] = &[Operator::Eq];
/// Operators of an extension item whose value is a set.
pub(crate) const EXTENSION_SET: &[Operator] =
    &[Operator::AllOf, Operator::AnyOf, Operator::OneOf, Operator::SubsetOf, Operator::NoneOf];

/// A field that an item needs, the fault without it, what is expected, and the sentence.
pub(crate) type Need = (&'static str, FaultCode, Expected, &'static str);

/// An item, always or with one commitment only, and what it needs.
pub(crate) type Needing = ((&'static str, Option<Commitment>), &'static [Need]);

/// What promises on some items need beside their value, always or with one commitment: a number
/// without its measurement says nothing.
pub(crate) const NEEDED: &[Needing] = &[
    (
        ("availability.service_uptime", Some(Commitment::Guaranteed)),
        &[(
            "remedy",
            FaultCode::Unsupported,
            Expected::Remedy,
            "guaranteed uptime needs a remedy; without one it is an objective",
        )],
    ),
    (
        ("performance.online_response_time", None),
        &[
            (
                "percentile",
                FaultCode::Missing,
                Expected::Percentile,
                "a response time needs its percentile",
            ),
            (
                "transaction",
                FaultCode::Missing,
                Expected::TechnicalName,
                "a response time needs its reference transaction",
            ),
        ],
    ),
];
