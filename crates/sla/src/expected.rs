//! What would have been right where a fault is, as data: pages put it into words of their language,
//! the display is the English phrase that finishes "expected …".

use crate::{Operator, Unit, Value};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What is allowed at one place of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    /// A whole document of one of the two kinds.
    Document,
    /// One document, not several.
    OneDocument,
    /// Text that is YAML or JSON; where reading stopped, both from 1.
    Syntax {
        /// Line.
        line: u32,
        /// Column.
        column: u32,
    },
    /// At most so much: bytes, values or levels of nesting.
    Smaller,
    /// Fields with values.
    Mapping,
    /// A list.
    List,
    /// At least one entry.
    AtLeastOne,
    /// The entry once.
    Once,
    /// Nothing: the field does not belong here.
    LeaveOut,
    /// Text without characters that nobody sees.
    Text {
        /// Most characters.
        most: u32,
    },
    /// Text in at least one language.
    Texts,
    /// A language tag.
    Language,
    /// True or false.
    YesNo,
    /// An exact number in digits.
    Number,
    /// A number between two ends, both included.
    Between {
        /// The least.
        min: Decimal,
        /// The largest.
        max: Decimal,
    },
    /// A number that is not less.
    AtLeast {
        /// The least.
        min: Decimal,
    },
    /// A number that is not more.
    AtMost {
        /// The largest.
        max: Decimal,
    },
    /// A whole number between two ends, both included.
    Whole {
        /// The least.
        min: u32,
        /// The largest.
        max: u32,
    },
    /// A value of an item: a number in its unit or with a unit that is known.
    Quantity {
        /// Base unit.
        unit: Unit,
        /// The least, in the base unit.
        min: Decimal,
        /// The largest, in the base unit.
        max: Decimal,
    },
    /// Two ends of a range, the lower one first.
    Range,
    /// Whole steps of a list of levels, zero or more.
    Steps,
    /// Above 0, up to 100.
    Percentile,
    /// An amount of money, zero or more.
    Amount {
        /// Most decimals.
        digits: u32,
    },
    /// A value of the item's kind.
    Value,
    /// A floor: at most as strict as what is asked every day.
    NoStricter {
        /// The item.
        item: String,
        /// How its value of every day is compared.
        op: Operator,
        /// The scheme of a security level.
        scheme: Option<String>,
        /// What is asked every day.
        value: Value,
        /// The same in English: whoever prints faults must not bring all items along.
        shown: String,
    },
    /// A key of the registry, or `x-<vendor>.<name>`.
    ItemKey,
    /// 3 to 63 lower-case letters, digits and hyphens.
    Name,
    /// Up to 100 letters, digits and a few signs.
    TechnicalName,
    /// 1 to 40 lower-case letters, digits and underscores.
    AttributeKey,
    /// A version in quotation marks.
    Version,
    /// Two letters of ISO 3166-1.
    Country,
    /// A period such as `90d`.
    Period,
    /// An IANA time zone.
    TimeZone,
    /// A day, month or year.
    Date,
    /// One day.
    Day,
    /// RFC 3339.
    Moment,
    /// A later moment or day than the beginning.
    AfterBegin,
    /// An earlier version than this.
    EarlierThan {
        /// The document's version.
        version: u32,
    },
    /// An address that begins with `https://` or `http://`.
    WebAddress,
    /// A DID or URL.
    Identifier,
    /// A remedy, or a weaker commitment.
    Remedy,
    /// Steps from good to bad, with credits that do not fall.
    WorseSteps,
    /// So many offers in one file.
    Offers {
        /// Most offers.
        most: u32,
    },
    /// A file of at most so many bytes.
    SmallerFile {
        /// Most megabytes.
        megabytes: u32,
    },
    /// A header, and rows below it.
    Table,
    /// So many columns.
    Columns {
        /// Most columns.
        most: u32,
    },
    /// A column of tables, or of an item of one's own.
    Column,
    /// Another name than that of an earlier row.
    OtherThanRow {
        /// The earlier row.
        row: usize,
    },
    /// A quotation mark at the end of a cell that begins with one.
    ClosingQuote,
    /// A header with the columns that make a checklist.
    ChecklistHeader,
    /// A name of the checklist, or no answer.
    ChecklistRow,
}

