//! The feed of a tenant's events: read page by page, as often as wanted.

use provider_api::{CloudEvent, EventPage};

use crate::cloud::Cloud;
use crate::error::OpError;
use crate::tenants::Tenant;

/// Events on one page at most.
const PAGE_MAX: i64 = 100;

impl Cloud {
    pub(crate) async fn events(
        &self,
        tenant: &Tenant,
        label: Option<&str>,
        (after, limit): (i64, i64),
    ) -> Result<EventPage, OpError> {
        let limit = limit.clamp(1, PAGE_MAX);
        // Read first: what comes in between belongs to the next page and is not skipped.
        let (oldest, newest) = self.store.event_bounds(&tenant.name).await?;
        let mut rows = self.store.events(&tenant.name, label, (after, limit + 1)).await?;
        let more = i64::try_from(rows.len()).unwrap_or(0) > limit;
        rows.truncate(usize::try_from(limit).unwrap_or(0));
        let last = rows.last().map(|row| row.seq);
        // At the end of what a label has, a reader need not pass what others have again.
        let next = match last {
            Some(last) if more => last,
            last => last.max(newest).unwrap_or(after).max(after),
        };
        let source = format!("urn:kumoichi:cloud:{}", self.signer.key_id);
        let items = rows.iter().map(|row| CloudEvent::of(&source, row.seq, row.data())).collect();
        let oldest = oldest.map(|oldest| oldest.to_string());
        Ok(EventPage { items, next: next.to_string(), more, oldest })
    }
}
