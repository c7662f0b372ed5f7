//! The subscription of a tenant (signed webhooks): set, taken away, and every event of the feed posted in order. An event is posted
//! until it is taken, with growing waits and not without end; whoever missed some reads the feed.

use std::time::Duration;

use provider_api::http::{WebhookMessage, WebhookSender};
use provider_api::webhook::WebhookSecret;
use provider_api::{
    AddressPolicy, CloudEvent, ConfigError, FieldFault, ProblemCode, Webhook, WebhookRequest,
};
use tokio_util::sync::CancellationToken;

use super::hold::invalid;
use super::{Intent, seen};
use crate::cloud::Cloud;
use crate::config::CloudConfig;
use crate::error::OpError;
use crate::store::{self, Tx, WebhookRow};
use crate::tenants::Tenant;

/// For one attempt.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How often it is looked whether something is to be posted.
const LOOK: Duration = Duration::from_millis(200);
/// Attempts for one event; then the subscription is suspended. With these waits about half an hour.
const ATTEMPTS_MAX: i64 = 12;
const FIRST_WAIT_US: i64 = 1_000_000;
const LONGEST_WAIT_US: i64 = 300_000_000;
const URL_MAX: usize = 2000;
/// Of an error that is kept.
const ERROR_MAX: usize = 200;
/// The receiver wants nothing more.
const GONE: u16 = 410;

/// What posts the events of a cloud.
pub(crate) fn sender(config: &CloudConfig) -> Result<WebhookSender, ConfigError> {
    let loopback = ["127.0.0.0/8", "::1/128"].map(str::parse);
    let named = loopback.into_iter().flatten().filter(|_| config.webhooks_to_loopback);
    WebhookSender::new(TIMEOUT, AddressPolicy::allowing(named.collect()))
}

/// Posts the events of a tenant until `stop`.
pub(crate) async fn deliver(cloud: std::sync::Arc<Cloud>, tenant: String, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
        loop {
            let posted = tokio::select! {
                // An attempt that is cut off is made again by the next start.
                () = stop.cancelled() => return,
                posted = cloud.post_next(&tenant) => posted,
            };
            match posted {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    tracing::error!(%error, "an event could not be posted");
                    break;
                }
            }
        }
    }
}

impl Cloud {
    pub(crate) async fn webhook(&self, tenant: &Tenant) -> Result<Webhook, OpError> {
        Ok(self.store.webhook(&tenant.name).await?.view())
    }

    pub(crate) async fn set_webhook(
        &self,
        intent: &Intent,
        request: &WebhookRequest,
    ) -> Result<Webhook, OpError> {
        self.check_webhook(request)?;
        self.change_webhook(intent, Some((&request.url, &request.secret))).await
    }

    pub(crate) async fn delete_webhook(&self, intent: &Intent) -> Result<Webhook, OpError> {
        self.change_webhook(intent, None).await
    }

    async fn change_webhook(
        &self,
        intent: &Intent,
        target: Option<(&str, &str)>,
    ) -> Result<Webhook, OpError> {
        // In its own transaction: a higher epoch counts even when the call is refused afterwards.
        let tenant = &intent.tenant.name;
        self.store.raise_webhook_epoch(tenant, intent.epoch).await?;
        let mut tx = self.store.begin().await?;
        let row = store::load_webhook(&mut tx, tenant).await?;
        if intent.epoch < row.epoch {
            let detail = format!("epoch {} is behind {}", intent.epoch, row.epoch);
            return Err(OpError::refuse(ProblemCode::StaleEpoch, detail));
        }
        if seen(&mut tx, intent).await?.is_some() {
            return Ok(row.view());
        }
        store::set_webhook(&mut tx, tenant, target, self.now_us()).await?;
        self.finish_webhook(tx, intent).await?;
        tracing::info!(tenant = %tenant, set = target.is_some(), "the subscription was changed");
        self.webhook(&intent.tenant).await
    }

    async fn finish_webhook(&self, mut tx: Tx, intent: &Intent) -> Result<(), OpError> {
        store::record_webhook_key(&mut tx, &intent.done("", self.now_us())).await?;
        tx.commit().await?;
        Ok(())
    }