/// The English phrase that finishes "expected …".
impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax { line, column } => {
                write!(f, "YAML or JSON; reading stopped at line {line}, column {column}")
            }
            Self::Text { most } => {
                write!(f, "text of 1 to {most} characters without invisible characters")
            }
            Self::Between { min, max } => write!(f, "a number from {min} to {max}"),
            Self::AtLeast { min } => write!(f, "a number from {min} on"),
            Self::AtMost { max } => write!(f, "a number up to {max}"),
            Self::Whole { min, max } => write!(f, "a whole number from {min} to {max}"),
            Self::Quantity { unit: Unit::Fraction, .. } => f.write_str(
                "a percentage with its sign from 0 % to 100 %, such as 99.9 %, or a fraction from 0 to 1",
            ),
            Self::Quantity { unit, min, max } => {
                write!(f, "a number from {min} to {max} in {}", unit.accepted().join(", "))
            }
            Self::Amount { digits: 0 } => {
                write!(f, "a whole amount from 0 to {}, such as 98000", i64::MAX)
            }
            Self::Amount { digits } => {
                let most = Decimal::try_new(i64::MAX, *digits).unwrap_or_default();
                write!(
                    f,
                    "an amount from 0 to {most} with at most {digits} decimals, such as 120.50"
                )
            }
            Self::NoStricter { shown, .. } => {
                write!(f, "a value that is not stricter than every day, {shown}")
            }
            Self::EarlierThan { version } => write!(f, "a version before {version}"),
            Self::Offers { most } => write!(f, "at most {most} offers in one file"),
            Self::SmallerFile { megabytes } => write!(f, "a file of at most {megabytes} MB"),
            Self::Columns { most } => write!(f, "at most {most} columns"),
            Self::OtherThanRow { row } => write!(f, "another name than in row {row}"),
            plain => f.write_str(plain.plain()),
        }
    }
}

impl Expected {
    /// The phrases without numbers in them.
    const fn plain(&self) -> &'static str {
        match self {
            Self::Document => {
                "a mapping with apiVersion, kind (ServiceLevelOffer or QualityRequirement), metadata and spec"
            }
            Self::OneDocument => "one document",
            Self::Smaller => "a smaller document",
            Self::Mapping => "a mapping",
            Self::List => "a list",
            Self::AtLeastOne => "at least one entry",
            Self::Once => "each entry once",
            Self::LeaveOut => "nothing: leave the field out",
            Self::Texts => "a mapping from language to text, such as {en: …, ja: …}",
            Self::Language => "a language tag such as en or ja",
            Self::YesNo => "true or false",
            Self::Number => "an exact number: digits with a point, no grouping",
            Self::Range => "two ends, the lower one in min",
            Self::Steps => "whole steps, zero or more",
            Self::Percentile => "a percentile above 0 and up to 100",
            Self::Value => "a value of the item's kind",
            Self::ItemKey => "a key of the registry, or x-<vendor>.<name>",
            Self::Name => "3 to 63 lower-case letters, digits and hyphens",
            Self::TechnicalName => "up to 100 letters, digits and . _ - : /",
            Self::AttributeKey => "1 to 40 lower-case letters, digits and _, a letter first",
            Self::Version => "a version in quotation marks, such as \"16\" or \"8.40\"",
            Self::Country => "two capital letters of ISO 3166-1, such as JP",
            Self::Period => "a period such as 24h, 90d, 1M or 1Y",
            Self::TimeZone => "a time zone such as Asia/Tokyo",
            Self::Date => "a date such as 2026-03-31, 2026-03 or 2026",
            Self::Day => "a day such as 2026-03-31",
            Self::Moment => "a moment such as 2026-10-01T00:00:00+09:00",
            Self::AfterBegin => "an end after the beginning",
            Self::WebAddress => "an address that begins with https:// or http://",
            Self::Identifier => "an identifier such as did:web:example.org, without spaces",
            Self::Remedy => "a remedy, or the commitment objective",
            Self::WorseSteps => {
                "steps that get worse, none better than the promise, with credits that do not fall"
            }
            Self::Table => "a header and at least one row below it",
            Self::Column => {
                "a column that docs/csv.md lists, or an item of your own as x-<vendor>.<name>"
            }
            Self::ClosingQuote => {
                "a quotation mark at the end of the cell; one inside the cell is written twice"
            }
            Self::ChecklistHeader => "a header with the columns サービスレベル項目 and 回答",
            Self::ChecklistRow => "a name of a row of the checklist, or no answer in the row",
            Self::Syntax { .. }
            | Self::Offers { .. }
            | Self::SmallerFile { .. }
            | Self::Columns { .. }
            | Self::OtherThanRow { .. }
            | Self::Text { .. }
            | Self::Between { .. }
            | Self::AtLeast { .. }
            | Self::AtMost { .. }
            | Self::Whole { .. }
            | Self::Quantity { .. }
            | Self::Amount { .. }
            | Self::NoStricter { .. }
            | Self::EarlierThan { .. } => "",
        }
    }
}

/// What a fault says is allowed: words of a list, or what was expected, or both.
#[derive(Debug, Clone, Default)]
pub(crate) struct Allowed {
    pub(crate) words: Vec<String>,
    pub(crate) expected: Option<Expected>,
}

impl Allowed {
    /// A list of words, with the sentence that says the same for people.
    pub(crate) fn both(words: Vec<String>, expected: Expected) -> Self {
        Self { words, expected: Some(expected) }
    }
}

impl From<Vec<String>> for Allowed {
    fn from(words: Vec<String>) -> Self {
        Self { words, expected: None }
    }
}

impl From<Expected> for Allowed {
    fn from(expected: Expected) -> Self {
        Self { words: vec![expected.to_string()], expected: Some(expected) }
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.expected {
            Some(expected) => expected.fmt(f),
            None => write!(f, "one of {}", self.words.join(", ")),
        }
    }
}
