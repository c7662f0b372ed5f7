//! Rows that become true together with a step, in the very statement that logs it: a server is asked
//! once where a unit of work of several statements asks it four times. What the rows mean is said where they
//! are read; here stands only that they are written under the fence.

use crate::contracts::{
    ErasureStatement, Resource, UsageRecord, Watch, insert_erasure_statement, note_watch,
    upsert_usage,
};
use crate::inventory::{self, InventorySnapshot};
use crate::observations::{self, Observation};
use crate::{StorageError, Tx};

/// What goes along with the word of a step. Writing it once more changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Along {
    /// What a cloud said of an allocation, as [`inventory::keep`] notes it; and its statement that the data
    /// are gone, if it made one.
    Kept(Box<Resource>, Box<InventorySnapshot>, Option<Box<ErasureStatement>>),
    /// How watching of a contract's service began, and its first sample.
    Watched([Watch; 3], Observation),
    /// A sample.
    Sampled(Observation),
    /// A provider's statement that the data are gone.
    Erased(Box<ErasureStatement>),
    /// A provider's final meter.
    Metered(Box<UsageRecord>),
}

impl Along {
    /// Writes the same rows with statements of their own, in a unit of work that has more to do.
    pub async fn write(&self, tx: &mut Tx) -> Result<(), StorageError> {
        match self {
            Self::Kept(resource, snapshot, erased) => {
                inventory::keep(tx, resource, snapshot).await?;
                match erased {
                    Some(statement) => insert_erasure_statement(tx, statement).await.map(drop),
                    None => Ok(()),
                }
            }
            Self::Watched(watches, sample) => {
                for watch in watches {
                    note_watch(tx, sample.contract_id, watch).await?;
                }
                observations::insert(tx, sample).await.map(drop)
            }
            Self::Sampled(sample) => observations::insert(tx, sample).await.map(drop),
            Self::Erased(statement) => insert_erasure_statement(tx, statement).await.map(drop),
            Self::Metered(usage) => upsert_usage(tx, usage).await,
        }
    }
}

/// `$33` and on are the row's values; `$from` yields what holds the instance, and nothing without it.
macro_rules! kept_along {
    ($from:ident) => {
        concat!("
        INSERT INTO resource (id, contract_id, kind, native_id, state, detail, created_at, updated_at)
        SELECT $33, $34, $35, $36, $37, $38, $39, $40 FROM ", $from!(), "
        ON CONFLICT (contract_id, kind, native_id) DO UPDATE SET state = excluded.state,
            detail = excluded.detail, updated_at = excluded.updated_at")
    };
}
macro_rules! snapshot_along {
    ($from:ident) => {
        $crate::inventory::append_unless_same!(
            ("$41", "$34", "$36", "$42, $43, $44", "$45"),
            concat!(" FROM ", $from!(), " AND")
        )
    };
}
macro_rules! sampled_along {
    ($from:ident) => {
        concat!(
            "
        INSERT INTO observation (contract_id, kind, at, ok, value_us)
        SELECT $33, $34, $35, $36, $37 FROM ",
            $from!(),
            "
        ON CONFLICT (contract_id, kind, at) DO NOTHING"
        )
    };
}
macro_rules! watched_along {
    ($from:ident) => {
        concat!(
            "
        INSERT INTO contract_watch (contract_id, kind, first_at)
        SELECT $33, column1, column2
        FROM (VALUES ($38, CAST($39 AS BIGINT)), ($40, $41), ($42, $43)) AS kinds,
            ",
            $from!(),
            "
        ON CONFLICT (contract_id, kind) DO NOTHING"
        )
    };
}
macro_rules! erased_along {
    ($values:literal, $from:ident) => {
        concat!(
            "
        INSERT INTO erasure_statement (id, contract_id, statement, verified_with, received_at)
        SELECT ",
            $values,
            " FROM ",
            $from!(),
            "
        ON CONFLICT (contract_id) DO NOTHING"
        )
    };
}
macro_rules! metered_along {
    ($from:ident) => {
        concat!(
            "
        INSERT INTO usage_record (contract_id, meter, hash, read_at)
        SELECT $33, $34, $35, $36 FROM ",
            $from!(),
            "
        ON CONFLICT (contract_id) DO UPDATE SET meter = excluded.meter, hash = excluded.hash,
            read_at = excluded.read_at"
        )
    };
}

pub(super) use {
    erased_along, kept_along, metered_along, sampled_along, snapshot_along, watched_along,
};