    fn check_webhook(&self, request: &WebhookRequest) -> Result<(), OpError> {
        let mut faults = Vec::new();
        let mut fault = |pointer: &str, detail: String| {
            faults.push(FieldFault { pointer: pointer.to_owned(), detail });
        };
        if request.url.len() > URL_MAX {
            fault("/url", format!("found {} bytes, allowed are {URL_MAX}", request.url.len()));
        } else if let Err(error) = self.webhooks.check(&request.url) {
            fault("/url", error.to_string());
        }
        // What was found is a secret and is not repeated.
        if let Err(error) = WebhookSecret::parse(&request.secret) {
            fault("/secret", error.to_string());
        }
        if faults.is_empty() { Ok(()) } else { Err(invalid(faults)) }
    }

    /// Posts the next event if one is due; whether another may follow at once.
    async fn post_next(&self, tenant: &str) -> Result<bool, OpError> {
        let mut row = self.store.webhook(tenant).await?;
        let (Some(url), Some(secret)) = (row.url.clone(), row.secret.as_deref()) else {
            return Ok(false);
        };
        if row.suspended || row.next_at > self.now_us() || self.switches.get().outage {
            return Ok(false);
        }
        let after = row.delivered.unwrap_or_default();
        let Some(event) = self.store.events(tenant, None, (after, 1)).await?.into_iter().next()
        else {
            return Ok(false);
        };
        let secret = WebhookSecret::parse(secret).map_err(|_| OpError::CutOff)?;
        let source = format!("urn:kumoichi:cloud:{}", self.signer.key_id);
        let body = serde_json::to_string(&CloudEvent::of(&source, event.seq, event.data()))?;
        let id = format!("evt_{}_{}", self.signer.key_id, event.seq);
        let seconds = self.now_us().div_euclid(1_000_000);
        let message = WebhookMessage { id: &id, seconds, body: &body };
        let outcome = match self.webhooks.post(&url, &secret, message).await {
            Ok(status) if (200..300).contains(&status) => Ok(()),
            Ok(status) => Err((status, format!("the receiver answered {status}"))),
            Err(error) => Err((0, error)),
        };
        let taken = outcome.is_ok();
        note(&mut row, event.seq, outcome, self.now_us());
        self.store.note_attempt(tenant, &row).await?;
        Ok(taken)
    }
}

/// What an attempt means for the subscription.
fn note(row: &mut WebhookRow, place: i64, outcome: Result<(), (u16, String)>, now_us: i64) {
    let Err((status, error)) = outcome else {
        (row.delivered, row.failures, row.next_at, row.last_error) = (Some(place), 0, 0, None);
        return;
    };
    row.failures += 1;
    row.last_error = Some(error.chars().take(ERROR_MAX).collect());
    row.suspended = row.failures >= ATTEMPTS_MAX || status == GONE;
    let doublings = u32::try_from(row.failures - 1).unwrap_or(u32::MAX);
    let wait = FIRST_WAIT_US.saturating_mul(2_i64.saturating_pow(doublings)).min(LONGEST_WAIT_US);
    row.next_at = now_us.saturating_add(wait);
    tracing::warn!(failures = row.failures, suspended = row.suspended, "an event was not taken");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end_with_a_suspension_and_an_event_that_is_taken_clears_them() {
        let mut row = WebhookRow::none();
        let mut waits = Vec::new();
        for _ in 0..ATTEMPTS_MAX {
            assert!(!row.suspended);
            note(&mut row, 7, Err((503, "the receiver answered 503".into())), 0);
            waits.push(row.next_at / 1_000_000);
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
        assert!(row.suspended && row.delivered.is_none());
        let mut row = WebhookRow::none();
        note(&mut row, 7, Err((500, "x".repeat(1000))), 0);
        assert_eq!(row.last_error.as_deref().map(str::len), Some(ERROR_MAX));
        note(&mut row, 7, Ok(()), 0);
        let left = (row.delivered, row.failures, row.next_at, row.last_error.clone());
        assert_eq!(left, (Some(7), 0, 0, None));
    }

    #[test]
    fn a_receiver_that_says_gone_is_asked_no_more() {
        let mut row = WebhookRow::none();
        note(&mut row, 7, Err((GONE, "the receiver answered 410".into())), 0);
        assert!(row.suspended);
    }
}
