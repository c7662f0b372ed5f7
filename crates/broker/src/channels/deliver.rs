//! The reconciler that makes deliveries: claim, send, note what became of it.
//!
//! A claim is a row that only one process changes. Who dies while it sends leaves a claim that runs out, and the delivery
//! is made again with the same id: the other side can tell the repetition, and nothing is lost.

use super::event::event;
use super::purpose;
use crate::notices::Notice;
use crate::ports::{Mail, MailFault};
use crate::{Broker, BrokerError};
use domain::DurationUs;
use futures::StreamExt;
use provider_api::http::WebhookMessage;
use provider_api::webhook::WebhookSecret;
use std::time::Duration;
use storage::channels::{self, Due};
use storage::notices;

/// Microseconds in a second.
const SECOND_US: DurationUs = 1_000_000;
/// Seconds that a try may take: as long as a worker may give no sign of life, within bounds that a slow server needs
/// and the next process can wait.
const TRY_SECONDS: std::ops::RangeInclusive<i64> = 5..=60;
/// A claim holds so much longer than a try.
const CLAIM_MARGIN_US: DurationUs = 5 * SECOND_US;
/// The pause after the first try; each one is twice as long, up to the longest.
const FIRST_PAUSE_US: DurationUs = 15 * SECOND_US;
const LONGEST_PAUSE_US: DurationUs = 6 * 3_600 * SECOND_US;
/// Tries until a delivery is given up: about two days with these pauses.
const TRIES_MAX: i64 = 18;
/// Deliveries read in one go.
const BATCH: u32 = 100;
/// Deliveries made at once.
const AT_ONCE: usize = 8;
/// Characters of a fault that are kept.
const FAULT_MAX: usize = 300;

/// Why a try did not succeed.
enum Failed {
    /// Another try may.
    ForNow(String),
    /// No other try will.
    ForGood(String),
}

impl Broker {
    /// Makes every delivery whose moment has come; returns how many arrived. May run in several processes at once.
    pub async fn deliver_due(&self) -> Result<u64, BrokerError> {
        let mut arrived = 0;
        loop {
            if self.is_closing() {
                return Ok(arrived);
            }
            let due = channels::list_due(&mut self.look().await?, self.now(), BATCH).await?;
            let full = due.len() == BATCH as usize;
            let mut made = futures::stream::iter(due.into_iter().map(|one| self.deliver(one)))
                .buffer_unordered(AT_ONCE);
            while let Some(one) = made.next().await {
                arrived += u64::from(one?);
            }
            if !full {
                return Ok(arrived);
            }
        }
    }

    async fn deliver(&self, due: Due) -> Result<bool, BrokerError> {
        let (least, most) = TRY_SECONDS.into_inner();
        let seconds = self.inner.config.lease_seconds.clamp(least, most);
        let until = self.now().plus_us(seconds.saturating_mul(SECOND_US) + CLAIM_MARGIN_US);
        let mut tx = self.begin().await?;
        if !channels::claim(&mut tx, &due, until).await? {
            return Ok(false);
        }
        let row = notices::find(&mut tx, due.key.notice_id).await?;
        tx.commit().await?;
        let notice = row.as_ref().and_then(crate::notices::read_row);
        let sent = match &notice {
            Some(notice) => {
                let limit = Duration::from_secs(seconds.unsigned_abs());
                match tokio::time::timeout(limit, self.send(&due, notice)).await {
                    Ok(sent) => sent,
                    Err(_) => Err(Failed::ForNow(format!("no answer within {seconds} s"))),
                }
            }
            None => Err(Failed::ForGood("the notice cannot be read".to_owned())),
        };
        let tries = due.attempts.saturating_add(1);
        let mut tx = self.begin().await?;
        let (claimed, now) = ((&due.key, until), self.now());
        let arrived = match sent {
            Ok(()) => {
                channels::end(&mut tx, claimed, ("delivered", None), now).await?;
                true
            }
            Err(Failed::ForNow(fault)) if tries < TRIES_MAX => {
                let next = now.plus_us(pause(tries));
                channels::postpone(&mut tx, claimed, next, &cut(&fault)).await?;
                false
            }
            Err(Failed::ForNow(fault) | Failed::ForGood(fault)) => {
                let fault = cut(&fault);
                channels::end(&mut tx, claimed, ("given_up", Some(fault.as_str())), now).await?;
                tracing::warn!(notice.id = %due.key.notice_id, delivery.channel = due.key.channel,
                    fault, "a notice could not be delivered and is given up");
                false
            }
        };
        tx.commit().await?;
        Ok(arrived)
    }

