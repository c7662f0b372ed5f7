//! What was booked at a cloud that holds nothing, as a contract tells it.

use broker::contracts::BookingView;
use serde::Serialize;
use utoipa::ToSchema;

use super::wire::{Money, moment};

/// A booking without a hold, and what cancelling it cost.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BookedAtOnce)]
pub(super) struct BookedBody {
    /// When it was booked.
    booked_at: String,
    /// What cancelling was said to cost; null: nothing.
    declared: Option<Money>,
    /// When it was cancelled before the start; null: it was kept.
    cancelled_at: Option<String>,
    /// What the cloud charges for that; null: nothing.
    owed: Option<Money>,
}

/// As a row tells it.
pub(super) fn booked(row: &BookingView) -> BookedBody {
    BookedBody {
        booked_at: moment(row.booked_at),
        declared: row.declared.map(Money::from),
        cancelled_at: row.cancelled_at.map(moment),
        owed: row.owed.map(Money::from),
    }
}
