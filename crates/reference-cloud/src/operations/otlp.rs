//! Readings that are pushed to a collector (OTLP/HTTP): every kept one that it has not taken, with growing waits after
//! failures and not without end. What is pushed holds nothing up: each allocation has its own turn.

use std::sync::Arc;
use std::time::Duration;

use provider_api::{FieldFault, MonitoringRequest, otlp};
use tokio_util::sync::CancellationToken;

use super::hold::invalid;
use crate::cloud::Cloud;
use crate::error::OpError;
use crate::store::MonitoringRow;

/// How often it is looked whether something is to be pushed.
const LOOK: Duration = Duration::from_millis(500);
/// Attempts for what is to be pushed; then it is given up. With these waits about half an hour.
const ATTEMPTS_MAX: i64 = 12;
const FIRST_WAIT_US: i64 = 1_000_000;
const LONGEST_WAIT_US: i64 = 300_000_000;
const URL_MAX: usize = 2000;
const TOKEN_MAX: usize = 2000;
/// Of an error that is kept.
const ERROR_MAX: usize = 200;

/// Pushes readings until `stop`.
pub(crate) async fn push_readings(cloud: Arc<Cloud>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
        if cloud.switches.get().outage {
            continue;
        }
        match cloud.store.to_push(cloud.now_us()).await {
            Ok(rows) => {
                for row in rows {
                    // One that is being pushed to has its guard.
                    let Some(guard) = cloud.try_lock(&format!("{}/otlp", row.allocation_id)) else {
                        continue;
                    };
                    let (own, stop) = (Arc::clone(&cloud), stop.clone());
                    tokio::spawn(async move {
                        // An attempt that is cut off is made again by the next start.
                        let pushed = tokio::select! {
                            () = stop.cancelled() => Ok(()),
                            pushed = own.push(row) => pushed,
                        };
                        if let Err(error) = pushed {
                            tracing::error!(%error, "readings could not be pushed");
                        }
                        drop(guard);
                    });
                }
            }
            Err(error) => tracing::error!(%error, "readings to push could not be looked up"),
        }
    }
}

impl Cloud {
    pub(super) fn check_collector(&self, request: &MonitoringRequest) -> Result<(), OpError> {
        let Some(target) = &request.otlp else { return Ok(()) };
        let mut faults = Vec::new();
        let mut fault = |pointer: &str, detail: String| {
            faults.push(FieldFault { pointer: pointer.to_owned(), detail });
        };
        if target.url.len() > URL_MAX {
            fault("/otlp/url", format!("found {} bytes, allowed are {URL_MAX}", target.url.len()));
        } else if let Err(error) = self.webhooks.check(&target.url) {
            fault("/otlp/url", error.to_string());
        }
        // What was found is a secret and is not repeated.
        let visible = |token: &String| {
            (1..=TOKEN_MAX).contains(&token.len()) && token.bytes().all(|b| b.is_ascii_graphic())
        };
        if target.token.as_ref().is_some_and(|token| !visible(token)) {
            fault("/otlp/token", format!("allowed are 1 to {TOKEN_MAX} visible ASCII characters"));
        }
        if faults.is_empty() { Ok(()) } else { Err(invalid(faults)) }
    }

    async fn push(&self, mut row: MonitoringRow) -> Result<(), OpError> {
        let Some(url) = row.otlp_url.clone() else { return Ok(()) };
        let allocation = self.row(&row.allocation_id).await?;
        let since = row.otlp_pushed_at.unwrap_or(i64::MIN);
        let readings = self.store.readings_since(&row.allocation_id, since).await?;
        let Some((last, _)) = readings.last() else { return Ok(()) };
        let labels = [("allocation", allocation.id.as_str()), ("label", allocation.label.as_str())];
        let body = otlp::export(&labels, &row.metrics()?, &readings).to_string();
        let outcome = match self.webhooks.push(&url, row.otlp_token.as_deref(), body).await {
            Ok(status) if (200..300).contains(&status) => Ok(*last),
            Ok(status) => Err(format!("the collector answered {status}")),
            Err(error) => Err(error),
        };
        note(&mut row, outcome, self.now_us());
        self.store.note_push(&row).await?;
        Ok(())
    }
}

/// What an attempt means for what follows.
fn note(row: &mut MonitoringRow, outcome: Result<i64, String>, now_us: i64) {
    match outcome {
        Ok(last) => {
            row.otlp_pushed_at = Some(last);
            (row.otlp_failures, row.otlp_next_at, row.otlp_error) = (0, 0, None);
        }
        Err(error) => {
            row.otlp_failures += 1;
            row.otlp_error = Some(error.chars().take(ERROR_MAX).collect());
            row.otlp_suspended = row.otlp_failures >= ATTEMPTS_MAX;
            let doublings = u32::try_from(row.otlp_failures - 1).unwrap_or(u32::MAX);
            let wait = FIRST_WAIT_US.saturating_mul(2_i64.saturating_pow(doublings));
            row.otlp_next_at = now_us.saturating_add(wait.min(LONGEST_WAIT_US));
            tracing::warn!(allocation.id = %row.allocation_id, failures = row.otlp_failures, suspended = row.otlp_suspended, "readings were not taken");
        }
    }
}
