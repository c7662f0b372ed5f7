//! Contracts, what exists for them at the provider, and what was proved at their end.

pub(crate) mod closing;
pub(crate) mod heads;
pub(crate) mod resources;
mod rows;

pub use closing::{find_erasure_statement, find_usage, insert_erasure_statement, upsert_usage};
pub use heads::{
    count_in_state, count_live_by_offer, find, find_head, insert, is_signed_already,
    list_by_organisation, list_by_provider, list_by_state, set_state,
};
pub use resources::{list_resources, set_resource_state, upsert_resource};
pub use rows::{
    Contract, ContractHead, ErasureStatement, NewContract, Resource, StateChange, UsageRecord,
};
