//! What would have been right in place of a fault, in the reader's language.

use broker::FieldFault;
use sla::{Expected, Unit};

use crate::{format, words::Words};

/// What is allowed where the fault is; empty where nothing can be said.
pub(super) fn allowed_text(words: Words, fault: &FieldFault) -> String {
    match &fault.expected {
        Some(expected) => expected_text(words, expected),
        None => by_code(words, fault).map_or_else(|| fault.allowed.clone(), str::to_owned),
    }
}

/// Sentences of the use cases, by the code they come with.
fn by_code(words: Words, fault: &FieldFault) -> Option<&'static str> {
    Some(match fault.code.as_str() {
        "name" => words.common_allowed_label(),
        "reason" => words.common_allowed_reason(),
        "role" => words.common_allowed_role(),
        "email" => words.common_allowed_email(),
        "address" => words.common_allowed_cloud(),
        "cloud_token" => words.common_allowed_cloud_token(),
        "subject" => words.common_allowed_subject(),
        "cursor" => words.common_allowed_cursor(),
        "share_code" => words.common_allowed_share_code(),
        _ => return None,
    })
}

/// A document's expectation in words.
pub fn expected_text(words: Words, expected: &Expected) -> String {
    let text = match expected {
        Expected::Syntax { line, column } => return words.common_allowed_syntax(line, column),
        Expected::Text { most } => {
            return words.common_allowed_text(format::integer(i64::from(*most)));
        }
        Expected::Between { min, max } => return words.common_allowed_between(min, max),
        Expected::Whole { min, max } => return words.common_allowed_whole(min, max),
        Expected::Quantity { unit: Unit::Fraction, .. } => words.common_allowed_percent(),
        Expected::Quantity { unit, min, max } => {
            let names = unit.accepted().join(words.market_list_comma());
            return words.common_allowed_quantity(min, max, names);
        }
        Expected::Amount { digits: 0 } => {
            return words.common_allowed_amount_whole(format::integer(i64::MAX));
        }
        Expected::Amount { digits } => {
            let most = sla::Decimal::try_new(i64::MAX, *digits).unwrap_or_default();
            return words.common_allowed_amount(most, digits);
        }
        Expected::EarlierThan { version } => return words.common_allowed_earlier(version),
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
        Expected::Country => words.common_allowed_country(),
        Expected::Period => words.common_allowed_period(),
        Expected::TimeZone => words.common_allowed_time_zone(),
        Expected::Date => words.common_allowed_date(),
        Expected::Moment => words.common_allowed_moment(),
        Expected::AfterBegin => words.common_allowed_after_begin(),
        Expected::WebAddress => words.common_allowed_web_address(),
        Expected::Identifier => words.common_allowed_identifier(),
        Expected::Remedy => words.common_allowed_remedy(),
        Expected::WorseSteps => words.common_allowed_worse_steps(),
        _ => words.common_allowed_value(),
    }
}
