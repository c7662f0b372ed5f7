//! Words for where a contract stands and why it failed.

use broker::contracts::ContractCard;
use domain::ContractState;
use leptos::prelude::*;

use crate::{
    ui::{State, badge},
    words::Words,
};

/// Why a workflow ended that was cancelled at the desk.
pub(super) const CANCELLED: &str = "cancelled";
/// Why a contract came to nothing that was called off before it began.
pub(super) const CALLED_OFF: &str = "called_off";

/// The badge of a contract; an active one that did not answer is marked.
pub(crate) fn state_badge(words: Words, card: &ContractCard) -> AnyView {
    let (state, word) = match (card.state, card.healthy) {
        (ContractState::Scheduled, _) => (State::Quiet, words.starts_state()),
        (ContractState::Activating, _) => (State::Busy, words.contracts_state_activating()),
        (ContractState::Active, _) if card.at_rest => (State::Quiet, words.preempt_page_state()),
        (ContractState::Active, Some(false)) => (State::Bad, words.contracts_state_silent()),
        (ContractState::Active, _) => (State::Good, words.contracts_state_active()),
        (ContractState::Failed, _) => (State::Bad, words.contracts_state_failed()),
        (ContractState::Releasing, _) => (State::Busy, words.contracts_state_releasing()),
        (ContractState::Released, _) => (State::Quiet, words.contracts_state_released()),
    };
    badge(state, word)
}

/// The same as a word, for whoever does not see how the service does.
pub(crate) fn state_word(words: Words, state: ContractState) -> &'static str {
    match state {
        ContractState::Scheduled => words.starts_state(),
        ContractState::Activating => words.contracts_state_activating(),
        ContractState::Active => words.contracts_state_active(),
        ContractState::Failed => words.contracts_state_failed(),
        ContractState::Releasing => words.contracts_state_releasing(),
        ContractState::Released => words.contracts_state_released(),
    }
}

/// One sentence about the whole.
pub(super) fn lead(words: Words, card: &ContractCard, failure: Option<&str>) -> &'static str {
    match (card.state, card.healthy) {
        (ContractState::Scheduled, _) => words.starts_lead(),
        (ContractState::Activating, _) => words.contracts_lead_activating(),
        (ContractState::Active, _) if card.at_rest => words.preempt_page_state_lead(),
        (ContractState::Active, Some(false)) => words.contracts_lead_silent(),
        (ContractState::Active, _) => words.contracts_lead_active(),
        (ContractState::Failed, _) if failure == Some(CANCELLED) => {
            words.contracts_lead_cancelled()
        }
        (ContractState::Failed, _) if failure == Some(CALLED_OFF) => words.starts_lead_called_off(),
        (ContractState::Failed, _) => words.contracts_lead_failed(),
        (ContractState::Releasing, _) => words.contracts_lead_releasing(),
        (ContractState::Released, _) => words.contracts_lead_released(),
    }
}

/// Why a step or an activation failed, by its stable code.
pub(crate) fn reason(words: Words, code: &str) -> String {
    known_reason(words, code).map_or_else(|| words.contracts_reason_other(code), str::to_owned)
}

/// The same where the code is one that has words.
pub(crate) fn known_reason(words: Words, code: &str) -> Option<&'static str> {
    Some(match code {
        "no_capacity" => words.contracts_reason_no_capacity(),
        "cloud_unreachable" | "timeout" => words.contracts_reason_unreachable(),
        "cloud_answer_lost" => words.contracts_reason_answer_lost(),
        "catalogue_only" | "connection" => words.contracts_reason_connection(),
        "region_unknown" | "wrong_region" | "wrong_country" => words.contracts_reason_region(),
        "gone" => words.contracts_reason_gone(),
        "not_alive" => words.contracts_reason_not_alive(),
        "not_measured" => words.contracts_reason_not_measured(),
        "address_silent" => words.contracts_reason_address_silent(),
        "no_address" => words.contracts_reason_no_address(),
        "hold_expired" => words.contracts_reason_hold_expired(),
        "start_failed" => words.contracts_reason_start_failed(),
        "volume_lost" => words.contracts_reason_volume_lost(),
        "refused" | "forbidden" | "unauthorized" => words.contracts_reason_refused(),
        "unsupported" => words.contracts_reason_unsupported(),
        "statement_invalid" | "no_erasure_key" => words.contracts_reason_statement(),
        "cancelled" => words.contracts_reason_cancelled(),
        "order_undone" => words.contracts_reason_order_undone(),
        "data_taken" => words.contracts_reason_data_waits(),
        "storage_in_use" => words.changes_reason_storage_in_use(),
        "service_not_active" => words.changes_reason_not_active(),
        "contract_ended" => words.changes_fault_contract_ended(),
        "abandoned" => words.changes_reason_abandoned(),
        "meter_open" => words.contracts_reason_meter_open(),
        "changed" => words.adopt_reason_changed(),
        "room_awaited" => words.preempt_kind_waits(),
        "too_late" => words.moves_reason_too_late(),
        "offer_changed" => words.moves_reason_offer_changed(),
        "offer_falls_short" => words.moves_reason_falls_short(),
        "price_changed" => words.moves_reason_price_changed(),
        "data_not_carried" => words.moves_reason_not_carried(),
        "link_down" => words.moves_reason_link_down(),
        "link_waits" => words.moves_reason_link_waits(),
        "draining" => words.moves_reason_draining(),
        "pulling" => words.moves_reason_pulling(),
        "pull_failed" => words.moves_reason_pull_failed(),
        "data_differ" => words.moves_reason_data_differ(),
        "wrong_answer" => words.securing_reason_wrong_answer(),
        "over_limit" => words.securing_reason_over_limit(),
        "offer_gone" => words.securing_reason_offer_gone(),
        "no_holds" => words.securing_reason_no_holds(),
        "hold_ended" => words.securing_reason_hold_ended(),
        _ => return None,
    })
}
