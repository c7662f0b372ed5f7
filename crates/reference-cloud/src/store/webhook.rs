//! Statements on `subscriptions`, one row of each tenant, and a subscription on the wire.

use provider_api::{Webhook, WebhookState};
use sqlx::FromRow;

use super::{RecordedKey, Store, Tx};

/// One row.
#[derive(Clone, FromRow)]
pub(crate) struct WebhookRow {
    pub epoch: i64,
    pub url: Option<String>,
    pub secret: Option<String>,
    pub set_at: Option<i64>,
    pub delivered: Option<i64>,
    pub failures: i64,
    pub next_at: i64,
    pub last_error: Option<String>,
    pub suspended: bool,
}

const SELECT: &str = "
    SELECT epoch, url, secret, set_at, delivered, failures, next_at, last_error, suspended FROM subscriptions
    WHERE tenant = $1";

impl WebhookRow {
    /// Of a tenant that never had a subscription.
    pub(crate) fn none() -> Self {
        Self {
            epoch: i64::MIN,
            url: None,
            secret: None,
            set_at: None,
            delivered: None,
            failures: 0,
            next_at: 0,
            last_error: None,
            suspended: false,
        }
    }

    pub(crate) fn view(&self) -> Webhook {
        let state = match self.url {
            None => WebhookState::Unset,
            Some(_) if self.suspended => WebhookState::Suspended,
            Some(_) => WebhookState::Active,
        };
        Webhook {
            state,
            epoch: (self.epoch > i64::MIN).then_some(self.epoch),
            url: self.url.clone(),
            delivered: self.delivered.map(|place| place.to_string()),
            failures: u32::try_from(self.failures).unwrap_or(u32::MAX),
            last_error: self.last_error.clone(),
            set_at_us: self.set_at,
        }
    }
}

impl Store {
    pub(crate) async fn webhook(&self, tenant: &str) -> Result<WebhookRow, sqlx::Error> {
        let row = sqlx::query_as(SELECT).bind(tenant).fetch_optional(&self.pool).await?;
        Ok(row.unwrap_or_else(WebhookRow::none))
    }

    /// Remembers the highest epoch seen for the subscription; lower ones change nothing.
    pub(crate) async fn raise_webhook_epoch(
        &self,
        tenant: &str,
        epoch: i64,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO subscriptions (tenant, epoch) VALUES ($2, $1)
             ON CONFLICT (tenant) DO UPDATE SET epoch = MAX(epoch, excluded.epoch)",
        )
        .bind(epoch)
        .bind(tenant)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Notes what became of an attempt, unless the subscription was set anew meanwhile.
    pub(crate) async fn note_attempt(
        &self,
        tenant: &str,
        row: &WebhookRow,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "UPDATE subscriptions SET delivered = $1, failures = $2, next_at = $3, last_error = $4, suspended = $5
             WHERE tenant = $7 AND url IS NOT NULL AND set_at = $6",
        )
        .bind(row.delivered)
        .bind(row.failures)
        .bind(row.next_at)
        .bind(&row.last_error)
        .bind(row.suspended)
        .bind(row.set_at)
        .bind(tenant)
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

pub(crate) async fn load_webhook(tx: &mut Tx, tenant: &str) -> Result<WebhookRow, sqlx::Error> {
    let row = sqlx::query_as(SELECT).bind(tenant).fetch_optional(&mut **tx).await?;
    Ok(row.unwrap_or_else(WebhookRow::none))
}

/// Sets or takes away the subscription; what is posted begins with the next event.
pub(crate) async fn set_webhook(
    tx: &mut Tx,
    tenant: &str,
    target: Option<(&str, &str)>,
    now_us: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE subscriptions SET url = $1, secret = $2, set_at = $3, failures = 0, next_at = 0, last_error = NULL,
             suspended = FALSE,
             delivered = CASE WHEN $1 IS NULL THEN NULL ELSE COALESCE((SELECT MAX(seq) FROM events), 0) END
         WHERE tenant = $4",
    )
    .bind(target.map(|(url, _)| url))
    .bind(target.map(|(_, secret)| secret))
    .bind(target.map(|_| now_us))
    .bind(tenant)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes down a key of the subscription.
pub(crate) async fn record_webhook_key(tx: &mut Tx, key: &RecordedKey) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO webhook_keys (key, operation, fingerprint, done_at) VALUES ($1, $2, $3, $4)",
    )
    .bind(&key.key)
    .bind(&key.operation)
    .bind(&key.fingerprint)
    .bind(key.done_at)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