    async fn send(&self, due: &Due, notice: &Notice) -> Result<(), Failed> {
        match due.key.channel.as_str() {
            "mail" => self.send_mail(due, notice).await,
            _ => self.post(due, notice).await,
        }
    }

    async fn send_mail(&self, due: &Due, notice: &Notice) -> Result<(), Failed> {
        let parts = &self.inner.channels;
        let (Some(email), Some(mailer)) = (&due.email, &parts.mailer) else {
            return Err(Failed::ForGood("mail is not wanted or not possible any more".to_owned()));
        };
        let letter = parts.letters.letter(notice, due.language.as_deref());
        let mail = Mail {
            // Stable over all tries: a mailbox can tell the repetition.
            id: format!("{}.{}", notice.id, due.key.recipient.0.simple()),
            to: email.clone(),
            name: due.name.clone().unwrap_or_default(),
            at: notice.created_at,
            letter,
        };
        mailer.send(&mail).await.map_err(|fault| match fault {
            MailFault::ForNow(fault) => Failed::ForNow(fault),
            MailFault::Refused(fault) => Failed::ForGood(fault),
        })
    }

    async fn post(&self, due: &Due, notice: &Notice) -> Result<(), Failed> {
        let parts = &self.inner.channels;
        let (Some(url), Some(sealed)) = (&due.webhook_url, &due.webhook_secret_sealed) else {
            return Err(Failed::ForGood("no webhook is wanted any more".to_owned()));
        };
        let Some(sender) = &parts.webhooks else {
            return Err(Failed::ForGood("this installation posts no events".to_owned()));
        };
        let opened = self.inner.sealer.open(&purpose(due.organisation_id), &sealed.0);
        let secret = opened
            .map_err(|error| error.to_string())
            .and_then(|text| WebhookSecret::parse(&text).map_err(|error| error.to_string()))
            .map_err(Failed::ForGood)?;
        let body = event(&parts.origin, due.organisation_id, notice, &parts.letters.data(notice));
        let id = notice.id.to_string();
        let seconds = self.now().0.div_euclid(SECOND_US);
        let message = WebhookMessage { id: &id, seconds, body: &body };
        match sender.post(url, &secret, message).await {
            Ok(200..=299) => Ok(()),
            // The receiver says that it wants no more.
            Ok(410) => Err(Failed::ForGood("410: the receiver is gone".to_owned())),
            Ok(status) => Err(Failed::ForNow(format!("the receiver answered {status}"))),
            Err(fault) => Err(Failed::ForNow(fault)),
        }
    }
}

fn pause(tries: i64) -> DurationUs {
    let doublings = u32::try_from(tries.saturating_sub(1)).unwrap_or(0).min(20);
    FIRST_PAUSE_US.saturating_mul(1 << doublings).min(LONGEST_PAUSE_US)
}

fn cut(fault: &str) -> String {
    fault.chars().take(FAULT_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_six_hours_and_all_tries_take_about_two_days() {
        assert_eq!(pause(1), 15 * SECOND_US);
        assert_eq!(pause(2), 30 * SECOND_US);
        assert_eq!(pause(60), LONGEST_PAUSE_US);
        let whole: DurationUs = (1..TRIES_MAX).map(pause).sum();
        assert!((36..60).contains(&(whole / (3_600 * SECOND_US))), "{whole}");
    }
}
