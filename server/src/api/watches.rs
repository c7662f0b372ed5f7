//! Since when what is watched of a service, on the wire.

use serde::Serialize;
use utoipa::ToSchema;

use super::wire::moment;

/// How one kind of watching began.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct WatchBody {
    /// liveness, service or resources.
    kind: &'static str,
    /// When the first sample had arrived; null: the cloud does not measure it.
    first_sample_at: Option<String>,
}

impl From<broker::contracts::Watch> for WatchBody {
    fn from(watch: broker::contracts::Watch) -> Self {
        Self { kind: watch.kind.as_str(), first_sample_at: watch.first_at.map(moment) }
    }
}
