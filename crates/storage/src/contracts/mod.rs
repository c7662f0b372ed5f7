//! Contracts, what exists for them at the provider, and what was proved at their end.

/// Columns of [`ContractHead`], from the tables that [`head_tables`] joins.
macro_rules! head_columns {
    () => {
        "contract.id AS id, contract.organisation_id AS organisation_id,
            organisation.name AS organisation_name, contract.provider_id AS provider_id,
            provider.slug AS provider_slug, provider.name_en AS provider_name_en,
            provider.name_ja AS provider_name_ja, contract.offer_id AS offer_id, offer_version,
            signed.title_en AS offer_title_en, signed.title_ja AS offer_title_ja, requirement_id,
            requirement_version, service_name, contract.price_minor AS price_minor,
            contract.currency AS currency,
            CASE WHEN waits THEN 'scheduled' ELSE state END AS state, failure, address,
            signed_by, signed_at, activated_at, released_at, starts_at, ends_at, contract.updated_at AS updated_at,
            contract.revision AS revision, order_id, order_seat"
    };
}

macro_rules! head_tables {
    () => {
        "contract
        JOIN organisation ON organisation.id = contract.organisation_id
        JOIN provider ON provider.id = contract.provider_id
        JOIN offer_version AS signed
            ON signed.offer_id = contract.offer_id AND signed.version = contract.offer_version"
    };
}

pub(crate) mod bookings;
pub(crate) mod care;
pub(crate) mod changes;
pub(crate) mod charges;
pub(crate) mod closing;
pub(crate) mod heads;
pub(crate) mod moves;
pub(crate) mod newer;
pub(crate) mod orders;
pub(crate) mod preemptions;
pub(crate) mod resources;
mod rows;
pub(crate) mod terminations;
pub(crate) mod watch;

pub use bookings::{Booking, cancel_booking, find_bookings, insert_booking};
pub use care::{Care, find_care, set_care};
pub use changes::{
    find_change, find_change_by_key, find_change_texts, find_open_change, insert_change,
    list_changes, list_due_changes, set_change_state, set_terms,
};
pub use charges::{
    OneTimeCharge, WITH_SIGNATURE, charge_once, insert_charge, list_charges, take_charge_back,
};
pub use closing::{
    find_erasure_statement, find_usage, insert_erasure_statement, list_due, list_ended_since,
    list_starting, set_end, set_start, upsert_usage,
};
pub use heads::{
    count_by_provider, count_in_state, count_live_by_offer, find, find_head, find_live_by_name,
    find_standing, insert, is_signed_already, list_by_organisation, list_by_provider,
    list_by_state, list_whole_by_provider, set_state, set_state_noted,
};
pub use moves::{
    Move, NewMove, insert_move, list_moves, note_left_meter, note_left_statement, note_switch,
};
pub use newer::{
    Holder, NewerVersion, Untold, find_newer, insert_newer, keep_signed, list_holders, list_newer,
    list_untold, note_accepted,
};
pub use orders::{contracts_of_order, find_order, insert_order, is_ordered_already};
pub use preemptions::{
    Preemptible, Preemption, PreemptionConsent, find_consent, find_open_preemption,
    find_preemption, insert_preemption, is_room_awaited, list_at_rest, list_due_preemptions,
    list_preemptible, list_preemptions, list_preemptions_at_work, list_preemptions_for,
    list_preemptions_to_return, set_consent, set_preemption, withdraw_consent,
};
pub use resources::{
    list_resources, list_resources_of_native, set_resource_kind, set_resource_state,
    upsert_resource,
};
pub use rows::{
    Change, Contract, ContractHead, ErasureStatement, Frozen, NewChange, NewContract, Order,
    Resource, Seat, Standing, StateChange, Terms, UsageRecord,
};
pub use terminations::{
    Termination, close_termination, find_pending_termination, insert_termination,
    list_due_terminations, list_latest_terminations, list_terminations, overtake_termination,
};
pub use watch::{Watch, WatchKind, list_watches, note_watch};
