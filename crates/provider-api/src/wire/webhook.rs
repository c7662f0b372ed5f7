//! The subscription of a token: where its cloud posts each event of the feed, signed.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Asks to have every event from now on posted.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WebhookRequest {
    /// Where to post: http or https, a public address.
    pub url: String,
    /// Signs each message: `whsec_` and 24 to 64 random bytes in base64. It is never told again.
    pub secret: String,
}

impl std::fmt::Debug for WebhookRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookRequest").field("url", &self.url).finish_non_exhaustive()
    }
}

/// The subscription as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Webhook {
    pub state: WebhookState,
    /// The highest epoch seen for the subscription; absent before the first call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<i64>,
    /// Absent while unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The place in the feed up to which everything was taken: pass it as `after` to catch up. Absent while unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered: Option<String>,
    /// Attempts in a row that failed.
    pub failures: u32,
    /// Why the last one failed; absent when it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// Microseconds UTC of the last setting; absent while unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_at_us: Option<i64>,
}

/// How a subscription stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum WebhookState {
    /// Nothing is posted.
    Unset,
    Active,
    /// Too many attempts failed, or the receiver said 410: nothing is posted until it is set again.
    Suspended,
}
