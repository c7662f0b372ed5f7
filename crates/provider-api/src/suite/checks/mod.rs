//! The checks, one module for each group.

pub(super) mod adopt;
pub(super) mod backups;
pub(super) mod crash;
pub(super) mod door;
pub(super) mod drain;
pub(super) mod ending;
pub(super) mod events;
pub(super) mod export;
pub(super) mod fence;
pub(super) mod group;
pub(super) mod holds;
pub(super) mod images;
pub(super) mod links;
pub(super) mod lives;
pub(super) mod monitoring;
pub(super) mod order;
pub(super) mod recipes;
pub(super) mod regions;
pub(super) mod resize;
pub(super) mod security;
pub(super) mod tenants;
pub(super) mod trouble;
pub(super) mod volumes;
pub(super) mod watch;
pub(super) mod webhook;
