//! What would have been right in place of a fault, in the reader's language.

use broker::FieldFault;
use sla::{Expected, RequirementItem};

use crate::{expected::expected_text, needs::asked_text, words::Words};

/// What is allowed where the fault is; empty where nothing can be said.
pub(super) fn allowed_text(words: Words, fault: &FieldFault) -> String {
    match &fault.expected {
        Some(Expected::NoStricter { item, op, scheme, value, .. }) => {
            let every_day = RequirementItem {
                op: Some(*op),
                scheme: scheme.clone(),
                value: Some(value.clone()),
                ..RequirementItem::best_effort(item)
            };
            words.common_allowed_no_stricter(asked_text(words, &every_day))
        }
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
