//! What a document would have had to say at the place of a fault, in the reader's language.
//! Compiled for both halves: the studio refuses what is typed in the words of the server's forms.

use sla::{Expected, Unit};

use crate::words::{Words, integer};

/// A document's expectation in words.
pub fn expected_text(words: Words, expected: &Expected) -> String {
    let text = match expected {
        Expected::Syntax { line, column } => return words.common_allowed_syntax(line, column),
        Expected::Text { most } => {
            return words.common_allowed_text(integer(i64::from(*most)));
        }
        Expected::Between { min, max } => return words.common_allowed_between(min, max),
        Expected::AtLeast { min } => return words.common_allowed_at_least(min),
        Expected::AtMost { max } => return words.common_allowed_at_most(max),
        Expected::Whole { min, max } => return words.common_allowed_whole(min, max),
        Expected::Quantity { unit: Unit::Fraction, .. } => words.common_allowed_percent(),
        Expected::Quantity { unit, min, max } => {
            let names = unit.accepted().join(words.market_list_comma());
            return words.common_allowed_quantity(min, max, names);
        }
        Expected::Amount { digits: 0 } => {
            return words.common_allowed_amount_whole(integer(i64::MAX));
        }
        Expected::Amount { digits } => {
            let most = sla::Decimal::try_new(i64::MAX, *digits).unwrap_or_default();
            return words.common_allowed_amount(most, digits);
        }
        Expected::EarlierThan { version } => return words.common_allowed_earlier(version),
        Expected::Offers { most } => {
            return words.common_allowed_offers(integer(i64::from(*most)));
        }
        Expected::SmallerFile { megabytes } => {
            return words.common_allowed_smaller_file(megabytes);
        }
        Expected::Columns { most } => {
            return words.common_allowed_columns(integer(i64::from(*most)));
        }
        Expected::OtherThanRow { row } => return words.common_allowed_other_than_row(row),
        plain => plain_text(words, plain),
    };
    text.to_owned()
}

fn plain_text(words: Words, expected: &Expected) -> &'static str {
    match expected {
        Expected::Document => words.common_allowed_document(),
        Expected::OneDocument => words.common_allowed_one_document(),
        Expected::Smaller => words.common_allowed_smaller(),
        Expected::Mapping => words.common_allowed_mapping(),
        Expected::List => words.common_allowed_list(),
        Expected::AtLeastOne => words.common_allowed_at_least_one(),
        Expected::Once => words.common_allowed_once(),
        Expected::LeaveOut => words.common_allowed_leave_out(),
        Expected::Texts => words.common_allowed_texts(),
        Expected::Language => words.common_allowed_language(),
        Expected::YesNo => words.common_allowed_yes_no(),
        Expected::Number => words.common_allowed_number(),
        Expected::Range => words.common_allowed_range(),
        Expected::Steps => words.common_allowed_steps(),
        Expected::Percentile => words.common_allowed_percentile(),
        Expected::ItemKey => words.common_allowed_item_key(),
        Expected::Name => words.common_allowed_name(),
        Expected::TechnicalName => words.common_allowed_technical_name(),
        Expected::AttributeKey => words.common_allowed_attribute_key(),
        Expected::Version => words.common_allowed_version(),
        Expected::Country => words.common_allowed_country(),
        Expected::Period => words.common_allowed_period(),
        Expected::TimeZone => words.common_allowed_time_zone(),
        Expected::Date => words.common_allowed_date(),
        Expected::Day => words.common_allowed_day(),
        Expected::Moment => words.common_allowed_moment(),
        Expected::AfterBegin => words.common_allowed_after_begin(),
        Expected::WebAddress => words.common_allowed_web_address(),
        Expected::Identifier => words.common_allowed_identifier(),
        Expected::Remedy => words.common_allowed_remedy(),
        Expected::WorseSteps => words.common_allowed_worse_steps(),
        Expected::Table => words.common_allowed_table(),
        Expected::Column => words.common_allowed_column(),
        Expected::ClosingQuote => words.common_allowed_closing_quote(),
        Expected::ChecklistHeader => words.common_allowed_checklist_header(),
        Expected::ChecklistRow => words.common_allowed_checklist_row(),
        _ => words.common_allowed_value(),
    }
}
