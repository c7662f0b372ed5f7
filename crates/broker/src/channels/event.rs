//! A notice as a CloudEvent, as its organisation's webhook gets it.

use crate::error::shown_moment;
use crate::notices::Notice;
use domain::OrganisationId;
use serde_json::{Value, json};

/// The event; `data` is the notice as the API tells it.
pub(super) fn event(origin: &str, to: OrganisationId, notice: &Notice, data: &Value) -> String {
    let subject = match (&notice.contract, &notice.need, &notice.evidence) {
        (Some(news), ..) => news.contract.to_string(),
        (None, Some(need), _) => need.id.to_string(),
        (None, None, Some(news)) => news.offer.to_string(),
        (None, None, None) => match &notice.announcement {
            Some(news) => news.announcement.to_string(),
            None => to.to_string(),
        },
    };
    json!({
        "specversion": "1.0",
        "id": notice.id.to_string(),
        "source": format!("{origin}/api/v1/notices"),
        "type": format!("notice.{}", notice.kind),
        "subject": subject,
        "time": shown_moment(notice.created_at),
        "datacontenttype": "application/json",
        "organisation": to.to_string(),
        "data": data,
    })
    .to_string()
}
